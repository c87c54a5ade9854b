"""Exports the trained networks as the files that the service reads, and calibrates their confidences.

    python export.py --default student.safetensors --accurate network.safetensors --work DIR --out ../models/newsroom-en

Writes ``pieces.safetensors``, the piece vectors that both profiles share; ``default.safetensors`` and
``accurate.safetensors`` with weights of seven bits; ``tokenizer.json``; and ``model.json``: what the files are, their
digests, and the temperatures and shifts that make confidences true on held-out data that is no test.  The scores of
polarities are shifted to the same end.

A profile for which no network is named stays in the folder as it is: to take it back and round it again would change it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save
from torch import Tensor, nn

from newsroom import decode, labels, network, pieces, quantised, windows
from newsroom.engine import Engine

NAME = "newsroom-en"
VERSION = "7"
FORMAT = 6
"""The layout of the folder; ``src/model/`` reads this one."""

SEED = 7


def name_odds(engine: Engine, documents: list[dict]) -> list[tuple[str, float, bool]]:
    """Returns of every name that is found in ``documents`` its kind, its log odds and whether its span and kind are right."""
    judged = []
    for document in documents:
        sentences = [sentence["words"] for sentence in document["sentences"]]
        for sentence, scores in zip(document["sentences"], engine.sentence_scores(sentences), strict=True):
            gold = set(labels.spans(["O" if tag == "?" else tag for tag in sentence["tags"]]))
            judged += [(kind, odds, (start, end, kind) in gold) for start, end, kind, odds in decode.odds(scores)]
    return judged


def minimise(loss: Callable[[], Tensor], parameters: list[Tensor]) -> None:
    """Moves ``parameters`` to where ``loss`` is least."""
    optimiser = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        value = loss()
        value.backward()
        return value

    optimiser.step(closure)


def fit_names(parts: Sequence[Sequence[tuple[str, float, bool]]]) -> tuple[float, dict[str, float]]:
    """Returns the temperature and the shifts that make what is right likeliest; every part counts alike.

    Log odds are divided by the temperature, then shifted by kind. Platt 1999, Probabilistic Outputs for Support Vector
    Machines.
    """
    rows = [(labels.KINDS.index(kind), odds, right, 1 / len(part)) for part in parts for kind, odds, right in part]
    kinds, odds, right, shares = (torch.tensor(column, dtype=torch.float64) for column in zip(*rows, strict=True))
    rate = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(len(labels.KINDS), dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        scores = odds.clamp(-20, 20) * rate.exp() + shift[kinds.long()]
        surprise = nn.functional.binary_cross_entropy_with_logits(scores, right, shares, reduction="sum")
        return surprise / len(parts) + 1e-3 * shift.square().sum()

    minimise(loss, [rate, shift])
    shifts = {kind: round(float(value), 3) for kind, value in zip(labels.KINDS, shift.detach(), strict=True)}
    return round(float((-rate.detach()).exp()), 3), shifts


def polarity_scores(engine: Engine, sentences: list[dict]) -> tuple[np.ndarray, list[int]]:
    """Returns the scores of the targets in ``sentences``, and their polarities."""
    scores, wanted = [], []
    for sentence in sentences:
        for window in windows.cut([sentence], engine.pieces):
            scores.append(engine.read(window).polarities)
            wanted += [polarity for _, _, polarity in window.targets]
    return np.concatenate(scores), wanted


def fit_polarities(scores: np.ndarray, wanted: Sequence[int]) -> tuple[float, np.ndarray]:
    """Returns the temperature, and what to add to the scores before it, that make ``wanted`` likeliest.

    The addition makes up for polarities that are commoner in training than in news. Vector scaling with one
    temperature: Guo et al. 2017, On Calibration of Modern Neural Networks.
    """
    laid, gold = torch.tensor(scores, dtype=torch.float64), torch.tensor(wanted)
    rate = torch.zeros((), dtype=torch.float64, requires_grad=True)
    shift = torch.zeros(laid.shape[1], dtype=torch.float64, requires_grad=True)

    def loss() -> Tensor:
        value = nn.functional.cross_entropy((laid + shift) / rate.exp(), gold)
        return value + 1e-6 * shift.square().sum()

    minimise(loss, [rate, shift])
    return round(float(rate.detach().exp()), 3), shift.detach().numpy().round(3)


def write_manifest(folder: Path, profiles: dict[str, dict]) -> None:
    """Writes ``model.json`` over the files in ``folder``."""
    files = {}
    for name in ("pieces.safetensors", *(entry["weights"] for entry in profiles.values()), "tokenizer.json"):
        data = (folder / name).read_bytes()
        files[name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "name": NAME,
        "version": VERSION,
        "format": FORMAT,
        "tags": labels.TAGS,
        "polarities": labels.POLARITIES,
        "limits": {"window_words": windows.MOST_WORDS, "window_pieces": windows.MOST_PIECES, "word_pieces": pieces.LONGEST},
        "profiles": profiles,
        "files": files,
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def export(models: dict[str, network.Network], tokenizer: Path, seen: Sequence[windows.Window], folder: Path) -> dict[str, dict]:
    """Writes ``models``, by the names of their profiles, to ``folder``, not calibrated.

    ``seen`` shows what texts do in them.  Returns the entries of all profiles, those that were there before among them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest, vectors = folder / "model.json", folder / "pieces.safetensors"
    profiles = json.loads(manifest.read_text(encoding="utf-8"))["profiles"] if manifest.exists() else {}
    tables = [quantised.table(model) for model in models.values()]
    if profiles.keys() - models.keys():
        tables.insert(0, load_file(vectors))
    table, *others = tables
    if any(not np.allclose(table[name], other[name], rtol=1e-5, atol=0) for other in others for name in table):
        raise ValueError("the networks do not share their piece vectors")
    vectors.write_bytes(save(table))
    for name, model in models.items():
        tensors = quantised.profile(model, quantised.even_out(model, seen))
        (folder / f"{name}.safetensors").write_bytes(save(tensors))
        profiles[name] = {
            "weights": f"{name}.safetensors",
            "pooled_after": model.shape.pooled_after,
            "exits_after": list(model.shape.exits_after),
            "unseen_after": model.shape.unseen_after,
            "temperature": {"tags": 1.0, "polarities": 1.0},
            "shift": dict.fromkeys(labels.KINDS, 0.0),
        }
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    write_manifest(folder, profiles)
    return profiles


