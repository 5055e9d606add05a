//! Notices as mails: rendered from templates, made into messages, handed to a transport (N1–N4).
//!
//! | room | what happens there |
//! | --- | --- |
//! | [`scene`] | a notice and whom it is written to, as templates see them |
//! | [`render`] | templates: embedded, overridable, checked at the start |
//! | [`message`] | the MIME message with its threading headers |
//! | [`transport`] | the way out: SMTP, a folder of `.eml` files, memory |

pub(crate) mod line;
pub mod message;
pub mod render;
pub mod scene;
pub mod transport;

pub mod sample;

use lettre::message::Mailbox;
use secrecy::ExposeSecret;

use crate::config::SecretKey;
use crate::credentials::{link_token, mute_token, unsubscribe_token};
use crate::domain::notice::{LinkFacts, Matter, NoticeKind};

use message::{Letter, MessageError};
use render::{RenderFailure, Rendered, Renderer};
use scene::Notice;
use transport::{SendError, Transport};

/// What every mail of an installation has in common.
#[derive(Clone, Debug)]
pub struct Letterhead {
    /// The sender.
    pub from: Mailbox,
    /// The origin of links, without a slash at its end; its host stands behind the `@` of message ids.
    pub public_url: String,
    /// The number to call when it is urgent (C5).
    pub support_phone: Option<String>,
    /// Makes the secrets of one-time links, which no row keeps.
    pub key: SecretKey,
}

impl Letterhead {
    /// The address of a page, of which `path` begins with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.public_url.trim_end_matches('/'))
    }

    /// The address that a one-time link leads to, with its secret.
    pub fn one_time_link(&self, link: &LinkFacts) -> String {
        let secret = link_token(&self.key, link.purpose, link.id);
        self.link(&link.purpose.path(secret.text.expose_secret()))
    }

    /// The address at which the recipient of a notice has no more of its kind, if it may be done without (N4, N5). Of a new
    /// entry, it is the feed that is muted (F7).
    pub fn unsubscribe_link(&self, notice: &Notice) -> Option<String> {
        let kind = notice.payload.kind();
        let person = notice.to.person.filter(|_| kind.is_optional())?;
        let secret = match &notice.payload.matter {
            Matter::Case(matter) if kind == NoticeKind::EntryPosted => {
                mute_token(&self.key, person, matter.case.number, matter.feed())
            }
            _ => unsubscribe_token(&self.key, person, kind),
        };
        Some(self.link(&format!("/unsubscribe/{}", secret.text.expose_secret())))
    }

    /// The host of the public URL, as message ids bear it.
    pub fn host(&self) -> String {
        let host = url::Url::parse(&self.public_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        // An IPv6 host is written `[::1]`, which is lawful behind an `@` as it stands.
        host.unwrap_or_else(|| "localhost".to_owned())
    }
}

/// The post office: writes letters and hands them over.
#[derive(Debug)]
pub struct Mailer {
    letterhead: Letterhead,
    renderer: Renderer,
    transport: Transport,
}

/// Why no letter could be made of a notice. Trying again does not help until somebody changes something.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A template failed.
    #[error(transparent)]
    Render(#[from] RenderFailure),
    /// The message cannot be made.
    #[error(transparent)]
    Message(#[from] MessageError),
}

impl Mailer {
    /// A post office with checked templates.
    pub fn new(letterhead: Letterhead, renderer: Renderer, transport: Transport) -> Self {
        Self {
            letterhead,
            renderer,
            transport,
        }
    }

    /// What every mail has in common.
    pub fn letterhead(&self) -> &Letterhead {
        &self.letterhead
    }

    /// The way out.
    pub fn transport(&self) -> &Transport {
        &self.transport
    }

    /// Subject, text and HTML of a notice.
    ///
    /// # Errors
    /// When a template fails on it.
    pub fn render(&self, notice: &Notice) -> Result<Rendered, RenderFailure> {
        self.renderer.render(notice, &self.letterhead)
    }

    /// The message of a notice: the same bytes whenever it is written.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn write(&self, notice: &Notice) -> Result<Letter, WriteError> {
        let rendered = self.render(notice)?;
        Ok(Letter::new(notice, &rendered, &self.letterhead)?)
    }

    /// Hands a letter over; on success the other side has taken responsibility for it.
    ///
    /// # Errors
    /// Whether trying again may help, and why it failed.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        self.transport.send(letter).await
    }
}
