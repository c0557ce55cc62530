"""One file for each headless format, and this table of them."""

from __future__ import annotations

from collections.abc import Callable

from tutor.outputs import csv_output, json_output, text_output
from tutor.session import Session

OUTPUTS: dict[str, Callable[[Session], str]] = {
    "text": text_output.write,
    "json": json_output.write,
    "csv": csv_output.write,
}
"""Format → how a session is written in it.

A new format: one file here, one line in this table, and its name in the help of `tutor run --format` (cli.py).
"""
