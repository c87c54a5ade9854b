"""Makes the small network: cuts the trained one down and teaches it to answer like the whole.

    python distil.py --teacher network.safetensors --work DIR --lessons DIR --out student.safetensors

The windows of all training text are cut once, and the teacher reads each of them once: its scores and states are the
lessons, kept in ``--lessons`` (about 4 GB) and used again by the next run with the same seed.  The student then goes
through them again and again, each time with other sentences recased and other names swapped: it learns what the teacher
says of the text as it was written.  Beside the lessons it learns the labels that people gave, and in other text those on
which two of CoreNLP, spaCy and the teacher agree.  ``--minutes`` bounds the run by the clock.  As in ``train.py``, two
runs may be partners: with the same ``--seed``, and each with its own ``--order``.
"""

from __future__ import annotations

import argparse
import random
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor
from torch.nn import functional

import train
from newsroom import decode, graph, labels, network, quantised, renaming, student, windows
from newsroom.labels import IGNORED, TAGS
from newsroom.pieces import Pieces
from newsroom.windows import Window

LAYERS = (0, 2, 4, 7, 9, 11)
"""The teacher's layers that the student starts from."""
HEADS = 8
INNER = 768
POOLED_AFTER = 1
EXITS_AFTER = 2, 3
"""After how many layers words may exit: first those of no use to others either, then all that are no part of a name."""
UNSEEN_AFTER = 4
"""After how many layers those that stay no longer look at them."""
WORTH = 30.0
"""How many words may stay for one that must: a word exits if the chance that it is needed is under one in 31."""
PRICE = 0.1
"""What it costs to let all words pass an exit before the last."""
FITTED = 2000
"""Windows to which an exit that a student does not have is fitted before it goes on."""
MIDDLE = 3
"""The student's layer whose states are taught beside those of its last."""

RATE = 4e-4
BUDGET = 4096
"""Pieces in a batch."""
SOFTENING = 2.0
"""The temperature at which scores of teacher and student are compared."""
RECASED = (0.07, 0.04, 0.02)
"""The chances that a sentence is seen as a title, in capitals and in small letters."""
RENAMED = 0.1
"""The chance that the people and places of a window are swapped for others."""
SEEN = 100
"""Windows by which heads and neurons are weighed."""


@dataclass
class Lesson(Window):
    """A window whose answers begin at these rows of the lessons."""

    words_at: int = 0
    targets_at: int = 0
    renamed: bool = False
    """Whether people and places are others than those that the teacher read."""


@dataclass
class Lessons:
    """What the teacher says: a row for each word or target of all windows."""

    windows: list[Lesson]
    tags: np.ndarray
    """Tag scores, ``[words, tags]``."""
    states: np.ndarray
    """States of the first pieces of words after the middle and the last layer, ``[words, 2, hidden]``."""
    polarities: np.ndarray
    """Polarity scores, ``[targets, polarities]``."""
    spread: Tensor
    """The standard deviation of each number of the states, ``[2, hidden]``."""


def text_windows(work: Path, pieces: Pieces, chance: random.Random) -> list[Window]:
    """Cuts all training text: most windows are full, some are short, some are single sentences."""
    found: list[Window] = []

    def cut(sentences: list[dict]) -> None:
        at = 0
        while at < len(sentences):
            draw = chance.random()
            most = windows.MOST_WORDS if draw < 0.65 else chance.randint(20, windows.MOST_WORDS)
            step = chance.randint(8, 40) if draw < 0.85 else chance.randint(1, 2)
            found.extend(windows.cut(sentences[at : at + step], pieces, most))
            at += step

    for document in windows.read_lines(work / "entities.jsonl"):
        cut(document["sentences"])
    sentences = windows.read_lines(work / "sentiment.jsonl")
    for sentence in sentences:
        found += windows.cut([sentence], pieces)
    # Once more among others, as they stand in an article.
    for source in sorted({sentence["source"] for sentence in sentences}):
        own = [sentence for sentence in sentences if sentence["source"] == source]
        chance.shuffle(own)
        at = 0
        while at < len(own):
            step = chance.randint(2, 8)
            found += windows.cut(own[at : at + step], pieces)
            at += step
    return found


@dataclass
class Reading:
    """A part of the text that one process reads, and where its answers go."""

    encoder: bytes
    teacher: Path
    texts: Sequence[Window]
    first: int
    """The number of its first window."""
    at: int
    """The row of its first word."""
    folder: Path
    layers: tuple[int, int]


