"""Work over several processes: results in the order given, a bounded number under way, and none that stops the rest."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

Work = TypeVar("Work")
Result = TypeVar("Result")

AHEAD = 4
"""Pieces under way for each process: enough to keep all of them busy, and a bound on what waits to be read."""


def workers_for(jobs: int | None, pieces: int) -> int:
    """How many processes pay: as many as asked for, never more than there are pieces of work.

    Without a wish: as many as TUTOR_THREADS says, else one for each core that this process may use.
    """
    return max(1, min(jobs or _threads() or len(os.sched_getaffinity(0)), pieces))


def _threads() -> int:
    chosen = os.environ.get("TUTOR_THREADS", "")
    return int(chosen) if chosen.isdecimal() else 0


def in_order(
    do: Callable[[Work], Result],
    work: Iterable[Work],
    workers: int,
    lost: Callable[[Work], Result],
    piece: int = 1,
) -> Iterator[Result]:
    """`do` of each item, in order, `piece` items at a time; memory does not grow with the number of items.

    A process that ends while it works (killed, out of memory) costs only the item it worked on: `lost` says what
    stands in its place. `do` and the items must be picklable. With one worker everything happens in this process.
    """
    if workers <= 1:
        yield from map(do, work)
        return
    items = iter(work)
    pool = _pool(workers)
    waiting: deque[tuple[list[Work], Future[list[Result]]]] = deque()
    try:
        while True:
            while len(waiting) < AHEAD * workers and (part := list(islice(items, piece))):
                waiting.append((part, pool.submit(_each, do, part)))
            if not waiting:
                return
            try:
                done = waiting[0][1].result()
            except BrokenProcessPool:
                pool.shutdown(cancel_futures=True)
                parts, waiting = [part for part, _ in waiting], deque()
                for part in parts:
                    yield from (_alone(do, item, lost) for item in part)
                pool = _pool(workers)
                continue
            waiting.popleft()
            yield from done
    finally:
        pool.shutdown(cancel_futures=True)


def _pool(workers: int) -> ProcessPoolExecutor:
    """Processes that Ctrl+C ends at once, as it does this one: nobody waits for work that nobody will read."""
    return ProcessPoolExecutor(workers, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_DFL))


def _each(do: Callable[[Work], Result], part: list[Work]) -> list[Result]:
    return [do(item) for item in part]


def _alone(do: Callable[[Work], Result], item: Work, lost: Callable[[Work], Result]) -> Result:
    """One item in a process of its own."""
    with _pool(1) as pool:
        try:
            return pool.submit(do, item).result()
        except BrokenProcessPool:
            return lost(item)
