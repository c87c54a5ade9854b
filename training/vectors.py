"""Writes what the exported files say of a few texts, for the service's tests to compare with.

    python vectors.py --model ../models/newsroom-en --out FILE

Each entry is a window of one profile: ``sentences`` of words, ``tags`` (scores of each word), ``targets`` (word ranges
through all sentences) and ``polarities`` (scores of each target), all before temperature and softmax, by
``newsroom/engine.py``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from newsroom import windows, words
from newsroom.engine import Engine

_STORY = Path(__file__).parents[1] / "tests" / "fixtures" / "twin.txt"
_TEXTS = (
    ["Whitfield called the offer a start.", "Solberg called it the end."],
    ["STORM CLOSES PORT OF KYIV"],
    ["storm closes port of kyiv"],
    ["Minister Praised For Saving The Fishermen Of Bodø"],
    ["Yes."],
    ["“"],
    ["Acme"],
    ["Donaudampfschifffahrtsgesellschaftskapitänsmütze Pneumonoultramicroscopicsilicovolcanoconiosis"],
    ["Ελληνικά 漢字 кирилица 🙂 ﬁn", "na\u0308ive cafe\u0301"],
    ["The bank’s incompetent chairman, John Doe, has ruined Acme Corp., but Jane Roe rescued what was left of it."],
    ["US-led forces left al-Hasakah at 3.30 p.m. on 4/5/2020, www.example.org/news?id=7 said."],
    ["Oslo, Bergen, Paris and Rome agreed with the U.N. and the European Commission.", "Only Budapest refused."],
    ["a " * 160],
    ["Marsh " * 60],
)


def texts() -> list[list[list[str]]]:
    """The windows' sentences of words: the lines of a story, alone and together, and what may go wrong."""
    lines = [words.split_words(line) for line in _STORY.read_text(encoding="utf-8").splitlines() if line.strip()]
    found = [[line] for line in lines[:4]] + [lines[:5], lines[5:9]]
    return found + [[words.split_words(text) for text in own] for own in _TEXTS]


def targets(length: int) -> list[tuple[int, int]]:
    """Word ranges here and there in a text of ``length`` words."""
    return [(start, min(start + 1 + start % 3, length)) for start in range(0, length, 5)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args()

    entries = []
    for profile in ("default", "accurate"):
        engine = Engine(options.model, profile)
        for sentences in texts():
            asked = targets(sum(map(len, sentences)))
            # All of a text is one sentence to the cut, so that targets are counted through it.
            laid = {"words": sum(sentences, []), "targets": [(*target, 0) for target in asked]}
            (window,) = windows.cut([laid], engine.pieces)
            read = engine.read(window)
            entries.append(
                {
                    "profile": profile,
                    "sentences": sentences,
                    "tags": [[round(float(score), 5) for score in row] for row in read.tags],
                    "targets": asked,
                    "polarities": [[round(float(score), 5) for score in row] for row in read.polarities],
                }
            )
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
    options.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
