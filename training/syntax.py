"""Asks what the states of a profile know of syntax: what a head for parts of speech and for subjects could find.

    python syntax.py --data DIR --model ../models/newsroom-en

After each layer a linear classifier is trained on the words of GUM's documents that are no news and asked about those of
its news, the encoder as it is.  Beside it stands what a table of the commonest answer for each word says.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from newsroom import windows
from newsroom.engine import Engine

STEPS = 300
RATE = 0.01
DECAY = 1e-4


@dataclass
class Words:
    """Words in a row, with what GUM says of each."""

    forms: list[str]
    parts: list[str]
    relations: list[str]
    states: list[np.ndarray]
    """After each layer, ``[words, hidden]``."""


def read_sentences(path: Path) -> list[list[tuple[str, str, str]]]:
    """Form, part of speech (UPOS) and relation to its head of each word, sentence by sentence."""
    sentences: list[list[tuple[str, str, str]]] = [[]]
    for line in path.read_text(encoding="utf-8").splitlines():
        columns = line.split("\t")
        if len(columns) == 10 and columns[0].isdecimal():
            sentences[-1].append((columns[1], columns[3], columns[7].split(":")[0]))
        elif not line and sentences[-1]:
            sentences.append([])
    return [sentence for sentence in sentences if sentence]


def read_words(paths: Sequence[Path], engine: Engine) -> Words:
    """Reads documents and has ``engine`` read them."""
    found = Words([], [], [], [])
    layers: list[list[np.ndarray]] = []
    for path in paths:
        sentences = read_sentences(path)
        for words, values in ((found.forms, 0), (found.parts, 1), (found.relations, 2)):
            words += [word[values] for sentence in sentences for word in sentence]
        for window in windows.cut([{"words": [word[0] for word in sentence]} for sentence in sentences], engine.pieces):
            states = [engine.word_states(window, states).numpy() for states in engine.layer_states(window)[0]]
            layers = layers or [[] for _ in states]
            for all_states, own in zip(layers, states, strict=True):
                all_states.append(own)
    found.states = [np.concatenate(own) for own in layers]
    return found


def trained(states: np.ndarray, answers: np.ndarray, classes: int) -> torch.nn.Linear:
    """A linear classifier of ``states``."""
    torch.manual_seed(7)
    head = torch.nn.Linear(states.shape[1], classes)
    optimizer = torch.optim.AdamW(head.parameters(), lr=RATE, weight_decay=DECAY)
    inputs, wanted = torch.from_numpy(states), torch.from_numpy(answers)
    for _ in range(STEPS):
        optimizer.zero_grad()
        functional.cross_entropy(head(inputs), wanted).backward()
        optimizer.step()
    return head


def row(name: str, found: Sequence[str], wanted: Sequence[str], shown: Sequence[str]) -> str:
    """A row of the table: how many are right of all, and F1 of the answers ``shown``."""
    pairs = list(zip(found, wanted, strict=True))
    cells = [name, f"{100 * np.mean([one == other for one, other in pairs]):.1f}"]
    for answer in shown:
        both = sum(one == other == answer for one, other in pairs)
        named = sum(one == answer for one, _ in pairs) + sum(other == answer for _, other in pairs)
        cells.append(f"{200 * both / max(named, 1):.1f}")
    return "| " + " | ".join(cells) + " |"


def commonest(forms: Sequence[str], answers: Sequence[str], asked: Sequence[str]) -> list[str]:
    """The answer that each of the words ``asked`` has most often; that of all words where it is not known."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for form, answer in zip(forms, answers, strict=True):
        counts[form.lower()][answer] += 1
    most = Counter(answers).most_common(1)[0][0]
    return [counts[form.lower()].most_common(1)[0][0] if form.lower() in counts else most for form in asked]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the corpora; gum-open is read")
    parser.add_argument("--model", type=Path, required=True, help="folder of the model")
    parser.add_argument("--profile", default="default")
    options = parser.parse_args()

    engine = Engine(options.model, options.profile)
    paths = sorted((options.data / "gum-open" / "dep").glob("*.conllu"))
    news = [path for path in paths if "_news_" in path.name]
    known = read_words([path for path in paths if path not in news], engine)
    asked = read_words(news, engine)
    print(f"{len(known.forms)} words to learn from, {len(asked.forms)} of news")
    for what, answers, wanted, shown in (
        ("parts of speech", known.parts, asked.parts, ("VERB", "NOUN", "PROPN")),
        ("relations to the head", known.relations, asked.relations, ("nsubj", "obj", "obl")),
    ):
        print(f"\n| {what}: after | right, % | " + " | ".join(f"{name}, F1" for name in shown) + " |")
        print("| --- | --- |" + " --- |" * len(shown))
        print(row("the word alone", commonest(known.forms, answers, asked.forms), wanted, shown))
        names = sorted(set(answers) | set(wanted))
        numbers = np.array([names.index(answer) for answer in answers])
        for layer, (states, others) in enumerate(zip(known.states, asked.states, strict=True), 1):
            head = trained(states, numbers, len(names))
            with torch.inference_mode():
                best = head(torch.from_numpy(others)).argmax(-1).tolist()
            print(row(f"layer {layer}", [names[index] for index in best], wanted, shown), flush=True)


if __name__ == "__main__":
    main()
