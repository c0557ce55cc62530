"""[data.NAME] of a lesson → Dataset: which source takes which settings, then limit, split, standardise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from engine.data_csv import MAX_CSV_BYTES, read_csv
from engine.data_digits import folder_digits, shipped_digits
from engine.data_generators import GENERATORS, generate
from engine.data_idx import Reader
from engine.data_table import PARTS, Dataset, split, standardise
from engine.data_targets import one_hot, targets_for
from engine.errors import DataError, did_you_mean

__all__ = [
    "GENERATORS",
    "PARTS",
    "SOURCES",
    "DataSettings",
    "Dataset",
    "Reader",
    "load",
    "one_hot",
    "targets_for",
]

ALWAYS = frozenset({"source", "seed", "split", "standardise"})
SOURCES: dict[str, frozenset[str]] = {  # the settings that mean something for each source, beside ALWAYS
    **{name: frozenset({"n", "noise", "classes"}) for name in GENERATORS},
    "digits": frozenset({"limit"}),
    "mnist": frozenset({"limit", "folder"}),
    "csv": frozenset({"file", "inputs", "target", "classes", "limit"}),
}


@dataclass(frozen=True)
class DataSettings:
    """The fields of [data.NAME]; `source` is the field `from`. None (or empty) means: not given."""

    source: str  # one of SOURCES
    n: int | None = None  # rows to make; 200
    noise: float | None = None  # standard deviation; each generator has its own default
    seed: int = 0
    split: Mapping[str, float] | None = None  # part → fraction, or count when it is a whole number
    standardise: bool = False
    classes: int | tuple[str, ...] | None = None  # how many, or (csv) the names that stand in the target column
    file: str | None = None  # csv
    inputs: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    folder: str | None = None  # mnist: a folder of IDX files instead of the images that are shipped
    limit: int | None = None  # keep the first so many rows (mnist from a folder: of train and of test)


def load(settings: DataSettings, read: Reader | None = None) -> Dataset:
    """The dataset that `settings` describe, split and standardised.

    `read(path, most)` gives the bytes of a file below the lesson's folder, refuses more than `most` bytes
    and raises FileNotFoundError when there is none; it is the caller's part to keep the path inside the
    folder. DataError says which setting, or which place of which file, is wrong.
    """
    _check(settings)
    dataset = _rows(settings, read)
    if settings.split is not None:
        dataset = split(dataset, settings.split, settings.seed)
    return standardise(dataset) if settings.standardise else dataset


def _rows(settings: DataSettings, read: Reader | None) -> Dataset:
    if settings.source in GENERATORS:
        classes = settings.classes if isinstance(settings.classes, int) else None
        n = 200 if settings.n is None else settings.n
        return generate(settings.source, n, settings.noise, settings.seed, classes)
    if settings.source == "csv":
        return _table(settings, _given(read))
    if settings.folder is not None:
        own_test = "test" in (settings.split or {})
        return folder_digits(_given(read), settings.folder, settings.limit, test=not own_test)
    return shipped_digits(settings.source, settings.limit)


def _table(settings: DataSettings, read: Reader) -> Dataset:
    assert settings.file is not None
    try:
        data = read(settings.file, MAX_CSV_BYTES)
    except FileNotFoundError:
        raise DataError(f"file: there is no {settings.file!r} beside the lesson") from None
    names = settings.classes if isinstance(settings.classes, tuple) else ()
    table = read_csv(data, settings.file, settings.inputs, settings.target, names)
    if isinstance(settings.classes, int):
        names = tuple(str(c) for c in range(settings.classes))
    end = settings.limit
    return Dataset(
        table.name,
        table.inputs[:end],
        table.targets[:end],
        table.input_names,
        table.target_names,
        tuple(names),
    )


def _given(read: Reader | None) -> Reader:
    if read is None:
        raise DataError("these data are a file, and there is no folder to read it from")
    return read


def _check(settings: DataSettings) -> None:
    if settings.source not in SOURCES:
        known = ", ".join(SOURCES)
        hint = did_you_mean(settings.source, SOURCES)
        raise DataError(f"from = {settings.source!r} is none of {known}{hint}")
    allowed = ALWAYS | SOURCES[settings.source]
    for field in fields(settings):
        if field.name not in allowed and getattr(settings, field.name) not in (None, ()):
            takes = ", ".join(sorted(SOURCES[settings.source]))
            raise DataError(f"{field.name} means nothing with from = {settings.source!r}, which takes {takes}")
    _check_numbers(settings)
    if settings.source == "csv" and settings.file is None:
        raise DataError("file: say which CSV file beside the lesson holds the data")


def _check_numbers(settings: DataSettings) -> None:
    if settings.limit is not None and settings.limit < 1:
        raise DataError(f"limit = {settings.limit}; right is the number of rows to keep, 1 or more")
    if isinstance(settings.classes, int):
        if not 1 <= settings.classes <= 10_000:
            raise DataError(f"classes = {settings.classes}; right is 2 to 10,000")
    elif settings.classes is not None:
        if settings.source != "csv":
            raise DataError("classes: the names of classes belong to csv; here say how many")
        if len(set(settings.classes)) < len(settings.classes):
            raise DataError("classes: a name stands there twice")