def read_part(part: Reading) -> tuple[list[tuple[int, int, int, int]], np.ndarray]:
    """Writes tag scores and states; returns the targets, each with the number of its window, and their polarities."""
    torch.set_num_threads(1)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(part.encoder, settings, ["CPUExecutionProvider"])
    teacher = network.load(part.teacher)
    tags, states = (np.load(part.folder / f"{name}.npy", mmap_mode="r+") for name in ("tags", "states"))
    polarities = [np.zeros((0, len(labels.POLARITIES)), np.float32)]
    targets: list[tuple[int, int, int, int]] = []
    at, began = part.at, time.monotonic()
    for number, window in enumerate(part.texts, part.first):
        outputs = ["tags", f"states.{part.layers[0]}", "states"]
        scores, middle, last = (
            values[0] for values in session.run(outputs, {"pieces": np.array([window.pieces], np.int32)})
        )
        end = at + len(window.words)
        tags[at:end] = scores[window.firsts]
        states[at:end] = np.stack([middle[window.firsts], last[window.firsts]], axis=1)
        taken = [range(start, stop) for start, stop, _ in window.targets]
        named = decode.window_spans(scores[window.firsts], window.starts)
        found = [*window.targets]
        for start, stop, _ in named:
            if not any(start < span.stop and span.start < stop for span in taken):
                found.append((start, stop, IGNORED))
        targets += [(number, *target) for target in found]
        means = [last[span.start : span.stop].mean(0) for span in replace(window, targets=found).target_rows(pooled=False)]
        if means:
            with torch.inference_mode():
                polarities.append(teacher.polarity_scores(torch.from_numpy(np.stack(means))).numpy())
        at = end
        if number % 2000 == 1999:
            print(f"window {number + 1} read, {time.monotonic() - began:.0f} s", flush=True)
    return targets, np.concatenate(polarities)


