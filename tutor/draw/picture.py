"""A computation graph as a picture in character cells: columns by rank, right-angled lines, the active path heavy.

`picture(nodes, edges, options)` draws it; `Picture.boxes` tells where each node stands, so that a face can
move to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tutor.draw.boxes import (
    BOX_HEIGHT,
    BoxStyle,
    PictureNode,
    box_width,
    paint_box,
    parameter_texts,
    row_width,
    shown,
)
from tutor.draw.cells import HEAVY, LIGHT, Canvas, Row, Rows, Run, cell_width, fit
from tutor.draw.layers import by_layers
from tutor.draw.layout import Box, Layout, Shape, laid_out
from tutor.draw.ranks import Edge, Place, ranked
from tutor.draw.wiring import paint_wires

__all__ = ["Picture", "PictureEdge", "PictureNode", "PictureOptions", "least_width", "parameter_rows", "picture"]

NODES_ONE_BY_ONE = 60
"""Above this many nodes a graph is drawn by layers."""


@dataclass(frozen=True, slots=True)
class PictureEdge:
    """An edge from one node's value into another node; `active` where the present step uses it, `label` what then
    stands on its line where that is long enough."""

    source: str
    target: str
    active: bool = False
    label: str = ""


@dataclass(frozen=True, slots=True)
class PictureOptions:
    """How to draw.

    `width` is what would fit, in cells: narrower forms are tried until one does; what is taller than `height` rows is
    drawn without blanks where that is lower. `compact` leaves parameters
    out of the picture (they are in its legend), None decides by the width. `backward` turns the heads of active
    edges towards their source. `value_width` cells are kept for every number, so that boxes keep their size
    while numbers change; `label_width` cells for the labels of edges, where the width allows it.
    """

    width: int | None = None
    compact: bool | None = None
    ascii_only: bool = False
    backward: bool = False
    value_width: int = 6
    label_width: int = 0
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawn graph: `rows` of runs, all `width` cells wide, and the box (x, y, width, height) of each node.

    In a picture by layers the box of a node is that of its layer. `legend` lists the parameters that a compact
    picture leaves out; they have no box.
    """

    width: int
    height: int
    rows: Rows
    boxes: Mapping[str, Box]
    legend: Rows = ()

    @property
    def full_height(self) -> int:
        """The rows with the legend, which stands one row below the picture."""
        return self.height + (len(self.legend) + 1 if self.legend else 0)


def picture(
    nodes: Sequence[PictureNode], edges: Sequence[PictureEdge], options: PictureOptions | None = None
) -> Picture:
    """Draw a graph without circles; it is as large as it needs to be.

    Raises ValueError where names repeat, an edge names an unknown node, or edges form a circle.
    """
    options = options or PictureOptions()
    ranked([node.name for node in nodes], [(edge.source, edge.target) for edge in edges])
    *others, last = _forms(options)
    for compact, style in others:
        drawn = _drawn(nodes, edges, compact, style, options, options.width)
        if drawn is not None:
            return _lower(drawn, nodes, edges, compact, style, options)
    drawn = _drawn(nodes, edges, *last, options, None)
    assert drawn is not None
    return drawn


def least_width(nodes: Sequence[PictureNode], edges: Sequence[PictureEdge], options: PictureOptions) -> int:
    """The cells of the narrowest form, without painting it; raises ValueError as `picture` does."""
    compact, style = _forms(options)[-1]
    nodes, edges, _, _ = _arranged(nodes, edges, compact)
    texts = {node.name: shown(node, style) for node in nodes}
    return laid_out(_shape(texts, tuple(_active(edges)), style)).width


def _lower(
    drawn: Picture,
    nodes: Sequence[PictureNode],
    edges: Sequence[PictureEdge],
    compact: bool,
    style: BoxStyle,
    options: PictureOptions,
) -> Picture:
    """The same without blanks, where it is too tall with them."""
    if options.height is None or drawn.full_height <= options.height:
        return drawn
    lower = _drawn(nodes, edges, compact, replace(style, tight=True), options, options.width)
    return lower if lower is not None and lower.height < drawn.height else drawn


