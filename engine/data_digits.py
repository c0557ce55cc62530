"""Handwritten digits: the two sets that are shipped, and MNIST or Fashion-MNIST from a folder of files."""

from __future__ import annotations

import io
from importlib.resources import files

import numpy as np
from numpy import uint8
from numpy.typing import NDArray

from engine.data_idx import Reader, find_idx, read_images, read_labels
from engine.data_table import Dataset
from engine.errors import DataError

SHIPPED = {"digits": ("digits8x8.npz", 16.0), "mnist": ("mnist5000.npz", 255.0)}  # file, brightest pixel
CLASSES = tuple("0123456789")

Bytes = NDArray[uint8]


def shipped_digits(name: str, limit: int | None = None) -> Dataset:
    """`digits`: 1,797 images of 8×8 (scikit-learn's); `mnist`: 5,000 of MNIST's, 28×28, 500 a class, mixed.

    Inputs (rows, height·width) from 0 to 1, targets (rows, 1) from 0 to 9; `limit` keeps the first rows.
    """
    file, brightest = SHIPPED[name]
    content = (files("lessons") / "data" / file).read_bytes()
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        images, labels = arrays["images"], arrays["labels"]
    return _dataset(name, images[:limit], labels[:limit], brightest)


def folder_digits(read: Reader, folder: str, limit: int | None = None, test: bool = True) -> Dataset:
    """The images of `folder`: train-images-idx3-ubyte with its labels is train, t10k-… test, if there and wanted.

    `limit` keeps the first rows of each. DataError names the file that is missing or damaged.
    """
    images, labels = _pair(read, folder, "train", limit)
    parts = {"train": np.arange(len(images))}
    if test and _has(read, folder, "t10k-images-idx3-ubyte"):
        more, more_labels = _pair(read, folder, "t10k", limit)
        if more.shape[1:] != images.shape[1:]:
            raise DataError(f"{folder}: training images are {images.shape[1:]}, test images {more.shape[1:]} pixels")
        parts["test"] = np.arange(len(images), len(images) + len(more))
        images, labels = np.concatenate([images, more]), np.concatenate([labels, more_labels])
    return _dataset(folder, images, labels, 255.0, parts)


def _has(read: Reader, folder: str, stem: str) -> bool:
    try:
        find_idx(read, folder, stem)
    except FileNotFoundError:
        return False
    return True


def _pair(read: Reader, folder: str, prefix: str, limit: int | None) -> tuple[Bytes, Bytes]:
    try:
        data, name = find_idx(read, folder, f"{prefix}-images-idx3-ubyte")
        images = read_images(data, name)
        data, label_name = find_idx(read, folder, f"{prefix}-labels-idx1-ubyte")
    except FileNotFoundError as error:
        raise DataError(f"folder: no file {error}, nor the same with .gz") from None
    labels = read_labels(data, label_name, len(CLASSES))
    if len(images) != len(labels):
        raise DataError(f"{name} has {len(images):,} images, but {label_name} {len(labels):,} labels")
    return images[:limit], labels[:limit]


def _dataset(
    name: str,
    images: Bytes,
    labels: Bytes,
    brightest: float,
    parts: dict[str, NDArray[np.int64]] | None = None,
) -> Dataset:
    inputs = images.reshape(len(images), -1) / brightest
    targets = labels.astype(np.float64)[:, None]
    shape = (images.shape[1], images.shape[2])
    return Dataset(name, inputs, targets, (), ("class",), CLASSES, image=shape, parts=parts or {})
