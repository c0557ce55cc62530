"""A program at the end of a line as slow as one likes, seen by a terminal that answers as terminals do."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from tests.terminal import Terminal, children

QUEUE = 65_536
"""Bytes that wait in the line before the program has to wait, as in a modem."""
PIECE = 1024
QUESTION, ANSWER = b"\x1b[6n", b"\x1b[1;1R"


class Wire(Terminal):
    """`rate` in bytes a second (0: no limit), `delay` in seconds one way, `core` the only one the program may use.

    Everything happens in `pump`, in one thread: nothing else runs while a time is taken.
    """

    def __init__(self, argv, *, rate: float = 0, delay: float = 0, core: int | None = None, drawn: bool = True, **more):
        self.started = time.monotonic()
        before = os.sched_getaffinity(0)
        if core is not None:
            os.sched_setaffinity(0, {core})
        super().__init__(argv, **more)
        os.sched_setaffinity(0, before - {core} or before)
        self.rate, self.delay, self.drawn = rate, delay, drawn
        self.down: deque[tuple[float, bytes]] = deque()
        self.up: deque[tuple[float, bytes]] = deque()
        self.free_at = 0.0
        self.silent = False
        self.arrivals: list[tuple[float, int]] = []

    # -- the line

    def type(self, keys: str | bytes) -> None:
        data = keys.encode() if isinstance(keys, str) else keys
        self.up.append((time.monotonic() + self.delay, data))
        self._send()

    def pump(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Lets bytes flow until `until` or the time is over; whether `until` came true."""
        end = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now >= end:
                return False
            self._flow(min(end, self._next(now)) - now)
        return True

    def _next(self, now: float) -> float:
        """When the next thing arrives at either end."""
        if self.silent:
            return now + 0.05
        return min([at for queue in (self.up, self.down) for at, _ in list(queue)[:1]] + [now + 0.05])

    def _flow(self, seconds: float) -> None:
        waiting = sum(len(data) for _, data in self.down)
        open_end = not self.silent and waiting < QUEUE
        if open_end and select.select([self.master], [], [], max(0.0, seconds))[0]:
            self._receive()
        elif not open_end:
            time.sleep(max(0.0, min(seconds, 0.01)))
        if not self.silent:
            self._send()
            self._deliver()

    def _receive(self) -> None:
        try:
            data = os.read(self.master, PIECE if self.rate else 65_536)
        except OSError:
            time.sleep(0.01)
            return
        now = time.monotonic()
        self.free_at = max(now, self.free_at) + (len(data) / self.rate if self.rate else 0)
        self.down.append((self.free_at + self.delay, data))

    def _send(self) -> None:
        while self.up and self.up[0][0] <= time.monotonic():
            os.write(self.master, self.up.popleft()[1])

    def _deliver(self) -> None:
        while self.down and self.down[0][0] <= time.monotonic():
            at, data = self.down.popleft()
            self.arrivals.append((time.monotonic() if not self.rate else at, len(data)))
            seen = self.raw[-3:]
            self.raw += data
            for _ in range((seen + data).count(QUESTION)):
                self.type(ANSWER)
            if self.drawn:
                self._feed(data)

    # -- what was seen

    def seconds_to(self, until: Callable[[], bool], seconds: float = 20.0) -> float:
        """Seconds from the start of the program until then. Raises AssertionError if it does not come."""
        assert self.pump(seconds, until), self.text()
        return self.arrivals[-1][0] - self.started

    def quiet(self, seconds: float = 0.3, most: float = 20.0) -> None:
        """Until nothing came for a while."""
        end = time.monotonic() + most
        while time.monotonic() < end:
            count = len(self.arrivals)
            if not self.pump(seconds, lambda count=count: len(self.arrivals) > count):
                return

    def answer(self, key: str, until: Callable[[], bool] | None = None, quiet: float = 0.06) -> tuple[float, int]:
        """Seconds and bytes until a key is answered: until `until`, or else until the last byte of what it brings."""
        count, size, start = len(self.arrivals), len(self.raw), time.monotonic()
        self.type(key)
        if until is not None:
            assert self.pump(30, until), self.text()
            return self.arrivals[-1][0] - start, len(self.raw) - size
        assert self.pump(20, lambda: len(self.arrivals) > count), self.text()
        self.quiet(quiet)
        return self.arrivals[-1][0] - start, len(self.raw) - size

    # -- the processes

    def screen_process(self) -> int:
        """The process that draws: the keeper's child."""
        return children(self.process.pid)[0]

    def cpu_seconds(self) -> float:
        """Processor time so far of the keeper and the screen, of all their threads."""
        tasks = [
            task for pid in (self.process.pid, self.screen_process()) for task in Path(f"/proc/{pid}/task").iterdir()
        ]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def memory(self) -> dict[str, float]:
        """Megabytes of the process that draws: "Rss", "Pss"."""
        with open(f"/proc/{self.screen_process()}/smaps_rollup") as file:
            found = {line.split(":")[0]: line.split()[1] for line in file if line.startswith(("Rss:", "Pss:"))}
        return {name: int(kilobytes) / 1024 for name, kilobytes in found.items()}
