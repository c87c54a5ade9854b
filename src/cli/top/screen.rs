//! The screen: samples of the instances in, a frame out.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use bytesize::ByteSize;
use ratatui::backend::TestBackend;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Block, Cell, Paragraph, Row, Table};
use ratatui::{Frame, Terminal};

use super::sample::{Sample, Stage};
use crate::view;

/// What stands for a value that is not known.
const UNKNOWN: &str = "–";

/// Draws `samples`.
pub(super) fn draw(frame: &mut Frame<'_>, samples: &[Sample]) {
    if samples.is_empty() {
        frame.render_widget(Paragraph::new("asking …"), frame.area());
        return;
    }
    let troubles = troubles(samples, frame.area().width.into());
    let stages = stages(samples);
    let rows = |count: usize| u16::try_from(count).unwrap_or(u16::MAX);
    let heights = [
        Constraint::Length(rows(samples.len()).saturating_add(3)),
        Constraint::Length(rows(troubles.len())),
        Constraint::Length(rows(middle_rows(samples))),
        Constraint::Min(3),
        Constraint::Length(1),
    ];
    let [top, alarms, middle, bottom, foot] = Layout::vertical(heights).areas(frame.area());
    frame.render_widget(instances(samples), top);
    frame.render_widget(Paragraph::new(Text::from_iter(troubles)), alarms);
    let [left, right] = Layout::horizontal([Constraint::Min(40), Constraint::Length(36)]).areas(middle);
    frame.render_widget(stage_table(&stages), left);
    frame.render_widget(delivery(samples), right);
    frame.render_widget(partitions(samples), bottom);
    frame.render_widget(Line::from("q ends").dim(), foot);
}

/// The same as text, where there is no terminal.
pub(super) fn text(samples: &[Sample], width: usize) -> anyhow::Result<String> {
    let partitions: usize = samples.iter().map(|sample| sample.partitions.len()).sum();
    let height = samples.len() + troubles(samples, width).len() + middle_rows(samples) + partitions + 7;
    let backend = TestBackend::new(u16::try_from(width)?, u16::try_from(height)?);
    let mut terminal = Terminal::new(backend).context("cannot draw")?;
    terminal.draw(|frame| draw(frame, samples)).context("cannot draw")?;
    let buffer = terminal.backend().buffer();
    let lines = buffer.content().chunks(width).map(|line| {
        let line: String = line.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned() + "\n"
    });
    // The last line names keys.
    Ok(lines.take(height - 1).collect())
}

/// What asks for attention, in lines of at most `width` columns.
fn troubles(samples: &[Sample], width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for sample in samples {
        let mut say = |what: String| {
            let text = view::wrap(&format!("! {}: {what}", name(sample)), width);
            lines.extend(text.lines().map(|line| Line::from(line.to_owned()).red()));
        };
        if let Some(error) = &sample.error {
            say(error.clone());
        } else if sample.live == Some(false) || sample.ready == Some(false) {
            say(format!("{}: {}", condition(sample), sample.state));
        }
        if sample.breaker_open == Some(true) {
            say("paused: too many articles became dead letters; see `copydesk dead`".into());
        }
        if let Some(skipped) = sample.offsets_skipped.filter(|skipped| *skipped > 0.0) {
            say(format!("{skipped:.0} offsets were gone before they were read: articles are lost to it"));
        }
    }
    lines
}

fn instances(samples: &[Sample]) -> Table<'static> {
    let titles = ["instance", "state", "in/s", "out/s", "dead/s", "lag", "behind", "in flight", "oldest"];
    let rows = samples.iter().map(|sample| {
        let cells = [
            number(sample.received_per_second),
            number(sample.enriched_per_second),
            number(sample.dead_per_second),
            whole(sample.lag_records),
            time(sample.lag_seconds),
            whole(sample.in_flight_articles),
            time(sample.in_flight_oldest_seconds),
        ];
        let condition = Cell::from(condition(sample)).style(colour(sample));
        let head = [Cell::from(name(sample)), condition];
        Row::new(head.into_iter().chain(cells.map(|cell| Cell::from(Text::from(cell).right_aligned()))))
    });
    let widths = [
        Constraint::Min(15),
        Constraint::Length(9),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(6),
        Constraint::Length(7),
        Constraint::Length(6),
        Constraint::Length(9),
        Constraint::Length(6),
    ];
    table(rows, &widths, &titles, 2, "copydesk")
}

