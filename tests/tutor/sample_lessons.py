"""Small lessons that the tests of commands share; stable, so that golden files stay as they are."""

from __future__ import annotations

from pathlib import Path

UNIT = '''format = 1
id = "one-unit"
title = "One unit"
summary = "A logistic unit and its squared error."

[graph.main]
given = { x = 2.0, y = 1.0 }
weights = { w = 0.5, b = -1.0 }
nodes = ["a = w*x + b", "h = sigmoid(a)", "L = (h - y)^2"]
output = "L"

[vary]
w = { choose = [0.6, 0.7, 0.8, 0.9, 1.1] }

[[step]]
say = """
What comes out of a unit, and who is to blame for its error?
"""

[[step]]
walk = "forward"

[[step]]
id = "direction"
ask = "w grows a little. What happens to L?"
choice = [
  { text = "It grows", because = "It would if h were above y." },
  { text = "It shrinks", right = true, because = "h is below y and moves up." },
]

[[step]]
walk = "backward"

[[step]]
id = "dl-da"
ask = "What is ∂L/∂a?"
number = "dL/da"
hints = ["Two edges lead back.", "The slope of the sigmoid is h(1 − h)."]

[[step]]
id = "dl-dw"
ask = "Write ∂L/∂w."
formula = "dL/dw"
hints = ["One factor for each edge."]
points = 2

[[step]]
id = "in-order"
ask = "Name the nodes in an order in which they can be computed."
order = "forward"

[[step]]
id = "why"
ask = "Why is h(1 − h) never above a quarter?"
essay = "It is a parabola in h with its top at h = 1/2."

[[step]]
explore = "main"
'''
RIGHT = {
    "direction": "2",
    "dl-da": "-0.25",
    "dl-dw": "2(h - y) h (1 - h) x",
    "in-order": "a, h, L",
    "why": "a parabola",
}

ROWS = """format = 1
id = "three-rows"
title = "Three rows"
[graph.main]
weights = { w = 2.0, b = 0.0 }
nodes = ["p = w*x + b", "L = (p - t)^2"]
output = "L"
total = "mean"
rows = [{ x = 1, t = 1 }, { x = 2, t = 3 }, { x = 3, t = 5 }]
[run.fit]
graph = "main"
optimizer = "sgd"
lr = 0.05
epochs = 20
batch = 1
[[step]]
walk = "backward"
[[step]]
train = "fit"
[[step]]
ask = "The mean's derivative by w?"
number = "dL/dw"
"""

NET = """format = 1
id = "small-net"
title = "A small net"
[data.points]
from = "moons"
n = 60
noise = 0.1
seed = 1
split = { train = 0.8, validation = 0.2 }
[model.net]
layers = [{ units = 4, activation = "tanh" }, { units = 1, activation = "sigmoid" }]
[run.slow]
model = "net"
data = "points"
loss = "bce"
lr = 0.1
batch = 10
shuffle = true
epochs = 12
seed = 3
[run.fast]
like = "slow"
lr = 0.5
[[step]]
train = ["slow", "fast"]
"""

OVERFLOW = """format = 1
id = "overflow"
title = "Too large"
[graph.main]
given = { x = 1000.0 }
nodes = ["big = exp(x)", "less = -big", "what = big + less", "L = what + x"]
output = "L"
[[step]]
walk = "forward"
"""


def written(folder: Path, text: str, name: str = "lesson.toml") -> str:
    """The path of the lesson, written into a folder."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def answers(
    folder: Path, texts: dict[str, str], lesson: str = "one-unit", name: str = "answers.toml", **more: str
) -> str:
    """The path of an answers file."""
    lines = [f"{key} = {_quoted(value)}" for key, value in {"lesson": lesson, **more}.items()]
    lines += ["[answers]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in texts.items())]
    return written(folder, "\n".join(lines) + "\n", name)


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'
