"""Own numbers: what a class of fifty draws is finite, and tells common mistakes apart."""

from __future__ import annotations

from engine.errors import EngineError
from tutor.errors import ProblemsError
from tutor.opening import Variants, build_graphs
from tutor.proof.findings import Findings
from tutor.session import set_values

CLASS = 50


def check_variants(found: Findings) -> None:
    """The numbers of fifty variants; what a broken question's numbers hide cannot be told."""
    if not found.loaded.lesson.vary or found.errors:
        return
    graphs = build_graphs(found.loaded)
    variants = Variants(found.loaded, graphs)
    drawn: set[tuple[float, ...]] = set()
    for k in range(CLASS):
        try:
            numbers = variants.numbers(f"check-{k}")
            if tuple(numbers.values()) in drawn:
                continue
            drawn.add(tuple(numbers.values()))
            for shown in set_values(graphs, numbers).values():
                _ = shown.traces
        except (EngineError, ProblemsError) as error:
            found.error(("vary",), f"the numbers of a variant do not fit: {error}")
            return
        if not variants.can_tell(numbers):
            said = ", ".join(f"{name} = {value:g}" for name, value in numbers.items())
            cure = "leave out numbers such as 0, 1 and 2, or let more values vary"
            found.warn(("vary",), f"a variant draws {said}, which hides a common mistake", cure)
            return
    if len(drawn) == 1:
        found.warn(("vary",), "fifty students all draw the same numbers", "give more values to choose from")
