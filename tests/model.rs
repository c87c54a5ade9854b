//! The committed model, through the seam that the stages use.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use copydesk::model::{Kind, Model, Set, words};
use proptest::prelude::*;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::load(&folder(), "default").unwrap());

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
    everything_by(&MODEL, sentences)
}

fn everything_by(model: &Model, sentences: &[Vec<&str>]) -> String {
    let reading = model.read(sentences).unwrap();
    let count = sentences.iter().map(Vec::len).sum::<usize>();
    let targets: Vec<Range<usize>> = (0..count).map(|word| word..word + 1).collect();
    format!("{:?} {:?} {:?}", reading.names(), reading.scores(), reading.sentiment(&targets).unwrap())
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

/// The memory of a pass is kept from one to the next: a service that reads for months would feel anything else.
#[test]
fn windows_take_no_memory_but_that_of_their_answers() {
    // Nobody else reads by it meanwhile.
    let model = Model::load(&folder(), "default").unwrap();
    let taken_by = |words: usize| {
        let text = "and then ".repeat(words / 2);
        let text = [sentence(&text)];
        let mut answer = None;
        let taken = allocation_counter::measure(|| answer = Some(model.read(&text).unwrap()));
        assert_eq!(answer.unwrap().scores().len(), words);
        taken
    };
    taken_by(1600);
    let (one, many) = (taken_by(160), taken_by(1600));
    // A few more as what grows with the text doubles; by the window or the layer it would be dozens.
    assert!(many.count_total <= one.count_total + 24, "{one:?} for a window, {many:?} for ten");
    assert!(many.bytes_total < 1600 * 1000, "{many:?} for 1,600 words");
}

/// A record must not depend on the machine that made it.
#[test]
fn every_set_of_instructions_reads_the_same() {
    let long = "and then ".repeat(90);
    let text = [sentence(OPENING), sentence(REPLY), sentence(&long)];
    for profile in ["default", "accurate"] {
        let by = |set| everything_by(&Model::load_for(&folder(), profile, set).unwrap(), &text);
        let sets = Set::available();
        let expected = by(*sets.last().unwrap());
        for set in sets {
            assert!(by(set) == expected, "{} reads otherwise with the profile {profile}", set.name());
        }
    }
}

/// What `training/` computes from the same weights, row by row in the same whole numbers but for attention.
#[test]
fn agrees_with_the_scores_of_training() {
    #[derive(serde::Deserialize)]
    struct Case {
        profile: String,
        sentences: Vec<Vec<String>>,
        tags: Vec<[f32; 7]>,
    }
    let file = fs::read_to_string(folder().join("../../tests/data/scores.json")).unwrap();
    let cases: Vec<Case> = serde_json::from_str(&file).unwrap();
    assert!(cases.len() >= 20);
    for profile in ["default", "accurate"] {
        let model = Model::load(&folder(), profile).unwrap();
        let (mut differences, mut words, mut other) = (0.0, 0, 0);
        for case in cases.iter().filter(|case| case.profile == profile) {
            let sentences: Vec<Vec<&str>> =
                case.sentences.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
            let reading = model.read(&sentences).unwrap();
            assert_eq!(reading.scores().len(), case.tags.len());
            for (found, expected) in reading.scores().iter().zip(&case.tags) {
                let best = |scores: &[f32; 7]| (0..7).max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
                words += 1;
                other += usize::from(best(found) != best(expected));
                differences +=
                    found.iter().zip(expected).map(|(found, expected)| (found - expected).abs()).sum::<f32>();
            }
        }
        let mean = differences / (7 * words) as f32;
        assert!(mean < 0.04 && other * 100 <= words, "{profile}: {mean} a score, {other} of {words} tags");
    }
}

/// No text makes a score that is no number, and none is read again and again: windows bound the work of a word.
#[test]
fn odd_texts_have_finite_scores() {
    let upper = OPENING.to_uppercase();
    let spaceless: String = OPENING.split(' ').collect();
    let texts = [
        upper.as_str(),
        &spaceless,
        "7 12.5 1,000 2025 99 % 3:1",
        "🙂🎉🔥 🙃",
        "Президент Украины прибыл в Киев",
        "乌克兰总统抵达基辅",
        "| Team | P | W |\n| Ajax | 3 | 2 |",
        &"x".repeat(10_000),
        &"Paris ".repeat(20_000),
    ];
    for text in texts {
        let words = sentence(text);
        let reading = MODEL.read(std::slice::from_ref(&words)).unwrap();
        assert_eq!(reading.scores().len(), words.len());
        assert!(reading.scores().iter().flatten().all(|score| score.is_finite()));
        assert!(reading.names().iter().all(|name| name.confidence.is_finite()));
        let polarity = reading.sentiment(std::slice::from_ref(&(0..words.len()))).unwrap()[0];
        assert!([polarity.negative, polarity.neutral, polarity.positive].iter().all(|chance| chance.is_finite()));
    }
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
    assert!(identity.starts_with("newsroom-en 7 default sha256:"), "{identity}");
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

const FILES: [&str; 3] = ["pieces.safetensors", "default.safetensors", "tokenizer.json"];

/// A copy of the model in which one thing is wrong, and what loading it says.
fn complaint(spoil: impl FnOnce(&Path)) -> String {
    let copy = tempfile::tempdir().unwrap();
    for name in FILES.iter().chain(&["model.json", "accurate.safetensors"]) {
        fs::copy(folder().join(name), copy.path().join(name)).unwrap();
    }
    spoil(copy.path());
    // Not by `unwrap_err`, which would print all of a model that loads.
    let Err(error) = Model::load(copy.path(), "default") else { panic!("it loads") };
    format!("{error:#}")
}

fn rewrite(path: &Path, change: impl FnOnce(String) -> String) {
    fs::write(path, change(fs::read_to_string(path).unwrap())).unwrap();
}

/// Puts `contents` in the place of a file, and names them in the manifest.
fn replace(folder: &Path, name: &str, contents: &[u8]) {
    fs::write(folder.join(name), contents).unwrap();
    rewrite(&folder.join("model.json"), |text| {
        let mut manifest: Value = serde_json::from_str(&text).unwrap();
        let digest: String = Sha256::digest(contents).iter().map(|byte| format!("{byte:02x}")).collect();
        manifest["files"][name] = json!({"size": contents.len(), "sha256": digest});
        manifest.to_string()
    });
}

/// Changes one tensor of a file: its shape or its bytes.
fn retensor(folder: &Path, file: &str, name: &str, change: impl FnOnce(&mut Vec<usize>, &mut Vec<u8>)) {
    let bytes = fs::read(folder.join(file)).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut all: BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, tensor)| (name.to_owned(), (tensor.dtype(), tensor.shape().to_vec(), tensor.data().to_vec())))
        .collect();
    let (_, shape, data) = all.get_mut(name).unwrap();
    change(shape, data);
    let views = all
        .iter()
        .map(|(name, (dtype, shape, data))| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    replace(folder, file, &safetensors::serialize(views, None).unwrap());
}

#[test]
fn a_missing_folder_is_named() {
    let said = format!("{:#}", Model::load(Path::new("no/such/model"), "default").unwrap_err());
    assert!(said.contains("no/such/model/model.json") && said.contains("models/newsroom-en"), "{said}");
}

#[test]
fn an_unknown_profile_is_told_which_there_are() {
    let said = format!("{:#}", Model::load(&folder(), "perfect").unwrap_err());
    assert!(said.contains("\"perfect\"") && said.contains("accurate, default"), "{said}");
}

#[test]
fn spoiled_files_are_named() {
    for name in FILES {
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
        rewrite(&folder.join("model.json"), |text| text.replace("\"format\": 6", "\"format\": 5"));
    });
    assert!(said.contains("of format 5") && said.contains("reads format 6"), "{said}");

    let said = complaint(|folder| rewrite(&folder.join("model.json"), |text| text.replace("B-PER", "B-PERSON")));
    assert!(said.contains("other labels"), "{said}");

    for (key, wrong) in [
        ("exits_after", json!([])),
        ("exits_after", json!([2, 2])),
        ("exits_after", json!([3, 2])),
        ("exits_after", json!([0, 2])),
        ("exits_after", json!([2, 5])),
        ("pooled_after", json!(0)),
        ("unseen_after", json!(2)),
        ("unseen_after", json!(6)),
    ] {
        let said = complaint(|folder| {
            rewrite(&folder.join("model.json"), |text| {
                let mut manifest: Value = serde_json::from_str(&text).unwrap();
                manifest["profiles"]["default"][key] = wrong.clone();
                manifest.to_string()
            });
        });
        assert!(said.contains("default.safetensors does not fit") && said.contains("2 exits"), "{key} {wrong}: {said}");
    }

    let said = complaint(|folder| rewrite(&folder.join("model.json"), |_| "{".to_owned()));
    assert!(said.contains("model.json is not the manifest"), "{said}");
}

