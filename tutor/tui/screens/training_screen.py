"""Training: curves of several runs live, what the network says, gradients, weights, samples; start, pause, step, rate,
back in time. Runs that were left are found again."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import events

from tutor.draw.cells import Row, Rows, Run
from tutor.figures.run_signs import run_places
from tutor.tui.keys import TRAINING, bar_row, bindings
from tutor.tui.rows.flow import run, spread, wrap
from tutor.tui.rows.training_rows import run_rows, told_rows, view_row
from tutor.tui.screens.training_looking import NOT_READY, LookingScreen
from tutor.tui.screens.training_panes import Paint, Picture, fill_panes, sample_room
from tutor.tui.training.client import TrainingProcess, process_of
from tutor.tui.training.frames import ASK, PIECE, Frames
from tutor.tui.training.looking import wish
from tutor.tui.training.snapshot import run_of, scene_of
from tutor.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from tutor.session import Session

TICK = 0.05
LATE_AFTER = 1.0
"""Seconds without a report after which a key that asked for training is answered by a sentence."""
FASTER = 1.5
OVER = frozenset({"finished", "calm", "diverged"})
PANELS = ("title", "runs", "curves", "side", "layers")


class TrainingScreen(LookingScreen):
    """The runs of one `train` step. Dismissed with the number of lesson steps to move: 1, −1, or 0 to leave."""

    BINDINGS = bindings(TRAINING)
    trains = True
    PARTS = (("Training", TRAINING),)

    def __init__(self, session: Session, opening: Mapping[str, Any], plot: Sequence[str] = ()) -> None:
        super().__init__({name: Panel() for name in PANELS}, plot)
        self.session = session
        self.opening = dict(opening)
        self.key = json.dumps(self.opening, sort_keys=True)
        self.earlier: dict[str, int] = {}
        self.rates: dict[str, float] = {}
        self.fault = ""
        self.frames = Frames()
        self.stale = False
        self.places = run_places(session.loaded.lesson)
        self.asked: Mapping[str, Any] = {}
        self.opened_at = 0.0
        self.waited = 0
        """Seconds that the runs are waited for."""
        self.ordered_at = math.inf

    # -- the process

    @property
    def process(self) -> TrainingProcess:
        """The app's, which outlives this screen."""
        return process_of(self.app)

    def on_mount(self) -> None:
        """Opens the runs; frames follow the reports as fast as the terminal takes them."""
        before = self.process.looks.get(self.key)
        self.looking = before or self.looking
        super().on_mount()
        self.open(resume=before is not None)
        self.set_interval(TICK, self.tick)

    def on_unmount(self) -> None:
        """Nothing trains unseen; what was begun is found again."""
        self.process.detach(self.heard)
        if any(one.epoch or one.batch for one in self.runs):
            self.process.looks[self.key] = self.looking

    def open(self, **how: bool) -> None:
        """The runs as they were left, or fresh."""
        self.asked, self.opened_at = {}, time.monotonic()
        self.process.attach(self.heard, self.lost, {**self.opening, **{word: True for word, on in how.items() if on}})

    def heard(self, message: Mapping[str, Any]) -> None:
        """A report, or a fault."""
        if "fault" in message:
            self.fault = str(message["fault"])
        if "runs" in message:
            self.ordered_at = math.inf
            self.message = "" if self.message in (NOT_READY, AT_ONCE, LATE) else self.message
            self.runs = tuple(run_of(one) for one in message["runs"])
            self.earlier = dict(message.get("earlier", {}))
        if "scene" in message:
            self.scene = scene_of(message["scene"])
        self.stale = True
        self.look()

    def lost(self) -> None:
        """The process is gone without being asked."""
        self.fault = "The training process has ended; r goes on where it was, z starts again."
        self.stale = True

    def look(self) -> None:
        """Asks for what is to be seen, if that has changed."""
        one = self.run_shown
        if one is None:
            return
        width, height = self.extent
        _, count = sample_room(self.picture, width, height - 5 - len(self.runs))
        asked = wish(self.looking, one, self.keys, self.wanted, count)
        if asked != self.asked:
            self.asked = asked
            self.process.send(asked)

    def tick(self) -> None:
        """One frame, if there is something new and the terminal has taken the last one."""
        now = time.monotonic()
        if not self.runs and not self.fault and int(now - self.opened_at) > self.waited:
            self.waited, self.stale = int(now - self.opened_at), True
        if now - self.ordered_at > LATE_AFTER and not self.message and not self.fault:
            self.say(LATE)
        self.stage.most = PIECE if getattr(self.app, "low_bandwidth", False) else None
        unfinished = self.stage.unfinished
        slowest: float = 0.0 if unfinished else getattr(self.app, "frame_seconds", 0.0)
        if self.frames.may_ask(now):
            self.app.ask_terminal(ASK)  # type: ignore[attr-defined]
        if (
            (self.stale or unfinished)
            and self.is_current
            and self.frames.may_draw(now)
            and now - self.frames.drawn_at >= slowest
        ):
            self.stale = False
            before = self.stage.sent
            self.update()
            self.frames.drawn(now, self.stage.sent - before, self.extent[0] * self.extent[1])
            self.app.ask_terminal(ASK)  # type: ignore[attr-defined]

    # -- painting

    @property
    def picture(self) -> Picture:
        """What the panes show."""
        colour = getattr(self.app, "palette_name", "plain") != "plain"
        paint = Paint(colour, bool(getattr(self.app, "ascii_only", False)))
        diagnose = self.session.step.diagnose
        return Picture(self.runs, self.scene, self.looking, self.keys, self.wanted, paint, diagnose, self.places)

    def fill(self, width: int, height: int) -> None:
        """Runs and what is said about them above, then the views to choose from, then the present one."""
        stage = self.stage
        stage["title"].place = (0, 0, width, 1)
        stage["title"].show((self.title_row(width),))
        stage["bar"].show((bar_row(TRAINING, width),))
        one, picture = self.run_shown, self.picture
        head: Rows = ()
        told: Rows = ((Run(f"  Getting the runs ready …{f' {self.waited} s' if self.waited else ''}", "dim"),),)
        if one is not None:
            chosen = self.looking.chosen % len(self.runs)
            head = run_rows(self.runs, chosen, self.at, width, self.places, ascii_only=picture.paint.ascii_only)
            told = told_rows(one, self.earlier, self.at, width, diagnose=self.session.step.diagnose)
        if self.fault:
            told = tuple(wrap([run(self.fault, "warn", 600)], width - 1, "  "))[:3]
        above = (*head, *told, view_row(one, self.looking, width))
        stage["runs"].place = (0, 1, width, len(above))
        stage["runs"].show(above, 0, 0)
        if one is not None:
            fill_panes(stage, picture, (0, 1 + len(above), width, height - 2 - len(above)))

    def title_row(self, width: int) -> Row:
        """The lesson, and the place in it."""
        session = self.session
        place = f"training   step {session.place + 1} of {len(session.steps)} "
        return spread([run(f" {session.loaded.lesson.title}", "bar.key", 200)], [Run(place, "bar")], width)

    # -- training

    def left_to_train(self) -> bool:
        """Whether any run can go on; that none can, or none yet, is said."""
        if not self.runs:
            self.say(AT_ONCE)
            return True
        left = any(one.status not in OVER for one in self.runs)
        if not left:
            self.say("Nothing is left to train: z starts again, with the rates as they are.")
        return left

    def order(self, command: Mapping[str, Any]) -> None:
        """A command that the process answers with a report."""
        self.ordered_at = time.monotonic()
        self.process.send(command)

    def action_run(self) -> None:
        """Starts or pauses all runs."""
        going = any(one.status in {"running", "again"} for one in self.runs)
        self.turn(replace(self.looking, at=None))
        if self.left_to_train():
            self.order({"do": "pause" if going else "go"})

    def action_epoch(self) -> None:
        """One epoch of each run."""
        self.turn(replace(self.looking, at=None))
        if self.left_to_train():
            self.order({"do": "epoch"})

    def action_batch(self) -> None:
        """One batch of each run."""
        self.turn(replace(self.looking, at=None))
        if self.left_to_train():
            self.order({"do": "batch"})

    def action_rate(self, up: int) -> None:
        """A larger or smaller learning rate for the chosen run, at once."""
        one = self.run_shown
        if one is not None:
            rate = self.rates.get(one.name, one.lr) * (FASTER if up > 0 else 1 / FASTER)
            self.rates[one.name] = float(f"{rate:.3g}")
            self.process.send({"do": "lr", "run": one.name, "lr": self.rates[one.name]})

    def action_speed(self, up: int) -> None:
        """More or fewer epochs a second."""
        self.process.send({"do": "speed", "times": 2.0 if up > 0 else 0.5})
        self.say("Twice as fast." if up > 0 else "Half as fast.")

    def action_resume(self) -> None:
        """Back to where the runs were left in an earlier session."""
        if not self.process.alive:
            self.fault = ""
            self.open(resume=True)
        elif self.earlier:
            self.process.send({"do": "resume"})
        else:
            self.say("There is no earlier place to go on from.")

    def action_again(self) -> None:
        """Everything from the start, with the learning rates as they are now."""
        self.fault = ""
        self.looking = replace(self.looking, at=None, window=None)
        rates = {one.name: one.lr for one in self.runs if one.rates} | self.rates
        self.open(fresh=True)
        for name, rate in rates.items():
            self.process.send({"do": "lr", "run": name, "lr": rate})
        self.look()

    # -- leaving

    def action_move(self, by: int) -> None:
        """On or back in the lesson."""
        self.dismiss(by)

    def action_leave(self) -> None:
        """To the lesson, which leaves."""
        self.dismiss(0)

    def on_key(self, event: events.Key) -> None:
        """A key forgets a fault that was told."""
        if self.process.alive:
            self.fault = ""
        super().on_key(event)


LATE = "The training is at work; its next numbers are on the way."
AT_ONCE = "That is done as soon as the runs are ready."
