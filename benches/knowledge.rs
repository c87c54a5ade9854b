//! How fast a dump becomes a table on one core, and how fast names are looked up in it.
//!
//! `cargo bench --bench knowledge [-- MEGABYTES]`. The dump is generated: lines with the shape of Wikidata's (statements
//! with hashes, qualifiers and references, names in many languages, sitelinks), of which one in eight is kept. A real one
//! has longer lines where much is known; the rate is that of the parser, which does not depend on the words.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench prints its figures and stops at what is missing")]

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use copydesk::knowledge::dump::{AUTHORITY, Build, Filter};
use copydesk::knowledge::key;
use copydesk::knowledge::subjects::{Day, Draft, KIND, Kind, Meta, Subjects};
use copydesk::knowledge::table::Builder;
use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress};

/// One line in so many is of a class that is kept.
const KEPT: u64 = 8;

/// Subjects of the table in which names are looked up.
const LARGE: u64 = 1_000_000;

/// Languages of an item.
const LANGUAGES: u64 = 40;

fn main() {
    let megabytes: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let lines = generate(&path("dump.json"), megabytes << 20);
    let size = fs::metadata(path("dump.json")).unwrap().len();
    println!(
        "a generated dump of {} MB, {lines} lines, one in {KEPT} is kept; processor time of this process\n",
        size / 1_000_000
    );
    println!("| dump | MB/s of JSON |\n| --- | ---: |");

    let mut gzip = GzEncoder::new(File::create(path("dump.json.gz")).unwrap(), Compression::default());
    std::io::copy(&mut File::open(path("dump.json")).unwrap(), &mut gzip).unwrap();
    gzip.finish().unwrap();
    let zstd = File::create(path("dump.json.zst")).unwrap();
    compress(File::open(path("dump.json")).unwrap(), zstd, CompressionLevel::Fastest);
    for name in ["dump.json", "dump.json.gz", "dump.json.zst"] {
        let began = processor_time();
        let summary =
            Build::new(&path(name), &path("table"), Filter::default()).run(|_| ControlFlow::Continue(())).unwrap();
        assert!(summary.done && summary.whole && summary.progress.unreadable == 0);
        let took = (processor_time() - began).as_secs_f64();
        println!("| {} | {:.0} |", name.trim_start_matches("dump."), size as f64 / 1e6 / took);
    }

    let path = path("large");
    large(&path);
    let began = Instant::now();
    let subjects = Subjects::open(&path).unwrap();
    let opened = began.elapsed();
    let bytes = fs::metadata(&path).unwrap().len();
    println!(
        "\nA table of {} subjects with two names each, {bytes} bytes, is checked and mapped in {opened:.1?}.\n",
        subjects.len()
    );
    look_up(&subjects);
}

/// Writes a table of a million persons.
fn large(path: &Path) {
    let mut builder = Builder::default();
    for number in 0..LARGE {
        let draft = Draft {
            authority: 0,
            id: format!("Q{number}"),
            kind: Kind::Person,
            names: vec![name(number), format!("A. {number} Lindqvist")],
            description: "someone who does something somewhere".to_owned(),
            from: Some(Day(19_500_213)),
            to: None,
            outlives: true,
            sitelinks: number % 50,
        };
        builder.add(&draft.record()).unwrap();
    }
    let meta =
        serde_json::to_string(&Meta { authorities: vec![AUTHORITY.to_owned()], source: "bench".to_owned() }).unwrap();
    builder.write(BufWriter::new(File::create(path).unwrap()), KIND, &meta).unwrap();
}

/// Looks up names that are there and names that are not, in an order that no cache foresees.
fn look_up(subjects: &Subjects) {
    let known = |number: u64| key(&name(number % LARGE));
    let unknown = |number: u64| key(&format!("Nobody {number} Nowhere"));
    println!("| look-up of | µs |\n| --- | ---: |");
    for (what, keys) in [
        ("names that are there", (0..200_000).map(|n| known(n * 7_919_003)).collect::<Vec<_>>()),
        ("names that are not", (0..200_000).map(unknown).collect()),
    ] {
        let mut found = 0;
        let began = processor_time();
        for key in &keys {
            found += subjects.find(key).map(|(subject, _)| subject.id.len()).sum::<usize>();
        }
        let took = processor_time() - began;
        println!("| {what} | {:.2} |", took.as_secs_f64() * 1e6 / keys.len() as f64);
        assert!(found > 0 || what.ends_with("not"));
    }
}

