#!/usr/bin/env python3
"""How well salience tells what a document is about, on GUM.

Five summaries of each document say which entities are salient: those that a summary names, so each has a score of 0 to 5.
An entity of the record is that of the words it shares with GUM. Documents without a salient entity, or with none else,
say nothing. AUC: how often a salient entity stands above another one; AP: average precision; both where one summary names
it, and where three do; nDCG: the order, with the score as gain. Means over documents. The formula was tuned on the other
genres; news is the test.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import common


def gold(data: Path, name: str) -> dict[str, int]:
    """How many of five summaries name each entity, by its number."""
    text = (data / "gum-open" / "dep" / f"{name}.conllu").read_text(encoding="utf-8")
    line = re.search(r"^# meta::salientEntities = (.*)$", text, re.MULTILINE)
    return {number: int(count) for number, count in re.findall(r"(\d+) \((\d)\*?\)", line[1] if line else "")}


def scored(document: common.Gum, record: dict, salient: dict[str, int]) -> list[tuple[dict, int]]:
    """The entities of a record, each with the score of the entity that GUM sees in most of its mentions."""
    found = []
    for entity in record["entities"]:
        groups: Counter[str] = Counter()
        for mention in entity["mentions"]:
            start, end = document.offset(record, mention["start"]), document.offset(record, mention["end"])
            if start is None or end is None:
                continue
            heads = [
                one
                for one in document.mentions
                if start <= document.tokens[one.head].start and document.tokens[one.head].end <= end
            ]
            if heads:
                groups[min(heads, key=lambda one: one.last - one.first).group] += 1
        if entity["mentions"]:
            group = groups.most_common(1)[0][0] if groups else ""
            found.append((entity, salient.get(group, 0)))
    return found


def auc(scores: list[float], right: list[bool]) -> float | None:
    """How often a right one stands above a wrong one."""
    good = [score for score, label in zip(scores, right, strict=True) if label]
    bad = [score for score, label in zip(scores, right, strict=True) if not label]
    if not good or not bad:
        return None
    return sum((one > other) + 0.5 * (one == other) for one in good for other in bad) / (len(good) * len(bad))


def precision(scores: list[float], right: list[bool]) -> float | None:
    """Average precision."""
    hits, total = 0, 0.0
    for rank, place in enumerate(sorted(range(len(scores)), key=lambda place: -scores[place]), 1):
        if right[place]:
            hits += 1
            total += hits / rank
    return total / hits if hits else None


def ndcg(scores: list[float], gains: list[int]) -> float | None:
    """Normalised discounted cumulative gain."""
    order = sorted(range(len(scores)), key=lambda place: -scores[place])
    reached = sum(gains[place] / math.log2(rank + 1) for rank, place in enumerate(order, 1))
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(sorted(gains, reverse=True), 1))
    return reached / best if best else None


def main() -> None:
    """Prints the table."""
    options = common.arguments(__doc__ or "")
    documents = common.gum(options.data)
    records = common.annotate(options.binary, [document.article() for document in documents], options.profile)
    rules = {
        "salience": lambda entity: entity["salience"],
        "mentions counted": lambda entity: len(entity["mentions"]),
        "named first": lambda entity: -entity["mentions"][0]["start"],
    }
    rows = []
    for news in (True, False):
        some = [
            scored(document, record, gold(options.data, document.name))
            for document, record in zip(documents, records, strict=True)
            if (document.genre == "news") == news
        ]
        for name, rule in rules.items():
            row: list[object] = [f"{'news' if news else 'other genres'}, {len(some)} documents", name]
            for least in (1, 3):
                for measure in (auc, precision):
                    values = [measure([rule(one) for one, _ in doc], [score >= least for _, score in doc]) for doc in some]
                    known = [value for value in values if value is not None]
                    row.append(100 * sum(known) / len(known))
            values = [ndcg([rule(one) for one, _ in doc], [score for _, score in doc]) for doc in some]
            known = [value for value in values if value is not None]
            rows.append([*row, 100 * sum(known) / len(known)])
    common.table(["documents", "order", "AUC, 1 of 5", "AP, 1 of 5", "AUC, 3 of 5", "AP, 3 of 5", "nDCG"], rows)


if __name__ == "__main__":
    main()
