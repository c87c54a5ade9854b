//! The committed model, through the seam that the stages use.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use copydesk::model::{Kind, Model, words};
use proptest::prelude::*;

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::load(&folder()).unwrap());

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newsroom-en")
}

fn sentence(text: &str) -> Vec<&str> {
    words::split(text).into_iter().map(|range| text.get(range).unwrap()).collect()
}

/// The names in `sentences` as text with kinds.
fn names(sentences: &[Vec<&str>]) -> Vec<(String, Kind)> {
    let all: Vec<&str> = sentences.concat();
    let reading = MODEL.read(sentences).unwrap();
    reading.names().iter().map(|name| (all[name.words.clone()].join(" "), name.kind)).collect()
}

/// All that a reading says, to compare readings bit by bit.
fn everything(sentences: &[Vec<&str>]) -> String {
    let reading = MODEL.read(sentences).unwrap();
    let count = sentences.iter().map(Vec::len).sum::<usize>();
    let targets: Vec<Range<usize>> = (0..count).map(|word| word..word + 1).collect();
    format!("{:?} {:?}", reading.names(), reading.sentiment(&targets).unwrap())
}

const OPENING: &str = "President Amara Okonkwo-Bello of Ghana met officials of the World Bank in Nairobi on Monday.";
const REPLY: &str = "Critics called the deal a disgrace and accused the minister of corruption.";

#[test]
fn finds_names_and_leaves_roles() {
    let found = names(&[sentence(OPENING), sentence(REPLY)]);
    let text = |kind| found.iter().filter(|name| name.1 == kind).map(|name| name.0.as_str()).collect::<Vec<_>>();
    assert_eq!(text(Kind::Person), ["Amara Okonkwo - Bello"]);
    assert_eq!(text(Kind::Organisation), ["World Bank"]);
    assert_eq!(text(Kind::Place), ["Ghana", "Nairobi"]);
}

