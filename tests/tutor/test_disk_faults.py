"""A disk that fails at any call, and processes killed at any call or moment: no acknowledged answer is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.disk_faults import SCENARIOS

ROOT = Path(__file__).parents[2]


def printed(*command: str) -> str:
    """What a program of the tests prints, in a process of its own from which it may fork."""
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_kill_and_eight_errors_at_every_call(name: str) -> None:
    told = json.loads(printed("tests.disk_faults", name))
    for part in told.values():
        assert part["wrong"] == []
        assert part["calls"] >= 8
        assert part["cases"] >= part["calls"]


def test_two_sessions_and_a_compactor_killed_at_random() -> None:
    """A share of the thousand rounds that `tests/bench/crash_journal.py --kills 1000` makes."""
    said = printed("tests.bench.crash_journal", "--kills", "30", "--seed", "7")
    rounds, killed, count, lost = (int(word) for word in said.split() if word.isdigit())
    assert (rounds, lost) == (30, 0)
    assert killed >= 60
    assert count > 100
