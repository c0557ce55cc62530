"""Training: the process that computes, what it reports, when frames are drawn, and the screen that drives it."""

import asyncio
import json
import math
import os
import queue
import subprocess
import sys
import time
from pathlib import Path

import pytest

import tutor
from tests.tutor.tui.stages import HERE, SIZES, opened, play, press, text
from tutor.lesson_run import start_run
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.tui.training import client, saved
from tutor.tui.training.bench import Bench
from tutor.tui.training.frames import BYTES_A_SECOND, CELLS, FASTEST, LOST, UNANSWERED, Frames
from tutor.tui.training.lines import decoded, encoded
from tutor.tui.training.looking import plots_of
from tutor.tui.training.saved import RestingPlace
from tutor.tui.training.snapshot import run_of
from tutor.tui.training.trainee import Trainee
from tutor.tui.training.workshop import Workshop

LESSON = HERE / "training.toml"
KEYS = {"keys": ["train_loss"]}


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def trainee(name: str) -> Trainee:
    session = open_lesson(Request(str(LESSON)))
    return Trainee(name, start_run(session.loaded.lesson, name, session.graphs, HERE))


def reported(found: Trainee, **wanted):
    return run_of(decoded(encoded(found.report({**KEYS, **wanted}))))


# -- what is reported


def test_a_report_survives_its_line():
    found = trainee("steady")
    found.step_epoch()
    one = reported(found)
    assert (one.name, one.epoch, one.epochs, one.status, one.lr) == ("steady", 1, 300, "paused", 0.05)
    assert one.start == 21  # the mean of 1, 9, 25, 49
    assert one.curves["train_loss"].values[0] == 21
    assert one.curves["train_loss"].places == (0, 1)


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
    assert any(not math.isfinite(value) or value > 1e6 for value in reported(found).curves["train_loss"].values)


def test_another_learning_rate_is_used_at_once_and_remembered():
    slow, fast = trainee("steady"), trainee("steady")
    fast.set_lr(0.1)
    slow.step_epoch()
    fast.step_epoch()
    assert fast.run.weights["w"] == pytest.approx(2 * slow.run.weights["w"])
    fast.set_lr(0.2)
    fast.set_lr(0.3)
    assert reported(fast).rates == ((0, 0.1), (1, 0.3))


def test_what_was_measured_at_an_epoch_in_the_past():
    found = trainee("steady")
    found.going = True
    found.advance(20)
    losses = found.run.history["train_loss"]
    assert [reported(found, at=at).here["train_loss"] for at in (0, 1)] == pytest.approx(losses[:2], rel=1e-5)
    assert reported(found, at=10**9).here["train_loss"] == pytest.approx(losses[-1], rel=1e-5)


def test_a_thinned_curve_keeps_every_peak_and_the_window_that_is_asked_for():
    found = trainee("steady")
    found.run.history["train_loss"] = [0.0] * 4000 + [9.0] + [0.0] * 4000
    found.run.history["epoch"] = list(range(8001))
    curve = reported(found).curves["train_loss"]
    assert len(curve.places) < 400
    assert 9.0 in curve.values and curve.places[curve.values.index(9.0)] == 4000
    inside = reported(found, window=[3998, 4002], smooth=3).curves["train_loss"]
    assert inside.places == (3998, 3999, 4000, 4001, 4002)
    assert inside.values == (0, 0, 3, 3, 3)  # means of three epochs


# -- going back to where a run rested


def test_a_run_goes_back_to_its_place_with_the_rates_of_then():
    first = trainee("steady")
    for epoch in range(9):
        if epoch == 4:
            first.set_lr(0.02)
        first.step_epoch()
    again = trainee("steady")
    again.go_back_to(first.place)
    assert again.status == "again"
    while again.goal is not None:
        again.return_further()
    assert again.run.weights == first.run.weights
    assert (again.place, again.status) == (first.place, "paused")


def test_a_place_that_no_run_can_reach_ends_at_the_last_epoch():
    found = trainee("steady")
    found.go_back_to(RestingPlace(10**6, 10**6, ((5, 77, 0.01),)))
    for _ in range(2000):
        found.return_further()
    assert found.goal is None
    assert found.run.epoch <= 300


def test_places_are_kept_and_found_by_what_the_runs_depend_on():
    opening = {"lesson": str(LESSON), "runs": ["steady"], "settings": [], "seed": None, "variant": None}
    key = saved.key_of(opening)
    places = {"steady": RestingPlace(12, 3, ((4, 0, 0.1),))}
    assert saved.load(key) == {}
    assert saved.save(key, places)
    assert saved.load(key) == places
    assert saved.key_of({**opening, "seed": 4}) != key
    assert saved.key_of({**opening, "runs": ["wild"]}) != key


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 3}', '{"a": [-1, 0, []]}', '{"a": [1, 0, [[0, 0, NaN]]]}'])
def test_a_place_that_makes_no_sense_is_none(content):
    saved.save("key", {})
    (saved.folder() / "key.json").write_text(content)
    assert saved.load("key") == {}


