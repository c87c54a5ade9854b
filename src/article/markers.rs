//! What newswires write into titles and first lines about the article itself: updates, corrections, kills, embargoes.

use std::ops::Range;

use jiff::civil::DateTime;
use serde::Serialize;

use super::Status;

/// A marker at the front of a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// What it says.
    pub kind: Kind,
    /// Its bytes in the title, with the hyphen or colon that ends it.
    pub range: Range<usize>,
    /// The number of an update.
    pub version: Option<String>,
}

/// What a marker says about the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// There is more to the story than before.
    Update,
    /// Something was wrong before.
    Corrected,
    /// Sent again with a change that is none of fact.
    Refile,
    /// Sent again as it was.
    Repeat,
    /// It must not be used, ever.
    Kill,
    /// It must not be used for now.
    Hold,
    /// It is taken back.
    Withdrawn,
    /// A message to editors.
    Advisory,
}

impl Kind {
    /// The name of what is done with the article.
    pub fn action(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Corrected => "correction",
            Self::Refile => "refile",
            Self::Repeat => "repeat",
            Self::Kill => "kill",
            Self::Hold => "hold",
            Self::Withdrawn => "withdrawn",
            Self::Advisory => "advisory",
        }
    }

    /// Whether the article under it speaks to editors and holds no news.
    pub fn to_editors(self) -> bool {
        matches!(self, Self::Kill | Self::Hold | Self::Withdrawn | Self::Advisory)
    }

    /// Whether it takes another article back.
    pub fn retracts(self) -> bool {
        matches!(self, Self::Kill | Self::Hold | Self::Withdrawn)
    }

    /// The status it gives.
    pub fn status(self) -> Option<Status> {
        match self {
            Self::Kill | Self::Withdrawn => Some(Status::Canceled),
            Self::Hold => Some(Status::Withheld),
            _ => None,
        }
    }
}

/// The words of markers, always in capitals.
const WORDS: [(&str, Kind); 14] = [
    ("UPDATE", Kind::Update),
    ("CORRECTED", Kind::Corrected),
    ("CORRECTION", Kind::Corrected),
    ("REFILE", Kind::Refile),
    ("RPT", Kind::Repeat),
    ("REPEAT", Kind::Repeat),
    ("KILL", Kind::Kill),
    ("HOLD", Kind::Hold),
    ("WITHDRAWN", Kind::Withdrawn),
    ("WITHDRAWAL", Kind::Withdrawn),
    ("WITHDRAW", Kind::Withdrawn),
    ("ADVISORY", Kind::Advisory),
    ("MEDIA ADVISORY", Kind::Advisory),
    ("NEWS ADVISORY", Kind::Advisory),
];

/// The markers at the front of a title, one after the other: `RPT-UPDATE 2-CORRECTED-`.
pub fn of_title(title: &str) -> Vec<Marker> {
    let mut markers = Vec::new();
    let mut at = title.len() - title.trim_start().len();
    while let Some(marker) = title.get(at..).and_then(|rest| first(rest, at)) {
        at = marker.range.end;
        markers.push(marker);
    }
    markers
}

/// The marker that `rest` begins with; `at` is where `rest` begins in the title.
fn first(rest: &str, at: usize) -> Option<Marker> {
    WORDS.iter().find_map(|&(word, kind)| {
        let after = rest.strip_prefix(word)?;
        let number = after.trim_start_matches(' ');
        let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let digits = if kind == Kind::Update && digits <= 4 { digits } else { 0 };
        let (number, tail) = number.split_at_checked(digits)?;
        let mark = tail.trim_start_matches(' ').strip_prefix(['-', ':', '–', '—'])?;
        let version = (!number.is_empty()).then(|| number.to_owned());
        Some(Marker { kind, range: at..at + (rest.len() - mark.len()), version })
    })
}

/// Whether a line in front of the title speaks to editors.
pub fn is_preamble(line: &str) -> bool {
    is_embargo(line) || is_notice(line)
}

/// Whether a line says that the article is under an embargo.
pub fn is_embargo(line: &str) -> bool {
    const STARTS: &[&str] =
        &["embargoed until", "embargoed till", "embargoed for", "embargo until", "embargo:", "under embargo"];
    starts_with_any(line.trim_start_matches(['*', ' ']), STARTS)
        || starts_with_any(line, &["strictly embargoed", "not for release until"])
}

