import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.toml_positions import Finding, Path, Places

SOURCE = """\
title = "ŷ and x" # a comment
a.b = 1
"quoted key" = [1, # one
  [2, "ŷ", {x = 3, y.z = 4}],
]

[graph.main]
given = { x1 = 1.0, "x 2" = 2.0 }
nodes = [
  "r = relu(c*x1)",
  'ŷ = σ(r)',
]

[[step]]
say = "one"

[[step]]
id = "two"
choice = [ { text = "ŷŷ", right = true } ]
[step.inner]
deep = 1
[[step.list]]
entry = 5
"""
PLACES = Places(SOURCE.encode())


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), (1, 1), (1, 9)),
        (("a",), (2, 1), (2, 1)),
        (("a", "b"), (2, 3), (2, 7)),
        (("quoted key",), (3, 1), (3, 16)),
        (("quoted key", 0), (3, 17), (3, 17)),
        (("quoted key", 1), (4, 3), (4, 3)),
        (("quoted key", 1, 1), (4, 7), (4, 7)),
        (("quoted key", 1, 2, "x"), (4, 13), (4, 17)),
        (("quoted key", 1, 2, "y", "z"), (4, 22), (4, 26)),
        (("graph", "main"), (7, 8), (7, 8)),
        (("graph", "main", "given", "x 2"), (8, 21), (8, 29)),
        (("graph", "main", "nodes", 1), (11, 3), (11, 3)),
        (("step", 0, "say"), (15, 1), (15, 7)),
        (("step", 1), (17, 1), (17, 1)),
        (("step", 1, "choice", 0, "right"), (19, 27), (19, 35)),
        (("step", 1, "inner", "deep"), (21, 1), (21, 8)),
        (("step", 1, "list", 0, "entry"), (23, 1), (23, 9)),
    ],
)
def test_keys_and_values_are_found(path: Path, key: tuple[int, int], value: tuple[int, int]) -> None:
    assert PLACES.key(path) == key
    assert PLACES.value(path) == value


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("missing",), (1, 1)),
        ((), (1, 1)),
        (("graph", "main", "output"), (7, 8)),
        (("step", 1, "hints", 3), (17, 1)),
        (("graph", "main", "given", "x9"), (8, 1)),
    ],
)
def test_what_is_not_there_is_placed_at_the_table_around_it(path: Path, place: tuple[int, int]) -> None:
    assert PLACES.value(path) == place


def test_findings_become_problems() -> None:
    finding = Finding(("graph", "main", "nodes", 0), "bad", "better")
    assert str(PLACES.problem("f", finding)) == "f:10:3: bad; better"


WRITTEN = {
    '"abc"': "abc",
    "'a\\c'": "a\\c",
    r'"a\"b\\cŷ\tde"': 'a"b\\cŷ\tde',
    r'"\u0177=\U0001D465z"': "ŷ=𝑥z",
    '"""abc"""': "abc",
    '"""\nab\ncd"""': "ab\ncd",
    '"""\r\nab\r\ncd"""': "ab\ncd",
    '"""a\\\n   \n  b\\\\c"""': "ab\\c",
    "'''\nab\\\ncd'''": "ab\\\ncd",
    '""""q" z"""': '"q" z',
    "''''q'''''": "'q''",
    '""': "",
}


@pytest.mark.parametrize(("raw", "value"), WRITTEN.items())
def test_offsets_inside_texts(raw: str, value: str) -> None:
    source = f"é = 1 # not TOML, only a prefix of odd width\nk = {raw}\n".replace("é", "e")
    assert tomllib.loads(source)["k"] == value
    places = Places(source.encode())
    lines = source.split("\n")
    for offset, char in enumerate(value):
        line, column = places.inside(("k",), offset)
        written = lines[line - 1][column - 1 :]
        assert written.startswith((char, "\\")) or char == "\n"
    end_line, end_column = places.inside(("k",), len(value))
    assert lines[end_line - 1][end_column - 1 :].startswith(('"', "'"))


@pytest.mark.parametrize(("offset", "place"), [(0, (2, 1)), (3, (2, 4)), (4, (2, 10)), (6, (3, 1)), (99, (3, 4))])
def test_exact_offsets(offset: int, place: tuple[int, int]) -> None:
    places = Places(b'k = """\nabc\\u0041d\nefg"""')
    assert places.inside(("k",), offset) == place


def test_inside_what_is_no_text_is_its_key() -> None:
    assert PLACES.inside(("graph", "main", "given", "x1"), 5) == (8, 11)
    assert PLACES.inside(("graph", "main", "output"), 5) == (7, 8)


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40), st.data())
def test_every_character_of_a_literal_text_is_where_it_stands(text: str, data: st.DataObject) -> None:
    text = text.replace("'", "_")
    offset = data.draw(st.integers(0, len(text)))
    source = f"a = 'ŷ'\nk = ['{text}']\n"
    assert Places(source.encode()).inside(("k", 0), offset) == (2, 7 + offset)
