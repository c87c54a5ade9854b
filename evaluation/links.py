#!/usr/bin/env python3
"""Links of persons and organisations on GUM, against an authority file of all whom GUM knows in Wikipedia.

The file holds every person and organisation that any document of GUM links to Wikipedia: the title is the id, the title
without what stands in brackets the name; there are no aliases and no descriptions. So the figures say how often a name is
found by its full form and its entity grouped rightly, and how often a link is wrong; they say nothing of a table with
millions of namesakes.

python3 evaluation/links.py --data DIR --binary target/release/copydesk
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote

sys.path.insert(0, str(Path(__file__).parent))
from common import annotate, arguments, table  # noqa: E402

KINDS = {"person": "person", "organization": "organisation"}


def documents(data: Path) -> list[dict]:
    """All documents of GUM with their mentions."""
    files = [data / "gum-open" / f"gum_mentions.{part}.jsonl" for part in ("train", "dev", "test")]
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def authority(documents: list[dict]) -> str:
    """Everybody whom GUM links, one line each."""
    titles = {
        (mention["wikipedia"], KINDS[mention["type"]])
        for document in documents
        for mention in document["mentions"]
        if mention.get("wikipedia") and mention["type"] in KINDS and mention["head_propn"]
    }
    lines, seen = ["authority\tid\ttype\tname"], set()
    for title, kind in sorted(titles):
        name = re.sub(r"\s*\(.*\)$", "", unquote(title).replace("_", " ")).strip()
        if title not in seen and any(letter.isalnum() for letter in name):
            seen.add(title)
            lines.append(f"wikipedia\t{title}\t{kind}\t{name}")
    return "\n".join(lines) + "\n"


def measure(documents: list[dict], records: list[dict]) -> tuple[int, int, int, int]:
    """Gold mentions, those of them that got any link, the right one, and links on names that gold does not link."""
    gold = linked = right = stray = 0
    for document, record in zip(documents, records):
        offset = record["text"].find(document["text"])
        found = [
            (mention["start"] - offset, mention["end"] - offset, entity)
            for entity in record["entities"]
            for mention in entity["mentions"]
            if mention["form"] == "name" and entity["type"] in KINDS.values()
        ]
        named = [mention for mention in document["mentions"] if mention["head_propn"]]
        known = [mention for mention in named if mention.get("wikipedia") and mention["type"] in KINDS]
        for mention in known:
            gold += 1
            # The longest name inside the noun phrase, or around it: nested names have mentions of their own.
            inside = [
                (start, end, entity)
                for start, end, entity in found
                if start >= mention["start"] and end <= mention["end"] and entity["type"] == KINDS[mention["type"]]
            ]
            best = max(inside, key=lambda name: name[1] - name[0], default=None)
            links = best[2]["links"] if best else []
            linked += bool(links)
            right += any(link["id"] == mention["wikipedia"] for link in links)
        for start, end, entity in found:
            if not entity["links"]:
                continue
            over = [mention for mention in named if mention["start"] <= start and end <= mention["end"]]
            stray += not any(mention.get("wikipedia") for mention in over)
    return gold, linked, right, stray


def main() -> None:
    """Prints the table."""
    options = arguments(__doc__)
    everything = documents(options.data)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv", encoding="utf-8") as file:
        file.write(authority(everything))
        file.flush()
        os.environ["COPYDESK_KNOWLEDGE_AUTHORITIES"] = file.name
        rows = []
        for genre in sorted({document["genre"] for document in everything}):
            chosen = [document for document in everything if document["genre"] == genre]
            articles = [{"body": document["text"], "published_at": f"{document['date']}T12:00:00Z"} for document in chosen]
            for article in articles:
                if not re.match(r"\d{4}-\d\d-\d\dT", article["published_at"]):
                    del article["published_at"]
            gold, linked, right, stray = measure(chosen, annotate(options.binary, articles, options.profile))
            rows.append((genre, gold, 100 * right / max(gold, 1), 100 * right / max(linked, 1), stray))
    table(["genre", "linked names in gold", "of these linked rightly, %", "right where linked, %", "links beside gold"], rows)


if __name__ == "__main__":
    main()
