"""One name, many spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.names import COMMANDS, GREEK, is_name, normalise

SAME = [
    ["σ", "sigma", r"\sigma", "ς", r"\varsigma"],
    ["Δ", "Delta", r"\Delta"],
    ["θ", "theta", r"\theta", r"\vartheta"],
    ["ŷ", "y\u0302", r"\hat{y}", r"\hat y", r"\widehat{y}", "y_hat", "yhat", r"y_{hat}"],
    ["x̄", r"\bar{x}", r"\overline{x}", "x_bar", "xbar"],
    ["w_{12}", "w_12", "w12", "w₁₂", "w_{1,2}", "w__12", "ｗ₁₂"],
    ["ŷ_1", r"\hat{y}_1", r"\hat{y_1}", "yhat1"],
    [r"\hat{\theta}", "θ̂", "theta_hat"],
    ["ẋ", r"\dot{x}", "xdot"],
    ["v⃗", r"\vec{v}", "vvec"],
    ["𝑥", "x"],
    ["é", "e\u0301"],
]
DIFFERENT = [("x", "X"), ("w1", "w2"), ("yhat", "y"), ("σ", "Σ"), ("é", "e"), ("δ", "Δ")]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_spellings_of_one_name(spellings):
    assert len({normalise(spelling) for spelling in spellings}) == 1
    assert all(is_name(spelling) for spelling in spellings)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_names_stay_different(a, b):
    assert normalise(a) != normalise(b)


@pytest.mark.parametrize("letter", GREEK)
def test_letter_and_command_are_one(letter):
    name = GREEK[letter]
    assert normalise(letter) == normalise(name) == normalise("\\" + name) == name
    assert name in COMMANDS


@pytest.mark.parametrize(
    "text", ["", "1x", "_", "{}", "x+y", "x[0]", "x\x1b[31m", "a\u202eb", "x\u200by", "²", "x'", "\\", "a:b", "☃", "x̸/"]
)
def test_what_is_no_name(text):
    assert not is_name(text)


@given(st.text(max_size=12))
def test_normalising_is_done_once(text):
    key = normalise(text)
    if is_name(text):
        assert normalise(key) == key
        assert key.isalnum()
