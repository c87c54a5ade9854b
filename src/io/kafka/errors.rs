//! What to do about an error of the client, decided in one place.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::settings::Settings;

/// A call of the producer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    /// Beginning to use a transactional id.
    Init,
    /// Beginning a transaction; needs no broker.
    Begin,
    /// Any call that ends a transaction or adds offsets to it.
    End,
}

/// What the client says about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    code: Option<Code>,
    fatal: bool,
    abortable: bool,
    retriable: bool,
}

impl Facts {
    pub(super) fn of(error: &KafkaError) -> Self {
        let code = error.rdkafka_error_code();
        match error {
            KafkaError::Transaction(error) => Self {
                code,
                fatal: error.is_fatal(),
                abortable: error.txn_requires_abort(),
                retriable: error.is_retriable(),
            },
            _ => Self { code, fatal: code == Some(Code::Fatal), abortable: false, retriable: false },
        }
    }

    /// Whether the client is of no more use.
    pub(super) fn is_fatal(self) -> bool {
        self.fatal
    }
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// The same call again, a bounded number of times.
    Retry,
    /// Abort, rewind, go on.
    Abort,
    /// A fresh producer.
    Replace,
    /// A fresh producer; if that is fenced soon as well, another process uses its id.
    Fenced,
    /// No attempt can succeed.
    Fatal,
}

/// What to do about an error of `call`.
///
/// A call that timed out may take effect later: librdkafka goes on retrying in the background, and a late request can
/// hit a later transaction. Only a fresh producer, whose epoch fences the old one, is safe from that.
pub(super) fn class(call: Call, facts: Facts) -> Class {
    let Facts { code, fatal, abortable, retriable } = facts;
    match code {
        Some(code) if denied(code) => Class::Fatal,
        Some(Code::InvalidTransactionTimeout | Code::UnsupportedFeature | Code::UnsupportedVersion) => Class::Fatal,
        Some(Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch) => Class::Fenced,
        _ if fatal => Class::Replace,
        _ if call == Call::Init => Class::Retry,
        Some(Code::OperationTimedOut | Code::RequestTimedOut | Code::TimedOutQueue) => Class::Replace,
        _ if abortable => Class::Abort,
        _ if retriable => Class::Retry,
        _ => Class::Replace,
    }
}

/// What became of a message that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Undelivered {
    /// Taken back by us; no error of its own.
    Purged,
    /// Refused for what it is.
    Refused {
        /// For its size.
        too_large: bool,
    },
    /// The transaction cannot be committed.
    Failed(Class),
}

/// What to do about a message that was not delivered.
pub(super) fn undelivered(code: Code) -> Undelivered {
    match code {
        Code::PurgeQueue | Code::PurgeInflight => Undelivered::Purged,
        Code::MessageSizeTooLarge | Code::MessageBatchTooLarge | Code::InvalidMessageSize => {
            Undelivered::Refused { too_large: true }
        }
        Code::InvalidRecord | Code::InvalidTimestamp | Code::PolicyViolation => {
            Undelivered::Refused { too_large: false }
        }
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Undelivered::Failed(Class::Fenced),
        Code::Fatal => Undelivered::Failed(Class::Replace),
        code if denied(code) => Undelivered::Failed(Class::Fatal),
        _ => Undelivered::Failed(Class::Abort),
    }
}

/// Whether the brokers do not allow what we do. No wait mends that, so the service ends and says what is missing.
pub(super) fn denied(code: Code) -> bool {
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
    )
}

