"""Bad usage and bad files: one message for each cause, at its place, exit status 2, never a traceback."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import PROGRAM, ROOT, Done, environment, run, tutor
from tutor.cli import main
from tutor.messages import state_folder

USAGE = {
    "unknown command": (["rnu", "x"], "rnu"),
    "unknown option": (["run", "seven-nodes", "--headles"], "--headless"),
    "missing argument": (["run"], "Missing argument 'lesson'; `tutor run --help` shows how it is used"),
    "a lesson's id as a command": (["seven-nodes"], "`tutor run seven-nodes` opens that lesson"),
    "a lesson's file as a command": (["own/lesson.toml"], "`tutor run own/lesson.toml` opens that lesson"),
    "unknown format": (["run", "seven-nodes", "--headless", "--format", "jsn"], 'did you mean "json"?'),
    "far format": (["run", "seven-nodes", "--headless", "--format", "zzzzzz"], "known: text, json, csv"),
    "unknown id": (["run", "seven-node", "--headless"], 'did you mean "seven-nodes"?'),
    "far id": (["run", "qqqqqqqqqqq", "--headless"], "`tutor list` shows the lessons"),
    "no file": (["run", "there/is/none.toml", "--headless"], "there/is/none.toml: no such file"),
    "no answers file": (["run", "seven-nodes", "--headless", "--answers", "none.toml"], "none.toml: no such file"),
    "a folder as a lesson": (["run", "/", "--headless"], "/: "),
    "unknown value": (["run", "seven-nodes", "--headless", "--set", "q=2"], "no graph of this lesson has a value q"),
    "no setting": (["run", "seven-nodes", "--headless", "--set", "x"], "name=number"),
    "no number": (["run", "seven-nodes", "--headless", "--set", "x=abc"], "no number"),
    "unknown run": (["run", "seven-nodes", "--headless", "--set", "run.slow.lr=1"], "slow"),
    "seed that is no number": (["run", "seven-nodes", "--headless", "--seed", "x"], "--seed"),
    "a detail": (["explain", "x^2", "x=1", "--detail", "nodes"], "op nor node"),
    "grade format": (["grade", "seven-nodes", "/dev/null", "--format", "tabel"], 'did you mean "table"?'),
    "grade nothing": (["grade", "seven-nodes", str(ROOT / "tutor" / "tui")], "no submission here"),
    "grade no lesson": (["grade", "seven-node", "x.toml"], 'did you mean "seven-nodes"?'),
    "sweep format": (["sweep", "seven-nodes", "--over", "seed=1", "--format", "tab"], "unknown format"),
    "sweep of nothing": (["sweep", "seven-nodes", "--over", "seed=1"], "trains nothing"),
    "no axis": (["sweep", "seven-nodes", "--over", "seed"], "NAME=0.5,0.3,0.1"),
    "progress format": (["progress", "--format", "jsn"], 'did you mean "json"?'),
    "new with a bad id": (["new", "Bad Name"], "no id of a lesson"),
}


@pytest.mark.parametrize(("args", "says"), USAGE.values(), ids=USAGE)
def test_bad_usage_is_one_message(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, *args)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    one_message(done)


def one_message(done: Done) -> None:
    """One line, with a caret's two lines at most."""
    lines = done.err.splitlines()
    assert "Traceback" not in done.err
    assert len(lines) == 1 or (len(lines) == 3 and set(lines[2].strip()) <= {"^", "~"}), done.err
    assert len(lines[0]) < 400


# -- ten errors

HEAD = 'format = 1\nid = "ten"\ntitle = "Ten"\n'
TEN = """format = 1
id = "ten-errors"
title = "Ten errors"
colour = "red"
minutes = "long"

[graph.names]
given = { x = 1.0 }
nodes = ["a = x + lost", "b = a"]
output = "b"

[graph.circle]
given = { x = 1.0 }
nodes = ["p = q + x", "q = p*x", "r = x"]
output = "r"

[graph.twice]
given = { x = 1.0 }
nodes = ["a = x", "a = 2*x"]
output = "a"

[graph.alike]
given = { w_1 = 1.0, w1 = 2.0 }
nodes = ["a = w1"]

[graph.ends]
given = { x = 1.0 }
nodes = ["a = x"]
output = "z"

[[step]]
id = "same"
ask = "?"
number = "2"

[[step]]
id = "same"
ask = "?"
number = "3"

[[step]]
id = "good"
ask = "?"
nmber = "3"
"""
TEN_PLACES = {
    4: ("unknown key", 1),
    5: ("minutes", 11),
    9: ("unknown name lost", 19),
    14: ("circle", None),
    19: ("twice", None),
    23: ("w1", None),
    29: ("z", 11),
    37: ("same", None),
    44: ('unknown key "nmber"; did you mean "number"?', 1),
}


