"""The order in which systems are measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Taken = TypeVar("Taken")


def alternate(systems: dict[str, Callable[[], Taken]], rounds: int) -> dict[str, list[Taken]]:
    """Measures every system in each round, so that what slows the machine slows all; one that fails is named and left out."""
    found: dict[str, list[Taken]] = {name: [] for name in systems}
    for _ in range(rounds):
        for name in list(found):
            try:
                found[name].append(systems[name]())
            except RuntimeError as error:
                print(f"skipped: {name}: {error}", flush=True)
                del found[name]
    return found
