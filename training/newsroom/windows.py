"""Windows: the runs of words that the encoder reads at once, and batches of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from newsroom.labels import IGNORED, TAG_IDS
from newsroom.pieces import BEGIN, END, PAD, Pieces

MOST_WORDS = 160
MOST_PIECES = 256
"""With the marks at both ends."""

# A kernel is prepared, and kept, for every new shape, so there are few shapes.
LENGTHS = (32, 64, 128, 192, 256)
WORD_STEP = 64


@dataclass
class Window:
    """Whole sentences in a row, as far as they fit."""

    pieces: list[int]
    firsts: list[int]
    """The place of each word's first piece."""
    tags: list[int]
    """The tag of each word, or ``IGNORED``."""
    targets: list[tuple[int, int, int]] = field(default_factory=list)
    """Piece ranges with their polarity."""


@dataclass
class Batch:
    """Windows side by side, padded to one length."""

    pieces: np.ndarray
    mask: np.ndarray
    firsts: np.ndarray
    """Places of the first pieces of all words, in the batch laid end to end, filled up to a multiple of 64."""
    tags: np.ndarray
    """The tags of all words, filled up with ``IGNORED``."""
    target_pieces: np.ndarray
    """Places of the pieces of all targets, likewise."""
    target_of: np.ndarray
    """The number of the target to which each of them belongs."""
    polarities: np.ndarray


def read_lines(path: Path) -> list[dict]:
    """Reads one JSON value a line."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def recase(words: list[str], chance: random.Random) -> list[str]:
    """Now and then returns the words in the case of a headline or of careless typing."""
    draw = chance.random()
    if draw < 0.03:
        return [word[:1].upper() + word[1:] if len(word) > 3 else word for word in words]
    if draw < 0.045:
        return [word.upper() for word in words]
    if draw < 0.05:
        return [word.lower() for word in words]
    return words


def cut(
    sentences: Sequence[dict], pieces: Pieces, most_words: int = MOST_WORDS, chance: random.Random | None = None
) -> list[Window]:
    """Packs ``sentences`` into windows of at most ``most_words`` words and ``MOST_PIECES`` pieces.

    A sentence that is longer than a window is divided; a target across the division is dropped.  With ``chance`` some
    sentences are recased.
    """
    windows: list[Window] = []
    current = Window([BEGIN], [], [])

    def close() -> None:
        nonlocal current
        if current.firsts:
            current.pieces.append(END)
            windows.append(current)
        current = Window([BEGIN], [], [])

    for sentence in sentences:
        words = recase(sentence["words"], chance) if chance else sentence["words"]
        ids = [pieces.of(word) for word in words]
        total = sum(map(len, ids))
        if len(current.firsts) + len(words) > most_words or len(current.pieces) + total >= MOST_PIECES:
            close()
        tags = sentence.get("tags")
        places: list[tuple[Window, int, int]] = []
        for index, word in enumerate(ids):
            if len(current.firsts) >= most_words or len(current.pieces) + len(word) >= MOST_PIECES:
                close()
            at = len(current.pieces)
            current.firsts.append(at)
            current.tags.append(TAG_IDS.get(tags[index], IGNORED) if tags else IGNORED)
            current.pieces.extend(word)
            places.append((current, at, at + len(word)))
        for start, end, polarity in sentence.get("targets", ()):
            if places[start][0] is places[end - 1][0]:
                places[start][0].targets.append((places[start][1], places[end - 1][2], polarity))
    close()
    return windows


def padded(length: int) -> int:
    """The shortest of ``LENGTHS`` that holds ``length`` pieces."""
    return next(size for size in LENGTHS if size >= length)


def batches(windows: Iterable[Window], budget: int, chance: random.Random) -> list[list[Window]]:
    """Groups windows of like length so that no batch has more than ``budget`` pieces, padding included."""
    by_length: dict[int, list[Window]] = {}
    for window in windows:
        by_length.setdefault(padded(len(window.pieces)), []).append(window)
    found = []
    for length, group in sorted(by_length.items()):
        chance.shuffle(group)
        size = budget // length
        found += [group[at : at + size] for at in range(0, len(group) - size + 1, size)]
    return found


def collate(windows: Sequence[Window]) -> Batch:
    """Lays ``windows`` side by side."""
    length = padded(max(len(window.pieces) for window in windows))
    pieces = np.full((len(windows), length), PAD, np.int64)
    firsts: list[int] = []
    tags: list[int] = []
    target_pieces: list[int] = []
    target_of: list[int] = []
    polarities: list[int] = []
    for row, window in enumerate(windows):
        offset = row * length
        pieces[row, : len(window.pieces)] = window.pieces
        firsts += [offset + place for place in window.firsts]
        tags += window.tags
        for start, end, polarity in window.targets:
            target_pieces += range(offset + start, offset + end)
            target_of += [len(polarities)] * (end - start)
            polarities.append(polarity)
    missing = -len(firsts) % WORD_STEP
    firsts += [0] * missing
    tags += [IGNORED] * missing
    mask = np.arange(length)[None, :] < np.array([len(window.pieces) for window in windows])[:, None]
    lists = firsts, tags, target_pieces, target_of, polarities
    return Batch(pieces, mask, *(np.array(values, np.int64) for values in lists))
