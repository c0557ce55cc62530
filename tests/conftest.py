import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tutor.kernel_warmer import PLACES

FOR_TESTS = {"TUTOR_WRITE_GOLDEN"}
"""What a developer may tell the tests. Whatever else the environment says to the program is not meant for them."""

settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _own_state_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Journals and logs of a test go to a folder of its own, never to the developer's."""
    folder: Path = tmp_path_factory.mktemp("state")
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))


@pytest.fixture(scope="session", autouse=True)
def _own_kernels_are_found() -> None:
    """A process finds out once where kernels are kept: here, before a test names a folder that is gone after it.

    Where no test imports the compiler, which takes a while, none is asked.
    """
    if "engine.jit" in sys.modules:
        sys.modules["engine.jit"].cache_state()


def pytest_configure(config: pytest.Config) -> None:
    """What differs from one developer and machine to the next is made the same, for every process from here on.

    Kernels are compiled once, before tests in several processes all wait for them at the lowest priority.
    """
    os.umask(0o022)  # not the strictest: what is private must be so by the program's doing, and be seen to be
    for name in [name for name in os.environ if name.lstrip("_").startswith("TUTOR_") and name not in FOR_TESTS]:
        del os.environ[name]
    os.environ[PLACES] = secrets.token_hex(8)
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        subprocess.run([sys.executable, "-m", "engine.warm"], cwd=Path(__file__).parents[1], check=True)
