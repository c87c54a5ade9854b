#!/usr/bin/env python3
"""Quotes and reported speech: found against GUM and against articles written for it.

    evaluation/quotes.py --data DIR --binary target/release/copydesk

GUM marks two things. ``gum_quotes.jsonl`` has the spans of quotations (``quote``) and of other words between marks
(``q``: scare quotes, titles), without speakers. The discourse relations in ``dep/*.conllu`` have attributions: MISC of the
first token of a unit holds ``Discourse=attribution-positive:3->57:7:sem-atsrc-12-46-gold+lex-indwd-40-_+...``: unit 3 holds
cue and source, it depends on unit 57, which is the first of the content, at distance 7. The content is unit 57 with all
that depends on it at a smaller distance (what depends on it at a larger one was joined to the whole later). Signals name
tokens of the document, counted from 1: ``sem-atsrc`` the source, ``lex-indwd`` and ``lex-indph`` the cue. An attribution
counts as direct where at least half of its content stands between quotation marks, else as indirect. Some have no cue in
words: captions attributed to photographers, titles to authors; a table leaves them out.

Overlap is counted in words: precision is the share of each quote's words that lie in the gold content it is paired with,
averaged over quotes, recall the share of each gold content's words, averaged over contents. The speaker is right where its
words meet those of the source, or where its entity has a mention that corefers with them.

The articles in ``evaluation/quotes/*.md`` are invented, each in the manner of some newsroom. ``[words]{direct Ann Harrow}``
marks what is said, how, and who speaks: an entity by its name, a source without name by its words, or ``unknown``;
``[words]{none}`` words between quotation marks that nobody is said to have spoken.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from common import Gum, annotate, arguments, f1, gum, table

MARKS = "\"“”„«»‹›''``‘’"


@dataclass
class Attribution:
    """What GUM says somebody said."""

    content: set[int]
    """Its words, by their places in the document."""
    source: set[int] = field(default_factory=set)
    cue: set[int] = field(default_factory=set)
    quoted: bool = False


def attributions(document: Gum, folder: Path) -> list[Attribution]:
    """Reads the attributions of a document."""
    units: list[int] = []
    relations: list[tuple[str, int, int, str]] = []
    place = -1
    for line in (folder / f"{document.name}.conllu").read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if len(columns) < 10 or not columns[0].isdigit():
            continue
        place += 1
        found = re.search(r"(?:^|\|)Discourse=([^|;]*)", columns[9])
        if found:
            relation = re.match(r"([^:]+):\d+(?:->(\d+))?(?::(\d+))?:?(.*)$", found[1])
            units.append(place)
            relations.append((relation[1], int(relation[2] or 0), int(relation[3] or 0), relation[4]))
    units.append(place + 1)
    below = defaultdict(list)
    for unit, (_, head, distance, _) in enumerate(relations, 1):
        below[head].append((distance, unit))

    def words(unit: int) -> Iterable[int]:
        return range(units[unit - 1], units[unit])

    def all_below(unit: int) -> set[int]:
        found, waiting = set(), [unit]
        while waiting:
            unit = waiting.pop()
            found.update(words(unit))
            waiting.extend(other for _, other in below[unit])
        return found

    inside = between_marks(document)
    found = []
    for unit, (name, head, distance, signals) in enumerate(relations, 1):
        if not name.startswith("attribution") or not head:
            continue
        content = set(words(head))
        for other_distance, other in below[head]:
            if other != unit and other_distance < distance:
                content |= all_below(other)
        content = {place for place in content if is_word(document.tokens[place].form)} - set(words(unit))
        if not content:
            continue
        first = min(content)
        if document.tokens[first].form.lower() == "that":
            content.discard(first)
        attribution = Attribution(content, tokens_of(signals, "sem-atsrc"), tokens_of(signals, "lex-indwd|lex-indph"))
        attribution.quoted = len(content & inside) * 2 >= len(content)
        if content:
            found.append(attribution)
    return found


def tokens_of(signals: str, kinds: str) -> set[int]:
    """Returns the tokens that signals of some kinds name, counted from 0."""
    found = set()
    for numbers in re.findall(rf"(?:{kinds})-([\d,-]+)-", signals):
        for part in numbers.split(","):
            first, _, last = part.partition("-")
            if first.isdigit():
                found.update(range(int(first) - 1, int(last or first)))
    return found


def is_word(form: str) -> bool:
    """Tells whether a token is no punctuation."""
    return any(character.isalnum() for character in form)


def between_marks(document: Gum) -> set[int]:
    """Returns the tokens between double quotation marks of one paragraph."""
    found, opened = set(), None
    for place, token in enumerate(document.tokens):
        gap = document.text[document.tokens[place - 1].end : token.start] if place else ""
        if "\n" in gap:
            opened = None
        if token.form in ('"', "“", "”", "``", "''", "«", "»"):
            if opened is None and token.form != "”":
                opened = place
            elif opened is not None:
                found.update(range(opened + 1, place))
                opened = None
    return found


@dataclass
class Found:
    """A quote of ours, in the words of the gold."""

    content: set[int]
    kind: str
    speaker: set[int]
    """Words of the speaker and of all mentions of its entity."""
    spans: list[tuple[int, int]]


def found_in(document: Gum, record: dict) -> list[Found]:
    """Returns the quotes of a record in the words of a document of GUM."""
    starts = {token.start: place for place, token in enumerate(document.tokens)}

    def places(start: int, end: int) -> set[int]:
        first, last = document.offset(record, start), document.offset(record, end)
        if first is None or last is None:
            return set()
        return {
            place
            for offset in range(first, last)
            if (place := starts.get(offset)) is not None and is_word(document.tokens[place].form)
        }

    entities = {entity["id"]: entity for entity in record.get("entities", [])}
    found = []
    for quote in record.get("quotes", []):
        parts = quote.get("parts", [quote])
        speaker = quote["speaker"]
        words = places(speaker["start"], speaker["end"]) if "start" in speaker else set()
        if entity := entities.get(speaker.get("entity", "")):
            words = words.union(*(places(mention["start"], mention["end"]) for mention in entity["mentions"]))
        content = set().union(*(places(part["start"], part["end"]) for part in parts))
        if content:
            spans = [(document.offset(record, part["start"]), document.offset(record, part["end"])) for part in parts]
            found.append(Found(content, quote["kind"], words, spans))
    return found


def corefer(document: Gum, source: set[int]) -> set[int]:
    """Returns the words of a source and the heads of all mentions of the same thing."""
    groups = {mention.group for mention in document.mentions if mention.head in source and set(range(mention.first, mention.last + 1)) <= source}
    return source | {mention.head for mention in document.mentions if mention.group in groups}


@dataclass
class Overlap:
    """Sums of the overlap between gold contents and quotes."""

    gold: int = 0
    quotes: int = 0
    precise: float = 0.0
    recalled: float = 0.0
    met: int = 0
    right: int = 0

    def row(self) -> list[object]:
        """Returns precision, recall, F1, the share of contents that are met, and of those the right speakers."""
        precision = 100 * self.precise / max(self.quotes, 1)
        recall = 100 * self.recalled / max(self.gold, 1)
        return [
            self.gold, self.quotes, precision, recall, f1(precision, recall),
            100 * self.met / max(self.gold, 1), 100 * self.right / max(self.gold, 1), 100 * self.right / max(self.met, 1),
        ]  # fmt: skip


def overlap(document: Gum, gold: list[Attribution], found: list[Found], into: Overlap) -> None:
    """Pairs contents with quotes, the best first, and adds up."""
    into.gold += len(gold)
    into.quotes += len(found)
    pairs = []
    for one in gold:
        for other in found:
            both = len(one.content & other.content)
            if both:
                pairs.append((2 * both / (len(one.content) + len(other.content)), id(one), id(other), one, other))
    used = set()
    for _, first, second, one, other in sorted(pairs, key=lambda pair: pair[:3], reverse=True):
        if first in used or second in used:
            continue
        used |= {first, second}
        both = len(one.content & other.content)
        into.precise += both / len(other.content)
        into.recalled += both / len(one.content)
        if 2 * both >= len(one.content):
            into.met += 1
            into.right += bool(corefer(document, one.source) & other.speaker)


def spans(path: Path) -> dict[str, list[tuple[str, int, int]]]:
    """Reads the marked quotations of each document, without marks and what is between them and the words."""
    found = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        found[entry["doc"]].append((entry["tag"], *bare(entry["text"], entry["start"])))
    return found


def bare(text: str, start: int) -> tuple[int, int]:
    """Returns the span of a text from its first letter or digit to its last, without references such as [12]."""
    text = re.sub(r"[\s\W]*(\[\d+\]\s*)+$", "", text)
    inner = [place for place, character in enumerate(text) if character.isalnum()]
    return (start + inner[0], start + inner[-1] + 1) if inner else (start, start)


def measure_gum(data: Path, binary: Path, profile: str) -> None:
    """Prints what is found in GUM, news and the rest apart."""
    documents = gum(data)
    records = annotate(binary, [document.article() for document in documents], profile)
    indirect, cued, direct, every = (defaultdict(Overlap) for _ in range(4))
    marked = spans(data / "gum-open" / "gum_quotes.jsonl")
    counts = defaultdict(Counter)
    for document, record in zip(documents, records, strict=True):
        part = "news (test)" if document.genre == "news" else "the other five"
        gold = attributions(document, data / "gum-open" / "dep")
        found = found_in(document, record)
        overlap(document, gold, found, every[part])
        overlap(document, [one for one in gold if not one.quoted], [one for one in found if one.kind == "indirect"], indirect[part])
        told = [one for one in gold if one.cue and not one.quoted]
        overlap(document, told, [one for one in found if one.kind == "indirect"], cued[part])
        overlap(document, [one for one in gold if one.quoted], [one for one in found if one.kind != "indirect"], direct[part])
        ours = []
        for one in found:
            if one.kind == "direct":
                ours.extend(bare(document.text[first:last], first) for first, last in one.spans if first is not None)
        covered = [(first, last) for one in found for first, last in one.spans if first is not None]
        for tag, start, end in marked[document.name]:
            counts[part][tag] += 1
            counts[part][f"{tag} exact"] += (start, end) in ours
            counts[part][f"{tag} held"] += any(first <= start and end <= last for first, last in covered)
        gold_spans = {span for _, *span in marked[document.name] for span in [tuple(span)]}
        counts[part]["direct"] += len(ours)
        counts[part]["direct marked"] += sum(span in gold_spans for span in ours)
    tables = (
        ("All attributions", every),
        ("Indirect", indirect),
        ("Indirect, where words say so", cued),
        ("Direct and mixed", direct),
    )
    for title, sums in tables:
        print(f"\n{title}\n")
        head = ["part", "gold", "quotes", "precision", "recall", "F1", "met by half", "met, right speaker", "of those met"]
        rows = [[part, *sums[part].row()] for part in sorted(sums)]
        table(head, rows)
    print("\nStretches between marks\n")
    head = ["part", "quotations", "exact, direct", "inside a quote", "other words (q)", "direct after all", "direct quotes", "marked in GUM"]
    share = lambda part, name, of: 100 * counts[part][name] / max(counts[part][of], 1)
    table(head, (
        [part, counts[part]["quote"], share(part, "quote exact", "quote"), share(part, "quote held", "quote"),
         counts[part]["q"], share(part, "q exact", "q"), counts[part]["direct"], share(part, "direct marked", "direct")]
        for part in sorted(counts)
    ))  # fmt: skip


def unmark(marked: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Takes the marks out of a text."""
    text, opened, marks, rest = [], [], [], marked
    while rest:
        if rest[0] == "[":
            opened.append(len(text))
            rest = rest[1:]
        elif rest[0] == "]":
            mark, _, rest = rest[2:].partition("}")
            marks.append((opened.pop(), len(text), mark))
        else:
            text.append(rest[0])
            rest = rest[1:]
    return "".join(text), sorted(marks)


