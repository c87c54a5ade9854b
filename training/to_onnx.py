"""Writes a profile of an exported model as ONNX graphs, for other engines to run the same weights.

    python to_onnx.py --model ../models/newsroom-en --profile default --out DIR

``encoder.onnx`` and ``sentiment.onnx`` are described in ``newsroom/graph.py``.  Their products quantise a whole input by
one scale, as the operators of ONNX do, where the service takes each row by its own: the answers differ a little.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import onnx
from safetensors.numpy import load_file

from newsroom import graph, quantised


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--profile", required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()

    own = json.loads((options.model / "model.json").read_text(encoding="utf-8"))["profiles"][options.profile]
    table, tensors = (load_file(options.model / name) for name in ("pieces.safetensors", own["weights"]))
    network, divisors = quantised.restore(table, tensors, own)
    options.out.mkdir(parents=True, exist_ok=True)
    onnx.save(graph.encoder(network, divisors), str(options.out / "encoder.onnx"))
    onnx.save(graph.sentiment(network), str(options.out / "sentiment.onnx"))


if __name__ == "__main__":
    main()
