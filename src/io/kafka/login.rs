//! Logging in: tokens for `OAUTHBEARER`, from a file that somebody else keeps fresh (the service itself talks to brokers
//! only), and what the brokers last said when they refused us.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rdkafka::client::OAuthToken;
use rdkafka::consumer::{BaseConsumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use serde::Deserialize;

use super::context::lock;
use super::errors::{denied, mend};
use super::settings::Settings;

/// How long a token is used that does not say when it ends.
const OPAQUE: Duration = Duration::from_secs(300);

/// How a client logs in, and how that went.
#[derive(Debug, Default)]
pub(super) struct Login {
    token_file: Option<PathBuf>,
    asked: AtomicBool,
    refused: Mutex<Option<(Code, String)>>,
}

/// What we read of the claims of a token.
#[derive(Deserialize)]
struct Claims {
    /// When it ends, in seconds since 1970.
    exp: f64,
}

impl Login {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { token_file: settings.sasl_token_file.clone(), ..Self::default() }
    }

    /// The token as it is in the file now. The client asks again when most of its time is over.
    ///
    /// # Errors
    /// If there is none, or it has expired. The token itself is not named.
    pub(super) fn token(&self) -> Result<OAuthToken, Box<dyn Error>> {
        self.asked.store(true, Ordering::Release);
        let Some(file) = &self.token_file else { return Err("kafka.sasl_token_file is not set".into()) };
        let place = file.display();
        let text = std::fs::read_to_string(file).map_err(|error| format!("reading the token in {place}: {error}"))?;
        let token = text.trim().to_owned();
        if token.is_empty() {
            return Err(format!("the token file {place} is empty; have it written").into());
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let end = end(&token).unwrap_or(now + OPAQUE);
        if end <= now {
            return Err(format!("the token in {place} has expired; have it renewed before it ends").into());
        }
        // The brokers take the name from the token; the client only wants one to be there.
        Ok(OAuthToken {
            token,
            principal_name: "copydesk".into(),
            lifetime_ms: i64::try_from(end.as_millis()).unwrap_or(i64::MAX),
        })
    }

    /// Notes an error of the client if the brokers refuse us by it.
    pub(super) fn note(&self, error: &KafkaError, reason: &str) {
        let code = match error.rdkafka_error_code() {
            Some(code @ (Code::Authentication | Code::SaslAuthenticationFailed | Code::SSL)) => code,
            // With TLS 1.3 a client hears that its certificate is refused when it has begun to read.
            Some(Code::BrokerTransportFailure) if reason.contains(OPENSSL) => Code::SSL,
            Some(code) if denied(code) => code,
            _ => return,
        };
        *lock(&self.refused) = Some((code, plain(reason)));
    }

    /// Forgets what was noted, the brokers having let us in.
    pub(super) fn forget(&self) {
        *lock(&self.refused) = None;
    }

    /// The last refusal and how to mend it, in the words of the brokers and of the settings.
    pub(super) fn refusal(&self, settings: &Settings) -> Option<String> {
        let refused = lock(&self.refused);
        let (code, reason) = refused.as_ref()?;
        let what = if denied(*code) { "the brokers do not allow it" } else { "the brokers refuse the connection" };
        Some(format!("{what}: {reason}{}", mend(Some(*code), settings)))
    }

    /// Why no broker answers.
    pub(super) fn silence(&self, settings: &Settings) -> String {
        let away = || format!("no broker answers; is one running at {}?", settings.brokers);
        self.refusal(settings).unwrap_or_else(away)
    }

    /// Serves `consumer` for as long as it takes to hand it a token: one that only asks questions waits for it in vain.
    pub(super) fn hand<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>, wait: Duration) {
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        while self.token_file.is_some() && !self.asked.load(Ordering::Acquire) && waited < wait {
            // Without an assignment nothing else comes; errors are told by whatever is asked next.
            drop(consumer.poll(step));
            waited += step;
        }
    }

    /// Lets a `consumer` that only asks questions tell of its errors.
    pub(super) fn hear<C: ConsumerContext>(&self, consumer: &BaseConsumer<C>) {
        let several = 100;
        (0..several).take_while(|_| consumer.poll(Duration::from_millis(10)).is_some()).for_each(drop);
    }
}

