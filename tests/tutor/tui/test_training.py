"""Training: the process that computes, what it reports, when frames are drawn, and the screen that drives it."""

import asyncio
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

import tutor
from tests.tutor.tui.stages import HERE, SIZES, opened, play, press, text
from tutor.lesson_run import start_run
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.tui.rows.training_rows import curve_rows, layer_rows, plane_rows, run_rows, value_at
from tutor.tui.training.frames import FASTEST, LOST, UNANSWERED, Frames
from tutor.tui.training.snapshot import RunSnapshot, decoded, encoded, run_of, thinned
from tutor.tui.training.trainee import Trainee

LESSON = HERE / "training.toml"


def trainee(name: str) -> Trainee:
    session = open_lesson(Request(str(LESSON)))
    return Trainee(name, start_run(session.loaded.lesson, name, session.graphs, HERE))


# -- what is reported


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 400), (401, 400)])
def test_thinned_keeps_both_ends(count, most):
    places = thinned(count, most)
    assert len(places) <= most
    assert places == sorted(set(places))
    assert not count or (places[0], places[-1]) == (0, count - 1)


def test_a_report_survives_its_line():
    found = trainee("steady")
    found.step_epoch()
    one = run_of(decoded(encoded(found.report())))
    assert (one.name, one.epoch, one.epochs, one.status, one.lr) == ("steady", 1, 300, "paused", 0.05)
    assert one.curves["train_loss"][0] == 21  # the mean of 1, 9, 25, 49
    assert one.places == (0, 1)


@pytest.mark.parametrize("line", [b"", b"[1]", b"{", b"\xff\xfe", b"nan"])
def test_a_line_that_is_no_message_is_empty(line):
    assert decoded(line) == {}


def test_a_run_goes_on_in_pieces_to_the_same_end():
    found = trainee("steady")
    found.going = True
    while found.going:
        found.advance(7)
    whole = trainee("steady").run
    whole.run()
    assert found.run.weights == whole.weights
    assert found.status == "finished"
    assert found.run.weights["w"] == pytest.approx(2, abs=1e-2)


def test_a_run_that_diverges_stops_and_says_so():
    found = trainee("wild")
    found.going = True
    for _ in range(1000):
        found.advance(50)
    assert found.status == "diverged"
    assert not found.going
    one = run_of(decoded(encoded(found.report())))
    assert any(not math.isfinite(value) or value > 1e6 for value in one.curves["train_loss"])
    assert curve_rows((one,), ("train_loss",), 60, 12, None)


def test_another_learning_rate_is_used_at_once():
    slow, fast = trainee("steady"), trainee("steady")
    fast.set_lr(0.1)
    slow.step_epoch()
    fast.step_epoch()
    assert fast.run.weights["w"] == pytest.approx(2 * slow.run.weights["w"])


def test_values_in_the_past():
    one = RunSnapshot("a", 100, 100, places=(0, 50, 100), curves={"train_loss": (3.0, 2.0, 1.0)})
    assert [value_at(one, "train_loss", at) for at in (None, 0, 49, 50, 999)] == [1, 3, 3, 2, 1]
    assert value_at(one, "validation_loss", None) is None


def test_plane_and_layers_have_the_size_that_is_asked_for():
    one = RunSnapshot(
        "net", 3, 9, places=(0,), grid=((0.0, 0.5), (1.0, math.nan)), points=((0.5, 0.5, 1),),
        curves={"gradient_norm.layer1": (1e-6,), "gradient_norm.layer2": (0.5,)},
    )  # fmt: skip
    for colour in (True, False):
        rows = plane_rows(one, 20, 6, colour=colour)
        assert [sum(len(part.text) for part in row) for row in rows] == [20] * 6
    short, long = ("".join(part.text for part in row).count("━") for row in layer_rows(one, None, 60))
    assert short < long
    assert plane_rows(RunSnapshot("graph"), 20, 6, colour=True) == ()


