"""The command line from outside, as a process of its own, and from inside, with what it wrote."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tutor.cli import main

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from tutor.launch import main; main()"]


@dataclass(frozen=True)
class Done:
    """An ended command."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out, parse_constant=_no_constant)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def environment(home: Path, **changes: str) -> dict[str, str]:
    """An environment whose state lies below `home`; compiled kernels stay where they are."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TUTOR_", "LC_", "XDG_STATE"))}
    return {**kept, "XDG_STATE_HOME": str(home / "state"), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", **changes}


def tutor(home: Path, *args: str, given: str | bytes = b"", env: Mapping[str, str] | None = None) -> Done:
    """`tutor …` through its console command, in a process of its own with `home` as working folder."""
    data = given.encode() if isinstance(given, str) else given
    done = subprocess.run(
        [*PROGRAM, *args],
        input=data,
        capture_output=True,
        cwd=home,
        env=environment(home, **(env or {})),
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Done:
    """`tutor …` in this process."""
    status = main(list(args))
    captured = capsys.readouterr()
    return Done(status, captured.out, captured.err)
