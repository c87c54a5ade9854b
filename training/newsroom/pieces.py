"""The tokeniser: words to pieces, by the file that the running service reads too."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer

BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
LONGEST = 12
"""Pieces of a word that the encoder sees; what a longer word has beyond them is not needed to tell what it is."""


def write_tokenizer(pieces: list[tuple[str, float]], path: Path) -> None:
    """Writes the tokeniser over ``pieces`` in the format of the ``tokenizers`` libraries.

    A word is normalised by NFKC, gets a space in front (written as U+2581) and is cut into the most probable pieces.
    """
    space = {"replacement": "▁", "prepend_scheme": "always"}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "Metaspace", **space, "split": True},
        "post_processor": None,
        "decoder": {"type": "Metaspace", **space, "split": True},
        "model": {
            "type": "Unigram",
            "unk_id": UNKNOWN,
            "vocab": [[piece, round(score, 4)] for piece, score in pieces],
            "byte_fallback": False,
        },
    }
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


class Pieces:
    """Cuts words into piece ids, each word by itself, and remembers them."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(path))
        self._known: dict[str, list[int]] = {}

    def of(self, word: str) -> list[int]:
        """Returns the first pieces of ``word``, at least one."""
        ids = self._known.get(word)
        if ids is None:
            ids = self._tokenizer.encode(word, add_special_tokens=False).ids[:LONGEST] or [UNKNOWN]
            self._known[word] = ids
        return ids
