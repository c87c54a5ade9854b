//! Files of knowledge that change while the service runs.

use std::fs;

use rdkafka::message::Message as _;
use serde_json::Value;

use crate::mock::Mock;
use crate::support::{Background, PATIENCE, err, folder, get, out, program, run, until};

const HEAD: &str = "authority\tid\ttype\tname\n";

/// An editor's slip must not stop the presses, and the mend must not need a restart. Each record says with which files
/// it was made.
#[test]
fn changed_files_come_into_force_and_broken_ones_do_not() {
    let mock = Mock::new(1);
    let folder = folder();
    let write = |text: &str| {
        fs::write(folder.path().join("new"), format!("{HEAD}{text}")).expect("written");
        fs::rename(folder.path().join("new"), folder.path().join("house.tsv")).expect("in place");
    };
    write("house\t1\tperson\tAlma Reyes\n");
    let mut service = Background::start(mock.service(&folder).env("COPYDESK_KNOWLEDGE_AUTHORITIES", "house.tsv"));
    let address = service.ready();
    let reader = mock.reader("articles.enriched");
    let made_with = |title: &str| -> String {
        let article = format!("{title}\n\nA text.");
        mock.send([(0, article.as_str())]);
        let record = until(|| reader.poll(PATIENCE)).expect("a record").expect("a record");
        let record: Value = serde_json::from_slice(record.payload().expect("a value")).expect("JSON");
        assert_eq!(record["article"]["title"], title);
        record["pipeline"]["knowledge"].as_str().expect("an identity").to_owned()
    };
    let counts = |line: &str| until(|| get(&address, "/metrics").1.contains(line).then_some(())).expect(line);

    let first = made_with("One");
    write("house\t1\tperson\tAlma Reyes\nhouse\t2\tpersona\tTom Okafor\n");
    service.signal("HUP");
    service.wait_for("house.tsv cannot be used: it is broken in line 3");
    service.wait_for("those in force stay");
    counts("copydesk_refusals_total 1");
    assert_eq!(made_with("Two"), first);

    write("house\t1\tperson\tAlma Reyes\nhouse\t2\tperson\tTom Okafor\n");
    service.signal("HUP");
    counts("copydesk_exchanges_total 1");
    let second = made_with("Three");
    assert_ne!(second, first);
    service.signal("HUP");
    service.wait_for("none of them has changed");
    assert_eq!(made_with("Four"), second);

    service.signal("TERM");
    assert_eq!(service.wait().code(), Some(0), "{}", service.said());
}

/// The check says what a start would, and what an editor should look at.
#[test]
fn the_check_reads_the_files() {
    let folder = folder();
    let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
    file("copydesk.toml", "knowledge.authorities = [\"house.tsv\"]\nknowledge.overrides = \"rules.toml\"\n");
    file("house.tsv", &format!("{HEAD}house\t1\tperson\tAlma Reyes\n"));
    file("rules.toml", "[[pin]]\nname = \"Reyes\"\nlinks = [{ authority = \"house\", id = \"2\" }]\n");
    let check = || run(&mut program(folder.path(), &["check"]), b"");
    let output = check();
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    for words in ["1 subjects in 1 files, 1 overrides", "warning        the override in line 1 (Reyes) pins house 2: "]
    {
        assert!(out(&output).contains(words), "{words} in {}", out(&output));
    }
    file("house.tsv", "authority\tid\n");
    file("rules.toml", "[[pin]]\nname = 7\n");
    let output = check();
    assert_eq!(output.status.code(), Some(64));
    for words in [
        "knowledge.authorities: house.tsv cannot be used: it is broken in line 1: ",
        "rules.toml cannot be used: it is broken in line 2: ",
    ] {
        assert!(err(&output).contains(words), "{words} in {}", err(&output));
    }
}

/// A dump becomes a table that the service takes.
#[test]
fn a_dump_becomes_a_table() {
    let folder = folder();
    let item = r#"{"type":"item","id":"Q7","labels":{"en":{"language":"en","value":"Alma Reyes"}},"descriptions":[],"aliases":[],"claims":{"P31":[{"mainsnak":{"datavalue":{"value":{"id":"Q5"}}},"rank":"normal"}]},"sitelinks":{"a":{},"b":{}}}"#;
    fs::write(folder.path().join("dump.json"), format!("[\n{item}\n]\n")).expect("written");
    let output = run(&mut program(folder.path(), &["kb", "build", "dump.json", "--out", "wikidata.table"]), b"");
    assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
    assert!(out(&output).contains("3 lines, 1 kept"), "{}", out(&output));
    let mut check = program(folder.path(), &["check"]);
    let output = run(check.env("COPYDESK_KNOWLEDGE_AUTHORITIES", "wikidata.table"), b"");
    assert!(out(&output).contains("1 subjects in 1 files"), "{}{}", out(&output), err(&output));
}
