"""Where the keys and values of a TOML document stand: path in the parsed data → line and column.

tomllib gives no positions; a concrete syntax tree does. It is made only when the first place is asked for.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tutor.errors import Problem

if TYPE_CHECKING:
    import tree_sitter

Path = tuple[str | int, ...]
Place = tuple[int, int]
"""Line and column, from 1; columns in characters."""

_ESCAPES = re.compile(r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}|\\[^\s]|(?P<nothing>\\[ \t]*\r?\n\s*)|\r\n|.", re.DOTALL)
_LITERAL = re.compile(r"(?P<nothing>(?!))|\r\n|.", re.DOTALL)


@dataclass(frozen=True)
class Finding:
    """Something wrong at a path of the data; at the key there, or at its value."""

    path: Path
    what: str
    cure: str | None = None
    at_key: bool = False


@dataclass(frozen=True)
class _Entry:
    """The nodes of one path: its key (none for array elements) and its value (none for table headers)."""

    key: tree_sitter.Node | None
    value: tree_sitter.Node | None


class Places:
    """The places of one document, which tomllib could read."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._opened: set[Path] = set()

    def key(self, path: Path) -> Place:
        """Where the key is; for an array's element the element; for what is not there the nearest table around it."""
        entry = self._nearest(path)
        return self._place(entry.key or entry.value)

    def value(self, path: Path) -> Place:
        """Where the value begins; for what is not there the nearest table around it."""
        entry = self._nearest(path)
        if entry.value is None or self._find(path) is None:
            return self._place(entry.key or entry.value)
        return self._place(entry.value)

    def inside(self, path: Path, offset: int = 0) -> Place:
        """Where character `offset` of a text value stands, through quotes, escapes and line ends; else as `key`."""
        entry = self._find(path)
        if entry is None or entry.value is None or entry.value.type != "string":
            return self.key(path)
        raw = self._source[entry.value.start_byte : entry.value.end_byte].decode("utf-8")
        return self._at(entry.value.start_byte + len(raw[: _raw_offset(raw, offset)].encode("utf-8")))

    def problem(self, file: str, finding: Finding) -> Problem:
        """A finding with its line and column."""
        place = self.key(finding.path) if finding.at_key else self.value(finding.path)
        return Problem(file, *place, finding.what, finding.cure)

    @cached_property
    def _entries(self) -> dict[Path, _Entry]:
        """Tables and the pairs in them; what is inside their values is added when it is asked for."""
        import tree_sitter
        import tree_sitter_toml

        parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_toml.language()))
        self._tree = parser.parse(self._source)  # kept: nodes live as long as their tree
        return dict(_tables(self._tree.root_node))

    def _find(self, path: Path) -> _Entry | None:
        for length in range(1, len(path)):
            self._open(path[:length])
        return self._entries.get(path)

    def _open(self, path: Path) -> None:
        entry = self._entries.get(path)
        if path in self._opened or entry is None or entry.value is None:
            return
        self._opened.add(path)
        for inner, found in _inside(entry.value, path):
            self._entries.setdefault(inner, found)

    def _nearest(self, path: Path) -> _Entry:
        for length in range(len(path), 0, -1):
            entry = self._find(path[:length])
            if entry is not None:
                return entry
        return _Entry(None, None)

    def _place(self, node: tree_sitter.Node | None) -> Place:
        return (1, 1) if node is None else self._at(node.start_byte)

    def _at(self, byte: int) -> Place:
        start = self._source.rfind(b"\n", 0, byte) + 1
        column = len(self._source[start:byte].decode("utf-8", "replace")) + 1
        return self._source.count(b"\n", 0, start) + 1, column


def _tables(root: tree_sitter.Node) -> Iterator[tuple[Path, _Entry]]:
    """Every header and every key = value outside of values; a later header does not move an earlier one."""
    seen: dict[Path, _Entry] = {}
    counts: dict[Path, int] = {}
    for node in root.named_children:
        if node.type == "pair":
            _add_pair(seen, node, ())
        elif node.type in ("table", "table_array_element"):
            path = _add_header(seen, counts, node)
            for child in node.named_children[1:]:
                if child.type == "pair":
                    _add_pair(seen, child, path)
    yield from seen.items()


def _add_header(seen: dict[Path, _Entry], counts: dict[Path, int], node: tree_sitter.Node) -> Path:
    """[a.b] or [[a.b]]: the path of the table it opens; within [[a]] that is the latest element."""
    path: Path = ()
    names = list(_names(node.named_children[0]))
    for i, (name, key) in enumerate(names):
        path = (*path, name)
        seen.setdefault(path, _Entry(key, None))
        if node.type == "table_array_element" and i == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
            path = (*path, counts[path])
            seen[path] = _Entry(node, None)
        elif path in counts:
            path = (*path, counts[path])
    return path


def _add_pair(seen: dict[Path, _Entry], node: tree_sitter.Node, path: Path) -> None:
    first, value = node.named_children[:2]  # a comment may follow
    names = list(_names(first))
    for i, (name, key) in enumerate(names):
        path = (*path, name)
        seen.setdefault(path, _Entry(key, value if i == len(names) - 1 else None))


def _inside(value: tree_sitter.Node, path: Path) -> Iterator[tuple[Path, _Entry]]:
    """The direct contents of an array or inline table."""
    if value.type == "array":
        elements = (child for child in value.named_children if child.type != "comment")
        yield from (((*path, i), _Entry(None, element)) for i, element in enumerate(elements))
    elif value.type == "inline_table":
        seen: dict[Path, _Entry] = {}
        for child in value.named_children:
            if child.type == "pair":
                _add_pair(seen, child, path)
        yield from seen.items()


def _names(key: tree_sitter.Node) -> Iterator[tuple[str, tree_sitter.Node]]:
    """The parts of a key, unquoted, from left to right."""
    if key.type == "dotted_key":
        for child in key.named_children:
            yield from _names(child)
    else:
        text = (key.text or b"").decode("utf-8")
        yield tomllib.loads(f"k = {text}")["k"] if key.type == "quoted_key" else text, key


def _raw_offset(raw: str, offset: int) -> int:
    """Where character `offset` of a string's value is written, in the string as written with its quotes."""
    quote = raw[:3] if raw[:3] in ('"""', "'''") else raw[:1]
    at, end = len(quote), len(raw) - len(quote)
    if len(quote) == 3:  # a newline right after the opening quotes is not part of the value
        at += raw.startswith("\n", at) or 2 * raw.startswith("\r\n", at)
    pieces = _ESCAPES if quote[0] == '"' else _LITERAL
    for piece in pieces.finditer(raw, at, end):
        if piece["nothing"] is None:
            if offset == 0:
                return piece.start()
            offset -= 1
    return end
