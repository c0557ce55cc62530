"""One node of a graph as a box of three rows, or one row for a parameter: name, value and gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from tutor.draw.cells import Canvas, ascii_text, cell_width, clip, fit

Kind = Literal["given", "weight", "node", "output"]
State = Literal["known", "hidden", "active", "done"]


@dataclass(frozen=True, slots=True)
class PictureNode:
    """A node to draw: its name, its value and gradient as printed (empty: not shown), what it is, how it stands.

    A `hidden` node shows a question mark instead of its value, and no gradient. `whole` is the value as it may stand
    where there is more room than in a box: in a legend.
    """

    name: str
    value: str = ""
    gradient: str = ""
    kind: Kind = "node"
    state: State = "known"
    whole: str = ""


@dataclass(frozen=True, slots=True)
class BoxStyle:
    """How boxes look: `tight` leaves out blanks, `value_width` cells are kept free for a value and a gradient, and
    `margin` cells on the line into a box for what stands on it."""

    tight: bool = False
    ascii_only: bool = False
    value_width: int = 6
    margin: int = 0

    @property
    def limit(self) -> int:
        """The widest a text in a box may be, in cells; longer ones are cut."""
        return 12 if self.tight else 30

    @property
    def ellipsis(self) -> str:
        """What stands for the rest of a text that was cut."""
        return "~" if self.ascii_only else "…"

    @property
    def partial(self) -> str:
        """The sign before a gradient."""
        return "d" if self.ascii_only else "∂"


BOX_HEIGHT: Final = 3

# corners, level, upright, upright with a light line to the right, with a heavy one
_LOOKS: Final = {
    "given": ("┌┐└┘", "─", "│", "├", "┝"),
    "node": ("╭╮╰╯", "─", "│", "├", "┝"),
    "output": ("╔╗╚╝", "═", "║", "╟", "╟"),
    "active": ("┏┓┗┛", "━", "┃", "┠", "┣"),
}
_ASCII_LOOK: Final = ("++++", "-", "|", "|", "|")
_ASCII_ACTIVE: Final = ("####", "=", "#", "#", "#")


def shown(node: PictureNode, style: BoxStyle) -> PictureNode:
    """The node with its texts as they will stand in the box: cut, cleaned, in ASCII where asked, hidden ones hidden."""
    hidden = node.state == "hidden"
    value, gradient = ("?", "") if hidden else (node.value, node.gradient)
    texts = [ascii_text(text) if style.ascii_only else text for text in (node.name, value, gradient)]
    name, value, gradient = (clip(text, style.limit, style.ellipsis) for text in texts)
    return replace(node, name=name, value=value, gradient=gradient)


def box_width(node: PictureNode, style: BoxStyle) -> int:
    """The cells from border to border of a node made by `shown`."""
    blanks = 0 if style.tight else 2
    number = max(cell_width(node.value), style.value_width)
    gradient = max(cell_width(node.gradient), style.value_width) + (1 if style.tight else 2)
    return max(cell_width(node.name) + blanks, number + blanks, gradient + blanks) + 2


def row_width(node: PictureNode, style: BoxStyle) -> int:
    """The cells of a parameter on one row."""
    return cell_width("".join(text for text, _ in parameter_texts(node, style)))


def parameter_texts(node: PictureNode, style: BoxStyle) -> list[tuple[str, str]]:
    """A parameter on one row as (text, style) pairs: a mark where it is active, name, value, gradient."""
    suffix = ".active" if node.state == "active" else ""
    mark = " " if not suffix else ">" if style.ascii_only else "▸"
    texts = [
        (mark + node.name, "parameter" + suffix),
        (" " + fit(node.value, max(style.value_width, cell_width(node.value)), right=True), _styled("value", node)),
    ]
    gradient = f"{style.partial}{node.gradient}" if node.gradient else ""
    return [*texts, (" " + fit(gradient, max(style.value_width + 1, cell_width(gradient))), _styled("gradient", node))]


def paint_box(canvas: Canvas, x: int, y: int, width: int, node: PictureNode, style: BoxStyle, leaving: int) -> None:
    """The box of a node made by `shown`, its top left corner at (x, y); `leaving` is the weight of its line, or 0."""
    corners, level, upright, light, heavy = _look(node, style)
    side = (upright, light, heavy)[leaving]
    frame, pad = _styled("box", node), "" if style.tight else " "
    inner = width - 2
    canvas.write(x, y, corners[0] + level * inner + corners[1], frame)
    canvas.write(x + 1, y, pad + node.name + pad, _styled("name", node))
    canvas.write(x, y + 1, upright + " " * inner + side, frame)
    value = fit(node.value, inner - 2 * len(pad), right=True)
    canvas.write(x + 1 + len(pad), y + 1, value, _styled("value", node))
    canvas.write(x, y + 2, corners[2] + level * inner + corners[3], frame)
    if node.gradient:
        gradient = pad + style.partial + pad + node.gradient + pad
        canvas.write(x + 1, y + 2, fit(gradient, inner) if style.tight else gradient, _styled("gradient", node))


def _look(node: PictureNode, style: BoxStyle) -> tuple[str, str, str, str, str]:
    active = node.state == "active"
    if style.ascii_only:
        return _ASCII_ACTIVE if active else _ASCII_LOOK
    return _LOOKS["active" if active else "node" if node.kind == "weight" else node.kind]


def _styled(what: str, node: PictureNode) -> str:
    return what if node.state == "known" else f"{what}.{node.state}"