def test_each_of_ten_errors_is_told_once_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, TEN)
    done = run(capsys, "run", path, "--headless")
    assert (done.status, done.out) == (2, "")
    found: dict[int, list[tuple[int, str]]] = {}
    for line in done.err.splitlines():
        match = re.fullmatch(rf"{re.escape(path)}:(\d+):(\d+): (.*)", line)
        assert match, line
        found.setdefault(int(match[1]), []).append((int(match[2]), match[3]))
    assert {line: len(told) for line, told in found.items()} == dict.fromkeys(TEN_PLACES, 1), done.err
    for line, (says, column) in TEN_PLACES.items():
        told = found[line][0]
        assert says in told[1]
        assert column is None or told[0] == column, (line, told)


def test_check_and_run_tell_the_same_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = lessons.written(tmp_path, TEN)
    told = [run(capsys, *args).err for args in (("run", path, "--headless"), ("check", path))]
    assert told[0] == told[1]


def test_bad_toml_and_bad_bytes_have_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = lessons.written(tmp_path, HEAD + "minutes = = 3\n", "bad.toml")
    done = run(capsys, "run", bad, "--headless")
    assert done.status == 2 and done.err.startswith(f"{bad}:4:11: ") and done.err.count("\n") == 1
    latin = tmp_path / "latin.toml"
    latin.write_bytes(HEAD.encode() + 'summary = "für"\n'.encode("latin-1"))
    done = run(capsys, "run", str(latin), "--headless")
    assert done.status == 2 and done.err.startswith(f"{latin}:4:13: byte 0xfc is not UTF-8")
    assert done.err.count("\n") == 1


def test_a_formula_shows_its_place_with_a_caret(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "explain", "L = (w*x +)^2", "x=1", "w=2")
    first, formula, caret = done.err.splitlines()
    assert done.status == 2 and first.startswith("tutor: ")
    assert formula.strip() == "L = (w*x +)^2"
    assert formula[caret.index("^")] == ")"


def test_an_error_of_the_program_leaves_its_traceback_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def broken(*_: object) -> int:
        raise RuntimeError("a bug \x1b[31m")

    monkeypatch.setattr("tutor.headless.list_catalogue", broken)
    done = run(capsys, "list")
    log = tmp_path / "tutor" / "tutor.log"
    assert done.status == 70 and str(log) in done.err and "Traceback" not in done.err
    assert "RuntimeError" in log.read_text("utf-8") and "in broken" in log.read_text("utf-8")
    assert "RuntimeError: a bug" not in log.read_text("utf-8")  # what an exception says may be what a student typed
    assert log.parent.stat().st_mode & 0o077 == 0


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("tutor.headless.list_catalogue", interrupted)
    assert main(["list"]) == 130


# -- pipes and files, through the console command


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "run", "three-hidden-units", "--headless"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(tmp_path),
    ) as child:
        assert child.stdout is not None and child.stderr is not None
        assert child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == b""
    assert child.returncode in (0, 141)


def test_a_closed_stdin_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *PROGRAM, "run", "seven-nodes", "--headless"],
        capture_output=True,
        env=environment(tmp_path),
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Forward pass" in done.stdout


def test_a_full_disk_is_one_message(tmp_path: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*PROGRAM, "run", "seven-nodes", "--headless"],
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
            check=False,
        )
    assert done.returncode == 74
    assert done.stderr.count(b"\n") == 1 and b"No space left" in done.stderr


@pytest.mark.parametrize("args", [[], ["run", "seven-nodes"]])
def test_without_a_terminal_there_is_one_sentence_or_plain_lines(args: list[str], tmp_path: Path) -> None:
    done = tutor(tmp_path, *args)
    assert "\x1b" not in done.out + done.err
    assert "Traceback" not in done.err
    if args:
        assert done.status == 0 and "line by line instead" in done.err
    else:
        assert done.status == 2 and done.err.count("\n") == 1


def test_results_go_to_stdout_and_nothing_else_does(tmp_path: Path) -> None:
    done = tutor(tmp_path, "run", "seven-nodes", "--headless", "--format", "json")
    assert done.err == "" and done.json["lesson"]["id"] == "seven-nodes"


@pytest.mark.parametrize("home", ["read-only", "none"])
def test_a_home_that_cannot_be_written_keeps_nobody_from_learning(home: str, tmp_path: Path) -> None:
    state = tmp_path / "file" / "below" if home == "none" else Path("/proc/nowhere")
    (tmp_path / "file").write_text("")
    env = {"XDG_STATE_HOME": str(state), "HOME": str(state)}
    done = tutor(tmp_path, "run", "seven-nodes", "--plain", given="\n\nquit\n", env=env)
    assert done.status == 0 and "Goodbye" in done.out
    assert "could not be saved" in done.err
    assert os.listdir(tmp_path) == ["file"]


def test_without_home_the_state_is_where_the_user_database_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a database of its own, as a container's user may be in none."""
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    users = {os.getuid(): pwd.struct_passwd(("ada", "x", os.getuid(), os.getgid(), "", "/homes/ada", "/bin/sh"))}
    monkeypatch.setattr(pwd, "getpwuid", users.__getitem__)
    assert state_folder() == Path("/homes/ada/.local/state/tutor")
