"""A run has one sign wherever its lesson draws it: in training, in pictures, in the text of a headless run."""

from __future__ import annotations

import pytest

from tutor.draw.cells import text_of
from tutor.draw.figures import Room, figure_rows
from tutor.draw.lesson_text import training_text
from tutor.draw.plot import Series, signs_of
from tutor.figures.figure import from_dict, to_dict
from tutor.figures.kinds import figure_of
from tutor.figures.run_signs import run_places, sign_of
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.session import Session

LESSON = """
format = 1
id = "signs"
title = "Signs"

[graph.main]
weights = { w = 3.0 }
nodes = ["L = w^2"]

[run.alone]
graph = "main"
lr = 0.1
epochs = 3

[run.plain]
like = "alone"

[run.heavy]
like = "alone"
lr = 0.2

[run.never]
like = "alone"

[[step]]
train = ["alone"]

[[step]]
train = ["plain", "heavy"]

[[step]]
say = "Only one of them."
picture = { runs = ["heavy"] }

[[step]]
say = "The other way round."
picture = { runs = ["heavy", "plain"] }
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    path = tmp_path_factory.mktemp("signs") / "lesson.toml"
    path.write_text(LESSON)
    return open_lesson(Request(str(path)))


def test_runs_that_are_seen_together_share_the_signs_out(session: Session) -> None:
    places = run_places(session.loaded.lesson)
    assert places == {"alone": (0, 1), "plain": (0, 2), "heavy": (1, 2)}
    assert sign_of("heavy", ("train_loss", "validation_loss"), "validation_loss", places) == 3
    assert sign_of("never", ("train_loss",), "train_loss", places) is None


def test_a_picture_has_the_signs_of_the_training(session: Session) -> None:
    shown = [text_of(figure_rows(figure_of(session, session.steps[i]), Room(60, 12))) for i in (2, 3)]
    assert "• heavy" in shown[0]
    assert "• heavy" in shown[1] and "▞ plain" in shown[1]
    figure = figure_of(session, session.steps[3])
    assert from_dict(to_dict(figure)) == figure


def test_the_text_of_a_training_has_them_too(session: Session) -> None:
    from dataclasses import replace

    trained = replace(session, runs={name: session.trained(name) for name in ("plain", "heavy")})
    step = session.steps[1].replaced(train=["heavy", "plain"])
    assert "• heavy  ▞ plain" in "\n".join(training_text(trained, step))


@pytest.mark.parametrize(
    ("wanted", "signs"),
    [((None, None), [0, 1]), ((1, 0), [1, 0]), ((2, None, 2), [2, 0, 1]), ((7, 3, None), [0, 3, 1]), ((), [])],
)
def test_a_sign_that_is_taken_or_not_there_is_replaced(wanted: tuple[int | None, ...], signs: list[int]) -> None:
    assert signs_of([Series("", (), sign=sign) for sign in wanted]) == signs
