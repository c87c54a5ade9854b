"""The corpora's forms, on made-up sentences."""

import json
from pathlib import Path

import pytest

from newsroom import corpora, silver
from newsroom.corpora import Sentence


def test_columns_of_two(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("President B-PER\r\nMensah I-PER\r\nleft O\r\nAccra-based B-MISC\r\nAcme I-ORG\r\n\r\nEnd O\r\n", newline="")
    document = corpora.plain(path, "made up")
    assert [sentence.words for sentence in document.sentences] == [
        ["President", "Mensah", "left", "Accra", "-", "based", "Acme"],
        ["End"],
    ]
    # "Accra" is open: the corpus does not take compounds apart.
    assert document.sentences[0].tags == ["O", "B-PER", "O", "?", "O", "O", "B-ORG"]


def test_descriptions_are_left_open(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("the B-Organisation\nAcme I-Organisation\nworkers I-Organisation\nmet O\nAma B-Person\nMensah I-Person\n")
    (sentence,) = corpora.plain(path, "made up", nominal=True).sentences
    assert sentence.tags == ["O", "?", "O", "O", "B-PER", "I-PER"]


def test_universal_ner(tmp_path: Path) -> None:
    path = tmp_path / "one.iob2"
    path.write_text(
        "# newdoc id = a\n# sent_id = a-1\n# text = Ama's in Accra.\n1\tAma\tB-PER\t-\tx\n2\t's\tO\t-\tx\n3\tin\tO\t-\tx\n"
        "4\tAccra\tB-LOC\t-\tx\n5\t.\tB-O\t-\tx\n\n"
    )
    (document,) = corpora.uner(path)
    (sentence,) = document.sentences
    assert (sentence.key, sentence.text) == ("a-1", "Ama's in Accra.")
    assert sentence.tags == ["B-PER", "O", "O", "B-LOC", "O"]


def test_gum_is_cut_to_proper_nouns(tmp_path: Path) -> None:
    rows = [("mayor", "NOUN", 3), ("of", "ADP", 3), ("Accra", "PROPN", 1), ("and", "CCONJ", 5), ("Acme", "PROPN", 1)]
    conllu = "".join(f"{i}\t{form}\t_\t{part}\t_\t_\t{head if head != i else 0}\t_\t_\t_\n" for i, (form, part, head) in enumerate(rows, 1))
    (tmp_path / "dep").mkdir()
    (tmp_path / "dep" / "a.conllu").write_text(conllu + "\n")
    text = " ".join(row[0] for row in rows)
    mention = {"start": text.index("Accra"), "end": text.index("Accra") + 5, "type": "place", "head_propn": True}
    for part in ("train", "dev", "test"):
        entry = {"doc": "a", "genre": "news" if part == "test" else "bio", "text": text, "mentions": [mention]}
        (tmp_path / f"gum_mentions.{part}.jsonl").write_text(json.dumps(entry) + "\n")
    others = corpora.gum(tmp_path, news=False)
    assert len(others) == 2 and len(corpora.gum(tmp_path, news=True)) == 1
    assert others[0].sentences[0].tags == ["O", "O", "B-LOC", "O", "O"]


def test_targets(tmp_path: Path) -> None:
    path = tmp_path / "targets.jsonl"
    text = "Critics call President Mensah's plan poor."
    target = {"from": text.index("President"), "to": text.index("'s"), "polarity": 2.0}
    path.write_text(json.dumps({"sentence_normalized": text, "targets": [target]}) + "\n")
    (sentence,) = corpora.newsmtsc(path)
    assert sentence.words[2:4] == ["President", "Mensah"] and sentence.targets == [(2, 4, 0)]


def test_headlines_are_split_by_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    titles = [f"Acme's unit {number} gains as Umbra falls" for number in range(200)]
    rows = [f"{number},{title},\"{{'Acme's unit': 'positive', 'Umbra': 'negative'}}\",7" for number, title in enumerate(titles)]
    path.write_text("S No.,Title,Decisions,Words\n" + "\n".join(rows) + "\n")
    train, test = corpora.sentfin(path)
    assert len(train) + len(test) == 200 and 5 < len(test) < 45
    assert train[0].targets == [(0, 3, 2), (6, 7, 0)]


def test_silver_labels_follow_the_policy() -> None:
    sentences = [Sentence("President Mensah left".split()), Sentence("Russian Acme".split())]
    silver.adopt(sentences, ["President\tPERSON", "Mensah\tPERSON", "left\tO", "", "Russian\tORGANIZATION", "Acme\tO", ""])
    assert [sentence.tags for sentence in sentences] == [["O", "B-PER", "O"], ["O", "O"]]
    with pytest.raises(ValueError, match="step"):
        silver.adopt(sentences, ["Other\tO"])
