"""Errors → one message on stderr and an exit status; never a traceback, never raw foreign text."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from engine.atomic import xdg_home
from engine.errors import EngineError, GraphProblems
from tutor.errors import ExitCode, ProblemsError
from tutor.streams import tell
from tutor.text import safe

LIMIT = 2000


class UsageError(Exception):
    """A command line that cannot be used."""


class FaultError(Exception):
    """A fault of the program itself, whatever kind of error it was raised from."""


INTERNAL = 70
"""sysexits.h: an error of the program itself."""


def reported(action: Callable[[], int]) -> int:
    """Runs `action`; whatever goes wrong becomes a message and an exit status."""
    try:
        return action()
    except ProblemsError as error:
        for problem in error.problems:
            say(str(problem))
    except EngineError as error:
        say_engine_error(error)
    except UsageError as error:
        say(f"tutor: {error}")
    except FaultError as fault:
        return _internal(fault.__cause__ or fault)
    except KeyboardInterrupt:
        return int(ExitCode.interrupted)
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"tutor: {error.filename or ''}: {error.strerror or error}")
    except Exception as error:  # the last fence: a bug must not show a student a traceback
        return _internal(error)
    return int(ExitCode.usage)


def say(text: str) -> None:
    """One message to stderr through the filter for foreign text, if anybody hears it."""
    for line in text.splitlines() or [""]:
        tell(safe(line, LIMIT))


def say_engine_error(error: EngineError) -> None:
    """What is wrong, then the place in the formula with a caret below it."""
    parts = error.errors if isinstance(error, GraphProblems) else (error,)
    for part in parts:
        say(f"tutor: {part.message}")
        for line in part.caret().splitlines():
            say(f"  {line}")


def state_folder() -> Path:
    """The user's own folder for logs and journals (XDG state); without a home one that nobody can make."""
    return (xdg_home("XDG_STATE_HOME", ".local/state") or Path(os.devnull)) / "tutor"


def log_fault() -> Path | None:
    """Keeps in the log where the exception being handled came from; the log's path, None if it cannot be written."""
    error = sys.exc_info()[1]
    return None if error is None else _logged(error)


def _logged(error: BaseException) -> Path | None:
    from tutor.log import crash

    return crash(state_folder(), error)


def _internal(error: BaseException) -> int:
    """Keeps in the log what happened, and says where; the exit status for it."""
    log = _logged(error)
    kept = f"; what happened is in {log}" if log is not None else f": {type(error).__name__}"
    say(f"tutor: an error of the program itself{kept}")
    return INTERNAL
