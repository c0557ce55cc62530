"""A process that lets others go first."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Final

LOWEST: Final = 19
BEHIND: Final = 5
"""A session as nice as this lets keys go first, and has a quarter of a processor that another user keeps busy."""
GROUP: Final = "/proc/self/autogroup"
TRIES, PAUSE = 10, 0.1


def lower_priority(nice: int = LOWEST, session: int = BEHIND) -> None:
    """Makes this process nicer to others by so much, and its session as nice as is said, if it leads one.

    Linux weighs sessions against each other before it looks at the nice values inside one (sched(7), "The autogroup
    feature"): a nice process that has a session to itself would get as much as a screen that a key is typed into.
    """
    with suppress(OSError):
        os.nice(nice)
    if os.getsid(0) == os.getpid():
        _lower_session(session)


def _lower_session(nice: int) -> None:
    for _ in range(TRIES):
        try:
            with open(GROUP, "w", encoding="ascii") as file:
                file.write(str(nice))
        except BlockingIOError:  # the kernel lets users do this ten times a second, all of them together
            time.sleep(PAUSE)
        except OSError:
            return
        else:
            return
