"""The same work on many things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event, Lock
from typing import TypeVar

T = TypeVar("T")


def each(work: Callable[[T], object], things: Iterable[T], *, workers: int) -> None:
    """Do the work on every thing, so many at once, in order as far as that goes.

    Raises:
        Exception: one that the work raised; what had not begun is then left undone.
    """
    left, turn, stopped = iter(things), Lock(), Event()

    def work_off() -> None:
        while not stopped.is_set():
            # Each worker takes its next thing itself: a queue of futures would fill the memory.
            with turn:
                try:
                    thing = next(left)
                except StopIteration:
                    return
            work(thing)

    with ThreadPoolExecutor(workers) as pool:
        try:
            futures = [pool.submit(work_off) for _ in range(workers)]
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            stopped.set()