fn name(number: u64) -> String {
    format!("Ada {number} Lindqvist")
}

/// Writes a dump of about so many bytes; how many lines it has.
fn generate(path: &Path, bytes: u64) -> u64 {
    let mut out = BufWriter::new(File::create(path).unwrap());
    let (mut written, mut lines) = (0, 0);
    out.write_all(b"[\n").unwrap();
    while written < bytes {
        let line = item(lines);
        out.write_all(line.as_bytes()).unwrap();
        written += line.len() as u64 + 2;
        lines += 1;
        out.write_all(if written < bytes { b",\n" } else { b"\n" }).unwrap();
    }
    out.write_all(b"]\n").unwrap();
    out.flush().unwrap();
    lines
}

/// An item: names in many languages, and statements of which each has a qualifier and two references.
fn item(number: u64) -> String {
    let (id, name) = (number + 1, name(number));
    let class = if number.is_multiple_of(KEPT) { 5 } else { 13_442_814 };
    let language = |place: u64| format!("l{place}");
    let texts = |what: &str| -> String {
        let of = |place: u64| {
            let language = if place == 7 { "en".to_owned() } else { language(place) };
            format!(r#""{language}":{{"language":"{language}","value":"{what}"}}"#)
        };
        (0..LANGUAGES).map(of).collect::<Vec<_>>().join(",")
    };
    let snak = |property: u64, value: u64| {
        format!(
            r#"{{"snaktype":"value","property":"P{property}","hash":"{:040x}","datavalue":{{"value":{{"entity-type":"item","numeric-id":{value},"id":"Q{value}"}},"type":"wikibase-entityid"}},"datatype":"wikibase-item"}}"#,
            u128::from(id) * 0x9E37_79B9_7F4A_7C15 + u128::from(property)
        )
    };
    let statement = |property: u64, value: u64| {
        let reference = format!(
            r#"{{"hash":"{:040x}","snaks":{{"P248":[{}],"P854":[{}]}},"snaks-order":["P248","P854"]}}"#,
            u128::from(id) * 31 + u128::from(value),
            snak(248, 36_578),
            snak(854, 2_013)
        );
        format!(
            r#""P{property}":[{{"mainsnak":{},"type":"statement","qualifiers":{{"P585":[{}]}},"qualifiers-order":["P585"],"id":"Q{id}$C{property}","rank":"normal","references":[{reference},{reference}]}}]"#,
            snak(property, value),
            snak(585, 577)
        )
    };
    let time = format!(
        r#""P569":[{{"mainsnak":{{"snaktype":"value","property":"P569","hash":"ab","datavalue":{{"value":{{"time":"+{}-02-13T00:00:00Z","timezone":0,"before":0,"after":0,"precision":11,"calendarmodel":"http://www.wikidata.org/entity/Q1985727"}},"type":"time"}},"datatype":"time"}},"type":"statement","id":"Q{id}$D","rank":"normal"}}]"#,
        1900 + number % 100
    );
    let more: Vec<String> = (0..number % 12).map(|place| statement(1_000 + place, place + 10)).collect();
    let claims = [vec![statement(31, class), statement(27, 30), time], more].concat().join(",");
    let site = |place: u64| format!(r#""{0}wiki":{{"site":"{0}wiki","title":"{name}","badges":[]}}"#, language(place));
    let sites: Vec<String> = (0..number % 20 + 2).map(site).collect();
    format!(
        r#"{{"type":"item","id":"Q{id}","labels":{{{}}},"descriptions":{{{}}},"aliases":{{"en":[{{"language":"en","value":"A. {number} Lindqvist"}}]}},"claims":{{{claims}}},"sitelinks":{{{}}},"pageid":{id},"ns":0,"title":"Q{id}","lastrevid":{id},"modified":"2025-01-01T00:00:00Z"}}"#,
        texts(&name),
        texts("someone who does something somewhere"),
        sites.join(",")
    )
}

/// What this thread, the only one, has taken of the processor.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}
