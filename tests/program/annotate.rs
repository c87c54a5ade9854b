//! `copydesk annotate`: one record a line, in order, whatever the input.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::record_check;
use crate::support::{err, folder, out, program, program_without_model, run};

/// Native articles, one a line, of very different length.
fn lines(count: usize) -> String {
    let article = |number: usize| {
        let body = "Anna Berg spoke in Oslo on Monday. ".repeat(1 + (number * 37) % 60);
        json!({"id": format!("a{number}"), "title": format!("Article {number}"), "body": body}).to_string() + "\n"
    };
    (0..count).map(article).collect()
}

/// The ids of records, each of them checked against the schema.
fn ids(records: &str) -> Vec<String> {
    let id = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a record");
        record_check::check(&record);
        record["id"].as_str().expect("its id").to_owned()
    };
    records.lines().map(id).collect()
}

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
    let feed =
        "{\"id\": \"a\", \"body\": \"One.\"}\n{\"id\": \"b\"\n\n{\"id\": \"c\", \"body\": \"Three.\"}\nno JSON\n";
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
