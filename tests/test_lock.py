"""The pinned versions of .ci/lock.txt are inside what pyproject.toml allows, for every supported Python."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
WANTED = [Requirement(text) for group in (PROJECT["dependencies"], *EXTRAS.values()) for text in group]
LINES = (ROOT / ".ci" / "lock.txt").read_text("utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if line and not line.startswith("#")]


def pins_of(name: str, python: str) -> list[Requirement]:
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    return [pin for pin in PINS if pin.name == name and (pin.marker is None or pin.marker.evaluate(environment))]


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_one_allowed_version_is_pinned(wanted: Requirement, python: str) -> None:
    (pin,) = pins_of(wanted.name, python)
    (exact,) = pin.specifier
    assert exact.operator == "=="
    assert wanted.specifier.contains(exact.version)


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert all(pin.url is None for pin in PINS)
    assert not [line for line in LINES if line.startswith("-")]