/// Each stage over all instances, the slowest first.
fn stages(samples: &[Sample]) -> Vec<(&str, Stage)> {
    let names: BTreeSet<&str> = samples.iter().flat_map(|sample| sample.stages.keys()).map(String::as_str).collect();
    let total = |name: &str| {
        let all: Vec<&Stage> = samples.iter().filter_map(|sample| sample.stages.get(name)).collect();
        let means: Vec<f64> = all.iter().filter_map(|stage| stage.mean_ms).collect();
        let busy = |stage: &&&Stage| Some((stage.mean_ms?, stage.runs_per_second.filter(|runs| *runs > 0.0)?));
        let (work, runs) = all
            .iter()
            .filter_map(|stage| busy(&stage))
            .fold((0.0, 0.0), |(work, runs), (mean, n)| (work + mean * n, runs + n));
        let idle = (!means.is_empty()).then(|| means.iter().sum::<f64>() / means.len() as f64);
        Stage {
            runs_per_second: all.iter().filter_map(|stage| stage.runs_per_second).reduce(|a, b| a + b),
            mean_ms: if runs > 0.0 { Some(work / runs) } else { idle },
            failed: all.iter().map(|stage| stage.failed).sum(),
            skipped: all.iter().map(|stage| stage.skipped).sum(),
        }
    };
    let mut stages: Vec<_> = names.into_iter().map(|name| (name, total(name))).collect();
    stages.sort_by(|(_, a), (_, b)| b.mean_ms.unwrap_or(-1.0).total_cmp(&a.mean_ms.unwrap_or(-1.0)));
    stages
}

fn stage_table(stages: &[(&str, Stage)]) -> Table<'static> {
    let rows = stages.iter().map(|(name, stage)| {
        let cells = [
            number(stage.runs_per_second),
            stage.mean_ms.map_or(UNKNOWN.into(), |mean| format!("{mean:.2}")),
            whole(Some(stage.skipped)),
        ];
        let failed = Text::from(whole(Some(stage.failed))).right_aligned();
        let failed = if stage.failed > 0.0 { failed.red() } else { failed };
        let cells = cells.map(|cell| Cell::from(Text::from(cell).right_aligned()));
        Row::new([Cell::from((*name).to_owned())].into_iter().chain(cells).chain([Cell::from(failed)]))
    });
    let widths = [
        Constraint::Min(10),
        Constraint::Length(7),
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(7),
    ];
    table(rows, &widths, &["stage", "runs/s", "mean ms", "skipped", "failed"], 1, "stages")
}

/// How delivery goes, over all instances.
fn delivery(samples: &[Sample]) -> Paragraph<'static> {
    let sum = |value: fn(&Sample) -> Option<f64>| samples.iter().filter_map(value).reduce(|a, b| a + b);
    let max = |value: fn(&Sample) -> Option<f64>| samples.iter().filter_map(value).reduce(f64::max);
    let rate = |value: Option<f64>| value.map_or(UNKNOWN.into(), |value| format!("{}/s", bytes(Some(value))));
    let mut lines = vec![
        ("bytes in", rate(sum(|sample| sample.received_bytes_per_second))),
        ("bytes out", rate(sum(|sample| sample.enriched_bytes_per_second))),
        ("bytes in flight", bytes(sum(|sample| sample.in_flight_bytes))),
        ("commits/s", number(sum(|sample| sample.commits_per_second))),
        ("commit, slowest mean", milliseconds(max(|sample| sample.commit_mean_ms))),
        ("transaction open", time(max(|sample| sample.transaction_open_seconds))),
        ("aborted", whole(sum(|sample| sample.transactions_aborted))),
        ("producers replaced", whole(sum(|sample| sample.producers_replaced))),
        ("rebalances", whole(sum(|sample| sample.rebalances))),
    ];
    lines.extend(dead_letters(samples).into_iter().map(|(reason, count)| (reason, count.to_string())));
    let line = |(name, value): (&str, String)| {
        let gap = 34_usize.saturating_sub(name.len() + value.chars().count());
        Line::from(format!("{name}{}{value}", " ".repeat(gap)))
    };
    Paragraph::new(Text::from_iter(lines.into_iter().map(line))).block(block("delivery, dead letters by reason"))
}

