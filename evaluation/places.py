#!/usr/bin/env python3
"""How well places are resolved, on the linked places of GUM: each mention that has a Wikipedia title.

    evaluation/places.py --data DIR --binary target/release/copydesk [--errors]

The title is turned into a row of the gazetteer by rules that know nothing of the document: "Berkeley, California" and
"Georgia (country)" say which one is meant; a bare title is what Wikipedia holds for the best-known bearer of the name, so
it is the row with the most inhabitants, countries first. Titles that no row bears (buildings, rivers, historic lands) are
counted, and that a place is none of the gazetteer is right for them.

A place is right within 161 km (100 miles) of the row's point. Beside it stands what takes the most populous place of the
name as the document writes it. The genres other than news were tuned on; news is the test.
"""

from __future__ import annotations

import collections
import json
import math
import re
import struct
import unicodedata
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import common

ROOT = Path(__file__).resolve().parent.parent
COUNTRY, REGION, COUNTY, TOWN, PART, AREA, ELSEWHERE = range(1, 8)
NEAR = 161


@dataclass
class Row:
    """A row of the gazetteer."""

    names: list[str]
    kind: int
    country: str
    admin1: str
    people: int
    point: tuple[float, float] | None


class Gazetteer:
    """The table that is part of the program, as src/knowledge/table.rs describes it."""

    def __init__(self, path: Path):
        data = path.read_bytes()
        meta, rows, entries, bits, _ = struct.unpack_from("<5Q", data, 16)
        offsets = 56 + meta + 9 * entries + 4 * ((1 << bits) + 1)
        first = offsets + 5 * (rows + 1)
        self.named: dict[str, list[tuple[Row, int]]] = collections.defaultdict(list)
        for number in range(rows):
            start = int.from_bytes(data[offsets + 5 * number : offsets + 5 * number + 5], "little")
            end = int.from_bytes(data[offsets + 5 * number + 5 : offsets + 5 * number + 10], "little")
            row = self._row(Fields(data[first + start : first + end]))
            for place, name in enumerate(row.names):
                self.named[key(name)].append((row, place))

    @staticmethod
    def _row(fields: Fields) -> Row:
        names = [fields.text() for _ in range(fields.number())]
        kind, _, country, admin1, _ = fields.number(), fields.number(), fields.text(), fields.text(), fields.text()
        _, people = fields.number(), fields.number()
        point = (fields.signed() / 1e5, fields.signed() / 1e5) if fields.left() else None
        return Row(names, kind, country, admin1, people, point)

    def best_known(self, name: str) -> Row | None:
        """Returns the country, the area, or the most populous region or town of a name."""
        rows = [found for found in self.named.get(key(name), []) if found[0].kind not in (COUNTY, ELSEWHERE)]
        rows = rows or self.named.get(key(name), [])

        def rank(found: tuple[Row, int]) -> tuple:
            row, place = found
            people = math.log10(row.people + 1) + (row.kind == REGION) - (1.5 if place else 0)
            return row.kind == COUNTRY, row.kind == AREA, people

        return max(rows, key=rank)[0] if rows else None

    def most_populous(self, name: str) -> Row | None:
        """Returns the place of a name in which most people live."""
        rows = [row for row, _ in self.named.get(key(name), []) if row.point]
        return max(rows, key=lambda row: row.people) if rows else None

    def titled(self, title: str) -> Row | None:
        """Returns the row that an article of Wikipedia is about, as far as its title says."""
        title = urllib.parse.unquote(title).replace("_", " ")
        name, _, said = title.removesuffix(")").partition(" (")
        rows = [row for row, _ in self.named.get(key(name), [])]
        if said in ("U.S. state", "state", "country"):
            kinds = [row for row in rows if row.kind == (COUNTRY if said == "country" else REGION)]
            return next((row for row in kinds if said != "U.S. state" or row.country == "US"), None)
        if said:
            title = f"{name}, {said}"
        if ", " not in title:
            return self.best_known(title)
        if whole := self.best_known(title):
            return whole
        name, _, within = title.rpartition(", ")
        outer = [row for row, _ in self.named.get(key(within), []) if row.kind in (COUNTRY, REGION, COUNTY)]
        inside = [
            row
            for row, _ in self.named.get(key(name), [])
            for one in outer
            if row is not one and row.country == one.country and (one.kind == COUNTRY or row.admin1 == one.admin1)
        ]
        return max(inside, key=lambda row: (row.kind in (TOWN, PART), row.people), default=None)


class Fields:
    """Reads what a row holds."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def left(self) -> bool:
        return self.at < len(self.data)

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def signed(self) -> int:
        value = self.number()
        return value >> 1 ^ -(value & 1)

    def text(self) -> str:
        length = self.number()
        self.at += length
        return self.data[self.at - length : self.at].decode()


def key(name: str) -> str:
    """Returns a name as it is compared: plain letters, without the article."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c)).lower()
    plain = re.sub(r"[^a-z0-9]+", " ", re.sub(r"['’.]", "", plain)).strip()
    return plain.removeprefix("the ")


