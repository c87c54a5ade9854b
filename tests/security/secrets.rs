//! Unmistakable words in place of every secret and in every article: whatever the service says, in any way and however it
//! fails, says none of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rdkafka::producer::Producer;

use super::support::{Broker, Input};
use super::{PASSWORD, PATIENCE, certificate, config, scram, site, token, topics};

/// In every secret.
const SECRET: &str = "plantedsecret";

/// In the text of every article, but not in what names it.
const WORD: &str = "Embargowort";

/// The program, as loud as it can be.
fn program(arguments: &[&str], config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    command.args(arguments).arg("--config").arg(config);
    command.env("COPYDESK_LOG_LEVEL", "trace").env("RUST_BACKTRACE", "full").env("RUST_LIB_BACKTRACE", "1");
    command.stdin(Stdio::null());
    command
}

/// What a command says.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The service at work, what it says going to a file.
struct Service {
    child: Child,
    output: PathBuf,
}

impl Service {
    fn start(config: &Path, variables: &[(&str, &str)]) -> Self {
        let output = config.with_extension("said");
        let file = std::fs::File::create(&output).unwrap();
        let mut command = program(&["run"], config);
        command.envs(variables.iter().copied());
        let child = command.stdout(file.try_clone().unwrap()).stderr(file).spawn().unwrap();
        Self { child, output }
    }

    fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap()).into_owned()
    }

    fn wait_for(&self, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.said().contains(words) {
            assert!(Instant::now() < deadline, "it never said {words:?}: {:.3000}", self.said());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What it answers by HTTP.
    fn pages(&self) -> String {
        self.wait_for("answering /healthz");
        let line = self.said().lines().find(|line| line.contains("answering /healthz")).unwrap().to_owned();
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = line["address"].as_str().unwrap();
        let mut pages = String::new();
        for path in ["/healthz", "/readyz", "/metrics", "/config", "/none"] {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: copydesk\r\n\r\n").unwrap();
            stream.read_to_string(&mut pages).unwrap();
        }
        assert!(pages.contains("sasl_mechanism") || pages.contains("tls_key_file"), "{pages}");
        pages
    }

    /// Ends it, and gives all that it said.
    fn end(mut self) -> String {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
        self.said()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Good articles of each form, and some that cannot be read, each for a reason of its own.
fn articles() -> Vec<Input> {
    let deep = format!("{{\"body\": {}\"{WORD}\"", "[".repeat(10_000));
    let bodies: [Vec<u8>; 9] = [
        format!("{WORD} meets\n\nThe council of {WORD} met on Monday.").into_bytes(),
        format!(r#"{{"id": "a-1", "title": "{WORD} meets", "body": "The council of {WORD} met."}}"#).into_bytes(),
        format!(r#"{{"id": "a-2", "title": "{WORD}", "body": 7}}"#).into_bytes(),
        format!(r#"{{"id": "a-3", "{WORD}": "{WORD}", "body": ["{WORD}"]}}"#).into_bytes(),
        format!(r#"{{"id": "a-4", "published": "{WORD}", "body": "{WORD}"}}"#).into_bytes(),
        format!(r#"{{"id": "a-5", "body": "{WORD}"#).into_bytes(),
        [WORD.as_bytes(), b"\xff\xfe", WORD.as_bytes()].concat(),
        deep.into_bytes(),
        format!("<{WORD}>{}</{WORD}>", WORD.repeat(200_000)).into_bytes(),
    ];
    let headers = || vec![("note".to_owned(), Some(WORD.as_bytes().to_vec()))];
    bodies.into_iter().map(|body| (0, None, Some(body), headers())).collect()
}

/// The one scenario; it runs last, as it leaves its articles in the topics.
pub(crate) fn stay_inside(broker: &Broker, directory: &Path) {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut note = |what: &str, said: String| all.push((what.to_owned(), said));
    let client =
        format!("client = {{ \"ssl.keystore.password\" = \"{SECRET}-3\", \"debug\" = \"conf,security,broker\" }}\n");
    let password = |directory: &Path, name: &str, given: &str| config(directory, name, 1, &(scram(given) + &client));

    // At work, with articles of every kind.
    let inputs = articles();
    let (topics, producer) = (topics(broker), topics(broker).producer());
    topics.produce(&producer, &inputs);
    producer.flush(PATIENCE).unwrap();
    let good = password(directory, "loud", PASSWORD);
    let service = Service::start(&good, &[]);
    service.wait_for("partitions assigned");
    let sent = site().sent.lock().unwrap().len();
    let mut reader = topics.reader();
    reader.wait_for(sent + inputs.len(), PATIENCE);
    note("pages of a service at work", service.pages());
    note("a service at work", service.end());
    let mut dead = 0;
    for output in reader.read.iter().filter(|output| output.dead) {
        let ours = output.headers.iter().filter(|(name, _)| name.starts_with("copydesk-"));
        let texts = ours.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_deref().unwrap())));
        note("the headers of a dead letter", texts.collect::<Vec<_>>().join("\n"));
        dead += usize::from(output.headers.iter().any(|(name, _)| name == "note"));
    }
    assert!(dead >= 4, "{dead} articles were poisoned");

    // Refused, each secret from another place.
    let wrong = password(directory, "loud-wrong", &format!("{SECRET}-4"));
    let file = directory.join("password");
    std::fs::write(&file, format!("{SECRET}-5\n")).unwrap();
    let file = file.display().to_string();
    let bare = scram("").replace("sasl_password = \"\"\n", "");
    let by_file = config(directory, "loud-file", 1, &bare);
    let bare = config(directory, "loud-variable", 1, &bare);
    let locked = certificate("client").replace("client.key", "client.locked.key");
    let locked = config(directory, "loud-key", 2, &format!("{locked}tls_key_password = \"{SECRET}-6\"\n"));
    let forged = format!("x.{SECRET}.y");
    let (_, by_token) = token("loud-token", &forged);
    let by_token = config(directory, "loud-by-token", 3, &by_token);
    let refused: [(&Path, &[(&str, &str)]); 4] = [
        (&wrong, &[]),
        (&bare, &[("COPYDESK_KAFKA_SASL_PASSWORD", "plantedsecret-7")]),
        (&by_file, &[("COPYDESK_KAFKA_SASL_PASSWORD_FILE", &file)]),
        (&by_token, &[]),
    ];
    let services = refused.map(|(config, variables)| Service::start(config, variables));
    note("check with a wrong password", said(&mut program(&["check", "--broker"], &wrong)));
    for service in services {
        service.wait_for("the brokers refuse");
        note("pages of a service that is refused", service.pages());
        note("a service that is refused", service.end());
    }
    note("a key that does not open", said(&mut program(&["run"], &locked)));
    note("check of a key that does not open", said(&mut program(&["check", "--broker"], &locked)));

    // Mistakes around a secret.
    let mistakes = [
        "sasl_password = \"plantedsecret-8",
        "sasl_password = [\"plantedsecret-8\"]",
        "sasl_pasword = \"plantedsecret-8\"",
        "sasl_password = plantedsecret-8",
        "client = { \"sasl.password\" = \"plantedsecret-8\", \"ssl.key.password\" = \"plantedsecret-8\" }",
        "client = { \"ssl.keystore.password\" = [\"plantedsecret-8\"] }",
        "sasl_password = \"plantedsecret-8\"\nsasl_password = \"plantedsecret-9\"",
    ];
    for (number, mistake) in mistakes.into_iter().enumerate() {
        let file = directory.join(format!("mistake-{number}.toml"));
        std::fs::write(&file, format!("[kafka]\n{mistake}\n")).unwrap();
        for command in ["check", "run", "health"] {
            note(mistake, said(program(&[command], &file).env("COPYDESK_KAFKA_SASL_USERNAME", "someone")));
        }
    }
    let mut printed = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    let secrets = [("COPYDESK_KAFKA_SASL_PASSWORD", "plantedsecret-8"), ("COPYDESK_KAFKA_TLS_KEY_PASSWORD", SECRET)];
    note("config", said(printed.arg("config").envs(secrets).current_dir(directory)));
    let mut misspelt = program(&["check"], &good);
    note("a misspelt variable", said(misspelt.env("COPYDESK_KAFKA_SASL_PASWORD", "plantedsecret-8")));

    // An article that cannot be read: only records may hold its text.
    let mut annotate = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    let article = directory.join("article.json");
    std::fs::write(&article, format!("{{\"id\": \"a\", \"title\": 7, \"body\": \"{WORD}\"}}")).unwrap();
    let rejected = annotate.arg("annotate").arg(&article).env("COPYDESK_LOG_LEVEL", "trace").output().unwrap();
    note("annotate", String::from_utf8_lossy(&rejected.stderr).into_owned());

    let signature = site().authority.token("copydesk", PATIENCE);
    let signature = signature.rsplit('.').next().unwrap();
    let mut leaks = Vec::new();
    for (what, said) in &all {
        assert!(!said.is_empty(), "{what}: nothing was said");
        for planted in [SECRET, WORD, signature] {
            let lines = said.lines().filter(|line| line.to_lowercase().contains(&planted.to_lowercase()));
            leaks.extend(lines.map(|line| format!("{what}: {}", line.chars().take(600).collect::<String>())));
        }
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}
