#!/usr/bin/env python3
"""How well dates are found and placed.

    evaluation/dates.py --data DIR --binary target/release/copydesk

The dates of GUM news, and of its other genres, by which the rules were tuned; the specifications of Recognizers-Text that
fit news, and why the others do not; articles of our own.

GUM. The day of the document is given as the day of publication. Lengths of time and what returns are left out, GUM does
not mark them. A value is right where it is the same stretch of days as in GUM (or, of a time, the same time). GUM cuts
some expressions otherwise than the record does: it mostly leaves out "since", "later" and "the end of" before a date and
"night" after it, "early" and "the" before a period at times, and marks both ends of "2010 to 2014" by themselves. The
second row of figures cuts ours in the same way where GUM did, the first takes them as they are. A table of its own says how
much each of these cuts is worth alone, in the genres other than news.

Recognizers-Text. An input is right where each expected expression is there with one of its values, and nothing else. The
library ends "2014 to 2018" where 2018 begins; the same days are taken for the same. Rules were mended by these inputs too.

Our own articles are a test: no rule is mended by them.
"""

from __future__ import annotations

import calendar
import json
import re
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from common import arguments, f1, gum, table

NEEDED = ("segments", "language", "sentences", "dates")
"""The stages that dates rest on; the others are off, so that no model is read."""


def annotate(binary: Path, articles: list[dict]) -> list[dict]:
    """Returns the record of each article, with the stages that dates need."""
    known = subprocess.run([binary, "config"], stdout=subprocess.PIPE, text=True, check=True).stdout
    stages = dict.fromkeys(re.findall(r"^\[stages\.(\w+)", known, re.MULTILINE))
    off = "".join(f"[stages.{stage}]\nenabled = false\n" for stage in stages if stage not in NEEDED)
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
        config.write(off)
        config.flush()
        lines = (json.dumps({"id": str(place)} | article) + "\n" for place, article in enumerate(articles))
        command = [binary, "annotate", "--config", config.name, "--from", "jsonl", "-"]
        run = subprocess.run(command, input="".join(lines), stdout=subprocess.PIPE, text=True, check=True)
    records = {record["id"]: record for record in map(json.loads, run.stdout.splitlines())}
    return [records[str(place)] for place in range(len(articles))]


# --- Stretches of days ---------------------------------------------------------------------------------------------

Day = tuple[int, int, int]
"""Year, month, day; any year, so that 508 BC has its days too."""
Stretch = tuple[Day | None, Day | None]
"""First and last day; none where it is open."""

SEASONS = {21: (3, 6), 22: (6, 9), 23: (9, 12), 24: (12, 3)}
"""The months of a season as GUM writes them."""


def month(year: int, number: int) -> tuple[Day, Day]:
    """Returns the first and the last day of a month."""
    return (year, number, 1), (year, number, calendar.monthrange(year if year > 0 else 2000, number)[1])


def months(year: int, first: int, last: int) -> tuple[Day, Day]:
    """Returns the first and the last day of some months."""
    return month(year, first)[0], month(year, last)[1]


def stretch(value: str) -> Stretch | None:
    """Returns the days of a value of the record."""
    if "/" in value:
        first, last = value.split("/")
        ends = [None if end == ".." else stretch(end) for end in (first, last)]
        if any(end is None and text != ".." for end, text in zip(ends, (first, last), strict=True)):
            return None
        return (ends[0] and ends[0][0], ends[1] and ends[1][1])
    sign, value = (-1, value[1:]) if value.startswith("-") else (1, value)
    if part := re.fullmatch(r"(\d\d)XX", value):
        return months(int(part[1]) * 100, 1, 1)[0], months(int(part[1]) * 100 + 99, 12, 12)[1]
    if part := re.fullmatch(r"(\d{3})X", value):
        return months(int(part[1]) * 10, 1, 1)[0], months(int(part[1]) * 10 + 9, 12, 12)[1]
    if part := re.fullmatch(r"(\d{4})", value):
        return months(sign * int(part[1]), 1, 12)
    if part := re.fullmatch(r"(\d{4})-W(\d\d)(-WE)?", value):
        first = date.fromisocalendar(int(part[1]), int(part[2]), 6 if part[3] else 1)
        last = date.fromisocalendar(int(part[1]), int(part[2]), 7)
        return (first.year, first.month, first.day), (last.year, last.month, last.day)
    if part := re.fullmatch(r"(\d{4})-(\d\d)", value):
        year, number = sign * int(part[1]), int(part[2])
        if number <= 12:
            return month(year, number)
        if number in SEASONS:
            first, last = SEASONS[number]
            return month(year, first)[0], month(year + (last < first), last)[1]
        if number in range(33, 37):
            return months(year, 3 * (number - 32) - 2, 3 * (number - 32))
        return months(year, 6 * (number - 39) - 5, 6 * (number - 39))
    if part := re.match(r"(\d{4})-(\d\d)-(\d\d)", value):
        day = (sign * int(part[1]), int(part[2]), int(part[3]))
        return day, day
    return None


