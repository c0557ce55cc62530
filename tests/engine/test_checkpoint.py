"""Checkpoints: what is written comes back; what is damaged, foreign or hostile gives one message and costs nothing."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.atomic import write_atomically
from engine.checkpoint import Checkpoint, check_shapes, checkpoint_bytes, read_checkpoint, write_checkpoint
from engine.errors import CheckpointError

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(5)
SAVED = Checkpoint(
    weights={"layer1.weight": RNG.normal(size=(4, 3)), "layer1.bias": RNG.normal(size=4).astype(np.float32)},
    state={"history.train_loss": np.array([0.5, np.nan, np.inf]), "adam.step": np.array(7), "none": np.zeros((0, 3))},
    lesson="s4-5",
    run="slow",
    settings={"lr": 0.05, "layers": [{"units": 4}], "name": "σ"},
    epoch=12,
    version="0.1.0",
    data="ab" * 32,
)
SHAPES = {"layer1.weight": (4, 3), "layer1.bias": (4,)}
WHOLE = checkpoint_bytes(SAVED)


def same(one: Checkpoint, other: Checkpoint) -> bool:
    """Equal to the last bit, in everything."""
    return checkpoint_bytes(one) == checkpoint_bytes(other)


def fails(message: str, do: Callable[[], object]) -> None:
    with pytest.raises(CheckpointError) as caught:
        do()
    assert message in str(caught.value)


def refused(data: bytes) -> bool:
    """Whether reading ends in a message; if it does not, every number must be as it was saved."""
    try:
        found = read_checkpoint(data, "c.npz")
    except CheckpointError as error:
        return str(error).startswith("c.npz: ")
    assert same(found, SAVED)
    return False


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    write_checkpoint(path, SAVED)
    back = read_checkpoint(path.read_bytes(), path.name, SHAPES)
    assert same(back, SAVED)
    assert back.weights["layer1.bias"].dtype == np.float32
    assert back.state["adam.step"].shape == ()
    assert back.state["none"].shape == (0, 3)
    assert (back.epoch, back.lesson, back.run, back.version, back.data) == (12, "s4-5", "slow", "0.1.0", "ab" * 32)
    assert back.settings == SAVED.settings
    with pytest.raises(ValueError, match="read-only"):
        back.weights["layer1.weight"][0, 0] = 1.0


def test_numpy_opens_it_without_pickle(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    write_checkpoint(path, SAVED)
    with np.load(path, allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["weights.layer1.weight"], SAVED.weights["layer1.weight"])
        assert json.loads(arrays["metadata"].tobytes())["epoch"] == 12
        resaved = io.BytesIO()
        np.savez(resaved, **arrays)
    assert same(read_checkpoint(resaved.getvalue(), "resaved"), SAVED)


def test_layout_and_byte_order_do_not_matter() -> None:
    a = np.arange(6.0).reshape(2, 3)
    for spelled in (np.asfortranarray(a), a.T.copy().T, np.repeat(a, 2, axis=1)[:, ::2], a.astype(">f8")):
        assert same(Checkpoint({"w": spelled}), Checkpoint({"w": a}))
    fortran = io.BytesIO()
    np.savez(fortran, **{**members(Checkpoint({"w": a})), "weights.w": np.asfortranarray(a)})
    np.testing.assert_array_equal(read_checkpoint(fortran.getvalue(), "f").weights["w"], a)


def test_names_of_graphs() -> None:
    weights = {name: np.array(1.0) for name in ("w₁", "σ", "W_12", "v'", "a-b")}
    assert list(read_checkpoint(checkpoint_bytes(Checkpoint(weights)), "c").weights) == list(weights)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a\\b", "/x", "a..b", ".x", "a\0b", "a b", "x" * 120])
def test_names_that_are_paths_are_never_written(name: str) -> None:
    fails("cannot be an array's name", lambda: checkpoint_bytes(Checkpoint({name: np.array(1.0)})))


def test_what_cannot_be_written(tmp_path: Path) -> None:
    fails("holds object", lambda: checkpoint_bytes(Checkpoint({"w": np.array([None])})))
    fails("holds complex128", lambda: checkpoint_bytes(Checkpoint({"w": np.array([1j])})))
    fails("bytes of settings", lambda: checkpoint_bytes(replace(SAVED, settings={"a": "x" * (1 << 20)})))
    fails("c.npz cannot be written", lambda: write_checkpoint(tmp_path / "none" / "c.npz", SAVED))


# shapes


def test_expected_shapes() -> None:
    fails(
        "c.npz: 'layer1.weight' is 4×3 there, the model needs 3×4",
        lambda: read_checkpoint(WHOLE, "c.npz", {**SHAPES, "layer1.weight": (3, 4)}),
    )
    fails("has no 'layer2.bias', which the model needs; it has 'layer1.weight', 'layer1.bias'",
          lambda: read_checkpoint(WHOLE, "c.npz", {**SHAPES, "layer2.bias": (1,)}))  # fmt: skip
    fails("has 'layer1.bias', which the model has not", lambda: read_checkpoint(WHOLE, "c", {"layer1.weight": (4, 3)}))
    fails("is 4 there, the model needs a single number", lambda: read_checkpoint(WHOLE, "c", {"layer1.bias": ()}))
    check_shapes(SAVED, "c", {"layer1.weight": (4, 3)}, more=True)


# damage


def test_truncated_anywhere() -> None:
    for end in range(len(WHOLE)):
        assert refused(WHOLE[:end])
    assert refused(WHOLE + b"\0")
    assert refused(b"\0" + WHOLE)


def test_flipped_bits() -> None:
    """2,000 flips: each is refused, or changes no number (it hit a date or the like in the zip's directory)."""
    draw = random.Random(0)
    found = 0
    for _ in range(2000):
        bit = draw.randrange(8 * len(WHOLE))
        data = bytearray(WHOLE)
        data[bit // 8] ^= 1 << bit % 8
        found += refused(bytes(data))
    assert found > 1600


def test_a_number_changed_together_with_its_zip_checksum() -> None:
    changed = members(SAVED)
    changed["weights.layer1.weight"] = changed["weights.layer1.weight"] + 1e-16
    fails("the checksum of 'weights.layer1.weight' is wrong", lambda: read_checkpoint(npz(changed), "c.npz"))


def test_overwritten_stretches() -> None:
    draw = random.Random(1)
    found = 0
    for _ in range(300):
        start = draw.randrange(len(WHOLE))
        length = draw.randrange(1, 200)
        found += refused(WHOLE[:start] + draw.randbytes(length) + WHOLE[start + length :])
    assert found > 290


# foreign and hostile files


def members(checkpoint: Checkpoint) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(checkpoint_bytes(checkpoint)), allow_pickle=False) as arrays:
        return dict(arrays)


def npz(arrays: dict[str, np.ndarray]) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def with_metadata(**changes: object) -> bytes:
    arrays = members(SAVED)
    metadata = json.loads(arrays["metadata"].tobytes()) | changes
    arrays["metadata"] = np.frombuffer(json.dumps(metadata).encode(), np.uint8)
    return npz(arrays)


def raw_metadata(text: bytes) -> bytes:
    return npz({**members(SAVED), "metadata": np.frombuffer(text, np.uint8)})


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def npy(descr: str, shape: str, body: bytes = b"", fortran: str = "False") -> bytes:
    header = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


def pickled() -> bytes:
    out = io.BytesIO()
    np.savez(out, **{**members(SAVED), "weights.w": np.array([{}], dtype=object)})
    return out.getvalue()


HOSTILE = {
    "empty": (b"", "not a checkpoint: empty"),
    "text": (b"hello", "not a checkpoint"),
    "pickle": (b"\x80\x04\x95", "not a checkpoint"),
    "png": (b"\x89PNG\r\n\x1a\n", "not a checkpoint"),
    "empty zip": (zipped({}), "not a checkpoint"),
    "plain npz": (npz({"a": np.zeros(3)}), "not a checkpoint: it has no metadata"),
    "docx": (zipped({"word/document.xml": b"<x/>"}), "'word/document.xml' cannot be an array's name"),
    "path": (zipped({"../../x.npy": npy("<f8", "()", bytes(8))}), "'../../x.npy' cannot be an array's name"),
    "absolute": (zipped({"/etc/x.npy": npy("<f8", "()", bytes(8))}), "cannot be an array's name"),
    "escape": (zipped({"\x1b[31m.npy": npy("<f8", "()", bytes(8))}), r"'\x1b[31m.npy'"),
    "compressed": (zipped({"metadata.npy": WHOLE}, zipfile.ZIP_DEFLATED), "is compressed; checkpoints are not"),
    "object array": (pickled(), "is no plain array of numbers"),
    "text array": (npz({"weights.w": np.array(["a"])}), "is no plain array of numbers"),
    "complex": (npz({"weights.w": np.array([1j])}), "is no plain array of numbers"),
    "half": (npz({"weights.w": np.zeros(2, np.float16)}), "holds '<f2', which no checkpoint holds"),
    "huge shape": (zipped({"w.npy": npy("<f8", "(999999999999, 999999999)", bytes(64))}), "has 64 bytes"),
    "negative": (zipped({"w.npy": npy("<f8", "(-1,)", bytes(64))}), "is no plain array"),
    "short": (zipped({"w.npy": npy("<f8", "(9,)", bytes(64))}), "says (9,) numbers, but has 64 bytes"),
    "many axes": (zipped({"w.npy": npy("<f8", "(" + "1, " * 40 + ")", bytes(8))}), "says (1, 1,"),
    "zero axes": (zipped({"w.npy": npy("<f8", "(0, 999999999999, 999999999999)")}), "damaged: "),
    "code": (zipped({"w.npy": npy("<f8", "(__import__('os').abort(),)")}), "is no plain array"),
    "nested": (zipped({"w.npy": npy("<f8", "(" * 5000)}), "is no plain array"),
    "no npy": (zipped({"w.npy": b"123"}), "is no plain array"),
    "twice": (None, "two members have one name"),
    "many": (zipped({f"a{i}.npy": b"" for i in range(5000)}), "5,000 members"),
    "very many": (zipped({f"a{i}.npy": b"" for i in range(30_000)}), "its directory is too long"),
    "format": (with_metadata(format=2), "format 2; this version reads format 1"),
    "no format": (with_metadata(format="1"), "its metadata have no format"),
    "epoch": (with_metadata(epoch=-1), "damaged: epoch -1"),
    "epoch type": (with_metadata(epoch=True), "'epoch' is missing from its metadata, or of a wrong type"),
    "settings": (with_metadata(settings=[]), "'settings' is missing"),
    "list": (with_metadata(arrays={}), "the list of arrays and the arrays differ"),
    "not json": (raw_metadata(b"{"), "its metadata are not JSON"),
    "nan": (raw_metadata(b'{"format": NaN}'), "its metadata are not JSON"),
    "deep": (raw_metadata(b"[" * 500_000), "its metadata are not JSON"),
    "digits": (raw_metadata(b'{"format": ' + b"1" * 5000 + b"}"), "its metadata are not JSON"),
    "array": (raw_metadata(b"[1]"), "its metadata have no format"),
    "long": (raw_metadata(b" " * ((1 << 20) + 1)), "it has no metadata"),
    "kind": (npz({**members(replace(SAVED, weights={}, state={})), "code.x": np.zeros(1)}), "differ in 'code.x'"),
}  # fmt: skip


def twice() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.npy", npy("<f8", "()", bytes(8)))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", npy("<f8", "()", bytes(8)))
    return out.getvalue()


