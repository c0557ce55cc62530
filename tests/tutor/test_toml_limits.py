import tomllib

import pytest

from tutor.errors import ProblemsError
from tutor.toml_limits import MAX_BRACKETS, MAX_KEY_PARTS, oversized, parse

K = 256 * 1024
REFUSED = {
    "one dotted key of 4,000 parts": (".".join("a" * 4000) + " = 1", "1:2: a key of more than 8 parts"),
    "quoted, spaced parts": (" . ".join(['"a.b"'] * 9) + " = 1", "1:7: a key of more than 8 parts"),
    "a deep header": ("[" + ".".join("a" * 40) + "]", "1:3: a key of more than 8 parts"),
    "a dotted key in an inline table": ("x = {" + ".".join("a" * 9) + " = 1}", "1:7: a key of more"),
    "brackets": ("a = " + "[" * 4000 + "]" * 4000, "1:37: more than 32 brackets deep"),
    "inline tables": ("a = " + "{a=" * 2000, "1:101: more than 32 brackets deep"),
    "brackets over many lines": ("a = " + "[\n" * 4000, "33:1: more than 32 brackets deep"),
    "brackets behind texts": ("a = ['[', \"[\", '''\n[''', # [\n" + "[" * 40, "3:32: more than 32 brackets"),
    "digits": ("a = " + "9" * 5000, "1:5: a number of more than 400 digits"),
    "a long line": ("a = '" + "x" * 9000 + "'", "1:8193: a line of more than 8192 characters"),
    "a large file": ("# x\n" * K, "f: larger than 256 KiB"),
    "many lines": ("\n" * 30_000, "more than 20000 lines"),
    "many keys": ("\n".join(f"x{i}=1" for i in range(10_000)), "more than 8000 keys in one file"),
    "many tables": ("[a]\n" * 9000, "8001:1: more than 8000 tables and lists"),
    "many values": (("a = [" + "1," * 4000 + "]\n") * 11, "more than 40000 values in one file"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_bombs_are_refused_with_their_place(text: str, message: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        parse(text, "f")
    assert str(refused.value).startswith("f:")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        ".".join("a" * MAX_KEY_PARTS) + " = 1",
        "a = " + "[" * MAX_BRACKETS + "]" * MAX_BRACKETS,
        'say = """\n' + "..... a.b.c.d.e.f.g.h.i.j.k " * 20 + "[" * 100 + '"""',
        "a = '" + "[" * 1000 + "'",
        "# " + "[" * 1000 + ".".join("a" * 1000),
        'a = """x""""" # "\nb = [1]',
        r'a = "\"[[[" # ' + "[" * 100,
        "a = '" + "1" * 500 + "'",
        "a = [0.5, 0.25, 1e-3, 1979-05-27]",
    ],
)
def test_what_lessons_may_hold_passes(text: str) -> None:
    assert parse(text, "f") == tomllib.loads(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\nb = \n", "f:2:5: this is no value; text needs quotes"),
        ("a = 1\nb = [1,\n", "f:2:5: this list is not closed; add ]"),
        ("b = [1", "f:1:5: this list is not closed; add ]"),
        ("a = 1\na = 2\n", "this key stands twice in its table; keep one of the two"),
        ('a = "x\n', "f:1:7: a line ends inside a text; close the quotes"),
        ("[t]\n[t]\n", "this table stands twice"),
        ("a\n", "f:1:2: here = is missing after a key"),
        ('a = "\\q"', "a lone \\ in a text"),
        ("ŷŷŷ = 1", "f:1:1: not TOML: invalid statement"),
        ("a = 1 2", "f:1:7: something stands after the value"),
        ("a = 1\x1b[2J", "something stands after the value"),
    ],
)
def test_syntax_errors_have_place_and_cure(text: str, message: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        parse(text, "f")
    assert message in str(refused.value)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # brackets: where they were opened
        ("t = 1\na = [\n 1,\n 2,\nb = 3\n", "f:2:5: this list is not closed; add ]"),
        ("a = [1,\n2\nb = 3\n", "f:1:5: this list is not closed; add ]"),
        ('a = ["x",\n[vary]\nw = 1\n', "f:1:5: this list is not closed; add ]"),
        ('a = ["x"\n[[step]]\nw = 1\n', "f:1:5: this list is not closed; add ]"),
        ('a = [["x"],\n["y"\n[[step]]\n', "f:2:1: this list is not closed; add ]"),
        ("a = {b = 1", "f:1:5: this inline table is not closed on its line; add }"),
        ("a = {b = 1\n[x]\n", "f:1:5: this inline table is not closed on its line; add }"),
        ("a = {b = 1,\n c = 2}\n", "f:1:5: this inline table is not closed on its line; add }"),
        # texts
        ('a = 1\nb = """x\ny = 2\n', 'f:2:5: this text is not closed; add """'),
        ("a = '''x\ny = 2\n", "f:1:5: this text is not closed; add '''"),
        ("a = “x”", 'f:1:5: this is a typographic quote; text stands in straight quotes: "…"'),
        ("a = [“x”]", "f:1:6: this is a typographic quote"),
        ("“a” = 1", "f:1:1: this is a typographic quote"),
        ("a = ‘x’", "f:1:5: this is a typographic quote"),
        # commas
        ('a = [\n  "x",\n  "y"\n  "z",\n]', "f:4:3: a comma is missing before this; put , between two entries"),
        ("a = [1 2]", "f:1:8: a comma is missing before this"),
        ("a = [{b = 1},\n {c = 2}\n {d = 3}]", "f:3:2: a comma is missing before this"),
        ("a = {b = 1 c = 2}", "f:1:12: a comma is missing before this"),
        ("a = {b = 1,}", "f:1:12: a comma stands before this }; take it away"),
        # values
        ("a = True", "f:1:5: this is no value; write true"),
        ("a = {b = False }", "f:1:10: this is no value; write false"),
        ("a = Truely", "f:1:5: this is no value; text needs quotes"),
        ("a = .8", "f:1:5: a number begins with a digit; write 0.8"),
        ("a = [0.5, -.25]", "f:1:11: a number begins with a digit; write -0.25"),
        ("a = 5.", "f:1:6: a number ends with a digit; write .0"),
        ("a = 0.36.5", "f:1:9: this number has a second point; a number has one"),
        ("a = 0,8", "f:1:5: 0,8 is no number; decimals have a point: 0.8"),
        ("a = {b = 0,8, c = 1}", "f:1:10: 0,8 is no number; decimals have a point: 0.8"),
        ("a = {b = -12,5 }", "f:1:10: -12,5 is no number; decimals have a point: -12.5"),
        ("a = 1, b = 2", "f:1:6: something stands after the value"),
        # comments
        ("// a", "f:1:1: this begins no comment; a comment begins with #"),
        ("a = 1 // b", "f:1:7: this begins no comment; a comment begins with #"),
        ("; a", "f:1:1: this begins no comment"),
        ("/* a */", "f:1:1: this begins no comment"),
    ],
)
def test_what_an_author_meant_is_told_at_its_cause(text: str, message: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        parse(text, "f")
    (problem,) = refused.value.problems
    assert str(problem).startswith(message)
    assert "\n" not in str(problem) and len(str(problem)) < 200


def test_a_message_stays_short_and_on_a_line_whatever_is_cut_off() -> None:
    """A sound document, cut off or with a character taken out at every place."""
    whole = 'a = [\n  "x = {1}", # [\n  """y\n[t]""",\n  { b = 0.5, c = [1, 2] },\n]\n[t]\nd = \'e\'\n[[s]]\nf = -1e3\n'
    assert tomllib.loads(whole)
    for i in range(len(whole)):
        for text in (whole[:i], whole[:i] + whole[i + 1 :], whole[:i] + "“" + whole[i:], whole[:i] + "]" + whole[i:]):
            try:
                parse(text, "f")
            except ProblemsError as error:
                (problem,) = error.problems
                assert "\n" not in str(problem) and len(str(problem)) < 200
                assert problem.line is not None and 1 <= problem.line <= text.count("\n") + 1
                line = text.split("\n")[problem.line - 1]
                assert problem.column is not None and 1 <= problem.column <= len(line) + 1


def test_values_that_no_lesson_needs() -> None:
    assert oversized({"a": [1, -(2**53), 0.5, "x", {"b": True}]}) == []
    assert [f.path for f in oversized({"a": [1, 2**53 + 1], "b": int("f" * 8000, 16)})] == [("b",), ("a", 1)]
    deep: object = 1
    for _ in range(20):
        deep = [deep]
    assert "deeper" in oversized({"a": deep})[0].what
