"""The program with a fault put in: `python faulty_screen.py KIND LESSON…`. Each kind breaks another part."""

import sys
from collections.abc import Callable

from tutor import launch

HOSTILE = "\x1b]0;hostile\x07 [@click=app.quit]x[/] a[i][/j] \u202e\x9b31m"


def fail(*_: object, **__: object) -> None:
    raise RuntimeError(HOSTILE)


def fail_like_a_disk(*_: object, **__: object) -> None:
    raise FileNotFoundError(2, HOSTILE, HOSTILE)


def fail_like_a_formula(*_: object, **__: object) -> None:
    from engine.errors import EngineError

    raise EngineError(HOSTILE)


async def fail_later(*_: object) -> None:
    fail()


def key() -> None:
    from tutor.tui.screens.lesson_screen import LessonScreen

    LessonScreen.action_hint = fail


def key_of_the_disk() -> None:
    from tutor.tui.screens.lesson_screen import LessonScreen

    LessonScreen.action_hint = fail_like_a_disk


def key_of_a_formula() -> None:
    from tutor.tui.screens.lesson_screen import LessonScreen

    LessonScreen.action_hint = fail_like_a_formula


def painting() -> None:
    from tutor.tui.widgets import stage

    strip = stage.strip

    def strip_but_not_now(row, width, palette):
        return fail() if "Last time" not in str(row) and sys.argv[-1] == "now" else strip(row, width, palette)

    stage.strip = strip_but_not_now
    on_key("h", lambda: sys.argv.append("now"))


def on_key(letter: str, do: Callable[[], object]) -> None:
    from tutor.tui.screens.staged import StagedScreen

    heard = StagedScreen.on_key

    def on_key(self, event):
        if event.key == letter:
            do()
        heard(self, event)

    StagedScreen.on_key = on_key


def timer() -> None:
    from tutor.tui.app import TutorApp

    TutorApp.look_after_terminal = fail


def thread() -> None:
    import tutor.opening

    tutor.opening.open_lesson = fail


def worker() -> None:
    from tutor.tui.training.client import TrainingProcess

    TrainingProcess._listen = fail_later


def keyboard() -> None:
    from tutor.tui.keyboard import Keyboard

    feed = Keyboard.feed
    Keyboard.feed = lambda self, data, now: fail() if data == b"h" else feed(self, data, now)


def gate() -> None:
    from tutor.tui import driver

    let_out = driver.let_out
    driver.let_out = lambda data: data if let_out(data) == data else fail()


def unfiltered_gate() -> None:
    from tutor.tui.widgets import stage

    gate()
    stage.visible = lambda text: text.replace("step", "\x1b]52;c;eA==\x07")


def start() -> None:
    from tutor.tui.app import TutorApp

    TutorApp.get_default_screen = fail


KINDS = {made.__name__: made for made in (
    key, key_of_the_disk, key_of_a_formula, painting, timer, thread, worker, keyboard, start, gate, unfiltered_gate
)}  # fmt: skip


def run() -> int:
    KINDS[sys.argv[1]]()
    return launch.screen(["run", *sys.argv[2:]])


if __name__ == "__main__":
    launch.check_streams()
    sys.exit(launch.keep_terminal(run, splash=True))
