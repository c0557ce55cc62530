"""`tutor new`: a small complete lesson with comments that explain each part; `tutor schema`: what editors know."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from tutor.errors import ExitCode, wrong
from tutor.files import write_atomic
from tutor.lesson_values import is_slug
from tutor.text import safe

SCHEMA = "lesson.schema.json"
SKELETON = '''\
#:schema ./lesson.schema.json
# Editors with Taplo, Tombi or Even Better TOML complete and check this file as you type, by that schema.
# `tutor check --watch {id}` checks it on every save; `tutor run {id}` takes it.
format = 1
id = "{id}"
title = "{title}"
summary = "One line for the catalogue."
minutes = 10

# A graph: values that are given, weights, and nodes as formulas. The engine knows every value and derivative.
[graph.main]
given = {{ x = 1.5, y = 0.5 }}
weights = {{ w = 0.8, b = -0.3 }}
nodes = [
  "a = w*x + b",
  "h = sigmoid(a)",
  "L = (h - y)^2",
]
output = "L"

# Own numbers for each student: `tutor run {id} --variant NAME`.
[vary]
w = {{ choose = [0.6, 0.8, 1.2, 1.4] }}

# Steps in reading order: each is one of say, walk, ask, train, explore, bug.
[[step]]
say = """
One logistic unit and a squared error. Before you look: will L grow or shrink when w grows a little?
"""

[[step]]
walk = "forward"

# A question with options: say why, for every option.
[[step]]
id = "direction"
ask = "w grows a little. What happens to L?"
choice = [
  {{ text = "It grows", right = true, because = "h is above y, and a larger w moves h further up." }},
  {{ text = "It shrinks", because = "It would if h were below y." }},
]

[[step]]
walk = "backward"

# A number: give the formula of what is asked; never the answer itself.
[[step]]
id = "dl-da"
ask = "What is ∂L/∂a, to three significant digits?"
number = "dL/da"
hints = ["Two edges lead back from L to a.", "The slope of the sigmoid is h·(1 - h)."]

# A formula: right in any way of writing it.
[[step]]
id = "dl-dw"
ask = "Write ∂L/∂w from h, y and x."
formula = "dL/dw"
using = ["h", "y", "x"]
hints = ["One factor for each edge: the square, the sigmoid, the product.", "The slope of (h - y)² is 2·(h - y)."]

[[step]]
explore = "main"
'''


def write_skeleton(name: str) -> int:
    """Writes NAME/lesson.toml, and beside it the schema that editors read.

    A schema that is there stays as it is. Raises ProblemsError for a name that is no slug, and where a lesson is there.
    """
    slug = Path(name).name
    if not is_slug(slug):
        cure = "small letters, digits and single hyphens, as in my-first-net"
        raise wrong(name, "this is no id of a lesson", cure)
    target = Path(name) / "lesson.toml"
    if target.exists():
        raise wrong(str(target), "there is a lesson already", "take another name")
    target.parent.mkdir(parents=True, exist_ok=True)
    text = SKELETON.format(id=slug, title=slug.replace("-", " ").capitalize())
    if not os.path.lexists(target.with_name(SCHEMA)):
        write_atomic(target.with_name(SCHEMA), schema_text().encode(), mode=0o644)
    write_atomic(target, text.encode(), mode=0o644)
    shown = safe(name, 200)
    print(f"{shown}/lesson.toml is written; try `tutor check --watch {shown}` and `tutor run {shown}`")
    return int(ExitCode.done)


def schema_text() -> str:
    """The JSON Schema of the lesson file."""
    from tutor.lesson import Lesson
    from tutor.lesson_schema import schema

    return json.dumps(schema(Lesson).model_json_schema(by_alias=True), indent=2) + "\n"


def write_schema() -> int:
    """`tutor schema`."""
    sys.stdout.write(schema_text())
    return int(ExitCode.done)
