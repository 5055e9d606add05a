//! What a failure says about whose fault it is: by the step of the conversation at which it happened, and by the
//! server's answer, if there was one.

use crate::domain::notice::Fault;

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The connection, with its encryption if it is encrypted from the start, the greeting and `EHLO`.
    Connect,
    /// `STARTTLS` and the handshake.
    StartTls,
    /// `AUTH`.
    SignIn,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The message and the dot behind it.
    Message,
}

impl Step {
    /// Its name, for administrators.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connect => "the connection",
            Self::StartTls => "STARTTLS",
            Self::SignIn => "AUTH",
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Message => "the message",
        }
    }
}

/// How a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure<'a> {
    /// The server refused, with a code and words.
    Refused(u16, &'a str),
    /// The encryption did not come about.
    Encryption,
    /// The connection broke, or never was; or what came was no SMTP.
    Broken,
    /// No answer came in time.
    Silence,
}

/// Whose fault it is.
pub(super) fn judge(step: Step, failure: Failure<'_>) -> Fault {
    match (step, failure) {
        (Step::Connect | Step::StartTls, Failure::Encryption) | (Step::StartTls, _) => {
            Fault::EncryptionFailed
        }
        (Step::Connect, Failure::Refused(..)) => Fault::ServerUnavailable,
        // Nothing has been said of any recipient or message yet.
        (
            Step::Connect | Step::SignIn | Step::Sender,
            Failure::Broken | Failure::Silence | Failure::Encryption,
        ) => Fault::ServerUnreachable,
        (Step::SignIn, Failure::Refused(421, _)) => Fault::ServerUnavailable,
        (Step::SignIn, Failure::Refused(..)) => Fault::SignInRefused,
        // Every letter has the same sender: a server that has no time for it has none for any.
        (Step::Sender, Failure::Refused(400..=499, _)) => Fault::ServerUnavailable,
        (Step::Sender, Failure::Refused(_, said)) => match enhanced(said) {
            Some((3, 4) | (2, 3)) => Fault::MessageTooLarge,
            _ => Fault::SenderRefused,
        },
        (Step::Recipient | Step::Data | Step::Message, Failure::Broken | Failure::Encryption) => {
            Fault::Interrupted
        }
        (Step::Recipient | Step::Data | Step::Message, Failure::Silence) => Fault::NoAnswer,
        (Step::Recipient, Failure::Refused(400..=499, _)) => Fault::RecipientDeferred,
        (Step::Recipient, Failure::Refused(code, said)) => {
            if refuses_recipient(code, said) {
                Fault::RecipientRefused
            } else {
                Fault::RecipientBlocked
            }
        }
        (Step::Data | Step::Message, Failure::Refused(400..=499, _)) => Fault::MessageDeferred,
        (Step::Data | Step::Message, Failure::Refused(code, said)) => {
            match (code, enhanced(said)) {
                (_, Some((3, 4) | (2, 3))) | (552, None) => Fault::MessageTooLarge,
                _ => Fault::MessageRefused,
            }
        }
    }
}

/// Whether an answer to `RCPT TO` says that there is no such recipient, so that it will be the same tomorrow. A full
/// mailbox is emptied, and what else an address is refused for (a relay that is not ours, a block list, a rule) is a matter of
/// setup, which somebody repairs.
fn refuses_recipient(code: u16, said: &str) -> bool {
    match enhanced(said) {
        // RFC 3463 and 7505: no such mailbox or system, bad syntax, ambiguous, moved, a domain without mail; disabled.
        Some((1, 0..=4 | 6 | 10) | (2, 1)) => true,
        Some(_) => false,
        // RFC 5321 and 7504: no such mailbox here, or a domain that takes none.
        None => matches!(code, 521 | 550 | 551 | 553 | 556) && !speaks_of_rules(said),
    }
}

/// The enhanced status of a lasting refusal (RFC 3463) without its class: `5.1.1` is (1, 1).
fn enhanced(said: &str) -> Option<(u16, u16)> {
    said.split(|c: char| {
        c.is_whitespace() || matches!(c, ':' | ',' | ';' | '(' | ')' | '[' | ']' | '#')
    })
    .find_map(|word| {
        let mut numbers = word.split('.').map(str::parse::<u16>);
        match (
            numbers.next(),
            numbers.next(),
            numbers.next(),
            numbers.next(),
        ) {
            (Some(Ok(5)), Some(Ok(subject)), Some(Ok(detail)), None) => Some((subject, detail)),
            _ => None,
        }
    })
}

