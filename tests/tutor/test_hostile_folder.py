"""A working folder full of modules that somebody else wrote: none is executed, and no command fails for it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal
from tests.tutor.commands import ROOT, environment

MODULES = (
    "tomllib sitecustomize usercustomize numpy numba yaml typer textual click json secrets random signal queue types "
    "tutor engine lessons platformdirs plotext texicode tree_sitter tree_sitter_toml llvmlite rich logging resource "
    "pathlib fnmatch re enum urllib ntpath io errno typing dataclasses"
)


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder in which every module that the program imports lies again; importing one leaves a file."""
    folder = tmp_path / "trap"
    folder.mkdir()
    spring = f"import os\nos.close(os.open({str(tmp_path / 'sprung')!r} + __name__, os.O_CREAT))\n"
    for name in MODULES.split():
        (folder / f"{name}.py").write_text(spring)
    (folder / ".numba_config.yaml").write_text("disable_jit: 1\ncpu_name: nonsense\n")
    (folder / "pyproject.toml").write_text("[[[")
    (folder / "lesson.toml").write_text((ROOT / "tests" / "data" / "fuzz" / "run.toml").read_text("utf-8"))
    return folder


def sprung(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.parent.glob("sprung*"))


def command(trap: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """As installed: the program's folder is found without PYTHONPATH, and the working folder is the trap."""
    env = {**environment(trap.parent), "PYTHONPATH": str(ROOT)}
    return subprocess.run([*words], cwd=trap, env=env, capture_output=True, text=True, check=False)


SCRIPT = "import sys; sys.path[0:1] = []; from tutor.launch import main; main()"  # as a console script begins


COMMANDS = (
    ["list"],
    ["run", "lesson.toml", "--headless"],
    ["check", "lesson.toml"],
    ["doctor"],
    ["explain", "a=w*x", "w=1", "x=2"],
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda words: words[0])
def test_commands(trap: Path, arguments: list[str]) -> None:
    done = command(trap, sys.executable, "-c", SCRIPT, *arguments)
    assert sprung(trap) == []
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr, done.stderr
    assert "Numba config" not in done.stderr


def test_as_a_module(trap: Path) -> None:
    done = command(trap, sys.executable, "-P", "-m", "tutor", "list")
    assert (done.returncode, sprung(trap)) == (0, [])
    for name in ("tutor", "types"):  # these Python itself takes from the working folder before anything of ours is run
        (trap / f"{name}.py").unlink()
    done = command(trap, sys.executable, "-m", "tutor", "list")
    assert (done.returncode, sprung(trap)) == (0, [])


def test_the_screen_and_its_training_process(trap: Path) -> None:
    env = {**environment(trap.parent), "PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    with Terminal([sys.executable, "-c", SCRIPT, "run", "lesson.toml"], env=env, cwd=trap) as terminal:
        terminal.wait_for("Two runs.")
        terminal.type("\x1b[C\x1b[C")
        terminal.settle()
        terminal.type(" ")
        terminal.settle()
        terminal.type("\x11\x11")
        terminal.settle()
        os.kill(terminal.process.pid, 15)
        terminal.wait_exit()
    assert sprung(trap) == []
