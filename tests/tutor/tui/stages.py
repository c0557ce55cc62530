"""What the tests of the screen share: the app at a size, its screen as text, its raw strips."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from rich.segment import Segment
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from tutor.request import Request
from tutor.tui.app import TutorApp

HERE = Path(__file__).parent
SIZES = [(80, 24), (160, 48)]


@asynccontextmanager
async def opened(
    lesson: str | None = "lesson.toml", size: tuple[int, int] = (80, 24), palette: str = "ansi"
) -> AsyncIterator[Pilot]:
    """The app with a lesson of this folder (None: the catalogue), everything loaded."""
    request = None if lesson is None else Request(str(HERE / lesson))
    app = TutorApp(request, palette)
    app.ascii_only = False
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


async def settled(pilot: Pilot) -> None:
    """Until the background work is done and shown, with what it began itself."""
    while waiting := [worker for worker in pilot.app.workers if not worker.is_finished]:
        with suppress(WorkerCancelled):  # the app may end while a lesson is being opened
            await pilot.app.workers.wait_for_complete(waiting)
        await pilot.pause()
    await pilot.pause()


async def marked(pilot: Pilot) -> None:
    """Until the process that marks has said what it was asked for."""
    groups = {"marking", "picture"}
    while waiting := [worker for worker in pilot.app.workers if worker.group in groups and not worker.is_finished]:
        with suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete(waiting)
        await pilot.pause()


async def press(pilot: Pilot, *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()
    await marked(pilot)


async def typed(pilot: Pilot, text: str) -> None:
    """A text typed key by key, then Enter."""
    for letter in text:
        await pilot.press(letter)
    await press(pilot, "enter")


async def play(pilot: Pilot, *keys: str) -> None:
    """Keys; #5 goes on to step 5 of the lesson (counted from 0), a word after a quote is typed and sent."""
    for key in keys:
        if key.startswith("'"):
            await typed(pilot, key[1:])
        elif key.startswith("#"):
            await walk_to(pilot, int(key[1:]))
        else:
            await press(pilot, key)


async def walk_to(pilot: Pilot, place: int) -> None:
    """Straight there: the keys that lead there have tests of their own."""
    pilot.app.screen.move(lambda session: session.go(place))
    await pilot.pause()
    await marked(pilot)


def segments(pilot: Pilot) -> list[list[Segment]]:
    """What the compositor would send, row by row."""
    return [list(strip) for strip in pilot.app.screen._compositor.render_strips()]


def text(pilot: Pilot) -> str:
    """The screen as a person reads it."""
    return "\n".join("".join(part.text for part in row).rstrip() for row in segments(pilot)) + "\n"


def looks(pilot: Pilot) -> str:
    """The screen with the style of every piece that has one."""
    rows = ("".join(map(look, row)).rstrip() for row in segments(pilot))
    return "\n".join(rows) + "\n"


def look(part: Segment) -> str:
    return f"⟦{part.style}⟧{part.text}" if part.text.strip() else part.text
