import dataclasses
import hashlib
import random
import re
from pathlib import Path
from typing import Literal, get_args, get_origin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.activations import ACTIVATIONS
from engine.datasets import SOURCES
from engine.losses import LOSSES
from engine.optimizers import OPTIMIZERS, SCHEDULES
from tutor.errors import ProblemsError
from tutor.help_topics import TOPICS
from tutor.lesson import QUESTION_KINDS, DataSpec, LayerSpec, RunSpec, ScheduleSpec
from tutor.lesson_file import Reading, load, problems, read, read_data
from tutor.lesson_part import Part
from tutor.lesson_picture import PICTURE_KINDS
from tutor.questions.kinds import KINDS
from tutor.tui.rows.echo import PROMPTS
from tutor.tui.rows.lesson_view import TYPED

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "lessons").rglob("lesson.toml"))
HEAD = 'format = 1\nid = "a"\ntitle = "A"\n'
GRAPH = '[graph.main]\ngiven = { x = 1 }\nweights = { w = 2 }\nnodes = ["y = w*x"]\n'
STEP = '[[step]]\nsay = "hi"\n'
RUN = '[model.net]\nlayers = [{ units = 1 }]\n[data.points]\nfrom = "moons"\n[run.slow]\nmodel = "net"\n'
RUN += 'data = "points"\nloss = "bce"\n'


def said(text: str | bytes) -> list[str]:
    source = text if isinstance(text, bytes) else text.encode()
    return [str(problem) for problem in read_data(source, "f").problems]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.parent.name)
def test_the_lessons_load(path: Path) -> None:
    loaded = load(path)
    assert loaded.path == path
    assert loaded.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert problems(path) == ()


@pytest.mark.parametrize(
    ("part", "field", "known"),
    [
        (RunSpec, "loss", LOSSES),
        (RunSpec, "optimizer", OPTIMIZERS),
        (ScheduleSpec, "kind", SCHEDULES),
        (LayerSpec, "activation", ACTIVATIONS),
        (DataSpec, "from_", SOURCES),
    ],
)
def test_a_lesson_may_name_all_that_the_engine_has(part: type[Part], field: str, known: dict[str, object]) -> None:
    kind = part.meanings[field].type
    words = kind if get_origin(kind) is Literal else get_args(kind)[0]
    assert set(get_args(words)) == set(known)


def test_every_kind_of_question_has_its_field_its_marking_and_its_words() -> None:
    assert {*QUESTION_KINDS, "bug"} == set(KINDS)
    assert {*PROMPTS, "choice"} == set(KINDS) == {*TYPED, "choice"}
    told = set(re.findall(r"\w+", " ".join(TOPICS["lessons"]())))
    assert {*KINDS, *PICTURE_KINDS} - told == set()


def test_a_loaded_lesson_is_frozen() -> None:
    loaded = load(LESSONS[0])
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded.path = Path("x")  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="frozen"):
        loaded.lesson.title = "x"  # type: ignore[misc]


def test_places_lead_from_an_offset_in_a_formula_to_the_file() -> None:
    text = HEAD + "[graph.main]\ngiven = { x = 1 }\nnodes = [\n  'ŷ = x',\n  \"z = \\u0178 * q\",\n]\n" + STEP
    loaded = read_data(text.encode(), "f").loaded
    assert loaded is not None
    node = loaded.lesson.graph["main"].nodes[1]
    assert loaded.places.inside(("graph", "main", "nodes", 1), node.index("q")) == (8, 17)


TEN = """\
format = 1
id = "Ten Errors"
titel = "Ten errors"
minutes = "ten"

[graph.main]
given = { x = true, v = [1, "2"] }
nodes = ["y = w*x"]
total = "avg"
decimals = 99
domain = { q = "real" }

[[step]]
say = "a"
walk = "forward"

[[step]]
id = "twice"
ask = "?"
number = "dy/dx"
graph = "mian"

[[step]]
id = "twice"
ask = "?"
choice = [{ text = "a" }, { text = "b" }]
"""


