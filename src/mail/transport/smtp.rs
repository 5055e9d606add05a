//! A mail server: STARTTLS or TLS from the first byte, authentication, kept connections; every step in its time.

mod conversation;
mod pool;
mod reply;
mod resolve;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use self::conversation::{Broken, Conversation};
use self::pool::Pool;
use super::SendError;
use crate::mail::message::Letter;

/// Speaks SMTP to one server.
pub struct Smtp {
    server: Server,
    pool: Pool,
}

/// A server, and how it is spoken to.
struct Server {
    host: String,
    port: u16,
    privacy: Privacy,
    /// None where everything goes in the clear.
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    hello: ClientId,
    patience: Patience,
}

/// For how long a server is waited for.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// For its name to be looked up, and for a connection.
    connect: Duration,
    /// For the answer to one command.
    step: Duration,
    /// For the answer to a whole message: servers look through it before they take it.
    message: Duration,
    /// For a sign of life on a kept connection.
    reset: Duration,
    /// For a letter from its first step to its last, however many answers that took.
    whole: Duration,
    /// For the end of a conversation that nothing depends on.
    quit: Duration,
}

impl Patience {
    /// That of a server that answers a command within `step`.
    fn of(step: Duration) -> Self {
        Self {
            connect: step.min(Duration::from_secs(10)),
            step,
            message: step * 3,
            reset: step.min(Duration::from_secs(5)),
            whole: step * 6,
            quit: step.min(Duration::from_millis(500)),
        }
    }
}

/// For how long one command is waited for, unless the URL says so.
const STEP: Duration = Duration::from_secs(20);

/// How long, in seconds, a URL may say that a command is waited for.
const STEPS: std::ops::RangeInclusive<f64> = 0.1..=300.0;

/// Why a URL names no mail server. It never repeats the URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}; right would be smtp://user:password@host:587, smtps://user:password@host or smtp://host?tls=none&timeout=20"
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

/// Without who signs in.
impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Smtp").field(&self.name()).finish()
    }
}

impl Smtp {
    /// The server at `url`; nothing is sent yet.
    ///
    /// `smtps://` is TLS from the first byte (port 465 unless given). `smtp://` (port 587) asks for STARTTLS and sends
    /// nothing without it, unless the server is on this machine or the URL says `?tls=none` or `?tls=opportunistic`.
    /// `timeout` is for how many seconds the answer to one command is waited for; a path is the name under which the
    /// desk introduces itself.
    ///
    /// # Errors
    /// The URL is none of these.
    pub fn new(url: &SecretString) -> Result<Self, SmtpUrlError> {
        let url =
            Url::parse(url.expose_secret()).map_err(|error| SmtpUrlError(error.to_string()))?;
        let (privacy, step) = options(&url)?;
        let wrong = |why: &str| SmtpUrlError(why.to_owned());
        let host = url
            .host_str()
            .map(|host| host.trim_matches(['[', ']']).to_owned())
            .filter(|host| !host.is_empty())
            .ok_or_else(|| wrong("names no host"))?;
        let tls = match privacy {
            Privacy::None => None,
            Privacy::Implicit | Privacy::Required | Privacy::Opportunistic => {
                let parameters = TlsParameters::new(host.clone());
                Some(parameters.map_err(|error| SmtpUrlError(error.to_string()))?)
            }
        };
        let decode = |text: &str| {
            let text = percent_decode_str(text).decode_utf8();
            text.map(std::borrow::Cow::into_owned)
                .map_err(|_| wrong("the name or the password is no text"))
        };
        let credentials = match url.password() {
            Some(password) => Some(Credentials::new(decode(url.username())?, decode(password)?)),
            None => None,
        };
        let hello = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let server = Server {
            port: url.port().unwrap_or(match privacy {
                Privacy::Implicit => 465,
                Privacy::Required | Privacy::Opportunistic | Privacy::None => 587,
            }),
            host,
            privacy,
            tls,
            credentials,
            hello,
            patience: Patience::of(step),
        };
        Ok(Self {
            server,
            pool: Pool::default(),
        })
    }

    pub(super) fn name(&self) -> String {
        let scheme = match self.server.privacy {
            Privacy::Implicit => "smtps",
            Privacy::Required | Privacy::Opportunistic | Privacy::None => "smtp",
        };
        format!("{scheme}://{}:{}", self.server.host, self.server.port)
    }

    pub(super) fn patience(&self) -> Duration {
        self.server.patience.whole
    }

    pub(super) async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        // A kept connection that is refused at once was closed by the server meanwhile: that is no news of the server.
        if let Some(mut kept) = self.pool.take().await {
            match kept.offer(letter).await {
                Err(broken) if broken.before_recipient => {}
                offered => return self.keep(kept, offered),
            }
        }
        let mut conversation = Conversation::begin(&self.server).await?;
        let offered = conversation.offer(letter).await;
        self.keep(conversation, offered)
    }

    /// Keeps the connection for the next letter, if it is in order.
    fn keep(
        &self,
        conversation: Conversation,
        offered: Result<(), Broken>,
    ) -> Result<(), SendError> {
        if offered.as_ref().err().is_none_or(|broken| broken.goes_on) {
            self.pool.keep(conversation);
        }
        offered.map_err(|broken| broken.error)
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}

/// How the conversation is kept private, and for how long a command is waited for.
fn options(url: &Url) -> Result<(Privacy, Duration), SmtpUrlError> {
    let (mut asked, mut step) = (None, STEP);
    for (key, value) in url.query_pairs() {
        match key.as_ref() {
            "tls" => asked = Some(value.into_owned()),
            "timeout" => {
                let seconds = value
                    .parse::<f64>()
                    .ok()
                    .filter(|seconds| STEPS.contains(seconds));
                step = seconds.map(Duration::from_secs_f64).ok_or_else(|| {
                    SmtpUrlError(format!(
                        "`timeout={value}` is not a number of seconds from {} to {}",
                        STEPS.start(),
                        STEPS.end()
                    ))
                })?;
            }
            other => {
                return Err(SmtpUrlError(format!(
                    "`{other}` is no option of a mail server"
                )));
            }
        }
    }
    let privacy = match (url.scheme(), asked.as_deref()) {
        ("smtps", None) => Privacy::Implicit,
        ("smtp", None) if is_this_machine(url) => Privacy::None,
        ("smtp", None | Some("required")) => Privacy::Required,
        ("smtp", Some("opportunistic")) => Privacy::Opportunistic,
        ("smtp", Some("none")) => Privacy::None,
        ("smtp" | "smtps", Some(other)) => {
            return Err(SmtpUrlError(format!(
                "`tls={other}` is not one of required, opportunistic, none (of smtp://)"
            )));
        }
        (other, _) => return Err(SmtpUrlError(format!("`{other}://` is no mail server"))),
    };
    Ok((privacy, step))
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

#[cfg(test)]
mod tests;