def calibrate(
    folder: Path, profiles: dict[str, dict], names: Iterable[str], documents: list[dict], sentences: list[dict]
) -> None:
    """Fits the confidences of the profiles with these ``names``, and the shift of their polarities, to held-out data.

    All ``documents`` of a source count as much as those of another.
    """
    sources = sorted({document["source"] for document in documents})
    for name in names:
        entry, engine = profiles[name], Engine(folder, name)
        parts = [name_odds(engine, [document for document in documents if document["source"] == source]) for source in sources]
        tags, entry["shift"] = fit_names([part for part in parts if part])
        polarities, shift = fit_polarities(*polarity_scores(engine, sentences))
        entry["temperature"] = {"tags": tags, "polarities": polarities}
        tensors = load_file(folder / entry["weights"])
        tensors["polarity.bias"] += shift.astype(np.float32)
        (folder / entry["weights"]).write_bytes(save(tensors))
        write_manifest(folder, profiles)
        print(f"{name}: {entry}, shift of the polarities {shift.tolist()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--default", type=Path, help="network that distil.py wrote, its tokenizer.json beside it")
    parser.add_argument("--accurate", type=Path, help="network that train.py wrote, its tokenizer.json beside it")
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    options = parser.parse_args()

    named = {name: path for name in ("default", "accurate") if (path := getattr(options, name))}
    if not named:
        parser.error("no network is named")
    tokenizer = next(iter(named.values())).with_name("tokenizer.json")
    texts = [sentence for document in windows.read_lines(options.work / "entities.jsonl") for sentence in document["sentences"]]
    sample = random.Random(SEED).sample(texts, len(texts) // 50)
    seen = windows.cut(sample, pieces.Pieces(tokenizer))[: quantised.SEEN]
    models = {name: network.load(path) for name, path in named.items()}
    profiles = export(models, tokenizer, seen, options.out)
    dev = [windows.read_lines(options.work / f"dev-{part}.jsonl") for part in ("confidences", "sentiment")]
    calibrate(options.out, profiles, models, *dev)
    total = sum(path.stat().st_size for path in options.out.glob("*.*s*"))
    print(f"{options.out}: {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
