"""When an animated frame may be drawn: after the terminal has taken the last one, so that keys never wait behind it.

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


class Frames:
    """Pure bookkeeping on times in seconds."""

    def __init__(self) -> None:
        self.drawn_at = -1e9
        self.waiting = False
        self.answers = False

    def may_draw(self, now: float) -> bool:
        """Whether it is time for a frame, and the last one has arrived."""
        since = now - self.drawn_at
        if self.waiting and self.answers:
            return since >= LOST
        return since >= (FASTEST if self.answers else UNANSWERED)

    def drawn(self, now: float) -> None:
        """A frame was drawn and asked about."""
        self.drawn_at = now
        self.waiting = True

    def answered(self) -> None:
        """The terminal has taken it."""
        self.answers = True
        self.waiting = False
