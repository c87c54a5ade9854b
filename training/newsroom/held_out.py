"""The tests that training never sees, and the check that it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from newsroom import corpora
from newsroom.corpora import Document, Sentence

RUN = 10
"""Words in a row by which a text is known again."""


def names(data: Path) -> dict[str, list[Document]]:
    """The tests of names; the first of them is the one to choose by."""
    pud = corpora.uner(data / "uner-pud" / "en_pud-ud-test.iob2")
    # PUD's sentences come from as many documents: none is the context of the next.
    apart = [Document("pud", [sentence]) for document in pud for sentence in document.sentences]
    europarl = corpora.plain(data / "europarl-ner" / "en-europarl.test.conll02", "europarl")
    return {
        "UNER-EWT dev": corpora.uner(data / "uner-ewt" / "en_ewt-ud-dev.iob2"),
        "UNER-EWT test": corpora.uner(data / "uner-ewt" / "en_ewt-ud-test.iob2"),
        "UNER-PUD news": [document for document in apart if document.sentences[0].key.startswith("n")],
        "GUM news": corpora.gum(data / "gum-open", news=True),
        "Europarl en": [europarl],
    }


def sentiment(data: Path) -> dict[str, list[Sentence]]:
    """The tests of sentiment, without sentences that the training data repeats, whole or a run of ``RUN`` words."""
    folder = data / "newsmtsc"
    titles, held_out = corpora.sentfin(data / "sentfin" / "SEntFiN.csv")
    trained = [sentence.words for sentence in [*corpora.newsmtsc(folder / "train.jsonl"), *titles]]
    known = _known({"training": trained})
    whole = set(map(tuple, trained))
    paths = {
        "NewsMTSC rw test": folder / "newsmtsc-rw" / "test.jsonl",
        "NewsMTSC mt test": folder / "newsmtsc-mt" / "test.jsonl",
        "NewsMTSC rw devtest": folder / "devtest_rw.jsonl",
        "NewsMTSC mt devtest": folder / "devtest_mt.jsonl",
    }
    tests = {name: corpora.newsmtsc(path) for name, path in paths.items()} | {"SEntFiN held out": held_out}
    return {
        name: [sentence for sentence in own if tuple(sentence.words) not in whole and not _found(sentence.words, known)]
        for name, own in tests.items()
    }


def texts(data: Path) -> dict[str, list[list[str]]]:
    """The words of the texts of each test."""
    found = {
        name: [[word for sentence in document.sentences for word in sentence.words] for document in documents]
        for name, documents in names(data).items()
    }
    return found | {name: [sentence.words for sentence in sentences] for name, sentences in sentiment(data).items()}


def _runs(words: Sequence[str]) -> Iterator[tuple[str, ...]]:
    lowered = [word.lower() for word in words]
    return zip(*(lowered[offset:] for offset in range(RUN)))


def _known(tests: dict[str, list[list[str]]]) -> dict[tuple[str, ...], str]:
    return {run: name for name, own in tests.items() for words in own for run in _runs(words)}


def _found(words: Sequence[str], known: dict[tuple[str, ...], str]) -> list[int]:
    """Where in ``words`` known runs begin."""
    return [start for start, run in enumerate(_runs(words)) if run in known]


def drop(documents: Iterable[Document], tests: dict[str, list[list[str]]]) -> int:
    """Takes the sentences out of ``documents`` that hold ``RUN`` words in a row of a test; returns how many."""
    known = _known(tests)
    dropped = 0
    for document in documents:
        own = [index for index, sentence in enumerate(document.sentences) for _ in sentence.words]
        words = [word for sentence in document.sentences for word in sentence.words]
        touched = {own[start + offset] for start in _found(words, known) for offset in range(RUN)}
        document.sentences = [sentence for index, sentence in enumerate(document.sentences) if index not in touched]
        dropped += len(touched)
    return dropped


def check(trained: Iterable[Sequence[str]], tests: dict[str, list[list[str]]]) -> None:
    """Raises ``ValueError`` if a text of ``trained`` holds ``RUN`` words in a row of a test."""
    known = _known(tests)
    for words in trained:
        for run in _runs(words):
            if run in known:
                raise ValueError(f"the training mix holds {RUN} words of the test {known[run]}: {' '.join(run)!r}")