def _forms(options: PictureOptions) -> list[tuple[bool, BoxStyle]]:
    """(compact, style), in the order in which they are tried."""
    wanted = (False, True) if options.compact is None else (options.compact,)
    plain = BoxStyle(False, options.ascii_only, options.value_width)
    labelled = [(wanted[0], replace(plain, margin=options.label_width))] if options.label_width else []
    return [*labelled, *((compact, replace(plain, tight=tight)) for compact in wanted for tight in (False, True))]


def _drawn(
    nodes: Sequence[PictureNode],
    edges: Sequence[PictureEdge],
    compact: bool,
    style: BoxStyle,
    options: PictureOptions,
    limit: int | None,
) -> Picture | None:
    """One form of the picture; None, and nothing painted, where it would be wider than the limit."""
    nodes, edges, left_out, layer_of = _arranged(nodes, edges, compact)
    painted = _painted(nodes, edges, style, options.backward, limit)
    if painted is None:
        return None
    left_out = [replace(node, value=node.whole or node.value) for node in left_out]
    style = replace(style, tight=False)
    widest = max((row_width(shown(node, style), style) for node in left_out), default=0)
    legend = parameter_rows(left_out, max(painted.width, options.width or widest), style)
    return replace(
        painted, boxes=MappingProxyType({name: painted.boxes[layer] for name, layer in layer_of.items()}), legend=legend
    )


def _arranged(
    nodes: Sequence[PictureNode], edges: Sequence[PictureEdge], compact: bool
) -> tuple[Sequence[PictureNode], Sequence[PictureEdge], list[PictureNode], Mapping[str, str]]:
    """What is drawn: nodes or layers, their edges, the parameters left out, and in what each node is shown."""
    left_out: list[PictureNode] = []
    if compact or len(nodes) > NODES_ONE_BY_ONE:
        nodes, edges, left_out = _without_parameters(nodes, edges)
    layer_of: Mapping[str, str] = {node.name: node.name for node in nodes}
    if len(nodes) > NODES_ONE_BY_ONE:
        nodes, pairs, layer_of = by_layers(nodes, [(edge.source, edge.target, edge.active) for edge in edges])
        edges = [PictureEdge(*pair) for pair in pairs]
    return nodes, edges, left_out, layer_of


def _active(edges: Sequence[PictureEdge]) -> dict[Edge, bool]:
    """Which pairs of nodes have an edge, and whether one that is active."""
    active: dict[Edge, bool] = {}
    for edge in edges:
        pair = (edge.source, edge.target)
        active[pair] = active.get(pair, False) or edge.active
    return active


def _without_parameters(
    nodes: Sequence[PictureNode], edges: Sequence[PictureEdge]
) -> tuple[Sequence[PictureNode], Sequence[PictureEdge], list[PictureNode]]:
    fed = {edge.target for edge in edges}
    out = {node.name for node in nodes if node.kind == "weight" and node.name not in fed}
    if len(out) == len(nodes):
        return nodes, edges, []
    kept = [node for node in nodes if node.name not in out]
    return kept, [edge for edge in edges if edge.source not in out], [node for node in nodes if node.name in out]


