"""Writes a profile of an exported model as a network again, to go on training from or to distil.

    python restore.py --model ../models/newsroom-en --profile accurate --out network.safetensors

The values are those of the rounded weights: what seven bits lost stays lost.  ``tokenizer.json`` goes beside the network.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

from safetensors.numpy import load_file

from newsroom import network, quantised


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="folder of the exported model")
    parser.add_argument("--profile", required=True)
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args()

    own = json.loads((options.model / "model.json").read_text(encoding="utf-8"))["profiles"][options.profile]
    table, tensors = (load_file(options.model / name) for name in ("pieces.safetensors", own["weights"]))
    restored, _ = quantised.restore(table, tensors, own)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    network.save(restored, options.out)
    shutil.copyfile(options.model / "tokenizer.json", options.out.with_name("tokenizer.json"))


if __name__ == "__main__":
    main()
