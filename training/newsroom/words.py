"""Cuts text into words, the unit that the model labels.

The rules are those of newswire treebanks, with one departure: a hyphen between letters stands apart, so that
"US" in "US-led" can be labelled.  ``src/model/words.rs`` holds the same rules for the running service; both are
checked against ``tests/data/words.json``.

Character classes are spelled out here instead of being taken from a Unicode table, because two languages rarely
ship the same version of that table and training must see the words that serving sees.
"""

from __future__ import annotations

from functools import cache

LONGEST_WORD = 48
"""Code points after which a word is cut, so that a line without spaces costs no more than other text."""

# Abbreviations whose period belongs to the word, beside single capitals ("J.") and letters in a row ("U.S.").
ABBREVIATIONS = frozenset(
    "Mr Mrs Ms Dr Prof Gen Sen Rep Gov Lt Col Maj Capt Sgt Cpl Cmdr Adm Rev Hon Pres St Jr Sr Messrs "
    "Inc Corp Co Ltd Bros Jan Feb Apr Aug Sept Sep Oct Nov Dec vs Ph.D Mt Ft Brig Supt Insp".split()
)

_CLITICS = ("s", "m", "d", "re", "ve", "ll")
_LINKS = ("http://", "https://", "www.")
_AFTER_LINK = frozenset(".,;:!?)]}>'\"»”’")

_SPACES = frozenset("\t\n\x0b\x0c\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {
    chr(code) for code in range(0x2000, 0x200B)
}
_APOSTROPHES = ("'", "’")
_HYPHENS = frozenset("-‐‑")

_SYMBOL_RANGES = (
    (0x00, 0x2F),
    (0x3A, 0x40),
    (0x5B, 0x5E),
    (0x60, 0x60),
    (0x7B, 0xA9),
    (0xAB, 0xAC),
    (0xAE, 0xB4),
    (0xB6, 0xB9),
    (0xBB, 0xBF),
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    (0x200B, 0x200B),
    (0x200E, 0x206F),
    (0x20A0, 0x20CF),
    (0x2190, 0x2BFF),
    (0x3001, 0x3004),
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0xFE30, 0xFE6F),
    (0xFEFF, 0xFEFF),
    (0xFF01, 0xFF0F),
    (0xFF1A, 0xFF20),
    (0xFF3B, 0xFF40),
    (0xFF5B, 0xFF65),
    (0xFFF9, 0xFFFD),
    (0x1F000, 0x1FAFF),
)


def is_space(char: str) -> bool:
    """Whether ``char`` separates words and belongs to none."""
    return char in _SPACES


def _is_symbol(char: str) -> bool:
    code = ord(char)
    return any(first <= code <= last for first, last in _SYMBOL_RANGES)


@cache
def _is_letter(char: str) -> bool:
    """Letters, digits, marks and whatever else is neither white space nor a symbol."""
    return not is_space(char) and not _is_symbol(char)


def _is_digit(char: str) -> bool:
    return "0" <= char <= "9"


def _is_upper(char: str) -> bool:
    return "A" <= char <= "Z"


def _is_lower(char: str) -> bool:
    return "a" <= char <= "z"


def split(text: str) -> list[tuple[int, int]]:
    """Returns the half-open code-point ranges of the words of ``text``, in order.

    Every character that is not white space lies in exactly one word.
    """
    words: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        if is_space(text[at]):
            at += 1
            continue
        end = at + 1
        while end < len(text) and not is_space(text[end]):
            end += 1
        _split_chunk(text[at:end], at, words)
        at = end
    return words


def split_words(text: str) -> list[str]:
    """Returns the words of ``text`` themselves."""
    return [text[start:end] for start, end in split(text)]


