"""`tutor explain`: the walk of a formula, and one clear line with a caret for everything else."""

from __future__ import annotations

import pytest

from tutor.cli import main

VALUES = ["x=1", "y=0", "w=0.5", "b=0"]
SPELLINGS = [
    "L = (σ(w x + b) − y)^2",
    "L = (sigmoid(w*x+b) - y)**2",
    r"L = (\sigma(w x + b) - y)²",
    r"L = \left(\frac{1}{1+e^{-(wx+b)}} - y\right)^{2}",
    "(sigma(wx+b) - y)^2",
]


def explained(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    assert main(["explain", *args]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("formula", SPELLINGS)
def test_every_spelling_gives_the_same_numbers(formula: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, formula, *VALUES)
    assert "= 0.387456" in out  # (1/(1 + e^(-1/2)))²
    assert "= 0.292561" in out  # 2σ·σ(1 − σ)·x
    assert "= 0.14628" in out  # … ·w
    assert "Gradient check: 4 derivatives" in out


def test_a_hat_is_a_name_in_every_spelling(capsys: pytest.CaptureFixture[str]) -> None:
    first = explained(capsys, "L = (ŷ - y)^2", "ŷ=3", "y=1")
    assert first == explained(capsys, r"L = (\hat{y} - y)^2", "ŷ=3", "y=1")
    assert "∂L/∂ŷ" in first


@pytest.mark.parametrize(
    ("args", "message", "caret"),
    [
        (["L = w*x", "x=1", "w=abc"], "this is no number", "  w=abc\n    ^^^\n"),
        (["L = w*x", "x=1"], "w has no value: add w=NUMBER", "  L = w*x\n      ^\n"),
        (["L = foo(x)", "x=1"], "unknown function foo", "  L = foo(x)\n      ^^^\n"),
        (["L = sigmoyd(x)", "x=1"], "unknown function sigmoyd; did you mean sigmoid?", "^^^^^^^"),
        (["L = " + "(" * 60 + "x" + ")" * 60, "x=1"], "nested more than 50 levels deep", "^"),
        (["L = x +", "x=1"], "something is missing here", "  L = x +\n         ^\n"),
        (["L = x", "x=1e999"], "this number is too large for a double", "^^^^^"),
        (["L = W@x", "x=[1,2]", "W=[[1,2,3]]"], "3 columns against 2 rows", "^^^"),
        (["L = x", "x=[1,[2,3]]"], "ragged array", ""),
    ],
)
def test_one_clear_message(args: list[str], message: str, caret: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", *args]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert caret in captured.err
    assert "Traceback" not in captured.err


def test_terminal_escapes_in_a_formula_are_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "L = x\x1b]52;c;cm0=\x07 + [@click=app.quit]y", "x=1"]) == 2
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "\x07" not in err
