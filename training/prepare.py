"""Makes the training data: reads the corpora, cures their labels, labels news text by CoreNLP, writes JSON lines.

    python prepare.py --data DIR --corenlp DIR --work DIR

Writes ``entities.jsonl`` (documents of labelled sentences) and ``sentiment.jsonl`` (sentences with targets, which
also carry labels, so that one pass of the encoder teaches both heads) for training, ``dev-entities.jsonl``
and ``dev-sentiment.jsonl`` to choose by, and ``dev-confidences.jsonl`` to fit confidences to.  No run of ten words of a
test stands in the training files.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from newsroom import corpora, held_out, silver
from newsroom.corpora import Document, Sentence


TWEETS = 1000
"""Of the Broad Twitter Corpus' test, so many are enough to fit confidences to."""


def gold(data: Path) -> list[Document]:
    """The hand-labelled corpora; none of their test files, and nothing that ``evaluate.py`` reports on."""
    documents = corpora.uner(data / "uner-ewt" / "en_ewt-ud-train.0c7ce0d.iob2")
    documents += corpora.gum(data / "gum-open", news=False)
    for part in ("train", "dev"):
        documents.append(corpora.plain(data / "btc" / f"btc.{part}", "btc", cased=False))
    for domain in ("politics", "science"):
        for part in ("train", "dev", "test"):
            documents.append(corpora.plain(data / "crossner" / domain / f"{part}.txt", "crossner"))
    documents.append(corpora.plain(data / "wikigold" / "wikigold.conll.txt", "wikigold"))
    documents.append(corpora.plain(data / "multiner-gov-en" / "Final_English.txt", "multiner"))
    for path in sorted((data / "re3d-open" / "conll").rglob("*.conll")):
        documents.append(corpora.plain(path, "re3d", nominal=True))
    return documents


def confidences(data: Path) -> list[Document]:
    """Text to fit confidences to: held out from training, and no test."""
    tweets = corpora.plain(data / "btc" / "btc.test", "btc", cased=False)
    return [*corpora.uner(data / "uner-ewt" / "en_ewt-ud-dev.iob2"), Document("btc", tweets.sentences[:TWEETS])]


def write(path: Path, entries: list[dict]) -> None:
    """Writes one JSON value a line."""
    with path.open("w", encoding="utf-8") as file:
        for entry in entries:
            file.write(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n")


def as_json(sentence: Sentence) -> dict:
    """What training needs of a sentence."""
    entry: dict = {"words": sentence.words}
    if sentence.tags is not None:
        entry["tags"] = sentence.tags
    if sentence.targets:
        entry["targets"] = sentence.targets
    return entry


def documents_as_json(documents: list[Document]) -> list[dict]:
    """One entry a document."""
    return [
        {"source": document.source, "sentences": [as_json(sentence) for sentence in document.sentences]}
        for document in documents
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with a folder a corpus")
    parser.add_argument("--corenlp", type=Path, required=True, help="folder with CoreNLP's jars")
    parser.add_argument("--work", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)

    write(options.work / "dev-entities.jsonl", documents_as_json(corpora.uner(options.data / "uner-ewt" / "en_ewt-ud-dev.iob2")))

    write(options.work / "dev-confidences.jsonl", documents_as_json(confidences(options.data)))

    documents = gold(options.data)
    news = corpora.newsmtsc(options.data / "newsmtsc" / "train.jsonl")
    headlines, _ = corpora.sentfin(options.data / "sentfin" / "SEntFiN.csv")
    gmb = corpora.gmb(options.data / "gmb-text" / "gmb_sentences.txt")
    onestop = corpora.onestopenglish(options.data / "onestopenglish" / "Adv-Txt")

    documents += [Document("gmb", gmb), *onestop]
    tests = held_out.texts(options.data)
    print(f"{held_out.drop(documents, tests)} sentences left out that repeat {held_out.RUN} words of a test")
    unlabelled = [sentence for document in documents[-1 - len(onestop) :] for sentence in document.sentences]
    silver.label(news + headlines + unlabelled, options.corenlp)
    targets = [sentence for sentence in news if sentence.targets]
    texts = [[word for sentence in document.sentences for word in sentence.words] for document in documents]
    held_out.check(texts + [sentence.words for sentence in targets + headlines], tests)

    write(options.work / "entities.jsonl", documents_as_json(documents))
    write(
        options.work / "sentiment.jsonl",
        [{"source": "newsmtsc", **as_json(sentence)} for sentence in targets]
        + [{"source": "sentfin", **as_json(sentence)} for sentence in headlines],
    )
    trained = {sentence.text for sentence in news}
    dev = [
        sentence
        for task in ("rw", "mt")
        for sentence in corpora.newsmtsc(options.data / "newsmtsc" / f"newsmtsc-{task}" / "dev.jsonl")
        if sentence.text not in trained
    ]
    write(options.work / "dev-sentiment.jsonl", [{"source": "newsmtsc", **as_json(sentence)} for sentence in dev])


if __name__ == "__main__":
    main()
