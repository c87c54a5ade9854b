//! The real program as a test starts it: no configuration but the test's own, stopped by its own process id.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The longest that a test waits for anything; far beyond what it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, to be run in an empty folder of its own, without variables that happen to be set.
pub(crate) fn program(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("COPYDESK_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments);
    command
}

/// The program without the stages that need the model, for tests that are not about them.
pub(crate) fn program_without_model(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program(folder, arguments);
    command.env("COPYDESK_STAGES_ENTITIES_ENABLED", "false").env("COPYDESK_STAGES_SENTIMENT_ENABLED", "false");
    command
}

/// Runs to the end with `input` on standard input.
pub(crate) fn run(command: &mut Command, input: &[u8]) -> Output {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("start the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("wait for the program");
    // A program that refuses its arguments does not read its input.
    writer.join().expect("write the input").ok();
    output
}

pub(crate) fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

pub(crate) fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8 on standard output")
}

pub(crate) fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8 on standard error")
}

/// A program that runs in the background; killed with the test.
pub(crate) struct Background {
    child: Child,
    /// Lines of standard output and standard error so far.
    said: Arc<Mutex<Vec<String>>>,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("start the program");
        let said = Arc::default();
        listen(child.stdout.take().expect("a pipe"), &said);
        listen(child.stderr.take().expect("a pipe"), &said);
        Self { child, said }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn said(&self) -> String {
        self.said.lock().expect("lines").join("\n")
    }

    /// Waits for a line that holds `words`.
    pub(crate) fn wait_for(&self, words: &str) -> String {
        until(|| self.said.lock().expect("lines").iter().find(|line| line.contains(words)).cloned())
            .unwrap_or_else(|| panic!("it never said {words:?}, but: {}", self.said()))
    }

    /// The address that it answers HTTP on.
    pub(crate) fn address(&self) -> String {
        let line = self.wait_for("/healthz");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a log line in JSON");
        line["address"].as_str().expect("the address").to_owned()
    }

    /// Waits until it is ready; returns the address that it answers HTTP on.
    pub(crate) fn ready(&self) -> String {
        let address = self.address();
        until(|| (get(&address, "/readyz").0 == 200).then_some(())).expect("ready");
        address
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        until(|| self.child.try_wait().expect("wait for the program"))
            .unwrap_or_else(|| panic!("it did not end; it said: {}", self.said()))
    }
}

fn listen(stream: impl Read + Send + 'static, said: &Arc<Mutex<Vec<String>>>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.lock().expect("lines").push(line);
        }
    });
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Asks again and again until there is an answer, or patience is at its end.
pub(crate) fn until<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let answer = ask();
        if answer.is_some() || began.elapsed() > PATIENCE {
            return answer;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Status and body of an HTTP answer.
pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: copydesk\r\nConnection: close\r\n\r\n").expect("ask");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_owned())
}
