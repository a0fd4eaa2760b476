"""Parallel processing of many items with a fixed number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TypeVar

T = TypeVar("T")


def for_each(work: Callable[[T], object], items: Iterable[T], *, workers: int) -> None:
    """Call a function with every item, in several threads, in the order of the items.

    Args:
        work: Function to call.
        items: Items, each of which is taken only when a thread is free.
        workers: Number of threads.

    Raises:
        Exception: The first error of a call. No further call starts after it.
    """
    remaining, lock, stopped = iter(items), Lock(), Event()

    def run_worker() -> None:
        while not stopped.is_set():
            # Each worker takes its next item itself: a queue of futures would fill the memory.
            with lock:
                try:
                    item = next(remaining)
                except StopIteration:
                    return
            work(item)

    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = [pool.submit(run_worker) for _ in range(workers)]
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            stopped.set()
