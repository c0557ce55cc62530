"""The training process: reads one command a line on stdin, reports its runs on stdout, ends with its input.

Started by `training.client` as `python -P -m tutor.tui.training.workshop`. Nothing here draws; nothing foreign is
executed; what goes wrong is told in a message. One process serves all training steps of a screen's life: steps that
were left keep their runs, as long as there are few of them, and where they were left is kept on disk.
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

from engine.errors import EngineError
from engine.priority import lower_priority
from tutor.run_cost import bound_process
from tutor.tui.serving import SURVIVED, fault_words
from tutor.tui.training import saved
from tutor.tui.training.bench import FRAME, LONGEST, SHORTEST, Bench
from tutor.tui.training.lines import decoded, encoded

MOST_BENCHES = 3
IDLE = 300.0
"""Seconds after which a process that nobody looks at ends; its runs are found again from where they were saved."""
LOWEST_LR, HIGHEST_LR = 1e-12, 1e12


def main() -> int:
    """Serves one app."""
    lower_priority()
    with suppress(OSError, ValueError):
        bound_process()
    commands: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
    out = os.dup(1)
    os.dup2(2, 1)  # a stray print must not be taken for a message
    threading.Thread(target=_read, args=(commands,), daemon=True).start()
    workshop = Workshop(commands, out)
    try:
        with suppress(BrokenPipeError):
            workshop.serve()
    finally:
        workshop.save()
    return 0


def _read(commands: queue.SimpleQueue[Mapping[str, Any] | None]) -> None:
    for line in sys.stdin.buffer:
        commands.put(decoded(line))
    commands.put(None)


class Workshop:
    """Benches by key, the last one used last; at most one of them is looked at, and only that one trains."""

    def __init__(self, commands: queue.SimpleQueue[Mapping[str, Any] | None], out: int) -> None:
        self.commands = commands
        self.out = out
        self.benches: dict[str, Bench] = {}
        self.bench: Bench | None = None

    def serve(self) -> None:
        """Until the input ends, or nobody looks for long."""
        while True:
            started = time.monotonic()
            bench = self.bench
            busy = bench is not None and bench.is_busy
            if bench is not None and busy:
                bench.advance()
                bench.save_if_due()
                self.report()
            if not self.obey(wait=not busy):
                return
            if busy and self.bench is not None and self.bench.is_busy:
                time.sleep(max(0.0, FRAME - (time.monotonic() - started)))

    def obey(self, *, wait: bool) -> bool:
        """Takes the commands that are there (or the next one); False at the end of the input, or of patience."""
        try:
            command = self.commands.get(block=wait, timeout=IDLE if self.bench is None else None)
        except queue.Empty:
            return not wait
        with suppress(queue.Empty):
            while command is not None:
                self.do(command)
                command = self.commands.get(block=False)
        self.report()  # once for all of them: a key that is held sends many
        return command is not None

    def do(self, command: Mapping[str, Any]) -> None:
        """One command; a fault is told and changes nothing."""
        try:
            getattr(self, f"do_{str(command.get('do', ''))[:20]}", self.do_nothing)(command)
        except BrokenPipeError:
            raise  # the screen is gone
        except SURVIVED as error:
            self.send({"fault": fault_words(error)})

    def do_nothing(self, command: Mapping[str, Any]) -> None:
        """A command that is unknown."""

    # -- which runs

    def do_open(self, command: Mapping[str, Any]) -> None:
        """The runs of a lesson's step, as they were left, or ready to go; "resume": back to where they were saved,
        "fresh": from the start."""
        key = saved.key_of(command)
        self._rest()
        found = self.benches.pop(key, None)
        if found is None or command.get("fresh"):
            found = self._made(command, key)
        self.benches[key] = self.bench = found
        for old in list(self.benches)[:-MOST_BENCHES]:
            del self.benches[old]
        if command.get("resume"):
            found.resume()

    def _made(self, command: Mapping[str, Any], key: str) -> Bench:
        bench = Bench(command, key)
        if command.get("fresh"):
            bench.earlier = {}
        before, self.bench = self.bench, bench
        try:
            bench.wanted = command.get("look", {})
            bench.make(self.report)
        except BaseException:
            self.bench = before
            raise
        return bench

    def do_leave(self, command: Mapping[str, Any]) -> None:
        """Nobody looks: everything rests where it is, and the place is kept."""
        self._rest()
        self.bench = None

    def _rest(self) -> None:
        if self.bench is not None:
            self.bench.rest()
            self.bench.save()

    def do_resume(self, command: Mapping[str, Any]) -> None:
        """Back to where the runs were left in an earlier session."""
        self._open.resume()

    @property
    def _open(self) -> Bench:
        if self.bench is None:
            raise EngineError("no runs are open")
        return self.bench

    # -- going on

    def do_go(self, command: Mapping[str, Any]) -> None:
        """All runs go on."""
        for trainee in self._open.trainees.values():
            trainee.going = trainee.can_go

    def do_pause(self, command: Mapping[str, Any]) -> None:
        """All runs rest; those on their way back rest where they are."""
        self._open.rest()
        for trainee in self._open.trainees.values():
            trainee.goal = None
        self._open.save()

    def do_epoch(self, command: Mapping[str, Any]) -> None:
        """One epoch of each run."""
        for trainee in self._open.trainees.values():
            trainee.step_epoch()

    def do_batch(self, command: Mapping[str, Any]) -> None:
        """One batch of each run."""
        for trainee in self._open.trainees.values():
            trainee.step_batch()

    def do_lr(self, command: Mapping[str, Any]) -> None:
        """Another learning rate for one run."""
        lr = min(HIGHEST_LR, max(LOWEST_LR, float(command["lr"])))
        self._open.trainees[str(command["run"])].set_lr(lr)

    def do_speed(self, command: Mapping[str, Any]) -> None:
        """Faster or slower."""
        self._open.seconds = min(LONGEST, max(SHORTEST, self._open.seconds / float(command["times"])))

    def do_look(self, command: Mapping[str, Any]) -> None:
        """What to report: curves, the epoch, the window, the parts of the scene."""
        self._open.wanted = dict(command)

    # -- telling

    def report(self) -> None:
        """Every run as it stands."""
        if self.bench is not None:
            self.send(self.bench.report())

    def save(self) -> None:
        """Keeps where everything is."""
        for bench in self.benches.values():
            bench.save()

    def send(self, message: Mapping[str, Any]) -> None:
        """One line to the screen."""
        data = encoded(message)
        while data:
            data = data[os.write(self.out, data) :]


if __name__ == "__main__":
    sys.exit(main())
