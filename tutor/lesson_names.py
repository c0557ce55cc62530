"""Whether a lesson's parts fit each other: names that are used exist, fields stand where they mean something."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping

from engine.names import normalise
from tutor import lesson_pictures
from tutor.errors import did_you_mean
from tutor.lesson import DOMAINS, FORMULA_KINDS, GraphSpec, Lesson, RunSpec, Step, resolved
from tutor.text import quoted
from tutor.toml_positions import Finding, Path

Known = Mapping[str, Iterable[str]]
"""For each kind of table ("graph", "run", …) the names in the file, those of broken tables too."""

INITS = ("zeros", "normal", "xavier", "he")
"""The rules for first weights, as the engine has them; its module is heavier than the lesson."""
MEASURED = frozenset(("plot", "result", "lowest", "highest", "path"))
"""The fields that name a run's result."""
_NEEDS_GRAPH = frozenset({"number", "formula", "array", "order", "derivation"})
_ANSWERED = ("ask", "bug")
# A field of a step → the kinds of step or of question that give it a meaning.
_BELONGS: dict[str, tuple[str, ...]] = {
    "detail": ("walk",),
    "to": ("walk",),
    "of": ("walk",),
    "predict": ("walk",),
    "plot": ("train",),
    "fault": ("bug",),
    "at": ("bug",),
    "within": ("number", "array", "result"),
    "run": ("result",),
    "epoch": ("result",),
    "lowest": ("choice",),
    "highest": ("choice",),
    "accept_hidden": ("number",),
    "digits": ("number", "array", "result"),
    "using": ("formula", "derivation"),
    "everywhere": ("formula", "derivation"),
    "hints": _ANSWERED,
    "feedback": FORMULA_KINDS,
    "points": _ANSWERED,
}


def findings(lesson: Lesson, known: Known) -> Iterator[Finding]:
    """Everything that does not fit, in no order."""
    if lesson.id in lesson.needs:
        yield Finding(("needs", lesson.needs.index(lesson.id)), "a lesson cannot need itself")
    yield from _ids(lesson)
    for i, step in enumerate(lesson.step):
        yield from _step(step, ("step", i), known)
        for finding in lesson_pictures.findings(lesson, step, ("step", i)):
            if not _is_guess(lesson, step, finding):
                yield finding
    for name, graph in lesson.graph.items():
        yield from _graph(graph, ("graph", name))
    for name, data in lesson.data.items():
        lacking = [field for field in ("file", "inputs", "target") if getattr(data, field) is None]
        if data.from_ == "csv" and lacking:
            yield Finding(("data", name), f"data from a csv file need {' and '.join(lacking)}")
    for name in lesson.run:
        yield from _run(lesson, name, known)
    for name, model in lesson.model.items():
        if isinstance(model.init, str) and model.init not in INITS and not model.init.endswith(".npz"):
            yield Finding(
                ("model", name, "init"), f"unknown init {quoted(model.init)}", did_you_mean(model.init, INITS)
            )


def _is_guess(lesson: Lesson, step: Step, finding: Finding) -> bool:
    """Whether something is said to be measured by no run only because nobody knows what a run's model is."""
    about_results = not finding.at_key and MEASURED & {part for part in finding.path if isinstance(part, str)}
    return bool(about_results) and any(_is_unknown(lesson, name) for name in step.run_names)


def _is_unknown(lesson: Lesson, name: str) -> bool:
    chain = _chain(lesson, name)
    if chain is None or not all(link in lesson.run for link in chain):
        return True
    run = resolved(lesson, name)
    return run.graph is None and run.model not in lesson.model


def _ids(lesson: Lesson) -> Iterator[Finding]:
    first: dict[str, int] = {}
    for i, step in enumerate(lesson.step):
        if step.id is not None and first.setdefault(step.id, i) != i:
            what = f"the id {quoted(step.id)} is used twice: first by step {first[step.id] + 1}"
            yield Finding(("step", i, "id"), what, "give each step an id of its own")


def _step(step: Step, path: Path, known: Known) -> Iterator[Finding]:
    for field in ("graph", "explore", "bug"):
        yield from _unknown(getattr(step, field), (*path, field), "graph", known)
    yield from _unknown(step.run, (*path, "run"), "run", known)
    for i, option in enumerate(step.choice or ()):
        yield from _unknown(option.run, (*path, "choice", i, "run"), "run", known)
    for i, run in enumerate(step.train or ()):
        yield from _unknown(run, (*path, "train", i), "run", known)
    kinds = {step.kind, step.question_kind}
    if not known["graph"] and (step.kind == "walk" or step.question_kind in _NEEDS_GRAPH):
        kind = step.question_kind or step.kind
        yield Finding((*path, kind), f"{kind} needs a graph, and this lesson has none", "add [graph.main]", True)
    for field in sorted(step.written & _BELONGS.keys()):
        if not kinds & set(_BELONGS[field]):
            what = f"{field} means nothing in a step with {step.question_kind or step.kind}"
            yield Finding((*path, field), what, f"it belongs to {' and '.join(_BELONGS[field])}", True)
    if step.within is not None and step.digits is not None:
        yield Finding((*path, "digits"), "within and digits are both given", "keep one of them", True)
    by_run = step.lowest or step.highest
    if step.choice is not None and by_run is None and not any(option.right for option in step.choice):
        yield Finding((*path, "choice"), "no option is right", "add right = true to at least one")
    for i, option in enumerate(step.choice or ()):
        if by_run is not None and option.right:
            what = "the runs decide which option is right"
            yield Finding((*path, "choice", i, "right"), what, "remove right = true", True)


