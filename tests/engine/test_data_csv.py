"""Tables: what is read, and one message with line and column for what is not."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_csv import read_csv
from engine.datasets import DataSettings, Reader, load
from engine.errors import DataError


def folder_of(files: dict[str, bytes]) -> Reader:
    def read(path: str, most: int) -> bytes:
        if path not in files:
            raise FileNotFoundError(path)
        assert len(files[path]) <= most
        return files[path]

    return read


def fails(message: str, do: Callable[[], object]) -> None:
    with pytest.raises(DataError) as caught:
        do()
    assert message in str(caught.value)


TABLE = b"x1,x2,label\n1,2,0\n-3.5, .5 ,1\n\n1e-3,+4.,1\n"


def test_csv() -> None:
    read = folder_of({"points.csv": TABLE})
    data = load(DataSettings("csv", file="points.csv", inputs=("x2", "x1"), target=("label",)), read)
    assert data.inputs.tolist() == [[2, 1], [0.5, -3.5], [4, 0.001]]
    assert data.targets.tolist() == [[0], [1], [1]]
    assert data.input_names == ("x2", "x1")
    assert data.target_names == ("label",)
    assert load(DataSettings("csv", file="points.csv", target=("label",), limit=2), read).inputs.shape == (2, 2)


def test_csv_spellings() -> None:
    text = '\ufeff"x, first",y\r\n"1",2\r\n3,"4"\r\n'.encode()
    assert read_csv(text, "f.csv", ["x, first"], ["y"]).inputs.tolist() == [[1], [3]]
    assert read_csv(b"x,y\r1,2\r3,4", "f.csv", [], ["y"]).targets.tolist() == [[2], [4]]
    two = read_csv(b"a,b,c\n1,2,3\n", "f.csv", [], ["c", "b"])
    assert two.targets.tolist() == [[3, 2]]
    named = read_csv(b"a,kind\n1,cat\n2,dog\n3,cat\n", "f.csv", [], ["kind"], ["dog", "cat"])
    assert named.targets.tolist() == [[1], [0], [1]]
    assert named.classes == ("dog", "cat")


def test_csv_keeps_every_bit_of_a_number() -> None:
    numbers = [0.1, 1 / 3, 1e-308, 1.7976931348623157e308, -math.pi]
    text = "x,y\n" + "".join(f"{x!r},0\n" for x in numbers)
    assert read_csv(text.encode(), "f", [], ["y"]).inputs.ravel().tolist() == numbers


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x,y\n1,2\nnan,3\n", "f.csv line 3, column 'x': 'nan' is not a finite number"),
        (b"x,y\n1,inf\n", "f.csv line 2, column 'y': 'inf' is not"),
        (b"x,y\n1,1e999\n", "line 2, column 'y': '1e999' is beyond the range"),
        (b"x,y\n,1\n", "line 2, column 'x': an empty cell is not"),
        (b"x,y\n1_0,1\n", "'1_0' is not"),
        (b"x,y\n\xd9\xa1,1\n", "column 'x'"),
        (b"x,y\n0x1,1\n", "'0x1' is not"),
        (b'x,y\n"1,5",1\n', "decimals are written with a point"),
        (b"x,y\nred\x1b[31m,1\n", "'red\\x1b[31m' is not"),
        (b'x,y\n"1\n",1\ntwo,1', "line 4, column 'x'"),
        (b"x,y\n1\n", "line 2: 1 cells, but the header names 2 columns"),
        (b"x,y\n1,2,3\n", "line 2: 3 cells"),
        (b"x,y\n", "no row of data"),
        (b"", "empty; the first line names the columns"),
        (b"\n\n", "empty"),
        (b"1,2\n3,4\n", "line 1: only numbers"),
        (b"x;y\n1;2\n", "by commas, not by semicolons"),
        (b"x,y,x\n1,2,3\n", "two columns are called 'x'"),
        (b"x,Y\n1,2\n", "has no column 'y'; it has 'x', 'Y'"),
        (b"x,yy\n1,2\n", "no column 'y'; did you mean yy?"),
        (b"y\n1\n", "no column left"),
        (b"x,y\n1,2\n\xff,3", "line 3: byte 0xff is not UTF-8"),
        (b'x,y\n"1,2\n3,4\n', "line 2: unexpected end of data"),
        (b'x,y\n1,"2"z\n', "line 2: "),
        (b"x,y\n" + b"1" * 200_000 + b",1\n", "line 2: field larger"),
        (b",".join(b"c%d" % i for i in range(5000)) + b"\n", "5,000 columns; at most 4,096"),
        (b"x,y\n" + b"1,1\n" * (4 << 20), "bytes; at most"),
        (b"x,y\n" + b"1,1\n" * 1_000_001, "more than 1,000,000 rows"),
    ],
    ids=range(28),
)
def test_csv_that_cannot_be_read(data: bytes, message: str) -> None:
    fails(message, lambda: read_csv(data, "f.csv", [], ["y"]))


def test_csv_choices_that_cannot_be() -> None:
    fails("target: say which column", lambda: read_csv(TABLE, "f.csv"))
    fails("column 'x1' is the target too", lambda: read_csv(TABLE, "f.csv", ["x1"], ["x1"]))
    fails("column 'x1' is named twice", lambda: read_csv(TABLE, "f.csv", ["x1", "x1"], ["x2"]))
    fails("did you mean x1?", lambda: read_csv(TABLE, "f.csv", ["x_1"], ["x2"]))
    fails("named classes stand in one", lambda: read_csv(TABLE, "f.csv", ["x1"], ["x2", "label"], ["a"]))
    kinds = b"x,kind\n1,cat\n2,dgo\n"
    fails(
        "line 3, column 'kind': 'dgo' is none of the classes; did you mean dog?",
        lambda: read_csv(kinds, "f.csv", [], ["kind"], ["dog", "cat"]),
    )
    missing = DataSettings("csv", file="p.csv", target=("y",))
    fails("there is no 'p.csv' beside the lesson", lambda: load(missing, folder_of({})))
    twice = DataSettings("csv", file="p.csv", target=("y",), classes=("a", "a"))
    fails("a name stands there twice", lambda: load(twice, folder_of({})))


@given(
    st.binary(max_size=200) | st.text("x,y\n\r\"'1.e+-\0;\t", max_size=60).map(lambda text: ("x,y\n" + text).encode())
)
def test_any_bytes_are_a_table_or_a_message(data: bytes) -> None:
    try:
        table = read_csv(data, "f.csv", [], ["y"])
    except DataError:
        return
    assert np.isfinite(table.inputs).all()
