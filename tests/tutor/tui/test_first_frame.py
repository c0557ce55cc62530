"""Which modules are loaded when the first frame of a lesson and of the catalogue is painted: start-up is imports."""

import sys
from pathlib import Path

import pytest

from tests.terminal import Terminal, environment
from tests.tutor.tui.stages import HERE

START = """
import os, sys
from tutor import launch

def screen(arguments, open_screen=launch.screen):
    launch._import_lightly()
    from tutor.tui.app import TutorApp

    def display(app, screen, renderable, paint=TutorApp._display):
        paint(app, screen, renderable)
        there = getattr(screen, "session", None) or getattr(screen, "course", None)
        if there and renderable is not None and not os.path.exists(os.environ["NOTE"]):
            names = (name for name, module in sys.modules.items() if module is not None)
            open(os.environ["NOTE"], "w").write(" ".join(names))

    TutorApp._display = display
    return open_screen(arguments)

launch.screen = screen
launch.main()
"""
NEVER = {
    # libraries
    "numpy", "numba", "pydantic", "typer", "ssl", "plotext", "texicode", "argparse", "multiprocessing",
    "sqlite3", "zipfile", "importlib.metadata",
    # parts for which there is time after the first frame, or a key of their own
    "engine.training", "engine.network", "engine.gradcheck", "engine.faults",
    "tutor.cli", "tutor.lesson_problems", "tutor.lesson_repair", "tutor.lesson_run", "tutor.vary",
    "tutor.draw.plot", "tutor.draw.figures", "tutor.draw.field", "tutor.draw.mathematics",
    "tutor.figures.of_graph", "tutor.marking.diagnosis", "tutor.marking.equality",
    "tutor.tui.training.snapshot", "tutor.tui.training.bench", "tutor.tui.training.client",
    "tutor.tui.rows.sandbox", "tutor.tui.rows.training_rows", "tutor.tui.rows.surface_rows",
    "tutor.tui.screens.command_screen", "tutor.tui.screens.help_screen", "tutor.tui.screens.node_screen",
    "tutor.tui.screens.sandbox_screen", "tutor.tui.screens.training_screen", "tutor.tui.commands",
}  # fmt: skip
LESSON = {"engine.graph", "engine.expression", "tree_sitter", "tutor.session", "tutor.tui.screens.lesson_screen"}
"""What the catalogue has no need of."""


def loaded(folder: Path, wanted: str, *arguments: str) -> set[str]:
    """The names of all modules once the first frame is painted that holds what was asked for."""
    note = folder / "modules"
    env = environment(XDG_STATE_HOME=str(folder / "state"), NOTE=str(note))
    with Terminal([sys.executable, "-c", START, *arguments], env=env) as screen:
        screen.wait_for(wanted)
        screen.wait_until(note.exists, "the note")
        screen.type("q")
        assert screen.wait_exit() == 0
    return set(note.read_text().split())


def test_a_lesson_is_shown_before_anything_is_loaded_that_its_first_frame_does_not_need(tmp_path):
    names = loaded(tmp_path, "Graph main", "run", str(HERE / "lesson.toml"))
    assert names & NEVER == set()
    assert names >= LESSON - {"tree_sitter"}


def test_the_catalogue_is_shown_before_anything_of_a_lesson_is_loaded(tmp_path):
    assert loaded(tmp_path, "Enter open") & (NEVER | LESSON) == set()


@pytest.mark.parametrize("wanted", [("Graph main", "run", str(HERE / "lesson.toml")), ("Enter open",)])
def test_our_own_modules_are_few(wanted, tmp_path):
    own = [name for name in loaded(tmp_path, *wanted) if name.split(".")[0] in {"engine", "tutor", "lessons"}]
    assert len(own) <= (130 if "run" in wanted else 60)
