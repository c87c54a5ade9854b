#!/usr/bin/env python3
"""Measures which mentions the built program puts together, on GUM.

    evaluation/coreference.py --data DIR --binary target/release/copydesk

Named mentions are those of persons, organisations and places whose head is a proper noun; a name that the program finds
is the one whose head it holds.  What it finds beside them counts against it.  MUC, B3 and CEAFe follow their definitions
(Vilain et al. 1995, Bagga and Baldwin 1998, Luo 2005), summed over documents; mentions that stand alone count too.
"Grouped rightly" takes the names that were found: each entity of the program goes with at most one of GUM, and right are
the names that lie in both.
A pronoun, or a role such as "the president", is right if most names of its entity belong to what GUM says it speaks of;
to be found are the pronouns of the third person, without "it", that speak of something named.
News is the test; the rules were made with the other genres.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from common import Gum, Mention, annotate, arguments, f1, gum, table

KINDS = {"person", "organization", "place"}
SINGULAR = {"he", "him", "his", "himself", "she", "her", "hers", "herself"}
PLURAL = {"they", "them", "their", "theirs", "themselves"}
THINGS = {"it", "its", "itself"}

Clusters = list[frozenset]
"""Mentions that speak of the same; each is in one cluster."""


def assigned(weights: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Returns the pairs of rows and columns with the greatest sum (the Hungarian method); rows are no more than columns."""
    rows, columns = len(weights), len(weights[0]) if weights else 0
    of_row, of_column, taken = [0.0] * (rows + 1), [0.0] * (columns + 1), [0] * (columns + 1)
    for row in range(1, rows + 1):
        taken[0] = row
        at, came_from = 0, [0] * (columns + 1)
        least, done = [float("inf")] * (columns + 1), [False] * (columns + 1)
        while taken[at]:
            done[at] = True
            step, following = float("inf"), 0
            for column in range(1, columns + 1):
                if done[column]:
                    continue
                slack = -weights[taken[at] - 1][column - 1] - of_row[taken[at]] - of_column[column]
                if slack < least[column]:
                    least[column], came_from[column] = slack, at
                if least[column] < step:
                    step, following = least[column], column
            for column in range(columns + 1):
                if done[column]:
                    of_row[taken[column]] += step
                    of_column[column] -= step
                else:
                    least[column] -= step
            at = following
        while at:
            taken[at] = taken[came_from[at]]
            at = came_from[at]
    return [(taken[column] - 1, column - 1) for column in range(1, columns + 1) if taken[column]]


def best(left: Clusters, right: Clusters, weight) -> float:
    """Returns the greatest sum of ``weight`` over pairs of clusters."""
    if not left or not right:
        return 0.0
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    weights = [[weight(one, other) for other in many] for one in few]
    return sum(weights[row][column] for row, column in assigned(weights))


@dataclass
class Sums:
    """What a measure adds up over documents."""

    found: float = 0.0
    """Over all that the program says."""
    said: float = 0.0
    hit: float = 0.0
    """Over all that GUM says."""
    wanted: float = 0.0

    def add(self, found: float, said: float, hit: float, wanted: float) -> None:
        self.found, self.said, self.hit, self.wanted = self.found + found, self.said + said, self.hit + hit, self.wanted + wanted

    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1 in per cent."""
        precision, recall = 100 * self.found / max(self.said, 1), 100 * self.hit / max(self.wanted, 1)
        return precision, recall, f1(precision, recall)


def muc(clusters: Clusters, others: Clusters) -> tuple[float, float]:
    """The links of ``clusters`` that ``others`` have too, and all of them."""
    home = {mention: number for number, cluster in enumerate(others) for mention in cluster}
    kept = sum(len(cluster) - len({home.get(mention, mention) for mention in cluster}) for cluster in clusters)
    return kept, sum(len(cluster) - 1 for cluster in clusters)


def b3(clusters: Clusters, others: Clusters) -> tuple[float, float]:
    """The share of each mention's cluster that ``others`` put with it, and the number of mentions."""
    home = {mention: cluster for cluster in others for mention in cluster}
    shares = (len(cluster & home.get(mention, frozenset())) / len(cluster) for cluster in clusters for mention in cluster)
    return sum(shares), sum(map(len, clusters))


@dataclass
class Tally:
    """The sums of one part of the corpus."""

    muc: Sums = field(default_factory=Sums)
    b3: Sums = field(default_factory=Sums)
    ceafe: Sums = field(default_factory=Sums)
    grouped: Sums = field(default_factory=Sums)
    names: Sums = field(default_factory=Sums)
    references: dict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))

    def add_clusters(self, said: Clusters, wanted: Clusters) -> None:
        for measure, sums in ((muc, self.muc), (b3, self.b3)):
            sums.add(*measure(said, wanted), *measure(wanted, said))
        same = best(said, wanted, lambda one, other: 2 * len(one & other) / (len(one) + len(other)))
        self.ceafe.add(same, len(said), same, len(wanted))
        both = frozenset().union(*said) & frozenset().union(*wanted)
        restricted = [[one & both for one in clusters if one & both] for clusters in (said, wanted)]
        right = best(*restricted, lambda one, other: len(one & other))
        self.grouped.add(right, len(both), right, len(both))
        self.names.add(len(both), sum(map(len, said)), len(both), sum(map(len, wanted)))


