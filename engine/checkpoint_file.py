"""The outer shell of a checkpoint: a zip of uncompressed `.npy` members, read with every size checked first."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import CheckpointError
from engine.zip_end import END_BYTES, directory_bytes, end_of

Array = NDArray[Any]

METADATA = "metadata"
MAX_FILE_BYTES = 1 << 30
MAX_METADATA_BYTES = 1 << 20
MAX_DIRECTORY_BYTES = 1 << 20
MAX_MEMBERS = 4096

NAME = re.compile(
    r"(?!\.)(?:[\w'-]|\.(?!\.|\Z)){1,100}"
)  # letters of any script, no slash, no dot first, last or doubled
HEADER = re.compile(
    rb"\{'descr': '([<|][a-z]\d)', 'fortran_order': (True|False), 'shape': \(((?:\d{1,12}, ?)*(?:\d{1,12})?)\), \} *\n"
)
TYPES = {"<f8", "<f4", "<i8", "<i4", "|i1", "|u1"}
NPY = b"\x93NUMPY\x01\x00"  # version 1.0


def read_members(data: bytes, name: str) -> dict[str, Array]:
    """The arrays in a zip file's content, by member name without `.npy`; CheckpointError for anything unusual."""
    _check_end(data, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            _check_directory(infos, name, len(data))
            return {_name(info, name): _array(archive.read(info), info, name) for info in infos}
    except (zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise CheckpointError(f"{name}: damaged: {str(error)[:120]}") from None


def _check_end(data: bytes, name: str) -> None:
    if len(data) > MAX_FILE_BYTES:
        raise CheckpointError(f"{name}: {len(data):,} bytes; at most {MAX_FILE_BYTES:,} are read")
    if data[:4] != b"PK\x03\x04":
        raise CheckpointError(f"{name}: not a checkpoint" + ("" if data else ": empty"))
    if end_of(data) != len(data) - END_BYTES:
        raise CheckpointError(f"{name}: damaged: truncated, or something follows its end")
    if directory_bytes(data) > MAX_DIRECTORY_BYTES:
        raise CheckpointError(f"{name}: not a checkpoint: its directory is too long")


def _check_directory(infos: list[zipfile.ZipInfo], name: str, size: int) -> None:
    if len(infos) > MAX_MEMBERS:
        raise CheckpointError(f"{name}: not a checkpoint: {len(infos):,} members")
    names = [info.filename for info in infos]
    if len(set(names)) < len(names):
        raise CheckpointError(f"{name}: damaged: two members have one name")
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise CheckpointError(f"{name}: {info.filename[:100]!r} is compressed; checkpoints are not")
    if sum(info.file_size for info in infos) > size:
        raise CheckpointError(f"{name}: damaged: its members claim more than the file holds")


def _name(info: zipfile.ZipInfo, name: str) -> str:
    stem = info.filename.removesuffix(".npy")
    if stem == info.filename or not NAME.fullmatch(stem):
        raise CheckpointError(f"{name}: {info.filename[:100]!r} cannot be an array's name")
    return stem


def _array(member: bytes, info: zipfile.ZipInfo, name: str) -> Array:
    """The array of one `.npy` member; its header is matched, not evaluated, and held against the member's size."""
    place = f"{name}: {info.filename[:100]!r}"
    start = 10 + int.from_bytes(member[8:10], "little")
    header = HEADER.fullmatch(member[10:start])
    if member[:8] != NPY or header is None or len(member) < start:
        raise CheckpointError(f"{place} is no plain array of numbers")
    kind, fortran, lengths = (group.decode() for group in header.groups())
    if kind not in TYPES:
        raise CheckpointError(f"{place} holds {kind!r}, which no checkpoint holds")
    shape = tuple(int(length) for length in lengths.split(",") if length.strip())
    size = 1
    for length in shape:
        size *= length
    dtype = np.dtype(kind)
    if len(shape) > 8 or size * dtype.itemsize != len(member) - start:
        raise CheckpointError(f"{place} says {shape} numbers, but has {len(member) - start:,} bytes")
    values = np.frombuffer(member, dtype, size, start)
    return values.reshape(shape, order="F" if fortran == "True" else "C")
