"""StoreContract: what every store has to do, as tests that a store inherits."""

from __future__ import annotations

from nbsweep.testing.store_continuations import ContinuationContract
from nbsweep.testing.store_examples import ODD_VALUES, a_row, a_run, a_sweep, end, race
from nbsweep.testing.store_runs import ClaimContract, EndContract, HistoryContract
from nbsweep.testing.store_snapshots import AnswerContract, SnapshotContract
from nbsweep.testing.store_sweeps import SweepContract

__all__ = ["ODD_VALUES", "StoreContract", "a_row", "a_run", "a_sweep", "end", "race"]


class StoreContract(
    SweepContract,
    ClaimContract,
    HistoryContract,
    EndContract,
    ContinuationContract,
    SnapshotContract,
    AnswerContract,
):
    """Tests that every `nbsweep.store.base.Store` passes.

    Inherit from it and give it a pytest fixture ``store``: a store that is empty, and
    closed after the test.

    Example::

        class TestMyStore(StoreContract):
            @pytest.fixture
            def store(self):
                store = MyStore()
                yield store
                store.close()
    """
