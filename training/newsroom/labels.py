"""The labels of the two heads."""

from __future__ import annotations

import numpy as np

KINDS = ("PER", "ORG", "LOC")
TAGS = ("O",) + tuple(f"{mark}-{kind}" for kind in KINDS for mark in "BI")
TAG_IDS = {tag: index for index, tag in enumerate(TAGS)}
IGNORED = -100
"""A word of which the corpus says nothing: it is left out of the loss."""

_SPLIT = -200
SPLIT_IDS = {
    f"{first}|{second}": _SPLIT - len(TAGS) * TAG_IDS[first] - TAG_IDS[second] for first in TAGS for second in TAGS if first != second
}
"""Words on which two programs disagree, CoreNLP and spaCy in this order: the network that learns has the casting vote."""

POLARITIES = ("negative", "neutral", "positive")


def spans(tags: list[str]) -> list[tuple[int, int, str]]:
    """Returns the half-open word ranges and kinds of the names in BIO ``tags``; a stray I- begins a name."""
    found: list[tuple[int, int, str]] = []
    start, kind = 0, ""
    for index, tag in enumerate([*tags, "O"]):
        mark, _, name = tag.partition("-")
        if kind and (mark != "I" or name != kind):
            found.append((start, index, kind))
            kind = ""
        if mark == "B" or (mark == "I" and not kind):
            start, kind = index, name
    return found


def tags(length: int, names: list[tuple[int, int, str]]) -> list[str]:
    """Returns BIO tags of ``length`` words for ``names``, which do not overlap."""
    result = ["O"] * length
    for start, end, kind in names:
        result[start:end] = [f"B-{kind}"] + [f"I-{kind}"] * (end - start - 1)
    return result


def settle(tags: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Returns ``tags`` with the words on which two programs disagree settled by ``own``, the network's tags of all words.

    What two of three say is taken.  A word is left out of the loss if all three differ, or if CoreNLP alone takes it for
    a part of a name: one in eight of those names is right, and more of the words around them are part of another.
    """
    split = tags <= _SPLIT
    first, second = np.divmod(np.where(split, _SPLIT - tags, 0), len(TAGS))
    settled = np.where((own == first) | ((own == second) & (second != TAG_IDS["O"])), own, IGNORED)
    return np.where(split, settled, tags)