def parameter_rows(nodes: Sequence[PictureNode], width: int, style: BoxStyle | None = None) -> Rows:
    """Parameters with their values and gradients, in as many columns as fit into `width` cells, read row by row."""
    style = style or BoxStyle()
    texts = [parameter_texts(shown(node, style), style) for node in nodes]
    widths = [cell_width("".join(text for text, _ in parts)) for parts in texts]
    each = max(widths, default=1)
    across = max(1, (width + 1) // (each + 1))
    rows = []
    for first in range(0, len(texts), across):
        runs: list[Run] = []
        for parts, own in zip(texts[first : first + across], widths[first : first + across], strict=True):
            runs += [Run(text, name) for text, name in parts]
            runs.append(Run(" " * (each - own + 1)))
        rows.append(_filled(runs, width, style.ellipsis))
    return tuple(rows)


def _filled(runs: list[Run], width: int, ellipsis: str) -> Row:
    """The runs cut or filled to exactly `width` cells."""
    row: list[Run] = []
    for run in runs:
        room = width - sum(cell_width(done.text) for done in row)
        text = run.text if cell_width(run.text) <= room else fit(run.text, room, ellipsis=ellipsis)
        if text:
            row.append(Run(text, run.style))
    blanks = width - sum(cell_width(done.text) for done in row)
    return (*row, Run(" " * blanks)) if blanks else tuple(row)


def _painted(
    nodes: Sequence[PictureNode], edges: Sequence[PictureEdge], style: BoxStyle, backward: bool, limit: int | None
) -> Picture | None:
    active = _active(edges)
    texts = {node.name: shown(node, style) for node in nodes}
    layout = laid_out(_shape(texts, tuple(active), style))
    if limit is not None and layout.width > limit:
        return None
    canvas = Canvas(layout.width, layout.height, ascii_only=style.ascii_only)
    hops = _active_hops(active, layout.rank)
    for channel, sites in zip(layout.channels, layout.sites, strict=True):
        paint_wires(canvas, channel, sites, lambda start, end: HEAVY if (start, end) in hops else LIGHT)
    leaving = _leaving(active)
    for name, node in texts.items():
        _paint_node(canvas, layout.boxes[name], node, style, leaving.get(name, 0))
    _paint_heads(canvas, active, layout, style, backward)
    for edge in edges:
        if edge.active and edge.label:
            _paint_label(canvas, edge.label, layout.boxes[edge.target])
    return Picture(layout.width, layout.height, canvas.rows(), layout.boxes)


def _shape(texts: Mapping[str, PictureNode], edges: tuple[Edge, ...], style: BoxStyle) -> Shape:
    fed = {target for _, target in edges}
    sizes = tuple(
        (row_width(node, style), 1)
        if node.kind == "weight" and name not in fed
        else (box_width(node, style), BOX_HEIGHT)
        for name, node in texts.items()
    )
    return Shape(tuple(texts), sizes, edges, style.tight, style.margin)


def _active_hops(active: Mapping[Edge, bool], rank: Mapping[str, int]) -> set[tuple[Place, Place]]:
    hops: set[tuple[Place, Place]] = set()
    for (source, target), used in active.items():
        if used:
            last = rank[target] - 1
            hops.update(((source, k), (source, k + 1)) for k in range(rank[source], last))
            hops.add(((source, last), (target, last + 1)))
    return hops


def _paint_node(canvas: Canvas, box: Box, node: PictureNode, style: BoxStyle, leaving: int) -> None:
    x, y, width, height = box
    if height > 1:
        paint_box(canvas, x, y, width, node, style, leaving)
        return
    for text, name in parameter_texts(node, style):
        canvas.write(x, y, text, name)
        x += cell_width(text)


def _leaving(active: Mapping[Edge, bool]) -> dict[str, int]:
    """The weight of the line that leaves each node's box."""
    weights: dict[str, int] = {}
    for (source, _), used in active.items():
        weights[source] = max(weights.get(source, 0), HEAVY if used else LIGHT)
    return weights


def _paint_heads(canvas: Canvas, active: Mapping[Edge, bool], layout: Layout, style: BoxStyle, backward: bool) -> None:
    """Arrow heads: into every target; on the way back those of active edges turn to their source."""
    ahead, back = (">", "<") if style.ascii_only else ("▸", "◂")
    used_at = {target for (_, target), used in active.items() if used}
    for _, target in active:
        x, y, _, height = layout.boxes[target]
        used = target in used_at
        if not (used and backward):
            canvas.write(x - 1, y + height // 2, ahead, "edge.active" if used else "edge")
    for (source, _), used in active.items():
        x, y, width, height = layout.boxes[source]
        if used and backward:
            canvas.write(x + width - 1, y + height // 2, back, "edge.active")


def _paint_label(canvas: Canvas, label: str, box: Box) -> None:
    """A label on the level line into a box, where that line is long enough to be seen on either side."""
    x, y = box[0] - 2 - cell_width(label), box[1] + box[3] // 2
    if all(canvas.arms_at(cell, y) == (0, HEAVY, 0, HEAVY) for cell in range(x - 1, box[0])):
        canvas.write(x, y, label, "gradient.active")
