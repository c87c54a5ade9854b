"""What the evaluation programs share: running the built program over documents, tables, and GUM as it is annotated."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path


def arguments(description: str, flags: dict[str, str] | None = None) -> argparse.Namespace:
    """Reads the arguments that all programs have, and ``flags`` with their help."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a corpus")
    parser.add_argument("--binary", type=Path, required=True, help="the built program")
    parser.add_argument("--profile", default="default", help="profile of the model")
    for flag, what in (flags or {}).items():
        parser.add_argument(f"--{flag}", action="store_true", help=what)
    return parser.parse_args()


def annotate(binary: Path, articles: Sequence[dict], profile: str = "default") -> list[dict]:
    """Returns the record of each article, in their order; an article without id gets its place."""
    lines = [json.dumps({"id": str(place)} | article, ensure_ascii=False) + "\n" for place, article in enumerate(articles)]
    command = [str(binary.resolve()), "annotate", "--from", "jsonl", "-"]
    settings = os.environ | {"COPYDESK_MODEL_PROFILE": profile}
    run = subprocess.run(command, input="".join(lines), stdout=subprocess.PIPE, text=True, check=True, env=settings)
    records = {record["id"]: record for record in map(json.loads, run.stdout.splitlines())}
    return [records[json.loads(line)["id"]] for line in lines]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a Markdown table; figures with one decimal."""
    print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(f'{cell:.1f}' if isinstance(cell, float) else str(cell) for cell in row)} |")


def f1(precision: float, recall: float) -> float:
    """Their harmonic mean."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass
class Token:
    """A word of GUM."""

    form: str
    start: int
    end: int
    tag: str
    head: int | None
    """The word it depends on, by its place in the document."""
    relation: str
    sentence: int


@dataclass
class Mention:
    """Words of GUM that speak of something."""

    first: int
    last: int
    """Its words, by their places in the document, both included."""
    kind: str
    group: str
    head: int = -1


@dataclass
class Gum:
    """A document of GUM: text as in gum_mentions, words and mentions."""

    name: str
    genre: str
    title: str
    date: str
    text: str
    tokens: list[Token] = field(default_factory=list)
    mentions: list[Mention] = field(default_factory=list)

    def article(self) -> dict:
        """Returns the document as an article for the program."""
        body = self.text[self._body() :]
        # A day as such has no hour; noon is the same day in most zones.
        return {"title": self.title, "body": body, "published_at": f"{self.date}T12:00:00Z", "language": "en"}

    def _body(self) -> int:
        # Most texts begin with the title, which an article has in a field of its own.
        after = len(self.title) if self.text.startswith(self.title) else 0
        return after + len(self.text[after:]) - len(self.text[after:].lstrip())

    def offset(self, record: dict, place: int) -> int | None:
        """Returns the offset into ``text`` of an offset into the record's text, unless that lies in a title of our own."""
        body = record["text"].index(self.text[self._body() :].rstrip()[:40], len(self.title))
        if place >= body:
            return place - body + self._body()
        return place if self._body() else None


def gum(data: Path) -> list[Gum]:
    """Reads GUM with its syntax."""
    folder = data / "gum-open"
    documents = []
    for part in ("train", "dev", "test"):
        for line in (folder / f"gum_mentions.{part}.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            document = Gum(entry["doc"], entry["genre"], entry["title"], entry["date"], entry["text"])
            _read(document, folder / "dep" / f"{document.name}.conllu")
            documents.append(document)
    return sorted(documents, key=lambda document: document.name)


def _read(document: Gum, path: Path) -> None:
    at, base, sentence = 0, 0, -1
    open_mentions: list[Mention] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# sent_id"):
            base, sentence = len(document.tokens), sentence + 1
        columns = line.split("\t")
        if len(columns) < 10 or not columns[0].isdigit():
            continue
        start = document.text.index(columns[1], at)
        if start > at + 3:
            raise ValueError(f"{path.name}: {columns[1]} is not where it should be")
        at = start + len(columns[1])
        head = int(columns[6])
        place = len(document.tokens)
        document.tokens.append(
            Token(columns[1], start, at, columns[3], base + head - 1 if head else None, columns[7], sentence)
        )
        marks = re.search(r"(?:^|\|)Entity=([^|]*)", columns[9])
        for opened, number, closed in re.findall(r"\(([^()]+)|(\d+)(\))|\)", marks[1] if marks else ""):
            if opened:
                group, kind = opened.split("-")[:2]
                open_mentions.append(Mention(place, place, kind, group))
                document.mentions.append(open_mentions[-1])
                continue
            mention = next((one for one in reversed(open_mentions) if not closed or one.group == number), None)
            if mention:
                open_mentions.remove(mention)
                mention.last = place
    for mention in document.mentions:
        inside = range(mention.first, mention.last + 1)
        outward = (place for place in inside if document.tokens[place].head not in inside)
        mention.head = next(outward, mention.first)
