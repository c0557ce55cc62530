"""The keys of a training screen that change what is looked at, not what is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tutor.tui.screens.staged import StagedScreen
from tutor.tui.screens.training_panes import Picture, sample_room
from tutor.tui.training.looking import SCRUBS, VIEWS, Looking, plots_of, views_of
from tutor.tui.training.snapshot import RunSnapshot, Scene
from tutor.tui.widgets.panel import Panel

NOT_READY = "The runs are not ready yet."
WHY_NOT = {
    "plane": "A plane is drawn for networks with one or two inputs.",
    "gradients": "Gradients by layer are drawn for networks with several layers.",
    "path": "A path is drawn where the weights are those of one line: w1, w2 and a bias.",
}


class LookingScreen(StagedScreen):
    """Runs, and how one looks at them. A subclass says what the panes show (`picture`), and asks for it (`look`)."""

    def __init__(self, panels: dict[str, Panel], plot: Sequence[str]) -> None:
        super().__init__(panels)
        self.wanted = tuple(plot)
        self.looking = Looking()
        self.runs: tuple[RunSnapshot, ...] = ()
        self.scene = Scene()

    @property
    def at(self) -> int | None:
        """The epoch that is looked at; None for now."""
        return self.looking.at

    @property
    def run_shown(self) -> RunSnapshot | None:
        """The run that the learning rate keys change, and whose weights and samples are shown."""
        return self.runs[self.looking.chosen % len(self.runs)] if self.runs else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the curves that are shown."""
        plots = plots_of(self.run_shown, self.wanted)
        return plots[self.looking.plot % len(plots)]

    @property
    def last(self) -> int:
        """The latest epoch of any run."""
        return max((one.epoch for one in self.runs), default=0)

    @property
    def picture(self) -> Picture:
        """What the panes show."""
        raise NotImplementedError

    def look(self) -> None:
        """Asks for what is to be seen."""
        raise NotImplementedError

    def turn(self, looking: Looking) -> None:
        """Looks differently."""
        self.looking = looking
        self.look()
        self.update()

    # -- keys

    def action_choose(self) -> None:
        """The next run."""
        self.turn(replace(self.looking, chosen=(self.looking.chosen + 1) % max(1, len(self.runs))))

    def action_view(self, by: int) -> None:
        """The next view that there is."""
        views = views_of(self.run_shown)
        at = views.index(self.looking.view) if self.looking.view in views else 0
        self.turn(self.looking.viewed(views[(at + by) % len(views)]))

    def take_key(self, key: str, character: str | None) -> bool:
        """A view by its digit."""
        if character is None or character not in "1234567":
            return False
        view = VIEWS[int(character) - 1]
        if view in views_of(self.run_shown):
            self.turn(self.looking.viewed(view))
        else:
            self.say(WHY_NOT.get(view, "There is nothing to see yet."))
        return True

    def action_plot(self) -> None:
        """The next kind of curves that there are."""
        count = len(plots_of(self.run_shown, self.wanted))
        if count < 2:
            self.say("There are no other curves." if self.run_shown else NOT_READY)
            return
        self.turn(replace(self.looking, plot=(self.looking.plot + 1) % count))

    def action_log(self) -> None:
        """Logarithmic or plain."""
        self.turn(replace(self.looking, log=not self.looking.log))

    def action_smooth(self) -> None:
        """Curves smoothed more, or as they are."""
        self.turn(self.looking.smoother())

    def action_zoom(self, inwards: int) -> None:
        """Fewer or more epochs."""
        self.turn(self.looking.zoomed(inwards > 0, self.last))

    def action_scrub(self, by: int) -> None:
        """Back or forth through the epochs; past the last one is now again."""
        self.action_step(by * max(1, self.last // SCRUBS))

    def action_step(self, by: int) -> None:
        """The same by so many epochs."""
        self.turn(self.looking.scrubbed(by, self.last))

    def action_best(self) -> None:
        """To the epoch with the lowest validation loss."""
        one = self.run_shown
        if one is None or one.best is None:
            self.say("Nothing is validated here: there is no best epoch.")
        else:
            self.turn(replace(self.looking, at=None).scrubbed(one.best[0] - self.last, self.last))

    def action_roll(self, by: int) -> None:
        """Other samples, or another part of the weights."""
        line, _ = sample_room(self.picture, *self.extent)
        samples = self.scene.samples
        found = self.looking.rolled(by * line)
        if samples is not None and self.looking.view in {"samples", "all"}:
            of = samples.wrong if self.looking.only_wrong and samples.wrong is not None else samples.count
            found = replace(found, top=max(0, min(found.top, of - 1)))
        self.turn(found)

    def action_wrong(self) -> None:
        """Only what is told wrongly, or everything."""
        self.turn(replace(self.looking, view="samples", only_wrong=not self.looking.only_wrong, top=0))

    def action_held(self) -> None:
        """The validation rows, or the training rows."""
        self.turn(replace(self.looking, view="samples", validation=not self.looking.validation, top=0))
