"""One hostile corpus through every sink without a screen: nothing that a terminal, a spreadsheet or a browser obeys."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.tutor import sample_lessons as lessons
from tests.tutor.commands import Done, run
from tutor import course as courses
from tutor.journal import encoded
from tutor.plain import run_plain
from tutor.request import Request

PAYLOADS = {
    "colour": "\x1b[31mred\x1b[0m",
    "clipboard": "\x1b]52;c;cm0gLXJmIH4=\x07x",
    "clipboard, C1": "\x9d52;c;cm0gLXJmIH4=\x9cx",
    "link": "\x1b]8;;http://evil/\x1b\\x\x1b]8;;\x1b\\",
    "title": "\x1b]0;pwned\x07x",
    "CSI of one byte": "\x9b31mred",
    "device control": "\x1bPq#0\x1b\\x",
    "reset": "\x1bcx",
    "bell and backspace": "a\x07\x08\x08b",
    "carriage return": "right\rwrong",
    "bidi": "x\u202egpj.exe\u2066y",
    "zero width": "a\u200b\u200d\ufeffb",
    "tags": "a\U000e0041b",
    "marks": "e" + "\u0301" * 100,
    "action": "[@click=app.quit]x[/]",
    "markup": "a[i][/j][bold",
    "sum": "=SUM(A1:A9)",
    "command": "=cmd|'/C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "tab": "\t=1+1",
    "spaces": " =1+1",
    "html": "<script>alert(1)</script><img src=x onerror=y>",
    "image": "![x](http://evil/x.png) [y](javascript:alert(1))",
    "reference": "[x]\n\n[x]: http://evil",
    "autolink": "<http://evil> http://evil www.evil.org a@evil.org",
    "table": "a | b | c\n--- | ---",
    "fence": "```\n[x](http://evil)\n```\n# out",
    "ticks": "` [x](http://evil) ``",
    "quotes": '"""\nimport os\n"""; \'',
    "percent": "%s {0} {name} %(x)s \\N{BULLET} \\x1b[31m",
    "long": "x" * 190,
}
FORBIDDEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)


def toml(text: str) -> str:
    return '"' + "".join(c if c.isascii() and c.isalnum() else f"\\U{ord(c):08x}" for c in text) + '"'


def hostile_lesson(payload: str) -> str:
    text = toml(payload)
    return f"""format = 1
id = "hostile"
title = {text}
summary = {text}
[graph.main]
given = {{ x = 2.0 }}
weights = {{ w = 0.5 }}
nodes = ["L = w*x"]
[vary]
w = {{ choose = [0.5] }}
[[step]]
say = {text}
[[step]]
say = {toml("    " + payload)}
[[step]]
walk = "backward"
[[step]]
id = "pick"
ask = {text}
hints = [{text}]
choice = [{{ text = {text}, because = {text} }}, {{ text = "b", right = true, because = {text} }}]
[[step]]
id = "slope"
ask = {text}
formula = "dL/dw"
hints = [{text}]
[[step]]
id = "value"
ask = {text}
number = "dL/dx"
[[step]]
id = "essay"
ask = {text}
essay = {text}
[[step]]
id = "order"
ask = {text}
order = "forward"
"""


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture(params=PAYLOADS.values(), ids=PAYLOADS)
def payload(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def world(payload: str, tmp_path: Path) -> Path:
    """A lesson, and in `in` two answers files and an export, with the payload in every text; file names too."""
    lessons.written(tmp_path, hostile_lesson(payload))
    folder = tmp_path / "in"
    folder.mkdir()
    texts = dict.fromkeys(("pick", "slope", "value", "essay", "order", payload[:100] or "x"), payload)
    name = "".join(c for c in payload if c not in "/\0")[:60].encode()[:200].decode(errors="ignore")
    for k in "ab":
        (folder / f"{name}{k}.toml").write_text(
            f'lesson = "hostile"\nstudent = {toml(payload)}\nvariant = {toml(payload)}\n[answers]\n'
            + "".join(f"{toml(key)} = {toml(text)}\n" for key, text in texts.items()),
            encoding="utf-8",
        )
    lines = (f"{key} = {toml(payload)}\n" for key in ("pick", "slope", "value", "essay", "order"))
    (tmp_path / "own.toml").write_text(f'lesson = "hostile"\nstudent = {toml(payload)}\n[answers]\n{"".join(lines)}')
    (folder / f"c{name}.toml").write_text(f"lesson = {toml(payload)}\n", encoding="utf-8")
    (folder / f"d{name}.toml").write_text(f"{toml(payload)} = {toml(payload)}\n", encoding="utf-8")
    record = {"v": 1, "s": payload, "n": 1, "kind": "answer", "lesson": "hostile", "question": "slope", "text": payload}
    (folder / f"e{name}.jsonl").write_bytes(encoded({**record, "time": 1.0, "variant": payload, "sha256": payload}))
    return tmp_path


def fault(world: Path) -> str:
    """The end of the log of the program's own errors."""
    log = world / "state" / "tutor" / "tutor.log"
    return log.read_text("utf-8")[-600:] if log.exists() else ""


def inert(text: str) -> None:
    found = FORBIDDEN.search(text)
    assert found is None, ascii(text[max(0, found.start() - 40) : found.end() + 20])
    assert not re.search("\u0301{5}", text)