def _split_chunk(chunk: str, offset: int, words: list[tuple[int, int]]) -> None:
    """Appends the words of ``chunk``, which has no white space and begins at ``offset`` of the text."""
    at = 0
    while at < len(chunk):
        if chunk.startswith(_LINKS, at):
            end = _link_end(chunk, at)
        elif _is_letter(chunk[at]):
            end = _word_end(chunk, at)
        else:
            end = _symbol_end(chunk, at)
        cut = _clitic_start(chunk[at:end])
        if 0 < cut < end - at:
            _append(words, offset + at, offset + at + cut)
            _append(words, offset + at + cut, offset + end)
        else:
            _append(words, offset + at, offset + end)
        at = end


def _append(words: list[tuple[int, int]], start: int, end: int) -> None:
    while end - start > LONGEST_WORD:
        words.append((start, start + LONGEST_WORD))
        start += LONGEST_WORD
    words.append((start, end))


def _link_end(chunk: str, start: int) -> int:
    """The end of the address that begins at ``start``: it takes the chunk but for the punctuation that closes it."""
    end = len(chunk)
    while end > start + 1 and chunk[end - 1] in _AFTER_LINK:
        end -= 1
    return end


def _word_end(chunk: str, start: int) -> int:
    """The end of the word that begins with the letter at ``start``, clitics included."""
    end = start + 1
    while end < len(chunk):
        if _is_letter(chunk[end]):
            end += 1
        elif end + 1 < len(chunk) and _is_letter(chunk[end + 1]) and _joins(chunk, start, end):
            end += 2
        else:
            break
    ends_in_period = end < len(chunk) and chunk[end] == "." and chunk[end + 1 : end + 2] != "."
    if ends_in_period and _is_abbreviation(chunk[start:end]):
        end += 1
    return end


def _joins(chunk: str, start: int, at: int) -> bool:
    """Whether the symbol at ``at``, a letter on either side, stands inside the word that begins at ``start``."""
    symbol, before, after = chunk[at], chunk[at - 1], chunk[at + 1]
    if symbol in _APOSTROPHES:
        return True
    if symbol == ".":
        # A missing space after a full stop ("ended.The") is commoner than a name of that shape.
        missing_space = at - start >= 2 and _is_lower(chunk[at - 2]) and _is_lower(before) and _is_upper(after)
        return not missing_space
    if symbol in ",:" or symbol in _HYPHENS:
        return _is_digit(before) and _is_digit(after)
    if symbol == "&":
        return _is_upper(before) and _is_upper(after)
    return False


def _is_abbreviation(word: str) -> bool:
    if word in ABBREVIATIONS:
        return True
    if len(word) == 1:
        return _is_upper(word)
    # Letters and periods in turn: "U.S", "a.m".
    return len(word) % 2 == 1 and all(
        char == "." if index % 2 else _is_upper(char) or _is_lower(char) for index, char in enumerate(word)
    )


def _symbol_end(chunk: str, start: int) -> int:
    """The end of the symbol at ``start``: one character, a run of the same one, or a clitic ("'s") by itself."""
    first = chunk[start]
    if first in _APOSTROPHES:
        end = start + 1
        while end < len(chunk) and _is_letter(chunk[end]):
            end += 1
        if _ascii_lower(chunk[start + 1 : end]) in _CLITICS:
            return end
    end = start + 1
    while end < len(chunk) and chunk[end] == first:
        end += 1
    return end


def _clitic_start(word: str) -> int:
    """Where the clitic at the end of ``word`` begins; 0 if there is none."""
    for apostrophe in _APOSTROPHES:
        base, found, clitic = word.rpartition(apostrophe)
        if not found:
            continue
        if clitic in ("t", "T") and base[-1:] in ("n", "N"):
            return len(base) - 1
        if _ascii_lower(clitic) in _CLITICS:
            return len(base)
    return 0


def _ascii_lower(text: str) -> str:
    """Lower-cases ASCII letters alone: other scripts' rules differ from one Unicode version to the next."""
    return "".join(chr(ord(char) + 32) if _is_upper(char) else char for char in text)
