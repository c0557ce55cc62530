"""A lesson in other forms: one file each, and this table of them."""

from __future__ import annotations

from collections.abc import Callable

from tutor.exports import markdown, notebook, pytorch
from tutor.session import Session

EXPORTS: dict[str, Callable[[Session, bool], str]] = {
    "pytorch": pytorch.write,
    "notebook": notebook.write,
    "markdown": markdown.write,
}
"""Form → how a session is written in it, with answers or without. A new form: one file here, one line in this table."""
