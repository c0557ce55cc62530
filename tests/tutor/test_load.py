"""A small class at once, as `tests/bench/load_screens.py` has a hundred: every key is answered, and all end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_three_students_at_once_of_whom_one_trains() -> None:
    command = [sys.executable, "-m", "tests.bench.load_screens", "--sessions", "3", "--training", "1"]
    done = subprocess.run(
        [*command, "--minutes", "0.05", "--pause", "0.4"], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) keys\n.*\n(\d+) processes, .* 0 failures", done.stdout)
    assert found is not None, done.stdout
    assert int(found[1]) > 2 and int(found[2]) >= 7  # keepers, screens, and a training process
