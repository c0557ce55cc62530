"""A screen as two layers that a person can read: its text, and below it one letter for the look of each cell.

The text is the same in every palette, so it stands once. The letters stand for looks such as "value" or "wrong";
what each look is in each palette stands in one file (test_palettes). A cell whose look differs from its letter's in
any of the palettes fails here.
"""

from textual.pilot import Pilot

from tests.tutor.tui.stages import segments
from tutor.tui.palette import LOOKS, PALETTES

SHOWN = ("dark", "light", "ansi", "plain")
MNEMONIC = {
    "text": " ", "dim": "d", "strong": "s", "emphasis": "i", "code": "c", "heading": "h", "bar": "-", "bar.key": "=",
    "focus": "F", "focus.title": "T", "focus.note": "n", "wrongplace": "x", "right": "r", "wrong": "w", "warn": "!",
    "value": "v", "value.active": "V", "gradient": "g", "gradient.active": "G", "edge": "e",
}  # fmt: skip
PLANE = "%"
OTHERS = "abjklmopqtuyzABCDHIJKLMNOPQRSUWXYZ0123456789"
Looks = tuple[str, ...]


def looks_of(name: str) -> Looks:
    """What a style name is in each palette."""
    return tuple(_written(PALETTES[palette].style(name), palette) for palette in SHOWN)


def _written(style: object, palette: str) -> str:
    ground = PALETTES[palette].background
    return str(style).removesuffix(f"on {ground}").strip() if ground else str(style)


def letters() -> dict[Looks, str]:
    """The letter of each look; names that look the same share one."""
    found: dict[Looks, str] = {}
    free = iter(OTHERS)
    for name in (*MNEMONIC, *LOOKS):
        looks = looks_of(name)
        if looks not in found:
            found[looks] = MNEMONIC.get(name) or next(free)
    return found


LETTERS = letters()


async def layered(pilot: Pilot) -> str:
    """Text and looks of the present screen, in all the palettes."""
    painted = {palette: await _cells(pilot, palette) for palette in SHOWN}
    texts = {palette: _text(cells) for palette, cells in painted.items()}
    assert len(set(texts.values())) == 1, "a palette changes the text"
    together = zip(*(painted[palette] for palette in SHOWN), strict=True)
    rows = ["".join(_letter(cells) for cells in zip(*row, strict=True)).rstrip() for row in together]
    return f"{texts['dark']}\n{'─' * 20} looks {'─' * 20}\n" + "\n".join(rows) + "\n"


async def _cells(pilot: Pilot, palette: str) -> list[list[tuple[str, str]]]:
    pilot.app.use_palette(palette)
    await pilot.pause()
    rows = []
    for row in segments(pilot):
        cells = [(letter, _look(letter, part.style, palette)) for part in row for letter in part.text]
        rows.append(cells)
    return rows


def _look(letter: str, style: object, palette: str) -> str:
    """The look of a cell; of a blank one only what can be seen of it."""
    written = _written(style, palette)
    return written if letter != " " or any(word in written for word in ("reverse", "underline", " on ")) else ""


def _text(cells: list[list[tuple[str, str]]]) -> str:
    return "\n".join("".join(letter for letter, _ in row).rstrip() for row in cells) + "\n"


def _letter(cells: tuple[tuple[str, str], ...]) -> str:
    looks = tuple(look for _, look in cells)
    if not any(looks):
        return " "
    if looks in LETTERS:
        return LETTERS[looks]
    assert " on " in looks[0] and cells[0][0] in "▀▄█•○×■▲ +#·:-=*%@.", f"a look that no name has: {cells}"
    return PLANE


def legend() -> str:
    """Every letter with its look in each palette."""
    lines = ["letter  " + "".join(f"{palette:26}" for palette in SHOWN)]
    for looks, letter in LETTERS.items():
        lines.append(f"  {letter!r:6}" + "".join(f"{look or 'none':26}" for look in looks))
    lines.append(f"  {PLANE!r:6}a colour of the plane")
    return "\n".join(line.rstrip() for line in lines) + "\n"