def ask(teacher: Path, texts: Sequence[Window], folder: Path, layers: tuple[int, int], readers: int) -> None:
    """Has the teacher read ``texts`` and writes its answers and the states of its ``layers`` to ``folder``.

    The second of the layers is its last.  It reads in eight bits, which is several times as fast as the network and says
    the same of all but a few words.  Every name that it finds is a target as well.
    """
    folder.mkdir(parents=True, exist_ok=True)
    model = network.load(teacher)
    encoder = graph.encoder(model, quantised.even_out(model, texts[: quantised.SEEN]), layers[:1]).SerializeToString()
    rows = [0, *accumulate(len(window.words) for window in texts)]
    for name, shape in (("tags", (rows[-1], len(labels.TAGS))), ("states", (rows[-1], len(layers), model.shape.hidden))):
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float16, shape).flush()
    size = -(-len(texts) // readers)
    parts = [
        Reading(encoder, teacher, texts[first : first + size], first, rows[first], folder, layers)
        for first in range(0, len(texts), size)
    ]
    with ProcessPoolExecutor(readers, get_context("spawn")) as pool:
        targets, polarities = zip(*pool.map(read_part, parts), strict=True)
    np.save(folder / "targets.npy", np.array([target for own in targets for target in own], np.int32))
    np.save(folder / "polarities.npy", np.concatenate(polarities))


def read_lessons(texts: Sequence[Window], folder: Path) -> Lessons:
    """Reads what ``ask`` wrote of ``texts``; the words on which two programs disagree are settled by it."""
    tags, states = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("tags", "states"))
    if len(tags) != sum(len(window.words) for window in texts):
        raise ValueError(f"{folder} holds the lessons of another text: remove it")
    own: list[list[tuple[int, int, int]]] = [[] for _ in texts]
    for number, *target in np.load(folder / "targets.npy").tolist():
        own[number].append(tuple(target))
    settled = labels.settle(np.concatenate([window.tags for window in texts]), tags.argmax(-1)).tolist()
    found: list[Lesson] = []
    words_at = targets_at = 0
    for window, targets in zip(texts, own, strict=True):
        end = words_at + len(window.words)
        known = {**vars(window), "tags": settled[words_at:end], "targets": targets}
        found.append(Lesson(**known, words_at=words_at, targets_at=targets_at))
        words_at = end
        targets_at += len(targets)
    sample = torch.from_numpy(states[:: max(1, len(states) // 20_000)].astype(np.float32))
    return Lessons(found, tags, states, np.load(folder / "polarities.npy"), sample.std(0))


def changed(lesson: Lesson, pieces: Pieces, pool: renaming.Names, chance: random.Random) -> Lesson:
    """Returns ``lesson`` with sentences recased or names swapped now and then, as far as it then still fits a window."""
    renamed = chance.random() < RENAMED
    read = renaming.rename(lesson.words, lesson.tags, pool, chance) if renamed else lesson.words
    words: list[str] = []
    for start, end in zip(lesson.starts, [*lesson.starts[1:], len(read)], strict=True):
        words += windows.recase(read[start:end], chance, RECASED)
    if words == lesson.words:
        return lesson
    ids = [pieces.of(word) for word in words]
    if sum(map(len, ids)) + 2 > windows.MOST_PIECES:
        return lesson
    firsts = np.cumsum([1, *map(len, ids[:-1])]).tolist()
    laid = [lesson.pieces[0], *(piece for word in ids for piece in word), lesson.pieces[-1]]
    return replace(lesson, words=words, pieces=laid, firsts=firsts, renamed=renamed)


def softened(ours: Tensor, theirs: Tensor) -> Tensor:
    """The divergence of ``ours`` from ``theirs``, scores ``[rows, classes]``, both made softer."""
    return SOFTENING**2 * functional.kl_div(
        functional.log_softmax(ours / SOFTENING, -1),
        functional.log_softmax(theirs / SOFTENING, -1),
        reduction="batchmean",
        log_target=True,
    )


def needed_of(group: Sequence[Lesson], tags: Tensor) -> Tensor:
    """The chance that each word of ``group`` is part of a name or somebody asks how it fares; ``tags`` are the teacher's."""
    needed = 1 - tags.softmax(-1)[:, TAGS.index("O")]
    needed[torch.tensor([tag for lesson in group for tag in lesson.tags]) > 0] = 1
    for lesson, start in zip(group, accumulate((len(lesson.words) for lesson in group), initial=0), strict=False):
        for first, end, _ in lesson.targets:
            needed[start + first : start + end] = 1
    return needed


@torch.inference_mode()
def states_of(model: network.Network, texts: Sequence[Lesson], layer: int) -> Tensor:
    """The states of all words of ``texts`` after so many layers, ``[words, hidden]``."""
    found = []
    for text in texts:
        states = model.layer_states(windows.collate([text], pooled=True))[0][layer - 1][0]
        firsts = text.firsts if layer == model.shape.pooled_after else range(1, len(text.words) + 1)
        found.append(states[list(firsts)])
    return torch.cat(found)


def fit_exits(model: network.Network, lessons: Lessons, texts: Sequence[Lesson]) -> None:
    """Fits the exits of which ``model`` has learnt nothing to what the words of ``texts`` are needed for themselves."""
    tags = [lessons.tags[text.words_at : text.words_at + len(text.words)] for text in texts]
    needed = needed_of(texts, torch.from_numpy(np.concatenate(tags).astype(np.float32)))
    for place, layer in enumerate(model.shape.exits_after):
        if model.exit.weight[place].any():
            continue
        states = states_of(model, texts, layer)
        middle, spread = states.mean(0), states.std(0)
        weight, bias = torch.zeros(states.shape[1], requires_grad=True), torch.zeros((), requires_grad=True)
        optimiser = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimiser.zero_grad()
            stay = ((states - middle) / spread) @ weight + bias
            value = functional.binary_cross_entropy_with_logits(stay, needed, pos_weight=torch.tensor(WORTH))
            value.backward()
            return value

        optimiser.step(closure)
        with torch.no_grad():
            model.exit.weight[place] = weight / spread
            model.exit.bias[place] = bias - (weight * middle / spread).sum()


def loss_of(model: network.Network, group: list[Lesson], lessons: Lessons) -> tuple[Tensor, dict[str, float]]:
    """Returns the loss of the batch ``group``, and its parts by name."""
    batch = windows.collate(group, pooled=True)
    found, stay = model.layer_states(batch)
    tags, polarities = (scores.float() for scores in model.heads(found[-1], stay, batch))

    def taught(rows: np.ndarray, starts: list[int], counts: list[int]) -> Tensor:
        parts = [rows[start : start + count] for start, count in zip(starts, counts, strict=True)]
        return torch.from_numpy(np.concatenate(parts).astype(np.float32))

    words_at, counts = [lesson.words_at for lesson in group], [len(lesson.words) for lesson in group]
    words = sum(counts)
    of_words = taught(lessons.tags, words_at, counts)
    parts = {"tags": softened(tags[:words], of_words)}
    gold = torch.from_numpy(batch.tags)
    if (gold != IGNORED).any():
        parts["gold tags"] = 0.5 * functional.cross_entropy(tags, gold, ignore_index=IGNORED)
    theirs = taught(lessons.states, words_at, counts)
    places = torch.from_numpy(batch.words)
    # The states of another name are not the teacher's.
    same = torch.from_numpy(np.repeat([not lesson.renamed for lesson in group], counts))
    if stay is not None:
        needed = needed_of(group, of_words)
        stay = stay.flatten(0, 1)[places[:words]]
        parts["exits"] = 0.1 * functional.binary_cross_entropy_with_logits(stay[:, -1], needed, pos_weight=torch.tensor(WORTH))
        # Whom to let pass for the sake of others is not told: all that is built on them tells, for a price.
        pressed = -WORTH * (needed[:, None] * functional.logsigmoid(stay[:, :-1])).mean(0).sum()
        parts["passes"] = 0.1 * pressed + PRICE * torch.sigmoid(stay[:, :-1]).mean(0).sum()
        # Those that have exited are not where the teacher takes them.
        same = same & (stay > 0).all(-1)
    for index, (name, layer, weight) in enumerate((("middle", MIDDLE, 0.3), ("states", -1, 1.0))):
        ours = found[layer].flatten(0, 1)[places][:words].float()
        distances = ((ours - theirs[:, index]) / lessons.spread[index]).square().mean(1)
        parts[name] = weight * (distances * same).sum() / same.sum().clamp(min=1)
    own = [len(lesson.targets) for lesson in group]
    if sum(own):
        theirs = taught(lessons.polarities, [lesson.targets_at for lesson in group], own)
        parts["targets"] = 0.5 * softened(polarities[: sum(own)], theirs)
        gold = torch.from_numpy(batch.polarities)
        if (gold != IGNORED).any():
            parts["gold targets"] = 0.25 * functional.cross_entropy(polarities, gold, ignore_index=IGNORED)
    return torch.stack(list(parts.values())).sum(), {name: part.item() for name, part in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, required=True, help="network that train.py wrote, its tokenizer.json beside it")
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--lessons", type=Path, required=True, help="folder of the teacher's answers")
    parser.add_argument("--out", type=Path, required=True, help="file to write the network to; tokenizer.json goes beside it")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path, help="student to go on from, best at a lower rate")
    parser.add_argument("--rate", type=float, default=RATE, help="highest learning rate")
    parser.add_argument("--order", type=int, default=7, help="seed of the order in which the student reads")
    parser.add_argument("--partner", type=Path, help="the --out of a run beside this one, to meet now and then")
    parser.add_argument("--budget", type=int, default=BUDGET, help="pieces in a batch")
    parser.add_argument("--share", type=float, default=1.0, help="share of the text that the teacher reads")
    parser.add_argument("--readers", type=int, default=2, help="processes in which the teacher reads")
    parser.add_argument("--passes", type=int, default=4, help="times that all text is gone through")
    parser.add_argument("--minutes", type=float, default=600.0, help="most minutes to train for, after the teacher has read")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    chance = random.Random(options.seed)
    tokenizer = options.teacher.with_name("tokenizer.json")
    pieces = Pieces(tokenizer)
    texts = text_windows(options.work, pieces, chance)
    chance.shuffle(texts)
    texts = texts[: round(options.share * len(texts))]
    if not (options.lessons / "polarities.npy").exists():
        ask(options.teacher, texts, options.lessons, (LAYERS[MIDDLE], LAYERS[-1]), options.readers)
    lessons = read_lessons(texts, options.lessons)

    if options.start:
        model = student.with_exits(network.load(options.start, dropout=0.0), EXITS_AFTER, UNSEEN_AFTER)
        fit_exits(model, lessons, lessons.windows[:FITTED])
    else:
        sizes = LAYERS, HEADS, INNER, POOLED_AFTER, EXITS_AFTER, UNSEEN_AFTER
        model = student.cut_down(network.load(options.teacher), *sizes, texts[:SEEN])
    model.pieces.weight.requires_grad_(False)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    if options.out.parent != tokenizer.parent:
        shutil.copyfile(tokenizer, options.out.with_name("tokenizer.json"))
    pool = renaming.names((lesson.words, lesson.tags) for lesson in lessons.windows)
    plan = []
    chance = random.Random(options.order)
    for _ in range(options.passes):
        groups = windows.batches([changed(lesson, pieces, pool, chance) for lesson in lessons.windows], options.budget, chance)
        chance.shuffle(groups)
        plan += groups
    print(f"{len(plan)} steps, {len(texts)} windows, {len(lessons.tags)} words, {len(lessons.polarities)} targets", flush=True)
    dev = [windows.read_lines(options.work / f"dev-{part}.jsonl") for part in ("entities", "sentiment")]
    train.train(
        model,
        plan,
        options.minutes,
        options.out,
        options.rate,
        pace=1.0,
        loss=lambda model, group: loss_of(model, group, lessons),
        measured=lambda model: train.measure(model, *dev, pieces),
        save_every=600.0,
        partner=options.partner,
    )


if __name__ == "__main__":
    main()
