"""Work over several processes: results in the order given, a bounded number under way, and none that stops the rest."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Generic, TypeVar

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
    pieces = _Pieces(do, workers, lost)
    try:
        while True:
            while pieces.under_way < AHEAD * workers and (part := list(islice(items, piece))):
                pieces.send(part)
            if not pieces.under_way:
                return
            yield from pieces.take()
    finally:
        pieces.stop()


class _Pieces(Generic[Work, Result]):
    """The pieces under way, the oldest first."""

    def __init__(self, do: Callable[[Work], Result], workers: int, lost: Callable[[Work], Result]) -> None:
        self._do = do
        self._workers = workers
        self._lost = lost
        self._pool = _pool(workers)
        self._waiting: deque[tuple[list[Work], Future[list[Result]] | None]] = deque()

    @property
    def under_way(self) -> int:
        """How many pieces were sent and not yet taken."""
        return len(self._waiting)

    def send(self, part: list[Work]) -> None:
        """Gives a piece to the processes; one that they can no longer take waits to be done with the lost ones."""
        try:
            future = self._pool.submit(_each, self._do, part)
        except BrokenProcessPool:
            future = None
        self._waiting.append((part, future))

    def take(self) -> Iterable[Result]:
        """The results of the oldest piece; of all of them, one item after the other, where a process has ended."""
        part, future = self._waiting.popleft()
        results = None if future is None else _results(future)
        if results is not None:
            return results
        return self._one_by_one([(part, future), *self._waiting])

    def _one_by_one(self, pieces: list[tuple[list[Work], Future[list[Result]] | None]]) -> Iterator[Result]:
        self._waiting.clear()
        self._pool.shutdown(cancel_futures=True)
        self._pool = _pool(self._workers)
        for part, future in pieces:
            results = _results(future) if future is not None and not future.cancelled() else None
            yield from results if results is not None else (_alone(self._do, item, self._lost) for item in part)

    def stop(self) -> None:
        """What is under way is not read any more."""
        self._pool.shutdown(cancel_futures=True)


def _results(future: Future[list[Result]]) -> list[Result] | None:
    """What a piece came to; None where a process ended before."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None


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
