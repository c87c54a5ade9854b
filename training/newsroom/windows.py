"""Windows: the runs of words that the encoder reads at once, and batches of them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from newsroom.labels import IGNORED, SPLIT_IDS, TAG_IDS
from newsroom.pieces import BEGIN, END, PAD, Pieces

_IDS = TAG_IDS | SPLIT_IDS

MOST_WORDS = 160
MOST_PIECES = 256
"""With the marks at both ends."""

# A kernel is prepared, and kept, for every new shape, so there are few shapes.
LENGTHS = (32, 64, 96, 128, 160, 192, 224, 256)
WIDTHS = (18, 34, 66, 98, 130, 162)
WORD_STEP = 64
TARGET_STEP = 16


@dataclass
class Window:
    """Whole sentences in a row, as far as they fit."""

    words: list[str]
    starts: list[int]
    """The words at which sentences begin."""
    pieces: list[int]
    firsts: list[int]
    """The place of each word's first piece."""
    tags: list[int]
    """The tag of each word, one of ``labels.SPLIT_IDS``, or ``IGNORED``."""
    targets: list[tuple[int, int, int]] = field(default_factory=list)
    """Word ranges with their polarity."""

    def rows(self) -> list[int]:
        """The places of the pieces that go on where a network pools: both marks and each word's first."""
        return [0, *self.firsts, len(self.pieces) - 1]

    def target_rows(self, pooled: bool) -> list[range]:
        """The rows of the last layer over which the state of each target is the mean."""
        if pooled:
            return [range(1 + start, 1 + end) for start, end, _ in self.targets]
        ends = [*self.firsts[1:], len(self.pieces) - 1]
        return [range(self.firsts[start], ends[end - 1]) for start, end, _ in self.targets]


@dataclass
class Batch:
    """Windows side by side, padded to one length.

    "Places" are rows of the last layer, the windows of the batch laid end to end.
    """

    pieces: np.ndarray
    """Piece numbers, ``[windows, length]``."""
    mask: np.ndarray
    """Where there is a piece."""
    rows: np.ndarray
    """The pieces that go on where the network pools, ``[windows, width]``."""
    row_mask: np.ndarray
    """Where there is one."""
    words: np.ndarray
    """Places of all words, filled up to a multiple of 64."""
    tags: np.ndarray
    """The tags of all words, filled up with ``IGNORED``."""
    target_rows: np.ndarray
    """Places of the rows of all targets."""
    target_of: np.ndarray
    """The number of the target to which each of them belongs."""
    polarities: np.ndarray
    """Of each target, filled up with ``IGNORED`` to a multiple of 16."""


def read_lines(path: Path) -> list[dict]:
    """Reads one JSON value a line."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def recase(words: list[str], chance: random.Random, shares: tuple[float, float, float] = (0.06, 0.03, 0.02)) -> list[str]:
    """Now and then returns the words in the case of a headline or of careless typing.

    ``shares`` are the chances of a title, of capitals and of small letters.
    """
    draw = chance.random()
    title, capitals, small = shares
    if draw < title:
        # Some papers leave short words in small letters.
        shortest = chance.choice((2, 4))
        return [word[:1].upper() + word[1:] if len(word) >= shortest else word for word in words]
    if draw < title + capitals:
        return [word.upper() for word in words]
    if draw < title + capitals + small:
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
    current = Window([], [], [BEGIN], [], [])

    def close() -> None:
        nonlocal current
        if current.firsts:
            current.pieces.append(END)
            windows.append(current)
        current = Window([], [], [BEGIN], [], [])

    for sentence in sentences:
        words = recase(sentence["words"], chance) if chance else sentence["words"]
        ids = [pieces.of(word) for word in words]
        total = sum(map(len, ids))
        if len(current.firsts) + len(words) > most_words or len(current.pieces) + total >= MOST_PIECES:
            close()
        tags = sentence.get("tags")
        places: list[tuple[Window, int]] = []
        for index, word in enumerate(ids):
            if len(current.firsts) >= most_words or len(current.pieces) + len(word) >= MOST_PIECES:
                close()
            if not index or not current.words:
                current.starts.append(len(current.words))
            places.append((current, len(current.words)))
            current.words.append(words[index])
            current.firsts.append(len(current.pieces))
            current.tags.append(_IDS.get(tags[index], IGNORED) if tags else IGNORED)
            current.pieces.extend(word)
        for start, end, polarity in sentence.get("targets", ()):
            (first, begin), (last, stop) = places[start], places[end - 1]
            if first is last:
                first.targets.append((begin, stop + 1, polarity))
    close()
    return windows


def padded(length: int, sizes: Sequence[int] = LENGTHS) -> int:
    """The shortest of ``sizes`` that holds ``length`` rows."""
    return next(size for size in sizes if size >= length)


def batches(windows: Iterable[Window], budget: int, chance: random.Random) -> list[list[Window]]:
    """Groups windows of like length so that no batch has more than ``budget`` pieces, padding included."""
    by_length: dict[tuple[int, int], list[Window]] = {}
    for window in windows:
        lengths = padded(len(window.pieces)), padded(len(window.words) + 2, WIDTHS)
        by_length.setdefault(lengths, []).append(window)
    found = []
    for (length, _), group in sorted(by_length.items()):
        chance.shuffle(group)
        size = budget // length
        found += [group[at : at + size] for at in range(0, len(group) - size + 1, size)]
    return found


def _padded_rows(rows: Sequence[Sequence[int]], sizes: Sequence[int], filling: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns ``rows`` as a matrix filled up with ``filling``, and where it is not filled up."""
    width = padded(max(map(len, rows)), sizes)
    laid = np.full((len(rows), width), filling, np.int64)
    for index, row in enumerate(rows):
        laid[index, : len(row)] = row
    return laid, np.arange(width)[None, :] < np.array([len(row) for row in rows])[:, None]


def collate(windows: Sequence[Window], pooled: bool = False) -> Batch:
    """Lays ``windows`` side by side, for a network that pools or does not."""
    pieces, mask = _padded_rows([window.pieces for window in windows], LENGTHS, PAD)
    rows, row_mask = _padded_rows([window.rows() for window in windows], WIDTHS, 0)
    length = (rows if pooled else pieces).shape[1]
    words: list[int] = []
    tags: list[int] = []
    target_rows: list[int] = []
    target_of: list[int] = []
    polarities: list[int] = []
    for row, window in enumerate(windows):
        offset = row * length
        places = range(1, 1 + len(window.firsts)) if pooled else window.firsts
        words += [offset + place for place in places]
        tags += window.tags
        for own, (_, _, polarity) in zip(window.target_rows(pooled), window.targets, strict=True):
            target_rows += [offset + place for place in own]
            target_of += [len(polarities)] * len(own)
            polarities.append(polarity)
    missing = -len(words) % WORD_STEP
    words += [0] * missing
    tags += [IGNORED] * missing
    polarities += [IGNORED] * (-len(polarities) % TARGET_STEP)
    lists = words, tags, target_rows, target_of, polarities
    return Batch(pieces, mask, rows, row_mask, *(np.array(values, np.int64) for values in lists))
