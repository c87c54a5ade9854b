//! The bodies of the fuzz targets as ordinary tests: over their committed corpus, so that what a fuzzer once found stays
//! mended, and over bytes made here. A fuzzer with feedback looks deeper; `docs/security.md` says how to run one.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::bodies::BODIES;

#[path = "../fuzz/bodies.rs"]
mod bodies;

/// The corpus of a target, by name.
fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 4, "{target} has {} files in its corpus", files.len());
    files.into_iter().map(|file| (file.clone(), std::fs::read(file).unwrap())).collect()
}

#[test]
fn every_target_holds_on_its_corpus() {
    for (name, body) in BODIES {
        for (file, bytes) in corpus(name) {
            println!("{}", file.display());
            body(&bytes);
        }
    }
}

/// A target that nobody can start, or that is not run here, is forgotten.
#[test]
fn every_target_has_its_program() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let programs = std::fs::read_dir(folder.join("fuzz_targets")).unwrap().count();
    assert_eq!((programs, manifest.matches("[[bin]]").count()), (BODIES.len(), BODIES.len()));
    for (name, _) in BODIES {
        let program = std::fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(program.contains(&format!("bodies::{name}(data)")), "{program}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
    }
}

/// A file of the corpus with some bytes changed, taken out, doubled or cut, or bytes without any sense.
fn spoiled(corpus: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let place = any::<prop::sample::Index>;
    let change = (place(), place(), any::<u8>(), 0..5_u8);
    let changed =
        (prop::sample::select(corpus), prop::collection::vec(change, 1..8)).prop_map(|(mut bytes, changes)| {
            for (first, second, byte, kind) in changes {
                if bytes.is_empty() {
                    break;
                }
                let (a, b) = (first.index(bytes.len()), second.index(bytes.len()));
                let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 64));
                match kind {
                    0 => bytes[from] = byte,
                    1 => bytes.insert(from, byte),
                    2 => drop(bytes.drain(from..to)),
                    3 => bytes.extend_from_within(from..to),
                    _ => bytes.truncate(to.max(1)),
                }
            }
            bytes
        });
    prop_oneof![4 => changed, 1 => prop::collection::vec(any::<u8>(), 0..400)]
}

#[test]
fn every_target_holds_on_what_its_corpus_can_become() {
    for (name, body) in BODIES {
        let strategy = spoiled(corpus(name).into_iter().map(|(_, bytes)| bytes).collect());
        let mut runner = TestRunner::new(Config { cases: 2000, failure_persistence: None, ..Config::default() });
        runner
            .run(&strategy, |bytes| {
                body(&bytes);
                Ok(())
            })
            .unwrap_or_else(|error| panic!("{name}: {error}; add the bytes to fuzz/corpus/{name}"));
    }
}
