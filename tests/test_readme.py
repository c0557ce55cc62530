"""Every `tutor` command of the README does what the README says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tutor.cli import main

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def commands() -> list[list[str]]:
    """The words of every tutor command that needs no screen, in order."""
    found = []
    for line in "\n".join(BLOCKS).splitlines():
        for part in line.split("#")[0].split("&&"):
            words = shlex.split(part)
            if words and words[0].split("/")[-1] == "tutor" and len(words) > 1:
                found.append(words[1:])
    return found


def test_the_first_page_has_exactly_two_setups() -> None:
    assert [block.startswith("sh .ci/setup") for block in BLOCKS] == [True, True, False]


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed-in").mkdir()
    answers = 'lesson = "relu-sigmoid"\nstudent = "a"\n[answers]\ndy-da = "0.21"\n'
    (tmp_path / "handed-in" / "a.toml").write_text(answers)
    assert len(commands()) == 6
    for words in commands():
        assert main(words) == 0, words


def test_every_command_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--help"])
    listed = capsys.readouterr().out
    named = {words[0] for words in commands()} | set(re.findall(r"`tutor (\w+)", README))
    assert {name for name in named if name not in listed} == set()


def test_every_file_that_is_named_is_there() -> None:
    root = Path(__file__).parents[1]
    named = re.findall(r"`((?:tests|engine|tutor|lessons|\.ci)/[\w./-]*)`", README) + re.findall(
        r"\]\((\.pictures/[\w.]+)\)", README
    )
    assert len(named) > 30
    assert [path for path in named if not (root / path).exists()] == []


def test_the_notebook_line_works() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    *lines, last = code.strip().splitlines()
    names: dict[str, object] = {}
    exec("\n".join([*lines, f"trace = {last}"]), names)
    assert names["trace"].value("L") == pytest.approx((1 / (1 + 2.718281828459045**-0.5)) ** 2)
    assert f"```\n{names['trace']!r}\n```" in README
