"""The labels of the two heads."""

from __future__ import annotations

KINDS = ("PER", "ORG", "LOC")
TAGS = ("O",) + tuple(f"{mark}-{kind}" for kind in KINDS for mark in "BI")
TAG_IDS = {tag: index for index, tag in enumerate(TAGS)}
IGNORED = -100
"""A word of which the corpus says nothing: it is left out of the loss."""

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
