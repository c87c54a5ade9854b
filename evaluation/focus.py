#!/usr/bin/env python3
"""How often the place in focus is the one that a reader names, on ``evaluation/focus/*.md``.

Invented short articles, each with the place or places that it is about. First is right where the first focus is one of
them; the country alone counts in the second figure. All is right where the set of places is the same. Beside it what two
plain rules reach: the place that is named first, and the one that is named most.

The second table is a stand-in on real text: in GUM, the place that most of five summaries name (three at least, and no
other place as often). It is not quite what a story is about, as a summary may name a place for other reasons.
"""

from __future__ import annotations

from pathlib import Path

import common
import salience

HERE = Path(__file__).resolve().parent


def cases(path: Path) -> list[tuple[dict, list[tuple[str, str]]]]:
    """Reads articles and the places they are about."""
    found = []
    for case in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = case.splitlines()[1:]
        about = [line.removeprefix("= ").rpartition(" ")[::2] for line in lines if line.startswith("= ")]
        about = [(name, code) for name, code in about if name]
        text = "\n".join(line for line in lines if not line.startswith("= ")).strip()
        title, _, body = text.removeprefix("title: ").partition("\n\n")
        found.append(({"title": title, "body": body.replace("\n", "\n\n"), "language": "en"}, about))
    return found


def plain(record: dict, rule: str) -> list[tuple[str, str]]:
    """The place that is named first or most."""
    places = [entity for entity in record["entities"] if entity["type"] == "place" and entity["mentions"]]
    if not places:
        return []
    if rule == "first":
        best = min(places, key=lambda entity: entity["mentions"][0]["start"])
    else:
        best = max(places, key=lambda entity: len(entity["mentions"]))
    return [(best["name"], "")]


def focal(record: dict) -> list[tuple[str, str]]:
    """The places in focus."""
    names = {entity["id"]: entity["name"] for entity in record["entities"]}
    return [(names[one["entity"]], one.get("country", "")) for one in record["focus"] or []]


RULES = (
    ("focus", focal),
    ("named first", lambda record: plain(record, "first")),
    ("named most", lambda record: plain(record, "most")),
)


def summarised(documents: list[common.Gum], records: list[dict], data: Path) -> list[tuple[str, dict]]:
    """The one place that most summaries name, by its id in the record."""
    found = []
    for document, record in zip(documents, records, strict=True):
        scores: dict[str, int] = {}
        for entity, score in salience.scored(document, record, salience.gold(data, document.name)):
            if entity["type"] == "place":
                scores[entity["name"]] = max(score, scores.get(entity["name"], 0))
        best = max(scores.values(), default=0)
        names = [name for name, score in scores.items() if score == best]
        if best >= 3 and len(names) == 1:
            found.append((names[0], record))
    return found


def main() -> None:
    """Prints the tables."""
    options = common.arguments(__doc__ or "")
    for path in sorted((HERE / "focus").glob("*.md")):
        articles = cases(path)
        records = common.annotate(options.binary, [article for article, _ in articles], options.profile)
        rows = []
        for name, answer in RULES:
            first = country = every = 0
            for (_, about), record in zip(articles, records, strict=True):
                found = answer(record)
                names = [place for place, _ in about]
                first += found[0][0] in names if found and names else found == [] == names
                country += found[0][1] in [code for _, code in about] if found and about else found == [] == about
                every += {place for place, _ in found} == set(names)
            total = len(articles) / 100
            rows.append([name, first / total, country / total if name == "focus" else "", every / total])
        print(f"\n{path.stem}, {len(articles)} articles\n")
        common.table(["rule", "first is right, %", "its country is right, %", "all are right, %"], rows)
    documents = common.gum(options.data)
    records = common.annotate(options.binary, [document.article() for document in documents], options.profile)
    rows = []
    for genre in ("news", "other"):
        here = [place for place, document in enumerate(documents) if (document.genre == "news") == (genre == "news")]
        gold = summarised([documents[place] for place in here], [records[place] for place in here], options.data)
        rows += [
            [f"{genre}, {len(gold)} documents", name, 100 * sum(place == next(iter(answer(record)), ("",))[0] for place, record in gold) / max(1, len(gold))]
            for name, answer in RULES
        ]
    print("\nGUM\n")
    common.table(["documents", "rule", "the place of most summaries, %"], rows)


if __name__ == "__main__":
    main()