def test_only_the_newest_places_stay(monkeypatch):
    monkeypatch.setattr(saved, "MOST_FILES", 3)
    for i in range(6):
        saved.save(f"key{i}", {})
        os.utime(saved.folder() / f"key{i}.json", (i, i))
    assert sorted(path.stem for path in saved.folder().glob("*.json")) == ["key3", "key4", "key5"]


# -- the process


def served(*commands, cwd=None):
    """What the process answers to these commands, and how it ended."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tutor.tui.training.workshop"],
        input=b"".join(map(encoded, commands)), capture_output=True, cwd=cwd, timeout=300,
        env={**os.environ, "PYTHONPATH": str(Path(tutor.__file__).parents[1])},
    )  # fmt: skip
    return done, [json.loads(line) for line in done.stdout.splitlines()]


OPENING = {"do": "open", "lesson": str(LESSON), "runs": ["steady"], "settings": [], "seed": None, "variant": None}


def test_the_process_serves_commands_and_ends_with_its_input(tmp_path):
    (tmp_path / "tutor.py").write_text("raise SystemExit('imported from the folder one is in')")
    done, messages = served(
        {"do": "epoch"},
        OPENING,
        {"do": "epoch"},
        {"do": "lr", "run": "steady", "lr": 0.1},
        {"do": "lr", "run": "gone", "lr": 1},
        {"do": "nonsense"},
        {"do": "open", "lesson": "no such lesson", "runs": []},
        cwd=tmp_path,
    )
    last = [message["runs"][0] for message in messages if message.get("runs")][-1]
    assert done.returncode == 0
    assert (last["epoch"], last["lr"]) == (1, 0.1)
    assert [message["fault"][:12] for message in messages if "fault" in message] == [
        "no runs are ",
        "KeyError: 'g",
        "no such less",
    ]


@pytest.mark.parametrize("error", [ZeroDivisionError("a"), AttributeError("b"), IndexError("c"), RecursionError("d")])
def test_a_fault_of_one_command_is_told_and_the_next_one_is_served(error, monkeypatch):
    said, commands = [], queue.SimpleQueue()
    workshop = Workshop(commands, -1)
    monkeypatch.setattr(workshop, "send", said.append)

    def fails(_):
        raise error

    monkeypatch.setattr(workshop, "do_epoch", fails)
    for command in ({"do": "epoch"}, {"do": "epoch"}, None):
        commands.put(command)
    workshop.serve()
    assert len(said) == 2 and all(str(error) in one["fault"] for one in said)


async def test_a_line_that_is_too_long_ends_the_process_and_is_no_fault_of_the_app(monkeypatch):
    monkeypatch.setattr(client, "MOST_LINE", 64)
    gone, process = asyncio.Event(), client.TrainingProcess()
    process.attach(lambda message: None, gone.set, OPENING)
    await asyncio.wait_for(gone.wait(), 60)
    assert not process.alive
    await process.end()


def test_where_runs_were_is_offered_to_the_next_process_and_gone_back_to():
    served(OPENING, {"do": "epoch"}, {"do": "lr", "run": "steady", "lr": 0.1}, {"do": "epoch"})
    _, messages = served(OPENING)
    assert messages[-1]["earlier"] == {"steady": 2}
    _, messages = served(OPENING, {"do": "epoch"})  # to start is an answer too
    assert "earlier" not in messages[-1]
    assert saved.load(saved.key_of(OPENING)) == {"steady": RestingPlace(1, 0, ())}


def test_an_offer_that_is_not_taken_stays():
    served(OPENING, {"do": "epoch"}, {"do": "epoch"})
    served(OPENING)
    _, messages = served(OPENING)
    assert messages[-1]["earlier"] == {"steady": 2}


def test_a_way_back_that_is_broken_off_keeps_its_goal():
    saved.save(saved.key_of(OPENING), {"steady": RestingPlace(250)})
    served({**OPENING, "resume": True})  # the input ends before the run is back
    assert saved.load(saved.key_of(OPENING))["steady"].epoch == 250


def test_steps_that_were_left_keep_their_runs():
    wild = {**OPENING, "runs": ["wild"]}
    _, messages = served(OPENING, {"do": "epoch"}, {"do": "leave"}, wild, OPENING)
    assert [one["epoch"] for one in messages[-1]["runs"]] == [1]
    _, messages = served(OPENING, {"do": "epoch"}, {**OPENING, "fresh": True})
    assert [one["epoch"] for one in messages[-1]["runs"]] == [0]


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
    assert not frames.may_draw(1.0 + 10 * LOST)  # a silent line gets no frames, but it is asked whether it is back
    assert not frames.may_ask(1.0 + 0.9 * LOST)
    assert frames.may_ask(1.0 + LOST)
    assert not frames.may_ask(1.0 + 1.9 * LOST)
    assert frames.may_ask(1.0 + 2 * LOST)
    frames.answered()
    assert frames.may_draw(1.0 + 3 * LOST)
    assert not frames.may_ask(1.0 + 9 * LOST)


def test_a_large_frame_is_followed_by_a_longer_rest():
    frames = Frames()
    frames.drawn(0.0, 2 * BYTES_A_SECOND)
    frames.answered()
    assert not frames.may_draw(1.9)
    assert frames.may_draw(2.1)
    frames.drawn(10.0, 2 * BYTES_A_SECOND, 4 * CELLS)
    frames.answered()
    assert frames.may_draw(10.6)


# -- the screen


async def until(pilot, condition):
    """Waits for the training process, which is a real one with the lowest priority: minutes on a busy machine."""
    for _ in range(3600):
        screen = pilot.app.screen
        if getattr(screen, "runs", ()) and condition(screen):
            screen.update()
            await pilot.pause()
            return screen
        await asyncio.sleep(0.05)
    raise AssertionError("the training process did not report this:\n" + text(pilot))


async def test_training_from_the_keyboard():
    async with opened("training.toml") as pilot:
        await play(pilot, "n")
        screen = await until(pilot, lambda s: len(s.runs) == 2)
        assert "· ready" in text(pilot)
        await press(pilot, "m", "s")
        screen = await until(pilot, lambda s: s.runs[0].epoch == 2)
        await press(pilot, "minus")
        await until(pilot, lambda s: s.runs[0].lr == pytest.approx(0.0333))
        assert "▲ learning rate of steady: 0.0333 from epoch 2" in text(pilot)
        await press(pilot, "v", "plus")
        await until(pilot, lambda s: s.runs[1].lr == 3)
        await press(pilot, "f", "f", "f", "f", "space")
        await until(pilot, lambda s: s.runs[0].status == "finished")
        assert "✓ finished" in text(pilot)
        assert "✗ diverged" in text(pilot)
        assert "Try a rate of 1 or less" in " ".join(text(pilot).split())  # of the chosen run
        await press(pilot, "less_than_sign")
        assert screen.at == 293
        await press(pilot, "greater_than_sign")
        assert screen.at is None
        for key in ("space", "m", "s"):
            await press(pilot, key)
            assert "Nothing is left to train: z starts again" in text(pilot)
        await press(pilot, "z")
        screen = await until(pilot, lambda s: s.runs[0].epoch == 0)
        await until(pilot, lambda s: s.runs[0].lr == pytest.approx(0.0333))
        await press(pilot, "n")
        assert pilot.app.screen.session.place == 2


async def test_keys_before_the_runs_are_ready_say_so_and_are_not_lost():
    async with opened("training.toml") as pilot:
        await play(pilot, "n")
        screen = await until(pilot, lambda s: len(s.runs) == 2)
        screen.runs = ()
        screen.wanted, screen.opened_at, screen.frames = ("train_loss",), time.monotonic() - 3, Frames()
        screen.tick()
        assert "Getting the runs ready … 3 s" in text(pilot)
        screen.action_plot()
        assert screen.message == "The runs are not ready yet."
        screen.action_epoch()
        assert screen.message == "That is done as soon as the runs are ready."
        await until(pilot, lambda s: s.runs and s.runs[0].epoch == 1 and not s.message)
        screen.action_epoch()
        screen.ordered_at -= 2
        screen.tick()
        assert screen.message == "The training is at work; its next numbers are on the way."
        await until(pilot, lambda s: s.runs[0].epoch == 2 and not s.message)
        for turn in range(1, len(plots_of(screen.run_shown, screen.wanted))):
            screen.action_plot()
            assert screen.looking.plot == turn
        screen.action_plot()
        assert screen.looking.plot == 0


async def test_a_message_that_is_said_again_looks_otherwise():
    async with opened("training.toml") as pilot:
        await play(pilot, "n")
        screen = await until(pilot, lambda s: len(s.runs) == 2)
        bars = []
        for _ in range(3):
            await press(pilot, "g")
            bars.append([(part.text, part.style) for part in screen.stage["notice"].row(0)])
        assert "Nothing is validated here" in bars[0][0][0]
        assert bars[0] == bars[2] != bars[1]
        assert [part for part, _ in bars[0]] == [part for part, _ in bars[1]]


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


# -- the pace


def test_a_slow_pace_is_slower_than_an_epoch_a_report():
    bench = Bench(OPENING, "key")
    bench.trainees["steady"] = found = trainee("steady")
    bench.seconds, found.going = 300.0, True  # 300 epochs in 300 seconds
    for _ in range(31):
        bench.advance()
    assert found.run.epoch == 4  # at once, and after each second
    bench.seconds = 3.0
    bench.advance()
    assert found.run.epoch == 14
