"""The words of training are those of serving, and lose nothing."""

import json
import random
from pathlib import Path

from newsroom import words

VECTORS = Path(__file__).parents[2] / "tests" / "data" / "words.json"


def test_agrees_with_the_shared_vectors() -> None:
    cases = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert len(cases) > 40
    for text, expected in cases:
        assert words.split_words(text) == expected, text


def test_loses_nothing_but_white_space() -> None:
    chance = random.Random(3)
    for _ in range(300):
        text = "".join(chr(chance.choice((32, 39, 46, 0x2019, 0x200B, chance.randrange(0xD800)))) for _ in range(50))
        at = 0
        for start, end in words.split(text):
            assert start < end <= start + words.LONGEST_WORD
            assert all(map(words.is_space, text[at:start])) and not any(map(words.is_space, text[start:end]))
            at = end
        assert all(map(words.is_space, text[at:]))


def test_words_of_a_corpus_stay_whole() -> None:
    for word in ("'s", "n't", "’re", "U.S.", "Inc.", "...", "1,000"):
        assert words.split_words(word) == [word]
