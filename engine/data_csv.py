"""Tables as comma-separated text: a header line that names the columns, then one line of numbers a row."""

from __future__ import annotations

import csv
import io
import math
import re
from array import array
from collections.abc import Iterator, Sequence

import numpy as np

from engine.data_table import Dataset, Matrix
from engine.errors import DataError, did_you_mean

MAX_CSV_BYTES = 16 << 20
MAX_ROWS = 1_000_000
MAX_COLUMNS = 4096

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
Record = tuple[int, list[str]]  # line number of its first line, cells


def read_csv(
    data: bytes,
    name: str,
    inputs: Sequence[str] = (),
    target: Sequence[str] = (),
    classes: Sequence[str] = (),
) -> Dataset:
    """The named columns of a CSV file (UTF-8); without `inputs` all but the target's.

    With names of `classes` the target is one column of these names; otherwise all cells that are used are
    finite decimal numbers. `name` is how messages call the file. DataError names line and column.
    """
    records = _records(_text(data, name), name)
    header = _header(next(records, None), name)
    wanted = _columns(header, name, target, "target")
    used = _columns(header, name, inputs, "inputs") if inputs else [c for c in range(len(header)) if c not in wanted]
    _check_choice(name, header, used, wanted, classes)
    numbers, labels = array("d"), array("d")
    for line, cells in records:
        if len(cells) != len(header):
            raise DataError(f"{name} line {line}: {len(cells)} cells, but the header names {len(header)} columns")
        for c in used:
            numbers.append(_number(cells[c], f"{name} line {line}, column {header[c]!r}"))
        for c in wanted:
            place = f"{name} line {line}, column {header[c]!r}"
            labels.append(_label(cells[c], place, classes) if classes else _number(cells[c], place))
    if not labels:
        raise DataError(f"{name}: a header, but no row of data")
    return Dataset(
        name,
        _matrix(numbers, len(used)),
        _matrix(labels, len(wanted)),
        tuple(header[c] for c in used),
        tuple(header[c] for c in wanted),
        tuple(classes),
    )


def _matrix(numbers: array[float], columns: int) -> Matrix:
    return np.array(numbers, dtype=np.float64).reshape(-1, columns)


def _text(data: bytes, name: str) -> str:
    if len(data) > MAX_CSV_BYTES:
        raise DataError(f"{name}: {len(data):,} bytes; at most {MAX_CSV_BYTES:,} are read")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(f"{name} line {line}: byte 0x{data[error.start]:02x} is not UTF-8") from None


def _records(text: str, name: str) -> Iterator[Record]:
    """Every line that is not blank, with its number; a quoted cell may run over several lines."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    rows = 0
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(f"{name} line {line}: {error}") from None
        if not cells or cells == [""]:
            continue
        if rows > MAX_ROWS:
            raise DataError(f"{name}: more than {MAX_ROWS:,} rows")
        rows += 1
        yield line, [cell.strip() for cell in cells]


def _header(record: Record | None, name: str) -> list[str]:
    if record is None:
        raise DataError(f"{name}: empty; the first line names the columns")
    line, header = record
    if len(header) > MAX_COLUMNS:
        raise DataError(f"{name} line {line}: {len(header):,} columns; at most {MAX_COLUMNS:,} are read")
    if all(NUMBER.fullmatch(cell) for cell in header):
        raise DataError(f"{name} line {line}: only numbers; the first line names the columns")
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise DataError(f"{name} line {line}: separate columns by commas, not by semicolons or tabs")
    for c, column in enumerate(header):
        if column in header[:c]:
            raise DataError(f"{name} line {line}: two columns are called {_shown(column)}")
    return header


def _columns(header: list[str], name: str, wanted: Sequence[str], what: str) -> list[int]:
    for c, column in enumerate(wanted):
        if column not in header:
            hint = did_you_mean(column, header) or f"; it has {_listed(header)}"
            raise DataError(f"{what}: {name} has no column {_shown(column)}{hint}")
        if column in wanted[:c]:
            raise DataError(f"{what}: column {_shown(column)} is named twice")
    return [header.index(column) for column in wanted]


def _check_choice(name: str, header: list[str], used: list[int], wanted: list[int], classes: Sequence[str]) -> None:
    if not wanted:
        raise DataError(f"target: say which column of {name} is to be predicted; it has {_listed(header)}")
    if not used:
        raise DataError(f"inputs: {name} has no column left to predict {_shown(header[wanted[0]])} from")
    both = [header[c] for c in used if c in wanted]
    if both:
        raise DataError(f"inputs: column {_shown(both[0])} is the target too")
    if classes and len(wanted) > 1:
        raise DataError(f"target: {len(wanted)} columns, but named classes stand in one")


def _number(cell: str, place: str) -> float:
    if not NUMBER.fullmatch(cell):
        what = "an empty cell" if not cell else _shown(cell)
        hint = "; decimals are written with a point" if re.fullmatch(r"[+-]?\d+,\d+", cell) else ""
        raise DataError(f"{place}: {what} is not a finite number{hint}")
    value = float(cell)
    if not math.isfinite(value):
        raise DataError(f"{place}: {_shown(cell)} is beyond the range of numbers (1.8e308)")
    return value


def _label(cell: str, place: str, classes: Sequence[str]) -> float:
    if cell not in classes:
        hint = did_you_mean(cell, classes) or f", which are {_listed(classes)}"
        raise DataError(f"{place}: {_shown(cell)} is none of the classes{hint}")
    return float(classes.index(cell))


def _shown(text: str) -> str:
    """Foreign text, short, with control characters escaped."""
    return repr(text if len(text) <= 40 else text[:39] + "…")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(_shown(name) for name in names[:8]) + (f", … ({len(names)} in all)" if len(names) > 8 else "")
