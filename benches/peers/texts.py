"""The articles that every part reads, and the files that they come from."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
NEWS = DATA / "gmb-text" / "gmb_sentences.txt"
FEED = ROOT / "demo" / "feed"
LENGTH = 20
"""Sentences in an article."""


def articles(count: int) -> list[list[str]]:
    """Returns articles as lists of sentences: of the Groningen Meaning Bank, or the paragraphs of the demo's feed."""
    if NEWS.exists():
        sentences = NEWS.read_text(encoding="utf-8").splitlines()
        found = [sentences[at : at + LENGTH] for at in range(0, len(sentences), LENGTH)]
    else:
        entries = [_entry(path) for path in sorted(FEED.glob("*.json"))]
        found = [[entry["title"], *entry["body"].split("\n\n")] for entry in entries if entry]
    # The feed is short: it is read again until there is enough.
    return (found * (count // len(found) + 1))[:count]


def _entry(path: Path) -> dict | None:
    """The article in a file of the feed, if it is whole and English."""
    try:
        entry = json.loads(path.read_bytes())
    except ValueError:
        return None
    whole = isinstance(entry.get("body"), str) and isinstance(entry.get("title"), str)
    return entry if whole and entry["body"].strip() and entry.get("language", "en") == "en" else None


def text(article: list[str]) -> str:
    """Returns the article as one paragraph."""
    return " ".join(article)


def words(articles: list[list[str]]) -> int:
    """Counts what white space separates: the same for every system, whatever it takes for a word."""
    return sum(len(text(article).split()) for article in articles)


def source(articles: list[list[str]]) -> str:
    """Says what is read."""
    name = "the Groningen Meaning Bank" if NEWS.exists() else "the demo's feed"
    return f"{len(articles)} articles of {name}, {words(articles):,} words"


def native(number: int, body: str) -> bytes:
    """Returns an article in the JSON that Copydesk reads."""
    return json.dumps({"id": f"a-{number}", "title": "", "body": body, "language": "en"}, ensure_ascii=False).encode()
