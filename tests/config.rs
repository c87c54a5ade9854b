//! The configuration as a user meets it: the generated file, the environment, mistakes.

use std::path::Path;

use copydesk::config::Config;

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Vec<String>> {
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    Config::read(text, variables).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

/// The file in `deploy/` is the manual of all options; one that lags behind the program misleads whoever edits it.
#[test]
fn the_file_in_deploy_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/copydesk.toml");
    let printed = Config::manual();
    if std::env::vars().any(|(name, _)| name == "UPDATE_GOLDEN") {
        std::fs::write(&path, &printed).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == printed,
        "deploy/copydesk.toml is out of date; UPDATE_GOLDEN=1 cargo test --test config rewrites it"
    );
}

/// What the program prints as its defaults must be its defaults.
#[test]
fn the_printed_file_means_the_same_as_none() {
    let printed = read(&Config::manual(), &[]).unwrap();
    assert_eq!(serde_json::to_value(printed).unwrap(), serde_json::to_value(Config::default()).unwrap());
}

/// Every option is explained: a file of bare keys is no manual.
#[test]
fn every_option_has_its_reason() {
    let manual = Config::manual();
    let mut explained = false;
    for line in manual.lines() {
        let is_option = line.contains(" = ") && !line.starts_with("# ") || line.starts_with('[');
        assert!(!is_option || explained, "{line} has no comment");
        explained = line.starts_with("# ");
    }
}

/// The defaults must work on a laptop as they are.
#[test]
fn the_defaults_have_no_problems() {
    assert_eq!(read("", &[]).map(|_| ()), Ok(()));
}

/// Two options that one variable could mean would be set together.
#[test]
fn every_variable_means_one_option() {
    let mut names: Vec<_> = Config::variables();
    let all = names.len();
    assert!(all > 20, "{names:?}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn variables_reach_every_depth() {
    let variables = [
        ("COPYDESK_KAFKA_BROKERS", "one:9092,two:9092"),
        ("COPYDESK_KAFKA_TOPICS_RAW", "wire"),
        ("COPYDESK_STAGES_SENTIMENT_ENABLED", "false"),
        ("COPYDESK_SERVICE_COMMIT_INTERVAL", "50ms"),
        ("COPYDESK_SERVICE_WORKERS", "2"),
        ("COPYDESK_KAFKA_CLIENT_SOCKET_KEEPALIVE_ENABLE", "true"),
    ];
    let config = read("[kafka.topics]\nraw = \"other\"", &variables).unwrap();
    assert_eq!(config.kafka.brokers, "one:9092,two:9092");
    assert_eq!(config.kafka.topics.raw, "wire");
    assert!(!config.stages.sentiment.enabled);
    assert_eq!(config.service.workers, Some(2));
}

/// TOML reads an unquoted `a.b = 1` as a table in a table; to whoever writes it, it is an option of the client.
#[test]
fn options_of_the_client_need_no_quotes() {
    let options = "[kafka.client]\nsocket.keepalive.enable = true\n\"socket.timeout.ms\" = 30000\n";
    assert_eq!(read(options, &[]).map(|_| ()), Ok(()));
    let problems =
        read("[kafka.client]\nsocket.keepalive.enabel = true\nenable.auto.commit = true\n", &[]).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems.iter().any(|problem| problem.starts_with("kafka.client.socket.keepalive.enabel: ")),
        "{problems:?}"
    );
    assert!(
        problems.iter().any(|problem| problem.starts_with("kafka.client.enable.auto.commit: belongs")),
        "{problems:?}"
    );
}

/// The name of a configuration stands in each record: it must change with what changes records, and with nothing else,
/// or two instances of one service would write different bytes.
#[test]
fn the_hash_follows_what_changes_records() {
    let hash = |text: &str| read(text, &[]).unwrap().hash();
    let usual = hash("");
    assert!(usual.starts_with("sha256:") && usual.len() == 71, "{usual}");
    assert_eq!(usual, hash("kafka.brokers = \"elsewhere:9092\"\nmodel.path = \"elsewhere\"\nservice.workers = 7"));
    assert_ne!(usual, hash("record.offset_unit = \"utf16\""));
    assert_ne!(usual, hash("stages.sentiment.enabled = false"));
}

/// The parser would quote the line in which it stopped, and that line may hold a secret.
#[test]
fn a_broken_file_is_named_by_its_line_and_not_quoted() {
    let problems = read("[kafka]\n\nsasl_password = \"swordfish\n", &[]).unwrap_err();
    assert!(problems[0].starts_with("TOML: line 3: ") && !problems.concat().contains("swordfish"), "{problems:?}");
}