/// What stands before the words of OpenSSL, after a place in its source.
const OPENSSL: &str = "SSL routines::";

/// `reason` without what says nothing to people, or differs each time: places in sources, and how long it took.
fn plain(reason: &str) -> String {
    let reason = reason.split(" (after ").next().unwrap_or(reason);
    match reason.split_once(OPENSSL) {
        Some((before, words)) => format!("{}: TLS: {words}", before.split(": ").next().unwrap_or_default()),
        None => reason.to_owned(),
    }
}

/// When a JSON Web Token ends, since 1970.
fn end(token: &str) -> Option<Duration> {
    let claims = base64url(token.split('.').nth(1)?)?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    Duration::try_from_secs_f64(claims.exp).ok()
}

/// The bytes that `text` stands for in the base64 of RFC 4648, section 5, as tokens have it: without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut held, mut bits) = (0_u32, 0);
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xFF) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(text: &str) -> (tempfile::TempDir, Login) {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("token");
        std::fs::write(&file, text).unwrap();
        (directory, Login { token_file: Some(file), ..Login::default() })
    }

    #[test]
    fn base64_is_read_at_every_length() {
        let cases = [("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"), ("fn5-", "~~~")];
        for (text, bytes) in cases {
            assert_eq!(base64url(text).unwrap(), bytes.as_bytes(), "{text}");
        }
        assert_eq!(base64url("_-8").unwrap(), [0xFF, 0xEF]);
        assert_eq!(base64url("Zg=="), None);
    }

    /// A message that differs each time is logged each time.
    #[test]
    fn refusals_are_told_in_plain_words() {
        let cases = [
            (
                "ssl://h:1/bootstrap: Receive failed: ../ssl/x.c:16:ssl3_read error:0A:SSL routines::sslv3 alert bad \
                 certificate: SSL alert number 42 (after 3ms in state APIVERSION_QUERY)",
                "ssl://h:1/bootstrap: TLS: sslv3 alert bad certificate: SSL alert number 42",
            ),
            (
                "sasl_ssl://h:1/2: SASL authentication error: no (after 5ms in state AUTH_REQ, 1 identical error(s))",
                "sasl_ssl://h:1/2: SASL authentication error: no",
            ),
        ];
        for (reason, told) in cases {
            assert_eq!(plain(reason), told);
        }
    }

    /// The file is written by others: each way in which it is of no use is told with the place, and never with the token.
    #[test]
    fn a_token_is_read_with_its_end_and_refused_without_being_shown() {
        // {"sub":"desk","exp":4102444800}
        let lasting = "x.eyJzdWIiOiJkZXNrIiwiZXhwIjo0MTAyNDQ0ODAwfQ.sword";
        let (_directory, source) = login(&format!("{lasting}\n"));
        let token = source.token().unwrap();
        assert_eq!((token.token.as_str(), token.lifetime_ms), (lasting, 4_102_444_800_000));
        let (_directory, source) = login("an opaque one");
        assert_eq!(source.token().unwrap().token, "an opaque one");
        // {"exp":1000000000}
        for (text, told) in [("x.eyJleHAiOjEwMDAwMDAwMDB9.sword", "has expired"), (" \n", "is empty")] {
            let (_directory, source) = login(text);
            let said = source.token().err().unwrap().to_string();
            assert!(said.contains(told) && said.contains("/token") && !said.contains("sword"), "{said}");
        }
        let (directory, source) = login("");
        drop(directory);
        assert!(source.token().err().unwrap().to_string().contains("reading the token in"));
    }
}
