"""Swaps people and places in labelled text for others, so that a network learns how names stand, not which there are."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from newsroom.labels import TAGS, spans

KINDS = ("PER", "LOC")
"""Organisations are left alone: too many of them are known by the words they are made of."""

Names = dict[tuple[str, int], list[tuple[str, ...]]]
"""Names by their kind and the number of their words."""


def _known(tags: Sequence[int]) -> list[tuple[int, int, str]]:
    return [span for span in spans([TAGS[max(tag, 0)] for tag in tags]) if span[2] in KINDS]


def names(texts: Iterable[tuple[Sequence[str], Sequence[int]]]) -> Names:
    """Returns the names in words and their tags, each once, that are written as names are."""
    found: dict[tuple[str, int], dict[tuple[str, ...], None]] = {}
    for words, tags in texts:
        for start, end, kind in _known(tags):
            name = tuple(words[start:end])
            if all(word[:1].isupper() and not word[1:].isupper() for word in (name[0], name[-1])):
                found.setdefault((kind, end - start), {})[name] = None
    return {key: list(own) for key, own in found.items()}


def rename(words: Sequence[str], tags: Sequence[int], pool: Names, chance: random.Random) -> list[str]:
    """Returns ``words`` with every person and place swapped for one of as many words, the same name for the same."""
    result = list(words)
    chosen: dict[tuple[str, ...], tuple[str, ...]] = {}
    for start, end, kind in _known(tags):
        name = tuple(words[start:end])
        others = pool.get((kind, end - start))
        if others:
            result[start:end] = chosen.setdefault(name, chance.choice(others))
    return result
