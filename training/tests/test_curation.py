"""One policy for what a name is."""

import pytest

from newsroom.curation import curate


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("President Ama Mensah", "PER", "Ama Mensah"),
        ("Secretary of State Ama Mensah", "PER", "Ama Mensah"),
        ("Prime Minister Ama Mensah", "PER", "Ama Mensah"),
        ("Ghanaian Foreign Minister Ama Mensah", "PER", "Ama Mensah"),
        ("Mr. Mensah 's", "PER", "Mensah"),
        ("King", "PER", "King"),
        ("President", "PER", None),
        ("Minister for the Interior", "PER", None),
        ("he", "PER", None),
        ("We", "ORG", None),
        ("us", "ORG", None),
        ("US", "LOC", "US"),
        ("Russian", "LOC", None),
        ("Europeans", "ORG", None),
        ("Prime Minister", "ORG", None),
        ("Office of the Prime Minister", "ORG", "Office of the Prime Minister"),
        ("the World Bank", "ORG", "World Bank"),
        ("The Hague", "LOC", "The Hague"),
        ("Indian Ocean", "LOC", "Indian Ocean"),
    ],
)
def test_names(text: str, kind: str, name: str | None) -> None:
    words = text.split()
    kept = curate(words, 0, len(words), kind)
    assert (" ".join(words[slice(*kept)]) if kept else None) == name
