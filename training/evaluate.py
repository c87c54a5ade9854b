"""Measures the built program on test data that training never saw.

    python evaluate.py --data DIR --model ../models/newsroom-en --binary ../target/release/copydesk

Names are scored strictly (span and kind both right, in per cent), on the corpora's words and, through ``annotate``, from
running text; sentiment towards targets by macro F1.  Prints the tables of the model card.  Without ``--binary`` the
exported files are read by ``newsroom/engine.py``, which says the same more slowly; running text and speed are then left
out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from newsroom import held_out, labels, scores, windows, words
from newsroom.corpora import Document, Sentence
from newsroom.engine import Engine

KINDS = {"person": "PER", "organisation": "ORG", "place": "LOC"}
"""What the program calls the kinds."""

Name = tuple[int, int, str]
"""A name: word or character range, and kind."""


@dataclass
class Answer:
    """What the model says of a text."""

    names: list[tuple[int, int, str, float]]
    """Word ranges through all sentences, with kinds and confidences."""
    polarities: list[int]
    """The likeliest polarity of each target."""


Model = Callable[[list[dict]], list[Answer]]
"""Answers texts, each ``sentences`` of words and ``targets``, word ranges through all sentences."""


def by_program(binary: Path, folder: Path, profile: str) -> Model:
    """Asks the program."""

    def answer(texts: list[dict]) -> list[Answer]:
        lines = "".join(json.dumps(text, ensure_ascii=False) + "\n" for text in texts)
        command = [binary, "score", "--model", folder, "--profile", profile]
        run = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True)
        found = [json.loads(line) for line in run.stdout.splitlines()]
        if len(found) != len(texts):
            raise ValueError(f"{binary} answered {len(found)} of {len(texts)} texts")
        return [
            Answer(
                [(name["start"], name["end"], KINDS[name["kind"]], name["confidence"]) for name in entry["names"]],
                [int(np.argmax(chances)) for chances in entry["polarities"]],
            )
            for entry in found
        ]

    return answer


def by_reference(folder: Path, profile: str) -> Model:
    """Reads the files in Python."""
    engine = Engine(folder, profile)

    def answer(texts: list[dict]) -> list[Answer]:
        found = []
        for text in texts:
            names, at = [], 0
            for sentence, own in zip(text["sentences"], engine.names(text["sentences"]), strict=True):
                names += [(at + start, at + end, kind, confidence) for start, end, kind, confidence in own]
                at += len(sentence)
            polarities: list[int] = []
            if text["targets"]:
                # Targets are asked of single sentences, which fit a window but for a few of the longest.
                laid = {"words": sum(text["sentences"], []), "targets": [(*target, 0) for target in text["targets"]]}
                for window in windows.cut([laid], engine.pieces):
                    polarities += engine.read(window).polarities.argmax(-1).tolist()
            found.append(Answer(names, polarities))
        return found

    return answer


def gold(sentences: Iterable[Sentence]) -> list[Name]:
    """The names that the corpus wants, counted through all ``sentences``; what it leaves open counts as no name."""
    found, at = [], 0
    for sentence in sentences:
        own = labels.spans(["O" if tag == "?" else tag for tag in sentence.tags or []])
        found += [(at + start, at + end, kind) for start, end, kind in own]
        at += len(sentence.words)
    return found


def titled(parts: list[str]) -> list[str]:
    """The words as in a title: capitals on the first and on all that are longer than three letters."""
    return [word[:1].upper() + word[1:] if len(word) > 3 or not index else word for index, word in enumerate(parts)]


CASES: dict[str, Callable[[list[str]], list[str]]] = {
    "as written": lambda parts: parts,
    "title case": titled,
    "capitals": lambda parts: [word.upper() for word in parts],
    "small letters": lambda parts: [word.lower() for word in parts],
}


def cells(pairs: Iterable[tuple[Iterable[Name], Iterable[Name]]]) -> list[str]:
    """Precision, recall, F1 and the F1 of each kind."""
    found = scores.names(pairs)
    total = found["all"]
    kinds = " / ".join(f"{found[kind].f1:.1f}" for kind in labels.KINDS)
    return [f"{total.precision:.1f}", f"{total.recall:.1f}", f"{total.f1:.1f}", kinds]


def ask(model: Model, documents: Sequence[Document], case: str = "as written") -> list[tuple[Answer, list[Name]]]:
    """Returns what ``model`` finds in ``documents``, and the names that are wanted."""
    texts = [
        {"sentences": [CASES[case](sentence.words) for sentence in document.sentences], "targets": []} for document in documents
    ]
    return [(answer, gold(document.sentences)) for answer, document in zip(model(texts), documents, strict=True)]


def pairs(asked: list[tuple[Answer, list[Name]]]) -> list[tuple[list[Name], list[Name]]]:
    """Found and wanted names without confidences."""
    return [([name[:3] for name in answer.names], wanted) for answer, wanted in asked]


def headlines(documents: Iterable[Document]) -> list[Document]:
    """The sentences that end without a mark, each by itself: headlines, captions and headings."""
    return [
        Document(document.source, [sentence])
        for document in documents
        for sentence in document.sentences
        if sentence.words[-1][-1].isalnum() and len(sentence.words) > 2
    ]


def sentiment_cells(model: Model, sentences: list[Sentence]) -> list[str]:
    """Macro F1, accuracy, and the accuracy of the commonest polarity beside them.

    A target's answer comes from its sentence alone, as for other systems.
    """
    texts = [{"sentences": [sentence.words], "targets": [target[:2] for target in sentence.targets]} for sentence in sentences]
    found = [polarity for answer in model(texts) for polarity in answer.polarities]
    wanted = [target[2] for sentence in sentences for target in sentence.targets]
    macro, accuracy = scores.polarities(found, wanted)
    return [f"{macro:.1f}", f"{accuracy:.1f}", f"{100 * np.bincount(wanted).max() / len(wanted):.1f}"]


def judged(asked: list[tuple[Answer, list[Name]]]) -> tuple[np.ndarray, np.ndarray]:
    """The confidences of all names that were found, and which of them are right."""
    sets = [(answer, set(wanted)) for answer, wanted in asked]
    found = [(name[3], name[:3] in known) for answer, known in sets for name in answer.names]
    confidences, right = (np.array(values, float) for values in zip(*found, strict=True))
    return confidences, right


def right_by_confidence(asked: list[tuple[Answer, list[Name]]]) -> dict[str, list[str]]:
    """How often names of some confidence are right."""
    confidences, right = judged(asked)
    rows = {}
    edges = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
    for low, high in zip(edges, edges[1:]):
        own = right[(confidences >= low) & (confidences < high)]
        if len(own):
            rows[f"{low:.2f} to {min(high, 1):.2f}"] = [str(len(own)), f"{100 * own.mean():.1f} %"]
    return rows


def calibration(asked: list[tuple[Answer, list[Name]]]) -> list[str]:
    """Names, the mean of their confidences, how many are right, and the expected calibration error over ten ranges."""
    confidences, right = judged(asked)
    bins = np.minimum((confidences * 10).astype(int), 9)
    gaps = [abs(confidences[bins == number].sum() - right[bins == number].sum()) for number in range(10)]
    shares = (f"{100 * values.mean():.1f} %" for values in (confidences, right))
    return [str(len(right)), *shares, f"{sum(gaps) / len(right):.3f}"]


Tables = dict[str, dict[str, list[str]]]
"""Tables by their titles, rows by theirs."""

COLUMNS = {
    "names": ("P", "R", "F1", "PER / ORG / LOC"),
    "names, UNER-PUD news recased": ("P", "R", "F1", "PER / ORG / LOC"),
    "names, GUM news recased": ("P", "R", "F1", "PER / ORG / LOC"),
    "names, GUM news headlines": ("P", "R", "F1", "PER / ORG / LOC"),
    "sentiment": ("macro F1", "accuracy", "majority"),
    "confidence, UNER-EWT test": ("names", "right"),
    "calibration": ("names", "confidence", "right", "error"),
    "names, running text": ("P", "R", "F1", "PER / ORG / LOC"),
    "speed": ("words/s of processor time", "peak memory, MB"),
}


def measure(model: Model, data: Path) -> Tables:
    """Returns the tables of one profile, from the corpora's words."""
    tests = held_out.names(data)
    asked = {name: ask(model, documents) for name, documents in tests.items()}
    tables: Tables = {"names": {name: cells(pairs(own)) for name, own in asked.items()}}
    for name in ("UNER-PUD news", "GUM news"):
        tables[f"names, {name} recased"] = {case: cells(pairs(ask(model, tests[name], case))) for case in CASES}
    titles = headlines(tests["GUM news"])
    tables["names, GUM news headlines"] = {case: cells(pairs(ask(model, titles, case))) for case in CASES}
    tables["sentiment"] = {name: sentiment_cells(model, sentences) for name, sentences in held_out.sentiment(data).items()}
    tables["confidence, UNER-EWT test"] = right_by_confidence(asked["UNER-EWT test"])
    tables["calibration"] = {name: calibration(own) for name, own in asked.items()}
    return tables


