"""When an animated frame may be drawn: after the terminal has taken the last one, so that keys never wait behind it,
and not before its bytes are within what a plot may cost.

After a frame the terminal is asked where its cursor is; its answer comes when it has read everything before. Frames
that come meanwhile are skipped, never queued. Where no answer comes, only the question is asked again: a line that is
silent for a while has some bytes to bring when it is back, and not what was to be seen meanwhile.
"""

from __future__ import annotations

ASK = "\x1b[6n"
FASTEST = 0.1
UNANSWERED = 0.5
"""Seconds between frames on a terminal that never answers."""
LOST = 2.0
"""Seconds after which the terminal is asked once more."""
BYTES_A_SECOND = 6000
"""What frames may cost on 80×24 cells; more on a larger screen, in proportion."""
CELLS = 80 * 24
PIECE = 1000
"""Bytes of a frame that go at once over a slow line: a key's answer waits behind a piece, not behind a frame."""


class Frames:
    """Pure bookkeeping on times in seconds."""

    def __init__(self) -> None:
        self.drawn_at = self.asked_at = -1e9
        self.waiting = False
        self.answers = False
        self.rest = 0.0

    def may_draw(self, now: float) -> bool:
        """Whether it is time for a frame, and the last one has arrived."""
        if self.waiting and self.answers:
            return False
        since = now - self.drawn_at
        return since >= max(self.rest, FASTEST if self.answers else UNANSWERED)

    def may_ask(self, now: float) -> bool:
        """Whether a terminal that has answered before owes an answer for long: it may have been lost. Then it is asked
        again."""
        if not (self.waiting and self.answers) or now - max(self.drawn_at, self.asked_at) < LOST:
            return False
        self.asked_at = now
        return True

    def drawn(self, now: float, size: int = 0, cells: int = CELLS) -> None:
        """A frame of `size` bytes was drawn on a screen of so many cells, and asked about."""
        self.drawn_at = now
        self.waiting = True
        self.rest = size / (BYTES_A_SECOND * max(1.0, cells / CELLS))

    def answered(self) -> None:
        """The terminal has taken it."""
        self.answers = True
        self.waiting = False