def test_each_standing_is_told_by_a_sign_and_a_word():
    for status in ("ready", "running", "paused", "finished", "calm", "diverged"):
        row = "".join(part.text for part in next(iter(run_rows((RunSnapshot("a", status=status),), 0, None, 80))))
        assert status in row or "settled" in row


# -- the process


def test_the_process_serves_commands_and_ends_with_its_input(tmp_path):
    opening = {"do": "open", "lesson": str(LESSON), "runs": ["steady"]}
    commands = [
        opening,
        {"do": "epoch"},
        {"do": "lr", "run": "steady", "lr": 0.1},
        {"do": "lr", "run": "gone", "lr": 1},
        {"do": "nonsense"},
        {"do": "open", "lesson": "no such lesson", "runs": []},
    ]
    (tmp_path / "tutor.py").write_text("raise SystemExit('imported from the folder one is in')")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tutor.tui.training.workshop"],
        input=b"".join(map(encoded, commands)), capture_output=True, cwd=tmp_path, timeout=60,
        env={"PYTHONPATH": str(Path(tutor.__file__).parents[1])},
    )  # fmt: skip
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    runs = [message["runs"][0] for message in messages if message.get("runs")]
    assert done.returncode == 0
    assert {one["epoch"] for one in runs} == {0, 1}
    assert runs[-1]["lr"] == 0.1
    assert sum("fault" in message for message in messages) == 2


# -- frames


def test_the_next_frame_waits_for_the_terminal():
    frames = Frames()
    assert frames.may_draw(0.0)
    frames.drawn(0.0)
    assert not frames.may_draw(FASTEST)
    assert frames.may_draw(UNANSWERED)
    frames.answered()
    assert frames.may_draw(FASTEST)
    frames.drawn(1.0)
    assert not frames.may_draw(1.0 + 10 * FASTEST)
    assert frames.may_draw(1.0 + LOST)


# -- the screen


async def until(pilot, condition):
    """Waits for the training process, which is a real one."""
    for _ in range(600):
        screen = pilot.app.screen
        if screen.runs and condition(screen):
            screen.update()
            await pilot.pause()
            return screen
        await asyncio.sleep(0.05)
    raise AssertionError("the training process did not report this")


async def test_training_from_the_keyboard():
    async with opened("training.toml") as pilot:
        await play(pilot, "n")
        screen = await until(pilot, lambda s: len(s.runs) == 2)
        assert "· ready" in text(pilot)
        await press(pilot, "m", "s")
        screen = await until(pilot, lambda s: s.runs[0].epoch == 2)
        await press(pilot, "minus")
        await until(pilot, lambda s: s.runs[0].lr == pytest.approx(0.0333))
        await press(pilot, "v", "plus")
        await until(pilot, lambda s: s.runs[1].lr == 3)
        await press(pilot, "f", "f", "f", "f", "space")
        await until(pilot, lambda s: s.runs[0].status == "finished")
        assert "✓ finished" in text(pilot)
        assert "✗ diverged" in text(pilot)
        assert "smaller rate" in text(pilot)  # of the chosen run
        await press(pilot, "less_than_sign")
        assert screen.at == 293
        await press(pilot, "greater_than_sign")
        assert screen.at is None
        await press(pilot, "z")
        screen = await until(pilot, lambda s: s.runs[0].epoch == 0)
        await until(pilot, lambda s: s.runs[0].lr == pytest.approx(0.0333))
        await press(pilot, "l", "t", "n")
        assert pilot.app.screen.session.place == 2


async def test_back_from_training_and_leaving_in_it():
    async with opened("training.toml") as pilot:
        await play(pilot, "n", "left")
        assert pilot.app.screen.session.place == 0
        await play(pilot, "n", "q")
        assert pilot.app.return_code == 0


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_training_looks(size, screen):
    async with opened("training.toml", size) as pilot:
        await play(pilot, "n")
        await until(pilot, lambda s: len(s.runs) == 2)
        await press(pilot, "f", "f", "f", "f", "space")
        await until(pilot, lambda s: s.runs[0].status == "finished" and s.runs[1].status == "diverged")
        assert text(pilot) == screen
