"""IDX files, the format of MNIST (yann.lecun.com/exdb/mnist) and Fashion-MNIST, gzipped or not.

Two zero bytes, a type byte (8: unsigned bytes), the number of dimensions, each length as 4 bytes, big-
endian, then the bytes. Nothing is allocated that the header claims before the claim has been held against
the file's size.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable

import numpy as np
from numpy import uint8
from numpy.typing import NDArray

from engine.errors import DataError

MAX_FILE_BYTES = 64 << 20
MAX_VALUES = 256 << 20
MAX_SIDE = 512
DEFLATE_RATIO = 1032  # no deflated byte becomes more than this many
UNSIGNED_BYTE = 8

Reader = Callable[[str, int], bytes]  # (path below the lesson's folder, most bytes) → content; FileNotFoundError


def read_images(data: bytes, name: str) -> NDArray[uint8]:
    """Images (count, height, width); DataError for a file that is damaged or something else."""
    images = read_idx(data, name, 3)
    if images.shape[1] > MAX_SIDE or images.shape[2] > MAX_SIDE or 0 in images.shape:
        raise DataError(
            f"{name}: {images.shape[0]} images of {images.shape[1]}×{images.shape[2]} pixels cannot be used"
        )
    return images


def read_labels(data: bytes, name: str, classes: int = 10) -> NDArray[uint8]:
    """Labels (count,), each 0 … classes−1."""
    labels = read_idx(data, name, 1)
    wrong = np.flatnonzero(labels >= classes)
    if len(wrong):
        raise DataError(f"{name}: label {labels[wrong[0]]} of image {wrong[0] + 1} is outside 0 to {classes - 1}")
    return labels


def read_idx(data: bytes, name: str, dimensions: int) -> NDArray[uint8]:
    """An array of unsigned bytes of this many dimensions, from the file's bytes, gzipped or not."""
    if len(data) > MAX_FILE_BYTES:
        raise DataError(f"{name}: {len(data):,} bytes; at most {MAX_FILE_BYTES:,} are read")
    packed = data[:2] == b"\x1f\x8b"
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) if packed else io.BytesIO(data) as stream:
            shape = _shape(stream.read(4 + 4 * dimensions), name, dimensions)
            size = _size(shape, name, len(data) * DEFLATE_RATIO if packed else len(data))
            body = stream.read(size)
            more = stream.read(1)  # at the end of a gzipped file this also checks its CRC
    except (EOFError, OSError, zlib.error) as error:
        raise DataError(f"{name}: damaged gzip file ({error})") from None
    if len(body) < size:
        raise DataError(f"{name}: truncated: the header says {size:,} values, the file has {len(body):,}")
    if more:
        raise DataError(f"{name}: the file goes on after the {size:,} values that its header says")
    return np.frombuffer(body, dtype=np.uint8).reshape(shape)


def _shape(head: bytes, name: str, dimensions: int) -> tuple[int, ...]:
    if len(head) < 4 + 4 * dimensions:
        raise DataError(f"{name}: truncated: no complete header of an IDX file")
    if head[0] or head[1] or head[2] != UNSIGNED_BYTE:
        raise DataError(f"{name}: not an IDX file of unsigned bytes (it starts with {head[:4].hex(' ')})")
    if head[3] != dimensions:
        what = {1: "labels", 3: "images"}.get(head[3], f"{head[3]}-dimensional data")
        raise DataError(f"{name}: holds {what}, expected {'images' if dimensions == 3 else 'labels'}")
    return tuple(int.from_bytes(head[i : i + 4], "big") for i in range(4, len(head), 4))


def _size(shape: tuple[int, ...], name: str, possible: int) -> int:
    size = 1
    for length in shape:
        size *= length
    if size > MAX_VALUES or size > possible:
        raise DataError(f"{name}: the header claims {'×'.join(map(str, shape))} values, more than the file can hold")
    return size


def find_idx(read: Reader, folder: str, stem: str) -> tuple[bytes, str]:
    """Content and name of `folder/stem`, or of its usual other spellings; else FileNotFoundError."""
    for spelling in (stem, stem.replace("-idx", ".idx")):
        for ending in ("", ".gz"):
            name = f"{folder}/{spelling}{ending}"
            try:
                return read(name, MAX_FILE_BYTES), name
            except FileNotFoundError:
                continue
    raise FileNotFoundError(f"{folder}/{stem}")
