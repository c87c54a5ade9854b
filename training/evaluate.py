"""Measures a model folder on test data that it never saw.

    python evaluate.py --data DIR --model ../models/newsroom-en [--network FILE] [--binary ../target/release/copydesk]

Prints strict scores of names (span and kind both right, in per cent) and macro F1 of sentiment towards targets.
``--network`` measures the unquantised network beside the exported files; ``--binary`` measures names through the
whole program, from running text.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from newsroom import corpora, decode, labels, scores, windows, words
from newsroom.corpora import Document, Sentence
from newsroom.engine import Engine

Reader = Callable[[list[Sentence]], list[list[tuple[int, int, str]]]]
"""From the sentences of a document to the names in each, as word ranges and kinds."""


def entity_tests(data: Path) -> dict[str, list[Document]]:
    """The tests of names."""
    pud = corpora.uner(data / "uner-pud" / "en_pud-ud-test.iob2")
    # PUD's sentences come from as many documents: none is the context of the next.
    apart = [Document("pud", [sentence]) for document in pud for sentence in document.sentences]
    europarl = corpora.plain(data / "europarl-ner" / "en-europarl.test.conll02", "europarl")
    return {
        "GUM news": corpora.gum(data / "gum-open", news=True),
        "UNER-PUD news": [document for document in apart if document.sentences[0].key.startswith("n")],
        "Europarl en": [europarl],
        "UNER-EWT dev": corpora.uner(data / "uner-ewt" / "en_ewt-ud-dev.iob2"),
        "UNER-EWT test": corpora.uner(data / "uner-ewt" / "en_ewt-ud-test.iob2"),
    }


def sentiment_tests(data: Path) -> dict[str, list[Sentence]]:
    """The tests of sentiment, without sentences that stand in the training data."""
    folder = data / "newsmtsc"
    trained = {sentence.text for sentence in corpora.newsmtsc(folder / "train.jsonl")}
    paths = {
        "NewsMTSC rw test": folder / "newsmtsc-rw" / "test.jsonl",
        "NewsMTSC mt test": folder / "newsmtsc-mt" / "test.jsonl",
        "NewsMTSC rw devtest": folder / "devtest_rw.jsonl",
        "NewsMTSC mt devtest": folder / "devtest_mt.jsonl",
    }
    tests = {
        name: [sentence for sentence in corpora.newsmtsc(path) if sentence.text not in trained] for name, path in paths.items()
    }
    tests["SEntFiN held out"] = corpora.sentfin(data / "sentfin" / "SEntFiN.csv")[1]
    return tests


def gold(sentence: Sentence) -> list[tuple[int, int, str]]:
    """The names that the corpus wants; what it leaves open counts as no name."""
    return labels.spans(["O" if tag == "?" else tag for tag in sentence.tags or []])


def print_names(title: str, pairs: Iterable[tuple[list[tuple], list[tuple]]]) -> None:
    """Prints a row of scores."""
    found = scores.names(pairs)
    total = found["all"]
    kinds = " / ".join(f"{found[kind].f1:.1f}" for kind in labels.KINDS)
    print(f"| {title} | {total.precision:.1f} | {total.recall:.1f} | {total.f1:.1f} | {kinds} |", flush=True)


def by_engine(engine: Engine) -> Reader:
    """Reads words with the exported files."""
    return lambda sentences: [
        [name[:3] for name in names] for names in engine.names([sentence.words for sentence in sentences])
    ]


def through_program(binary: Path, documents: list[Document]) -> list[tuple[list[tuple], list[tuple]]]:
    """Returns pairs of found and wanted names, as code-point ranges, from running text through ``annotate``."""
    kinds = {"person": "PER", "organisation": "ORG", "place": "LOC"}
    lines, wanted = [], []
    for number, document in enumerate(documents):
        text, names = "", []
        for sentence in document.sentences:
            text += " " if text else ""
            body = sentence.text or " ".join(sentence.words)
            ranges = words.split(body)
            if [body[start:end] for start, end in ranges] != sentence.words:
                body = " ".join(sentence.words)
                ranges = words.split(body)
            # Words of the corpus that our rules would join when they meet are left as they are written.
            places = _places(body, sentence.words)
            names += [(len(text) + places[start][0], len(text) + places[end - 1][1], kind) for start, end, kind in gold(sentence)]
            text += body
        lines.append(json.dumps({"id": str(number), "title": "", "body": text, "language": "en"}, ensure_ascii=False))
        wanted.append((text, names))
    run = subprocess.run(
        [binary, "annotate", "--from", "jsonl", "-"], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=True
    )
    records = {record["id"]: record for record in map(json.loads, run.stdout.splitlines())}
    pairs = []
    for number, (text, names) in enumerate(wanted):
        record = records[str(number)]
        offset = record["text"].index(text)
        found = [
            (mention["start"] - offset, mention["end"] - offset, kinds[entity["type"]])
            for entity in record["entities"]
            for mention in entity["mentions"]
            if mention["form"] == "name" and entity["type"] in kinds
        ]
        pairs.append((found, names))
    return pairs


def _places(text: str, parts: list[str]) -> list[tuple[int, int]]:
    places, at = [], 0
    for part in parts:
        at = text.index(part, at)
        places.append((at, at + len(part)))
        at += len(part)
    return places


def measure_sentiment(engine: Engine, sentences: list[Sentence]) -> tuple[float, float, float]:
    """Macro F1 and accuracy, and the accuracy of the commonest polarity beside them."""
    found, wanted = [], []
    for sentence in sentences:
        for window in windows.cut([{"words": sentence.words, "targets": sentence.targets}], engine.pieces):
            found += engine.polarity_scores(engine.read(window).means).argmax(-1).tolist()
            wanted += [polarity for _, _, polarity in window.targets]
    macro, accuracy = scores.polarities(found, wanted)
    return macro, accuracy, 100 * np.bincount(wanted).max() / len(wanted)


def network_engine(path: Path, folder: Path) -> Engine:
    """An engine whose passes are made by the unquantised network."""
    import torch

    from newsroom import network
    from newsroom.engine import Read

    model = network.load(path)
    engine = Engine(folder)

    @torch.inference_mode()
    def read(window: windows.Window) -> Read:
        pieces = torch.tensor([window.pieces])
        states = model.encode(pieces, torch.ones_like(pieces, dtype=torch.bool))[0]
        means = [states[start:end].mean(0).numpy() for start, end, _ in window.targets]
        tags = model.tags(states[torch.tensor(window.firsts)]).numpy()
        return Read(tags, np.array(means, np.float32).reshape(-1, states.shape[1]))

    engine.read = read  # type: ignore[method-assign]
    return engine


def calibration(engine: Engine, documents: list[Document]) -> None:
    """Prints how often names of some confidence are right."""
    judged = []
    for document in documents:
        found = engine.names([sentence.words for sentence in document.sentences])
        for sentence, names in zip(document.sentences, found, strict=True):
            wanted = set(gold(sentence))
            judged += [(name[3], name[:3] in wanted) for name in names]
    print("\n| confidence | names | right |\n| --- | --- | --- |")
    edges = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.01)
    for low, high in zip(edges, edges[1:]):
        own = [right for confidence, right in judged if low <= confidence < high]
        if own:
            print(f"| {low:.2f} to {min(high, 1):.2f} | {len(own)} | {100 * np.mean(own):.1f} % |")


def report(title: str, engine: Engine, data: Path) -> None:
    """Prints the tables of one engine."""
    print(f"\n## {title}\n\n| names | precision | recall | F1 | PER / ORG / LOC |\n| --- | --- | --- | --- | --- |")
    read = by_engine(engine)
    seen, began = 0, time.perf_counter()
    tests = entity_tests(data)
    for name, documents in tests.items():
        pairs = []
        for document in documents:
            for sentence, found in zip(document.sentences, read(document.sentences), strict=True):
                pairs.append((found, gold(sentence)))
                seen += len(sentence.words)
        print_names(name, pairs)
    speed = seen / (time.perf_counter() - began)
    print("\n| sentiment | macro F1 | accuracy | majority |\n| --- | --- | --- | --- |")
    for name, sentences in sentiment_tests(data).items():
        macro, accuracy, majority = measure_sentiment(engine, sentences)
        print(f"| {name} | {macro:.1f} | {accuracy:.1f} | {majority:.1f} |", flush=True)
    calibration(engine, tests["UNER-EWT test"])
    print(f"\n{speed:.0f} words/s, decoding in Python included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a corpus")
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--network", type=Path, help="network to compare with, as train.py wrote it")
    parser.add_argument("--binary", type=Path, help="program to measure names through")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()

    report("Exported files", Engine(options.model, options.threads), options.data)
    if options.network:
        report("Unquantised network", network_engine(options.network, options.model), options.data)
    if options.binary:
        print("\n## Whole program, running text\n\n| names | precision | recall | F1 | PER / ORG / LOC |\n| --- | --- | --- | --- | --- |")
        for name, documents in entity_tests(options.data).items():
            print_names(name, through_program(options.binary, documents))


if __name__ == "__main__":
    main()