/// Whether a line or paragraph is a message to editors.
pub fn is_notice(line: &str) -> bool {
    const STARTS: &[&str] = &[
        "not for publication",
        "not for broadcast",
        "not for release",
        "for immediate release",
        "attention editors",
        "attention: editors",
        "editors:",
        "eds:",
        "note to editors",
        "notes to editors",
        "editors' note",
        "editors’ note",
        "editor's note:",
        "editor’s note:",
        "attention - ",
    ];
    starts_with_any(line, STARTS)
}

fn starts_with_any(line: &str, starts: &[&str]) -> bool {
    let line = line.as_bytes();
    starts.iter().any(|start| line.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes())))
}

/// The embargo that a body begins with, and its end as RFC 3339 if it is written out in UTC.
pub fn embargo(body: &str) -> Option<Option<String>> {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).filter(|line| is_embargo(line))?;
    Some(line_time(line).map(|time| format!("{}Z", time.strftime("%Y-%m-%dT%H:%M:%S"))))
}

/// A time, a day, a month and a year out of a line such as `0600 GMT, WEDNESDAY 12 MARCH 2025`.
fn line_time(line: &str) -> Option<DateTime> {
    const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut clock, mut day, mut month, mut year, mut utc) = (None, None, None, None, false);
    for word in line.split(|c: char| !c.is_alphanumeric() && c != ':').take(40) {
        let lower = word.to_ascii_lowercase();
        let digits = word.bytes().all(|byte| byte.is_ascii_digit());
        if clock.is_none() && (word.len() == 4 && digits || word.len() == 5 && word.as_bytes().get(2) == Some(&b':')) {
            let (hour, minute) = word.split_at_checked(2)?;
            clock = Some((hour.parse::<i8>().ok()?, minute.trim_start_matches(':').parse::<i8>().ok()?));
        } else if digits && word.len() == 4 {
            year = word.parse::<i16>().ok();
        } else if digits && (1..=2).contains(&word.len()) {
            day = word.parse::<i8>().ok();
        } else if matches!(lower.as_str(), "gmt" | "utc" | "z") {
            utc = true;
        } else if let Some(index) = MONTHS.iter().position(|name| lower.starts_with(name)) {
            month = i8::try_from(index + 1).ok();
        }
    }
    let (hour, minute) = clock.filter(|_| utc)?;
    DateTime::new(year?, month?, day?, hour, minute, 0, 0).ok()
}

/// The id in brackets that a kill or hold names: `(urn:…, versions 1 and 2)`.
pub fn retracted_id(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("(urn:")?;
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | ')' | ';')).unwrap_or(rest.len());
    rest.get(..end).filter(|id| !id.is_empty()).map(|id| format!("urn:{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A headline may begin with any of these words; only capitals and a mark make a marker of it.
    #[test]
    fn look_alikes_are_no_markers() {
        for title in ["Kill Devil Hills reopens", "HOLD THE LINE", "Update 1-to-1 model", "KILLED: two", "UPDATES-", ""]
        {
            assert_eq!(of_title(title), [], "{title}");
        }
    }

    #[test]
    fn markers_chain() {
        let found = of_title("RPT-UPDATE 2-CORRECTED-Osaka");
        assert_eq!(found.iter().map(|m| m.kind).collect::<Vec<_>>(), [Kind::Repeat, Kind::Update, Kind::Corrected]);
        assert_eq!(found[1].version.as_deref(), Some("2"));
        assert_eq!(found[2].range, 13..23);
    }

    /// A wrong time would lift an embargo too early: without a zone it stays open.
    #[test]
    fn an_embargo_ends_only_where_its_time_is_written_out() {
        let until = |line: &str| embargo(line);
        let found = until("EMBARGOED UNTIL 0600 GMT, WEDNESDAY 12 MARCH 2025\nNOT FOR PUBLICATION");
        assert_eq!(found, Some(Some("2025-03-12T06:00:00Z".to_owned())));
        assert_eq!(until("Embargoed until 06:00 12 March 2025"), Some(None));
        assert_eq!(until("EMBARGOED UNTIL 2561 GMT 40 MARCH 2025"), Some(None));
        assert_eq!(until("Embargo on oil takes effect"), None);
    }
}
