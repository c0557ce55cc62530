"""The pictures of the README, made from the app itself: `.venv/bin/python .pictures/make.py` draws them anew.

A test compares the words that stand in them with the screens of today.
"""

from __future__ import annotations

import asyncio
import html
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tests.tutor.tui.stages import opened, play, press, walk_to  # noqa: E402 - the clone's own
from tests.tutor.tui.test_training import until  # noqa: E402

SIZE = (116, 32)
ELSEWHERE = re.compile(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", re.DOTALL)  # fonts would be fetched


async def walking(pilot: Any) -> None:
    """The backward pass of a small net, half-way."""
    await to_step(pilot, lambda step: step.walk == "backward")
    await play(pilot, *["right"] * 4)


async def training(pilot: Any) -> None:
    """Runs that have come to their end, from all sides."""
    await to_step(pilot, lambda step: step.train)
    await until(pilot, lambda s: s.runs and s.runs[0].here)
    await press(pilot, *"ffffff", "space")
    await until(pilot, lambda s: all(one.status == "finished" for one in s.runs))
    await press(pilot, "v")
    await until(pilot, lambda s: s.scene.run == s.run_shown.name)


async def to_step(pilot: Any, wanted: Callable[[Any], Any]) -> None:
    """The first such step of the lesson."""
    steps = pilot.app.screen.session.steps
    await walk_to(pilot, next(place for place, step in enumerate(steps) if wanted(step)))


PICTURES: dict[str, tuple[str, Callable[[Any], Awaitable[None]]]] = {
    "lesson": ("computation-graphs/relu-sigmoid", walking),
    "training": ("two-layer-networks/hidden-features", training),
}


async def drawn(name: str) -> str:
    """One picture as SVG."""
    lesson, act = PICTURES[name]
    path = HERE.parent / "lessons" / lesson / "lesson.toml"
    async with opened(str(path), SIZE, "dark") as pilot:
        await act(pilot)
        await pilot.pause()
        return ELSEWHERE.sub("", pilot.app.export_screenshot(title=f"tutor run {path.parent.name}"))


def words(svg: str) -> list[str]:
    """The words of a picture in their order: titles, labels, keys, sentences; no numbers, no cells of a plot."""
    read = html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg)))
    return re.findall(r"[A-Za-z]{3,}", read)


def main() -> None:
    """Draw every picture, in a state folder of its own."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        for name in PICTURES:
            (HERE / f"{name}.svg").write_text(asyncio.run(drawn(name)), "utf-8")


if __name__ == "__main__":
    main()
