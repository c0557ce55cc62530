"""Marking: reading an answer, comparing it, and finding the mistake behind a wrong one."""

from __future__ import annotations

from tutor.marking.context import Context
from tutor.marking.mark import mark, unmarkable
from tutor.marking.result import Diagnosis, Mark, Witness

__all__ = ["Context", "Diagnosis", "Mark", "Witness", "mark", "unmarkable"]
