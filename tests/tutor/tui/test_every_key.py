"""Every key of every table has an effect where it is meant for. A new key without a case here fails."""

import pytest

from tests.tutor.tui.courses import learn, show_small_course
from tests.tutor.tui.stages import HERE, looks, opened, play, settled
from tutor.tui import keys
from tutor.tui.keys import Key

# table → how one comes to its screen; a list of keys, from the start of the lesson, or of the catalogue
PLACES = {
    "CATALOGUE": ("catalogue", []),
    "SEARCHING": ("catalogue", ["slash", "s"]),
    "MISTAKES": ("catalogue", ["m"]),
    "COMMANDS": ("catalogue", ["ctrl+p"]),
    "SANDBOX": ("catalogue", ["s"]),
    "READY": ("catalogue", ["s", "'L = x^2 + w", "enter", "'1", "'2"]),
    "SURFACE": ("catalogue", ["s", "'L = x^2 + w", "enter", "'1", "'2", "p"]),
    "LESSON": ("lesson", []),
    "CHOOSING": ("lesson", ["#1"]),
    "TYPING": ("lesson", ["#4", "1"]),
    "EMPTY_LINE": ("lesson", ["#4"]),
    "PLAY_KEYS": ("lesson", ["#11"]),
    "PLAYING": ("lesson", ["#11"]),
    "TABLE_KEYS": ("lesson", ["#3", "n", "t"]),
    "TABLE": ("lesson", ["#3", "n", "t", "down"]),
    "PREDICTING": ("lesson", ["#12", "n"]),
    "PAGE": ("lesson", ["question_mark"]),
}
# (table, key as Textual names it) → where it is pressed, if that is another place
ELSEWHERE = {
    ("CATALOGUE", "up"): ["end"],
    ("CATALOGUE", "k"): ["end"],
    ("CATALOGUE", "pageup"): ["end"],
    ("CATALOGUE", "home"): ["end"],
    ("MISTAKES", "up"): ["m", "down"],
    ("MISTAKES", "k"): ["m", "down"],
    ("MISTAKES", "pageup"): ["m", "down"],
    ("COMMANDS", "up"): ["ctrl+p", "down"],
    ("COMMANDS", "pageup"): ["ctrl+p", "end", "pagedown"],
    ("SANDBOX", "enter"): ["s", *"L=x"],
    ("SANDBOX", "backspace"): ["s", *"L=x", "enter"],
    ("SANDBOX", "escape"): ["s"],
    ("LESSON", "left"): ["#3"],
    ("LESSON", "b"): ["#3"],
    ("LESSON", "p"): ["#3"],
    ("LESSON", "home"): ["#3", "n"],
    ("LESSON", "end"): ["#3"],
    ("LESSON", "comma"): ["#3"],
    **{("LESSON", key): ["#1"] for key in ("down", "j", "up", "k")},
    ("LESSON", "pagedown"): ["#3", "t"],
    ("LESSON", "pageup"): ["#3", "t", "pagedown"],
    **{("LESSON", key): ["#4", "escape"] for key in ("i", "a", "h", "f2")},
    **{("LESSON", key): ["#3", "n"] for key in ("g", "t", "d")},
    ("LESSON", "r"): ["#10", "n"],
    ("LESSON", "e"): ["#3"],
    ("LESSON", "u"): ["#11", "plus"],
    ("LESSON", "o"): ["#11", "plus"],
    **{(table, key): ["#11", "plus"] for table in ("PLAYING", "PLAY_KEYS") for key in ("u", "o")},
    ("PAGE", "up"): ["question_mark", "down"],
    ("PAGE", "k"): ["question_mark", "down"],
    ("PAGE", "pageup"): ["question_mark", "down"],
    ("CHOOSING", "enter"): ["#1", "b"],
    ("PREDICTING", "enter"): ["#12", "n", "5"],
}
# keys that a line, a choice or play takes itself: as they are written → as Textual names them
TAKEN = {
    ("CHOOSING", "↑↓"): ["up", "down", "a", "1"],
    ("CHOOSING", "Space"): ["space"],
    ("CHOOSING", "Enter"): ["enter"],
    ("EMPTY_LINE", "Enter"): ["enter"],
    ("EMPTY_LINE", "←→"): ["left", "right"],
    ("EMPTY_LINE", "F2"): ["f2"],
    ("EMPTY_LINE", "Esc"): ["escape"],
    ("EMPTY_LINE", "F1"): ["f1"],
    ("EMPTY_LINE", "^C"): ["ctrl+c"],
    ("TABLE", "↑↓"): ["down", "up"],
    ("TABLE", "Enter"): ["enter"],
    ("TABLE", "t"): ["t"],
    ("TABLE", "→"): ["right"],
    ("PREDICTING", "Enter"): ["enter"],
    ("PREDICTING", "→"): ["right"],
    ("PREDICTING", "←"): ["left"],
    ("PREDICTING", "Esc"): ["escape"],
    ("PREDICTING", "F1"): ["f1"],
    ("PREDICTING", "^C"): ["ctrl+c"],
    ("TYPING", "Enter"): ["enter"],
    ("TYPING", "Esc"): ["escape"],
    ("SEARCHING", "Enter"): ["enter"],
    ("SEARCHING", "Esc"): ["escape"],
    ("COMMANDS", "a-z"): ["s"],
    ("COMMANDS", "↑↓"): ["down", "up", "pagedown", "pageup"],
    ("COMMANDS", "Enter"): ["enter"],
    ("COMMANDS", "Esc"): ["escape", "ctrl+c"],
    ("SANDBOX", "Enter"): ["enter"],
    ("SANDBOX", "Bksp"): ["backspace"],
    **{
        (table, written): pressed
        for table in ("PLAY_KEYS", "PLAYING")
        for written, pressed in {
            "↑↓": ["up", "down"],
            "+ -": ["plus", "minus", "greater_than_sign", "less_than_sign"],
            "e": ["e"],
            "u": ["u"],
            "o": ["o"],
            "→": ["right"],
        }.items()
    },
}
ANYWHERE = {"^P": ["ctrl+p"]}
DRIVEN_ELSEWHERE = {
    "ctrl+z": "a pseudo-terminal is needed: tests/tutor/test_launch.py",
}
OTHER_SCREENS = {"EVERYWHERE": "part of the other tables", "TRAINING": "tests/tutor/tui/test_training.py"}


