"""Every kind of terminal gets its right screen; whatever it sends, and whatever happens to it, harms nothing."""

import re
import sys

import pytest

from tests.bench.fuzz_screen import fuzz
from tests.terminal import Terminal, cache_home, environment, foreign
from tests.tutor.tui.stages import HERE
from tutor.tui import terminal

TUTOR = [sys.executable, "-P", "-m", "tutor"]
LESSON, TRAINING = str(HERE / "lesson.toml"), str(HERE / "training.toml")
COLOUR = re.compile(rb"\x1b\[(?:[0-9;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[0-9;]*)?m")


@pytest.fixture
def home(tmp_path):
    """A home of one's own, whose settings and journals nobody else has; compiled kernels are everybody's."""
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("STATE", "DATA", "CONFIG")}
    return environment(HOME=str(tmp_path), XDG_CACHE_HOME=cache_home(), **own)


def running(home, *arguments: str, **options) -> Terminal:
    return Terminal([*TUTOR, *arguments], env=home, **options)


def in_the_walk(screen: Terminal) -> str:
    """The lesson's backward walk after three steps, as it looks."""
    screen.wait_for("Two inputs")
    screen.type("...nnn")
    screen.wait_for("3 of")
    screen.settle()
    return screen.text()


def leave(screen: Terminal) -> None:
    screen.type("\x11")
    assert screen.wait_exit() == 0
    assert screen.left_on() == []
    assert foreign(screen.raw) == ""


# -- every terminal

RICH = [
    {"TERM": "screen-256color"},
    {"TERM": "tmux-256color", "LANG": ""},
    {"TERM": "nonsense", "LANG": "C"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]
POOR = [{"TERM": "linux"}, {"TERM": "vt100", "LANG": "C"}, {"TERM": "ansi"}, {"LC_ALL": "en_US.ISO-8859-1"}]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    """The walk as a terminal of today shows it."""
    home = str(tmp_path_factory.mktemp("home"))
    with running(environment(HOME=home, XDG_STATE_HOME=home), "run", LESSON) as screen:
        return in_the_walk(screen)


@pytest.mark.parametrize("environ", RICH, ids=str)
def test_the_same_screen_on_every_terminal_that_can_show_it(home, walk, environ):
    with running({k: v for k, v in (home | environ).items() if v}, "run", LESSON) as screen:
        assert in_the_walk(screen) == walk
        assert COLOUR.search(screen.raw)
        leave(screen)


@pytest.mark.parametrize("environ", POOR, ids=str)
def test_letters_only_where_fonts_have_no_lines(home, walk, environ):
    with running(home | environ, "run", LESSON) as screen:
        shown = in_the_walk(screen)
        assert screen.raw.isascii(), re.findall(rb"[\x80-\xff]+", screen.raw)
        assert "?" not in shown.replace("? keys", "")
        assert [len(line) for line in shown.splitlines()] == [len(line) for line in walk.splitlines()]
        leave(screen)


@pytest.mark.parametrize("term", ["xterm-256color", "linux"])
def test_no_colour_where_none_is_wanted(home, term):
    with running(home | {"NO_COLOR": "1", "TERM": term}, "run", TRAINING) as screen:
        screen.wait_for("Before.")
        screen.type("n")
        screen.wait_for("training")
        screen.type(" ")
        screen.wait_for("epoch")
        screen.settle(0.6)
        assert not COLOUR.search(screen.raw)
        if term == "linux":
            assert screen.raw.isascii()  # no braille in the curves either
        leave_training(screen)


def leave_training(screen: Terminal) -> None:
    screen.type("\x11\x11")
    assert screen.wait_exit() == 0


@pytest.mark.parametrize("term", ["linux", "vt100", "vt220", "vt52", "cons25", "ansi"])
def test_fonts_of_consoles_and_old_terminals(term):
    assert terminal.poor({"TERM": term, "LANG": "C.UTF-8"})
    assert not terminal.poor({"TERM": "xterm", "LANG": "C.UTF-8"})


# -- whatever comes


def test_a_huge_paste_one_without_end_and_a_storm_of_sizes(home):
    with running(home, "run", LESSON) as screen:
        before = in_the_walk(screen)
        screen.type(".")
        screen.wait_for("What is")
        for start in range(0, 2_000_000, 4096):
            screen.type((b"\x1b[200~" if start == 0 else b"") + b"7" * 4096)
            screen.read(0)
        screen.type("\x1b[201~")
        screen.wait_for("7777777777")
        screen.type("\x15\x1b[200~unended")
        screen.wait_for("unended")  # after a second without its end
        screen.type("\x15\x1b")
        screen.settle()
        screen.type(",nnn")
        for i in range(100):
            screen.resize(20 + i * 97 % 281, 5 + i * 31 % 96)
            screen.read(0.002)
        screen.resize(1, 1)
        screen.settle()
        screen.resize(59, 20)
        screen.wait_for("Enlarge to 60×20")
        screen.resize(80, 24)
        screen.wait_for("3 of")
        screen.settle()
        assert screen.text() == before
        leave(screen)


def test_an_arrow_key_may_come_in_parts_over_a_network(home):
    with running(home | {"SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "run", LESSON) as screen:
        screen.wait_for("Two inputs")
        screen.type("\x1b")
        screen.read(0.15)
        screen.type("[C")
        screen.wait_for("Which unit")


@pytest.mark.parametrize("far", ["SSH_CONNECTION", "SSH_TTY", "TMUX", "STY"])
def test_parts_of_a_key_are_waited_for_where_there_may_be_a_network(far):
    environ = {far: "x"}
    terminal.prepare(environ)
    assert environ["ESCDELAY"] == "400"  # milliseconds


@pytest.mark.parametrize("name", ["catalogue", "sandbox", "walk", "typing", "training"])
def test_random_events(name):
    assert fuzz(100, 7, [name], 100) == []


# -- no screen to be had


STREAMS = ["<&-", "</dev/null", "2>&-", "2>/dev/null", "2>log", "<&- >&- 2>&-", "</dev/null >log 2>&1 & wait $!"]


@pytest.mark.parametrize("streams", STREAMS)
def test_without_a_terminal_it_ends_and_says_why(home, tmp_path, streams):
    """As a scheduler, nohup, or a shell that closes streams starts it: words and a status, never a screen."""
    with Terminal(["sh", "-c", f'"$@" {streams}', "sh", *TUTOR], env=home, cwd=tmp_path) as screen:
        status = screen.wait_exit()
        log = tmp_path / "log"
        said = screen.raw + (log.read_bytes() if log.exists() else b"")
        assert status == 2 or (status == 74 and ">&-" in streams)
        assert b"\x1b" not in said
        assert streams in {"2>&-", "2>/dev/null", "<&- >&- 2>&-"} or b"Without a screen: tutor list" in said


@pytest.mark.parametrize("streams", ["2>&-", "2>/dev/null", "2>log"])
def test_a_lesson_goes_on_line_by_line_where_only_the_screen_is_missing(home, tmp_path, streams):
    with Terminal(["sh", "-c", f'"$@" {streams}', "sh", *TUTOR, "run", LESSON], env=home, cwd=tmp_path) as screen:
        screen.wait_for("Type help")
        screen.type("quit\n")
        assert screen.wait_exit() == 0
        assert b"\x1b" not in screen.raw
