//! The program as a user runs it: what it prints, what it refuses, and how it ends.

mod program;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tempfile::TempDir;

use program::{Background, err, out, program, program_without_model, run};

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn home(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Native articles, one a line, of very different length.
fn lines(count: usize) -> String {
    let article = |number: usize| {
        let body = "Anna Berg spoke in Oslo on Monday. ".repeat(1 + (number * 37) % 60);
        json!({"id": format!("a{number}"), "title": format!("Article {number}"), "body": body}).to_string() + "\n"
    };
    (0..count).map(article).collect()
}

fn ids(records: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    records.lines().map(id).collect()
}

// annotate

/// A record can only be matched with its article by order where there is no id.
#[test]
fn annotate_writes_one_record_a_line_in_the_order_of_the_input() {
    let folder = folder();
    fs::write(folder.path().join("feed.jsonl"), lines(300)).unwrap();
    fs::write(folder.path().join("one.txt"), "A title\n\nA text of its own.\n").unwrap();
    let arguments = ["annotate", "--jobs", "4", "feed.jsonl", "one.txt"];
    let output = run(&mut program_without_model(folder.path(), &arguments), b"");
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    let ids = ids(&out(&output));
    let expected: Vec<_> = (0..300).map(|number| format!("a{number}")).collect();
    assert_eq!(ids[..300], expected);
    assert!(ids[300].starts_with("sha256:"), "{}", ids[300]);
}

/// However many threads there are, the bytes are the same.
#[test]
fn annotate_is_deterministic() {
    let folder = folder();
    let once = |jobs: &str| {
        let arguments = ["annotate", "--from", "jsonl", "--jobs", jobs];
        run(&mut program_without_model(folder.path(), &arguments), lines(40).as_bytes()).stdout
    };
    let one = once("1");
    assert!(!one.is_empty());
    assert_eq!(one, once("7"));
}

/// One bad article must not cost the others, and must be found again by whoever sent it.
#[test]
fn annotate_names_what_it_rejects_and_writes_the_rest() {
    let folder = folder();
    let feed = "{\"id\": \"a\", \"body\": \"One.\"}\n{\"id\": \"b\"\n\n{\"id\": \"c\", \"body\": \"Three.\"}\nno JSON\n";
    fs::write(folder.path().join("feed.jsonl"), feed).unwrap();
    fs::write(folder.path().join("latin1.txt"), b"Caf\xe9\n\nA text.").unwrap();
    let arguments = ["annotate", "feed.jsonl", "missing.txt", "latin1.txt"];
    let output = run(&mut program_without_model(folder.path(), &arguments), b"");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(ids(&out(&output)), ["a", "c"]);
    let complaints = err(&output);
    let expected = [
        "feed.jsonl:2: rejected as invalid_json: ",
        "feed.jsonl:5: rejected as invalid_json: ",
        "missing.txt: cannot be read: ",
        "latin1.txt: rejected as not_utf8: ",
    ];
    assert_eq!(complaints.lines().count(), expected.len(), "{complaints}");
    for (line, start) in complaints.lines().zip(expected) {
        assert!(line.starts_with(start), "{line}");
    }
}

/// A line of any length is one article, and costs no more memory than an article may.
#[test]
fn annotate_rejects_a_line_that_is_too_long_and_goes_on() {
    let folder = folder();
    let feed = format!("{{\"body\": \"{}\"}}\n{{\"id\": \"b\", \"body\": \"Two.\"}}\n", "x".repeat(5_000_000));
    let output = run(&mut program_without_model(folder.path(), &["annotate", "--from", "jsonl"]), feed.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).starts_with("standard input:1: rejected as too_large: "), "{}", err(&output));
    assert_eq!(ids(&out(&output)), ["b"]);
}

