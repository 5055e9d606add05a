//! A mail server: STARTTLS or TLS from the first byte, authentication, pooled connections.

use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::SendError;
use crate::mail::message::Letter;

/// Connections that are kept to the server at the most.
const CONNECTIONS: u32 = 8;
/// How long one step of the conversation may take.
const STEP: Duration = Duration::from_secs(20);
/// How long a connection is kept without work; servers hang up after minutes.
const IDLE: Duration = Duration::from_secs(60);

/// Speaks SMTP to one server.
#[derive(Debug)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// Why a URL names no mail server. It never repeats the URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; right would be smtp://user:password@host:587, smtps://user:password@host or smtp://host?tls=none"
)]
pub struct SmtpUrlError(String);

/// How a conversation is kept from being overheard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Privacy {
    /// TLS from the first byte.
    Implicit,
    /// STARTTLS, or no mail.
    Required,
    /// STARTTLS if the server offers it.
    Opportunistic,
    /// In the clear.
    None,
}

impl Smtp {
    /// The server at `url`; nothing is sent yet.
    ///
    /// `smtps://` is TLS from the first byte (port 465 unless given). `smtp://` (port 587) asks for STARTTLS and sends
    /// nothing without it, unless the server is on this machine or the URL says `?tls=none` or `?tls=opportunistic`.
    ///
    /// # Errors
    /// The URL is none of these.
    pub fn new(url: &SecretString) -> Result<Self, SmtpUrlError> {
        let wrong = |why: &str| SmtpUrlError(why.to_owned());
        let mut url =
            Url::parse(url.expose_secret()).map_err(|error| SmtpUrlError(error.to_string()))?;
        let privacy = privacy(&url)?;
        let (tls, port) = match privacy {
            Privacy::Implicit => (None, 465),
            Privacy::Required => (Some("required"), 587),
            Privacy::Opportunistic => (Some("opportunistic"), 587),
            Privacy::None => (None, 587),
        };
        url.set_query(tls.map(|tls| format!("tls={tls}")).as_deref());
        if url.port().is_none() {
            url.set_port(Some(port))
                .map_err(|()| wrong("the port cannot be set"))?;
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
            .map_err(|error| SmtpUrlError(explain(&error)))?
            .timeout(Some(STEP))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE))
            .build();
        Ok(Self { transport })
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let Err(error) = self
            .transport
            .send_raw(letter.envelope(), letter.bytes())
            .await
        else {
            return Ok(());
        };
        let why = explain(&error);
        let code = error.status().map(u16::from);
        if !code.is_some_and(|code| refuses_recipient(code, &why)) {
            return Err(SendError::Temporary(why));
        }
        // A server that refuses everybody at the door refuses nobody in particular.
        match self.transport.test_connection().await {
            Ok(_) => Err(SendError::Permanent(why)),
            Err(_) => Err(SendError::Temporary(why)),
        }
    }

    pub(super) async fn close(&self) {
        self.transport.shutdown().await;
    }
}

fn privacy(url: &Url) -> Result<Privacy, SmtpUrlError> {
    let mut asked = None;
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "tls" => asked = Some(value.into_owned()),
            other => {
                return Err(SmtpUrlError(format!(
                    "`{other}` is no option of a mail server"
                )));
            }
        }
    }
    match (url.scheme(), asked.as_deref()) {
        ("smtps", None) => Ok(Privacy::Implicit),
        ("smtp", None) if is_this_machine(url) => Ok(Privacy::None),
        ("smtp", None | Some("required")) => Ok(Privacy::Required),
        ("smtp", Some("opportunistic")) => Ok(Privacy::Opportunistic),
        ("smtp", Some("none")) => Ok(Privacy::None),
        ("smtp" | "smtps", Some(other)) => Err(SmtpUrlError(format!(
            "`tls={other}` is not one of required, opportunistic, none (of smtp://)"
        ))),
        (other, _) => Err(SmtpUrlError(format!("`{other}://` is no mail server"))),
    }
}

/// Whether nobody but this machine could overhear.
fn is_this_machine(url: &Url) -> bool {
    // The `url` crate does not tell hosts of schemes it does not know apart.
    let host = url.host_str().unwrap_or_default();
    match Host::parse(host) {
        Ok(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Ok(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Ok(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Err(_) => false,
    }
}

/// Whether an answer is about the recipient or the message, so that it will be the same tomorrow. Everything else that
/// a server refuses for good (who signs in, who sends, what it cannot do) is a matter of its setup or of ours: somebody
/// repairs it, and the letter waits.
fn refuses_recipient(code: u16, answer: &str) -> bool {
    let about_recipient = matches!(code, 521 | 550..=556);
    about_recipient && !enhanced(answer).is_some_and(is_about_setup)
}

/// The enhanced status of an answer (RFC 3463), such as `5.1.1`.
fn enhanced(answer: &str) -> Option<(u16, u16)> {
    answer
        .split(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | '(' | ')'))
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

/// The sender's address (5.1.7, 5.1.8), the mail system (5.3), the network (5.4), the protocol (5.5), or who may send
/// (5.7.0, 5.7.3, 5.7.8, 5.7.9).
fn is_about_setup(status: (u16, u16)) -> bool {
    matches!(status, (1, 7 | 8) | (3..=5, _) | (7, 0 | 3 | 8 | 9))
}

/// The error with its causes, in one line: what an administrator reads.
fn explain(error: &lettre::transport::smtp::Error) -> String {
    let mut said = vec![error.to_string()];
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !said.iter().any(|known| known.contains(&text)) {
            said.push(text);
        }
        cause = error.source();
    }
    crate::mail::message::one_line(&said.join(": "))
}

#[cfg(test)]
mod tests;
