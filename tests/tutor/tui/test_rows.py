"""Rows: wrapping, cutting, prose, a line being typed, what is revealed, what differs between two frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tutor.tui.stages import HERE
from tutor.draw.cells import STYLES, Run, cell_width, row_text, text_of
from tutor.opening import open_lesson
from tutor.request import Request
from tutor.revealed import revealed
from tutor.tui.palette import LOOKS, PALETTES, chosen, following
from tutor.tui.rows.draft import Draft
from tutor.tui.rows.editing import Line, line_row
from tutor.tui.rows.flow import cut, heading, row_width, spread, wrap
from tutor.tui.rows.graph_rows import BoxTexts, boxed, graph_picture, short
from tutor.tui.rows.lesson_view import LessonView, story_width
from tutor.tui.rows.play import knobs
from tutor.tui.rows.prose import inline, prose
from tutor.tui.widgets.panel import Entry
from tutor.tui.widgets.stage import SIMPLE, _cells, differences, visible

letters = st.text(st.sampled_from("abc σ∂é漢字·\u0301 xyz  "), max_size=60)
rows = st.lists(st.builds(Run, letters, st.sampled_from(["text", "value", ""])), max_size=5).map(tuple)


@given(rows, st.integers(8, 40), st.sampled_from(["", "  ", " • "]))
def test_wrapped_rows_fit_and_lose_nothing_but_blanks(row, width, first):
    wrapped = wrap(row, width, first=first)
    assert all(row_width(part) <= width for part in wrapped)
    text = "".join(map(row_text, wrapped)).replace(first, "", 1)
    assert text.replace(" ", "") == "".join(letter for run in row for letter, _, _ in _shown(run)).replace(" ", "")


def _shown(run):
    from tutor.draw.cells import clusters

    return [(letter, wide, run.style) for letter, wide in clusters(run.text)]


@given(rows, st.integers(0, 30), st.integers(0, 40))
def test_a_cut_is_exactly_as_wide_as_asked_for(row, start, width):
    assert row_width(cut(row, start, width)) == width


@given(rows, rows)
def test_painting_the_differences_makes_the_one_row_the_other(before, after):
    a, b = cut(before, 0, 50), cut(after, 0, 50)
    painted = _cells(a)
    for start, end in differences(a, b):
        painted[start:end] = _cells(cut(b, start, end - start))
    wide_halves = [i for i, (letter, _) in enumerate(_cells(b)) if letter == ""]
    assert [c for i, c in enumerate(painted) if not _near(i, wide_halves)] == [
        c for i, c in enumerate(_cells(b)) if not _near(i, wide_halves)
    ]


def _near(i: int, places: list[int]) -> bool:
    return any(abs(i - place) <= 1 for place in places)


@pytest.mark.parametrize("width", [12, 40, 80])
def test_headings_and_ends_fill_their_row(width):
    assert row_width(heading("A title that is long", width, "3 of 5")) <= width + 12
    assert row_width(spread([Run("left" * 20)], [Run("right")], width)) == width


@pytest.mark.parametrize(
    ("text", "styles"),
    [
        ("c*x1 + e*x2 and 2*x*y", {"text"}),
        ("a **strong** word", {"text", "strong"}),
        ("*so* it is", {"emphasis", "text"}),
        ("`a*b*c` stays", {"code", "text"}),
        ("[a](http://x) <b>b</b> [red]r[/red]", {"text"}),
    ],
)
def test_only_markdown_that_is_meant_is_markdown(text, styles):
    assert {run.style for run in inline(text)} == styles
    plain = "".join(run.text for run in inline(text))
    assert plain == text.replace("**", "").replace("`", "") if "strong" in styles or "code" in styles else plain


def test_prose_knows_lists_headings_code_and_paragraphs():
    text = "# Title\n\nOne\ntwo.\n\n- a\n- b\n  more\n\n1. x\n\n    code  here\n\n```\nfenced\n\nstill\n```\n"
    shown = [row_text(row) for row in prose(text, 30)]
    assert (
        shown
        == [
            "Title",
            "",
            "One two.",
            "",
            " • a",
            " • b more",
            "",
            " 1. x",
            "",
            "    code  here",
            "",
            "fenced",
            "",
            "still",
        ][: len(shown)]
    )


def test_a_line_is_edited_like_a_shell_line():
    line = Line().insert("w1*x").move(2).insert("0")
    assert (line.text, line.at) == ("w10*x", 3)
    assert line.backspace().delete().text == "w1x"
    assert line.kill_after().text == "w10"
    assert line.kill_before().text == "*x"
    assert Line("a + bc", 6).kill_word().text == "a + "
    assert Line().insert("x" * 5000).text == "x" * 2000
    assert Line().insert("\x1b[31mred\x1b[0m\u202e").text == "red\\u202e"


@given(letters, st.integers(0, 60), st.integers(6, 30))
def test_the_cursor_is_always_in_sight(text, at, width):
    line = Line(text, min(at, len(text)))
    shown = line_row(line, width, focused=True, prompt="> ")
    assert any(run.style == "cursor" for run in shown) or "\u0301" in text
    assert row_width(shown) == width


def test_values_come_with_the_forward_walk_and_gradients_with_the_backward_one():
    session = open_lesson(Request(str(HERE / "lesson.toml")))
    inputs = frozenset(["x1", "x2", "a", "b", "c", "d", "e", "f"])
    assert revealed(session).values == inputs
    assert revealed(session.go(2).go_in_walk(2)).values == inputs | {"r1", "r2"}
    assert revealed(session.go(3)).values == inputs | {"r1", "r2", "s1", "s2", "y"}
    assert revealed(session.go(3)).gradients == frozenset()
    assert revealed(session.go(3).go_in_walk(2)).gradients == {"y", "s2"}
    asked = revealed(session.go(4))
    assert asked.hidden_gradients == {"a"}
    assert "a" not in asked.gradients
    answered = session.go(4).answer("0.21")
    assert "a" in revealed(answered).gradients


ASKED_LATER = """
format = 1
id = "asked-later"
title = "Asked later"
[graph.main]
given = { x = 1.5 }
nodes = ["a = 2*x", "b = a + 1", "c = 3*x"]
[[step]]
say = "Nothing that is still to be asked, nor what follows from it."
[[step]]
id = "a"
ask = "a?"
number = "a"
[[step]]
id = "b"
ask = "b?"
number = "b"
"""


def test_without_a_walk_what_will_be_asked_is_not_yet_there(tmp_path):
    (tmp_path / "lesson.toml").write_text(ASKED_LATER)
    session = open_lesson(Request(str(tmp_path)))
    assert revealed(session).values == {"x", "c"}
    assert revealed(session.go(1)).hidden_values == {"a"}
    assert revealed(session.go(1).answer("3")).values == {"x", "a", "c"}
    assert revealed(session.go(2)).values == {"x", "a", "c"}
    assert revealed(session.go(2).answer("4")).values == {"x", "a", "b", "c"}


def test_play_leaves_out_what_is_fixed(tmp_path):
    for domain, names in (('x = "fixed"', ["w"]), ('x = "fixed", w = "fixed"', ["x[0]", "x[1]", "w"])):
        graph = (
            f"given = {{ x = [1.5, 2.0] }}\nweights = {{ w = 0.5 }}\nnodes = ['y = w*sum(x)']\ndomain = {{ {domain} }}"
        )
        text = f'format = 1\nid = "p"\ntitle = "P"\n[graph.main]\n{graph}\n[[step]]\nexplore = "main"\n'
        (tmp_path / "lesson.toml").write_text(text)
        assert [knob.name for knob in knobs(open_lesson(Request(str(tmp_path))))] == names


def test_long_arrays_stand_in_a_box_by_their_shape():
    assert boxed(np.zeros((4, 3)), BoxTexts()) == "(4×3)"
    assert boxed(np.array([1.0, 2.0]), BoxTexts()) == "[1, 2]"
    assert boxed(np.array([0.5, 2.0]), BoxTexts(longest=6)) == "(2)"
    assert [boxed(0.123456, BoxTexts(cells=cells)) for cells in (30, 6, 5, 4)] == ["0.1235", "0.1235", "0.123", "0.12"]
    assert boxed(-0.0015, BoxTexts(cells=5)) == "-0.002"


def test_arrays_show_their_entries_where_the_graph_has_room(tmp_path):
    graph = 'given = { x = [1.5, -0.5, 2.0] }\nweights = { w = [0.4, -0.3, 0.25] }\nnodes = ["y = dot(w, x)"]'
    text = f'format = 1\nid = "p"\ntitle = "P"\n[graph.main]\n{graph}\n[[step]]\nwalk = "backward"\n'
    (tmp_path / "lesson.toml").write_text(text)
    session = open_lesson(Request(str(tmp_path)))
    wide, narrow = (graph_picture(session, revealed(session), width) for width in (80, 30))
    assert "[0.4, -0.3, 0.25]" in text_of(wide.rows) and "(3)" not in text_of(wide.rows)
    assert "(3)" in text_of((*narrow.rows, *narrow.legend)) and narrow.width <= 30


@pytest.mark.parametrize("lesson", ["three-hidden-units", "three-rows-backward", "delta-notation", "relu-sigmoid"])
def test_the_graphs_of_wide_lessons_fit_into_80_cells_at_every_step(lesson):
    session, before = open_lesson(Request(lesson)), None
    while session is not before:
        drawn = LessonView(session, Draft(), tall=22).picture(80)
        assert drawn is None or (drawn.width <= 80 and drawn.height <= 12), session.place
        before, moved = session, session.next()
        session = session if (moved.place, moved.cursor) == (session.place, session.cursor) else moved


def test_control_characters_that_got_this_far_stop_here():
    assert visible("a\x1b[31m\u202eb") == "a\ufffd[31m\ufffdb"
    assert all(chr(code).isascii() for code in SIMPLE.values())


# -- colours


@pytest.mark.parametrize("name", PALETTES)
def test_every_style_name_has_a_look(name):
    palette = PALETTES[name]
    for style in (*STYLES, *LOOKS, "no.such.style"):
        assert palette.style(style) is not None
    if name == "plain":
        assert all(palette.style(style).color is None for style in STYLES)


def test_the_palette_suits_the_terminal():
    assert chosen({"NO_COLOR": "", "TUTOR_THEME": "dark"}) == "plain"
    assert chosen({"TUTOR_THEME": "light"}) == "light"
    assert chosen({"COLORTERM": "truecolor"}) == "dark"
    assert chosen({"COLORTERM": "truecolor", "SSH_CONNECTION": "x"}) == "ansi"
    assert chosen({"COLORFGBG": "0;15"}) == "ansi-light"
    assert chosen({}) == "ansi"
    rounds = ["ansi"]
    for _ in PALETTES:
        rounds.append(following(rounds[-1]))
    assert set(rounds) == set(PALETTES)
    assert rounds[-1] == "ansi"


def test_widths_are_those_of_a_terminal():
    assert [cell_width(text) for text in ("abc", "漢", "e\u0301", "∂y")] == [3, 2, 1, 2]


@pytest.mark.parametrize("key", ["home", "end"])
def test_the_end_of_an_empty_line_is_not_the_end_of_the_lesson(key):
    assert Entry().take(key, None) == "moved"
    assert Entry().take("right", None) == ""


FORMULA = "∂E/∂w = (a - t) · [ h'(a_4)·w_4 · h'(a_3)·w_3 ] · z_2      E = ½(a - t)²"


@pytest.mark.parametrize(
    ("width", "formula", "expected"),
    [(160, "", 64), (120, "", 48), (110, FORMULA, 44), (120, FORMULA, 48), (160, FORMULA, 79), (150, FORMULA, 70)],
)
def test_beside_the_graph_a_long_formula_stays_whole_where_the_graph_keeps_80_cells(tmp_path, width, formula, expected):
    path = tmp_path / "lesson.toml"
    text = f"Some words.\n\n    {formula}\n" if formula else "Some words.\n"
    path.write_text(f'format = 1\nid = "f"\ntitle = "F"\n[[step]]\nsay = """\n{text}"""\n', encoding="utf-8")
    assert story_width(open_lesson(Request(str(path))), width) == expected


def test_what_is_typed_takes_the_place_of_a_chosen_text():
    def chosen():
        entry = Entry()
        entry.clear("0.5")
        entry.choose()
        return entry

    entry = chosen()
    assert (entry.take("0", "0"), entry.text) == ("changed", "0")
    assert (entry.take("1", "1"), entry.text) == ("changed", "01")
    entry = chosen()
    assert (entry.take("backspace", None), entry.text) == ("changed", "0.")
    entry = chosen()
    assert (entry.take("left", None), entry.text) == ("moved", "0.5")
    assert (entry.take("2", "2"), entry.text) == ("changed", "0.25")
    entry = chosen()
    entry.paste("0.7")
    assert entry.text == "0.7"
    entry = chosen()
    assert (entry.take("question_mark", "?"), entry.text) == ("", "0.5")
    assert (chosen().take("space", " "), chosen().text) == ("moved", "0.5")


@pytest.mark.parametrize(
    ("value", "cells", "text"),
    [
        (109386.0, 8, "109386"),
        (109386.0, 5, "1.1e5"),
        (-109386.0, 4, "-1e5"),
        (-0.0, 8, "0"),
        (0.3125, 4, "0.31"),
        (2.0**80, 8, "1.209e24"),
    ],
)
def test_whole_numbers_are_whole_where_they_fit(value, cells, text):
    assert short(value, cells, 4) == text
