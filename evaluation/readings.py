"""How well the readings of places come out, on marked names of the Groningen Meaning Bank.

    python evaluation/readings.py --data DIR --binary target/release/copydesk

``evaluation/readings/gmb.tsv`` holds 228 names of countries and capitals, drawn at random from the sentences of
``DIR/gmb-text/gmb_sentences.txt`` and read by one person: the line, the characters of the name, how it is meant, and its
part.  The part ``tune`` chose the threshold and the lists of words, ``test`` was looked at in total only; neither was in
the text that the weights were learnt from.  The baseline is what taggers do: every name is the place.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
from collections import Counter
from pathlib import Path

READINGS = ("literal", "metonym", "modifier")


def reading_at(record: dict, start: int, end: int) -> str:
    """The reading of the mention that overlaps the characters, or what is missing."""
    for entity in record.get("entities", []):
        for mention in entity["mentions"]:
            if mention["start"] < end and start < mention["end"] and "reading" in mention:
                return mention["reading"]
    return "not found"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a corpus")
    parser.add_argument("--binary", type=Path, required=True, help="the built program")
    options = parser.parse_args()
    lines = (options.data / "gmb-text" / "gmb_sentences.txt").read_text(encoding="utf-8").split("\n")
    with (Path(__file__).parent / "readings" / "gmb.tsv").open(encoding="utf-8") as file:
        marked = list(csv.DictReader(file, delimiter="\t"))
    articles = [{"id": str(index), "body": lines[int(mark["line"]) - 1], "language": "en"} for index, mark in enumerate(marked)]
    run = subprocess.run(
        [options.binary.resolve(), "annotate", "--from", "jsonl", "-"],
        input="\n".join(map(json.dumps, articles)).encode(),
        stdout=subprocess.PIPE,
        check=True,
    )
    records = {record["id"]: record for record in map(json.loads, run.stdout.decode().splitlines())}
    found: Counter[tuple[str, str, str]] = Counter()
    for index, mark in enumerate(marked):
        reading = reading_at(records[str(index)], int(mark["start"]), int(mark["end"]))
        found[mark["part"], mark["reading"], reading] += 1
    print("| part | meant as | names | literal | metonym | modifier | not found | right |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for part in ("tune", "test"):
        for meant in READINGS:
            row = [found[part, meant, reading] for reading in (*READINGS, "not found")]
            right = 100 * found[part, meant, meant] / sum(row)
            print(f"| {part} | {meant} | {sum(row)} | {' | '.join(map(str, row))} | {right:.0f} % |")
    for part in ("tune", "test"):
        total = sum(count for (own, _, _), count in found.items() if own == part)
        right = sum(count for (own, meant, reading), count in found.items() if own == part and meant == reading)
        plain = sum(count for (own, meant, _), count in found.items() if own == part and meant == "literal")
        print(f"\n{part}: {100 * right / total:.1f} % of {total} right; every name taken for the place: {100 * plain / total:.1f} %")


if __name__ == "__main__":
    main()