/// Digests that fit, contents that do not.
#[test]
fn weights_that_only_look_right_are_refused() {
    let said = complaint(|folder| replace(folder, "default.safetensors", b"no weights"));
    assert!(said.contains("default.safetensors does not fit") && said.contains("install it again"), "{said}");

    let said = complaint(|folder| {
        retensor(folder, "default.safetensors", "layers.3.inner.scale", |_, data| {
            data[8..12].copy_from_slice(&f32::NAN.to_le_bytes());
        });
    });
    assert!(said.contains("layers.3.inner.scale has a number that is not finite"), "{said}");

    let said = complaint(|folder| {
        retensor(folder, "default.safetensors", "layers.1.attended.weight", |shape, _| shape.reverse());
    });
    assert!(said.contains("layers.1.attended.weight has the shape"), "{said}");

    let said = complaint(|folder| {
        retensor(folder, "default.safetensors", "layers.0.qkv.weight", |_, data| data[77] = 64);
    });
    assert!(said.contains("layers.0.qkv.weight has a number beyond 63"), "{said}");

    let said = complaint(|folder| {
        retensor(folder, "default.safetensors", "positions.weight", |shape, data| {
            shape[0] = 100;
            data.truncate(100 * shape[1] * 4);
        });
    });
    assert!(said.contains("default.safetensors does not fit") && said.contains("100 positions"), "{said}");
}

#[test]
fn a_tokeniser_of_another_model_is_refused() {
    let said = complaint(|folder| {
        rewrite(&folder.join("tokenizer.json"), |text| {
            let mut tokenizer: Value = serde_json::from_str(&text).unwrap();
            tokenizer["model"]["vocab"].as_array_mut().unwrap().truncate(1000);
            tokenizer.to_string()
        });
        let contents = fs::read(folder.join("tokenizer.json")).unwrap();
        replace(folder, "tokenizer.json", &contents);
    });
    assert!(said.contains("tokenizer.json has 1") && said.contains("pieces.safetensors"), "{said}");
}
