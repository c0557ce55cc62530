"""Cells of a CSV file that spreadsheets show and never run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from tutor.text import safe

_ACTIVE = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def inert(text: str) -> str:
    """Foreign text as a cell: safe to show, and never taken for a formula."""
    shown = safe(text, 300)
    return f"'{shown}" if shown.lstrip().startswith(_ACTIVE) else shown
