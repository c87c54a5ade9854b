//! Certificates, keys and tokens for one run of the suite, made by `openssl`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A folder with an authority for certificates, and a key that signs tokens.
pub(crate) struct Authority(PathBuf);

impl Authority {
    /// Makes the authority `ca.pem`, an unrelated one `other.pem`, and the key for tokens with `jwks.json`.
    pub(crate) fn new(folder: &Path) -> Result<Self, String> {
        let authority = Self(folder.to_owned());
        for name in ["ca", "other"] {
            let subject = format!("/CN=authority {name}");
            authority.openssl(
                &format!("req -x509 -newkey rsa:2048 -nodes -days 2 -keyout {name}.key -out {name}.pem"),
                &["-subj", &subject],
            )?;
        }
        authority.openssl("genrsa -out token.key 2048", &[])?;
        let modulus = authority.openssl("rsa -in token.key -noout -modulus", &[])?;
        let hex = String::from_utf8_lossy(&modulus).trim().trim_start_matches("Modulus=").to_owned();
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(hex.get(at..at + 2).unwrap(), 16).unwrap()).collect();
        let key = format!(
            r#"{{"keys": [{{"kty": "RSA", "kid": "k", "use": "sig", "alg": "RS256", "n": "{}", "e": "AQAB"}}]}}"#,
            base64url(&bytes)
        );
        std::fs::write(authority.path("jwks.json"), key).unwrap();
        Ok(authority)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// `NAME.pem` and `NAME.key` for `subject` at this machine, and both in `NAME.both`; ends `days` from now.
    pub(crate) fn certificate(&self, name: &str, subject: &str, days: i32) {
        let subject = format!("/CN={subject}");
        let request = format!("req -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr");
        self.openssl(&request, &["-subj", &subject]).unwrap();
        std::fs::write(self.path("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
        let sign = format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -out {name}.pem -extfile names");
        self.openssl(&sign, &["-days", &days.to_string()]).unwrap();
        let read = |end: &str| std::fs::read_to_string(self.path(&format!("{name}.{end}"))).unwrap();
        std::fs::write(self.path(&format!("{name}.both")), read("key") + &read("pem")).unwrap();
    }

    /// Encrypts the key of `name` with `password`, as `NAME.locked.key`.
    pub(crate) fn lock(&self, name: &str, password: &str) {
        let password = format!("pass:{password}");
        let lock = format!("pkcs8 -topk8 -in {name}.key -out {name}.locked.key");
        self.openssl(&lock, &["-passout", &password]).unwrap();
    }

    /// A signed token for `subject` that ends `lifetime` from now.
    pub(crate) fn token(&self, subject: &str, lifetime: Duration) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let end = (now + lifetime).as_secs();
        let claims = format!(
            r#"{{"sub": "{subject}", "iss": "https://login.example", "aud": "kafka", "iat": {}, "exp": {end}}}"#,
            now.as_secs()
        );
        let signed = format!("{}.{}", base64url(br#"{"alg": "RS256", "kid": "k"}"#), base64url(claims.as_bytes()));
        std::fs::write(self.path("signed"), &signed).unwrap();
        let signature = self.openssl("dgst -sha256 -sign token.key signed", &[]).unwrap();
        format!("{signed}.{}", base64url(&signature))
    }

    /// Runs `openssl` in the folder with the words of `arguments` and then `more`; what it prints.
    fn openssl(&self, arguments: &str, more: &[&str]) -> Result<Vec<u8>, String> {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .args(more)
            .current_dir(&self.0)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("openssl: {error}; install it (Debian: apt-get install openssl)"))?;
        match output.status.success() {
            true => Ok(output.stdout),
            false => Err(format!("openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr))),
        }
    }
}

/// `bytes` in the base64 of tokens (RFC 4648, section 5, without padding).
fn base64url(bytes: &[u8]) -> String {
    const SYMBOLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let held = part.iter().fold(0, |held, byte| held << 8 | usize::from(*byte)) << (8 * (3 - part.len()));
        text.extend((0..=part.len()).map(|at| char::from(SYMBOLS[held >> (18 - 6 * at) & 63])));
    }
    text
}
