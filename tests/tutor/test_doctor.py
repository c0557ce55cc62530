"""`tutor doctor` names what is wrong and what to do; `tutor help` says what is true."""

from __future__ import annotations

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from engine.jit import cache_state
from engine.kernel_folder import CacheState
from tests.tutor.commands import ROOT, run, tutor
from tutor import doctor, kernel_check
from tutor.errors import ProblemsError
from tutor.finding import Finding
from tutor.help_topics import TOPICS, functions
from tutor.launch import INTERRUPTED
from tutor.messages import INTERNAL
from tutor.streams import OUTPUT_LOST, PIPE_CLOSED
from tutor.versions import is_within

XTERM = {"TERM": "xterm-256color"}
TERMINALS = [
    (XTERM, (True, True), (80, 24), "ok", "xterm-256color, 80×24"),
    (XTERM, (True, True), (70, 24), "ok", "70×24"),
    (XTERM, (True, True), (40, 10), "warn", "too small"),
    (XTERM, (False, True), (80, 24), "warn", "the input is no terminal"),
    (XTERM, (True, False), (80, 24), "warn", "stderr"),
    ({"TERM": "dumb"}, (True, True), (80, 24), "warn", "dumb"),
    ({}, (True, True), (80, 24), "warn", "unset"),
    ({"TERM": "\x1b[31m"}, (True, True), (80, 24), "ok", ", 80×24"),
    ({**XTERM, "SSH_CONNECTION": "x"}, (False, False), (80, 24), "warn", "no terminal"),
]


@pytest.mark.parametrize(("environ", "ttys", "size", "state", "says"), TERMINALS)
def test_terminals(
    environ: dict[str, str], ttys: tuple[bool, bool], size: tuple[int, int], state: str, says: str
) -> None:
    first, *rest = doctor.terminal(environ, ttys, size)
    assert (first.state, says in first.says) == (state, True)
    assert bool(first.cure) == (state != "ok")
    assert [f.check for f in rest] == (["ssh"] if "SSH_CONNECTION" in environ else [])
    if rest:
        assert "ssh -t" in first.cure


def test_locales_and_colours() -> None:
    assert [f.state for f in doctor.encoding({}, "UTF-8")] == ["ok"]
    bad = next(doctor.encoding({"LANG": "de_DE"}, "ISO-8859-1"))
    assert bad.state == "warn" and "ISO-8859-1" in bad.says and "C.UTF-8" in bad.cure
    said = [
        next(doctor.colours(environ)).says
        for environ in ({"NO_COLOR": "1", **XTERM}, {"COLORTERM": "truecolor"}, XTERM, {"TERM": "linux"})
    ]
    assert [text.split(",")[0].split(";")[0] for text in said] == ["none", "all", "256", "16"]


@pytest.mark.parametrize(
    ("version", "bounds", "fits"),
    [
        ("8.2.8", ">=8.2.8,<9", True),
        ("8.2.7", ">=8.2.8,<9", False),
        ("9.0", ">=8.2.8,<9", False),
        ("9", "<9.0.0", False),
        ("1.0.5", "==1.0.5", True),
        ("1.0.50", "==1.0.5", False),
        ("0.68.1rc1", ">=0.60", True),
        ("2", "", True),
        ("unknown", ">=1", False),
    ],
)
def test_versions(version: str, bounds: str, fits: bool) -> None:
    assert is_within(version, bounds) == fits


def test_missing_and_old_packages_come_with_the_command_that_mends_them() -> None:
    there = {"numpy": "2.4.6", "textual": "7.0"}
    required = ["numpy>=1.26", "textual>=8.2.8,<9", "pydantic>=2.12", 'pytest>=9; extra == "dev"']
    found = list(doctor.packages(required, there.get))
    assert [(f.state, f.cure) for f in found] == [
        ("bad", "python -m pip install 'textual>=8.2.8,<9'"),
        ("bad", "python -m pip install 'pydantic>=2.12'"),
        ("ok", ""),
    ]
    assert found[-1].says == "numpy 2.4.6"


def test_a_folder_for_progress(tmp_path: Path) -> None:
    good = tmp_path / "good"
    assert doctor.state(good).state == "ok"
    assert list(good.iterdir()) == [] and stat.S_IMODE(good.stat().st_mode) == 0o700
    good.chmod(0o777)
    shared = doctor.state(good)
    assert (shared.state, "chmod" in shared.cure) == ("bad", True)
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "below", Path("/proc/nowhere/journal")):
        found = doctor.state(path)
        assert found.state == "bad" and "XDG_STATE_HOME" in found.cure


def test_disks_and_clocks() -> None:
    here = Path("/home")
    assert [doctor.disk(mb << 20, here).state for mb in (5, 100, 1000)] == ["bad", "warn", "ok"]
    now = doctor.RELEASED + 1e7
    assert doctor.clock(now, None).state == doctor.clock(now, now - 10).state == "ok"
    assert doctor.clock(now, now - 1000).state == "warn"
    assert "1970" in doctor.clock(100.0, None).says


