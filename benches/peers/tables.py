"""What the tables are made of."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path


def row(*cells: str) -> None:
    """Prints a row of a Markdown table."""
    print("|", " | ".join(cells), "|", flush=True)


def head(*cells: str) -> None:
    """Prints the head of a Markdown table: a column of names, and columns of figures."""
    print()
    row(*cells)
    row("---", *["---:"] * (len(cells) - 1))


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median of the rounds, with the least and the most: far apart, they tell of a busy machine."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """How many times as fast as they we are, round by round, so that what slows both cancels out."""
    times = [our / their for our, their in zip(ours, theirs, strict=True)]
    return spread(times, 2 if min(times) >= 0.1 else 4)


def machine() -> str:
    """Says what all this runs on, and what else runs there."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    return f"{model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