def test_ten_and_more_errors_are_found_at_once_each_at_its_place() -> None:
    assert said(TEN) == [
        'f:2:6: "Ten Errors" is not a slug; lower-case letters, digits and single hyphens, such as "chain-rule"',
        'f:3:1: unknown key "titel"; did you mean "title"?',
        'f:4:11: minutes is the text "ten"; a whole number is wanted here',
        "f:7:15: x is true; a number (whole ones up to 2^53) is wanted here",
        'f:7:29: v[1] is the text "2"; a number (whole ones up to 2^53) is wanted here',
        'f:9:9: total cannot be "avg"; known: sum, mean',
        "f:10:12: decimals must be at most 12",
        'f:11:12: domain names "q", which this graph does not have; known: x, v',
        "f:13:1: a step has exactly one of say, walk, ask, train, explore, bug; this one has say and walk",
        'f:21:9: there is no graph "mian"; did you mean "main"?',
        'f:24:6: the id "twice" is used twice: first by step 2; give each step an id of its own',
        "f:26:10: no option is right; add right = true to at least one",
    ]


ONE_PROBLEM = {
    "format": (HEAD.replace("1", "2", 1) + STEP, "f:1:10: format cannot be the whole number 2; 1 is wanted here"),
    "no steps": (HEAD, "f:1:1: step is missing: the steps in reading order"),
    "empty steps": (HEAD + "step = []", "f:4:8: step has too few entries; at least 1"),
    "steps no list": (HEAD + "[step]\nsay = 'x'", "f:4:2: step is a table; a list is wanted here"),
    "step no table": (HEAD + "step = [1]", "f:4:9: step[0] is the whole number 1; a table is wanted here"),
    "title empty": (HEAD.replace('"A"', '""') + STEP, "f:3:9: title needs characters: at least 1"),
    "title a date": (HEAD.replace('"A"', "1979-05-27") + STEP, "f:3:9: title is a date or time; text is wanted here"),
    "unknown key": (HEAD + "need = []\n" + STEP, 'f:4:1: unknown key "need"; did you mean "needs"?'),
    "unknown table": (HEAD + STEP + "[grahp.main]\n", 'f:6:2: unknown key "grahp"; did you mean "graph"?'),
    "key in a step": (HEAD + '[[step]]\nsya = "hi"\n', 'f:5:1: unknown key "sya"; did you mean "say"?'),
    "needs itself": (HEAD + 'needs = ["a"]\n' + STEP, "f:4:10: a lesson cannot need itself"),
    "bool as number": (HEAD + "minutes = true\n" + STEP, "f:4:11: minutes is true; a whole number is wanted here"),
    "huge number": (HEAD + "minutes = 9007199254740993\n" + STEP, "f:4:11: this whole number is too large"),
    "huge hex": (HEAD + f"minutes = 0x{'f' * 8000}\n" + STEP, "f:4:11: this whole number is too large"),
    "infinite": (HEAD + GRAPH.replace("= 2", "= inf") + STEP, "f:6:17: w is the number inf; a finite number"),
    "node no text": (HEAD + GRAPH.replace('"y = w*x"', "1") + STEP, "f:7:10: nodes[0] is the whole number 1; text"),
    "typo for a required key": (
        HEAD + GRAPH.replace("nodes", "nods") + STEP,
        'unknown key "nods"; did you mean "nodes"?',
    ),
    "no nodes": (HEAD + "[graph.main]\ngiven = { x = 1 }\n" + STEP, "f:4:8: nodes is missing"),
    "bad graph name": (HEAD + GRAPH.replace("main", '"a b"') + STEP, 'f:4:8: "a b" cannot name a table'),
    "two ways to vary": (
        HEAD + GRAPH + "[vary]\nx = { from = 1, to = 2, step = 1, choose = [1] }\n" + STEP,
        "f:9:35: choose does not go with the other keys here",
    ),
    "choose misspelt": (HEAD + GRAPH + "[vary]\nx = { chose = [1] }\n" + STEP, 'f:9:7: unknown key "chose"'),
    "interval upside down": (
        HEAD + GRAPH + "[vary]\nx = { from = 2, to = 1, step = 1 }\n" + STEP,
        "f:9:5: from = 2 is above",
    ),
    "endless interval": (
        HEAD + GRAPH + "[vary]\nx = { from = 0, to = 1e300, step = 1e-300 }\n" + STEP,
        "f:9:5: more than",
    ),
    "walk sideways": (
        HEAD + GRAPH + '[[step]]\nwalk = "bacward"\n',
        'f:9:8: walk cannot be "bacward"; did you mean "backward"?',
    ),
    "walk without graph": (
        HEAD + '[[step]]\nwalk = "forward"\n',
        "f:5:1: walk needs a graph, and this lesson has none",
    ),
    "field out of place": (HEAD + STEP + "digits = 3\n", "f:6:1: digits means nothing in a step with say"),
    "two tolerances": (
        HEAD + GRAPH + '[[step]]\nid = "q"\nask = "?"\nnumber = "y"\nwithin = 1\ndigits = 3\n',
        "f:13:1: within and digits are both given",
    ),
    "ask without kind": (HEAD + '[[step]]\nid = "q"\nask = "?"\n', "f:4:1: a question has exactly one of number"),
    "kind without ask": (HEAD + GRAPH + '[[step]]\nnumber = "y"\n', "f:8:1: a step has exactly one of say"),
    "unknown run": (HEAD + RUN + '[[step]]\ntrain = "slwo"\n', 'there is no run "slwo"; did you mean "slow"?'),
    "unknown model": (HEAD + RUN.replace('model = "net"', 'model = "nte"') + STEP, 'f:9:9: there is no model "nte"'),
    "unknown data": (HEAD + RUN.replace('"points"', '"pionts"') + STEP, 'f:10:8: there is no data "pionts"'),
    "no loss": (HEAD + RUN.replace('loss = "bce"\n', "") + STEP, "f:8:6: a run of a model needs loss"),
    "like nobody": (
        HEAD + RUN + '[run.fast]\nlike = "slo"\n' + STEP,
        'f:13:8: there is no run "slo"; did you mean "slow"?',
    ),
    "like itself": (HEAD + RUN + '[run.fast]\nlike = "fast"\n' + STEP, "f:13:8: this chain of like never ends"),
    "trains nothing": (HEAD + "[run.a]\nlr = 0.5\n" + STEP, "f:4:6: this run trains nothing"),
    "batch a word": (HEAD + RUN + 'batch = "al"\n' + STEP, 'f:12:9: batch cannot be "al"; did you mean "all"?'),
    "batch a fraction": (
        HEAD + RUN + "batch = 0.5\n" + STEP,
        "f:12:9: batch is the number 0.5; a whole number is wanted",
    ),
    "batch zero": (HEAD + RUN + "batch = 0\n" + STEP, "f:12:9: batch must be at least 1"),
    "epochs": (HEAD + RUN + "epochs = 9007199254740992\n" + STEP, "f:12:10: epochs must be at most 10000000"),
    "units": (HEAD + RUN.replace("units = 1", "units = 1_000_000_000") + STEP, "f:5:21: units must be at most 100000"),
    "init a number": (
        HEAD + RUN.replace("}]\n", "}]\ninit = 3\n") + STEP,
        "f:6:8: init is the whole number 3; text or a table",
    ),
    "csv without file": (HEAD + '[data.p]\nfrom = "csv"\n' + STEP, "f:4:7: data from a csv file need file and inputs"),
    "split misspelt": (HEAD + '[data.p]\nfrom = "xor"\nsplit = { trian = 1 }\n' + STEP, 'f:6:11: unknown key "trian"'),
    "domain a number": (HEAD + GRAPH + "domain = { x = 3 }\n" + STEP, "f:8:16: the domain of x is neither a word"),
    "domain upside down": (HEAD + GRAPH + "domain = { x = [1, 0] }\n" + STEP, "f:8:16: the domain of x is neither"),
    "bad byte": (
        HEAD.encode() + b'summary = "\xc5\xb7\xff"\n',
        "f:4:13: byte 0xff is not UTF-8; save the file as UTF-8",
    ),
    "bad TOML": (HEAD + "minutes = \n" + STEP, "f:4:11: this is no value"),
    "key twice": (HEAD + GRAPH.replace("x = 1", "x = 1, x = 2") + STEP, "this key stands twice"),
}


