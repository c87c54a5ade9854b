"""The measures, on answers that are made up, and through a program that is."""

import json
import stat
from pathlib import Path

import evaluate
from evaluate import Answer
from newsroom.corpora import Document, Sentence

DOCUMENT = Document(
    "x",
    [
        Sentence(["Ama", "left", "Accra", "."], ["B-PER", "O", "B-LOC", "O"]),
        Sentence(["Acme", "won", "gold"], ["B-ORG", "O", "?"]),
    ],
)


def test_names_are_counted_through_a_document() -> None:
    wanted = evaluate.gold(DOCUMENT.sentences)
    assert wanted == [(0, 1, "PER"), (2, 3, "LOC"), (4, 5, "ORG")]
    asked = [(Answer([(0, 1, "PER", 0.95), (2, 3, "ORG", 0.55)], []), wanted)]
    assert evaluate.cells(evaluate.pairs(asked)) == ["50.0", "33.3", "40.0", "100.0 / 0.0 / 0.0"]
    rows = evaluate.right_by_confidence(asked)
    assert rows["0.50 to 0.70"] == ["1", "0.0 %"] and rows["0.95 to 0.99"] == ["1", "100.0 %"]
    assert evaluate.calibration(asked) == ["2", "75.0 %", "50.0 %", "0.300"]


def test_headlines_end_without_a_mark() -> None:
    (title,) = evaluate.headlines([DOCUMENT])
    assert title.sentences == [DOCUMENT.sentences[1]]
    assert evaluate.titled(["he", "left", "for", "Accra"]) == ["He", "Left", "for", "Accra"]


def test_the_program_is_asked(tmp_path: Path) -> None:
    answer = {"names": [{"start": 0, "end": 1, "kind": "person", "confidence": 0.9}], "tags": [], "polarities": [[0.1, 0.2, 0.7]]}
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\nwhile read -r line; do echo '{json.dumps(answer)}'; done\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    model = evaluate.by_program(program, tmp_path, "default")
    assert model([{"sentences": [["Ama"]], "targets": [[0, 1]]}] * 2) == [Answer([(0, 1, "PER", 0.9)], [2])] * 2


TITLE = "confidence, UNER-EWT test"


def test_tables_stand_side_by_side(capsys) -> None:
    evaluate.show({"a": {TITLE: {"x": ["1", "2"]}}, "b": {TITLE: {"y": ["3", "4"]}}})
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"| {TITLE} | a: names | right | b: names | right |",
        "| --- | --- | --- | --- | --- |",
        "| x | 1 | 2 |  |  |",
        "| y |  |  | 3 | 4 |",
    ]
