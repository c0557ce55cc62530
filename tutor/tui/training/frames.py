"""When an animated frame may be drawn: after the terminal has taken the last one, so that keys never wait behind it,
and not before its bytes are within what a plot may cost.

After a frame the terminal is asked where its cursor is; its answer comes when it has read everything before. Frames
that come meanwhile are skipped, never queued.
"""

from __future__ import annotations

ASK = "\x1b[6n"
FASTEST = 0.1
UNANSWERED = 0.5
"""Seconds between frames on a terminal that never answers."""
LOST = 2.0
"""Seconds after which an answer is given up."""
BYTES_A_SECOND = 6000
"""What frames may cost on 80×24 cells; more on a larger screen, in proportion."""
CELLS = 80 * 24


class Frames:
    """Pure bookkeeping on times in seconds."""

    def __init__(self) -> None:
        self.drawn_at = -1e9
        self.waiting = False
        self.answers = False
        self.rest = 0.0

    def may_draw(self, now: float) -> bool:
        """Whether it is time for a frame, and the last one has arrived."""
        since = now - self.drawn_at
        if self.waiting and self.answers:
            return since >= LOST
        return since >= max(self.rest, FASTEST if self.answers else UNANSWERED)

    def drawn(self, now: float, size: int = 0, cells: int = CELLS) -> None:
        """A frame of `size` bytes was drawn on a screen of so many cells, and asked about."""
        self.drawn_at = now
        self.waiting = True
        self.rest = size / (BYTES_A_SECOND * max(1.0, cells / CELLS))

    def answered(self) -> None:
        """The terminal has taken it."""
        self.answers = True
        self.waiting = False
