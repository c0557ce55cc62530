"""Versions of the program and of what its numbers and screens depend on."""

from __future__ import annotations

import platform
import re
from importlib import metadata


def versions() -> str:
    """One line a package."""
    names = ("backprop-tutor", "textual", "numpy", "numba", "plotext", "pydantic")
    lines = [f"tutor {_version(names[0])}, Python {platform.python_version()} on {platform.system()}"]
    return "\n".join([*lines, *(f"{name} {_version(name)}" for name in names[1:])])


def program_version() -> str:
    """The version of this program."""
    return _version("backprop-tutor")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def is_within(version: str, bounds: str) -> bool:
    """Whether a version of numbers and dots is within `>=8.2,<9` or `==1.0.5`."""
    for sign, bound in re.findall(r"(>=|<=|==|!=|<|>)\s*([\d.]+)", bounds):
        here, there = _numbers(version), _numbers(bound)
        width = max(len(here), len(there))
        a, b = ((*n, *[0] * (width - len(n))) for n in (here, there))
        kept = {">=": a >= b, "<=": a <= b, "==": a == b, "!=": a != b, "<": a < b, ">": a > b}
        if not kept[sign]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part[:9]) for part in match[0].split(".")) if match else ()
