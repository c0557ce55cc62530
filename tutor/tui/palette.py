"""Style names → colours and attributes, one table for each theme.

Values are sky blue and gradients orange in every theme (Okabe and Ito, "Color universal design", 2008: told apart
under every kind of colour blindness). Right, wrong and warn differ in lightness as much as in hue, so that they stay
apart where hues do not (tests measure it). Whatever a colour says, an attribute, a sign or a word says too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

# style name → (role, attributes); a name with a dot falls back to the part before it
LOOKS: Mapping[str, tuple[str, str]] = {
    "": ("text", ""),
    "text": ("text", ""),
    "strong": ("text", "bold"),
    "emphasis": ("text", "italic"),
    "code": ("code", ""),
    "heading": ("text", "bold underline"),
    "dim": ("dim", ""),
    "bar": ("text", "reverse"),
    "bar.key": ("text", "reverse bold"),
    "rule": ("dim", ""),
    "rule.title": ("text", "bold"),
    "rule.note": ("dim", ""),
    "focus": ("accent", "bold"),
    "focus.title": ("accent", "bold reverse"),
    "focus.note": ("accent", ""),
    "cursor": ("text", "reverse"),
    "prompt": ("accent", "bold"),
    "wrongplace": ("bad", "underline"),
    "right": ("good", "bold"),
    "wrong": ("bad", "bold"),
    "warn": ("warn", ""),
    "changed": ("warn", "bold"),
    "number": ("value", ""),
    "box": ("edge", ""),
    "box.active": ("accent", "bold"),
    "box.hidden": ("dim", ""),
    "name": ("text", ""),
    "name.active": ("accent", "bold"),
    "name.hidden": ("dim", ""),
    "value": ("value", ""),
    "value.active": ("value", "bold"),
    "value.hidden": ("dim", ""),
    "gradient": ("gradient", ""),
    "gradient.active": ("gradient", "bold"),
    "gradient.hidden": ("dim", ""),
    "edge": ("edge", ""),
    "edge.active": ("accent", "bold"),
    "parameter": ("text", ""),
    "parameter.active": ("accent", "bold"),
    "axis": ("dim", ""),
    "title": ("text", "bold"),
    "mark": ("accent", "bold"),
    "note": ("dim", ""),
    "series.0": ("value", ""),
    "series.1": ("gradient", ""),
    "series.2": ("good", ""),
    "series.3": ("bad", ""),
    "series.4": ("text", ""),
    "series.5": ("dim", ""),
}


RAMP = tuple(f"color({n})" for n in (172, 136, 94, 58, 236, 23, 24, 31, 38))
"""From class 0 (orange) over undecided (grey) to class 1 (sky), in the 256 colours that most terminals have."""
LIGHT_RAMP = ("#f0b95a", "#f3ca85", "#f6dbb0", "#f6ead6", "#f0f0ee", "#dcebf3", "#b8dcf0", "#93cdee", "#6fbfea")
DARK_RAMP = ("#c08300", "#94670c", "#684b16", "#3f321a", "#1f242b", "#1d3443", "#265676", "#2f78a6", "#3a9ad6")
GREYS = tuple(f"color({n})" for n in (232, 235, 238, 241, 244, 247, 250, 253, 255))


@dataclass(frozen=True)
class Palette:
    """One theme: what Textual has to know of it, and the colour of each role (none where only attributes count)."""

    theme: Theme
    roles: Mapping[str, str]
    background: str | None = None
    ramp: tuple[str, ...] = RAMP

    @cached_property
    def styles(self) -> dict[str, Style]:
        """The Rich style of every style name."""
        return {name: self._style(*look) for name, look in LOOKS.items()}

    def style(self, name: str) -> Style:
        """The style of a name, or of the part before its last dot."""
        found = self.styles.get(name)
        found = self._plane_style(name) if found is None else found  # a style of nothing is false
        while found is None:
            name = name.rpartition(".")[0]
            found = self.styles.get(name)
        return found

    def _plane_style(self, name: str) -> Style | None:
        """field.U.L and grey.U.L: the upper half of a cell in level U of nine, the lower in L; point.C.L: a data point
        on level L. They are kept, since a plane has hundreds of them."""
        kind, _, levels = name.partition(".")
        first, _, second = levels.partition(".")
        if kind not in {"field", "grey", "point"} or not self.roles or not (first + second).isdigit():
            return None
        ramp = GREYS if kind == "grey" else self.ramp
        ground = ramp[int(second)]
        if kind == "point":
            self.styles[name] = Style(color=self.roles.get("point", "bright_white"), bgcolor=ground, bold=True)
        else:
            self.styles[name] = Style(color=ramp[int(first)], bgcolor=ground)
        return self.styles[name]

    def _style(self, role: str, attributes: str) -> Style:
        flags = dict.fromkeys(attributes.split(), True)
        return Style(color=self.roles.get(role), bgcolor=self.background, **flags)  # type: ignore[arg-type]


def _palette(name: str, dark: bool, ground: str, **roles: str) -> Palette:
    main, other, text = roles["value"], roles["gradient"], roles["text"]
    theme = Theme(
        name=name, primary=main, secondary=main, accent=other, warning=other, error=other, success=main,
        foreground=text, background=ground, surface=ground, panel=ground, boost=ground, dark=dark,
    )  # fmt: skip
    return Palette(theme, roles, ground, DARK_RAMP if dark else LIGHT_RAMP)


def _ansi_palette(name: str, dark: bool, **roles: str) -> Palette:
    """The terminal's own colours and ground."""
    return Palette(replace(BUILTIN_THEMES["ansi-dark" if dark else "ansi-light"], name=name), roles)


