"""Checkpoints: weights and whatever else a run needs to go on, in an `.npz` file without pickle.

The file is a zip of uncompressed `.npy` members: `weights.NAME` and `state.NAME` for the arrays, `metadata`
for JSON as bytes, which also lists every array with its type, shape and CRC-32. `numpy.load` opens it.
Nothing is compressed, so no member can be larger than the file, and reading allocates no more than the
file's size.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.atomic import write_atomically
from engine.checkpoint_file import MAX_METADATA_BYTES, METADATA, NAME, TYPES, read_members
from engine.errors import CheckpointError

Array = NDArray[Any]
Json = Mapping[str, Any]

FORMAT = 1
FIELDS = {"lesson": str, "run": str, "settings": dict, "epoch": int, "version": str, "data": str}


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A run at the end of an epoch.

    `weights` by name (`layer1.weight`, or a graph's names); `state`: further arrays (an optimizer's
    moments, the history, the best weights so far); `settings`: plain JSON values; `epoch`: updates of so
    many epochs are in it; `version`: of the program that wrote it; `data`: the dataset's digest.
    """

    weights: Mapping[str, Array]
    state: Mapping[str, Array] = field(default_factory=dict)
    lesson: str = ""
    run: str = ""
    settings: Json = field(default_factory=dict)
    epoch: int = 0
    version: str = ""
    data: str = ""


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it so that `path` is the old file or the new one at every moment; CheckpointError if it cannot."""
    content = checkpoint_bytes(checkpoint)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be written: {error.strerror or error}") from None


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """The content of the checkpoint's file; equal checkpoints give equal bytes."""
    arrays = _named("weights", checkpoint.weights) | _named("state", checkpoint.state)
    metadata = {"format": FORMAT} | {name: getattr(checkpoint, name) for name in FIELDS}
    metadata["settings"] = dict(checkpoint.settings)
    metadata["arrays"] = {name: _described(array) for name, array in arrays.items()}
    text = json.dumps(metadata, allow_nan=False, ensure_ascii=False, sort_keys=True).encode()
    if len(text) > MAX_METADATA_BYTES:
        raise CheckpointError(f"{len(text):,} bytes of settings; a checkpoint holds {MAX_METADATA_BYTES:,}")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, array in {METADATA: np.frombuffer(text, np.uint8), **arrays}.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return out.getvalue()


def _named(kind: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    out = {}
    for name, array in arrays.items():
        if not NAME.fullmatch(f"{kind}.{name}"):
            raise CheckpointError(f"{name!r} cannot be an array's name in a checkpoint")
        little = np.array(array, dtype=array.dtype.newbyteorder("<"), order="C")
        if little.dtype.str not in TYPES:
            raise CheckpointError(f"{name!r} holds {little.dtype}, which no checkpoint holds")
        out[f"{kind}.{name}"] = little
    return out


def _described(array: Array) -> dict[str, Any]:
    return {"dtype": array.dtype.str, "shape": list(array.shape), "crc": zlib.crc32(array.tobytes())}


def read_checkpoint(data: bytes, name: str, expect_shapes: Mapping[str, tuple[int, ...]] | None = None) -> Checkpoint:
    """The checkpoint in a file's content; `name` is how messages call the file.

    `expect_shapes`, if given, is what the model's weights are: CheckpointError for a weight that is
    missing, left over or of another shape. CheckpointError also for a file that is truncated, altered or
    something else.
    """
    members = read_members(data, name)
    metadata = _metadata(members.pop(METADATA, None), name)
    listed = metadata["arrays"]
    if {*listed} != {*members}:
        odd = sorted({*listed} ^ {*members})
        raise CheckpointError(f"{name}: damaged: the list of arrays and the arrays differ in {odd[0]!r}")
    for member, array in members.items():
        if listed[member] != _described(array):
            raise CheckpointError(f"{name}: damaged: the checksum of {member!r} is wrong")
        array.setflags(write=False)
    arrays: dict[str, dict[str, Array]] = {"weights": {}, "state": {}}
    for member, array in members.items():
        kind, _, rest = member.partition(".")
        if kind not in arrays:
            raise CheckpointError(f"{name}: {member!r} is neither weights nor state")
        arrays[kind][rest] = array
    checkpoint = Checkpoint(arrays["weights"], arrays["state"], **{key: metadata[key] for key in FIELDS})
    if expect_shapes is not None:
        check_shapes(checkpoint, name, expect_shapes)
    return checkpoint


def _metadata(member: Array | None, name: str) -> dict[str, Any]:
    if member is None or member.dtype != np.uint8 or member.ndim != 1 or member.size > MAX_METADATA_BYTES:
        raise CheckpointError(f"{name}: not a checkpoint: it has no metadata")
    try:
        metadata = json.loads(member.tobytes(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise CheckpointError(f"{name}: damaged: its metadata are not JSON") from None
    if not isinstance(metadata, dict) or type(metadata.get("format")) is not int:
        raise CheckpointError(f"{name}: not a checkpoint: its metadata have no format")
    if metadata["format"] != FORMAT:
        raise CheckpointError(f"{name}: format {metadata['format']}; this version reads format {FORMAT}")
    for key, kind in {**FIELDS, "arrays": dict}.items():
        if type(metadata.get(key)) is not kind:
            raise CheckpointError(f"{name}: damaged: {key!r} is missing from its metadata, or of a wrong type")
    if metadata["epoch"] < 0:
        raise CheckpointError(f"{name}: damaged: epoch {metadata['epoch']}")
    return metadata


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def check_shapes(
    checkpoint: Checkpoint, name: str, expected: Mapping[str, tuple[int, ...]], *, more: bool = False
) -> None:
    """CheckpointError unless the weights have exactly these names and shapes; with `more`, others may be there."""
    found = {weight: array.shape for weight, array in checkpoint.weights.items()}
    for weight, shape in expected.items():
        if weight not in found:
            raise CheckpointError(f"{name}: has no {weight!r}, which the model needs; it has {_listed(found)}")
        if found[weight] != shape:
            raise CheckpointError(f"{name}: {weight!r} is {_by(found[weight])} there, the model needs {_by(shape)}")
    for weight in found:
        if weight not in expected and not more:
            raise CheckpointError(f"{name}: has {weight!r}, which the model has not; it has {_listed(expected)}")


def _by(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) if shape else "a single number"


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(repr(name) for name in list(names)[:6]) + (", …" if len(names) > 6 else "")
