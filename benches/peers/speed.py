"""Words a second on one core: spaCy and VADER beside Copydesk, over the same articles.

    python speed.py [--articles 150] [--rounds 5] [--profiles default accurate] [--binary FILE]

Every system is a process of its own, one after another in each round. Loading is not counted: the peers take their time
themselves, and of Copydesk's the time of a run over the first five articles is taken off.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import copydesk
import rounds
import tables
import texts
from copydesk import Copydesk, Taken
from peers import PEERS

FIRST = 5
"""Articles of the run that stands for start and loading."""


def peer(name: str, count: int) -> Taken:
    """Has a peer read so many articles."""
    program = Path(__file__).with_name("peers.py")
    run = subprocess.run([sys.executable, program, name, str(count)], capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr.strip().splitlines()[-1])
    taken = json.loads(run.stdout)
    return Taken(taken["processor"], taken["clock"], taken["peak"])


def ours(system: Copydesk, first: Path, rest: Path) -> Taken:
    """Has Copydesk read the first articles, then all."""
    start, whole = system.annotate(first), system.annotate(rest)
    return Taken(whole.processor - start.processor, whole.clock - start.clock, whole.peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--peers", nargs="*", default=list(PEERS), help=f"some of: {', '.join(PEERS)}")
    copydesk.arguments(parser)
    options = parser.parse_args()

    articles = texts.articles(options.articles)
    count = texts.words(articles)
    print(f"\n## Speed\n\n{tables.machine()}; {texts.source(articles)}; {options.rounds} rounds")
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        lines = [texts.native(number, texts.text(article)) + b"\n" for number, article in enumerate(articles)]
        first, rest = folder / "first.jsonl", folder / "all.jsonl"
        first.write_bytes(b"".join(lines[:FIRST]))
        # As for the peers, which warm up with them, the first articles come once more.
        rest.write_bytes(b"".join(lines[:FIRST] + lines))
        profiles = copydesk.usable(options.binary, options.profiles, folder)
        systems: dict[str, Callable[[], Taken]] = {}
        for system in profiles:
            systems[system.name] = partial(ours, system, first, rest)
        for name in options.peers:
            systems[name] = partial(peer, name, options.articles)
        runs = rounds.alternate(systems, options.rounds)

    rates = {name: [count / taken.processor for taken in found] for name, found in runs.items()}
    against = [system.name for system in profiles if system.name in rates]
    times = [f"{name} is so many times as fast" for name in against]
    tables.head("", "words/s of processor time", "words/s by the clock", "peak memory, MB", *times)
    for name, found in runs.items():
        clock = tables.spread([count / taken.clock for taken in found])
        peak = f"{max(taken.peak for taken in found) / 1e6:.0f}"
        ratios = ["" if name == our else tables.ratio(rates[our], rates[name]) for our in against]
        tables.row(name, tables.spread(rates[name]), clock, peak, *ratios)


if __name__ == "__main__":
    main()
