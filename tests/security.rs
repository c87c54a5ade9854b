//! The service against Apache Kafka that lets in only whom it knows, by TLS, client certificate, password or token, and
//! allows each only what an authoriser lists: with exactly the rights of `docs/security.md` it does its work, and each
//! way in which it is refused ends in words that say what to do.
//!
//! Scenarios run one after another against one broker; an argument runs those whose name contains it. Without a broker
//! they are skipped aloud, which counts as a failure in CI.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a scenario stops at what it did not expect, aloud")]

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use support::{BARE, Broker, Input, Instance, Limits, Scenario, Topics, flush, script};

use self::authority::Authority;

#[path = "security/authority.rs"]
mod authority;
#[path = "security/secrets.rs"]
mod secrets;
#[allow(dead_code, reason = "other tests use the rest")]
mod support;

const SCENARIOS: [(&str, Scenario); 8] = [
    ("a_password_opens", a_password_opens),
    ("a_certificate_opens", a_certificate_opens),
    ("a_token_opens", a_token_opens),
    ("people_look_and_change_nothing", people_look_and_change_nothing),
    ("each_right_is_needed_and_named", each_right_is_needed_and_named),
    ("a_right_taken_away_at_work", a_right_taken_away_at_work),
    ("who_is_refused_learns_why", who_is_refused_learns_why),
    ("secrets_and_texts_stay_inside", secrets::stay_inside),
];

fn main() -> ExitCode {
    support::run_on("security", &SCENARIOS, start)
}

/// Far beyond what anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The password of every user.
const PASSWORD: &str = "plantedsecret-horse-1";

/// The password of the client's private key.
const KEY_PASSWORD: &str = "plantedsecret-staple-2";

/// A user of whom a right is taken.
const FADING: &str = "fading";

/// The user of people who look in.
const LOOKER: &str = "newsroom";

/// Where the rights are listed.
const MANUAL: &str = include_str!("../docs/security.md");

/// What all scenarios share: who vouches for whom, where the broker listens, and what has been sent so far.
struct Site {
    authority: Authority,
    /// Ports for administration, passwords (SCRAM), client certificates, tokens, passwords (PLAIN), one whose
    /// certificate has expired, and the controller.
    ports: [u16; 7],
    sent: Mutex<Vec<Input>>,
}

static SITE: OnceLock<Site> = OnceLock::new();

fn site() -> &'static Site {
    SITE.get().unwrap()
}

/// The rights of `user` that the manual lists, each as arguments of Kafka's own tool.
fn rights_of(user: &str) -> Vec<Vec<&'static str>> {
    let listed = |line: &'static str| line.strip_prefix("kafka-acls.sh --bootstrap-server BROKER ");
    let user = format!("--add --allow-principal User:{user} ");
    let lines = MANUAL.lines().filter_map(listed).filter(|line| line.contains(&user));
    let rights: Vec<_> = lines.map(|line| line.split(' ').collect()).collect();
    assert!(rights.len() >= 2, "the manual lists {} rights", rights.len());
    rights
}

/// The rights of the service.
fn rights() -> Vec<Vec<&'static str>> {
    rights_of("copydesk")
}

/// The user who has all rights but the one of this index.
fn without(index: usize) -> String {
    format!("without-{index}")
}

