"""What the process that draws imports, and what the first screen costs: through a real pseudo-terminal."""

import re
import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal, children, environment
from tests.tutor.tui.stages import HERE

HEAVY = {"numpy", "numba", "llvmlite", "pydantic", "typer", "ssl", "tree_sitter", "plotext"}
START = """
import atexit, os, sys

def note():
    names = {name.split(".")[0] for name, module in sys.modules.items() if module is not None}
    open(os.environ["NOTE"] + str(os.getpid()), "w").write(" ".join(names))

atexit.register(note)
from tutor.launch import main
main()
"""


def started(folder: Path, *arguments: str, **more) -> Terminal:
    env = environment(XDG_STATE_HOME=str(folder), NOTE=f"{folder}/modules-")
    return Terminal([sys.executable, "-c", START, *arguments], env=env, **more)


def left(screen: Terminal, folder: Path) -> set[str]:
    """The top names of everything that was imported by the process that drew, seen when it ends."""
    drawing = children(screen.process.pid)[0]
    screen.type("q")
    assert screen.wait_exit() == 0
    return set((folder / f"modules-{drawing}").read_text().split())


def cells(sent: bytes) -> int:
    """How many characters were sent to be seen."""
    return len(re.sub(r"\x1b\[[0-9;?<>=]*\$?[a-zA-Z]|\x1b\][^\x07]*\x07|[\r\n]", "", sent.decode()))


def test_a_scalar_lesson_is_opened_walked_and_played_with_without_heavy_libraries(tmp_path):
    with started(tmp_path, "run", str(HERE / "lesson.toml")) as screen:
        screen.wait_for("Graph main")
        screen.type("n")
        screen.wait_for("Which unit")
        for key in ("n", "n", "n", "t", "j", "t", "d", "q"):  # past the question, through a walk, the table, a node
            screen.type(key)
            screen.settle()
        assert left(screen, tmp_path) & HEAVY == set()


ANSWERED = """format = 1
id = "answered"
title = "Answers without NumPy"

[graph.main]
given = { x = 2.0 }
weights = { w = 3.0 }
nodes = ["a = w*x", "y = a^2"]

[[step]]
ask = "Write dy/dw."
formula = "dy/dw"

[[step]]
say = "A picture of the graph."
picture = { curve = ["y"], across = "w", from = -1.0, to = 1.0 }

[[step]]
walk = "forward"
predict = true

[[step]]
id = "broken"
bug = "main"
fault = "sign"
"""


def test_answers_predictions_bugs_and_pictures_load_nothing_heavy(tmp_path):
    lesson = tmp_path / "lesson.toml"
    lesson.write_text(ANSWERED)
    with started(tmp_path, "run", str(lesson)) as screen:
        screen.wait_for("Write dy/dw")
        screen.type("2*a\r")
        screen.wait_for("✗ wrong")
        screen.type("\x15")  # the line is emptied
        screen.type("2*a*x\r")
        screen.wait_for("✓ right")
        screen.type("n")
        screen.wait_for("A picture of")
        screen.wait_for("y")
        screen.wait_until(lambda: "Drawing" not in screen.text(), "the picture")
        screen.type("nn")
        screen.wait_for("What will it be")
        screen.type("6\r")
        screen.wait_for("✓ right")
        screen.type(".")
        screen.wait_for("makes one mistake")
        screen.type("\x1b")
        screen.settle()
        assert left(screen, tmp_path) & HEAVY <= {"plotext"}  # which draws the curve
    with started(tmp_path, "run", str(lesson)) as screen:  # what the journal has is marked again
        screen.wait_for("Press o")
        screen.type("\x1b")
        screen.settle()
        screen.type("o")
        screen.wait_for("makes one mistake")
        screen.type("\x1b")
        screen.settle()
        screen.type(",,,")
        screen.wait_for("Write dy/dw")
        screen.wait_for("✓ right  2*a*x")
        screen.type("\x1b")
        screen.settle()
        assert left(screen, tmp_path) & HEAVY == set()


def test_the_catalogue_is_shown_and_searched_without_heavy_libraries(tmp_path):
    with started(tmp_path) as screen:
        screen.wait_for("Enter open")
        screen.wait_for("▸")
        screen.type("jj")
        screen.settle(1.0)
        assert left(screen, tmp_path) & HEAVY == set()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_the_first_screen_is_painted_once(size, tmp_path):
    with started(tmp_path, "run", str(HERE / "lesson.toml"), columns=size[0], rows=size[1]) as screen:
        screen.wait_for("Graph main")
        screen.settle(1.0)
        assert cells(screen.raw) <= 2.1 * size[0] * size[1]  # a slow machine says first that it is opening
        assert len(screen.raw) <= 10_240 * size[0] * size[1] / (80 * 24)
        assert left(screen, tmp_path)


def test_a_screen_that_comes_back_is_painted_whole(tmp_path):
    with started(tmp_path, "run", str(HERE / "lesson.toml")) as screen:
        screen.wait_for("Graph main")
        screen.settle()
        before = screen.text()
        screen.type("?")
        screen.wait_until(lambda: screen.text() != before, "other screen")
        screen.settle()
        screen.type("q")
        screen.settle()
        assert screen.text() == before
        screen.resize(100, 30)
        screen.settle()
        screen.screen.reset()  # a terminal may show anything after it was resized
        screen.resize(80, 24)
        screen.settle()
        assert screen.text() == before