@pytest.mark.parametrize(("text", "message"), ONE_PROBLEM.values(), ids=ONE_PROBLEM)
def test_one_cause_is_one_problem(text: str | bytes, message: str) -> None:
    found = said(text)
    assert len(found) == 1, found
    assert message in found[0]


def test_everything_that_is_missing_is_said() -> None:
    assert [line.split(":")[3] for line in said(STEP)] == [" format is missing", " id is missing", " title is missing"]


@pytest.mark.parametrize("payload", ["\\u001b]52;c;cm0gLXJmIH4=\\u0007", "[@click=app.quit]", "\\u202e", "\\u0000"])
def test_hostile_text_in_problems_is_safe(payload: str) -> None:
    text = HEAD + f'unit = "{payload}"\n"{payload}" = 1\n[graph."{payload}"]\nnodes = ["{payload}"]\n' + STEP
    assert len(said(text)) >= 3
    assert all(line.isprintable() for line in said(text))


def test_a_hopeless_file_does_not_flood() -> None:
    found = said(HEAD + "\n".join(f"k{i} = 1" for i in range(500)) + "\n" + STEP)
    assert len(found) == 101
    assert "f: and more problems" in found


def test_the_sound_rest_of_a_broken_lesson_is_kept() -> None:
    reading = read_data((HEAD + "colour = 1\n" + GRAPH + "total = 3\n" + STEP + "[[step]]\nsay = 1\n").encode(), "f")
    assert reading.loaded is not None
    assert len(reading.problems) == 3
    assert reading.loaded.lesson.graph["main"].nodes == ["y = w*x"]
    assert [step.say for step in reading.loaded.lesson.step] == ["hi", ""]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in str(read(tmp_path / "x").problems[0])
    assert "regular file" in str(read(tmp_path).problems[0])
    (tmp_path / "big").write_bytes(b"#" * (256 * 1024 + 1))
    with pytest.raises(ProblemsError, match="larger than 256 KiB"):
        load(tmp_path / "big")
    assert read("\0").loaded is None
    assert "not a regular" in str(read("/dev/zero").problems[0])


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    text = "\ufeff" + (HEAD + GRAPH + STEP + "graph = 3\n").replace("\n", "\r\n")
    assert said(text) == ["f:10:9: graph is the whole number 3; text is wanted here"]


