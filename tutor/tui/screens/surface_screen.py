"""The output of one's own formulas over one number or two."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from engine.graph import Graph
from tutor.draw.cells import Row, Run
from tutor.tui.keys import SURFACE, bar_row, bindings
from tutor.tui.rows.flow import heading
from tutor.tui.rows.surface_rows import CURVE, MOST, Surface, View, computed, scalars, surface_rows
from tutor.tui.screens.staged import StagedScreen
from tutor.tui.widgets.panel import Panel

BELOW = 4
COMPUTING: Row = (Run("  Computing …", "dim"),)


class SurfaceScreen(StagedScreen):
    """Computes off the screen's thread; keys choose what goes across and up, and how far one sees."""

    BINDINGS = bindings(SURFACE)
    PARTS = (("Plot", SURFACE),)

    def __init__(self, graph: Graph, values: Mapping[str, object]) -> None:
        super().__init__({"page": Panel()})
        self.graph = graph
        self.values = values
        self.count = len(scalars(values))
        self.view = View(up=1 if self.count > 1 else None)
        self.known: dict[tuple[View, tuple[int, int]], Surface] = {}

    @property
    def colour(self) -> bool:
        """Whether there are colours to plot with."""
        return getattr(self.app, "palette_name", "plain") != "plain"

    def points(self) -> tuple[int, int]:
        """How many points there are across and up."""
        width, height = self.extent
        rows = (height - 2 - BELOW) * (2 if self.colour else 1)
        return (CURVE, 1) if self.view.up is None else (min(MOST[0], width - 4), min(MOST[1], max(4, rows)))

    def fill(self, width: int, height: int) -> None:
        """The plot, once it has been computed."""
        page, wanted = self.stage["page"], (self.view, self.points())
        page.place = (0, 0, width, height - 1)
        names = scalars(self.values)
        over = " and ".join(names[i] for i in (self.view.across, self.view.up) if i is not None)
        title = f"{self.graph.names[self.graph.output]} over {over}"
        page.fixed = (heading(title, width, style="focus"),)
        self.stage["bar"].show((bar_row(SURFACE, width),))
        surface = self.known.get(wanted)
        if surface is None:
            page.show((COMPUTING,), 0, 0)
            self.run_worker(partial(self.compute, *wanted), thread=True, exclusive=True, group="surface")
            return
        poor = bool(getattr(self.app, "ascii_only", False))
        rows = surface_rows(
            surface, self.values, self.view, width, height - 2 - BELOW, colour=self.colour, ascii_only=poor
        )
        page.show(tuple(rows), 0, 0)

    def compute(self, view: View, size: tuple[int, int]) -> None:
        """Off the screen's thread."""
        found = computed(self.graph, self.values, view, size)
        self.app.call_from_thread(self.computed, view, size, found)

    def computed(self, view: View, size: tuple[int, int], found: Surface) -> None:
        """It is here."""
        self.known[view, size] = found
        self.update()

    def action_across(self) -> None:
        """Another number across."""
        self.view = self.view.turned(self.count)
        self.update()

    def action_up(self) -> None:
        """Another number up, or none."""
        self.view = self.view.lifted(self.count)
        self.update()

    def action_zoom(self, times: float) -> None:
        """Wider or narrower."""
        self.view = self.view.zoomed(times)
        self.update()

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
