//! Why a notice was not taken, and what follows from that (N2).

use super::super::closed_enum;

closed_enum! {
    /// Why a notice was not taken. Only a refusal of its recipient is final; everything else is somebody's to repair,
    /// and the notice waits for it.
    pub enum Fault as "NoticeFault" {
        /// The mail server cannot be reached, or hangs up before it is offered anything.
        ServerUnreachable = "server_unreachable",
        /// The mail server is reached, and says that it does not serve.
        ServerUnavailable = "server_unavailable",
        /// No encrypted connection comes about.
        EncryptionFailed = "encryption_failed",
        /// The mail server does not let the desk sign in.
        SignInRefused = "sign_in_refused",
        /// The mail server does not take mail from the desk's sender.
        SenderRefused = "sender_refused",
        /// The folder of outgoing mail cannot be written.
        FolderUnwritable = "folder_unwritable",
        /// There is no such recipient: final.
        RecipientRefused = "recipient_refused",
        /// The recipient's address is none that mail can be sent to: final.
        AddressUnusable = "address_unusable",
        /// The recipient gets nothing, for a reason that is not theirs alone: a rule of the server, a full mailbox.
        RecipientBlocked = "recipient_blocked",
        /// The recipient gets nothing for now.
        RecipientDeferred = "recipient_deferred",
        /// The message is not taken, whatever the reason.
        MessageRefused = "message_refused",
        /// The message is too large for the server.
        MessageTooLarge = "message_too_large",
        /// The message is not taken for now.
        MessageDeferred = "message_deferred",
        /// The mail server hung up in the middle.
        Interrupted = "interrupted",
        /// The mail server did not answer in time.
        NoAnswer = "no_answer",
        /// The message cannot be written: a template or the notice itself is not what this version knows.
        Unwritten = "unwritten",
    }
}

/// What a fault keeps from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything: it is the server's, or the desk's own setup. No single notice is to blame.
    Everything,
    /// What goes to the same recipient, in its order.
    Recipient,
    /// This message alone: others may overtake it.
    Message,
}

/// How often a notice whose message may be at fault holds back what comes behind it: for about three quarters of an
/// hour, after which a recipient is not to wait for one message any longer.
const HOLDS_BACK: i64 = 6;

impl Fault {
    /// What it keeps from being sent, when the notice was tried for the `attempts`-th time.
    pub const fn scope(self, attempts: i64) -> Scope {
        match self {
            Self::ServerUnreachable
            | Self::ServerUnavailable
            | Self::EncryptionFailed
            | Self::SignInRefused
            | Self::SenderRefused
            | Self::FolderUnwritable => Scope::Everything,
            Self::RecipientRefused
            | Self::AddressUnusable
            | Self::RecipientBlocked
            | Self::RecipientDeferred => Scope::Recipient,
            Self::MessageDeferred | Self::Interrupted | Self::NoAnswer => {
                if attempts < HOLDS_BACK {
                    Scope::Recipient
                } else {
                    Scope::Message
                }
            }
            Self::MessageRefused | Self::MessageTooLarge | Self::Unwritten => Scope::Message,
        }
    }

    /// Whether it is the server's, or the desk's own setup, and not a single notice's.
    pub const fn is_of_everything(self) -> bool {
        matches!(self.scope(1), Scope::Everything)
    }

    /// Whether this recipient is refused for good, so that trying again is of no use.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::RecipientRefused | Self::AddressUnusable)
    }
}

/// What a mail server said, without the addresses in it: to whom a mail goes is not for everybody who looks after the server.
pub fn without_addresses(said: &str) -> String {
    let parts = |c: char| c.is_whitespace() || "<>()[]{},;\"'".contains(c);
    let told = said.split_inclusive(parts).map(|part| {
        let word = part.trim_end_matches(parts);
        match word.contains('@') {
            true => format!("…@…{}", &part[word.len()..]),
            false => part.to_owned(),
        }
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_refusal_of_the_recipient_is_final() {
        let last: Vec<_> = (Fault::ALL.iter())
            .filter(|fault| fault.is_final())
            .collect();
        assert_eq!(last, [&Fault::RecipientRefused, &Fault::AddressUnusable]);
    }

    #[test]
    fn what_may_be_the_messages_own_fault_does_not_hold_a_recipient_up_for_ever() {
        for fault in [Fault::MessageDeferred, Fault::Interrupted, Fault::NoAnswer] {
            assert_eq!(fault.scope(1), Scope::Recipient, "{fault}");
            assert_eq!(fault.scope(HOLDS_BACK), Scope::Message, "{fault}");
        }
        assert_eq!(Fault::RecipientDeferred.scope(100), Scope::Recipient);
        assert_eq!(Fault::ServerUnreachable.scope(100), Scope::Everything);
    }

    #[test]
    fn what_a_server_said_names_nobody() {
        for (said, told) in [
            ("451 4.3.0 later", "451 4.3.0 later"),
            (
                "550 5.1.1 <dana@acme.test>: no such user dana@acme.test",
                "550 5.1.1 <…@…>: no such user …@…",
            ),
            (
                "RCPT TO:<\"d c\"@acme.test> (x@y)",
                "RCPT TO:<\"d c\"…@…> (…@…)",
            ),
            ("", ""),
        ] {
            assert_eq!(without_addresses(said), told);
        }
    }
}