PALETTES: Mapping[str, Palette] = {
    "ansi": _ansi_palette(
        "tutor-ansi", True, dim="bright_black", value="bright_cyan", gradient="bright_yellow",
        accent="bright_white", good="bright_green", bad="bright_magenta", warn="bright_yellow", code="bright_cyan",
    ),
    "ansi-light": _ansi_palette(
        "tutor-ansi-light", False, dim="bright_black", value="blue", gradient="red", good="green", bad="magenta",
        warn="red", code="blue",
    ),
    "dark": _palette(
        "tutor-dark", True, "#12161c", text="#e4e6ea", dim="#8d97a5", value="#56b4e9", gradient="#e69f00",
        accent="#ffffff", edge="#6f7b8a", good="#66e0d8", bad="#f0605a", warn="#f5e663",
        code="#9ccff0", point="#ffffff",
    ),
    "light": _palette(
        "tutor-light", False, "#fbfbf8", text="#1c2127", dim="#5f6873", value="#00609a", gradient="#9a5500",
        accent="#000000", edge="#79818b", good="#007880", bad="#7c0038", warn="#857000",
        code="#00507f", point="#000000",
    ),
    "contrast": _palette(
        "tutor-contrast", True, "#000000", text="#ffffff", dim="#d0d0d0", value="#7fd0ff", gradient="#ffc04d",
        accent="#ffffff", edge="#ffffff", good="#70f0f0", bad="#ff6a7a", warn="#ffee55",
        code="#bfe6ff", point="#ffffff",
    ),
    "plain": _ansi_palette("tutor-plain", True),
}  # fmt: skip


def chosen(environ: Mapping[str, str]) -> str:
    """The name of the palette that suits a terminal: what TUTOR_THEME says, none of colours under NO_COLOR, the
    user's own sixteen colours over SSH and on poor terminals, else dark."""
    wanted = environ.get("TUTOR_THEME", "")
    if "NO_COLOR" in environ:
        return "plain"
    if wanted in PALETTES:
        return wanted
    light = environ.get("COLORFGBG", "").rpartition(";")[2] in {"7", "15"}
    rich = environ.get("COLORTERM", "") in {"truecolor", "24bit"} and "SSH_CONNECTION" not in environ
    if rich:
        return "light" if light else "dark"
    return "ansi-light" if light else "ansi"


def following(name: str) -> str:
    """The next palette in the round."""
    names = list(PALETTES)
    return names[(names.index(name) + 1) % len(names)]
