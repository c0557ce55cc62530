import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode


class TextScreen(SingleFileSnapshotExtension):
    """One .txt file a screen, to be read by a person."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture
def screen(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TextScreen)


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TUTOR_THEME", "TUTOR_LESSONS", "SSH_CONNECTION", "COLORFGBG"):
        monkeypatch.delenv(name, raising=False)
