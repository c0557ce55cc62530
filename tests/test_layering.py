"""Each heavy library has one door; pyproject.toml holds the layers, this holds the doors."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOORS = {
    "numba": ("engine/jit",),
    "llvmlite": (
        "engine/jit",
        "engine/simd",
        "engine/vector_memory",
        "engine/vector_type",
        "engine/kernels",
    ),  # the intermediate language of explicit vectors
    "pickle": ("engine/jit",),  # compiled kernels, in a private folder only
    "textual": ("tutor/tui",),
    "typer": ("tutor/cli",),
    "plotext": ("tutor/draw/plot",),
    "pydantic": ("tutor/lesson_schema", "tutor/lesson_problems"),
    "tree_sitter": ("tutor/toml_positions",),
}
EXECUTES = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "pickle.load", "pty.spawn"}
NEVER = {"marshal", "shelve", "sympy", "lark"}


def imported(source: str) -> Iterator[str]:
    """The top names of every import of a file, lazy ones too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


def imports_of_the_program() -> dict[str, set[str]]:
    files = [file for top in ("engine", "tutor", "lessons") for file in (ROOT / top).rglob("*.py")]
    return {str(file.relative_to(ROOT)): set(imported(file.read_text("utf-8"))) for file in files}


def is_door(file: str, doors: tuple[str, ...]) -> bool:
    return any(file == f"{door}.py" or file.startswith(f"{door}/") for door in doors)


@pytest.mark.parametrize("library", DOORS)
def test_library_is_imported_at_its_door_only(library: str) -> None:
    users = {file for file, names in imports_of_the_program().items() if library in names}
    assert {file for file in users if not is_door(file, DOORS[library])} == set()


def test_nothing_that_executes_or_guesses_is_imported() -> None:
    assert {(f, n) for f, names in imports_of_the_program().items() for n in names & NEVER} == set()


def executing(source: str) -> Iterator[str]:
    """The calls of a file that run text as a program."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in EXECUTES:
            yield f"{node.lineno}: {node.func.id}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in EXECUTES:
            yield f"{node.lineno}: {ast.unparse(node.func)}"


def test_no_text_is_run_as_a_program() -> None:
    found = {file: list(executing((ROOT / file).read_text("utf-8"))) for file in imports_of_the_program()}
    assert {file: calls for file, calls in found.items() if calls} == {}
    assert list(executing("eval(x)\nos.system(x)\nre.compile(x)")) == ["1: eval", "2: os.system"]


def test_engine_never_imports_tutor() -> None:
    assert [f for f, names in imports_of_the_program().items() if f.startswith("engine/") and "tutor" in names] == []


def test_the_scan_sees_lazy_imports_and_submodules() -> None:
    assert set(imported("def f():\n    import numba.core\n    from textual.app import App\n")) == {"numba", "textual"}
