"""Everything that is written goes through one function, which leaves the old file or the new one whole, and private."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for folder in ("engine", "tutor") for path in (ROOT / folder).rglob("*.py"))
WRITERS = {
    *("write_text", "write_bytes", "savez", "savez_compressed", "savetxt", "tofile", "mkstemp", "NamedTemporaryFile"),
    *("touch", "symlink", "symlink_to", "link", "hardlink_to", "copy", "copy2", "copyfile", "copytree", "move"),
    *("rename", "replace", "renames", "truncate", "mkfifo", "FileHandler", "dump"),
}
WRITING_FLAGS = {"O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND", "O_TRUNC"}
ALLOWED = {
    "engine/atomic.py": "is the one function",
    "tutor/journal.py": "appends to a file that has one writer for life",
    "tutor/compaction.py": "makes an empty file to ask a server for its clock",
    "tutor/streams.py": "opens /dev/null and its own standard streams",
    "tutor/log.py": "appends to a log",
    "engine/warmth.py": "writes its number into the file that it locks",
    "tutor/kernel_warmer.py": "tells the kernel that it may go first",
    "engine/priority.py": "tells the kernel how nice a session is",
    "tutor/course_zip.py": "unpacks into a new folder, which gets its name once it is whole",
}
MODULES = {"os", "shutil", "tempfile", "json", "pickle", "logging", "np", "numpy", "path", "pathlib"}


def writers(tree: ast.AST) -> list[str]:
    """The calls in a module that write, or could write, to a file."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in WRITING_FLAGS:
            found.append(f"{node.lineno}: {node.attr}")
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in WRITERS and not is_of_a_text(node):
            found.append(f"{node.lineno}: {name}")
        if name in ("open", "fdopen", "TemporaryFile") and opens_to_write(node):
            found.append(f"{node.lineno}: {name}")
    return found


def is_of_a_text(node: ast.Call) -> bool:
    """`text.replace(a, b)`, `copy.copy` and the like share their names with functions of `os`."""
    function = node.func
    if not isinstance(function, ast.Attribute):
        return True  # dataclasses.replace
    owner = function.value
    shared = function.attr in ("replace", "copy", "link", "move", "dump", "truncate", "touch", "rename")
    return shared and not (isinstance(owner, ast.Name) and owner.id in MODULES)


def opens_to_write(node: ast.Call) -> bool:
    place = 0 if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") not in ("os", "io") else 1
    modes = [node.args[place]] if len(node.args) > place else []
    modes += [word.value for word in node.keywords if word.arg == "mode"]
    return any(isinstance(m, ast.Constant) and isinstance(m.value, str) and set(m.value) & set("wax+") for m in modes)


def test_no_module_writes_by_itself() -> None:
    sources = {str(path.relative_to(ROOT)): path for path in SOURCES}
    assert len(sources) > 100
    found = {name: writers(ast.parse(path.read_text("utf-8"))) for name, path in sources.items() if name not in ALLOWED}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "open(path, 'w')",
        "open(path, mode='ab')",
        "path.open('x')",
        "os.fdopen(handle, 'wb')",
        "path.write_text('')",
        "np.savez(path, a=a)",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "os.replace(a, b)",
        "shutil.copy(a, b)",
        "logging.FileHandler(path)",
        "path.symlink_to(other)",
        "json.dump(data, file)",
    ],
)
def test_the_scan_sees(line: str) -> None:
    assert writers(ast.parse(line)) != []


@pytest.mark.parametrize(
    "line", ["open(path)", "open(path, 'rb')", "text.replace('w', 'x')", "json.dumps(x)", "os.open(p, f)"]
)
def test_the_scan_lets_pass(line: str) -> None:
    assert writers(ast.parse(line)) == []
