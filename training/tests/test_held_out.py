"""Training sees no text of a test."""

import pytest

from newsroom import held_out
from newsroom.corpora import Document, Sentence

RUN = [f"word{number}" for number in range(held_out.RUN)]
TESTS = {"made up": [["before", *RUN, "after"]]}


def test_a_run_of_a_test_is_named() -> None:
    held_out.check([["x", *RUN[:-1], "x"], RUN[1:] + RUN[:1]], TESTS)
    with pytest.raises(ValueError, match="made up: 'word0 word1 .* word9'"):
        held_out.check([["x"], ["x", *(word.upper() for word in RUN), "x"]], TESTS)


def test_sentences_that_hold_one_are_left_out_of_training() -> None:
    sentences = [Sentence(["first"]), Sentence(["x", *RUN[:4]]), Sentence(RUN[4:]), Sentence(["last"])]
    document = Document("x", sentences)
    assert held_out.drop([document], TESTS) == 2
    assert [sentence.words for sentence in document.sentences] == [["first"], ["last"]]
    assert held_out.drop([document], TESTS) == 0
