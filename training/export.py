"""Exports a trained network as the files that the service reads, and calibrates their confidences.

    python export.py --network network.safetensors --work DIR --out ../models/newsroom-en

Writes ``encoder.onnx`` and ``sentiment.onnx`` with weights of eight bits, ``tokenizer.json``, and ``model.json``: what
the files are, their digests, and the temperatures that make confidences true on the development data. The scores of
polarities are shifted to the same end.
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
import onnx
import torch
from torch import Tensor, nn

from newsroom import decode, graph, labels, network, pieces, windows
from newsroom.engine import Engine

NAME = "newsroom-en"
VERSION = "1"
FORMAT = 1
"""The layout of the folder; ``src/model/`` reads this one."""

SEED = 7
WINDOWS_SEEN = 64
"""Windows of training text by which the ranges of the states are measured."""

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
            scores.append(engine.polarity_scores(engine.read(window).means))
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


def write_manifest(folder: Path, temperatures: dict[str, float]) -> None:
    """Writes ``model.json`` over the files in ``folder``."""
    files = {}
    for name in ("encoder.onnx", "sentiment.onnx", "tokenizer.json"):
        data = (folder / name).read_bytes()
        files[name] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = {
        "name": NAME,
        "version": VERSION,
        "format": FORMAT,
        "tags": labels.TAGS,
        "polarities": labels.POLARITIES,
        "limits": {"window_words": windows.MOST_WORDS, "window_pieces": windows.MOST_PIECES, "word_pieces": pieces.LONGEST},
        "temperature": temperatures,
        "files": files,
    }
    (folder / "model.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


@torch.inference_mode()
def measure_ranges(model: network.Network, seen: Sequence[windows.Window]) -> graph.Ranges:
    """Returns how large the channels that go into the wide products get over ``seen``."""
    ranges: graph.Ranges = {}

    def watch(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            largest = inputs[0].abs().amax((0, 1)).numpy()
            ranges[name] = np.maximum(ranges[name], largest) if name in ranges else largest

        return note

    hooks = [
        getattr(layer, short).register_forward_pre_hook(watch(f"layer{index}.{short}"))
        for index, layer in enumerate(model.layers)
        for short in ("inner", "outer")
    ]
    for window in seen:
        pieces = torch.tensor([window.pieces])
        model.encode(pieces, torch.ones_like(pieces, dtype=torch.bool))
    for hook in hooks:
        hook.remove()
    return ranges


def export(model: network.Network, tokenizer: Path, seen: Sequence[windows.Window], folder: Path) -> None:
    """Writes ``model`` to ``folder``, not calibrated; ``seen`` shows what texts do in it."""
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(graph.encoder(model, measure_ranges(model, seen)), str(folder / "encoder.onnx"))
    onnx.save(graph.sentiment(model), str(folder / "sentiment.onnx"))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    write_manifest(folder, {"tags": 1.0, "polarities": 1.0})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", type=Path, required=True, help="network that train.py wrote, its tokenizer.json beside it")
    parser.add_argument("--work", type=Path, required=True, help="folder that prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    options = parser.parse_args()

    tokenizer = options.network.with_name("tokenizer.json")
    texts = [sentence for document in windows.read_lines(options.work / "entities.jsonl") for sentence in document["sentences"]]
    seen = windows.cut(random.Random(SEED).sample(texts, len(texts) // 50), pieces.Pieces(tokenizer))[:WINDOWS_SEEN]
    model = network.load(options.network)
    export(model, tokenizer, seen, options.out)
    engine = Engine(options.out, threads=2)
    scores, wanted = polarity_scores(engine, windows.read_lines(options.work / "dev-sentiment.jsonl"))
    polarities, shift = fit_polarities(scores, wanted)
    model.polarity.bias.data += torch.tensor(shift, dtype=torch.float32)
    onnx.save(graph.sentiment(model), str(options.out / "sentiment.onnx"))
    temperatures = {
        "tags": name_temperature(engine, windows.read_lines(options.work / "dev-entities.jsonl")),
        "polarities": polarities,
    }
    write_manifest(options.out, temperatures)
    total = sum(path.stat().st_size for path in options.out.glob("*.*n*"))
    print(f"{options.out}: {total / 1e6:.1f} MB, temperatures {temperatures}")


if __name__ == "__main__":
    main()
