"""Own numbers for each student: stable over machines and Python versions.

The k-th choice for a name is number `h mod n` of its n possible values, where h is the first eight bytes (big endian)
of SHA-256 of the UTF-8 text "lesson id, newline, variant, newline, name, newline, attempt".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from tutor.lesson_variation import Choose, Interval

Numbers = dict[str, float]
MAX_ATTEMPTS = 40


def possible(spec: Choose | Interval) -> tuple[float, ...]:
    """Every value that a `[vary]` entry may take, in order."""
    if isinstance(spec, Choose):
        return tuple(float(x) for x in spec.choose)
    count = math.floor((spec.to - spec.from_) / spec.step + 1e-9) + 1
    return tuple(round(spec.from_ + k * spec.step, 10) + 0.0 for k in range(count))


def drawn(lesson_id: str, variant: str, name: str, attempt: int, choices: tuple[float, ...]) -> float:
    """The value of `name` for this variant."""
    import hashlib  # loads OpenSSL, which a lesson without a variant does not need

    text = f"{lesson_id}\n{variant}\n{name}\n{attempt}"
    h = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return choices[h % len(choices)]


def draw(
    lesson_id: str,
    variant: str,
    vary: Mapping[str, Choose | Interval],
    fits: Callable[[Numbers], bool] = lambda numbers: True,
) -> Numbers:
    """The numbers of a variant: the first attempt that `fits` (one that can tell the common mistakes apart).

    If none of the first 40 fits, attempt 0 is taken; the lesson check warns of it.
    """
    choices = {name: possible(spec) for name, spec in vary.items()}
    first: Numbers = {}
    for attempt in range(MAX_ATTEMPTS):
        numbers = {name: drawn(lesson_id, variant, name, attempt, c) for name, c in choices.items()}
        if fits(numbers):
            return numbers
        first = first or numbers
    return first
