"""The measures: strict F1 of names, macro F1 of polarities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsroom.labels import KINDS, POLARITIES


@dataclass(frozen=True)
class F1:
    """Precision, recall and their harmonic mean, in per cent."""

    precision: float
    recall: float
    f1: float

    @staticmethod
    def of(right: int, found: int, wanted: int) -> F1:
        precision = 100 * right / found if found else 0.0
        recall = 100 * right / wanted if wanted else 0.0
        both = precision + recall
        return F1(precision, recall, 2 * precision * recall / both if both else 0.0)


def names(pairs: Iterable[tuple[Iterable[tuple], Iterable[tuple]]]) -> dict[str, F1]:
    """Strict scores of (found, wanted) names, each ending in its kind: right are those of equal span and kind."""
    right: Counter[str] = Counter()
    found: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for ours, theirs in pairs:
        ours, theirs = set(ours), set(theirs)
        right.update(name[-1] for name in ours & theirs)
        found.update(name[-1] for name in ours)
        wanted.update(name[-1] for name in theirs)
    scores = {kind: F1.of(right[kind], found[kind], wanted[kind]) for kind in KINDS}
    scores["all"] = F1.of(right.total(), found.total(), wanted.total())
    return scores


def polarities(found: Sequence[int], wanted: Sequence[int]) -> tuple[float, float]:
    """Macro F1 and accuracy of polarities, in per cent."""
    pairs = list(zip(found, wanted, strict=True))
    scores = []
    for index in range(len(POLARITIES)):
        right = sum(ours == theirs == index for ours, theirs in pairs)
        scores.append(F1.of(right, sum(ours == index for ours, _ in pairs), sum(theirs == index for _, theirs in pairs)).f1)
    return sum(scores) / len(scores), 100 * sum(ours == theirs for ours, theirs in pairs) / max(1, len(pairs))
