from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals and logs of a test go to a folder of its own, never to the developer's."""
    folder: Path = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
