"""Everything by name: the actions of a screen, settings, lessons; and the settings that are kept."""

import sys

import pytest

from tests.tutor.tui.courses import show_small_course
from tests.tutor.tui.stages import opened, play, press, settled, text, typed
from tutor.tui.app import TutorApp
from tutor.tui.link import ENOUGH, Link
from tutor.tui.settings import CHOICES, Settings, read_settings, settings_file, write_settings


async def test_an_action_by_name_is_done_on_the_screen_below():
    async with opened() as pilot:
        await play(pilot, "#3", "n", "ctrl+p", "'table and back")
        assert pilot.app.screen.stage.focused_name == "table"
        await play(pilot, "#4", "ctrl+p", "'a hint")
        assert "Hint 1" in text(pilot)


async def test_control_p_again_and_escape_do_nothing():
    async with opened() as pilot:
        before = text(pilot)
        await press(pilot, "ctrl+p")
        assert "▸ Commands" in text(pilot)
        await press(pilot, "ctrl+p")
        assert text(pilot) == before
        await press(pilot, "ctrl+p", "x", "escape")
        assert text(pilot) == before


async def test_what_is_typed_in_a_line_is_still_there_afterwards():
    async with opened() as pilot:
        await play(pilot, "#4", "0", "full_stop", "ctrl+p", "escape", "2")
        assert pilot.app.screen.entry.text == "0.2"


async def test_settings_are_found_in_american_spelling_and_a_key_is_written_as_what_it_does():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "ctrl+p", *"color dark")
        assert "Colours: dark" in text(pilot)
        await press(pilot, "escape", "ctrl+p", *"the lesson before")
        row = next(line for line in text(pilot).splitlines() if "The lesson before" in line)
        assert row.rstrip().endswith(" ↑")


async def test_nothing_with_these_words_is_said():
    async with opened() as pilot:
        await press(pilot, "ctrl+p", *"zzzz")
        assert "Nothing has these words" in text(pilot)
        await press(pilot, "enter")
        assert "▸ Commands" in text(pilot)


@pytest.mark.parametrize("wanted", ["lesson softmax", "training"])
async def test_a_lesson_by_title_or_id_from_the_catalogue(wanted):
    async with opened(None) as pilot:
        await show_small_course(pilot)
        await press(pilot, "ctrl+p")
        await typed(pilot, wanted)
        await settled(pilot)
        assert pilot.app.screen.session.loaded.lesson.id == "training"
        await press(pilot, "ctrl+c")
        assert "3 lessons" in text(pilot)


async def test_a_lesson_above_a_lesson_comes_back_to_it():
    async with opened() as pilot:
        await play(pilot, "#2", "n", "ctrl+p")
        await settled(pilot)
        await typed(pilot, "relu-sigmoid")
        await settled(pilot)
        assert pilot.app.screen.session.loaded.lesson.id == "relu-sigmoid"
        await press(pilot, "q")
        session = pilot.app.screen.session
        assert (session.loaded.lesson.id, session.place, session.cursor) == ("every-kind", 2, 1)


async def test_screens_do_not_pile_up_without_end():
    async with opened(None) as pilot:
        await show_small_course(pilot)
        for _ in range(14):
            await press(pilot, "ctrl+p", *"wide", "enter")
            await settled(pilot)
        assert len(pilot.app.screen_stack) <= 12
        assert "q leaves the one on top" in text(pilot)


# -- settings


async def test_a_setting_holds_at_once_and_the_next_time():
    async with opened() as pilot:
        await play(pilot, "ctrl+p", "'colours: light")
        assert (pilot.app.palette_name, pilot.app.theme) == ("light", "tutor-light")
        await play(pilot, "ctrl+p", "'motion: reduced")
        assert "live plots move once a second" in text(pilot)
        assert pilot.app.frame_seconds == 1.0
        await settled(pilot)
    assert read_settings(settings_file()) == Settings("light", "reduced")
    assert TutorApp().palette_name == "light"


@pytest.mark.parametrize(
    ("environ", "settings", "palette"),
    [
        ({"NO_COLOR": "1"}, Settings("light"), "plain"),
        ({"TUTOR_THEME": "contrast"}, Settings("light"), "contrast"),
        ({"COLORTERM": "truecolor"}, Settings(), "dark"),
        ({"COLORTERM": "truecolor"}, Settings(bandwidth="low"), "ansi"),
        ({"COLORTERM": "truecolor"}, Settings("dark", bandwidth="low"), "dark"),
    ],
)
def test_the_environment_goes_before_the_file(environ, settings, palette, monkeypatch):
    for name in ("NO_COLOR", "TUTOR_THEME", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    write_settings(settings_file(), settings)
    assert TutorApp().palette_name == palette


@pytest.mark.parametrize("name", CHOICES)
def test_every_value_is_kept_and_read(name, tmp_path):
    for value in CHOICES[name]:
        write_settings(tmp_path / "settings.toml", Settings().with_value(name, value))
        assert getattr(read_settings(tmp_path / "settings.toml"), name) == value


@pytest.mark.parametrize("content", [b"", b"\xff", b"colours = 3", b'colours = "pink"\nextra = 1', b"[" * 5000, None])
def test_a_file_that_cannot_be_used_is_as_if_there_were_none(content, tmp_path):
    if content is not None:
        (tmp_path / "settings.toml").write_bytes(content)
    assert read_settings(tmp_path / "settings.toml") == Settings()


async def test_settings_that_cannot_be_kept_hold_until_the_end(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    async with opened() as pilot:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
        await play(pilot, "ctrl+p", "'colours: dark")
        await settled(pilot)
        assert "it could not be kept" in text(pilot)
        assert pilot.app.palette_name == "dark"


# -- the speed of the line


def answers(link, *times):
    now = 100.0
    for time in times:
        link.asked(now)
        link.answered(now + time)
        now += 1.0


def test_a_line_is_slow_when_all_answers_are_late():
    link = Link()
    answers(link, 0.3, 0.2)
    assert not link.slow
    answers(link, 0.25)
    assert link.slow and link.milliseconds == 200
    answers(link, 0.01)
    assert not link.slow
    far = Link(far=True)
    answers(far, *[0.12] * ENOUGH)
    assert far.slow


def test_answers_belong_to_the_questions_in_their_order_and_lost_ones_are_given_up():
    link = Link()
    link.asked(0.0)
    for now in (10.0, 10.1, 10.2):  # the first was never answered
        link.asked(now)
    for now in (10.05, 10.15, 10.25):
        link.answered(now)
    assert not link.slow
    assert list(link.times) == pytest.approx([0.05] * 3)
    link.answered(11.0)  # nobody asked
    assert len(link.times) == ENOUGH


async def test_a_slow_line_is_told_once_and_moves_less():
    async with opened() as pilot:
        answers(pilot.app.link, 0.5, 0.5, 0.5)
        pilot.app.on_cursor_position()
        await pilot.pause()
        assert "Slow line (500 ms)" in text(pilot)
        assert pilot.app.frame_seconds == 1.0
        await press(pilot, "n")
        pilot.app.on_cursor_position()
        await pilot.pause()
        assert "Slow line" not in text(pilot)
        await play(pilot, "ctrl+p", "'bandwidth: full")
        assert pilot.app.frame_seconds == 0.1


def test_the_start_imports_neither_commands_nor_the_engine_of_mistakes():
    import subprocess

    code = "import sys, tutor.tui.app, tutor.tui.screens.catalogue_screen as c; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    unwanted = {"tutor.tui.commands", "tutor.tui.screens.command_screen", "engine.faults", "numpy"}
    assert not unwanted & loaded
