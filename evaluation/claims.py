#!/usr/bin/env python3
"""How well claims are found: spans, values, units, sources and verification on marked news, heads on GUM.

The first table is over ``evaluation/claims/*.md``: invented news in which every claim is marked. A claim is found if one of
the record overlaps it, and exact if both have the same words. Of those found: is the value right, the comparator, the
unit; of those with a source or a verification, in the marks or in the record, are these right.

The second is over GUM, whose syntax says which noun a number counts (``nummod``). Not all of these are claims: "one" without
a noun for a person, "the two leaders", "a two-day visit", "three years ago" and the like are none by definition. Both figures
are printed: all of them, and those without what is none by these rules of thumb.
"""

from __future__ import annotations

import re
from pathlib import Path

import common

HERE = Path(__file__).resolve().parent
KNOWN = {"the", "these", "those", "all", "other", "both", "this", "that", "no", "any", "every", "each", "another"}
RANKS = {"first", "last", "next", "top", "past", "previous", "final", "every"}
TIMES = {"second", "minute", "hour", "day", "night", "week", "month", "year", "decade", "century"}
POINTS = {"ago", "earlier", "later", "before", "after", "old", "ahead", "of", "since", "prior"}


def unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Takes the marks out of a text and returns them with their places."""
    text, opened, marks, at = "", [], [], 0
    while at < len(marked):
        if marked[at] == "[":
            opened.append(len(text))
        elif marked[at] == "]":
            end = marked.index("}", at)
            marks.append((opened.pop(), len(text), marked[at + 2 : end]))
            at = end
        else:
            text += marked[at]
        at += 1
    return text, marks


def cases(path: Path) -> list[tuple[dict, list[tuple[int, int, str]]]]:
    """Reads articles and their marks; these count from the start of the record's text."""
    found = []
    for case in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        body = case.partition("\n")[2].strip()
        title = ""
        if body.startswith("title: "):
            title, _, body = body.removeprefix("title: ").partition("\n\n")
        # A paragraph a line.
        text, marks = unmark((title + "\n\n" if title else "") + body.replace("\n", "\n\n"))
        plain = unmark(title)[0]
        article = {"title": plain or None, "body": text.removeprefix(plain + "\n\n") if title else text}
        found.append((article | {"language": "en"}, marks))
    return found


def number(value: float) -> str:
    """A number as the marks write it."""
    return f"{round(value, 4):.4f}".rstrip("0").rstrip(".")


def amount(claim: dict) -> str:
    """The value of a claim as the marks write it."""
    if claim["value"] is not None:
        return number(claim["value"])
    return f"{number(claim['low'])}..{number(claim['high']) if 'high' in claim else ''}"


class Marks:
    """What a mark says."""

    def __init__(self, mark: str) -> None:
        first, *rest = mark.split("; ")
        self.comparator, self.amount, self.unit = first.split(" ", 2)
        self.source = next((part.removeprefix("by ") for part in rest if part.startswith("by ")), None)
        self.verification = next((part for part in rest if not part.startswith(("by ", "of "))), None)


def same_source(wanted: str | None, claim: dict, names: dict[str, str]) -> bool:
    """Whether the source is the one that is marked."""
    if wanted is None or "source" not in claim:
        return wanted is None and "source" not in claim
    if wanted.startswith("@"):
        name = names.get(claim.get("attributed_to", ""), "")
        return bool(name) and (name in wanted or wanted[1:].split()[-1] in name)
    words = wanted.lower().split()
    return words[-1] in claim["source"]["text"].lower().split()