def clock(value: str) -> str | None:
    """Returns the time of day in a value."""
    part = re.search(r"T(\d\d:\d\d)", value)
    return part and part[1]


def parts(value: str, modifier: str | None) -> list[Stretch]:
    """Returns what a value may stand for, with its modifier: GUM halves a month or a decade for "early" and "late"."""
    whole = stretch(value)
    if whole is None:
        return []
    found: list[Stretch] = [whole]
    first, last = whole
    if modifier in ("start", "end") and first and last and "/" not in value:
        year = first[0]
        if re.fullmatch(r"\d{3}X", value):
            halves = [((year, 1, 1), (year + 4, 12, 31)), ((year, 1, 1), (year + 5, 12, 31))]
            late = [((year + 5, 1, 1), (year + 9, 12, 31))]
            found = halves if modifier == "start" else late
        elif re.fullmatch(r"\d{4}-\d\d", value):
            found = [(first, (*first[:2], 15)) if modifier == "start" else ((*first[:2], 15), last)]
    return found


def gold(entry: dict) -> Stretch | str | None:
    """Returns the days, or the time of day, of an expression of GUM."""

    def day(text: str, end: int) -> Day | None:
        sign, digits = (-1, text[1:]) if text.startswith("-") and not text.startswith("--") else (1, text)
        part = re.fullmatch(r"(\d{4,6})(?:-(\d\d))?(?:-(\d\d))?(?:T.*)?", digits)
        if not part:
            return None
        # A year before Christ has its own number there, ours counts a year 0.
        year = int(part[1]) if sign > 0 else 1 - int(part[1])
        if not part[2]:
            return months(year, 1, 12)[end]
        return month(year, int(part[2]))[end] if not part[3] else (year, int(part[2]), int(part[3]))

    if "when" in entry:
        if re.match(r"\d\d:\d\d", entry["when"]):
            return entry["when"][:5]
        return day(entry["when"], 0), day(entry["when"], 1)
    first = entry.get("from", entry.get("notBefore"))
    last = entry.get("to", entry.get("notAfter"))
    return (first and day(first, 0)), (last and day(last, 1))


# --- GUM ------------------------------------------------------------------------------------------------------------


@dataclass
class Found:
    """An expression as the program found it."""

    start: int
    end: int
    text: str
    value: str
    modifier: str | None

    def fits(self, entry: dict) -> bool:
        """Whether its value is that of an expression of GUM."""
        wanted = gold(entry)
        if isinstance(wanted, str):
            return clock(self.value) == wanted
        return wanted != (None, None) and wanted in parts(self.value, self.modifier)


LEADING = re.compile(
    r"(?:(?:since|until|till|from|between|by|the|early|earlier|late|later|mid|on|in|at|of|end|beginning|start|middle|night|morning)"
    r"[\s-]+)+",
    re.IGNORECASE,
)
"""Words that GUM mostly leaves out before a date."""


PART = re.compile(r"\s+(?:in the\s+)?(?:morning|afternoon|evening|night)$", re.IGNORECASE)
"""Parts of the day, which GUM mostly leaves out after one."""


