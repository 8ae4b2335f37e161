"""BLAS on one thread while a suggestion is computed, and as before afterwards."""

from __future__ import annotations

import pytest

from nbsweep.search import blas


class FakeLibrary:
    def __init__(self, threads: int) -> None:
        self.num_threads = threads

    def set_num_threads(self, threads: int) -> None:
        self.num_threads = threads


@pytest.fixture
def library(monkeypatch) -> FakeLibrary:
    found = FakeLibrary(4)
    monkeypatch.setattr(blas, "_libraries", lambda: (found,))
    return found


def test_one_thread_inside_and_as_many_as_before_outside(library):
    with blas.one_blas_thread():
        assert library.num_threads == 1
    assert library.num_threads == 4


def test_threads_come_back_after_an_error(library):
    with pytest.raises(ZeroDivisionError), blas.one_blas_thread():
        raise ZeroDivisionError
    assert library.num_threads == 4


def test_calls_that_overlap_leave_it_as_it_was(library):
    """Two agents: the second begins inside the first and ends after it."""
    first, second = blas.one_blas_thread(), blas.one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert library.num_threads == 4


def test_the_libraries_of_numpy_and_scipy_are_found():
    import scipy.linalg  # noqa: F401

    assert all(hasattr(found, "set_num_threads") for found in blas._libraries())