def measure(articles: list[tuple[dict, list[tuple[int, int, str]]]], records: list[dict]) -> list[tuple[str, object]]:
    """Compares marks and records."""
    gold = found = exact = claims = spurious = 0
    right = {"value": 0, "comparator": 0, "unit": 0}
    asked = {"source": 0, "verification": 0}
    answered = {"source": 0, "verification": 0}
    for (_, marks), record in zip(articles, records, strict=True):
        names = {entity["id"]: entity["name"] for entity in record["entities"]}
        left = list(record["claims"])
        claims += len(left)
        for start, end, text in marks:
            mark = Marks(text)
            gold += 1
            claim = next((one for one in left if one["start"] < end and start < one["end"]), None)
            if claim is None:
                continue
            left.remove(claim)
            found += 1
            exact += (claim["start"], claim["end"]) == (start, end)
            right["value"] += amount(claim) == mark.amount
            right["comparator"] += claim["comparator"] == mark.comparator
            right["unit"] += (claim["unit"] or "-") == mark.unit
            if mark.source or "source" in claim:
                asked["source"] += 1
                answered["source"] += same_source(mark.source, claim, names)
            if mark.verification or "verification" in claim:
                asked["verification"] += 1
                answered["verification"] += mark.verification == claim.get("verification")
        spurious += len(left)
    share = lambda part, whole: 100 * part / whole if whole else 0.0  # noqa: E731
    rows: list[tuple[str, object]] = [
        ("claims marked", gold),
        ("found, precision", share(claims - spurious, claims)),
        ("found, recall", share(found, gold)),
        ("exact span, precision", share(exact, claims)),
        ("exact span, recall", share(exact, gold)),
    ]
    rows += [(f"{name} right, of those found", share(count, found)) for name, count in right.items()]
    rows += [(f"{name} right, where one is marked or found ({asked[name]})", share(answered[name], asked[name])) for name in asked]
    return rows


def excluded(document: common.Gum, place: int) -> bool:
    """Whether a number that counts a noun is no claim by rule of thumb."""
    tokens = document.tokens
    token, head = tokens[place], tokens[tokens[place].head]
    before = tokens[place - 1].form.lower() if place and tokens[place - 1].sentence == token.sentence else ""
    after = tokens[tokens[place].head + 1].form.lower() if tokens[place].head + 1 < len(tokens) else ""
    word = token.form.lower()
    small = word.isalpha()
    lemma = head.form.lower().removesuffix("s")
    hyphen = place + 1 < len(tokens) and tokens[place + 1].form in {"-", "–"} and tokens[place + 1].start == token.end
    return (
        word in {"one", "1"}
        or small and before in KNOWN
        or before in RANKS
        or hyphen
        or lemma in TIMES and (after in POINTS or before in KNOWN | {"in"})
        or before in {"years", "aged", "-", ",", "("} and lemma in TIMES
        or re.fullmatch(r"[12]\d{3}", token.form) is not None
    )


def heads(documents: list[common.Gum], records: list[dict]) -> list[int | float]:
    """How many of the numbers that count a noun are found, and with the right noun."""
    every = claims = found = right = 0
    for document, record in zip(documents, records, strict=True):
        spans = []
        for claim in record["claims"]:
            start, end = document.offset(record, claim["start"]), document.offset(record, claim["end"])
            if start is not None and end is not None:
                spans.append((start, end, claim))
        for place, token in enumerate(document.tokens):
            if token.relation.split(":")[0] != "nummod" or token.tag not in {"CD", "NUM"} or token.head is None:
                continue
            head = document.tokens[token.head]
            if not head.tag.startswith(("N", "P")):
                continue
            every += 1
            if excluded(document, place):
                continue
            claims += 1
            claim = next((one for start, end, one in spans if start <= token.start and token.end <= end), None)
            if claim:
                found += 1
                unit = (claim["unit"] or "").split(" ")[-1]
                right += claim["kind"] != "count" or unit.lower() == head.form.lower()
    share = lambda part, whole: 100 * part / whole if whole else 0.0  # noqa: E731
    return [every, claims, share(found, claims), share(right, found), share(right, every)]


def main() -> None:
    """Prints both tables."""
    options = common.arguments(__doc__ or "")
    for path in sorted((HERE / "claims").glob("*.md")):
        articles = cases(path)
        records = common.annotate(options.binary, [article for article, _ in articles], options.profile)
        print(f"\n{path.stem}, {len(articles)} articles\n")
        common.table(["figure", "value"], measure(articles, records))
    rows = []
    documents = common.gum(options.data)
    for name in ("news", "other"):
        some = [document for document in documents if (document.genre == "news") == (name == "news")]
        records = common.annotate(options.binary, [document.article() for document in some], options.profile)
        rows.append([f"{name}, {len(some)} documents", *heads(some, records)])
    print("\nGUM\n")
    head = ["genre", "numbers of a noun", "that are claims", "found of these, %", "right noun of the found, %"]
    common.table([*head, "found with right noun of all, %"], rows)


if __name__ == "__main__":
    main()