def tables() -> dict[str, tuple[Key, ...]]:
    return {
        name: value
        for name, value in vars(keys).items()
        if isinstance(value, tuple) and value and isinstance(value[0], Key) and name not in OTHER_SCREENS
    }


def pressed(table: str, key: Key) -> list[str]:
    """The keys that a line of a table stands for."""
    own = TAKEN.get((table, key.written)) or ANYWHERE.get(key.written)
    return own or [each for each in key.keys.split(",") if each not in DRIVEN_ELSEWHERE]


CASES = [(table, name) for table, rows in tables().items() for key in rows for name in pressed(table, key)]


def test_every_table_and_every_line_has_a_case():
    assert set(tables()) == set(PLACES)
    for table, rows in tables().items():
        for key in rows:
            names = pressed(table, key)
            assert names != [""], f"{table} {key.written}: say in TAKEN which key that is"
            assert names or key.keys in DRIVEN_ELSEWHERE, f"{table} {key.written}"


def test_no_key_stands_for_two_things():
    for table, rows in tables().items():
        bound = [name for key in rows if key.action for name in key.keys.split(",") if name]
        assert len(bound) == len(set(bound)), table


@pytest.mark.parametrize(("table", "name"), CASES, ids=[f"{table}-{name}" for table, name in CASES])
async def test_every_key_has_an_effect(table, name):
    before, after = await around(table, name)
    assert before != after


@pytest.mark.parametrize("table", PLACES)
async def test_a_key_that_no_table_has_does_nothing(table):
    """The comparison of `test_every_key_has_an_effect` can fail."""
    before, after = await around(table, "f9")
    assert before == after


async def around(table, name):
    """All that a key could change, before and after it."""
    where, usual = PLACES[table]
    if where == "catalogue":
        learn(HERE / "lesson.toml", *(("dy-dc", wrong) for wrong in ("s1*(1-s1)", "a*x1")))
        learn(HERE / "lesson.toml", *(("dy-da", wrong) for wrong in ("-0.21", "0.105", "7")), place=3, at=2.0)
        learn(HERE / "lesson.toml", ("dy-dc", "-a*s1*(1-s1)*x1"), place=3, at=3.0)
    async with opened(None if where == "catalogue" else "lesson.toml") as pilot:
        if where == "catalogue":
            await show_small_course(pilot)
        await play(pilot, *ELSEWHERE.get((table, name), usual))
        await settled(pilot)
        before = fingerprint(pilot)
        await pilot.press(name)
        await settled(pilot)
        return before, fingerprint(pilot)


def fingerprint(pilot) -> tuple:
    """All that a key could change."""
    app = pilot.app
    session = getattr(app.screen, "session", None)
    where = (session.place, session.cursor, session.row, len(session.attempts)) if session else ()
    return app.return_code, [type(screen) for screen in app.screen_stack], where, app.palette_name, looks(pilot)
