//! The rooms of the project: imports run one way, every stage has its specification, text stays out of logs.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, and what each may name of the others. A room is a module of the library; its files are `name.rs` and those
/// under `name/`.
const ROOMS: [(&str, &[&str]); 18] = [
    ("text", &[]),
    ("message", &[]),
    ("settings", &[]),
    ("json", &[]),
    ("knowledge", &["settings"]),
    ("model", &["settings"]),
    ("dead_letter", &["message"]),
    ("article", &["dead_letter", "message", "settings", "text"]),
    ("document", &["article", "json", "text"]),
    ("stage", &["article", "document", "knowledge", "stages"]),
    ("stages", &["article", "document", "json", "knowledge", "model", "settings", "stage", "text"]),
    ("record", &["article", "dead_letter", "document", "json", "message", "pipeline", "settings", "text"]),
    ("pipeline", &["article", "dead_letter", "document", "message", "model", "record", "settings", "stage", "stages"]),
    ("io", &["message", "settings"]),
    ("service", &["dead_letter", "io", "message", "settings"]),
    ("telemetry", &["dead_letter", "message", "pipeline", "service", "settings"]),
    ("config", &["article", "io", "knowledge", "model", "record", "service", "settings", "stages", "telemetry"]),
    ("view", &["message"]),
];

/// Rooms at the top may name everything.
const TOP: [&str; 4] = ["cli", "demo", "lib", "main"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// All Rust files under `src` with their texts, without their unit tests.
fn sources() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned();
                files.push((path.strip_prefix(root().join("src")).unwrap().to_owned(), text));
            }
        }
    }
    files.sort();
    assert!(files.len() > 20, "where are the sources?");
    files
}

fn room(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a file names as `crate::room`, alone or in braces.
fn named(text: &str) -> BTreeSet<String> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut named = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match after.strip_prefix('{') {
            Some(list) => named.extend(list.split('}').next().unwrap().split(',').map(|item| word(item.trim()))),
            None => {
                named.insert(word(after));
            }
        }
    }
    named
}

/// Two wings that meet in one room: a line that crosses the drawing of ARCHITECTURE.md is found here.
#[test]
fn imports_run_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let here = room(&path);
        if TOP.contains(&here.as_str()) {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == here) else {
            wrong.push(format!("{}: the room {here} is not drawn in tests/tidy.rs", path.display()));
            continue;
        };
        let known = |name: &String| ROOMS.iter().any(|(room, _)| room == name) || TOP.contains(&name.as_str());
        for other in named(&text).iter().filter(|name| known(name)) {
            if *other != here && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{} names {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the drawing:\n{}", wrong.join("\n"));
}

/// The client of Kafka has one room, so that it can be replaced and its pitfalls are known in one place.
#[test]
fn kafka_is_named_in_its_rooms_only() {
    for (path, text) in sources() {
        let rooms = path.starts_with("io/kafka")
            || path == Path::new("io/kafka.rs")
            || path.starts_with("demo")
            || path == Path::new("demo.rs");
        assert!(rooms || !text.contains("rdkafka::"), "{} names rdkafka", path.display());
    }
}

/// The reading wing is pure: the same bytes give the same record.
#[test]
fn the_reading_wing_knows_no_clock_thread_or_network() {
    let pure = ["text", "json", "article", "document", "stage", "stages", "record", "pipeline"];
    for (path, text) in sources().into_iter().filter(|(path, _)| pure.contains(&room(path).as_str())) {
        for word in [
            "std::time",
            "std::thread",
            "std::net",
            "std::env::",
            "std::fs",
            "tokio",
            "SystemTime",
            "Instant",
            "HashMap",
            "HashSet",
        ] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

/// A stage is a file, a specification that an editor can read, and a line in the list of stages.
#[test]
fn every_stage_has_its_specification() {
    let list = fs::read_to_string(root().join("src/stages.rs")).unwrap();
    let modules: BTreeSet<String> =
        list.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';').map(str::to_owned)).collect();
    let specs: BTreeSet<String> = fs::read_dir(root().join("tests/stages"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(modules, specs);
    for name in &modules {
        assert!(list.contains(&format!("Entry::of::<{name}::")), "{name} is not in the list of stages");
        let file = fs::read_to_string(root().join(format!("src/stages/{name}.rs"))).unwrap();
        assert!(file.contains(&format!("const NAME: &'static str = \"{name}\"")), "{name}.rs has another name");
    }
}

/// Each form is a file and a line.
#[test]
fn every_form_is_in_the_list() {
    let article = fs::read_to_string(root().join("src/article.rs")).unwrap();
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("article/")) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if text.contains("pub(super) const FORM: Form") {
            assert!(article.contains(&format!("{name}::FORM")), "{name} is not in FORMS");
        }
    }
}

/// A runbook is read at three in the morning: no link of it may lead nowhere.
#[test]
fn every_link_of_the_documentation_leads_somewhere() {
    let mut pages: Vec<_> = ["", "docs", "benches", "training", "models/newsroom-en", "deploy"]
        .iter()
        .filter_map(|folder| fs::read_dir(root().join(folder)).ok())
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    pages.sort();
    assert!(pages.len() > 5, "where are the pages?");
    for page in &pages {
        for link in fs::read_to_string(page).unwrap().split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(target.exists(), "{} links to {link}, which is not there", page.display());
            let known = anchor.is_empty() || headings(&target).contains(anchor);
            assert!(known, "{} links to {link}, a heading that is not there", page.display());
        }
    }
}

