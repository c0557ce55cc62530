"""Histories of the lesson's runs as CSV: one row an epoch, one column a measurement, the run's name first."""

from __future__ import annotations

import csv
import io

from tutor.session import Session


def write(session: Session) -> str:
    """All runs below one another; numbers with every digit, empty where nothing was measured."""
    columns = list(dict.fromkeys(key for run in session.runs.values() for key in run.history))
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(["run", *columns])
    for name, run in session.runs.items():
        for i in range(len(run.history["epoch"])):
            values = (run.history[key][i] if key in run.history else "" for key in columns)
            writer.writerow([name, *(_cell(value) for value in values)])
    return sheet.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, float) and value != value:
        return ""
    return repr(value) if isinstance(value, float) else str(value)