def as_gum_cuts(found: Found, entries: list[dict]) -> list[Found]:
    """Returns an expression cut as GUM cut it there: without words such as "since" and "early", a range as two dates."""
    inside = [entry for entry in entries if found.start <= entry["start"] and entry["end"] <= found.end]
    around = [entry for entry in entries if entry["end"] == found.end and entry["text"].lower() == f"the {found.text}".lower()]
    if around:
        return [replace(found, start=found.start - 4, text=around[0]["text"])]
    if not inside or any((entry["start"], entry["end"]) == (found.start, found.end) for entry in inside):
        return [found]
    first, slash, last = found.value.partition("/")
    trailing = PART.search(found.text)
    if trailing and not slash and len(inside) == 1 and inside[0]["end"] == found.start + trailing.start():
        whole = replace(found, end=inside[0]["end"], text=found.text[: trailing.start()], value=found.value[:10])
        return as_gum_cuts(whole, entries)
    leading = LEADING.match(found.text)
    if len(inside) == 1 and inside[0]["end"] == found.end and leading:
        at = inside[0]["start"] - found.start
        if at > leading.end():
            return [found]
        value = found.value if ".." not in (first, last) else last if first == ".." else first
        return [Found(found.start + at, found.end, found.text[at:], value, None)]
    at = leading.end() if leading else 0
    joint = re.search(r"\s+(?:to|and|until|till|through)\s+|\s*[-–—/]\s*", found.text[at:])
    if not slash or not joint or len(inside) < 2:
        return [found]
    end, start = at + joint.start(), at + joint.end()
    if found.text[start:].startswith("the ") and not inside[1]["text"].startswith("the "):
        start += 4
    if inside[0]["text"].startswith("the ") and found.text[:at].endswith("the "):
        at -= 4
    return [
        Found(found.start + at, found.start + end, found.text[at:end], first, None),
        Found(found.start + start, found.end, found.text[start:], last, None),
    ]


CUTS = {
    "both ends of a range by themselves": lambda found, cut: len(cut) > 1,
    '"the" before a period': lambda found, cut: cut[0].start < found.start,
    "no part of the day after it": lambda found, cut: cut[0].end < found.end,
    'no "since" and "until"': lambda found, cut: re.search("since|until|till", found.text, re.IGNORECASE),
    'no "earlier" and "later"': lambda found, cut: re.match("(the )?(earlier|later)", found.text, re.IGNORECASE),
    'no "early", "late", "mid"': lambda found, cut: re.match("(the )?(early|late|mid)", found.text, re.IGNORECASE),
    'no "the end of"': lambda found, cut: re.match("(the )?(end|beginning|start|middle)", found.text, re.IGNORECASE),
    "others": lambda found, cut: True,
}
"""How GUM cuts an expression that the record cuts otherwise; the first that holds."""


def cut_by(found: Found, entries: list[dict], convention: str) -> list[Found]:
    """Returns an expression cut as GUM cut it there, where that is by this convention alone."""
    cut = as_gum_cuts(found, entries)
    same = len(cut) == 1 and (cut[0].start, cut[0].end) == (found.start, found.end)
    return cut if not same and next(name for name, holds in CUTS.items() if holds(found, cut)) == convention else [found]


def scores(pairs: list[tuple[list[Found], list[dict]]]) -> list[float | int]:
    """Returns figures over documents: counts, F1 of spans, values where spans overlap, F1 of both."""
    ours = wanted = strict = overlap = both = both_overlap = right = 0
    for found, entries in pairs:
        ours, wanted = ours + len(found), wanted + len(entries)
        left = list(entries)
        for one in found:
            same = next((e for e in left if (e["start"], e["end"]) == (one.start, one.end)), None)
            near = same or next((e for e in left if e["start"] < one.end and one.start < e["end"]), None)
            if near is None:
                continue
            left.remove(near)
            fits = one.fits(near)
            overlap += 1
            strict += same is not None
            right += fits
            both += fits and same is not None
            both_overlap += fits
    share = [100 * f1(hits / ours, hits / wanted) if hits else 0.0 for hits in (strict, overlap, both, both_overlap)]
    return [wanted, ours, share[0], share[1], 100 * right / overlap if overlap else 0.0, share[2], share[3]]