#[test]
fn annotate_reads_standard_input_in_the_form_it_is_told() {
    let folder = folder();
    let json = br#"{"id": "a", "title": "T", "body": "B."}"#;
    let form = |arguments: &[&str], input: &[u8]| {
        let output = run(&mut program_without_model(folder.path(), arguments), input);
        let record: Value = serde_json::from_str(&out(&output)).unwrap_or_default();
        (output.status.code(), record["article"]["title"].as_str().map(str::to_owned))
    };
    assert_eq!(form(&["annotate"], json), (Some(0), Some("T".into())));
    assert_eq!(form(&["annotate", "-"], b"Head\n\nText."), (Some(0), Some("Head".into())));
    assert_eq!(form(&["annotate", "--from", "native"], b"Head\n\nText."), (Some(1), None));
    let (status, title) = form(&["annotate", "--from", "plain"], json);
    assert_eq!((status, title.as_deref()), (Some(0), std::str::from_utf8(json).ok()));
}

/// `copydesk annotate big.jsonl | head -1` must end, quietly.
#[test]
fn annotate_ends_when_its_reader_has_gone() {
    let folder = folder();
    fs::write(folder.path().join("feed.jsonl"), lines(2_000)).unwrap();
    let mut command = program_without_model(folder.path(), &["annotate", "feed.jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert_eq!(ids(&first), ["a0"]);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
}

/// The view shows every entity of the record, and the text as it was, without control characters.
#[test]
fn annotate_shows_an_article_to_people() {
    let folder = folder();
    let article = "Berg wins\n\nOSLO, March 3 (Reuters) - Anna Berg\u{1b}[31m won the election in Norway on Monday.\n";
    let output = run(&mut program(folder.path(), &["annotate", "--view"]), article.as_bytes());
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    let page = out(&output);
    assert!(page.contains("[Anna Berg") && page.contains("[Norway]"), "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
}

// config, check, schema

/// What `config` prints is a configuration without problems.
#[test]
fn the_printed_configuration_passes_the_check() {
    let folder = folder();
    let printed = run(&mut program(folder.path(), &["config"]), b"");
    fs::write(folder.path().join("x.toml"), &printed.stdout).unwrap();
    let output = run(&mut program(folder.path(), &["check", "--config", "x.toml"]), b"");
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    assert!(out(&output).contains("no problems"), "{}", out(&output));
    assert!(out(&output).contains("newsroom-en"), "{}", out(&output));
}

/// An operator should mend a file once, not once a mistake.
#[test]
fn five_mistakes_are_all_named_with_key_and_mend() {
    let folder = folder();
    let file = "[kafka]\nbroker = \"localhost:9092\"\n[service]\ncommit_interval = 200\nworkers = 0\n\
                [http]\nlisten = \"9464\"\n[stages.sentimant]\nenabled = false\n";
    fs::write(folder.path().join("copydesk.toml"), file).unwrap();
    for command in ["check", "run"] {
        let output = run(&mut program(folder.path(), &[command]), b"");
        assert_eq!(output.status.code(), Some(64), "{command}");
        let problems = err(&output);
        let expected = [
            "copydesk.toml: 5 problems",
            "kafka.broker: there is no such option; did you mean `kafka.brokers`?",
            "service.commit_interval: ",
            "service.workers: ",
            "http.listen: ",
            "stages.sentimant: there is no such option; did you mean `stages.sentiment`?",
        ];
        for words in expected {
            assert!(problems.contains(words), "{words} in {problems}");
        }
    }
}

#[test]
fn a_variable_that_no_option_has_is_refused() {
    let folder = folder();
    let output = run(program(folder.path(), &["check"]).env("COPYDESK_KAFKA_BROKER", "x:1"), b"");
    assert_eq!(output.status.code(), Some(64));
    assert!(err(&output).contains("did you mean COPYDESK_KAFKA_BROKERS?"), "{}", err(&output));
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_the_line() {
    let folder = folder();
    fs::write(folder.path().join("x.toml"), "[kafka]\nbrokers = [\n").unwrap();
    let output = run(&mut program(folder.path(), &["check", "--config", "x.toml"]), b"");
    assert_eq!(output.status.code(), Some(64));
    assert!(err(&output).contains("line "), "{}", err(&output));
    let output = run(&mut program(folder.path(), &["check", "--config", "missing.toml"]), b"");
    assert_eq!(output.status.code(), Some(64));
    assert!(err(&output).contains("missing.toml"), "{}", err(&output));
}

/// A model that is missing, cut short or of another version ends the start with its key, never a panic later.
#[test]
fn a_model_that_cannot_be_used_is_named() {
    let folder = folder();
    let check = |path: &Path| {
        let output = run(program(folder.path(), &["check"]).env("COPYDESK_MODEL_PATH", path), b"");
        (output.status.code(), err(&output))
    };
    let (status, problems) = check(Path::new("models/none"));
    assert_eq!(status, Some(64));
    assert!(problems.contains("model.path: ") && problems.contains("tried models/none"), "{problems}");

    let copy = |change: &dyn Fn(&Path)| {
        let copy = folder.path().join("copy");
        fs::create_dir_all(&copy).unwrap();
        for file in fs::read_dir(home("models/newsroom-en")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        change(&copy);
        let (status, problems) = check(&copy);
        assert_eq!(status, Some(64), "{problems}");
        assert!(problems.contains("model.path: "), "{problems}");
        problems
    };
    let cut = copy(&|copy| {
        let file = copy.join("encoder.onnx");
        let whole = fs::read(&file).unwrap();
        fs::write(file, &whole[..whole.len() / 2]).unwrap();
    });
    assert!(cut.contains("encoder.onnx"), "{cut}");
    let missing = copy(&|copy| fs::remove_file(copy.join("tokenizer.json")).unwrap());
    assert!(missing.contains("tokenizer.json"), "{missing}");
    let other = copy(&|copy| {
        let file = copy.join("model.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        manifest["format"] = json!(99);
        fs::write(file, manifest.to_string()).unwrap();
    });
    assert!(other.contains("99"), "{other}");
}

#[test]
fn the_schemas_are_json_schemas() {
    let folder = folder();
    for which in ["article", "enriched"] {
        let output = run(&mut program(folder.path(), &["schema", which]), b"");
        let schema: Value = serde_json::from_str(&out(&output)).unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    }
}

#[test]
fn wrong_arguments_are_usage_errors_and_help_is_none() {
    let folder = folder();
    assert_eq!(run(&mut program(folder.path(), &["enrich"]), b"").status.code(), Some(64));
    assert_eq!(run(&mut program(folder.path(), &["demo", "--rate", "0"]), b"").status.code(), Some(64));
    let help = run(&mut program(folder.path(), &["--help"]), b"");
    assert_eq!(help.status.code(), Some(0));
    for command in ["run", "demo", "annotate", "check", "schema", "config"] {
        assert!(out(&help).contains(command), "{command}");
    }
}

// demo

/// The demo is the first thing that anybody runs: all that goes in comes out, and it ends.
#[test]
fn the_demo_shows_every_article_and_ends_by_itself() {
    let folder = folder();
    let output = run(&mut program(folder.path(), &["demo", "--articles", "70", "--rate", "1000"]), b"");
    let (shown, complaints) = (out(&output), err(&output));
    assert_eq!((output.status.code(), complaints.as_str()), (Some(0), ""), "{shown}");
    assert!(shown.contains("at least once"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colour on a pipe");
    let dead = ["invalid_json", "empty", "invalid_field", "not_utf8", "no_text"];
    for reason in dead {
        assert!(shown.contains(&format!("dead letter: {reason}")), "{reason}");
    }
    // 63 files, and the first 7 once more.
    assert!(shown.contains("70 articles: 64 enriched"), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.starts_with('✓')).count(), 64);
    assert_eq!(shown.lines().filter(|line| line.starts_with('✗')).count(), 6);
    assert!(shown.contains("Vietnamese rice exporters") && shown.contains("(place"), "{shown}");
}

#[test]
fn the_demo_ends_at_a_signal() {
    let folder = folder();
    let mut demo = Background::start(&mut program(folder.path(), &["demo"]));
    // Long enough to be in the middle of it, whatever the machine; it must end well from any moment.
    std::thread::sleep(std::time::Duration::from_secs(2));
    demo.signal("INT");
    assert_eq!(demo.wait().code(), Some(0), "{}", demo.said());
}
