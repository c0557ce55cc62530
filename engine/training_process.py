"""A training run in a process of its own, steered by lines of JSON: for screens, which must stay small and quick.

The screen's side is `TrainingProcess`: it imports neither NumPy nor a compiler, its methods return at once, and what
the run has measured arrives as plain dictionaries. The other side is this module as a program; it runs at the lowest
priority, ignores the terminal's signals, and ends when its input ends. If it dies, that is one message.

Commands, one line each: {"do": "run", "until": 50}, {"do": "step_epoch"}, {"do": "step_batch"}, {"do": "pause"},
{"do": "lr", "value": 0.1}, {"do": "save"}. Messages: {"kind": "progress", "epoch": …, "batch": …, "busy": …,
"outcome": …, "sentence": …, "first": …, "history": {…}} with the epochs measured since the last one, from epoch
`first` on, and {"kind": "refused" | "died", "message": …}.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.errors import EngineError
from engine.priority import lower_priority

BETWEEN_REPORTS = 0.1
BETWEEN_SAVES = 2.0


@dataclass(frozen=True)
class Served:
    """What a builder returns: a run, how to put its history from an epoch on into plain data, and how to save it."""

    run: Any
    describe: Callable[[Any, int], Mapping[str, Any]]
    save: Callable[[], None] | None = None


class TrainingProcess:
    """The run that `builder` ("module:function") makes of `arguments` (plain JSON values), in its own process.

    The process is started by the first command. `report` gets each message, in a thread of this object's own.
    """

    def __init__(self, builder: str, arguments: Mapping[str, Any], report: Callable[[dict[str, Any]], None]) -> None:
        self._builder, self._arguments, self._report = builder, dict(arguments), report
        self._process: subprocess.Popen[str] | None = None
        self._closing = False

    def run(self, until: int | None = None) -> None:
        """Train to epoch `until`, or to the end of the run's settings."""
        self._send({"do": "run", "until": until})

    def step_epoch(self) -> None:
        """Train to the end of an epoch."""
        self._send({"do": "step_epoch"})

    def step_batch(self) -> None:
        """Train on one batch."""
        self._send({"do": "step_batch"})

    def pause(self) -> None:
        """Stop after the rows under way; the run can go on as if nothing had been."""
        self._send({"do": "pause"})

    def set_lr(self, value: float) -> None:
        """Change the learning rate from the next batch on."""
        self._send({"do": "lr", "value": value})

    def save(self) -> None:
        """Save the run's state where its builder said, when the rows under way are done."""
        self._send({"do": "save"})

    def close(self, seconds: float = 2.0) -> None:
        """End the process: kindly, then, after some seconds, for certain."""
        self._closing = True
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def pid(self) -> int | None:
        """The process's number, once there is one."""
        return None if self._process is None else self._process.pid

    def _send(self, command: dict[str, Any]) -> None:
        process = self._process or self._start()
        with contextlib.suppress(OSError):  # a process that has died is reported by the reader
            assert process.stdin is not None
            process.stdin.write(json.dumps(command) + "\n")
            process.stdin.flush()

    def _start(self) -> subprocess.Popen[str]:
        here = str(Path(__file__).parent.parent)
        path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "engine.training_process", self._builder, json.dumps(self._arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        return self._process

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                self._report(json.loads(line))
        code = process.wait()
        process.stdout.close()
        if not self._closing and code != 0:
            how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            self._report({"kind": "died", "message": f"The training process ended unexpectedly ({how})."})


# -- the other side --------------------------------------------------------------------------------------------------


def network_run(
    inputs: int,
    layers: list[dict[str, Any]],
    rows: list[Any],
    targets: list[Any],
    settings: Mapping[str, Any],
    init: Any = "xavier",
) -> Served:
    """The builder for a dense network given in full."""
    from engine.network import build_network
    from engine.run_settings import settings_from
    from engine.training import Run, training_data

    chosen = settings_from(dict(settings))
    network = build_network(inputs, layers, init, chosen.seed)
    return Served(Run(network, training_data(rows, targets), chosen), plain_history)


def plain_history(run: Any, first: int) -> dict[str, list[Any]]:
    """Every column of a run's history from epoch `first` on, with None where nothing was measured."""
    history = run.history
    return {name: _plain(getattr(history, name)[first:].tolist()) for name in history.__dataclass_fields__}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if math.isfinite(value) else None


class _Service:
    """Takes commands from a queue, trains in a thread of its own, and reports while that is busy."""

    def __init__(self, served: Served, output: IO[str]) -> None:
        self.served, self.output = served, output
        self.told = 0  # epochs whose measurements were sent
        self.worker: threading.Thread | None = None
        self.until: int | None = None
        self.saved_at = time.monotonic()

    @property
    def busy(self) -> bool:
        return self.worker is not None and self.worker.is_alive()

    def serve(self, commands: queue.Queue[dict[str, Any] | None]) -> None:
        """Until None comes."""
        while True:
            try:
                command = commands.get(timeout=BETWEEN_REPORTS)
            except queue.Empty:
                self.report_if_new()
                self.save_if_due()
                continue
            if command is None:
                self.finish()
                return
            self.obey(command)

    def obey(self, command: dict[str, Any]) -> None:
        run, do = self.served.run, command.get("do")
        if do == "lr":
            run.set_lr(float(command["value"]))
            return
        self.finish()
        if do == "save":
            self.save()
        elif do == "run":
            self.until = command.get("until")
            self.start()
        elif do in ("step_epoch", "step_batch"):
            getattr(run, do)()
        self.report()

    def start(self) -> None:
        self.worker = threading.Thread(target=self.served.run.run, args=(self.until,), daemon=True)
        self.worker.start()

    def save(self) -> None:
        if self.served.save is not None:
            self.served.save()
            self.saved_at = time.monotonic()

    def save_if_due(self) -> None:
        """Every few seconds a long run is held, saved and let go again."""
        if self.served.save is not None and self.busy and time.monotonic() - self.saved_at > BETWEEN_SAVES:
            self.finish()
            self.save()
            self.start()

    def finish(self) -> None:
        """Stop what is under way."""
        while self.busy:
            self.served.run.cancel()
            assert self.worker is not None
            self.worker.join(0.005)

    def report_if_new(self) -> None:
        if self.worker is None:
            return
        if not self.busy:
            self.worker = None
            self.save()
            self.report()
        elif self.served.run.epoch + 1 > self.told:
            self.report()

    def report(self) -> None:
        run = self.served.run
        outcome, first = run.outcome(), self.told
        history = self.served.describe(run, first)
        self.told = first + max((len(column) for column in history.values()), default=0)
        message = {"kind": "progress", "epoch": outcome.epoch, "batch": run.batch, "busy": self.busy}
        message |= {"outcome": outcome.kind, "sentence": outcome.sentence, "first": first, "history": history}
        tell(self.output, message)


def tell(output: IO[str], message: Mapping[str, Any]) -> None:
    """Write one message; a reader that has gone away is no error."""
    with contextlib.suppress(OSError, ValueError):
        output.write(json.dumps(message) + "\n")
        output.flush()


def main(builder: str, arguments: str) -> int:
    """The program: make the run, then obey the lines on standard input until they end."""
    lower_priority()
    for number in (signal.SIGINT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not come between the messages
    module, _, function = builder.partition(":")
    try:
        served = getattr(importlib.import_module(module), function)(**json.loads(arguments))
    except EngineError as error:
        tell(output, {"kind": "refused", "message": error.message})
        return 0
    commands: queue.Queue[dict[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(commands,), daemon=True).start()
    _Service(served, output).serve(commands)
    return 0


def _listen(commands: queue.Queue[dict[str, Any] | None]) -> None:
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            commands.put(json.loads(line))
    commands.put(None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
