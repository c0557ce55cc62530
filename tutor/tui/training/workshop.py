"""The training process: reads one command a line on stdin, reports its runs on stdout, ends with its input.

Started by `training.client` as `python -P -m tutor.tui.training.workshop`. Nothing here draws; nothing foreign is
executed; what goes wrong is told in a message.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from tutor.tui.training.snapshot import decoded, encoded
from tutor.tui.training.trainee import Trainee

NICE = 19
FRAME = 0.1
"""Seconds between reports while something trains."""
WHOLE_RUN, SHORTEST, LONGEST = 8.0, 0.1, 600.0
"""How many seconds a whole run is spread over, so that it can be watched; a slow run takes what it takes."""
LOWEST_LR, HIGHEST_LR = 1e-12, 1e12


def main() -> int:
    """Serves one screen."""
    with suppress(OSError):
        os.nice(NICE)
    commands: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
    out = os.dup(1)
    os.dup2(2, 1)  # a stray print must not be taken for a message
    threading.Thread(target=_read, args=(commands,), daemon=True).start()
    try:
        Workshop(commands, out).serve()
    except BrokenPipeError:
        return 0
    return 0


def _read(commands: queue.SimpleQueue[Mapping[str, Any] | None]) -> None:
    for line in sys.stdin.buffer:
        commands.put(decoded(line))
    commands.put(None)


class Workshop:
    """Runs by name, and what is going on with them."""

    def __init__(self, commands: queue.SimpleQueue[Mapping[str, Any] | None], out: int) -> None:
        self.commands = commands
        self.out = out
        self.trainees: dict[str, Trainee] = {}
        self.at: int | None = None
        self.seconds = WHOLE_RUN

    def serve(self) -> None:
        """Until the input ends."""
        while True:
            started = time.monotonic()
            busy = [trainee for trainee in self.trainees.values() if trainee.going]
            for trainee in busy:
                trainee.advance(max(1, round(trainee.epochs / self.seconds * FRAME)))
            if busy:
                self.report()
            if not self.obey(wait=not busy):
                return
            if any(trainee.going for trainee in busy):
                time.sleep(max(0.0, FRAME - (time.monotonic() - started)))

    def obey(self, *, wait: bool) -> bool:
        """Takes the commands that are there (or the next one); False at the end of the input."""
        with suppress(queue.Empty):
            command = self.commands.get(block=wait)
            while command is not None:
                self.do(command)
                command = self.commands.get(block=False)
            return False
        return True

    def do(self, command: Mapping[str, Any]) -> None:
        """One command; a fault is told and changes nothing."""
        from engine.errors import EngineError
        from tutor.errors import ProblemsError

        try:
            getattr(self, f"do_{str(command.get('do', ''))[:20]}", self.do_nothing)(command)
        except (EngineError, ProblemsError, ValueError, KeyError, OSError, MemoryError) as error:
            self.send({"fault": str(error)[:2000]})
            return
        self.report()

    def do_nothing(self, command: Mapping[str, Any]) -> None:
        """A command that is unknown."""

    def do_open(self, command: Mapping[str, Any]) -> None:
        """The runs of a lesson, ready to go."""
        from tutor.lesson_run import start_run
        from tutor.opening import open_lesson
        from tutor.request import Request

        request = Request(
            str(command["lesson"]),
            settings=tuple(map(str, command.get("settings", ()))),
            seed=command.get("seed"),
            variant=command.get("variant"),
        )
        session = open_lesson(request)
        folder = session.loaded.path.parent
        for name in command["runs"]:
            self.trainees[name] = Trainee(name, start_run(session.loaded.lesson, name, session.graphs, folder))
        self.report()
        for trainee in self.trainees.values():
            trainee.prepare()

    def do_go(self, command: Mapping[str, Any]) -> None:
        """All runs go on."""
        self.at = None
        for trainee in self.trainees.values():
            trainee.going = trainee.can_go

    def do_pause(self, command: Mapping[str, Any]) -> None:
        """All runs rest."""
        for trainee in self.trainees.values():
            trainee.going = False

    def do_epoch(self, command: Mapping[str, Any]) -> None:
        """One epoch of each run."""
        self.at = None
        for trainee in self.trainees.values():
            trainee.step_epoch()

    def do_batch(self, command: Mapping[str, Any]) -> None:
        """One batch of each run."""
        self.at = None
        for trainee in self.trainees.values():
            trainee.step_batch()

    def do_lr(self, command: Mapping[str, Any]) -> None:
        """Another learning rate for one run."""
        self.trainees[str(command["run"])].set_lr(min(HIGHEST_LR, max(LOWEST_LR, float(command["lr"]))))

    def do_speed(self, command: Mapping[str, Any]) -> None:
        """Faster or slower."""
        self.seconds = min(LONGEST, max(SHORTEST, self.seconds / float(command["times"])))

    def do_look(self, command: Mapping[str, Any]) -> None:
        """The plane as it was at an epoch."""
        self.at = None if command.get("at") is None else int(command["at"])

    def report(self) -> None:
        """Every run as it stands."""
        self.send({"runs": [trainee.report(self.at) for trainee in self.trainees.values()]})

    def send(self, message: Mapping[str, Any]) -> None:
        """One line to the screen."""
        data = encoded(message)
        while data:
            data = data[os.write(self.out, data) :]


if __name__ == "__main__":
    sys.exit(main())
