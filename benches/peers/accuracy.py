"""Names and sentiment on open tests, from running text: spaCy and VADER beside Copydesk.

    python accuracy.py [--data DIR] [--profiles default accurate] [--binary FILE]

The tests are read by the programs of ``training/``. Three scores: as found; with a leading the, Mr, Mrs, Ms or Dr and a
closing 's taken off on both sides, because corpora differ about them; and against the labels as their corpus has them,
before Copydesk's own rules are laid over them.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import copydesk
import peers
import tables
import texts
from copydesk import Copydesk

sys.path.insert(0, str(texts.ROOT / "training"))
from newsroom import corpora, labels, scores, words  # noqa: E402

Name = tuple[int, int, str]
"""Where a name begins and ends in its text, in code points, and its kind."""
Find = Callable[[list[str]], list[list[Name]]]
"""From texts to the names in each."""

SPACY_KINDS = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC"}
COPYDESK_KINDS = {"person": "PER", "organisation": "ORG", "place": "LOC"}
AROUND = 8
"""Words on either side of a target that VADER is given."""
SURE = 0.05
"""From where on VADER's score is positive, and below the negative of which negative: its authors' advice."""


@dataclass
class Passage:
    """A document as running text, with the names that are wanted in it."""

    key: str = ""
    text: str = ""
    names: list[Name] = field(default_factory=list)
    published: list[Name] | None = None

    def add(self, body: str, parts: list[str], tags: list[str], published: tuple[list[str], list[str]] | None) -> None:
        """Adds a sentence: how it is written, its words and tags, and the tokens and labels of its corpus."""
        self.text += " " if self.text else ""
        self.names += self._placed(body, parts, ["O" if tag == "?" else tag for tag in tags])
        if published:
            tokens, marks = published
            marks = [mark if mark[2:] in labels.KINDS else "O" for mark in marks]
            self.published = (self.published or []) + self._placed(body, tokens, marks)
        self.text += body

    def _placed(self, body: str, parts: list[str], tags: list[str]) -> list[Name]:
        places, at = [], 0
        for part in parts:
            at = body.index(part, at)
            places.append((at, at + len(part)))
            at += len(part)
        shift = len(self.text)
        return [(shift + places[start][0], shift + places[end - 1][1], kind) for start, end, kind in labels.spans(tags)]


def documents(path: Path, word: int, tag: int, apart: bool = False) -> list[Passage]:
    """The documents of a column file; ``apart``, each sentence is one."""
    found: list[Passage] = []
    for tokens, marks, comments in corpora.columns(path, word, tag):
        written = "text" in comments
        sentence = corpora.sentence(tokens, [mark if mark[2:] in labels.KINDS else "O" for mark in marks], hyphens=written)
        if apart or not found or "newdoc id" in comments:
            found.append(Passage(comments.get("sent_id", "")))
        body = comments["text"] if written else " ".join(tokens)
        found[-1].add(body, sentence.words, sentence.tags or [], (tokens, marks))
    return found


def gum(folder: Path) -> list[Passage]:
    """The news of GUM, whose labels are of noun phrases: its names are made by rule, and none are as published."""
    found = []
    for document in corpora.gum(folder, news=True):
        found.append(Passage())
        for sentence in document.sentences:
            found[-1].add(" ".join(sentence.words), sentence.words, sentence.tags or [], None)
    return found


def pud(path: Path) -> list[Passage]:
    """The half of PUD that is news; its sentences are read each by itself, as elsewhere."""
    return [passage for passage in documents(path, 1, 2, apart=True) if passage.key.startswith("n")]


def name_tests(data: Path) -> dict[str, Callable[[], list[Passage]]]:
    """The tests of names, read when they are wanted."""
    return {
        "UNER-PUD news": lambda: pud(data / "uner-pud" / "en_pud-ud-test.iob2"),
        "UNER-EWT test": lambda: documents(data / "uner-ewt" / "en_ewt-ud-test.iob2", 1, 2),
        "Europarl en": lambda: documents(data / "europarl-ner" / "en-europarl.test.conll02", 0, 1),
        "GUM news": lambda: gum(data / "gum-open"),
    }


def by_spacy(model: str) -> Find:
    """spaCy; what it leaves out for speed has no part in names."""
    pipeline = peers.load(model, peers.LEAN)

    def find(passages: list[str]) -> list[list[Name]]:
        return [
            [(name.start_char, name.end_char, SPACY_KINDS[name.label_]) for name in found.ents if name.label_ in SPACY_KINDS]
            for found in pipeline.pipe(passages, batch_size=peers.BATCH)
        ]

    return find


def by_copydesk(system: Copydesk, folder: Path) -> Find:
    """Copydesk, through ``annotate``."""

    def find(passages: list[str]) -> list[list[Name]]:
        articles, records = folder / "articles.jsonl", folder / "records.jsonl"
        articles.write_bytes(b"".join(texts.native(number, text) + b"\n" for number, text in enumerate(passages)))
        system.annotate(articles, records)
        return [list(mentions(json.loads(line), text)) for line, text in zip(records.open("rb"), passages, strict=True)]

    return find


def mentions(record: dict, text: str) -> Iterator[Name]:
    """The names in a record."""
    shift = record["text"].index(text)
    for entity in record["entities"]:
        for mention in entity["mentions"]:
            if mention["form"] == "name" and entity["type"] in COPYDESK_KINDS:
                yield mention["start"] - shift, mention["end"] - shift, COPYDESK_KINDS[entity["type"]]


_BEFORE = re.compile(r"(?:(?:the|mrs|mr|ms|dr)\b\.?\s*)+", re.IGNORECASE)
_AFTER = re.compile(r"\s*['’]s$")


def bare(text: str, names: Iterable[Name]) -> Iterator[Name]:
    """Takes off the names what corpora differ about."""
    for start, end, kind in names:
        before, after = _BEFORE.match(text, start, end), _AFTER.search(text[:end], start)
        first, last = before.end() if before else start, after.start() if after else end
        yield (first, last, kind) if first < last else (start, end, kind)


def report_names(tests: dict[str, Callable[[], list[Passage]]], systems: dict[str, Find]) -> None:
    """Prints a table a test."""
    print("\n## Names\n\nStrict micro F1 in per cent: span and kind both right. Of spaCy's labels, PERSON, ORG, and GPE with")
    print("LOC count as the three kinds; FAC (buildings), NORP and all others are left out.")
    for title, read in tests.items():
        try:
            passages = read()
        except FileNotFoundError as error:
            print(f"\nskipped: {title}: {error.filename} is missing", flush=True)
            continue
        wanted = sum(len(passage.names) for passage in passages)
        print(f"\n### {title}: {len(passages)} documents, {wanted} names")
        tables.head("", "precision", "recall", "F1", "PER / ORG / LOC", "conventions off", "labels as published")
        for name, find in systems.items():
            try:
                found = find([passage.text for passage in passages])
            except RuntimeError as error:
                tables.row(name, f"skipped: {error}", *[""] * 5)
                continue
            pairs = list(zip(passages, found, strict=True))
            strict = scores.names((ours, passage.names) for passage, ours in pairs)
            off = scores.names((bare(passage.text, ours), bare(passage.text, passage.names)) for passage, ours in pairs)
            published = scores.names((ours, passage.published or []) for passage, ours in pairs)
            total = strict["all"]
            kinds = " / ".join(f"{strict[kind].f1:.1f}" for kind in labels.KINDS)
            given = f"{published['all'].f1:.1f}" if any(passage.published for passage in passages) else "none"
            figures = f"{total.precision:.1f}", f"{total.recall:.1f}", f"{total.f1:.1f}", kinds
            tables.row(name, *figures, f"{off['all'].f1:.1f}", given)


def report_sentiment(folder: Path) -> None:
    """Prints what VADER makes of NewsMTSC."""
    print("\n## Sentiment towards targets\n\nMacro F1 / accuracy in per cent on NewsMTSC, without sentences of its train file.")
    print("Copydesk's are those of `training/evaluate.py`, on the same sentences.")
    try:
        score = peers.polarity()
        trained = {sentence.text for sentence in corpora.newsmtsc(folder / "train.jsonl")}
        tests = {
            part: [found for found in corpora.newsmtsc(folder / f"newsmtsc-{part}" / "test.jsonl") if found.text not in trained]
            for part in ("rw", "mt")
        }
    except (ImportError, FileNotFoundError) as error:
        print(f"\nskipped: sentiment: {error}")
        return

    def polarity(text: str) -> int:
        value = score(text)
        return 0 if value <= -SURE else 2 if value >= SURE else 1

    def near(sentence: corpora.Sentence, start: int, end: int) -> str:
        ranges = words.split(sentence.text)[max(0, start - AROUND) : end + AROUND]
        return sentence.text[ranges[0][0] : ranges[-1][1]]

    readings = {
        "majority": None,
        "VADER, whole sentence": lambda sentence, start, end: polarity(sentence.text),
        f"VADER, {AROUND} words around the target": lambda sentence, start, end: polarity(near(sentence, start, end)),
    }
    tables.head("", *(f"{part} test" for part in tests))
    for name, reading in readings.items():
        cells = []
        for sentences in tests.values():
            targets = [(sentence, *target) for sentence in sentences for target in sentence.targets]
            wanted = [polarity for *_, polarity in targets]
            commonest = max(set(wanted), key=wanted.count)
            found = [reading(*target[:3]) if reading else commonest for target in targets]
            cells.append("{:.1f} / {:.1f}".format(*scores.polarities(found, wanted)))
        tables.row(name, *cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=texts.DATA, help="folder with a folder a corpus, as in training/README.md")
    parser.add_argument("--tests", nargs="*", help="some of the tests of names, by the beginning of their titles")
    copydesk.arguments(parser)
    options = parser.parse_args()

    tests = name_tests(options.data)
    if options.tests is not None:
        tests = {title: read for title, read in tests.items() if title.startswith(tuple(options.tests))}
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        systems: dict[str, Find] = {}
        for model in peers.SPACY:
            try:
                systems[f"spaCy {model}"] = by_spacy(model)
            except ImportError as error:
                print(f"skipped: spaCy {model}: {error}")
        for system in copydesk.usable(options.binary, options.profiles, folder):
            systems[system.name] = by_copydesk(system, folder)
        report_names(tests, systems)
    report_sentiment(options.data / "newsmtsc")


if __name__ == "__main__":
    main()
