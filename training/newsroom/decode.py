"""Reads tag scores as names, by the same rules as ``src/model/``."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from newsroom.labels import KINDS, TAGS, spans

_NEVER = -1e9
_ALLOWED = np.array(
    [[0.0 if not after.startswith("I-") or before[2:] == after[2:] else _NEVER for after in TAGS] for before in TAGS]
)
_FIRST = np.array([_NEVER if tag.startswith("I-") else 0.0 for tag in TAGS])


def log_softmax(scores: np.ndarray) -> np.ndarray:
    """Log probabilities along the last axis."""
    shifted = scores - scores.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def best_tags(scores: np.ndarray) -> list[str]:
    """Returns the best sequence of tags for ``scores`` ``[words, tags]`` in which every I- continues its kind."""
    if not len(scores):
        return []
    logs = log_softmax(scores)
    best = logs[0] + _FIRST
    back = np.zeros(scores.shape, np.int64)
    for index in range(1, len(logs)):
        ways = best[:, None] + _ALLOWED
        back[index] = ways.argmax(0)
        best = ways.max(0) + logs[index]
    path = [int(best.argmax())]
    for index in range(len(logs) - 1, 0, -1):
        path.append(int(back[index, path[-1]]))
    return [TAGS[tag] for tag in reversed(path)]


def window_spans(scores: np.ndarray, starts: list[int]) -> list[tuple[int, int, str]]:
    """Returns word ranges and kinds of the names in a window whose sentences begin at ``starts``.

    Each sentence is decoded by itself: two lines of a signature would grow into one name.
    """
    found = []
    for first, last in zip(starts, [*starts[1:], len(scores)], strict=True):
        found += [(first + start, first + end, kind) for start, end, kind in spans(best_tags(scores[first:last]))]
    return found


def log_odds(scores: np.ndarray, kind: str) -> np.ndarray:
    """How much likelier each word is part of a name of ``kind`` than not, as a logarithm."""
    inside = np.array([tag[2:] == kind for tag in TAGS])
    exact = scores.astype(np.float64)
    return np.logaddexp.reduce(exact[:, inside], 1) - np.logaddexp.reduce(exact[:, ~inside], 1)


@dataclass
class Calibration:
    """How log odds become confidences (Platt scaling, with an offset for each kind)."""

    temperature: float = 1.0
    shift: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))

    def chance(self, kind: str, odds: float) -> float:
        """The chance that a name of ``kind`` is right."""
        return float(1 / (1 + np.exp(-(odds / self.temperature + self.shift[kind]))))


def odds(scores: np.ndarray) -> list[tuple[int, int, str, float]]:
    """Returns word ranges, kinds and log odds of the names in a sentence; those of a name are its least certain word's."""
    found = []
    for start, end, kind in spans(best_tags(scores)):
        found.append((start, end, kind, float(log_odds(scores[start:end], kind).min())))
    return found


def names(scores: np.ndarray, calibration: Calibration | None = None) -> list[tuple[int, int, str, float]]:
    """Returns word ranges, kinds and confidences of the names in a sentence."""
    own = calibration or Calibration()
    return [(start, end, kind, own.chance(kind, value)) for start, end, kind, value in odds(scores)]
