"""Training: curves of several runs live, the plane, gradients by layer; start, pause, step, rate, back in time."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual import events, work

from tutor.draw.cells import Row, Run
from tutor.tui.keys import TRAINING, bar_row, bindings
from tutor.tui.rows.flow import heading, run, spread
from tutor.tui.rows.training_rows import curve_rows, layer_rows, plane_rows, run_rows, told_rows
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.training.client import TrainingProcess
from tutor.tui.training.frames import ASK, Frames
from tutor.tui.training.snapshot import RunSnapshot, run_of
from tutor.tui.widgets.panel import Panel

if TYPE_CHECKING:
    from textual.timer import Timer

    from tutor.session import Session

TICK = 0.05
WIDE = 110
PLOTS = (
    ("train_loss", "validation_loss"),
    ("train_loss",),
    ("validation_loss",),
    ("train_accuracy", "validation_accuracy"),
)
SCRUBS = 40
FASTER = 1.5


class TrainingScreen(StagedScreen):
    """The runs of one `train` step. Dismissed with the number of lesson steps to move: 1, −1, or 0 to leave."""

    BINDINGS = bindings(TRAINING)

    def __init__(self, session: Session, opening: Mapping[str, Any], plot: Sequence[str] = ()) -> None:
        super().__init__({"title": Panel(), "runs": Panel(), "curves": Panel(), "plane": Panel(), "layers": Panel()})
        self.session = session
        self.opening = dict(opening)
        self.plots = [tuple(plot), *PLOTS] if plot else list(PLOTS)
        self.runs: tuple[RunSnapshot, ...] = ()
        self.rates: dict[str, float] = {}
        self.chosen = 0
        self.shown_plot = 0
        self.on_log_scale = False
        self.at: int | None = None
        self.fault = ""
        self.frames = Frames()
        self.stale = False
        self.process = TrainingProcess(self.heard, self.lost)
        self.ticking: Timer | None = None

    # -- the process

    def on_mount(self) -> None:
        """Starts the training process; frames follow its reports as fast as the terminal takes them."""
        super().on_mount()
        self.listen()
        self.ticking = self.set_interval(TICK, self.tick)

    async def on_unmount(self) -> None:
        """Nothing trains unseen."""
        await self.process.end()

    @work
    async def listen(self) -> None:
        """Hears the process until it ends."""
        await self.process.serve(self.opening)

    def heard(self, message: Mapping[str, Any]) -> None:
        """A report, or a fault."""
        if "fault" in message:
            self.fault = str(message["fault"])
        if "runs" in message:
            self.runs = tuple(run_of(one) for one in message["runs"])
        self.stale = True

    def lost(self) -> None:
        """The process is gone without being asked."""
        self.fault = "The training process has ended; z starts it again."
        self.stale = True

    def tick(self) -> None:
        """One frame, if there is something new and the terminal has taken the last one."""
        now = time.monotonic()
        if self.stale and self.is_current and self.frames.may_draw(now):
            self.stale = False
            self.update()
            self.frames.drawn(now)
            self.app.ask_terminal(ASK)  # type: ignore[attr-defined]

    # -- painting

    @property
    def run_shown(self) -> RunSnapshot | None:
        """The run that the learning rate keys change."""
        return self.runs[self.chosen % len(self.runs)] if self.runs else None

    def fill(self, width: int, height: int) -> None:
        """Runs above; curves beside plane and layers on a wide screen, above them on a narrow one."""
        stage = self.stage
        stage["title"].place = (0, 0, width, 1)
        stage["title"].show((self.title_row(width),))
        stage["bar"].show((bar_row(TRAINING, width),))
        one = self.run_shown
        head = tuple(run_rows(self.runs, self.chosen % max(1, len(self.runs)), self.at, width))
        told: tuple[Row, ...] = tuple(told_rows(one, width)) if one is not None else (WAITING,)
        if self.fault:
            told = ((run(f"  {self.fault}", "warn", 600),),)
        stage["runs"].place = (0, 1, width, len(head) + len(told))
        stage["runs"].show((*head, *told), 0, 0)
        self.fill_plots(1 + len(head) + len(told), width, height - 1)

    def title_row(self, width: int) -> Row:
        """The lesson, and the place in it."""
        session = self.session
        place = f"training   step {session.place + 1} of {len(session.steps)} "
        return spread([run(f" {session.loaded.lesson.title}", "bar.key", 200)], [Run(place, "bar")], width)

    def fill_plots(self, top: int, width: int, bottom: int) -> None:
        """Curves, plane, layers in what room there is."""
        one = self.run_shown
        if one is None or bottom - top < 4:
            return
        layers = tuple(layer_rows(one, self.at, width // 2 if width >= WIDE else width))
        layers = layers if bottom - top - len(layers) >= 12 else ()
        wide = bool(one.grid) and width >= 76
        right = min(width // 2, 2 * (bottom - top - len(layers)) + 8) if wide else 0
        below = len(layers) + 1 if layers else 0
        self.place_curves((0, top, width - right, bottom - top - below))
        if wide:
            self.place_plane(one, (width - right, top, right, bottom - top - below))
        if layers:
            self.stage["layers"].place = (0, bottom - below, width, below)
            self.stage["layers"].fixed = (heading("Gradient by layer", width, safe_name(one)),)
            self.stage["layers"].show(layers, 0, 0)

    def place_curves(self, place: tuple[int, int, int, int]) -> None:
        """The curves of the chosen plot."""
        keys = self.plots[self.shown_plot % len(self.plots)]
        pane = self.stage["curves"]
        pane.place = place
        note = "log scale" if self.on_log_scale else ""
        pane.fixed = (heading("Curves", place[2], note),)
        ascii_only = bool(getattr(self.app, "ascii_only", False))
        pane.show(
            curve_rows(self.runs, keys, place[2], place[3] - 1, self.at, log=self.on_log_scale, ascii_only=ascii_only),
            0,
            0,
        )

    def place_plane(self, one: RunSnapshot, place: tuple[int, int, int, int]) -> None:
        """The plane of the chosen run."""
        pane = self.stage["plane"]
        pane.place = place
        pane.fixed = (heading("Plane", place[2], safe_name(one)),)
        ascii_only = bool(getattr(self.app, "ascii_only", False))
        colour = getattr(self.app, "palette_name", "plain") != "plain"
        pane.show(plane_rows(one, place[2] - 1, place[3] - 1, colour=colour, ascii_only=ascii_only), 0, 0)

    # -- keys

    def action_run(self) -> None:
        """Starts or pauses all runs."""
        going = any(one.status == "running" for one in self.runs)
        self.at = None
        self.process.send({"do": "pause" if going else "go"})

    def action_epoch(self) -> None:
        """One epoch of each run."""
        self.at = None
        self.process.send({"do": "epoch"})

    def action_batch(self) -> None:
        """One batch of each run."""
        self.at = None
        self.process.send({"do": "batch"})

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

    def action_choose(self) -> None:
        """The next run."""
        self.chosen = (self.chosen + 1) % max(1, len(self.runs))
        self.update()

    def action_plot(self) -> None:
        """The next kind of curves that there are."""
        have = {key for one in self.runs for key in one.curves}
        for _ in self.plots:
            self.shown_plot = (self.shown_plot + 1) % len(self.plots)
            if have & set(self.plots[self.shown_plot]):
                break
        self.update()

    def action_log(self) -> None:
        """Logarithmic or plain."""
        self.on_log_scale = not self.on_log_scale
        self.update()

    def action_scrub(self, by: int) -> None:
        """Back or forth through the epochs; past the last one is now again."""
        last = max((one.epoch for one in self.runs), default=0)
        step = max(1, last // SCRUBS)
        at = (last if self.at is None else self.at) + by * step
        self.at = None if at >= last else max(0, at)
        self.process.send({"do": "look", "at": self.at})
        self.update()

    def action_again(self) -> None:
        """Everything from the start, with the learning rates as they are now."""
        self.at, self.fault = None, ""
        if self.process.alive:
            self.process.send(self.opening)
            for name, rate in self.rates.items():
                self.process.send({"do": "lr", "run": name, "lr": rate})
        else:
            self.process = TrainingProcess(self.heard, self.lost)
            self.listen()

    def action_move(self, by: int) -> None:
        """On or back in the lesson."""
        self.dismiss(by)

    def action_help(self) -> None:
        """The page of keys."""
        from tutor.tui.screens.help_screen import HelpScreen

        self.app.push_screen(HelpScreen([("Training", TRAINING)]))

    def action_leave(self) -> None:
        """To the lesson, which leaves."""
        self.dismiss(0)

    def on_key(self, event: events.Key) -> None:
        """A key forgets a fault that was told."""
        if self.process.alive:
            self.fault = ""
        super().on_key(event)


WAITING: Row = (Run("  Getting the runs ready …", "dim"),)


def safe_name(one: RunSnapshot) -> str:
    """A run's name for a heading (headings filter)."""
    return one.name[:30]