/// Starts the broker and lets in those whom the scenarios need.
fn start(folder: &Path) -> Result<Broker, String> {
    let authority = Authority::new(folder)?;
    authority.certificate("broker", "broker", 2);
    authority.certificate("broker-expired", "broker", -1);
    authority.certificate("client", "copydesk", 2);
    authority.certificate("client-expired", "copydesk", -1);
    authority.lock("client", KEY_PASSWORD);
    // Taken together, so that they differ.
    let listeners = [(); 7].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
    let jwks = format!("file://{}", authority.path("jwks.json").display());
    let allowed = format!(
        "-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={jwks} -Dorg.apache.kafka.sasl.oauthbearer.allowed.files={}",
        authority.path("jwks.json").display()
    );
    let port = ports[0].to_string();
    let properties = properties(&authority, ports, &jwks);
    let variables = [("KAFKA_PORT", &port), ("KAFKA_PROPERTIES", &properties), ("JAVA_TOOL_OPTIONS", &allowed)];
    let broker = Broker::own("security", &variables.map(|(name, value)| (name, value.as_str())))?;

    let user = format!("SCRAM-SHA-512=[password={PASSWORD}]");
    let mut tools = vec![vec!["kafka.admin.ConfigCommand", "--alter", "--add-config", &user]];
    tools[0].extend(["--entity-type", "users", "--entity-name", "copydesk"]);
    let others: Vec<String> = (0..rights().len()).map(|index| format!("User:{}", without(index))).collect();
    let fading = format!("User:{FADING}");
    for (index, right) in rights().into_iter().enumerate() {
        let mut tool = [vec![ACLS], right].concat();
        let some = others.iter().enumerate().filter(|(lacks, _)| *lacks != index).map(|(_, user)| user.as_str());
        some.chain([fading.as_str()]).for_each(|user| tool.extend(["--allow-principal", user]));
        tools.push(tool);
    }
    tools.extend(rights_of(LOOKER).into_iter().map(|right| [vec![ACLS], right].concat()));
    std::thread::scope(|threads| {
        let running: Vec<_> = tools.iter().map(|words| threads.spawn(|| tool(&broker, words))).collect();
        running.into_iter().try_for_each(|thread| thread.join().unwrap())
    })?;
    let topics = topics(&broker);
    let limits = Limits::default();
    [("raw", limits.raw), ("enriched", limits.enriched), ("dead", limits.dead)]
        .iter()
        .for_each(|(kind, limit)| topics.create(kind, *limit));
    SITE.set(Site { authority, ports, sent: Mutex::default() }).ok();
    Ok(broker)
}

const ACLS: &str = "org.apache.kafka.tools.AclCommand";

/// Runs one of Kafka's own tools as an administrator.
fn tool(broker: &Broker, words: &[&str]) -> Result<(), String> {
    script(&[&["tool", &broker.address], words].concat()).map(drop)
}

/// Lines for `server.properties`.
fn properties(authority: &Authority, ports: [u16; 7], jwks: &str) -> String {
    let names = ["PLAINTEXT", "SCRAM", "MTLS", "OAUTH", "PLAIN", "EXPIRED", "CONTROLLER"];
    let address = |(name, port): (&str, u16)| format!("{name}://127.0.0.1:{port}");
    let all: Vec<String> = names.into_iter().zip(ports).map(address).collect();
    let security = "org.apache.kafka.common.security";
    let mut text = format!(
        "listeners={}\nadvertised.listeners={}\ncontroller.quorum.voters=1@127.0.0.1:{}\n\
         listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MTLS:SSL,\
         OAUTH:SASL_SSL,PLAIN:SASL_SSL,EXPIRED:SASL_SSL\n\
         authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\nsuper.users=User:ANONYMOUS\n",
        all.join(","),
        all[..6].join(","),
        ports[6],
    );
    for (prefix, name) in [("", "broker"), ("listener.name.expired.", "broker-expired")] {
        let place = authority.path(&format!("{name}.both"));
        writeln!(text, "{prefix}ssl.keystore.type=PEM\n{prefix}ssl.keystore.location={}", place.display()).unwrap();
    }
    writeln!(text, "ssl.truststore.type=PEM\nssl.truststore.location={}", authority.path("ca.pem").display()).unwrap();
    // The name in a certificate is the name of the user.
    text += "listener.name.mtls.ssl.client.auth=required\n\
             listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+)$/$1/,DEFAULT\n";
    let users: Vec<String> = (0..rights().len()).map(without).chain([FADING, LOOKER].map(str::to_owned)).collect();
    let known: String = users.iter().map(|user| format!(" user_{user}=\"{PASSWORD}\"")).collect();
    for (listener, mechanism, module) in [
        ("scram", "SCRAM-SHA-512", format!("{security}.scram.ScramLoginModule required")),
        ("expired", "SCRAM-SHA-512", format!("{security}.scram.ScramLoginModule required")),
        ("plain", "PLAIN", format!("{security}.plain.PlainLoginModule required{known}")),
        ("oauth", "OAUTHBEARER", format!("{security}.oauthbearer.OAuthBearerLoginModule required")),
    ] {
        let listener = format!("listener.name.{listener}");
        let of_mechanism = mechanism.to_lowercase();
        writeln!(text, "{listener}.sasl.enabled.mechanisms={mechanism}").unwrap();
        writeln!(text, "{listener}.{of_mechanism}.sasl.jaas.config={module};").unwrap();
    }
    let handler = format!("{security}.oauthbearer.OAuthBearerValidatorCallbackHandler");
    writeln!(text, "listener.name.oauth.oauthbearer.sasl.server.callback.handler.class={handler}").unwrap();
    writeln!(text, "sasl.oauthbearer.jwks.endpoint.url={jwks}\nsasl.oauthbearer.expected.audience=kafka").unwrap();
    text += "sasl.oauthbearer.expected.issuer=https://login.example\n";
    text
}