def is_same(found: str, name: str) -> bool:
    """Whether what was found is the name and not a longer one around it: Auckland Castle is not Auckland."""
    return key(found) == key(name) or f" {key(found)} " in f" {key(name)} "


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Returns kilometres."""
    north, south = math.radians(one[0]), math.radians(other[0])
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(north) * math.cos(south) * math.sin(math.radians(one[1] - other[1]) / 2) ** 2
    return 12742 * math.asin(min(1, math.sqrt(half)))


# The name at the beginning of a mention such as "Groningen, in the Netherlands": words with capitals.
NAME = re.compile(r"(?:[Tt]he )?([A-Z][^\s,()]*(?: (?:of |the |and |de |del |la )?[A-Z][^\s,()]*)*)")


def gold(data: Path) -> dict[str, list[tuple[int, int, str, str]]]:
    """Returns the named and linked places of each document: start, end, name and title."""
    places = {}
    for part in ("train", "dev", "test"):
        for line in (data / "gum-open" / f"gum_mentions.{part}.jsonl").read_text(encoding="utf-8").splitlines():
            document = json.loads(line)
            found = places[document["doc"]] = []
            for mention in document["mentions"]:
                name = NAME.match(mention["text"])
                if mention["type"] == "place" and mention.get("wikipedia") and mention["head_propn"] and name:
                    bare = re.sub(r"['’]s?$", "", name[1])
                    start = mention["start"] + name.start(1)
                    found.append((start, start + len(bare), bare, mention["wikipedia"]))
    return places


class Figures(collections.Counter):
    """Counts of one group of documents."""

    def line(self, name: str) -> list:
        share = lambda part, whole: 100 * self[part] / self[whole] if self[whole] else 0.0
        return [
            name,
            self["mentions"],
            self["mapped"],
            self["asked"],
            share("resolved", "asked"),
            share("right", "resolved"),
            share("plain_right", "plain"),
            share("right", "mapped"),
            share("none_right", "unmapped_asked"),
        ]


def main() -> None:
    options = common.arguments(__doc__, {"errors": "name what went wrong, but not in news"})
    gazetteer = Gazetteer(ROOT / "src" / "knowledge" / "places.table")
    documents, places = common.gum(options.data), gold(options.data)
    records = common.annotate(options.binary, [one.article() for one in documents], options.profile)
    groups = {"news": Figures(), "other genres": Figures()}
    sure = collections.defaultdict(lambda: [0, 0])
    for document, record in zip(documents, records):
        figures = groups["news" if document.genre == "news" else "other genres"]
        spans = [
            (document.offset(record, mention["start"]), document.offset(record, mention["end"]), mention["text"], entity)
            for entity in record.get("entities", [])
            if entity["type"] == "place"
            for mention in entity["mentions"]
        ]
        spans = [span for span in spans if span[0] is not None and span[1] is not None]
        for start, end, name, title in places[document.name]:
            figures["mentions"] += 1
            row = gazetteer.titled(title)
            row = row if row and row.point else None
            found = (one for one in spans if one[0] < end and start < one[1] and is_same(one[2], name))
            entity = next((entity for *_, entity in found), None)
            geo = entity.get("geo") if entity else None
            if not row:
                figures["unmapped_asked"] += entity is not None
                figures["none_right"] += entity is not None and geo is None
                continue
            figures["mapped"] += 1
            if not entity:
                continue
            figures["asked"] += 1
            if plain := gazetteer.most_populous(name):
                figures["plain"] += 1
                figures["plain_right"] += distance(plain.point, row.point) <= NEAR
            if not geo:
                continue
            figures["resolved"] += 1
            right = distance((geo["latitude"], geo["longitude"]), row.point) <= NEAR
            figures["right"] += right
            bin_ = sure[min(4, int(geo["confidence"] * 5))]
            bin_[0] += 1
            bin_[1] += right
            if options.errors and not right and document.genre != "news":
                print(f"{document.name}: {name} ({title}) at {geo}")
    head = [
        "GUM", "linked places", "in the gazetteer", "found as places of that name", "of these resolved %", "right within 161 km %",
        "most populous of the name %", "right of all in the gazetteer %", "others left without place %",
    ]  # fmt: skip
    common.table(head, [figures.line(name) for name, figures in groups.items()])
    print()
    rows = [[f"{place / 5:.1f} to {place / 5 + 0.2:.1f}", *sure[place]] for place in sorted(sure)]
    common.table(["confidence", "places", "right"], rows)


if __name__ == "__main__":
    main()
