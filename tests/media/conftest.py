"""A run to log into, and what its history and folder hold afterwards."""

from __future__ import annotations

import pytest

import nbsweep
from nbsweep.runs import session


@pytest.fixture
def run():
    """An open run of a store in the test's own folder."""
    with nbsweep.init(project="p") as run:
        yield run
    for live in session.live_runs():
        live.finish()
