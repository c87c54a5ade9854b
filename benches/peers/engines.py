"""Pieces a second of an exported encoder in onnxruntime, on one thread.

    python engines.py FILE.onnx … [--windows 50] [--rounds 5]

Copydesk's own engine and rten are measured by ``cargo bench --bench engine``; both read windows of as many pieces.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from pathlib import Path

import rounds
import tables

LENGTH = 200
"""Pieces in a window: about that many stand in the 160 words that Copydesk reads at a time."""
KNOWN = 8_000
"""Pieces that every vocabulary has."""


class Engine:
    """A file in onnxruntime, with one thread and every optimisation that it offers."""

    def __init__(self, path: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.name = f"onnxruntime {onnxruntime.__version__}: {path.parent.name}/{path.name}"
        self._session = onnxruntime.InferenceSession(str(path), options, ["CPUExecutionProvider"])

    def windows(self, count: int) -> list[dict]:
        """Makes windows: pieces at random, which take as long as others; of an encoder that pools, three of four rows go on."""
        import numpy

        chance = numpy.random.default_rng(7)
        types = {"tensor(int32)": numpy.int32, "tensor(int64)": numpy.int64}
        inputs = {entry.name: types[entry.type] for entry in self._session.get_inputs()}
        windows = []
        for _ in range(count):
            window = {"pieces": chance.integers(4, KNOWN, (1, LENGTH)).astype(inputs["pieces"])}
            if "rows" in inputs:
                places = numpy.arange(LENGTH, dtype=inputs["rows"])
                window["rows"] = places[places % 4 != 3]
            windows.append(window)
        return windows

    def rates(self, windows: list[dict]) -> tuple[float, float]:
        """Reads windows, and returns pieces a second of processor time and by the clock."""
        processor, clock = time.process_time(), time.perf_counter()
        for window in windows:
            self._session.run(None, window)
        pieces = LENGTH * len(windows)
        return pieces / (time.process_time() - processor), pieces / (time.perf_counter() - clock)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", help="what training/to_onnx.py writes")
    parser.add_argument("--windows", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    print(f"\n## Engines\n\n{tables.machine()}; {options.windows} windows of {LENGTH} pieces; {options.rounds} rounds")
    systems = {}
    if not options.files:
        print("skipped: no files are named; training/to_onnx.py writes them")
        return
    for path in options.files:
        try:
            engine = Engine(path)
        except Exception as error:  # noqa: BLE001 - onnxruntime has a class of its own for each thing that is wrong
            print(f"skipped: {path}: {error}")
            continue
        windows = engine.windows(options.windows)
        engine.rates(windows[:5])
        systems[engine.name] = partial(engine.rates, windows)
    tables.head("", "pieces/s of processor time", "pieces/s by the clock")
    for name, found in rounds.alternate(systems, options.rounds).items():
        tables.row(name, *(tables.spread(rates) for rates in zip(*found)))
    tables.row("Copydesk's own, rten", "see `cargo bench --bench engine`", "")


if __name__ == "__main__":
    main()