@pytest.mark.parametrize("kind", list(HOSTILE))
def test_foreign_and_hostile_files(kind: str) -> None:
    data, message = HOSTILE[kind]
    fails(message, lambda: read_checkpoint(twice() if data is None else data, "c.npz"))


class Poison:
    """Unpickled, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.folder),)


def test_a_pickle_in_a_member_is_never_loaded(tmp_path: Path) -> None:
    """The same file does its harm where NumPy reads it and pickles are allowed."""
    poison = np.array([None], dtype=object)
    poison[0] = Poison(tmp_path / "harm")
    data = npz({**members(SAVED), "weights.w": poison})
    assert refused(data)
    assert not (tmp_path / "harm").exists()
    with np.load(io.BytesIO(data), allow_pickle=True) as arrays:
        assert arrays["weights.w"].shape == (1,)
    assert (tmp_path / "harm").exists()


def bombs() -> Iterator[bytes]:
    zeros = npy("<f8", f"({1 << 23},)", bytes(64 << 20))
    yield zipped({"weights.w.npy": zeros}, zipfile.ZIP_DEFLATED)
    yield zipped({"metadata.npy": npy("|u1", f"({64 << 20},)", bytes(64 << 20))}, zipfile.ZIP_LZMA)
    stored = bytearray(zipped({"weights.w.npy": npy("<f8", "(1,)", bytes(8))}))
    entry = stored.rindex(b"PK\x01\x02")
    for field in (20, 24):  # both sizes in the directory claim 2 GB
        stored[entry + field : entry + field + 4] = (1 << 31).to_bytes(4, "little")
    yield bytes(stored)


def test_bombs_cost_no_memory() -> None:
    for data in bombs():
        tracemalloc.start()
        try:
            with pytest.raises(CheckpointError):
                read_checkpoint(data, "c.npz")
            assert tracemalloc.get_traced_memory()[1] < 2 << 20
        finally:
            tracemalloc.stop()


# atomic writing


def test_a_failed_write_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    write_atomically(path, b"old")
    path.with_name("folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"new")
    assert path.read_bytes() == b"old"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["c.npz", "folder"]


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    path = tmp_path / "c.npz"
    path.symlink_to(outside)
    write_atomically(path, b"new")
    assert (outside.read_bytes(), path.read_bytes(), path.is_symlink()) == (b"mine", b"new", False)


def test_abandoned_temporary_files_go_after_a_day(tmp_path: Path) -> None:
    old, fresh, other = (tmp_path / name for name in (".c.npz.1-a.tmp", ".c.npz.2-b.tmp", ".d.npz.1-a.tmp"))
    for file in (old, fresh, other):
        file.write_bytes(b"x")
    for file in (old, other):
        os.utime(file, (0, 0))
    write_atomically(tmp_path / "c.npz", b"new")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([fresh.name, other.name, "c.npz"])


KILL_LOOP = """
import os, random, signal, sys
from pathlib import Path
import numpy as np
from engine.checkpoint import Checkpoint, read_checkpoint, write_checkpoint

