"""Small files that ask for much, and files that are none, are refused in a process that could not do as they ask."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from tests.bench.bombs import BOMBS
from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import tutor
from tutor.run_cost import CONSENT, MOST_CPU_SECONDS, refuse_large

ROOT = Path(__file__).parents[2]


def test_every_bomb_is_refused_in_an_address_space_of_a_gigabyte() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bombs", "--bounded"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"^{len(BOMBS)} bombs, .* 0 not refused$", done.stdout, re.MULTILINE)
    assert len(BOMBS) > 60


@pytest.mark.parametrize(
    ("parameters", "rows", "width", "epochs", "needs"),
    [
        (5_000_000, 1_000_000, 10, 10, "operations"),
        (10, 100, 2, 10_000_000, "GB of memory"),
        (1000, 1_000_000, 100, 1, "GB of memory"),
        (40_000_000, 1, 1, 1, "GB of memory"),
        (100_000, 10_000, 794, 100, ""),
        (3, 1000, 3, 1_000_000, ""),
    ],
)
def test_what_a_run_costs_is_worked_out_before(
    monkeypatch: pytest.MonkeyPatch, parameters: int, rows: int, width: int, epochs: int, needs: str
) -> None:
    monkeypatch.delenv(CONSENT, raising=False)
    if needs:
        with pytest.raises(EngineError, match=f"run slow needs about .* {needs}.*TUTOR_LARGE=1"):
            refuse_large("slow", parameters, rows, width, epochs)
    monkeypatch.setenv(CONSENT, "1")
    refuse_large("slow", parameters, rows, width, epochs)


def test_a_large_run_needs_consent(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "data" / "fuzz" / "run.toml").read_text("utf-8").replace("epochs = 20", "epochs = 9000000")
    lessons.written(tmp_path, text)
    done = tutor(tmp_path, "run", str(tmp_path / "lesson.toml"), "--headless")
    assert done.status == 2 and "to allow it: TUTOR_LARGE=1" in done.err and "Traceback" not in done.err


BOUNDS = """
import resource
from tutor.run_cost import bound_process
bound_process()
try:
    bytearray(6 << 30)
except MemoryError:
    print("refused", resource.getrlimit(resource.RLIMIT_CPU)[0])
"""


def test_a_training_process_cannot_take_all_memory() -> None:
    """Nor all time; where the machine allows everybody less, it has no more than that."""
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    seconds = MOST_CPU_SECONDS if hard == resource.RLIM_INFINITY else min(MOST_CPU_SECONDS, hard)
    env = {name: value for name, value in os.environ.items() if name != CONSENT} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", BOUNDS], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused", str(seconds)], done.stderr
