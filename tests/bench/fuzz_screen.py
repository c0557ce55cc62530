"""python tests/bench/fuzz_screen.py [--events 10000] [--seed 1] [--screen NAME]   random events against every screen.

Keys, mouse reports, bytes that are no text, escape sequences whole and in parts, pastes, answers that nobody asked for
and sizes of the window go to the real program in a pseudo-terminal. Afterwards it must paint its screen again, leave
when asked to, with status 0, a sane terminal, no child left behind, nothing foreign sent and no error in its log.
Prints how many events and rounds there were; for what went wrong, the seed and the last events. A small share of it
runs in the tests (tests/tutor/tui/test_terminals.py).
"""

from __future__ import annotations

import argparse
import os
import random
import select
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pyte

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.terminal import Terminal, alive, cache_home, descendants, environment, foreign

TUTOR = [sys.executable, "-P", "-m", "tutor"]
LESSON = str(Path(__file__).parents[1] / "tutor" / "tui" / "lesson.toml")
TRAINING = str(Path(__file__).parents[1] / "tutor" / "tui" / "training.toml")
# name → arguments, what is seen once it is there, and the keys that lead to the screen
SCREENS: dict[str, tuple[list[str], str, str]] = {
    "catalogue": ([], "lessons", ""),
    "search": ([], "lessons", "/"),
    "sandbox": ([], "lessons", "sy = tanh(w*x)\r"),
    "walk": (["run", LESSON], "Graph", ".."),
    "table": (["run", LESSON], "Graph", "..td"),
    "typing": (["run", LESSON], "Graph", "...."),
    "choice": (["run", LESSON], "Graph", "."),
    "training": (["run", TRAINING], "Before.", " "),
}
EVENTS = 150
"""Events between two looks at the program."""
KEYS = [
    *("\r", "\t", "\x7f", "\x1b", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F", "\x1b[5~", "\x1b[6~"),
    *("\x1bOP", "\x1bOQ", "\x1bOR", "\x1b[3~", "\x1b[24~", "\x1b[Z", "\x1b[1;5C", "\x1b[1;3A", "\x1b[97;5u"),
    *map(chr, [*range(1, 26), *range(28, 32)]),
    *"abcdefghijklmnoprstuvwxyz0123456789+-*/^()=.,;:?!<>[]{}|&%$#@~` ABCXYZ_'\"\\",
]
ANSWERS = [
    *(b"\x1b[6;3R", b"\x1b[?2026;2$y", b"\x1b[?2048;1$y", b"\x1b[48;999;999;9;9t", b"\x1b[?62;c", b"\x1b[1114112;9u"),
    *(b"\x1bP1$r0 q\x1b\\", b"\x1b]11;q\x07", b"\x1b]10;rgb:q", b"\x1bP", b"\x1b[I", b"\x1b[O"),
]
TEXTS = [
    *("tanh(w*x)", "dL/dw = 2*(a-y)", "[1,2;3,4]", "1e999", "∂L/∂w", "a" * 3000, "1/0", "9^9^9^9", "x\ny\nz\n"),
    *("((((((((", "[@click=app.quit]x[/]", "\x1b]52;c;eA==\x07", "\u202e\u0301\u0301\U0001f468\u200d\U0001f469"),
]
SIZES = [(1, 1), (5, 3), (20, 5), (60, 20), (59, 20), (80, 24), (81, 25), (110, 30), (160, 48), (300, 100), (40, 90)]
FORBIDDEN = (b"\x1a", b"\x11", b"\x03", b"\x1c")
"""Stop, and leave: what comes after them would reach a terminal that is no longer the program's."""


class Fuzzed(Terminal):
    """A terminal that is only drawn when somebody looks, and never waits to be read from."""

    looking = True

    def _feed(self, data: bytes) -> None:
        if self.looking:
            super()._feed(data)

    def look_anew(self) -> None:
        """From now on everything is drawn, on an empty screen."""
        self.screen = pyte.Screen(self.screen.columns, self.screen.lines)
        self.stream = pyte.ByteStream(self.screen)
        self.unfed, self.looking = b"", True

    def type(self, keys: str | bytes) -> None:
        data = keys.encode("utf-8", "surrogatepass") if isinstance(keys, str) else keys
        while data:
            self.read(0)
            if select.select([], [self.master], [], 0.05)[1]:
                data = data[os.write(self.master, data[:1024]) :]


def events(chance: random.Random, count: int) -> Iterator[bytes | tuple[int, int]]:
    """Bytes to send, or a size for the window."""
    for _ in range(count):
        kind = chance.random()
        if kind < 0.55:
            yield chance.choice(KEYS).encode()
        elif kind < 0.63:
            x, y = chance.randrange(0, 300), chance.randrange(0, 120)
            yield b"\x1b[<%d;%d;%dM\x1b[<%d;%d;%dm" % (chance.choice([0, 1, 2, 35, 64, 65]), x, y, 0, x, y)
        elif kind < 0.70:
            end = b"" if chance.random() < 0.1 else b"\x1b[201~"
            yield b"\x1b[200~" + chance.choice(TEXTS).encode("utf-8", "surrogatepass") + end
        elif kind < 0.76:
            yield chance.choice(TEXTS).encode("utf-8", "surrogatepass")
        elif kind < 0.84:
            yield chance.randbytes(chance.randrange(1, 12))
        elif kind < 0.90:
            yield chance.choice(ANSWERS)[: chance.randrange(1, 30)]
        else:
            yield chance.choice(SIZES)


def harmless(data: bytes) -> bytes:
    """Without the keys that stop or leave."""
    for forbidden in FORBIDDEN:
        data = data.replace(forbidden, b"")
    return data


class Round:
    """One start of the program, its events and what is found afterwards."""

    def __init__(self, screen: str, seed: int, home: Path) -> None:
        arguments, self.sign, self.keys = SCREENS[screen]
        self.name, self.chance, self.home = f"{screen} seed {seed}", random.Random(f"{screen} {seed}"), home
        state, config = str(home / "state"), str(home / "config")
        own = {"XDG_STATE_HOME": state, "XDG_CONFIG_HOME": config, "XDG_DATA_HOME": "", "XDG_CACHE_HOME": cache_home()}
        env = environment(HOME=str(home), **own)
        self.terminal = Fuzzed([*TUTOR, *arguments], env=env, cwd=home)
        self.sent: list[bytes | tuple[int, int]] = []

    def run(self, count: int) -> list[str]:
        """What went wrong, in words."""
        with self.terminal as terminal:
            terminal.wait_for(self.sign)
            terminal.settle(0.2)
            terminal.type(self.keys)
            terminal.looking = False
            for event in events(self.chance, count):
                self.send(event)
                if terminal.process.poll() is not None:
                    break
            family = descendants(terminal.process.pid)
            return [*self.leave(), *self.left(family)]

    def send(self, event: bytes | tuple[int, int]) -> None:
        """One event, and what the program says to it."""
        self.sent = [*self.sent[-5:], event]
        if isinstance(event, tuple):
            self.terminal.resize(*event)
        else:
            self.terminal.type(harmless(event))
        self.terminal.read(0.003)

    def leave(self) -> Iterator[str]:
        """Ends what was begun, asks for a screen, and leaves through as many screens as there are."""
        terminal = self.terminal
        terminal.type(b"\x18\x1b[201~")
        terminal.settle(0.2, 60.0)
        terminal.look_anew()
        terminal.resize(100, 30)
        for _ in range(24):
            if terminal.process.poll() is not None:
                break
            if not self.sees_something():
                yield "nothing is on the screen"
            terminal.settle(0.1, 60.0)
            terminal.type(b"\x11\x11")
        try:
            status = terminal.wait_exit(20.0)
        except AssertionError:
            yield f"it does not leave:\n{terminal.text()}"
            return
        if status != 0:
            yield f"status {status}: {terminal.raw[-400:]!r}"

    def sees_something(self, seconds: float = 20.0) -> bool:
        """Whether there is text on the screen before long, or the program has ended."""
        terminal, end = self.terminal, time.monotonic() + seconds
        while not terminal.text().strip() and time.monotonic() < end and terminal.process.poll() is None:
            terminal.read(0.05)
        return bool(terminal.text().strip()) or terminal.process.poll() is not None

    def left(self, family: list[int]) -> Iterator[str]:
        """What is still there afterwards and should not be."""
        terminal = self.terminal
        if on := terminal.left_on():
            yield f"left on: {', '.join(on)}"
        own, _, _ = terminal.raw.rpartition(b"\x1b[?2004l")  # after that the terminal shows what is typed by itself
        if strange := foreign(own):
            yield f"foreign: {strange[:40]!r}"
        end = time.monotonic() + 10
        while (orphans := [pid for pid in family if alive(pid)]) and time.monotonic() < end:
            time.sleep(0.05)
        if orphans:
            yield f"left behind: {orphans}"
        log = self.home / "state" / "tutor" / "tutor.log"
        if log.exists() and " ERROR " in (told := log.read_text("utf-8")):
            yield told[-3000:]


def fuzz(count: int, seed: int, screens: list[str], each: int = EVENTS) -> list[str]:
    """Everything that went wrong in `count` events, spread over the screens in turn."""
    wrong = []
    for number in range(-(-count // each)):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            one = Round(screens[number % len(screens)], seed + number, home)
            found = one.run(each)
            wrong += [f"{one.name}: {what}\n   after {one.sent}" for what in found]
            for what in found:
                print(f"{one.name}: {what}\n   after {one.sent}", file=sys.stderr, flush=True)
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--screen", choices=sorted(SCREENS))
    chosen = parser.parse_args()
    started = time.monotonic()
    wrong = fuzz(chosen.events, chosen.seed, [chosen.screen] if chosen.screen else list(SCREENS))
    rounds = -(-chosen.events // EVENTS)
    took = time.monotonic() - started
    print(f"{chosen.events} events in {rounds} rounds, {took:.0f} s: {len(wrong)} things went wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