SOURCE = LESSONS[0].read_bytes()
PIECES = [
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b"'''",
    b'"""',
    b"\n",
    b"=",
    b".",
    b",",
    b"#",
    b"\\",
    b"\x00",
    b"\xff",
    b"\xe2\x80\xae",
]
PIECES += [b"-1", b"nan", b"1e999", b"true", b"[[step]]\n", b"like", b"given", b"[graph.main]", b"9" * 500, b"a." * 20]


def mutated(source: bytes, seed: int) -> bytes:
    rng = random.Random(seed)
    data = bytearray(source)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[at:at] = rng.choice(PIECES)
            case 1:
                del data[at : at + rng.randint(1, 30)]
            case 2:
                data[at : at + rng.randint(1, 8)] = rng.choice(PIECES)
            case _:
                start = rng.randrange(len(data) + 1)
                data[at:at] = data[start : start + rng.randint(1, 60)]
    return bytes(data)


def is_orderly(reading: Reading) -> bool:
    lines = [str(problem) for problem in reading.problems]
    return all(line.isprintable() and line.startswith("f") for line in lines) and bool(lines or reading.loaded)


@pytest.mark.parametrize("block", range(10))
def test_mutated_lessons_are_read_or_refused_in_order(block: int) -> None:
    for seed in range(block * 200, (block + 1) * 200):
        source = mutated(LESSONS[seed % len(LESSONS)].read_bytes(), seed)
        assert is_orderly(read_data(source, "f")), seed


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_order(data: bytes) -> None:
    assert is_orderly(read_data(data, "f"))


VALUES = st.recursive(
    st.sampled_from(["1", "-1", "0.5", "nan", "true", '"x"', "'main'", "1979-05-27", '""', "9007199254740993"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from("x say from to step text right".split()), inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{k} = {v}" for k, v in table.items()) + "}"
        ),
    ),
    max_leaves=6,
)
FIELDS = (
    "format id title needs minutes graph.main graph.main.given graph.main.rows graph.main.domain graph.main.nodes "
    "graph.main.aliases vary vary.x data.p data.p.from data.p.split model.m model.m.init model.m.layers run.r "
    "run.r.like run.r.batch run.r.stop step run.r.schedule"
).split()


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6))
def test_any_value_in_any_field_is_read_or_refused_in_order(fields: dict[str, str]) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in fields.items())
    assert is_orderly(read_data(text.encode(), "f"))
