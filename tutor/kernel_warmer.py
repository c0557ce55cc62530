"""The process that compiles a user's kernels while a screen is idle: one a user, last in every queue, silent.

Started by `tui.warming` as `python -P -m tutor.kernel_warmer`. It ends with its input, which is the screen's end.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.priority import LOWEST, lower_priority
from engine.warmth import is_warm, locked

DONE, LATER, IN_VAIN = 0, 75, 1
"""Exit statuses: everything is compiled; another process compiles (as sysexits.h has it); it cannot be kept."""
PLACE = "\0backprop-tutor-warming-{}-{}"
"""The name of a place on this machine, in the kernel's own list of sockets: it is free again when the process ends."""
PLACES = "TUTOR_WARM_PLACES"
"""Gives places a name of their own: for tests, which must neither find those of the machine taken nor take them."""


def main() -> int:
    """Compiles what is missing; the exit status."""
    threading.Thread(target=end_with_input, daemon=True).start()
    yield_to_all()
    try:
        with locked() as mine, place_on_machine() as free:
            return warmed() if mine and free else LATER
    except OSError:
        return IN_VAIN


def warmed() -> int:
    """Compiles what is missing."""
    if not is_warm():
        from tutor.kernel_check import fill

        fill()
    return DONE if is_warm() else IN_VAIN


def end_with_input() -> None:
    """Whatever ended the screen closed the other end."""
    while os.read(0, 4096):
        pass
    os._exit(LATER)


def yield_to_all() -> None:
    """Only time that nobody else wants, of processor and disk (whose priority follows), and first to go when memory
    is short."""
    lower_priority(session=LOWEST)
    with suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


@contextmanager
def place_on_machine() -> Iterator[bool]:
    """Whether one of few places was free: a hundred students who log in at once must not fill the memory."""
    for i in range(max(1, len(os.sched_getaffinity(0)) // 2)):
        with socket.socket(socket.AF_UNIX) as place:
            try:
                place.bind(PLACE.format(os.environ.get(PLACES, ""), i))
            except OSError:
                continue
            yield True
            return
    yield False


if __name__ == "__main__":
    sys.exit(main())
