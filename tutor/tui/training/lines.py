"""What two processes say to each other: one line of JSON each way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def encoded(message: Mapping[str, Any]) -> bytes:
    """One line."""
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def decoded(line: bytes) -> dict[str, Any]:
    """The message of one line; empty for a line that is none."""
    try:
        message = json.loads(line)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}
