"""What the user has chosen once and for all: colours, motion, bandwidth, mouse. One small file that can be edited."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from engine.atomic import make_private
from tutor.messages import state_folder
from tutor.tui.palette import PALETTES

LIMIT = 4096
CHOICES: Mapping[str, Mapping[str, str]] = {
    "colours": {
        "auto": "as suits the terminal",
        **{name: "none; signs and words only" if name == "plain" else name for name in PALETTES},
    },
    "motion": {"full": "live plots move as they train", "reduced": "live plots move once a second"},
    "bandwidth": {
        "auto": "low where the terminal answers late",
        "low": "one frame a second, the terminal's own colours",
        "full": "never held back",
    },
    "warm": {
        "on": "what training needs is compiled while nothing else happens",
        "off": "compiled when a training first needs it",
    },
    "mouse": {"off": "the terminal selects text", "on": "clicks choose"},
}
"""Setting → its values and what each means; the first is the one that holds if nothing was chosen."""


@dataclass(frozen=True)
class Settings:
    """One value of CHOICES for each setting."""

    colours: str = "auto"
    motion: str = "full"
    bandwidth: str = "auto"
    warm: str = "on"
    mouse: str = "off"

    def with_value(self, name: str, value: str) -> Settings:
        """Another value. Raises KeyError for one that there is not."""
        if value not in CHOICES[name]:
            raise KeyError(value)
        return replace(self, **{name: value})


def settings_file() -> Path:
    """Where this user's settings lie."""
    return state_folder() / "settings.toml"


def read_settings(path: Path) -> Settings:
    """The settings of a file. What is missing or cannot be used is as if nothing had been chosen."""
    try:
        with path.open("rb") as file:
            found = tomllib.loads(file.read(LIMIT).decode())
    except (OSError, ValueError, RecursionError):
        return Settings()
    found = {
        name: {True: "on", False: "off"}[value] if isinstance(value, bool) else value for name, value in found.items()
    }
    kept = {name: value for name in CHOICES if isinstance(value := found.get(name), str) and value in CHOICES[name]}
    return Settings(**kept)


def write_settings(path: Path, settings: Settings) -> None:
    """Keeps the settings, at one stroke. Raises OSError."""
    from tutor.files import write_atomic

    lines = ["# What `tutor` was told to do in this home; Ctrl+P in the program changes it."]
    for name, value in asdict(settings).items():
        lines.append(f'{name} = "{value}"  # {", ".join(CHOICES[name])}')
    make_private(path.parent)
    write_atomic(path, ("\n".join(lines) + "\n").encode())
