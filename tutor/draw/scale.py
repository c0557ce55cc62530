"""Axes: which numbers can be shown, a range around them, round ticks on it, thinning, small text charts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

LARGEST = 1e150
"""Numbers beyond this have no place on a linear axis: the difference of any two others is still a number."""

Point = tuple[float, float]


def showable(number: float, *, log: bool = False) -> bool:
    """Whether the number has a place on an axis."""
    return math.isfinite(number) and (number > 0 if log else abs(number) <= LARGEST)


def all_showable(numbers: Sequence[float], *, log: bool = False) -> bool:
    """The same for many numbers at once, without looking at each where that can be spared."""
    if len(numbers) == 0:
        return True
    low, high = min(numbers), max(numbers)
    if showable(low, log=log) and showable(high, log=log) and math.isfinite(sum(numbers)):
        return True
    return all(showable(number, log=log) for number in numbers)


def padded(numbers: Iterable[float]) -> Point:
    """The range of the numbers; around a constant one it is widened, and without any it is 0 to 1."""
    found = list(numbers)
    if not found:
        return 0.0, 1.0
    low, high = min(found), max(found)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        spare = abs(low) / 2 or 1.0
        return low - spare, high + spare
    return low, high


def ticks(low: float, high: float, most: int) -> list[float]:
    """About `most` multiples of 1, 2 or 5 times a power of ten within a range, two at least where that can be."""
    found: list[float] = []
    for wanted in range(max(most, 1), max(most, 1) + 4):
        found = _multiples(low, high, _step((high - low) / wanted))
        if len(found) > 1:
            break
    return found


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """About `most` exponents of ten within a range: powers of ten, and 3 (or 2 and 5) times them where they are few."""
    found = ticks(low, high, most)
    step = found[1] - found[0] if len(found) > 1 else 1.0
    if step > 0.75:
        return found
    between = (1, 3) if step > 0.25 else (1, 2, 5)
    exponents = (whole + math.log10(part) for whole in range(math.floor(low), math.ceil(high) + 1) for part in between)
    fine = [exponent for exponent in exponents if low - 1e-9 <= exponent <= high + 1e-9]
    return fine if len(fine) > 1 else found


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if power * factor >= rough * (1 - 1e-9))


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [i * step for i in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def tick_labels(places: Sequence[float], *, log: bool = False) -> list[str]:
    """The ticks as short text; on a logarithmic axis the places are exponents of ten."""
    return [_power(place) if log else short(place or 0.0) for place in places]


def _power(place: float) -> str:
    if abs(place) < 4:
        return short(10.0**place)
    whole = math.floor(place + 1e-9)
    mantissa = short(10.0 ** (place - whole))
    return f"1e{whole}" if mantissa == "1" else f"{mantissa}e{whole}"


def short(number: float) -> str:
    """Four significant digits at most, without noise: 0.30000000000000004 is 0.3, 20000.0 is 20000."""
    if abs(number) < 1e6 and number == int(number):
        return str(int(number))
    mantissa, mark, exponent = f"{number:.4g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if mark else mantissa


def telling(values: Sequence[float], start: int, stop: int, parts: int, *, log: bool = False) -> list[int]:
    """Which of the values from `start` to before `stop` make a curve of `parts` columns.

    The first, the last, and of each stretch the lowest and the highest that have a place; all, where they are few.
    """
    if stop - start <= 2 * parts:
        return [i for i in range(start, stop) if showable(values[i], log=log)]
    kept = {i for i in (start, stop - 1) if showable(values[i], log=log)}
    for part in range(parts):
        first = start + part * (stop - start) // parts
        stretch = list(values[first : start + (part + 1) * (stop - start) // parts])
        if not all_showable(stretch, log=log):
            allowed = [value for value in stretch if showable(value, log=log)]
        else:
            allowed = stretch
        if allowed:
            kept.update((first + stretch.index(min(allowed)), first + stretch.index(max(allowed))))
    return sorted(kept)
