"""Labels news text with the statistical recogniser of Stanford CoreNLP.

CoreNLP is run as a program of its own on words that are already ours; only its labels are taken.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from newsroom import curation
from newsroom.corpora import Sentence
from newsroom.labels import spans, tags

_MODEL = "edu/stanford/nlp/models/ner/english.all.3class.distsim.crf.ser.gz"
_KIND_OF = {"PERSON": "PER", "ORGANIZATION": "ORG", "LOCATION": "LOC"}


def label(sentences: list[Sentence], jars: Path) -> None:
    """Gives ``sentences`` the labels of CoreNLP's three-class model, by our policy.

    ``jars`` holds CoreNLP 4.5.10 with its models (see pom.xml).
    """
    if not list(jars.glob("stanford-corenlp-*.jar")):
        raise FileNotFoundError(f"no stanford-corenlp jar in {jars}; README.md says how to fetch it")
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "words.txt"
        text.write_text("".join(" ".join(sentence.words) + "\n" for sentence in sentences), encoding="utf-8")
        run = subprocess.run(
            ["java", "-Xmx3g", "-cp", f"{jars}/*", "edu.stanford.nlp.ie.NERClassifierCombiner"]
            + ["-ner.model", _MODEL, "-ner.applyNumericClassifiers", "false", "-ner.useSUTime", "false"]
            + ["-ner.applyFineGrained", "false", "-tokenizerFactory", "edu.stanford.nlp.process.WhitespaceTokenizer"]
            + ["-tokenizerOptions", "tokenizeNLs=true", "-outputFormat", "tsv", "-encoding", "utf-8"]
            + ["-textFile", str(text)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
        )
    adopt(sentences, run.stdout.decode("utf-8").splitlines())


def adopt(sentences: list[Sentence], rows: list[str]) -> None:
    """Gives ``sentences`` the labels of ``rows``: a word, a tab and its label each; empty rows are passed over."""
    filled = iter(row.split("\t") for row in rows if "\t" in row)
    for sentence in sentences:
        labels = []
        for word in sentence.words:
            fields = next(filled, None)
            if fields is None or fields[0] != word:
                raise ValueError(f"CoreNLP's output left step with its input: expected {word!r}, found {fields}")
            labels.append(f"I-{_KIND_OF[fields[1]]}" if fields[1] in _KIND_OF else "O")
        names = []
        for start, end, kind in spans(labels):
            kept = curation.curate(sentence.words, start, end, kind)
            if kept is not None:
                names.append((*kept, kind))
        sentence.tags = tags(len(sentence.words), names)
