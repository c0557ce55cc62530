"""Whether a machine is busy; where it does not tell, nothing is compiled ahead and nothing ends."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace

import pytest

from engine import warmth
from tutor import kernel_check
from tutor.tui.warming import Warming, is_crowded


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container whose /proc/loadavg may not be read."""

    def unobtainable() -> None:
        raise OSError("Load averages are unobtainable")

    monkeypatch.setattr(os, "getloadavg", unobtainable)


@pytest.mark.parametrize(("load", "crowded"), [(0.0, False), (2.0, False), (2.1, True)])
def test_more_than_there_are_processors_is_crowded(load: float, crowded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert is_crowded() is crowded


@pytest.mark.usefixtures("silent")
def test_a_machine_that_does_not_tell_counts_as_crowded() -> None:
    assert is_crowded()


@pytest.mark.usefixtures("silent")
async def test_an_idle_app_goes_on_where_the_machine_does_not_tell() -> None:
    warming = Warming(SimpleNamespace(screen_stack=[]))  # type: ignore[arg-type]
    warming.heard = -1e9
    warming.look("on")
    assert warming.task is None and asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize(("load", "says"), [(99.0, "fewer than now (99.0)"), (None, "does not tell how busy it is")])
def test_the_doctor_says_what_is_waited_for(load: float | None, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> tuple[float, float, float]:
        if load is None:
            raise OSError("Load averages are unobtainable")
        return load, 0.0, 0.0

    monkeypatch.setattr(os, "getloadavg", told)
    monkeypatch.setattr(warmth, "is_warm", lambda: False)
    monkeypatch.setattr(warmth, "compiling", lambda: None)
    assert says in kernel_check.warming().says
