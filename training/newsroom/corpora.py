"""Readers of the corpora: each gives sentences of our words with the labels of our policy."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from newsroom import curation, words
from newsroom.labels import KINDS, POLARITIES, spans, tags

Name = tuple[int, int, str]


@dataclass
class Sentence:
    """A sentence of a corpus."""

    words: list[str]
    tags: list[str] | None = None
    """BIO tags of the words; "?" where the corpus leaves open what the word is; ``None`` if nothing is labelled."""
    targets: list[tuple[int, int, int]] = field(default_factory=list)
    """Word ranges with the index of their polarity."""
    text: str = ""
    """The sentence as it was written, where the corpus has it."""
    key: str = ""
    """The identifier of the sentence in its corpus, where it has one."""


@dataclass
class Document:
    """Sentences that follow each other; a corpus without order is one document."""

    source: str
    sentences: list[Sentence]


# What the corpora call the three kinds; all else is no name.
_KIND_OF = {
    **{name: "PER" for name in ("PER", "person", "politician", "scientist", "writer", "Person", "PERSON")},
    **{
        name: "ORG"
        for name in ("ORG", "organisation", "politicalparty", "university", "Organisation", "ORGANIZATION", "organization")
    },
    **{name: "LOC" for name in ("LOC", "location", "country", "Location", "LOCATION", "place")},
}


def columns(path: Path, word: int, tag: int) -> Iterator[tuple[list[str], list[str], dict[str, str]]]:
    """Yields the sentences of a column file: words, tags, and the comments before the sentence."""
    tokens: list[str] = []
    labels: list[str] = []
    comments: dict[str, str] = {}
    with path.open(encoding="utf-8-sig", newline=None) as lines:
        for line in lines:
            line = line.rstrip("\r\n")
            if line.startswith("# ") and "=" in line and not tokens:
                name, _, value = line[2:].partition("=")
                comments[name.strip()] = value.strip()
                continue
            fields = line.split("\t") if "\t" in line else line.split()
            if not line.strip():
                if tokens:
                    yield tokens, labels, comments
                tokens, labels, comments = [], [], {}
            elif len(fields) > max(word, tag):
                tokens.append(fields[word].replace("'\"'", '"'))
                labels.append(fields[tag])
    if tokens:
        yield tokens, labels, comments


def sentence(tokens: list[str], labels: list[str], *, cased: bool = True, nominal: bool = False, hyphens: bool = False) -> Sentence:
    """Returns the corpus' sentence in our words and by our policy.

    ``cased``: a name needs a capital letter.  ``nominal``: descriptions are labelled like names, so that what is
    dropped says nothing.  ``hyphens``: the corpus itself takes compounds apart; where it does not, the parts of a
    compound that is no name are left open, because "US" in "US-led" would be labelled by another corpus.
    """
    parts: list[str] = []
    begins: list[int] = []
    opened: set[int] = set()
    for token in tokens:
        begins.append(len(parts))
        pieces = words.split_words(token)
        if not hyphens and len(pieces) > 1 and any(piece in "-‐‑/" for piece in pieces):
            opened.update(range(len(parts), len(parts) + len(pieces)))
        parts.extend(pieces)
    begins.append(len(parts))

    names: list[Name] = []
    for start, end, label in spans(labels):
        kind = _KIND_OF.get(label)
        if kind is None:
            continue
        first, last = begins[start], begins[end]
        opened.difference_update(range(first, last))
        kept = curation.curate(parts, first, last, kind)
        if kept is not None and cased and not any(word[:1].isupper() or word[:1].isdigit() for word in parts[kept[0] : kept[1]]):
            kept = None
        if nominal and (kept is None or not _is_proper(parts, *kept, kind)):
            opened.update(range(first, last))
            kept = None
        if kept is not None:
            names.append((*kept, kind))
    result = tags(len(parts), names)
    for index in opened:
        if result[index] == "O" and parts[index][:1].isupper():
            result[index] = "?"
    return Sentence(parts, result)


_STATES = frozenset(
    "Afghanistan America Australia Bahrain Britain Canada China Egypt France Germany India Iran Iraq Israel Italy Japan "
    "Jordan Kuwait Lebanon Libya Pakistan Palestine Qatar Russia Syria Turkey UAE UK US U.S. USA Ukraine Yemen".split()
) | {"Saudi Arabia", "United Kingdom", "United States", "United States of America", "United Arab Emirates"}


def _is_proper(parts: list[str], start: int, end: int, kind: str) -> bool:
    """Whether a labelled description is a name; a state that acts is a place to the other corpora."""
    name = parts[start:end]
    return name[0][:1].isupper() and name[-1][:1].isupper() and not (kind == "ORG" and " ".join(name) in _STATES)


def uner(path: Path) -> list[Document]:
    """Universal NER files; the documents are those that the file names."""
    documents: list[Document] = []
    for tokens, labels, comments in columns(path, 1, 2):
        if "newdoc id" in comments or not documents:
            documents.append(Document("uner", []))
        found = sentence(tokens, [label if label[2:] in KINDS else "O" for label in labels], hyphens=True)
        found.text = comments.get("text", "")
        found.key = comments.get("sent_id", "")
        documents[-1].sentences.append(found)
    return documents


def plain(path: Path, source: str, *, cased: bool = True, nominal: bool = False) -> Document:
    """A file of two columns, word and tag."""
    return Document(
        source,
        [sentence(tokens, labels, cased=cased, nominal=nominal) for tokens, labels, _ in columns(path, 0, 1) if _is_prose(tokens)],
    )


def _is_prose(tokens: list[str]) -> bool:
    return tokens[0] != "-DOCSTART-"


def gum(folder: Path, *, news: bool) -> list[Document]:
    """GUM: mentions with a proper noun as head, cut down to the proper nouns around it.

    The news documents are a test: ``news`` selects them alone, otherwise they are left out.
    """
    documents = []
    for part in ("train", "dev", "test"):
        for line in (folder / f"gum_mentions.{part}.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if (entry["genre"] == "news") == news:
                documents.append(_gum_document(entry, folder / "dep" / f"{entry['doc']}.conllu"))
    return documents


def _gum_document(entry: dict, path: Path) -> Document:
    text = entry["text"]
    rows = list(_conllu(path))
    at = 0
    starts: dict[int, tuple[int, int]] = {}
    ends: dict[int, tuple[int, int]] = {}
    for number, row in enumerate(rows):
        for index, token in enumerate(row):
            at = text.index(token[0], at)
            starts[at] = (number, index)
            at += len(token[0])
            ends[at] = (number, index + 1)
    names: list[list[Name]] = [[] for _ in rows]
    for mention in sorted(entry["mentions"], key=lambda mention: mention["start"] - mention["end"]):
        kind = _KIND_OF.get(mention["type"])
        first, last = starts.get(mention["start"]), ends.get(mention["end"])
        if kind is None or first is None or last is None or first[0] != last[0] or not mention["head_propn"]:
            continue
        number = first[0]
        span = _proper_run(rows[number], first[1], last[1], kind)
        if span and not any(span[0] < end and start < span[1] for start, end, _ in names[number]):
            names[number].append((*span, kind))
    sentences = []
    for row, found in zip(rows, names, strict=True):
        forms = [token[0] for token in row]
        sentences.append(sentence(forms, tags(len(forms), found), hyphens=True))
    return Document("gum", sentences)


def _conllu(path: Path) -> Iterator[list[tuple[str, str, int]]]:
    """Yields the sentences of a CoNLL-U file: form, part of speech and index of the head (-1 for the root)."""
    rows: list[tuple[str, str, int]] = []
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("#"):
            continue
        fields = line.split("\t")
        if not line.strip():
            if rows:
                yield rows
            rows = []
        elif fields[0].isdigit():
            rows.append((fields[1], fields[3], int(fields[6]) - 1))


_INSIDE_NAMES = frozenset(("of", "for", "and", "the", "&", "-", "'s", "’s", "de", "la", "del", "al", "at", "."))


def _proper_run(row: list[tuple[str, str, int]], start: int, end: int, kind: str) -> tuple[int, int] | None:
    """The proper nouns around the head of ``[start, end)``, over the words that join the parts of a name."""
    heads = [index for index in range(start, end) if not start <= row[index][2] < end]
    if not heads or row[heads[0]][1] != "PROPN":
        return None

    def belongs(index: int) -> bool:
        form, part, _ = row[index]
        return part == "PROPN" or (part in ("ADJ", "NOUN", "NUM", "X") and form[:1].isupper() and index > 0)

    def joins(index: int) -> bool:
        return row[index][0] in _INSIDE_NAMES and (kind != "PER" or row[index][0] not in ("of", "for", "and", "at", "'s", "’s"))

    first = heads[0]
    last = first + 1
    while True:
        if first > start and belongs(first - 1):
            first -= 1
            continue
        back = first
        while back > start and joins(back - 1):
            back -= 1
        if back < first and back > start and belongs(back - 1) and row[back - 1][1] == "PROPN":
            first = back - 1
            continue
        if last < end and belongs(last):
            last += 1
            continue
        ahead = last
        while ahead < end and joins(ahead):
            ahead += 1
        if ahead > last and ahead < end and belongs(ahead):
            last = ahead + 1
            continue
        return first, last


def newsmtsc(path: Path) -> list[Sentence]:
    """NewsMTSC: sentences with their targets."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        text = entry["sentence_normalized"]
        marks = [(target["from"], target["to"], int(target["polarity"]) // 2 - 1) for target in entry["targets"]]
        found.append(_with_targets(text, marks))
    return found


def sentfin(path: Path) -> tuple[list[Sentence], list[Sentence]]:
    """SEntFiN: nine tenths of the headlines to train on and a tenth to test, told apart by a hash of the title."""
    parts: tuple[list[Sentence], list[Sentence]] = ([], [])
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            title = row["Title"]
            marks = []
            # Not read as a Python literal: some entities hold the quote that closes them.
            for entity, polarity in re.findall(r"""['"](.+?)['"]: ['"](negative|neutral|positive)['"]""", row["Decisions"]):
                if title.count(entity) == 1:
                    start = title.index(entity)
                    marks.append((start, start + len(entity), POLARITIES.index(polarity)))
            found = _with_targets(title, marks)
            if found.targets:
                held_out = hashlib.sha256(title.encode()).digest()[0] < 26
                parts[held_out].append(found)
    return parts


def _with_targets(text: str, marks: Iterable[tuple[int, int, int]]) -> Sentence:
    ranges = words.split(text)
    targets = []
    for start, end, polarity in marks:
        inside = [index for index, (first, last) in enumerate(ranges) if first < end and start < last]
        if inside:
            targets.append((inside[0], inside[-1] + 1, polarity))
    return Sentence([text[first:last] for first, last in ranges], None, targets, text)


def gmb(path: Path) -> list[Sentence]:
    """The sentences of the Groningen Meaning Bank's text, each once, unlabelled."""
    unique = dict.fromkeys(path.read_text(encoding="utf-8").splitlines())
    return [Sentence(words.split_words(line)) for line in unique if line.strip()]


_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”’')]*\s+(?=[\"“‘'(]*[A-Z0-9])")


def onestopenglish(folder: Path) -> list[Document]:
    """The articles at their advanced level, unlabelled."""
    documents = []
    for path in sorted(folder.glob("*-adv.txt")):
        sentences = []
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            for text in _SENTENCE_END.split(line):
                parts = words.split_words(text)
                if parts:
                    sentences.append(Sentence(parts))
        documents.append(Document("onestopenglish", sentences))
    return documents