/// The topics of the manual, as an administrator.
fn topics(broker: &Broker) -> Topics {
    Topics { address: broker.address.clone(), name: "articles".into(), partitions: 3, replicas: 1 }
}

/// Sends `count` articles more, one in five of them poisoned.
fn send(broker: &Broker, count: usize) {
    let mut sent = site().sent.lock().unwrap();
    let first = sent.len();
    let article = |number: usize| {
        let body =
            if number % 5 == 3 { "{\"body\": 7" } else { "Council meets\n\nThe council of Lindau met on Monday." };
        (i32::try_from(number % 3).unwrap(), None, Some(body.as_bytes().to_vec()), Vec::new())
    };
    let inputs: Vec<Input> = (first..first + count).map(article).collect();
    let (topics, producer) = (topics(broker), topics(broker).producer());
    topics.produce(&producer, &inputs);
    flush(&producer);
    sent.extend(inputs);
}

/// Waits until everything sent so far has come out, once each.
fn await_all(broker: &Broker) {
    let sent = site().sent.lock().unwrap();
    let mut reader = topics(broker).reader();
    reader.wait_for(sent.len(), PATIENCE);
    reader.drain();
    reader.check_exactly_once(&sent);
}

/// A configuration for the listener of this index, with these lines in its section `kafka`.
fn config(directory: &Path, name: &str, listener: usize, lines: &str) -> PathBuf {
    let file = directory.join(format!("{name}.toml"));
    let (port, ca) = (site().ports[listener], site().authority.path("ca.pem"));
    let ca = if lines.contains("tls_ca_file") { String::new() } else { format!("tls_ca_file = {ca:?}\n") };
    let text = format!(
        "[kafka]\nbrokers = \"127.0.0.1:{port}\"\ninstance = \"{name}\"\nsession_timeout = \"2s\"\n\
         transaction_timeout = \"6s\"\ntls = true\n{ca}{lines}\n{BARE}"
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// A login by password.
fn password(mechanism: &str, user: &str, password: &str) -> String {
    format!("sasl_mechanism = \"{mechanism}\"\nsasl_username = \"{user}\"\nsasl_password = \"{password}\"\n")
}

fn scram(password_given: &str) -> String {
    password("SCRAM-SHA-512", "copydesk", password_given)
}

/// A login by the certificate and key of `name`.
fn certificate(name: &str) -> String {
    let path = |end: &str| site().authority.path(&format!("{name}.{end}"));
    format!("tls_certificate_file = {:?}\ntls_key_file = {:?}\n", path("pem"), path("key"))
}

/// A login by a token, in a file of this name.
fn token(name: &str, token: &str) -> (PathBuf, String) {
    let file = site().authority.path(name);
    std::fs::write(&file, token).unwrap();
    let lines = format!("sasl_mechanism = \"OAUTHBEARER\"\nsasl_token_file = {file:?}\n");
    (file, lines)
}

/// What a command says, and its exit code.
fn ask(words: &[&str], config: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
    let output = command.args(words).arg("--config").arg(config).stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout) + &text(&output.stderr))
}

