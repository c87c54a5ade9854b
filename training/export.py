"""Exports the trained networks as the files that the service reads, and calibrates their confidences.

    python export.py --default student.safetensors --accurate network.safetensors --work DIR --out ../models/newsroom-en

Writes ``pieces.safetensors``, the piece vectors that both profiles share; ``default.safetensors`` and
``accurate.safetensors`` with weights of seven bits; ``tokenizer.json``; and ``model.json``: what the files are, their
digests, and the temperatures that make confidences true on the development data.  The scores of polarities are shifted
to the same end.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save
from torch import Tensor, nn

from newsroom import decode, labels, network, pieces, quantised, windows
from newsroom.engine import Engine

NAME = "newsroom-en"
VERSION = "2"
FORMAT = 2
"""The layout of the folder; ``src/model/`` reads this one."""

SEED = 7

TEMPERATURES = np.geomspace(0.5, 4.0, 43)


def fit(loss: Callable[[float], float]) -> float:
    """Returns the temperature of the least loss."""
    return round(float(min(TEMPERATURES, key=loss)), 3)


def surprise(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """The mean negative log likelihood of ``right`` under ``confidences``."""
    chances = np.clip(np.array(confidences), 1e-6, 1 - 1e-6)
    return float(-np.log(np.where(np.array(right), chances, 1 - chances)).mean())


def name_temperature(engine: Engine, documents: list[dict]) -> float:
    """Returns the temperature at which a name's confidence is the chance that its span and kind are right."""
    scored = []
    for document in documents:
        sentences = [sentence["words"] for sentence in document["sentences"]]
        for sentence, scores in zip(document["sentences"], engine.sentence_scores(sentences), strict=True):
            scored.append((scores, set(labels.spans(["O" if tag == "?" else tag for tag in sentence["tags"]]))))

    def loss(temperature: float) -> float:
        judged = [
            (confidence, (start, end, kind) in gold)
            for scores, gold in scored
            for start, end, kind, confidence in decode.names(scores, temperature)
        ]
        return surprise(*zip(*judged, strict=True)) if judged else 0.0

    return fit(loss)


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
    optimiser = torch.optim.LBFGS([rate, shift], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        value = nn.functional.cross_entropy((laid + shift) / rate.exp(), gold) + 1e-6 * shift.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
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
    """Writes ``models``, by the names of their profiles, to ``folder``, not calibrated; returns their entries.

    ``seen`` shows what texts do in them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table, *others = (quantised.table(model) for model in models.values())
    if any((table[name] != other[name]).any() for other in others for name in table):
        raise ValueError("the networks do not share their piece vectors")
    (folder / "pieces.safetensors").write_bytes(save(table))
    profiles = {}
    for name, model in models.items():
        tensors = quantised.profile(model, quantised.even_out(model, seen))
        (folder / f"{name}.safetensors").write_bytes(save(tensors))
        profiles[name] = {
            "weights": f"{name}.safetensors",
            "pooled_after": model.shape.pooled_after,
            "temperature": {"tags": 1.0, "polarities": 1.0},
        }
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    write_manifest(folder, profiles)
    return profiles


def calibrate(folder: Path, profiles: dict[str, dict], documents: list[dict], sentences: list[dict]) -> None:
    """Fits the temperatures of each of ``profiles`` and the shift of its polarities to development data."""
    for name, entry in profiles.items():
        engine = Engine(folder, name)
        polarities, shift = fit_polarities(*polarity_scores(engine, sentences))
        entry["temperature"] = {"tags": name_temperature(engine, documents), "polarities": polarities}
        tensors = load_file(folder / entry["weights"])
        tensors["polarity.bias"] += shift.astype(np.float32)
        (folder / entry["weights"]).write_bytes(save(tensors))
        write_manifest(folder, profiles)
        print(f"{name}: temperatures {entry['temperature']}, shift of the polarities {shift.tolist()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--default", type=Path, required=True, help="network that distil.py wrote")
    parser.add_argument("--accurate", type=Path, required=True, help="network that train.py wrote, its tokenizer.json beside it")
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    options = parser.parse_args()

    tokenizer = options.accurate.with_name("tokenizer.json")
    texts = [sentence for document in windows.read_lines(options.work / "entities.jsonl") for sentence in document["sentences"]]
    sample = random.Random(SEED).sample(texts, len(texts) // 50)
    seen = windows.cut(sample, pieces.Pieces(tokenizer))[: quantised.SEEN]
    models = {name: network.load(getattr(options, name)) for name in ("default", "accurate")}
    profiles = export(models, tokenizer, seen, options.out)
    dev = [windows.read_lines(options.work / f"dev-{part}.jsonl") for part in ("entities", "sentiment")]
    calibrate(options.out, profiles, *dev)
    total = sum(path.stat().st_size for path in options.out.glob("*.*s*"))
    print(f"{options.out}: {total / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
