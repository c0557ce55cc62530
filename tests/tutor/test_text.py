import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutor.text import quoted, safe

FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")

HOSTILE = {
    "\x1b]52;c;cm0gLXJmIH4=\x07title": "title",
    "\x1b]52;c;cm0gLXJmIH4=\x1b\\title": "title",
    "\x9d52;c;cm0gLXJmIH4=\x9ctitle": "title",
    "\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\": "link",
    "\x1bPq#0\x1b\\sixel": "sixel",
    "\x1b_Gf=100\x1b\\kitty": "kitty",
    "\x1b[31mred\x1b[0m": "red",
    "\x9b31mred": "red",
    "\x1bc reset": " reset",
    "\x1b(0lqk": "lqk",
    "end\x1b": "end",
    "end\x1b[": "end",
    "a\x1b]0;never ended": "a",
    "a\x1b]0;two\nlines": "a lines",
    "bell\x07": "bell\\x07",
    "x\u202egpj.exe": "x\\u202egpj.exe",
    "zero\u200bwidth": "zero\\u200bwidth",
    "\ufeffmark": "\\ufeffmark",
    "tag\U000e0041": "tag\\U000e0041",
    "lone\ud800": "lone\\ud800",
    "private\ue000": "private\\ue000",
    "e" + "\u0301" * 300: "e" + "\u0301" * 4,
    "hangul\u3164": "hangul\\u3164",
    "del\x7f": "del\\x7f",
    "a\r\nb\tc": "a b c",
}
PLAIN = ["", "∂L/∂w₁ = σ′(a)·x − ŷ", "a[i][/j] [@click=app.quit]", "naïve 学习 עברית", "¬½", "👩"]


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items(), ids=ascii)
def test_hostile_text_is_disarmed(text: str, shown: str) -> None:
    assert safe(text) == shown


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_is_left_alone(text: str) -> None:
    assert safe(text) == text


def test_lines_stay_where_they_are_asked_for() -> None:
    assert safe("a\r\nb\tc\rd\x0b", lines=True) == "a\nb    c\nd\\x0b"


def test_long_text_is_cut_to_the_limit() -> None:
    assert safe("x" * 100, 10) == "x" * 9 + "…"
    assert safe("x" * 10, 10) == "x" * 10
    assert safe("\x1b[0m" * 10**6 + "never seen", 10) == "…"


def test_quoted() -> None:
    assert quoted("a\x1b[2Jb") == '"ab"'


@given(st.text(st.characters(codec=None), max_size=300), st.integers(1, 400), st.booleans())
@example("\x1b\x1b]\x1b[", 5, False)
def test_nothing_hostile_passes(text: str, limit: int, lines: bool) -> None:
    shown = safe(text, limit, lines=lines)
    assert len(shown) <= limit
    assert not FORBIDDEN.search(shown)
    assert lines or "\n" not in shown
    assert not any(unicodedata.category(char) in ("Cf", "Co", "Cs", "Cn") for char in shown)
    shown.encode("utf-8")


@given(st.text(max_size=200), st.booleans())
def test_what_is_safe_stays_as_it_is(text: str, lines: bool) -> None:
    once = safe(text, lines=lines)
    assert safe(once, lines=lines) == once