fn check(config: &Path) -> (Option<i32>, String) {
    ask(&["check", "--broker"], config)
}

/// The service at work by this configuration, with the listed rights and no more; articles go through once each.
fn works(broker: &Broker, config: &Path) {
    let (code, said) = check(config);
    assert!(code == Some(0) && said.contains("no problems"), "{code:?}: {said}");
    send(broker, 20);
    let service = Instance::start(config);
    await_all(broker);
    service.stop();
}

fn a_password_opens(broker: &Broker, directory: &Path) {
    works(broker, &config(directory, "scram", 1, &scram(PASSWORD)));
}

/// The key of the client is encrypted, as it should lie on a disk.
fn a_certificate_opens(broker: &Broker, directory: &Path) {
    let lines = certificate("client").replace("client.key", "client.locked.key");
    works(broker, &config(directory, "mtls", 2, &format!("{lines}tls_key_password = \"{KEY_PASSWORD}\"\n")));
}

fn a_token_opens(broker: &Broker, directory: &Path) {
    let (_, lines) = token("token", &site().authority.token("copydesk", Duration::from_secs(3600)));
    works(broker, &config(directory, "oauth", 3, &lines));
}

/// Who may only look is told what became of an article, and can neither take its place in the group nor write.
fn people_look_and_change_nothing(broker: &Broker, directory: &Path) {
    send(broker, 20);
    let service = Instance::start(&config(directory, "looked-at", 1, &scram(PASSWORD)));
    await_all(broker);
    service.stop();
    let config = config(directory, LOOKER, 4, &password("PLAIN", LOOKER, PASSWORD));
    let (code, told) = ask(&["explain", "articles.raw", "0", "0"], &config);
    assert!(code == Some(0) && told.contains("articles.enriched"), "{code:?}: {told}");
    let (code, told) = ask(&["tap", "--from", "earliest", "--limit", "3", "--json"], &config);
    assert!(code == Some(0) && told.lines().filter(|line| line.starts_with('{')).count() == 3, "{code:?}: {told}");
    let (code, told) = ask(&["check", "--broker"], &config);
    assert!(code == Some(64) && told.contains("write the transactional.id"), "{code:?}: {told}");
}

/// Least privilege, shown from its other side: without any one right the service ends and says which, and `check` finds
/// it beforehand. Nothing is lost over it.
fn each_right_is_needed_and_named(broker: &Broker, directory: &Path) {
    send(broker, 10);
    for (index, right) in rights().into_iter().enumerate() {
        let user = without(index);
        let config = config(directory, &user, 4, &password("PLAIN", &user, PASSWORD));
        let after = |option: &str| right.iter().position(|word| *word == option).map(|at| right[at + 1]);
        let named = match (after("--topic"), after("--group"), after("--transactional-id")) {
            (Some(topic), ..) => topic.to_owned(),
            (_, Some(group), _) => format!("read the group {group}"),
            (.., Some(id)) => format!("write the transactional.id {id}{user}"),
            _ => panic!("{right:?}"),
        };
        let (code, said) = check(&config);
        assert!(code == Some(64) && said.contains(&named), "{named:?}: {code:?}: {said}");
        let service = Instance::start(&config);
        let log = config.with_extension("log");
        let code = service.wait(PATIENCE).code();
        let said = std::fs::read_to_string(log).unwrap();
        let last = said.split("copydesk: the service failed").nth(1).unwrap_or_default();
        assert!(code == Some(1) && last.contains("allow this user") && last.contains(&named), "{code:?}: {said}");
    }
    let service = Instance::start(&config(directory, "rest", 1, &scram(PASSWORD)));
    await_all(broker);
    service.stop();
}

