"""python tests/bench/check_exports.py PYTHON_WITH_TORCH [LESSON…]   runs each lesson's exported script and compares.

Not part of the tests, as PyTorch is not installed with the project: python -m venv torch && torch/bin/pip install torch
Prints for each lesson how many numbers were compared and the largest relative difference. A run that amplifies
rounding (a learning rate at the edge of stability) comes out different after hundreds of epochs, as it must.
"""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from tutor.cli import main
from tutor.course import course
from tutor.exports import EXPORTS
from tutor.opening import open_lesson
from tutor.request import Request

HISTORIES = ("epoch", "train_loss", "validation_loss")
SMALL = 1e-13


def differences(found: Any, wanted: Any, place: str) -> Iterator[tuple[float, str]]:
    """Relative difference and place of every number that is wanted."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            yield from differences(found[key], value, f"{place}/{key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), place
        for i, (a, b) in enumerate(zip(found, wanted, strict=True)):
            yield from differences(a, b, f"{place}[{i}]")
    elif isinstance(wanted, str):
        yield (0.0 if found == wanted else float("inf")), place
    else:
        off = abs(found - wanted)
        yield (0.0 if off < SMALL else off / max(abs(wanted), 1e-9)), place


def wanted_of(lesson: str) -> dict[str, Any]:
    """What `tutor run LESSON --headless --format json` says, as far as the script prints it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(["run", lesson, "--headless", "--format", "json"])
    found = json.loads(out.getvalue())
    graphs = {n: {key: g[key] for key in ("rows", "total", "jacobians")} for n, g in found["graphs"].items()}
    runs = {
        name: {"history": {key: run["history"][key] for key in HISTORIES if key in run["history"]}}
        | ({"weights": run["weights"]} if run["weights"] else {})
        for name, run in found["runs"].items()
    }
    return {"graphs": graphs, "runs": runs}


def compare(python: str, lesson: str) -> None:
    """One line about one lesson."""
    script = EXPORTS["pytorch"](open_lesson(Request(lesson)), False)
    done = subprocess.run([python, "-"], input=script, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{lesson}: the script failed: {done.stderr[-300:]}")
        return
    found = sorted(differences(json.loads(done.stdout), wanted_of(lesson), ""), reverse=True)
    print(f"{lesson}: {len(found)} numbers, largest relative difference {found[0][0]:.1e} at {found[0][1]}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for name in sys.argv[2:] or [entry.id for unit in course().units for entry in unit.lessons]:
        compare(sys.argv[1], name)