def running_text(binary: Path, folder: Path, profile: str, data: Path) -> Tables:
    """Returns the scores of names through the whole program, and how fast that is."""
    settings = os.environ | {"COPYDESK_MODEL_PROFILE": profile, "COPYDESK_MODEL_PATH": str(folder.resolve())}
    tests = held_out.names(data)
    return {
        "names, running text": {name: cells(through_annotate(binary, settings, own)) for name, own in tests.items()},
        "speed": {"running text of all sets": speed(binary, settings, [document for own in tests.values() for document in own])},
    }


MEASURED = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print([used.ru_utime + used.ru_stime, used.ru_maxrss])
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a program and tells its seconds and its peak of kilobytes; from here, the peak would be no less than our own."""


def speed(binary: Path, settings: dict[str, str], documents: list[Document]) -> list[str]:
    """Returns words a second, the time for start and first document taken off, and the peak of memory, of one worker."""
    lines, _ = articles(documents)

    def taken(own: list[str]) -> tuple[float, int]:
        with tempfile.TemporaryFile() as given:
            given.write("".join(own).encode())
            given.seek(0)
            command = [sys.executable, "-c", MEASURED, binary, "annotate", "--jobs", "1", "--from", "jsonl", "-"]
            run = subprocess.run(command, stdin=given, stdout=subprocess.PIPE, text=True, check=True, env=settings)
        seconds, kilobytes = json.loads(run.stdout)
        return seconds, kilobytes * 1024

    (start, _), (whole, peak) = taken(lines[:1]), taken(lines)
    count = sum(len(sentence.words) for document in documents[1:] for sentence in document.sentences)
    return [f"{count / (whole - start):,.0f}", f"{peak / 1e6:.0f}"]


def articles(documents: list[Document]) -> tuple[list[str], list[tuple[str, list[Name]]]]:
    """Returns ``documents`` as articles, a line each, and their running text with its names as code-point ranges."""
    lines, wanted = [], []
    for number, document in enumerate(documents):
        text, names = "", []
        for sentence in document.sentences:
            text += " " if text else ""
            body = sentence.text or " ".join(sentence.words)
            ranges = words.split(body)
            if [body[start:end] for start, end in ranges] != sentence.words:
                body = " ".join(sentence.words)
            # Words of the corpus that our rules would join when they meet are left as they are written.
            places = _places(body, sentence.words)
            names += [
                (len(text) + places[start][0], len(text) + places[end - 1][1], kind) for start, end, kind in gold([sentence])
            ]
            text += body
        lines.append(json.dumps({"id": str(number), "title": "", "body": text, "language": "en"}, ensure_ascii=False) + "\n")
        wanted.append((text, names))
    return lines, wanted


def through_annotate(binary: Path, settings: dict[str, str], documents: list[Document]) -> list[tuple[list[Name], list[Name]]]:
    """Returns pairs of found and wanted names, as code-point ranges, from running text through ``annotate``."""
    lines, wanted = articles(documents)
    command = [binary, "annotate", "--from", "jsonl", "-"]
    run = subprocess.run(command, input="".join(lines), stdout=subprocess.PIPE, text=True, check=True, env=settings)
    records = {record["id"]: record for record in map(json.loads, run.stdout.splitlines())}
    found = []
    for number, (text, names) in enumerate(wanted):
        record = records[str(number)]
        offset = record["text"].index(text)
        own = [
            (mention["start"] - offset, mention["end"] - offset, KINDS[entity["type"]])
            for entity in record["entities"]
            for mention in entity["mentions"]
            if mention["form"] == "name" and mention.get("reading") != "demonym" and entity["type"] in KINDS
        ]
        found.append((own, names))
    return found


def _places(text: str, parts: list[str]) -> list[tuple[int, int]]:
    places, at = [], 0
    for part in parts:
        at = text.index(part, at)
        places.append((at, at + len(part)))
        at += len(part)
    return places


def show(tables: dict[str, Tables]) -> None:
    """Prints the tables of all profiles side by side."""
    for title, columns in COLUMNS.items():
        profiles = [profile for profile, own in tables.items() if title in own]
        if not profiles:
            continue
        heads = [f"{profile}: {column}" if not index else column for profile in profiles for index, column in enumerate(columns)]
        print(f"\n| {title} | {' | '.join(heads)} |\n|{' --- |' * (1 + len(heads))}")
        # Not every profile has names of every confidence.
        rows = dict.fromkeys(row for profile in profiles for row in tables[profile][title])
        for row in rows:
            values = [cell for profile in profiles for cell in tables[profile][title].get(row, [""] * len(columns))]
            print(f"| {row} | {' | '.join(values)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a corpus")
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--binary", type=Path, help="the built program")
    parser.add_argument("--profile", action="append", help="profile to measure; all of them unless given, may be repeated")
    options = parser.parse_args()

    manifest = json.loads((options.model / "model.json").read_text(encoding="utf-8"))
    tables: dict[str, Tables] = {}
    for profile in options.profile or list(manifest["profiles"]):
        if options.binary:
            model = by_program(options.binary, options.model, profile)
        else:
            model = by_reference(options.model, profile)
        tables[profile] = measure(model, options.data)
        if options.binary:
            tables[profile] |= running_text(options.binary, options.model, profile, options.data)
    show(tables)


if __name__ == "__main__":
    main()