def measure_gum(data: Path, binary: Path, show: bool) -> None:
    """Prints the figures on GUM."""
    documents = gum(data)
    records = annotate(binary, [document.article() for document in documents])
    marked: dict[str, list[dict]] = {}
    for line in (data / "gum-open" / "gum_dates.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        marked.setdefault(entry["doc"], []).append(entry)
    found: dict[str, list[Found]] = {}
    for document, record in zip(documents, records, strict=True):
        for one in record["dates"]:
            start = document.offset(record, one["start"])
            if one["kind"] in ("date", "time") and start is not None:
                end = start + one["end"] - one["start"]
                value = one.get("value", "")
                found.setdefault(document.name, []).append(Found(start, end, one["text"], value, one.get("modifier")))
    cuts: list[list[object]] = []
    head = ["genre", "cut as in GUM", "marked", "found", "span", "overlap", "value", "span and value", "overlap and value"]
    genres = sorted({document.genre for document in documents} - {"news"})
    rows = []
    for name, members in [("news", {"news"}), ("all others", set(genres)), *((genre, {genre}) for genre in genres)]:
        chosen = [document.name for document in documents if document.genre in members]
        plain = [(found.get(doc, []), marked.get(doc, [])) for doc in chosen]
        cut = [([part for one in ours for part in as_gum_cuts(one, entries)], entries) for ours, entries in plain]
        rows.append([name, "no", *scores(plain)])
        rows.append([name, "yes", *scores(cut)])
        if name == "all others":
            for convention in CUTS:
                alone = [([part for one in ours for part in cut_by(one, all_of, convention)], all_of) for ours, all_of in plain]
                number = sum(cut_by(one, all_of, convention) != [one] for ours, all_of in plain for one in ours)
                cuts.append([convention, number, scores(alone)[2], scores(alone)[5]])
        if show and name == "all others":
            texts = {document.name: document.text for document in documents}
            for doc, (ours, entries) in zip(chosen, cut, strict=True):
                differences(doc, texts[doc], ours, entries)
    table(head, rows)
    print()
    table(["what GUM cuts otherwise, genres other than news", "number", "span", "span and value"], cuts)


def differences(name: str, text: str, ours: list[Found], entries: list[dict]) -> None:
    """Prints what differs in a document; only of genres that the rules are tuned by."""
    for entry in entries:
        near = [one for one in ours if entry["start"] < one.end and one.start < entry["end"]]
        context = text[max(0, entry["start"] - 40) : entry["end"] + 25].replace("\n", "/")
        if not near:
            print("MISSED", name, repr(entry["text"]), gold(entry), "|", context)
        elif not any((one.start, one.end) == (entry["start"], entry["end"]) for one in near):
            print("SPAN", name, repr(entry["text"]), [one.text for one in near], "|", context)
        if near and not any(one.fits(entry) for one in near):
            print("VALUE", name, entry["document_date"], repr(entry["text"]), gold(entry), near[0].value, "|", context)
    for one in ours:
        if not any(entry["start"] < one.end and one.start < entry["end"] for entry in entries):
            context = text[max(0, one.start - 40) : one.end + 25].replace("\n", "/")
            print("EXTRA", name, repr(one.text), one.value, "|", context)


# --- Recognizers-Text -----------------------------------------------------------------------------------------------

REASONS = {
    "now": "\"now\", \"as soon as possible\": the record does not mark them",
    "small": "days, months and holidays without a capital, as in chat",
    "numbers": "days by numbers alone (4-23, 22/04, the 5th, 20170302): in news these are scores and sections",
    "hours": "hours by numbers alone or parts of a day without a day (at 7, in the morning)",
    "signals": "before and after as part of the date: the record gives the date itself",
    "vague": "\"few\" and \"several\" taken for three",
    "past": "past days, weeks, months and years that end the day before: the record's end on the day of publication",
    "other calendars": "business days, school years, fiscal years, holidays of other calendars",
    "to the day": "so many weeks, months or years ago or ahead, placed to the day: the record keeps to week, month or year",
    "borders": "\"early\", \"later this week\": the library has borders for them, the record a modifier",
    "the hour": "minutes and hours from now: the day of publication has no hour",
    "assistant": "commands and questions to an assistant, and its words: \"for the day\", \"starting\", \"within\", \"or later\"",
    "signs": "signs and spellings that newswires do not use (2014~2018, Dec31, 7p, years and days in words)",
    "week numbers": "weeks of a month or a year by number",
    "no prose": "addresses, fields of forms, commands to a calendar",
}
"""Why an input of the specifications does not fit news."""

MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"


def kind(result: dict) -> str:
    """Returns the type of a result, which some files spell otherwise."""
    return result.get("TypeName", result.get("Typename", "")).rpartition(".")[2]


def values(result: dict) -> list[dict]:
    """Returns the candidates of a result."""
    return (result.get("Resolution") or {}).get("values", [])


PROSE = re.compile(r"www\.|https?:|@|\n|[{}|_]|\b(schedule|remind|cortana|search phrase)\b", re.IGNORECASE)
SMALL = re.compile(
    rf"\b({MONTHS}|{DAYS}|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|mon|tues?|wed|thurs?|thu|fri|sat|easter|christmas|"
    r"thanksgiving|halloween)\b|\b(new year|earth day|saint patrick|independence day|mother|father)"
)
COMMANDS = re.compile(
    r"(book|set|show|schedule|let'?s|please|can|could|are you|what'?s|do you|is this|remind|help me|how about|how many|meet|"
    r"where were you|find|cancel|add|create|why don't)\b",
    re.IGNORECASE,
)
SPOKEN = re.compile(
    r"^(for the|the) (day|week|month|year)$|^within|^starting|^beginning|or later|or earlier|as (early|late) as|^another|"
    r"^all (day|month|week|year)|calendar|everyday"
)
COUNTED = re.compile(
    r"\b(weeks?|months?|years?|fortnight)\b.*\b(ago|later|from now|from today|hence|back)\b|"
    r"^in (a|an|one|two|three|\d+) (more )?(weeks?|months?|years?|fortnight)"
)
SIGNS = re.compile(
    r"[~=<>]|\b[a-z]{3}\d|\d[ap]\b|\bampm|noonish|\d+ish|[a-z]{3}/\d|\d/\d+-\d|tmrw|\d(h|hrs|mins?|y|w|years)\b|"
    r"\b(nineteen|eighteen|seventeen|two thousand)\b|\b(twenty|thirty) (one|two|three|five|nine)\b"
)
PAST = re.compile(r"(past|last|previous)\s+(\w+\s+)?(\d+|two|three|four|five|six|seven|eight|nine|ten|eleven)")
WEEKS = re.compile(r"week \d|\d+(st|nd|rd|th) week|(first|second|third|fourth|last) week")
HOURS = re.compile(r"\b(minutes?|hours?|mins?|hrs?|seconds?)\b")
CLOCKS = re.compile(r"\d\s*([ap]\.?m|:\d\d)")
PARTS = re.compile(r"noon|midnight|night|morning|afternoon|evening|hour|minute")
LETTERS = re.compile(
    rf"{MONTHS}|{DAYS}|jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec|day|week|month|year|quarter|tomorrow|yesterday|tonight|"
    r"today|night|[a-z]+ing|noon|century|decade"
)


def unfit(case: dict) -> str | None:
    """Returns why an input does not fit news, if it does not."""
    text, results = case["Input"], case["Results"]
    every = [value for result in results for value in values(result)]
    timexes = [value.get("timex", "") for value in every]
    kinds = [kind(result) for result in results]
    said = [result["Text"].lower() for result in results]
    found = [text[result["Start"] : result["End"] + 1] for result in results]
    pairs = list(zip(kinds, said, strict=True))
    mods = [value["Mod"] for value in every if value.get("Mod")]
    lengths = ("duration", "daterange", "datetimerange", "timerange")

    def bare_day(name: str, words: str) -> bool:
        number = re.fullmatch(r"(.*[^\d])?(\d{4}(-\d\d-\d\d)?)s?", words) or re.search(r"\d+[/.]\d+[/.]\d{4}|[a-z]{4,}", words)
        return name in ("date", "daterange") and not LETTERS.search(words) and not number

    def bare_hour(name: str, words: str) -> bool:
        if name not in ("time", "timerange", "datetime", "datetimerange") or CLOCKS.search(words):
            return False
        return name == "timerange" or not PARTS.search(words)

    reasons = {
        "now": any("_REF" in timex for timex in timexes),
        "no prose": PROSE.search(text),
        "small": any(SMALL.search(words) for words in found),
        "other calendars": any(re.search("BD|^FY|^SY", timex) for timex in timexes)
        or any(re.search("lunar|chinese|eid|ramadan|school|fiscal|business", words) for words in said),
        "vague": any(re.search(r"\b(few|several|some|couple)\b", words) for words in said) and set(kinds) & set(lengths),
        "week numbers": any(re.search(r"-\d\d-W|XXXX-W\d|XXXX-\d\d-W", timex) for timex in timexes)
        or any(WEEKS.search(words) for words in said),
        "signals": any(re.search("before|after|start|mid|end", mod) and not re.search("since|until", mod) for mod in mods),
        "past": any(PAST.search(words) for words in said),
        "assistant": COMMANDS.match(text) or any(SPOKEN.search(words) for words in said),
        "borders": any(
            re.search(r"\b(earlier|later|early|late|mid)\b", words) and name in ("daterange", "datetimerange")
            for name, words in pairs
        ),
        "the hour": any(HOURS.search(words) and name.startswith("datetime") for name, words in pairs),
        "to the day": any(COUNTED.search(words) and name == "date" for name, words in pairs),
        "signs": SIGNS.search(text.lower()),
        "numbers": any(bare_day(name, words) for name, words in pairs),
        "hours": any(bare_hour(name, words) for name, words in pairs),
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def wanted(value: dict) -> list[str]:
    """Returns how the record may write a candidate value; both ends of a range are inside there."""
    timex = value.get("timex", "")
    if timex.startswith("P"):
        return [timex, f"R/{timex}"]
    if value.get("type") == "set":
        hour = re.sub(r"(T\d\d)$", r"\1:00", timex)
        return [f"XXXX-XX-XX{hour}" if hour.startswith("T") else hour]
    if "start" not in value and "end" not in value and "value" not in value:
        return [timex]
    if part := re.search(r"T(MO|AF|EV|NI)$", timex):
        return [value.get("start", value.get("value", ""))[:10] + f"T{part[1]}"]

    def moment(text: str) -> str:
        day, _, hours = text.partition(" ")
        if ":" in day:
            return f"T{day[:5]}"
        return f"{day}T{hours[:5]}" if hours else day

    def before(text: str) -> str:
        if ":" in text or not text:
            return moment(text)
        day = date.fromisoformat(text)
        return str(day - timedelta(days=1))

    if "start" in value or "end" in value:
        first = moment(value["start"]) if "start" in value else ".."
        last = before(value["end"]) if "end" in value else ".."
        return [f"{first}/{last}"]
    return [moment(value.get("value", ""))]


def same(ours: str, theirs: str) -> bool:
    """Whether two values are the same stretch or the same time."""
    if ours == theirs:
        return True
    if clock(ours) or clock(theirs):
        return [end[:16] for end in ours.split("/")] == [end[:16] for end in theirs.split("/")]
    try:
        days, other = stretch(ours), stretch(theirs)
        if days and days == other:
            return True
        # The library ends "2014 to 2018" where 2018 begins, and the 3rd to the 5th on the 4th.
        named = stretch(ours.partition("/")[2])
        after = other and other[1] and date(*other[1]) + timedelta(days=1)
        return bool(days and named and after and days[0] == other[0] and named[0] == (after.year, after.month, after.day))
    except ValueError:
        return False


def case_is_right(case: dict, dates: list[dict]) -> bool:
    """Whether each expected result is there with one of its values, and nothing else."""
    left = list(dates)
    for result in case["Results"]:
        near = [one for one in left if one["start"] <= result["End"] and result["Start"] < one["end"]]
        good = [
            one
            for one in near
            if any(same(one.get("value", ""), text) for value in values(result) for text in wanted(value))
            or values(result) and values(result)[0].get("value") == "not resolved" and kind(result) != "set"
        ]
        if not good:
            return False
        left.remove(good[0])
    return not left


def measure_recognizers(data: Path, binary: Path, show: bool) -> None:
    """Prints the figures on the specifications."""
    path = data / "recognizers-text-specs" / "DateTime" / "English" / "DateTimeModel.json"
    cases = json.loads(path.read_text(encoding="utf-8-sig"))

    def article(case: dict) -> dict:
        reference = case.get("Context", {}).get("ReferenceDateTime", "2016-11-07T00:00:00")
        return {"body": case["Input"], "published_at": f"{reference[:19]}Z", "language": "en-US"}

    records = annotate(binary, [article(case) for case in cases])
    right, total, left = Counter(), Counter(), Counter()
    for case, record in zip(cases, records, strict=True):
        reason = unfit(case)
        good = case_is_right(case, record["dates"])
        group = "all" if reason is None else reason
        total[group] += 1
        right[group] += good
        if reason is None:
            kinds = sorted({kind(result) for result in case["Results"]}) or ["none"]
            total[kinds[0] if len(kinds) == 1 else "several", "kind"] += 1
            right[kinds[0] if len(kinds) == 1 else "several", "kind"] += good
            if show and not good:
                ours = [(one["text"], one.get("value"), one["kind"]) for one in record["dates"]]
                theirs = [(r["Text"], [wanted(value) for value in values(r)][:2]) for r in case["Results"]]
                print("WRONG", case["Input"], article(case)["published_at"][:10], theirs, ours, sep="\n    ")
    rows: list[list[object]] = [["fit news", total["all"], right["all"], 100 * right["all"] / total["all"]]]
    for (name, _) in sorted(key for key in total if isinstance(key, tuple)):
        rows.append([f"- {name}", total[name, "kind"], right[name, "kind"], 100 * right[name, "kind"] / total[name, "kind"]])
    every = sum(right[group] for group in ("all", *REASONS))
    rows.append(["all inputs", len(cases), every, 100 * every / len(cases)])
    table(["inputs", "number", "right", "%"], rows)
    print()
    table(["left out", "number", "right all the same"], [[why, total[name], right[name]] for name, why in REASONS.items()])


# --- Articles of our own ---------------------------------------------------------------------------------------------


def marked(text: str) -> tuple[str, list[tuple[int, int, str]]]:
    """Returns a text without its marks, and the marks: start, end, value."""
    plain, marks, opened = "", [], 0
    for part in re.split(r"(\[|\]\{[^}]*\})", text):
        if part == "[":
            opened = len(plain)
        elif part.startswith("]{"):
            marks.append((opened, len(plain), part[2:-1].split()[0]))
        else:
            plain += part
    return plain, marks


def measure_own(path: Path, binary: Path, show: bool) -> None:
    """Prints the figures on the articles of our own."""
    articles, gold = [], []
    for case in path.read_text(encoding="utf-8").split("\n## ")[1:]:
        _, published, body = case.split("\n", 2)
        plain, marks = marked(body.strip())
        articles.append({"body": plain, "published_at": published.removeprefix("= published "), "language": "en"})
        gold.append(marks)
    ours = wanted = spans = overlaps = right = both = 0
    for record, marks in zip(annotate(binary, articles), gold, strict=True):
        found = [(one["start"], one["end"], one.get("value", "?")) for one in record["dates"]]
        ours, wanted = ours + len(found), wanted + len(marks)
        for start, end, value in marks:
            near = [one for one in found if one[0] < end and start < one[1]]
            good = [one for one in near if same(one[2], value)]
            overlaps += bool(near)
            right += bool(good)
            spans += any(one[:2] == (start, end) for one in near)
            both += any(one[:2] == (start, end) for one in good)
            if show and not any(one[:2] == (start, end) for one in good):
                print("OWN", record["text"][start:end], value, [(record["text"][one[0] : one[1]], one[2]) for one in near])
        if show:
            for start, end, value in found:
                if not any(start < mark[1] and mark[0] < end for mark in marks):
                    print("OWN EXTRA", record["text"][start:end], value)
    share = [100 * f1(hits / ours, hits / wanted) for hits in (spans, overlaps, both)]
    head = ["articles", "marked", "found", "span", "overlap", "value", "span and value"]
    table(head, [[len(articles), wanted, ours, share[0], share[1], 100 * right / overlaps, share[2]]])


def main() -> None:
    """Prints all tables."""
    flags = {"differences": "print what differs, in genres that the rules are tuned by", "own": "the same of our own articles"}
    options = arguments(__doc__, flags)
    started = time.monotonic()
    measure_gum(options.data, options.binary.resolve(), options.differences)
    print()
    measure_recognizers(options.data, options.binary.resolve(), options.differences)
    print()
    measure_own(Path(__file__).parent / "dates" / "own.md", options.binary.resolve(), options.own)
    print(f"\n{time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main()