path, draw = Path(sys.argv[1]), random.Random(3)

def save(epoch):
    write_checkpoint(path, Checkpoint({"w": np.full(20_000, float(epoch))}, epoch=epoch))

def write_without_pause(epoch, pipe):
    while True:
        epoch += 1
        save(epoch)
        os.write(pipe, b"x")

save(0)
saved = [0]
for _ in range(int(sys.argv[2])):
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        write_without_pause(saved[-1], writing)
    os.read(reading, draw.randrange(1, 3))
    for _ in range(draw.randrange(60_000)):  # some part of a millisecond more
        pass
    os.kill(child, signal.SIGKILL)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    os.close(reading)
    os.close(writing)
    found = read_checkpoint(path.read_bytes(), "c.npz", {"w": (20_000,)})
    assert (found.weights["w"] == found.epoch).all()
    saved.append(found.epoch)
print(*saved)
"""
KILLS = 400


def test_kill_at_any_moment_leaves_a_readable_checkpoint(tmp_path: Path) -> None:
    """A child writes without pause and is killed (SIGKILL) at random moments; each time the file is whole."""
    command = [sys.executable, "-c", KILL_LOOP, str(tmp_path / "c.npz"), str(KILLS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    epochs = [int(word) for word in done.stdout.split()]
    assert len(epochs) == KILLS + 1
    assert epochs == sorted(epochs)
    assert epochs[-1] >= KILLS
    assert any(tmp_path.glob(".c.npz.*.tmp"))  # some kills fell between the first byte and the rename