def _blanks(graph: GraphSpec, path: Path) -> Iterator[Finding]:
    """Names with a blank inside, which the comparison of names would take away; LaTeX may have one."""
    places: list[tuple[Path, str]] = [
        ((field, name), name) for field in ("given", "weights") for name in getattr(graph, field)
    ]
    places += [(("rows", i, name), name) for i, row in enumerate((graph.rows or ())[:1]) for name in row]
    places += [(("nodes", k), line.partition("=")[0]) for k, line in enumerate(graph.nodes) if "=" in line]
    for place, name in places:
        if len(name.split()) > 1 and "\\" not in name and "{" not in name:
            cure = f"a name has letters, digits and _: {'_'.join(name.split())}"
            yield Finding((*path, *place), f"{quoted(name.strip())} has a blank in it", cure, place[0] != "nodes")


def _graph(graph: GraphSpec, path: Path) -> Iterator[Finding]:
    yield from _blanks(graph, path)
    names = [*graph.given, *graph.weights]
    names += [name for row in (graph.rows or ())[:1] for name in row]
    nodes = {normalise(line.partition("=")[0].strip()) for line in graph.nodes}
    keys = {normalise(name) for name in names}
    for name, domain in (graph.domain or {}).items():
        if normalise(name) in nodes - keys:
            what = f"{name} is a node: its value follows from the others, so it has no domain of its own"
            yield Finding((*path, "domain", name), what, did_you_mean(name, names), True)
        elif normalise(name) not in keys:
            what = f"domain names {quoted(name)}, which this graph does not have"
            yield Finding((*path, "domain", name), what, did_you_mean(name, names), True)
        if isinstance(domain, str) and domain not in DOMAINS:
            yield Finding((*path, "domain", name), f"{quoted(domain)} is no domain", did_you_mean(domain, DOMAINS))
        elif not isinstance(domain, str) and not _is_interval(domain):
            what = f"the domain of {name} is neither a word nor an interval"
            yield Finding((*path, "domain", name), what, "write [low, high], or a word such as real")


def _is_interval(domain: object) -> bool:
    if not isinstance(domain, list) or len(domain) != 2:
        return False
    return all(type(end) in (int, float) and math.isfinite(end) for end in domain) and domain[0] < domain[1]


def run_findings(lesson: Lesson, name: str) -> Iterator[Finding]:
    """What does not fit about one run of a lesson that was read already."""
    known: Known = {"run": lesson.run, "model": lesson.model, "graph": lesson.graph, "data": lesson.data}
    yield from _run(lesson, name, known)


def _run(lesson: Lesson, name: str, known: Known) -> Iterator[Finding]:
    path: Path = ("run", name)
    own = lesson.run[name]
    for field, kind in (("like", "run"), ("model", "model"), ("graph", "graph"), ("data", "data")):
        yield from _unknown(getattr(own, field), (*path, field), kind, known)
    chain = _chain(lesson, name)
    if chain is None:
        yield Finding((*path, "like"), "this chain of like never ends: it comes back to where it was")
    elif all(link in lesson.run for link in chain):
        yield from _trained(resolved(lesson, name), path)


def _chain(lesson: Lesson, name: str) -> list[str] | None:
    """The runs that `name` is like, itself first; None if they run in a circle."""
    chain = [name]
    while chain[-1] in lesson.run and (like := lesson.run[chain[-1]].like) is not None:
        if like in chain:
            return None
        chain.append(like)
    return chain


def _trained(run: RunSpec, path: Path) -> Iterator[Finding]:
    if run.model is None and run.graph is None:
        yield Finding(path, "this run trains nothing", "add model = … or graph = …")
    elif run.model is not None and run.graph is not None:
        yield Finding((*path, "graph"), "a run trains a model or a graph, not both", "remove one of them", True)
    elif run.model is not None:
        for field in ("data", "loss"):
            if getattr(run, field) is None:
                yield Finding(path, f"a run of a model needs {field}")


def _unknown(name: str | None, path: Path, kind: str, known: Known) -> Iterator[Finding]:
    if name is not None and name not in known[kind]:
        what = f"there is no {kind} {quoted(name)}"
        yield Finding(path, what, did_you_mean(name, known[kind]) or f"add [{kind}.…]")