def measure_written(binary: Path, profile: str, path: Path) -> list[list[object]]:
    """Returns what is found in the articles of a file, a row a kind."""
    articles = []
    for case in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        _, _, text = case.partition("\n")
        title, _, body = text.strip().partition("\n\n")
        articles.append((*unmark(title), *unmark(body)))
    records = annotate(binary, [{"title": one[0], "body": one[2], "language": "en"} for one in articles], profile)
    counts = defaultdict(Counter)
    for (title, title_marks, _, body_marks), record in zip(articles, records, strict=True):
        shift = len(title) + 2
        marks = title_marks + [(start + shift, end + shift, mark) for start, end, mark in body_marks]
        names = {entity["id"]: entity["name"] for entity in record.get("entities", [])}
        for start, end, mark in marks:
            kind, _, speaker = mark.partition(" ")
            best, share = None, 0.0
            for quote in record.get("quotes", []):
                for part in quote.get("parts", [quote]):
                    both = min(end, part["end"]) - max(start, part["start"])
                    alike = 2 * both / (end - start + part["end"] - part["start"]) if both > 0 else 0.0
                    # A stretch that stands in a clause is found with the clause.
                    alike = max(alike, 0.5 if both == end - start else 0.0)
                    if alike > share:
                        best, share = quote, alike
            counts[kind]["all"] += 1
            if kind == "none":
                ok = best is None
            else:
                counts[kind]["found"] += share >= 0.5
                ok = best is not None and share >= 0.5 and is_speaker(speaker, best["speaker"], names)
            counts[kind]["right"] += ok
            if not ok:
                said = record["text"][start:end][:60]
                who = best and (names.get(best["speaker"].get("entity")) or best["speaker"].get("text") or "unknown")
                misses.append(f"{path.stem}: {kind} {said!r}: {speaker or 'nobody'}, not {who}")
    rows = []
    for kind in ("direct", "mixed", "indirect", "none"):
        count = counts[kind]
        rows.append([path.stem, kind, count["all"], "" if kind == "none" else 100 * count["found"] / max(count["all"], 1), 100 * count["right"] / max(count["all"], 1)])
    quoted = sum((counts[kind] for kind in ("direct", "mixed", "none")), Counter())
    rows.append([path.stem, "every stretch between marks", quoted["all"], "", 100 * quoted["right"] / max(quoted["all"], 1)])
    return rows


misses: list[str] = []


def is_speaker(wanted: str, speaker: dict, names: dict[str, str]) -> bool:
    """Tells whether a speaker is the one that is wanted: the entity, else the words."""
    if wanted == "unknown":
        return speaker["form"] == "unknown"
    found = names.get(speaker.get("entity", ""), speaker.get("text", ""))
    plain = lambda words: re.sub(r"^(the|a|an) ", "", words.lower())
    one, other = plain(found), plain(wanted)
    return bool(one) and (one in other or other in one)


def main() -> None:
    """Prints all tables."""
    options = arguments(__doc__, {"misses": "name each speaker that is wrong in the written articles", "written": "leave GUM out"})
    if not options.written:
        measure_gum(options.data, options.binary, options.profile)
    rows = []
    for path in sorted((Path(__file__).parent / "quotes").glob("*.md")):
        rows += measure_written(options.binary, options.profile, path)
    if rows:
        print("\nArticles written for it\n")
        table(["file", "kind", "stretches", "found", "right speaker"], rows)
    if options.misses:
        print("\n" + "\n".join(misses))


if __name__ == "__main__":
    main()
