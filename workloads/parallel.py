"""The same work on many things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")


def each(work: Callable[[T], object], things: Iterable[T], *, workers: int) -> None:
    """Do the work on every thing, so many at once, in order as far as that goes.

    Raises:
        Exception: the first that the work raised; what had not begun is then left undone.
    """
    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, thing) for thing in things]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