/// Whether the words of an answer without an enhanced status speak of the sender, of rules or of reputation: `550` is
/// also what servers say that relay nothing, or do not like the client (RFC 5321, 4.2.3: "for policy reasons").
fn speaks_of_rules(said: &str) -> bool {
    const RULES: [&str; 26] = [
        "relay",
        "auth",
        "denied",
        "polic",
        "block",
        "black",
        "spam",
        "reputation",
        "rbl",
        "dnsbl",
        "sender",
        "spf",
        "dkim",
        "dmarc",
        "tls",
        "encrypt",
        " rate",
        "limit",
        "quota",
        "full",
        "too many",
        "permi",
        "prohibit",
        "banned",
        "reverse dns",
        "administra",
    ];
    let said = said.to_ascii_lowercase();
    RULES.iter().any(|rule| said.contains(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_recipient_at_rcpt_is_final() {
        for (code, said) in [
            (
                550,
                "5.1.1 <x@y.example>: Recipient address rejected: User unknown",
            ),
            (550, "no such user here"),
            (550, "Requested action not taken: mailbox unavailable"),
            (550, "5.1.10 recipient address has null MX"),
            (550, "#5.1.0 Address rejected."),
            (551, "user not local"),
            (553, "5.1.3 bad address"),
            (501, "5.1.3 bad recipient address syntax"),
            (550, "5.1.6 moved"),
            (550, "5.2.1 this account is disabled"),
            (556, "domain does not accept mail"),
        ] {
            let fault = judge(Step::Recipient, Failure::Refused(code, said));
            assert_eq!(fault, Fault::RecipientRefused, "{code} {said}");
            for step in [
                Step::Connect,
                Step::SignIn,
                Step::Sender,
                Step::Data,
                Step::Message,
            ] {
                let fault = judge(step, Failure::Refused(code, said));
                assert!(!fault.is_final(), "{step:?} {code} {said}: {fault}");
            }
        }
        for (code, said) in [
            (550, "5.7.1 Relaying denied"),
            (554, "5.7.1 <x@y.example>: Relay access denied"),
            (550, "relay not permitted"),
            (550, "Authentication is required for relay"),
            (550, "Your address is listed on a block list"),
            (550, "5.1.8 sender domain not found"),
            (550, "5.1.7 bad sender"),
            (552, "5.2.2 mailbox full"),
            (552, "over quota"),
            (550, "5.4.1 Recipient address rejected: Access denied"),
            (530, "5.7.0 Must issue a STARTTLS command first"),
            (503, "5.5.1 bad sequence"),
            (554, "no mail today"),
        ] {
            let fault = judge(Step::Recipient, Failure::Refused(code, said));
            assert_eq!(fault, Fault::RecipientBlocked, "{code} {said}");
        }
    }

    #[test]
    fn what_fails_before_a_recipient_is_named_is_everybodys() {
        for step in [Step::Connect, Step::StartTls, Step::SignIn, Step::Sender] {
            for failure in [
                Failure::Refused(421, "4.3.2 shutting down"),
                Failure::Refused(451, "4.3.0 later"),
                Failure::Refused(535, "5.7.8 no"),
                Failure::Refused(550, "5.7.1 no"),
                Failure::Refused(554, "no"),
                Failure::Broken,
                Failure::Silence,
            ] {
                let fault = judge(step, failure);
                assert!(fault.is_of_everything(), "{step:?} {failure:?}: {fault}");
            }
        }
    }

    #[test]
    fn what_fails_later_is_one_notices() {
        for step in [Step::Recipient, Step::Data, Step::Message] {
            for failure in [
                Failure::Refused(421, "4.3.2 shutting down"),
                Failure::Refused(451, "later"),
                Failure::Refused(554, "5.7.1 looks like spam"),
                Failure::Broken,
                Failure::Silence,
            ] {
                let fault = judge(step, failure);
                assert!(
                    !fault.is_of_everything() && !fault.is_final(),
                    "{step:?} {failure:?}: {fault}"
                );
            }
        }
        for said in [
            "5.3.4 message too big",
            "5.2.3 too long",
            "message size exceeds fixed limit",
        ] {
            assert_eq!(
                judge(Step::Message, Failure::Refused(552, said)),
                Fault::MessageTooLarge,
                "{said}"
            );
        }
    }
}