def aligned(document: Gum, named: list[Mention], record: dict) -> list[list[int | None]]:
    """For each entity of the record and each of its names: which of ``named`` it is, if any."""
    by_head = defaultdict(list)
    for number, mention in enumerate(named):
        by_head[mention.head].append(number)
    free = set(range(len(named)))
    answer = []
    for entity in record["entities"]:
        own = []
        for mention in entity["mentions"]:
            words = covered(document, record, mention)
            if mention["form"] != "name" or mention.get("reading") == "demonym" or words is None:
                continue
            inside = [number for place in words for number in by_head[place] if number in free]
            nearest = min(inside, key=lambda n: abs(named[n].last - named[n].first + 1 - len(words)), default=None)
            free.discard(nearest)
            own.append(nearest)
        answer.append(own)
    return answer


def covered(document: Gum, record: dict, mention: dict) -> range | None:
    """The words of GUM under a mention of the record; none where it stands in a title that GUM's text leaves out."""
    start, end = document.offset(record, mention["start"]), document.offset(record, mention["end"])
    if start is None or end is None:
        return None
    inside = [place for place, token in enumerate(document.tokens) if token.start < end and start < token.end]
    return range(inside[0], inside[-1] + 1) if inside else range(0)


def measure(document: Gum, record: dict, tally: Tally, wrong: list[str]) -> None:
    """Adds a document to the sums."""
    named = [one for one in document.mentions if one.kind in KINDS and document.tokens[one.head].tag == "PROPN"]
    groups = defaultdict(set)
    for number, mention in enumerate(named):
        groups[mention.group].add(number)
    found = aligned(document, named, record)
    said = [frozenset(("not wanted", e, n) if one is None else one for n, one in enumerate(own)) for e, own in enumerate(found)]
    tally.add_clusters([cluster for cluster in said if cluster], [frozenset(group) for group in groups.values()])

    smallest: dict[int, Mention] = {}
    for mention in sorted(document.mentions, key=lambda one: one.first - one.last):
        smallest[mention.head] = mention
    answered = set()
    for entity, own in zip(record["entities"], found, strict=True):
        counts = Counter(named[number].group for number in own if number is not None)
        group = counts.most_common(1)[0][0] if counts else None
        for mention in entity["mentions"]:
            if mention["form"] == "name" or not (words := covered(document, record, mention)):
                continue
            heads = [place for place in words if document.tokens[place].head not in words]
            wanted = smallest.get(heads[0])
            right = wanted is not None and wanted.group == group
            sort = sort_of(mention["text"]) if mention["form"] == "pronoun" else "roles"
            tally.references[sort].add(right, 1, right and sort != "roles", 0)
            answered.add(heads[0])
            if not right:
                wrong.append(f"{document.name}: [{mention['text']}] is not {entity['name']}: …{around(document, words)}…")
    for place, token in enumerate(document.tokens):
        mention = smallest.get(place)
        # A second "her" may have another head; pronouns are single words.
        if token.tag == "PRON" and mention and mention.group in groups and mention.first == mention.last:
            sort = sort_of(token.form)
            if sort:
                tally.references[sort].add(0, 0, 0, 1)


def sort_of(pronoun: str) -> str | None:
    """The row of the table that a pronoun belongs to."""
    rows = {"he, she": SINGULAR, "they": PLURAL, "it": THINGS}
    return next((name for name, words in rows.items() if pronoun.lower() in words), None)


def around(document: Gum, words: range) -> str:
    """The text around some words, to look at."""
    start, end = document.tokens[words[0]].start, document.tokens[words[-1]].end
    return document.text[max(0, start - 150) : end + 60].replace("\n", " ¶ ")


def main() -> None:
    """Prints the tables."""
    options = arguments(__doc__, {"each": "each other genre by itself too", "wrong": "show wrong references outside news"})
    documents = gum(options.data)
    records = annotate(options.binary, [document.article() for document in documents], options.profile)
    parts: dict[str, Tally] = {name: Tally() for name in ("news", "other genres")}
    wrong: dict[str, list[str]] = defaultdict(list)
    for document, record in zip(documents, records, strict=True):
        part = "news" if document.genre == "news" else "other genres"
        measure(document, record, parts[part], wrong[part])
        if options.each and part != "news":
            parts.setdefault(document.genre, Tally())
            measure(document, record, parts[document.genre], [])
    measures = ("muc", "b3", "ceafe")
    rows = []
    for name, tally in parts.items():
        all_scores = [getattr(tally, which).scores() for which in measures]
        mean = sum(scores[2] for scores in all_scores) / 3
        cells = [" / ".join(f"{score:.1f}" for score in scores) for scores in all_scores]
        rows.append([name, *cells, mean, tally.grouped.scores()[0], " / ".join(f"{score:.1f}" for score in tally.names.scores())])
    table(("named mentions", "MUC: P / R / F1", "B3", "CEAFe", "CoNLL F1", "grouped rightly", "found: P / R / F1"), rows)
    print()
    rows = []
    for name, tally in parts.items():
        for sort in ("he, she", "they", "it", "roles"):
            sums = tally.references[sort]
            scores: Iterable[float | str] = sums.scores() if sort != "roles" else (sums.scores()[0], "", "")
            rows.append([f"{name}: {sort}", int(sums.wanted) or "", int(sums.said), *scores])
    table(("references", "wanted", "resolved", "precision", "recall", "F1"), rows)
    if options.wrong:
        print("\n" + "\n".join(wrong["other genres"]))


if __name__ == "__main__":
    main()
