"""What the processes beside the screen have in common: a fault of one request is told, and the next one served."""

from __future__ import annotations

from engine.errors import EngineError
from tutor.errors import ProblemsError

SAID = (EngineError, ProblemsError, ArithmeticError, OSError)
"""Faults that say by themselves what is wrong."""
SURVIVED = (
    *SAID, MemoryError, ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError,
)  # fmt: skip
"""Faults of one request; what is none of them ends the process, which the screen sees."""
MOST_SAID = 2000


def fault_words(error: Exception) -> str:
    """What is told of a fault; of one that says nothing, or only to who wrote the program, also its kind."""
    text = str(error)
    return (text if text and isinstance(error, SAID) else f"{type(error).__name__}: {text}")[:MOST_SAID]
