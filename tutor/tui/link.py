"""How long the terminal takes to answer: on a slow line the screen moves less by itself."""

from __future__ import annotations

from collections import deque

SLOW = 0.15
"""Seconds after which an answer is late: a live plot then waits for the line, not for the run."""
SLOW_OVER_SSH = 0.1
ENOUGH = 3
"""So many answers in a row have to be late: one may be, while the program starts or the terminal scrolls."""
GIVEN_UP = 5.0
"""Seconds after which a question counts as never answered."""


class Link:
    """Pure bookkeeping on times in seconds. Questions are answered in the order they were asked."""

    def __init__(self, *, far: bool = False) -> None:
        self.limit = SLOW_OVER_SSH if far else SLOW
        self.times: deque[float] = deque(maxlen=ENOUGH)
        self._asked: deque[float] = deque()

    def asked(self, now: float) -> None:
        """A question was sent."""
        while self._asked and now - self._asked[0] > GIVEN_UP:
            self._asked.popleft()
        self._asked.append(now)

    def answered(self, now: float) -> None:
        """The answer to the oldest question."""
        if self._asked:
            self.times.append(now - self._asked.popleft())

    @property
    def slow(self) -> bool:
        """Whether the last answers were all late."""
        return len(self.times) == ENOUGH and min(self.times) > self.limit

    @property
    def milliseconds(self) -> int:
        """The shortest of the last answers."""
        return round(1000 * min(self.times, default=0.0))
