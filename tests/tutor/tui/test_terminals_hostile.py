"""The hostile corpus in every text of a lesson, in its file name and in answers, through screens to a real terminal:
nothing foreign even comes as far as the gate before the terminal, and no click runs an action."""

import sys

import pytest

from tests.terminal import Terminal, cache_home, environment, foreign
from tests.tutor.test_hostile import PAYLOADS, hostile_lesson
from tests.tutor.tui.stages import HERE

GATED = [sys.executable, "-P", str(HERE.parent / "faulty_screen.py"), "gate"]
CLICKS = "".join(f"\x1b[<0;{x};{y}M\x1b[<0;{x};{y}m" for y in range(1, 24) for x in (4, 30))


def groups(room: int = 199) -> list[str]:
    """The payloads, several at a time."""
    found = [""]
    for payload in PAYLOADS.values():
        if len(found[-1]) + len(payload) > room:
            found.append("")
        found[-1] += f"{payload} "
    return found


@pytest.mark.parametrize("payload", groups(), ids=lambda payload: ascii(payload[:12]))
def test_a_hostile_lesson(payload, tmp_path):
    """The gate of this program is a trap: whatever comes as far as that ends it with status 70."""
    name = "".join(letter for letter in payload if letter not in "/\0").strip()
    lesson = tmp_path / f"{name.encode()[:100].decode(errors='ignore')}.toml"
    lesson.write_text(hostile_lesson(payload), "utf-8")
    env = environment(HOME=str(tmp_path), XDG_CACHE_HOME=cache_home())
    with Terminal([*GATED, str(lesson), "--mouse"], env=env) as screen:
        screen.wait_for("step 1 of")
        screen.settle(0.2)
        screen.type(CLICKS)
        for keys in (
            "n",
            "n",
            "..",
            "h",
            "a\r",
            ".",
            f"\x1b[200~{payload}\x1b[201~\r",
            "\x1bOQ",
            "\x1b",
            "g",
            f"{payload[:60]}\r",
        ):
            screen.type(keys.replace("\x11", "").replace("\x1a", "").encode("utf-8", "surrogatepass"))
            screen.settle(0.08)
            assert screen.process.poll() is None
        screen.type("\x1b[201~\x18\x11\x11\x11\x11")
        assert screen.wait_exit() == 0
        assert screen.left_on() == []
        assert foreign(screen.raw) == ""


def test_the_trap_works(tmp_path):
    """Without the filters before it, the corpus does come as far as the gate."""
    lesson = tmp_path / "lesson.toml"
    lesson.write_text(hostile_lesson("\x1b]52;c;eA==\x07"), "utf-8")
    env = environment(HOME=str(tmp_path), XDG_CACHE_HOME=cache_home())
    with Terminal([*GATED[:-1], "unfiltered_gate", str(lesson)], env=env) as screen:
        assert screen.wait_exit() == 70
        assert foreign(screen.raw) == ""
