//! One conversation with a mail server, step by step: so that a failure says at which step it happened, and no step is
//! waited for longer than its time.

use std::error::Error as _;
use std::future::Future;
use std::io;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Mechanism;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailParameter};

use super::reply::{Failure, Step, judge};
use super::{Patience, Privacy, Server, resolve};
use crate::domain::notice::Fault;
use crate::mail::line::one_line;
use crate::mail::message::Letter;
use crate::mail::transport::SendError;

/// How many of a name's addresses are tried.
const ADDRESSES: usize = 4;

/// A conversation that has begun: the server has introduced itself, and knows who speaks.
pub(super) struct Conversation {
    connection: AsyncSmtpConnection,
    patience: Patience,
}

/// A letter that was not taken.
pub(super) struct Broken {
    /// Why.
    pub(super) error: SendError,
    /// Whether the conversation can go on with another letter.
    pub(super) goes_on: bool,
    /// Whether it broke before the server was told of a recipient.
    pub(super) before_recipient: bool,
}

impl Conversation {
    /// Connects, encrypts and signs in, as far as that is asked for.
    pub(super) async fn begin(server: &Server) -> Result<Self, SendError> {
        let mut connection = connect(server).await?;
        let patience = server.patience;
        if let Some(tls) = &server.tls
            && server.privacy != Privacy::Implicit
        {
            if connection.can_starttls() {
                let encrypted = connection.starttls(tls.clone(), &server.hello);
                within(patience.step * 2, Step::StartTls, encrypted).await?;
            } else if server.privacy == Privacy::Required {
                let detail = "the server does not offer STARTTLS";
                return Err(SendError::new(Fault::EncryptionFailed, detail));
            }
        }
        if let Some(credentials) = &server.credentials {
            const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];
            if connection
                .server_info()
                .get_auth_mechanism(&MECHANISMS)
                .is_none()
            {
                let detail = "the server does not offer AUTH PLAIN or LOGIN";
                return Err(SendError::new(Fault::SignInRefused, detail));
            }
            let signed_in = connection.auth(&MECHANISMS, credentials);
            within(patience.step, Step::SignIn, signed_in).await?;
        }
        Ok(Self {
            connection,
            patience,
        })
    }

    /// Offers a letter, from its sender to the dot at its end.
    pub(super) async fn offer(&mut self, letter: &Letter) -> Result<(), Broken> {
        let (patience, envelope) = (self.patience, letter.envelope());
        let connection = &mut self.connection;
        let mut parameters = Vec::new();
        if let Some(fault) = beyond_ascii(envelope) {
            if !(connection.server_info()).supports_feature(Extension::SmtpUtfEight) {
                let detail = "the server does not take addresses beyond ASCII (SMTPUTF8)";
                return Err(Broken {
                    error: SendError::new(fault, detail),
                    goes_on: true,
                    before_recipient: false,
                });
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let sender = connection.command(Mail::new(envelope.from().cloned(), parameters));
        within(patience.step, Step::Sender, sender)
            .await
            .map_err(|error| Broken::at(Step::Sender, error))?;
        for recipient in envelope.to() {
            let recipient = connection.command(Rcpt::new(recipient.clone(), Vec::new()));
            within(patience.step, Step::Recipient, recipient)
                .await
                .map_err(|error| Broken::at(Step::Recipient, error))?;
        }
        within(patience.step, Step::Data, connection.command(Data))
            .await
            .map_err(|error| Broken::at(Step::Data, error))?;
        within(
            patience.message,
            Step::Message,
            connection.message(letter.bytes()),
        )
        .await
        .map_err(|error| Broken::at(Step::Message, error))?;
        Ok(())
    }

    /// Whether the server is still there and ready for another letter.
    pub(super) async fn is_ready(&mut self) -> bool {
        let reset = self.connection.command(Rset);
        matches!(
            tokio::time::timeout(self.patience.reset, reset).await,
            Ok(Ok(_))
        )
    }

    /// Says goodbye, and hardly waits for the answer: nothing depends on it.
    pub(super) async fn end(mut self) {
        let quit = self.connection.command(Quit);
        let _ = tokio::time::timeout(self.patience.quit, quit).await;
    }
}

impl Broken {
    fn at(step: Step, failed: Failed) -> Self {
        Self {
            goes_on: matches!(failed.refused, Some(code) if code != 421),
            before_recipient: step == Step::Sender && failed.refused.is_none_or(|code| code == 421),
            error: failed.into(),
        }
    }
}

/// Whose address a server may not be able to take, if one has letters beyond ASCII.
fn beyond_ascii(envelope: &Envelope) -> Option<Fault> {
    let is_beyond = |address: &Address| !AsRef::<str>::as_ref(address).is_ascii();
    if envelope.from().is_some_and(is_beyond) {
        Some(Fault::SenderRefused)
    } else if envelope.to().iter().any(is_beyond) {
        Some(Fault::RecipientBlocked)
    } else {
        None
    }
}

/// A connection to the first of the server's addresses that answers, with its greeting and `EHLO`.
async fn connect(server: &Server) -> Result<AsyncSmtpConnection, SendError> {
    let patience = server.patience;
    let addresses = resolve::addresses(&server.host, server.port, patience.connect)
        .await
        .map_err(|why| SendError::new(Fault::ServerUnreachable, why))?;
    let implicit = server
        .tls
        .clone()
        .filter(|_| server.privacy == Privacy::Implicit);
    let mut last = None;
    for address in addresses.into_iter().take(ADDRESSES) {
        let connecting = AsyncSmtpConnection::connect_tokio1(
            address,
            Some(patience.connect),
            &server.hello,
            implicit.clone(),
            None,
        );
        match within(patience.connect + patience.step, Step::Connect, connecting).await {
            Ok(connection) => return Ok(connection),
            // What one address refuses, another may take.
            Err(failed) => last = Some(failed),
        }
    }
    Err(last.map_or_else(
        || SendError::new(Fault::ServerUnreachable, "its name has no address"),
        SendError::from,
    ))
}

/// A step that failed.
struct Failed {
    fault: Fault,
    detail: String,
    /// The code of the server's answer, if it answered.
    refused: Option<u16>,
}

impl From<Failed> for SendError {
    fn from(failed: Failed) -> Self {
        Self::new(failed.fault, failed.detail)
    }
}

/// Waits for a step as long as it may take.
async fn within<T>(
    time: Duration,
    step: Step,
    doing: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failed> {
    let error = match tokio::time::timeout(time, doing).await {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => error,
        Err(_) => {
            return Err(Failed {
                fault: judge(step, Failure::Silence),
                detail: format!("no answer to {} within {time:?}", step.name()),
                refused: None,
            });
        }
    };
    let code = error.status().map(u16::from);
    let said = explain(&error);
    let failure = match code {
        Some(code) => Failure::Refused(code, &said),
        None if error.is_timeout() => Failure::Silence,
        None if is_encryption(&error) => Failure::Encryption,
        None => Failure::Broken,
    };
    let detail = match code {
        Some(code) => format!("{code} {said}"),
        None => said.clone(),
    };
    Err(Failed {
        fault: judge(step, failure),
        detail: one_line(&format!("{detail} ({})", step.name())),
        refused: code,
    })
}

/// Whether the encryption is to blame: the library reports what is wrong with a certificate as data that is wrong.
fn is_encryption(error: &Error) -> bool {
    if error.is_tls() {
        return true;
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return error.kind() == io::ErrorKind::InvalidData;
        }
        cause = error.source();
    }
    false
}

/// What the server said, or else the error with its causes, in one line: what an administrator reads.
fn explain(error: &Error) -> String {
    if error.status().is_some()
        && let Some(said) = error.source()
    {
        return one_line(&said.to_string());
    }
    let mut said = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.iter().any(|known| known.contains(&text)) {
            said.push(text);
        }
        cause = error.source();
    }
    one_line(&said.join(": "))
}
