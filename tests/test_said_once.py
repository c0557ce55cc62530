"""What several places must agree on stands in one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = {path: path.read_text("utf-8") for top in ("engine", "tutor") for path in (ROOT / top).rglob("*.py")}


@pytest.mark.parametrize(
    "text",
    [
        "[a-z0-9]+(?:-[a-z0-9]+)*",  # what an id may be
        'FOLDER = "backprop-tutor"',  # the folder in the user's cache
        'XDG_STATE_HOME"',
        'XDG_CACHE_HOME"',
        "PK\\x05\\x06",  # the end of a zip
        "st_uid != os.geteuid()",  # whose a folder is
        "signal.Signals(",
        "os.getloadavg()",
    ],
)
def test_it_stands_once(text: str) -> None:
    assert sum(source.count(text) for source in SOURCES.values()) == 1


def test_every_sync_of_a_folder_knows_file_systems_that_sync_none() -> None:
    """Files are synced where they are written; folders by one function."""
    assert {path.name for path, source in SOURCES.items() if "os.fsync(" in source} == {"atomic.py", "doctor.py"}
