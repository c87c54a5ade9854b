#!/usr/bin/env python3
"""How well the readings of places come out, on marked names of the Groningen Meaning Bank.

    evaluation/readings.py --data DIR --binary target/release/copydesk

``evaluation/readings/gmb.tsv`` holds 228 names of countries and capitals, drawn at random from the sentences of
``DIR/gmb-text/gmb_sentences.txt`` and read by one person: the line, the characters of the name, how it is meant, and its
part.  The part ``tune`` chose the threshold and the lists of words.  Of ``test`` no sentence was read for that, but its
totals, also by threshold, stood beside those of ``tune`` each time, so its figures are a little kind.  Neither was in the
text that the weights were learnt from.  The baseline is what taggers do: every name is the place.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import common

READINGS = ("literal", "metonym", "modifier")
MISSING = "not found"


def reading_at(record: dict, start: int, end: int) -> str:
    """The reading of the mention that overlaps the characters, or what is missing."""
    for entity in record.get("entities", []):
        for mention in entity["mentions"]:
            if mention["start"] < end and start < mention["end"] and "reading" in mention:
                return mention["reading"]
    return MISSING


def main() -> None:
    """Prints the tables."""
    options = common.arguments(__doc__ or "")
    lines = (options.data / "gmb-text" / "gmb_sentences.txt").read_text(encoding="utf-8").split("\n")
    with (Path(__file__).parent / "readings" / "gmb.tsv").open(encoding="utf-8") as file:
        marked = list(csv.DictReader(file, delimiter="\t"))
    articles = [{"body": lines[int(mark["line"]) - 1], "language": "en"} for mark in marked]
    records = common.annotate(options.binary, articles, options.profile)
    found: Counter[tuple[str, str, str]] = Counter()
    for mark, record in zip(marked, records, strict=True):
        reading = reading_at(record, int(mark["start"]), int(mark["end"]))
        found[mark["part"], mark["reading"], reading] += 1
    rows = []
    for part in ("tune", "test"):
        for meant in READINGS:
            row = [found[part, meant, reading] for reading in (*READINGS, MISSING)]
            rows.append([part, meant, sum(row), *row, 100 * found[part, meant, meant] / sum(row)])
    common.table(["part", "meant as", "names", *READINGS, MISSING, "right, %"], rows)
    print()
    rows = []
    for part in ("tune", "test"):
        total = sum(count for (own, _, _), count in found.items() if own == part) / 100
        right = sum(count for (own, meant, reading), count in found.items() if own == part and meant == reading)
        plain = sum(count for (own, meant, _), count in found.items() if own == part and meant == "literal")
        rows.append([part, right / total, plain / total])
    common.table(["part", "right, %", "every name taken for the place, %"], rows)


if __name__ == "__main__":
    main()
