"""Versions of the program and of what its numbers and screens depend on."""

from __future__ import annotations

import platform
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
