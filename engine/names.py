"""Names: `ŷ`, `\\hat{y}`, `y_hat` and `yhat` are one; so are `σ`, `sigma` and `\\sigma`, and `w_{12}` and `w₁₂`."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_NAME = 100
"""How long a name may be, normalised: more is no name a student reads, and costs the square of it to split runs by."""

_LOWER = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon "
    "phi chi psi omega"
).split()
_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"
GREEK: dict[str, str] = {
    **dict(zip(_LETTERS, _LOWER, strict=True)),
    **{letter.upper(): name.capitalize() for letter, name in zip(_LETTERS, _LOWER, strict=True)},
    "ς": "sigma",
}
"""Greek letter → its English name."""

COMMANDS: dict[str, str] = {
    **{name: name for name in (*_LOWER, *(n.capitalize() for n in _LOWER))},
    "varepsilon": "epsilon",
    "varphi": "phi",
    "vartheta": "theta",
    "varrho": "rho",
    "varsigma": "sigma",
    "ell": "ell",
}
"""LaTeX command of a letter (without the backslash) → its English name."""

ACCENTS: dict[str, str] = {
    "hat": "hat",
    "widehat": "hat",
    "tilde": "tilde",
    "widetilde": "tilde",
    "bar": "bar",
    "overline": "bar",
    "dot": "dot",
    "ddot": "ddot",
    "vec": "vec",
}
"""LaTeX accent → how it is spelled after its letter."""

COMBINING: dict[str, str] = {
    "\u0302": "hat",
    "\u0303": "tilde",
    "\u0304": "bar",
    "\u0305": "bar",
    "\u0307": "dot",
    "\u0308": "ddot",
    "\u20d7": "vec",
}
"""Combining mark → how it is spelled after its letter."""

_ACCENT_COMMAND = re.compile(r"\\(%s)\s*(?:\{\s*(\\?[^\W\d_]+)([^{}]*)\}|(\\[A-Za-z]+|[^\W\d_]))" % "|".join(ACCENTS))
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_DROPPED = str.maketrans("", "", "_{}\\ ,")


def spelled(name: str) -> str:
    """A name as messages show it; in quotes, with escapes, where nothing or not all of it can be seen."""
    seen = name.strip()
    return seen if seen and seen.isprintable() else f'"{ascii(name)[1:-1]}"'


def _spell_accent(match: re.Match[str]) -> str:
    accent, inner, rest, single = match.groups()
    return f"{inner or single} {ACCENTS[accent]}{rest or ''}"


@lru_cache(maxsize=4096)
def normalise(spelling: str) -> str:
    """The one form under which names are compared (NFKC, Greek by name, accents after the letter)."""
    text = _ACCENT_COMMAND.sub(_spell_accent, spelling)
    text = _COMMAND.sub(lambda m: COMMANDS.get(m[1], m[1]), text)
    marks = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text))
    text = "".join(GREEK.get(c, COMBINING.get(c, c)) for c in marks)
    return unicodedata.normalize("NFC", text).translate(_DROPPED)


def is_name(spelling: str) -> bool:
    """Whether `spelling` starts with a letter and goes on with letters, digits, `_`, accents and braces."""
    key = normalise(spelling)
    return bool(key) and key[0].isalpha() and all(c.isalnum() for c in key)