#[test]
fn tells_praise_from_blame() {
    let praise = sentence("Lena Hoffmann won wide praise for her brilliant and courageous rescue work.");
    let blame = sentence("Lena Hoffmann was condemned for her shameful lies and brutal attacks on refugees.");
    let of = |words: Vec<&str>| MODEL.read(&[words]).unwrap().sentiment(std::slice::from_ref(&(0..2))).unwrap()[0];
    let (praised, blamed) = (of(praise), of(blame));
    assert!(praised.positive > praised.negative, "{praised:?}");
    assert!(blamed.negative > blamed.positive, "{blamed:?}");
    for polarity in [praised, blamed] {
        assert!((polarity.negative + polarity.neutral + polarity.positive - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_long_text_is_read_to_its_end() {
    // More windows than a batch holds, a sentence longer than a window, and empty ones between.
    let long = "and then ".repeat(400) + "Ghana";
    let mut sentences = vec![sentence(OPENING), Vec::new(), sentence(&long), Vec::new()];
    sentences.extend((0..300).map(|_| sentence(REPLY)));
    sentences.push(sentence(OPENING));
    let found = names(&sentences);
    assert_eq!(found.first().map(|name| name.0.as_str()), Some("Amara Okonkwo - Bello"));
    assert_eq!(found.last().map(|name| name.0.as_str()), Some("Nairobi"));
    assert!(found.iter().filter(|name| name.0 == "Ghana").count() >= 2);
}

#[test]
fn nothing_and_anything_can_be_read() {
    assert!(names(&[]).is_empty());
    assert!(names(&[Vec::new()]).is_empty());
    for text in ["\u{0}", "\u{200b}", "🙂", "\u{feff}", "e\u{301}", "中", "\u{ffff}"] {
        everything(&[sentence(text)]);
    }
    let line = "x".repeat(20_000);
    everything(&[sentence(&line)]);
}

#[test]
fn a_text_reads_the_same_alone_and_after_others() {
    let text = [sentence(OPENING), sentence(REPLY)];
    let alone = everything(&text);
    names(&[sentence("Another text was read before.")]);
    assert_eq!(everything(&text), alone);
    std::thread::scope(|scope| {
        let meanwhile = scope.spawn(|| everything(&[sentence(REPLY), sentence(REPLY)]));
        assert_eq!(everything(&text), alone);
        meanwhile.join().unwrap();
    });
}

#[test]
fn a_target_out_of_the_text_is_refused() {
    let reading = MODEL.read(&[sentence("Two words")]).unwrap();
    for target in [1..3, 1..1, usize::MAX - 1..usize::MAX] {
        assert!(reading.sentiment(std::slice::from_ref(&target)).is_err());
    }
    assert!(reading.sentiment(&[]).unwrap().is_empty());
}

#[test]
fn the_identity_names_the_model() {
    let identity = MODEL.identity();
    assert!(identity.starts_with("newsroom-en 1 sha256:"), "{identity}");
    assert_eq!(identity.rsplit(':').next().map(str::len), Some(12));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_text_reads_without_error(text in "\\PC{0,80}") {
        let reading = MODEL.read(&[sentence(&text)]).unwrap();
        let mut before = 0;
        for name in reading.names() {
            prop_assert!(before <= name.words.start && name.words.start < name.words.end);
            prop_assert!((0.0..=1.0).contains(&name.confidence));
            before = name.words.end;
        }
    }
}

/// A copy of the model in which one thing is wrong, and what loading it says.
fn complaint(spoil: impl FnOnce(&Path)) -> String {
    let copy = tempfile::tempdir().unwrap();
    for name in ["model.json", "encoder.onnx", "sentiment.onnx", "tokenizer.json"] {
        fs::copy(folder().join(name), copy.path().join(name)).unwrap();
    }
    spoil(copy.path());
    format!("{:#}", Model::load(copy.path()).unwrap_err())
}

fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
}

#[test]
fn a_missing_folder_is_named() {
    let said = format!("{:#}", Model::load(Path::new("no/such/model")).unwrap_err());
    assert!(said.contains("no/such/model/model.json") && said.contains("models/newsroom-en"), "{said}");
}

#[test]
fn spoiled_files_are_named() {
    for name in ["encoder.onnx", "sentiment.onnx", "tokenizer.json"] {
        let said = complaint(|folder| fs::remove_file(folder.join(name)).unwrap());
        assert!(said.contains(name) && said.contains("cannot read"), "{said}");

        let said = complaint(|folder| {
            let path = folder.join(name);
            let bytes = fs::read(&path).unwrap();
            fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        });
        assert!(said.contains(name) && said.contains("cut short"), "{said}");

        let said = complaint(|folder| {
            let path = folder.join(name);
            let mut bytes = fs::read(&path).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).unwrap();
        });
        assert!(said.contains(name) && said.contains("another version"), "{said}");
    }
}

#[test]
fn a_manifest_of_another_format_is_refused() {
    let said = complaint(|folder| {
        rewrite(&folder.join("model.json"), |text| text.replace("\"format\": 1", "\"format\": 2"));
    });
    assert!(said.contains("format 2") && said.contains("format 1"), "{said}");

    let said = complaint(|folder| rewrite(&folder.join("model.json"), |text| text.replace("B-PER", "B-PERSON")));
    assert!(said.contains("other labels"), "{said}");

    let said = complaint(|folder| rewrite(&folder.join("model.json"), |_| "{".to_owned()));
    assert!(said.contains("model.json is not the manifest"), "{said}");
}

#[test]
fn a_model_that_only_looks_right_is_refused() {
    // Digests that fit, contents that do not.
    let said = complaint(|folder| {
        use sha2::{Digest, Sha256};
        let old = fs::read(folder.join("encoder.onnx")).unwrap();
        let hex = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        fs::write(folder.join("encoder.onnx"), "no network").unwrap();
        rewrite(&folder.join("model.json"), |text| {
            text.replace(&hex(&old), &hex(b"no network")).replace(&format!("\"size\": {}", old.len()), "\"size\": 10")
        });
    });
    assert!(said.contains("encoder.onnx") && said.contains("install it again"), "{said}");
}
