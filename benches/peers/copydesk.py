"""Copydesk as the other systems are run: from outside, with the configuration of a profile."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import texts


@dataclass(frozen=True)
class Taken:
    """What a run took, in seconds and bytes."""

    processor: float
    clock: float
    peak: int


class Copydesk:
    """The program with one profile of its model, or with none named, as versions without profiles want it."""

    def __init__(self, binary: Path, profile: str, folder: Path) -> None:
        self.binary = binary
        self.name = f"Copydesk {profile}".strip()
        self.options = f'[model]\nprofile = "{profile}"\n' if profile else ""
        self.config = folder / f"{profile or 'usual'}.toml"
        self.config.write_text(self.options)

    def annotate(self, articles: Path, records: Path = Path(os.devnull)) -> Taken:
        """Reads a file of articles, one at a time, and writes their records."""
        command = [self.binary, "annotate", "--config", self.config, "--from", "jsonl", "--jobs", "1", articles]
        with records.open("wb") as out, tempfile.TemporaryFile() as errors:
            began = time.perf_counter()
            process = subprocess.Popen(command, stdout=out, stderr=errors)
            _, status, used = os.wait4(process.pid, 0)
            clock = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                errors.seek(0)
                raise RuntimeError(" ".join(errors.read().decode(errors="replace").split())[:300])
        return Taken(used.ru_utime + used.ru_stime, clock, used.ru_maxrss * 1024)

    def refusal(self, folder: Path) -> str:
        """Why it cannot read, or nothing."""
        if not self.binary.is_file():
            return f"{self.binary.name} is not built: cargo build --release"
        article = folder / "first.jsonl"
        article.write_bytes(texts.native(0, "Anna Lind spoke in Geneva.") + b"\n")
        try:
            self.annotate(article)
        except RuntimeError as error:
            return str(error)
        return ""


def arguments(parser: ArgumentParser) -> None:
    """Adds what says which Copydesk is meant."""
    binary = texts.ROOT / "target" / "release" / "copydesk"
    parser.add_argument("--binary", type=Path, default=binary, help="the program, target/release/copydesk by default")
    parser.add_argument(
        "--profiles", nargs="*", default=["default", "accurate"], help='profiles of its model; "" for a version that has none'
    )


def usable(binary: Path, profiles: Iterable[str], folder: Path) -> list[Copydesk]:
    """The profiles that can be measured; says which cannot."""
    found = []
    for profile in profiles:
        system = Copydesk(binary, profile, folder)
        refusal = system.refusal(folder)
        if refusal:
            print(f"skipped: {system.name}: {refusal}", flush=True)
        else:
            found.append(system)
    return found