/// How to mend what `code` complains about, in the words of the settings; empty where nobody can tell.
pub(super) fn mend(code: Option<Code>, settings: &Settings) -> String {
    let topics = &settings.topics;
    match code {
        Some(Code::TopicAuthorizationFailed) => {
            format!("; allow this user to read {} and to write {} and {}", topics.raw, topics.enriched, topics.dead)
        }
        Some(Code::GroupAuthorizationFailed) => format!("; allow this user to read the group {}", settings.group),
        Some(Code::TransactionalIdAuthorizationFailed) => {
            format!("; allow this user to write the transactional.id {}", settings.transactional_id())
        }
        Some(Code::ClusterAuthorizationFailed) => "; allow this user idempotent writes to the cluster".into(),
        Some(Code::InvalidTransactionTimeout) => {
            "; lower kafka.transaction_timeout, or raise transaction.max.timeout.ms of the brokers".into()
        }
        Some(Code::UnsupportedFeature | Code::UnsupportedVersion) => {
            "; transactions need brokers from 2.5 on, kafka.group_protocol = \"consumer\" from 4.0 on".into()
        }
        Some(Code::UnknownTopic | Code::UnknownTopicOrPartition) => {
            "; create the topic, or set its name in kafka.topics".into()
        }
        Some(Code::SaslAuthenticationFailed | Code::Authentication) => match &settings.sasl_token_file {
            Some(file) => format!("; check the token in {}", file.display()),
            None => "; check kafka.sasl_username and its password".into(),
        },
        Some(Code::SSL) => "; check kafka.tls_ca_file, the dates and names of the certificates of both sides, and \
                            kafka.tls_certificate_file if the brokers ask for one"
            .into(),
        Some(Code::AllBrokersDown | Code::BrokerTransportFailure | Code::Resolve) => {
            format!("; is one running at {}?", settings.brokers)
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(code: Code, flags: &str) -> Facts {
        let has = |flag| flags.contains(flag);
        Facts { code: Some(code), fatal: has('f'), abortable: has('a'), retriable: has('r') }
    }

    /// The table that exactly-once stands on: flags f(atal), a(bortable), r(etriable) as the client sets them.
    #[test]
    fn each_error_has_its_class() {
        let table = [
            // The client's own advice, in the order of its weight.
            (Call::End, Code::CoordinatorLoadInProgress, "r", Class::Retry),
            (Call::End, Code::IllegalGeneration, "a", Class::Abort),
            (Call::End, Code::UnknownMemberId, "a", Class::Abort),
            (Call::End, Code::FencedInstanceId, "a", Class::Abort),
            (Call::End, Code::RebalanceInProgress, "ar", Class::Abort),
            (Call::End, Code::Fatal, "f", Class::Replace),
            (Call::End, Code::InvalidTransactionalState, "f", Class::Replace),
            (Call::End, Code::OutOfOrderSequenceNumber, "far", Class::Replace),
            // Nothing is said: the state of the producer is unknown.
            (Call::End, Code::State, "", Class::Replace),
            (Call::Begin, Code::State, "", Class::Replace),
            // A timeout is never retried on the same producer, whatever the client advises.
            (Call::End, Code::OperationTimedOut, "r", Class::Replace),
            (Call::End, Code::RequestTimedOut, "ar", Class::Replace),
            (Call::End, Code::TimedOutQueue, "", Class::Replace),
            // An init makes a fresh producer in any case.
            (Call::Init, Code::OperationTimedOut, "r", Class::Retry),
            (Call::Init, Code::CoordinatorNotAvailable, "", Class::Retry),
            (Call::Init, Code::ConcurrentTransactions, "r", Class::Retry),
            (Call::Init, Code::InvalidTransactionTimeout, "f", Class::Fatal),
            (Call::Init, Code::UnsupportedFeature, "f", Class::Fatal),
            // Fenced, by whichever code.
            (Call::End, Code::Fenced, "f", Class::Fenced),
            (Call::End, Code::ProducerFenced, "f", Class::Fenced),
            (Call::End, Code::InvalidProducerEpoch, "a", Class::Fenced),
            (Call::Init, Code::Fenced, "f", Class::Fenced),
            // Not allowed, by whichever call.
            (Call::End, Code::GroupAuthorizationFailed, "a", Class::Fatal),
            (Call::End, Code::TopicAuthorizationFailed, "a", Class::Fatal),
            (Call::Init, Code::TransactionalIdAuthorizationFailed, "f", Class::Fatal),
            (Call::Init, Code::ClusterAuthorizationFailed, "f", Class::Fatal),
        ];
        for (call, code, flags, expected) in table {
            assert_eq!(class(call, facts(code, flags)), expected, "{call:?} {code:?} {flags:?}");
        }
    }

    #[test]
    fn each_undelivered_message_has_its_fate() {
        use Undelivered::{Failed, Purged, Refused};
        let table = [
            (Code::PurgeQueue, Purged),
            (Code::PurgeInflight, Purged),
            (Code::MessageSizeTooLarge, Refused { too_large: true }),
            (Code::MessageBatchTooLarge, Refused { too_large: true }),
            (Code::InvalidRecord, Refused { too_large: false }),
            (Code::MessageTimedOut, Failed(Class::Abort)),
            (Code::UnknownTopic, Failed(Class::Abort)),
            (Code::NotEnoughReplicas, Failed(Class::Abort)),
            (Code::ProducerFenced, Failed(Class::Fenced)),
            (Code::Fatal, Failed(Class::Replace)),
            (Code::TopicAuthorizationFailed, Failed(Class::Fatal)),
        ];
        for (code, expected) in table {
            assert_eq!(undelivered(code), expected, "{code:?}");
        }
    }
}