/// Dead letters by reason, over all instances.
fn dead_letters(samples: &[Sample]) -> BTreeMap<&str, u64> {
    let mut dead: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, count) in samples.iter().flat_map(|sample| &sample.dead_letters) {
        *dead.entry(reason).or_default() += count;
    }
    dead
}

/// How many rows stages and delivery need beside each other: a title or nine figures, and the frame.
fn middle_rows(samples: &[Sample]) -> usize {
    (stages(samples).len() + 1).max(dead_letters(samples).len() + 9) + 2
}

/// The partitions, those that are furthest behind first.
fn partitions(samples: &[Sample]) -> Table<'static> {
    let mut all: Vec<_> =
        samples.iter().flat_map(|sample| sample.partitions.iter().map(move |partition| (sample, partition))).collect();
    all.sort_by(|(_, a), (_, b)| b.lag_records.unwrap_or(-1.0).total_cmp(&a.lag_records.unwrap_or(-1.0)));
    let rows = all.into_iter().map(|(sample, partition)| {
        let cells = [whole(partition.lag_records), time(partition.lag_seconds)];
        let cells = cells.map(|cell| Cell::from(Text::from(cell).right_aligned()));
        let place = format!("{}/{}", partition.topic, partition.partition);
        Row::new([Cell::from(place)].into_iter().chain(cells).chain([Cell::from(name(sample))]))
    });
    let widths = [Constraint::Min(20), Constraint::Length(9), Constraint::Length(9), Constraint::Min(15)];
    table(rows, &widths, &["partition", "lag", "behind", "instance"], 1, "partitions")
}

/// A table in a box; the titles from the one at `right` on stand over figures, but for the last if it is a name.
fn table(
    rows: impl Iterator<Item = Row<'static>>,
    widths: &[Constraint],
    titles: &[&'static str],
    right: usize,
    name: &'static str,
) -> Table<'static> {
    let title = |(index, title): (usize, &&'static str)| {
        let title = Text::from(*title).dim();
        let names = index < right || (*titles)[index] == "instance";
        Cell::from(if names { title } else { title.right_aligned() })
    };
    let header = Row::new(titles.iter().enumerate().map(title));
    Table::new(rows, widths.iter().copied()).header(header).block(block(name))
}

fn block(name: &'static str) -> Block<'static> {
    Block::bordered().border_style(Style::new().dim()).title(name)
}

/// The instance without what all have in common.
fn name(sample: &Sample) -> String {
    sample.url.trim_start_matches("http://").to_owned()
}

fn condition(sample: &Sample) -> &'static str {
    match (&sample.error, sample.live, sample.ready) {
        (Some(_), ..) => "away",
        (None, Some(false), _) => "not live",
        (None, _, Some(false)) => "not ready",
        (None, _, Some(true)) => "ready",
        (None, _, None) => "unknown",
    }
}

fn colour(sample: &Sample) -> Style {
    let colour = match condition(sample) {
        "ready" => Color::Green,
        "not ready" | "unknown" => Color::Yellow,
        _ => Color::Red,
    };
    Style::new().fg(colour)
}

fn number(value: Option<f64>) -> String {
    value.map_or(UNKNOWN.into(), |value| if value < 100.0 { format!("{value:.1}") } else { format!("{value:.0}") })
}

fn whole(value: Option<f64>) -> String {
    value.map_or(UNKNOWN.into(), |value| format!("{value:.0}"))
}

fn bytes(value: Option<f64>) -> String {
    value.map_or(UNKNOWN.into(), |value| ByteSize(value as u64).to_string())
}

fn milliseconds(value: Option<f64>) -> String {
    value.map_or(UNKNOWN.into(), |value| format!("{value:.1} ms"))
}