/// Administrators take rights from services that run: it ends with the reason instead of trying for ever, and when it has
/// the right again it goes on where it was.
fn a_right_taken_away_at_work(broker: &Broker, directory: &Path) {
    let config = config(directory, FADING, 4, &password("PLAIN", FADING, PASSWORD));
    let service = Instance::start(&config);
    send(broker, 10);
    await_all(broker);
    let change = |what: &[&str]| {
        let user = format!("User:{FADING}");
        let words = [&[ACLS], what, &["--allow-principal", &user]].concat();
        tool(broker, &[&words[..], &["--operation", "Write", "--topic", "articles.enriched"]].concat()).unwrap();
    };
    change(&["--remove", "--force"]);
    send(broker, 10);
    let code = service.wait(PATIENCE).code();
    let said = std::fs::read_to_string(config.with_extension("log")).unwrap();
    assert!(code == Some(1) && said.contains("allow this user") && said.contains("write articles.enriched"), "{said}");
    change(&["--add"]);
    let service = Instance::start(&config);
    await_all(broker);
    service.stop();
}

/// At the door nothing is final: secrets are changed on one side first, certificates are renewed. The service waits, says
/// why and what to look at, shows no secret, and goes on by itself when what it was given is right.
fn who_is_refused_learns_why(broker: &Broker, directory: &Path) {
    let authority = &site().authority;
    let hour = Duration::from_secs(3600);
    let forged = authority.token("copydesk", hour).rsplit_once('.').unwrap().0.to_owned() + ".c2lnbmF0dXJl";
    let (renewed, expired) = token("expired", EXPIRED_TOKEN);
    let (_, forged) = token("forged", &forged);
    let (missing, no_token) = token("missing", "");
    std::fs::remove_file(missing).unwrap();
    let unknown = format!("tls_ca_file = {:?}\n{}", authority.path("other.pem"), scram(PASSWORD));
    let cases = [
        ("wrong-password", 1, scram("wrong-plantedsecret-horse"), "kafka.sasl_username and its password"),
        ("unknown-authority", 1, unknown, "kafka.tls_ca_file"),
        ("expired-broker", 5, scram(PASSWORD), "the dates and names of the certificates"),
        ("expired-client", 2, certificate("client-expired"), "kafka.tls_certificate_file"),
        ("no-certificate", 2, String::new(), "kafka.tls_certificate_file"),
        ("expired-token", 3, expired, "has expired"),
        ("forged-token", 3, forged, "check the token in"),
        ("no-token", 3, no_token, "reading the token in"),
    ];
    let cases = cases.map(|(name, listener, lines, told)| (config(directory, name, listener, &lines), told));
    send(broker, 10);
    std::thread::scope(|threads| {
        for (config, told) in &cases {
            threads.spawn(move || {
                let (code, said) = check(config);
                assert!(code == Some(64) && said.contains(told), "{}: {code:?}: {said}", config.display());
                assert!(!said.contains("plantedsecret"), "{said}");
            });
        }
    });
    let mut services: Vec<_> = cases.iter().map(|(config, told)| (Instance::start(config), told)).collect();
    for (service, told) in &services {
        service.wait_for_log("the brokers refuse the connection", PATIENCE);
        service.wait_for_log(told, PATIENCE);
        assert!(!service.log().contains("plantedsecret"), "{}", service.log());
    }
    assert!(services.iter_mut().all(|(service, _)| service.running()));
    std::fs::write(renewed, authority.token("copydesk", hour)).unwrap();
    await_all(broker);
    services.iter().for_each(|(service, _)| service.signal("TERM"));
    for (service, _) in services {
        let code = service.wait(PATIENCE).code();
        assert_eq!(code, Some(0));
    }
}

/// A token that ended in 2001: `{"exp": 1000000000}`.
const EXPIRED_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJleHAiOiAxMDAwMDAwMDAwfQ.c2lnbmF0dXJl";
