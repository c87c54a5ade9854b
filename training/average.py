"""Writes the mean of networks that were trained from one start.

    python average.py --out network.safetensors first.safetensors second.safetensors
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from newsroom import network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    options = parser.parse_args()

    mean, *others = (network.load(path) for path in options.networks)
    with torch.no_grad():
        for index, other in enumerate(others, 2):
            for ours, theirs in zip(mean.parameters(), other.parameters(), strict=True):
                ours.lerp_(theirs, 1 / index)
    network.save(mean, options.out)


if __name__ == "__main__":
    main()
