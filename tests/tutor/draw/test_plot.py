import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tutor.draw.bars import bar_chart
from tutor.draw.cells import STYLES, cell_width, row_text, text_of
from tutor.draw.plot import PlotOptions, Series, line_plot
from tutor.draw.scale import log_ticks, short, tick_labels, ticks

FALLING = [math.exp(-i / 20) for i in range(100)]
any_float = st.floats(allow_nan=True, allow_infinity=True, width=64)
ranges = st.none() | st.tuples(any_float, any_float)


def check_cells(rows, width, height):
    assert len(rows) == height
    assert {cell_width(row_text(row)) for row in rows} <= {width}
    assert {run.style for row in rows for run in row} <= set(STYLES)
    assert "\x1b" not in text_of(rows)


def test_two_runs(snapshot):
    noisy = [0.8 * math.exp(-i / 50) + 0.05 * math.sin(i) for i in range(100)]
    options = PlotOptions(title="train_loss", marks=[40])
    rows = line_plot([Series("slow", FALLING), Series("fast", noisy)], 70, 16, options)
    check_cells(rows, 70, 16)
    assert "\n" + text_of(rows) + "\n" == snapshot
    assert {"series.0", "series.1", "mark", "title", "axis"} <= {run.style for row in rows for run in row}


def test_a_logarithmic_plot_in_ascii(snapshot):
    rows = line_plot([Series("σ", [10.0**-i for i in range(12)])], 50, 12, PlotOptions(log=True, ascii_only=True))
    assert text_of(rows).isascii()
    assert "\n" + text_of(rows) + "\n" == snapshot


def test_a_diverging_run_is_drawn_as_far_as_it_goes():
    rows = line_plot([Series("lr 9", [0.5, 2.0, 1e5, 1e300, math.inf, math.nan])], 60, 10, PlotOptions(log=True))
    assert "not finite at 4" in row_text(rows[0])
    assert any(set(run.text) & set("▘▝▀▖▗▄▞▚") for row in rows for run in row if run.style == "series.0")


@given(
    st.lists(st.lists(any_float, max_size=40), max_size=3),
    st.integers(0, 90),
    st.integers(0, 20),
    st.booleans(),
    ranges,
    ranges,
    st.lists(any_float, max_size=2),
)
@example([[math.nan, 1.0, 2.0]], 60, 10, False, None, None, [])
@example([[1e308, -1e308, 1.0]], 60, 10, False, None, None, [])
@example([[5e-324, 1.7e308]], 60, 10, True, None, None, [])
@example([[1e9, 1.0, -1e9]], 60, 10, False, None, (0.0, 1e-9), [0.5])
@example([[0.0, 5e-324]], 60, 10, False, (0.0, 5e-324), None, [])
def test_no_numbers_break_it(columns, width, height, log, across, up, marks):
    options = PlotOptions(log=log, across=across, up=up, marks=marks)
    rows = line_plot([Series(f"r{i}", values) for i, values in enumerate(columns)], width, height, options)
    check_cells(rows, width, height if width else 0)


@given(st.lists(st.tuples(any_float, any_float), max_size=40), st.booleans())
def test_nor_do_any_places(pairs, dots):
    series = Series("path", [y for _, y in pairs], [x for x, _ in pairs], dots)
    check_cells(line_plot([series], 50, 10), 50, 10)


def test_a_long_history_keeps_its_peaks():
    values = [1.0] * 50_000
    values[31_415] = 9.0
    rows = line_plot([Series("loss", values)], 60, 12)
    top = text_of(rows[1:3])
    assert set(top) & set("▖▗▌▐▄█▟▙▘▝▀▛▜")


def test_only_the_chosen_part_is_shown():
    options = PlotOptions(across=(10.0, 19.0))
    rows = line_plot([Series("loss", [100.0] * 10 + [1.0, 2.0] * 5 + [100.0] * 50)], 60, 12, options)
    labels = text_of(rows)
    assert "100" not in labels
    assert row_text(rows[-1]).split() == ["10", "12", "14", "16", "18"]


def test_hostile_labels_become_harmless():
    rows = line_plot([Series("\x1b[31mred\x07", [1.0, 2.0])], 60, 10, PlotOptions(title="\x9b2J"))
    check_cells(rows, 60, 10)
    assert not set(text_of(rows)) & set("\x1b\x07\x9b")


def test_a_constant_run_has_an_axis_to_read_it_from():
    assert "3" in " ".join(row_text(row)[:6] for row in line_plot([Series("loss", [3.0] * 5)], 40, 20))


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [(0.0, 1.0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-3.0, 42.0, 4, [0, 20, 40]), (0.0, 99.0, 5, [0, 20, 40, 60, 80])],
)
def test_ticks_are_round_numbers(low, high, most, expected):
    assert ticks(low, high, most) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("low", "high", "most", "labels"),
    [
        (-6.0, 2.0, 4, ["1e-6", "1e-4", "0.01", "1", "100"]),
        (-0.6, 1.2, 5, ["0.3", "1", "3", "10"]),
        (-0.05, 0.8, 6, ["1", "2", "5"]),
        (0.1, 0.2, 3, ["1.259", "1.413", "1.585"]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_round_numbers(low, high, most, labels):
    assert tick_labels(log_ticks(low, high, most), log=True) == labels


@pytest.mark.parametrize(("number", "text"), [(0.1 + 0.2, "0.3"), (20000.0, "20000"), (1.5e-7, "1.5e-7"), (-0.0, "0")])
def test_short_numbers(number, text):
    assert short(number) == text


def test_labels_of_a_logarithmic_axis():
    assert tick_labels([-8.0, -1.0, 0.0, 2.0, 0.5, 300.0], log=True) == ["1e-8", "0.1", "1", "100", "3.162", "1e300"]


def test_a_vanishing_gradient_is_a_staircase(snapshot):
    rows = bar_chart(["layer1", "layer2", "layer3", "layer4"], [1e-6, 3e-5, -2e-3, 0.08], 50, log=True)
    check_cells(rows, 50, 5)
    assert "\n" + text_of(rows) + "\n" == snapshot
    lengths = [row_text(row).count("█") for row in rows[:4]]
    assert lengths == sorted(lengths)
    assert lengths[0] > 0


@example([5e-324], 40, True, False)
@given(st.lists(any_float, max_size=6), st.integers(0, 60), st.booleans(), st.booleans())
def test_bars_of_any_numbers(values, width, log, ascii_only):
    rows = bar_chart([f"ŷ{i}" for i in range(len(values))], values, width, log=log, ascii_only=ascii_only)
    assert {cell_width(row_text(row)) for row in rows} <= {width}
    assert not ascii_only or text_of(rows).isascii()
