"""The queue that a panel's clicks go through."""

import threading

from nbsweep.panel.jobs import Jobs

DEADLINE_S = 30


def test_jobs_are_done_in_order_whoever_puts_them(caplog):
    jobs, done, ended = Jobs("test"), [], threading.Event()
    jobs.put(lambda: done.append(jobs.is_here()))
    jobs.put([].pop)
    jobs.put(lambda: done.append("after an error"))
    jobs.put(ended.set)
    assert ended.wait(DEADLINE_S)
    assert done == [True, "after an error"]
    assert not jobs.is_here()
    assert "pop from empty list" in caplog.text
    jobs.close()


def test_a_closed_queue_ends_its_thread_and_takes_no_more():
    jobs, done = Jobs("test-closed"), []
    jobs.put(lambda: done.append("before"))
    jobs.close()
    jobs.put(lambda: done.append("after"))
    for thread in threading.enumerate():
        if thread.name == "test-closed":
            thread.join(DEADLINE_S)
    assert done == ["before"]


def test_a_queue_that_is_never_used_has_no_thread():
    jobs = Jobs("test-unused")
    jobs.close()
    jobs.put(lambda: None)
    assert "test-unused" not in [thread.name for thread in threading.enumerate()]
