"""What a question asks for can be answered: a number is no array, an entry is there; one lesson never ends a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import run
from tests.tutor.proof.checked_lesson import CLASSES, Change, check, is_the_error
from tutor import checking, lesson_check
from tutor.checking import Seen, shown_since
from tutor.lesson_file import load
from tutor.opening import build_graphs

BARE = CLASSES.replace('hints = ["Softmax of the three scores."]\n', "")
ARRAYS = [
    ("p", "p is a vector of 3; ask for one entry, as in p_2 (or p[1]), or use array ="),
    ("W1", "W1 is a 2 × 2 matrix; ask for one entry, as in W1_{12} (or W1[0,1]), or use array ="),
    ("dL/dW1", "dL/dW1 is a 2 × 2 matrix; ask for one entry, as in dL/dW1[0,1], or use array ="),
    ("d(p)/d(z)", "d(p)/d(z) is a 3 × 3 matrix; ask for one entry, as in d(p)/d(z)[0,1], or use array ="),
    ("p + t", "p + t is a vector of 3; ask for one entry, as in (p + t)[1], or use array ="),
]
ENTRIES = [
    ("number", 'number = "p_2"'),
    ("formula", 'formula = "dL/dz"'),
    ("array", 'array = "dL/dW1"'),
    ("derivation", 'derivation = "d(L)/d(W2[1,0])"'),
]


def test_the_lesson_is_sound_before_it_is_changed(tmp_path: Path) -> None:
    found = check(tmp_path, CLASSES)
    assert (found.errors, found.warnings) == ((), ())


@pytest.mark.parametrize(("asked", "says"), ARRAYS)
@pytest.mark.parametrize("good", [CLASSES, BARE], ids=["with hints", "without"])
def test_an_array_is_no_number(good: str, asked: str, says: str, tmp_path: Path) -> None:
    is_the_error(tmp_path, Change(good, 'number = "p_2"', f'number = "{asked}"', says))


@pytest.mark.parametrize(("asked", "says"), ARRAYS)
def test_what_is_proposed_instead_can_be_asked(asked: str, says: str, tmp_path: Path) -> None:
    proposed = says.partition("as in ")[2].partition(", or use")[0]
    for entry in proposed.removesuffix(")").split(" (or "):
        whole = entry + ")" * (entry.count("(") - entry.count(")"))
        graph = build_graphs(load(lessons.written(tmp_path, CLASSES)))["main"].graph
        graph.read(whole)
        assert (
            check(tmp_path, CLASSES.replace('number = "p_2"', f'number = "{whole}"\naccept_hidden = true')).errors == ()
        )


@pytest.mark.parametrize(("kind", "old"), ENTRIES)
def test_an_entry_that_is_not_there_is_named_at_its_place(kind: str, old: str, tmp_path: Path) -> None:
    using = CLASSES.replace('using = ["p", "t"]\n', "")
    is_the_error(tmp_path, Change(using, old, f'{kind} = "p_4"', "p is a vector of 3 and has no entry 4"))


def test_the_lessons_beside_a_broken_one_are_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = {"a": CLASSES, "b": CLASSES.replace('"p_2"', '"p_4"'), "c": CLASSES.replace('"p_2"', '"p"'), "d": CLASSES}
    for name, text in names.items():
        (tmp_path / name).mkdir()
        lessons.written(tmp_path / name, text.replace("three-classes", name))
    done = run(capsys, "check", str(tmp_path), "--jobs", "1")
    assert done.status == 2
    assert [line.rpartition(": ")[2] for line in done.out.splitlines()] == [
        "sound",
        "1 error, 0 warnings",
        "1 error, 0 warnings",
        "sound",
    ]


# -- an error of the program in one lesson


@pytest.fixture
def crashing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three lessons, of which the second meets an error of the program."""
    real = lesson_check.check_pages

    def check_pages(found: lesson_check.Findings, session: lesson_check.Session) -> None:
        if found.loaded.lesson.id == "b":
            raise TypeError("no such luck")
        real(found, session)

    monkeypatch.setattr(lesson_check, "check_pages", check_pages)
    names = []
    for name in "abc":
        text = lessons.UNIT.replace("one-unit", name)
        names.append(lessons.written(tmp_path, text, f"{name}.toml"))
    return names


def test_an_error_of_the_program_costs_one_lesson(crashing: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    done = run(capsys, "check", *crashing, "--jobs", "1")
    assert done.status == 70
    assert done.out == f"{crashing[0]}: sound\n{crashing[1]}: 1 error, 0 warnings\n{crashing[2]}: sound\n"
    said = f"{crashing[1]}: not checked: an error of the program itself (TypeError); what happened is in "
    assert done.err.startswith(said) and "no such luck" not in done.err


def test_watching_goes_on_after_an_error_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def step_text(*given: object) -> None:
        raise TypeError("no such luck")

    monkeypatch.setattr(checking, "step_text", step_text)
    path = lessons.written(tmp_path, lessons.UNIT)
    assert list(shown_since(path, Seen())) == []
    assert capsys.readouterr().err == f"{path}: not shown: an error of the program itself (TypeError)\n"
