//! `copydesk config`, `check`, `schema`, and arguments: what is printed, what is refused.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{err, folder, out, program, run};

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
        for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newsroom-en")).unwrap() {
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
        let file = copy.join("default.safetensors");
        let whole = fs::read(&file).unwrap();
        fs::write(file, &whole[..whole.len() / 2]).unwrap();
    });
    assert!(cut.contains("default.safetensors"), "{cut}");
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
    for command in ["run", "demo", "annotate", "check", "schema", "config", "top", "tap", "explain", "diff"] {
        assert!(out(&help).contains(command), "{command}");
    }
}