/// Who is woken by an alarm finds its page, and no page is left of one that is gone.
#[test]
fn every_alert_has_its_section() {
    let rules = fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let values = |key: &str| -> Vec<String> {
        let lines = rules.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix(key));
        lines.map(|value| value.trim().to_owned()).collect()
    };
    let (alerts, books) = (values("alert:"), values("runbook:"));
    assert!(alerts.len() > 5, "where are the alerts?");
    let of_alerts: Vec<String> = alerts.iter().map(|name| format!("docs/alerts.md#{}", name.to_lowercase())).collect();
    assert_eq!(of_alerts, books, "alerts and their runbooks differ");
    let page = fs::read_to_string(root().join("docs/alerts.md")).unwrap();
    let sections: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
    assert_eq!(
        alerts.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        sections,
        "alerts and docs/alerts.md differ"
    );
}

/// A warning that asks for nothing is read at three in the morning for nothing: after what happened it says what to do.
#[test]
fn every_warning_says_what_to_do() {
    for (path, text) in sources() {
        for call in text.split("tracing::warn!(").skip(1) {
            let words: String =
                call.split('"').nth(1).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            // Of some the mend is in what is put in, or they are the words of the client.
            let handed_on = ["waiting: {why}", "paused: {why}", "librdkafka"].contains(&words.as_str());
            let mends = ["; ", ": have "].iter().any(|mark| words.contains(mark));
            assert!(handed_on || mends, "{} warns without a mend: {words}", path.display());
        }
    }
}

/// The headings of a Markdown page as the anchors that are made of them.
fn headings(page: &Path) -> BTreeSet<String> {
    fs::read_to_string(page)
        .unwrap()
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .map(|heading| heading.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect())
        .collect()
}

/// What is merged is whole.
#[test]
fn nothing_is_left_for_later() {
    for (path, text) in sources() {
        for word in ["TODO", "FIXME", "XXX", "todo!", "unimplemented!", "allow(dead_code"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

/// A check that could not be made is no check that went well, where nobody reads what it says.
#[test]
fn a_check_that_is_skipped_fails_with_ci_set() {
    let tools = tempfile::tempdir().unwrap();
    // What the scripts need before they look for what they check with.
    for tool in ["bash", "cat", "dirname", "grep", "id", "mktemp", "rm"] {
        std::os::unix::fs::symlink(Path::new("/usr/bin").join(tool), tools.path().join(tool)).unwrap();
    }
    for script in ["deployment", "image"] {
        for (ci, passes) in [("", true), ("1", false)] {
            let mut command = std::process::Command::new("/usr/bin/bash");
            command.arg(root().join("scripts").join(script)).env("PATH", tools.path()).env("CI", ci);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(said.contains("skipped: "), "{output:?}");
            assert_eq!(output.status.success(), passes, "CI={ci} scripts/{script}: {said}");
        }
    }
}

/// The memory of the process holds embargoed articles and passwords; wherever it can be said, no core is left of it.
#[test]
fn deployments_leave_no_core() {
    for (file, words) in
        [("deploy/systemd/copydesk.service", "LimitCORE=0"), ("docker-compose.yml", "ulimits: {core: 0}")]
    {
        let text = fs::read_to_string(root().join(file)).unwrap();
        assert!(text.lines().any(|line| line.trim() == words), "{file} does not say {words}");
    }
}
