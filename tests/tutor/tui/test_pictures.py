"""Pictures on the lesson screen; those of runs, and answers that runs decide, come from another process."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

import tutor
from tests.tutor.tui.stages import HERE, SIZES, opened, play, press, settled, text
from tutor.figures.figure import Curves, from_dict
from tutor.tui.rows.figure_rows import WAITING
from tutor.tui.screens.errands import fetched

LESSON = "pictures.toml"


@pytest.fixture(autouse=True)
def own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("size", SIZES)
async def test_a_picture_stands_in_the_place_of_the_graph(size, screen):
    async with opened(LESSON, size) as pilot:
        assert text(pilot) == screen


async def test_a_picture_follows_every_change():
    async with opened(LESSON) as pilot:
        await play(pilot, "#1")
        before = text(pilot)
        await play(pilot, "plus", "plus", "plus")  # x
        assert "Picture" in before
        assert [line for line in before.splitlines() if line.startswith("s ")] != [
            line for line in text(pilot).splitlines() if line.startswith("s ")
        ]
        await press(pilot, "t")
        assert "All nodes" in text(pilot)


async def test_a_picture_of_runs_comes_from_another_process():
    async with opened(LESSON) as pilot:
        pilot.app.screen.move(lambda session: session.go(2))
        assert WAITING[:20] in text(pilot) or "steady" in text(pilot)
        await settled(pilot)
        assert "steady" in text(pilot) and "wild" in text(pilot) and WAITING[:20] not in text(pilot)
        assert not pilot.app.screen.session.runs, "nothing was trained where keys are waited for"


async def test_answers_that_runs_decide_wait_for_them():
    async with opened(LESSON) as pilot:
        screen = pilot.app.screen
        screen.move(lambda session: session.go(3))
        screen.answer("41")
        screen.answer("39")
        assert "still training" in screen.message and not screen.session.attempts
        await settled(pilot)
        assert "still training" not in screen.message
        screen.answer("40")
        await settled(pilot)
        tries = screen.session.attempts["epochs"]
        assert [attempt.mark.verdict for attempt in tries] == ["wrong", "right"]
        screen.move(lambda session: session.go(4))
        await settled(pilot)
        screen.answer("2")
        screen.answer("1")
        await settled(pilot)
        assert [attempt.mark.verdict for attempt in screen.session.attempts["lower"]] == ["wrong", "right"]


async def test_a_process_that_cannot_help_says_why(tmp_path):
    reply = await fetched({"lesson": str(tmp_path / "nowhere"), "place": 0})
    assert "fault" in reply
    found = await fetched({"lesson": str(HERE / LESSON), "place": 2})
    assert isinstance(from_dict(found["figure"]), Curves)


async def test_leaving_ends_the_process():
    task = asyncio.create_task(fetched({"lesson": "no-such-lesson", "place": 0}))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_the_process_answers_one_request_and_ends():
    request = json.dumps({"lesson": str(HERE / LESSON), "place": 4}) + "\n"
    home = str(Path(tutor.__file__).resolve().parents[1])
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "tutor.figures.errand"],
        input=request, capture_output=True, text=True, env={"PYTHONPATH": home, "PATH": ""}, timeout=120, check=True,
    )  # fmt: skip
    assert json.loads(ran.stdout)["settled"]["rights"] == [True, False]