def inert_json(text: str) -> None:
    assert text.isascii()
    inert(text)
    for line in text.splitlines():
        json.loads(line)


def inert_cells(text: str) -> None:
    """No cell that a spreadsheet takes for a formula; a number may be negative."""
    inert(text)
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "@")), cell
            assert not cell.lstrip().startswith("-") or re.fullmatch(r"-[\d.e+-]+|-inf", cell.strip()), cell


def inert_markdown(text: str) -> None:
    """Rendered as forges do, with HTML and bare addresses that become links: no link, image or HTML comes out."""
    inert(text)
    parser = MarkdownIt("gfm-like", {"html": True})
    tokens = [*parser.parse(text)]
    tokens += [child for token in tokens for child in token.children or []]
    active = {"link_open", "image", "html_inline", "html_block"}
    assert not [token.content or token.attrs for token in tokens if token.type in active]


def sinks(world: Path) -> Iterator[tuple[list[str], Callable[[str], None]]]:
    """Every command that shows something of a lesson or an answer, and what its output must be like."""
    lesson, folder, own = str(world / "lesson.toml"), world / "in", str(world / "own.toml")
    yield ["run", lesson, "--headless"], inert
    yield ["run", lesson, "--headless", "--answers", own], inert
    yield ["run", lesson, "--headless", "--format", "json", "--answers", own], inert_json
    yield ["run", lesson, "--headless", "--format", "csv"], inert_cells
    yield ["check", lesson], inert
    yield ["grade", lesson, str(folder)], inert
    yield ["grade", lesson, str(folder), "--format", "csv", "--feedback", str(world / "feedback")], inert_cells
    yield ["grade", lesson, str(folder), "--format", "json"], inert_json
    yield ["grade", lesson, str(folder), "--format", "jsonl"], inert_json
    yield ["report", str(folder), "--lesson", lesson], inert
    yield ["report", str(folder), "--lesson", lesson, "--format", "markdown"], inert_markdown
    yield ["report", str(folder), "--lesson", lesson, "--format", "json"], inert_json
    yield ["report", str(folder)], inert
    yield ["export", lesson, "--to", "markdown", "--answers"], inert_markdown
    yield ["export", lesson, "--to", "pytorch"], lambda text: inert(text) or compile(text, "script", "exec")
    yield ["export", lesson, "--to", "notebook", "--answers"], inert_notebook
    yield ["list"], inert
    yield ["progress"], inert


def inert_notebook(text: str) -> None:
    assert text.isascii()
    for cell in json.loads(text)["cells"]:
        (inert_markdown if cell["cell_type"] == "markdown" else inert)("".join(cell["source"]))


def test_every_sink(
    world: Path, payload: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TUTOR_LESSONS", str(world))
    courses.course.cache_clear()
    try:
        for args, is_inert in sinks(world):
            done = run(capsys, *args)
            assert done.status in (0, 1), (args, done.err, fault(world))
            assert done.out
            is_inert(done.out)
            inert(done.err)
    finally:
        courses.course.cache_clear()
    for file in (world / "feedback").iterdir():
        assert all(c in "._-" or unicodedata.category(c)[0] in "LMN" for c in file.name)  # of any script
        inert(file.name)
        inert(file.read_text("utf-8"))


def test_plain_mode(world: Path, payload: str) -> None:
    sink = io.StringIO()
    said = " ".join(payload.split())
    lines = [
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        "",
        said,
        "hint",
        "1",
        "",
        said,
        "",
        said,
        "",
        said,
        "set w=" + said,
        said,
        "quit",
    ]
    run_plain(Request(str(world / "lesson.toml"), variant=payload), io.StringIO("\n".join(lines) + "\n"), sink)
    inert(sink.getvalue())
    assert all(len(line) <= 80 for line in sink.getvalue().split("\n"))


def usage(payload: str) -> Iterator[list[str]]:
    """The payload in every place of a command line."""
    yield ["run", payload, "--headless"]
    yield ["run", f"/nowhere/{payload}.toml", "--headless"]
    yield ["run", "seven-nodes", "--headless", "--format", payload]
    yield ["run", "seven-nodes", "--headless", "--set", payload]
    yield ["run", "seven-nodes", "--headless", "--set", f"x={payload}"]
    yield ["run", "seven-nodes", "--headless", "--set", f"{payload}=1"]
    yield ["run", "seven-nodes", "--headless", "--answers", f"/nowhere/{payload}"]
    yield ["run", "seven-nodes", "--headless", f"--{payload}"]
    yield ["explain", payload]
    yield ["explain", "x^2", payload]
    yield ["explain", "x^2", f"x={payload}"]
    yield ["explain", "x^2", "x=1", "--detail", payload]
    yield ["check", payload]
    yield ["grade", "seven-nodes", f"/nowhere/{payload}"]
    yield ["report", f"/nowhere/{payload}"]
    yield ["export", "seven-nodes", "--to", payload]
    yield ["sweep", "seven-nodes", "--over", payload]
    yield ["new", payload]
    yield ["new", f"{payload}/a-lesson"]
    yield ["help", payload]
    yield [payload]


def test_usage(
    payload: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for args in usage(payload):
        done: Done = run(capsys, *args)
        assert done.status in (0, 1, 2), (args, done.err)
        assert "Traceback" not in done.err
        inert(done.out + done.err)