fn time(seconds: Option<f64>) -> String {
    match seconds {
        None => UNKNOWN.into(),
        Some(seconds) if seconds < 60.0 => format!("{seconds:.1} s"),
        Some(seconds) if seconds < 3600.0 => format!("{:.0} min", seconds / 60.0),
        Some(seconds) if seconds < 48.0 * 3600.0 => format!("{:.1} h", seconds / 3600.0),
        Some(seconds) => format!("{:.0} d", seconds / 86400.0),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Partition;
    use super::*;

    fn busy() -> Sample {
        let partition = |number: &str, lag| Partition {
            topic: "articles.raw".into(),
            partition: number.into(),
            lag_records: Some(lag),
            lag_seconds: Some(lag / 10.0),
        };
        let stage = |mean| Stage { runs_per_second: Some(40.0), mean_ms: Some(mean), failed: 3.0, skipped: 1.0 };
        let stages = [("encoder", 7.0), ("entities", 12.0), ("language", 9.0)];
        Sample {
            url: "http://127.0.0.1:9464".into(),
            live: Some(true),
            ready: Some(true),
            state: "running".into(),
            received_per_second: Some(41.5),
            enriched_per_second: Some(40.25),
            dead_per_second: Some(1.25),
            dead_letters: ["a", "b", "c", "too_large"].into_iter().map(|reason| (reason.to_owned(), 17)).collect(),
            lag_records: Some(1234.0),
            lag_seconds: Some(95.0),
            stages: stages.into_iter().map(|(name, mean)| (name.to_owned(), stage(mean))).collect(),
            partitions: vec![partition("0", 34.0), partition("1", 1200.0)],
            ..Sample::default()
        }
    }

    fn away() -> Sample {
        let error = Some("does not answer: connection refused".into());
        Sample { url: "http://127.0.0.1:9465".into(), error, ..Sample::default() }
    }

    /// What an operator looks for first must be on the screen, trouble in words.
    #[test]
    fn the_screen_shows_rates_lag_stages_and_trouble() {
        let idle = Stage { runs_per_second: Some(0.0), mean_ms: Some(99.0), ..Stage::default() };
        let waiting = Sample {
            ready: Some(false),
            state: "waiting: no broker can be reached".into(),
            breaker_open: Some(true),
            offsets_skipped: Some(5.0),
            stages: BTreeMap::from([("entities".to_owned(), idle)]),
            ..Sample { url: "http://127.0.0.1:9466".into(), ..Sample::default() }
        };
        let screen = text(&[busy(), away(), waiting], 80).unwrap();
        let has = |words: &[&str]| screen.lines().any(|line| words.iter().all(|word| line.contains(word)));
        assert!(has(&["127.0.0.1:9464", "ready", "41.5", "40.2", "1.2", "1234", "2 min"]), "{screen}");
        assert!(has(&["127.0.0.1:9465", "away"]), "{screen}");
        assert!(has(&["! 127.0.0.1:9465: does not answer: connection refused"]), "{screen}");
        assert!(has(&["! 127.0.0.1:9466: not ready: waiting: no broker can be reached"]), "{screen}");
        assert!(has(&["! 127.0.0.1:9466: paused"]) && has(&["5 offsets were gone"]), "{screen}");
        // The mean of the busy instance: an idle one says nothing about now.
        assert!(has(&["entities", "40.0", "12.00"]), "{screen}");
        assert!(has(&["too_large", "17"]), "{screen}");
        let place = |words: &str| screen.find(words).unwrap();
        assert!(place("entities") < place("language") && place("language") < place("encoder"), "the slowest is first");
        assert!(place("articles.raw/1") < place("articles.raw/0"), "the one furthest behind comes first\n{screen}");
    }

    /// A window that is too small for it all must not end the command.
    #[test]
    fn any_size_can_be_drawn_on() {
        let samples = [busy(), away()];
        for (width, height) in [(1, 1), (20, 5), (80, 24), (300, 100)] {
            for samples in [&samples[..], &[]] {
                let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
                terminal.draw(|frame| draw(frame, samples)).unwrap();
            }
        }
    }
}
