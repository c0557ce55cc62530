"""Mistakes that students make, each one a change to a computation or to its backward pass."""

from __future__ import annotations

from engine.faults.catalogue import FAULTS, Candidate, Fault, cost

__all__ = ["FAULTS", "Candidate", "Fault", "cost"]