def test_a_check_that_fails_is_a_finding(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def _broken() -> None:
        raise RuntimeError("boom \x1b[31m")

    monkeypatch.setattr(doctor, "CHECKS", (_broken,))
    done = run(capsys, "doctor")
    assert done.status == 1 and "✗ bad  broken: could not be looked at: boom" in done.out
    assert "\x1b" not in done.out


def test_the_whole_command(tmp_path: Path) -> None:
    text, data = (tutor(tmp_path, "doctor", *more) for more in ((), ("--format", "json")))
    assert text.status == data.status == 0
    assert all(len(line) <= 80 and line.isprintable() for line in text.out.splitlines())
    checks = {finding["check"]: finding for finding in data.json["checks"]}
    wanted = {"terminal", "locale", "colours", "python", "packages", "lessons", "progress", "disk", "clock"}
    assert wanted <= set(checks) and "compiled kernels" in checks
    assert data.json["sound"] is True
    assert all(set(f) == set(Finding.__dataclass_fields__) for f in data.json["checks"])
    assert all(f["cure"] for f in data.json["checks"] if f["state"] != "ok")


def test_an_unsafe_or_unwritable_home_is_told_by_the_exit_status(tmp_path: Path) -> None:
    (tmp_path / "state" / "tutor" / "journal").mkdir(parents=True)
    (tmp_path / "state" / "tutor" / "journal").chmod(0o777)
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    done = tutor(tmp_path, "doctor", "--format", "json", env={"XDG_CACHE_HOME": str(cache)})
    states = {finding["check"]: finding["state"] for finding in done.json["checks"]}
    assert done.status == 1
    assert (states["progress"], states["compiled kernels"]) == ("bad", "warn")


def test_a_cold_cache_an_unsafe_and_a_shared_one_are_told(tmp_path: Path) -> None:
    """Without compiling anything: what lies in the folders is only counted here."""
    found = one("compiled kernels", tmp_path)
    assert (found["state"], found["cure"]) == ("warn", "tutor doctor --fix")
    name = Path(found["says"].split(" in ")[1].split(":")[0]).name
    (tmp_path / "shared" / name).mkdir(parents=True)
    (tmp_path / "shared" / name / "x.kernel").write_bytes(b"")
    found = one("shared kernels", tmp_path)
    assert (found["state"], found["says"].startswith("1 in ")) == ("ok", True)
    assert one("compiled kernels", tmp_path)["state"] == "ok"
    (tmp_path / "shared").chmod(0o777)
    found = one("shared kernels", tmp_path)
    assert (found["state"], "others may write" in found["says"], "--shared" in found["cure"]) == ("bad", True, True)


def test_fix_compiles_what_is_missing(tmp_path: Path) -> None:
    """In a copy of the developer's cache that has lost one kernel, so that the others need not be compiled."""
    subprocess.run([sys.executable, "-m", "engine.warm"], cwd=ROOT, check=True)
    warm = cache_state().folder
    assert warm is not None
    own = tmp_path / "cache" / warm.parent.name / warm.name
    shutil.copytree(warm, own)
    own.parent.chmod(0o700)
    lost = min(own.glob("engine.*.kernel"), key=lambda file: file.stat().st_size)
    lost.unlink()
    done = tutor(tmp_path, "doctor", "--fix", "--format", "json", env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert next(f["state"] for f in done.json["checks"] if f["check"] == "compiled kernels") == "ok"
    assert lost.exists()


def one(check: str, home: Path) -> dict[str, str]:
    env = {"XDG_CACHE_HOME": str(home / "cache"), "TUTOR_KERNELS": str(home / "shared")}
    found: list[dict[str, str]] = tutor(home, "doctor", "--format", "json", env=env).json["checks"]
    return next(finding for finding in found if finding["check"] == check)


def test_kernels_for_all_users_come_from_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "cache" / "kernels-x"
    own.mkdir(parents=True)
    (own / "x.kernel").write_bytes(b"machine code")
    (own / "x.kernel").chmod(0o600)
    monkeypatch.setattr("engine.jit.cache_state", lambda: CacheState(own))
    kernel_check.share(str(tmp_path / "shared"))
    shared = tmp_path / "shared" / "kernels-x" / "x.kernel"
    assert (shared.read_bytes(), stat.S_IMODE(shared.stat().st_mode)) == (b"machine code", 0o644)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(ProblemsError, match="nobody else can write"):
        kernel_check.share(str(tmp_path / "open"))


# -- tutor help


@pytest.mark.parametrize("topic", TOPICS)
def test_topics_fit_a_terminal(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "help", topic)
    assert done.status == 0 and len(done.out) > 300
    assert [line for line in done.out.splitlines() if len(line) > 90 or not line.isprintable()] == []


def test_an_unknown_topic_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "help", "fromulas")
    assert (done.status, done.out) == (2, "") and 'did you mean "formulas"?' in done.err
    assert "formulas" in run(capsys, "help").out


def test_every_function_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    text = " ".join(run(capsys, "help", "formulas").out.split())
    assert all(name in text for name in functions())
    assert len(functions()) > 25


def test_every_formula_of_the_page_can_be_read() -> None:
    from engine.graph import Graph

    given: dict[str, tuple[int, ...]] = dict.fromkeys(
        ["yhat", "y", "v1", "z", "x", "t", "a", "p", "b", "w", "x1", "x2"], ()
    )
    given |= {"s": (3,), "W": (2, 2), "X": (2, 2), "A": (2, 2), "B": (2, 2)}
    graph = Graph.build(["L = w*x"], given=given)
    page = "\n".join(TOPICS["formulas"]()).split("Functions:")[0]
    read = 0
    for line in page.splitlines()[2:]:
        for text in re.split(r"  +", line.strip())[:-1]:
            for formula in [text] if "  " not in text else text.split("  "):
                if formula not in ("σ", "sigmoid", "\\sigma") and formula.strip():
                    graph.read(formula, rows=True)
                    read += 1
    assert read > 15


def test_the_exit_statuses_are_the_programs(capsys: pytest.CaptureFixture[str]) -> None:
    text = run(capsys, "help", "exit-codes").out
    told = [int(number) for number in re.findall(r"^ +(\d+)  ", text, re.MULTILINE)]
    assert told == [0, 1, 2, INTERNAL, OUTPUT_LOST, INTERRUPTED, PIPE_CLOSED]
