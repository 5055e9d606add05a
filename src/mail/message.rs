//! The MIME message of a notice: two alternatives of one text, the headers that string a thread together, and the one
//! with which a mail program lets people have no more of it (N4).

use std::time::SystemTime;

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Letterhead;
use super::line::one_line;
use super::render::Rendered;
use super::scene::Notice;
use crate::domain::Instant;
use crate::domain::ids::NoticeId;

/// The most characters of the text of an encoded word: with what is around it, no more than 75, and within the first
/// line beside the header's name.
const LONGEST_CODE: usize = 50;

/// A message ready to be handed over.
#[derive(Clone, Debug)]
pub struct Letter {
    id: NoticeId,
    created_at: Instant,
    envelope: Envelope,
    bytes: Vec<u8>,
}

/// A message that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// The recipient's address is none that a mail server takes.
    #[error("the recipient's address cannot be written to: {why}")]
    Address {
        /// What is wrong with it.
        why: String,
    },
    /// A message id holds what would not stay in its header.
    #[error("the message id {0:?} is not one")]
    MessageId(String),
    /// The parts do not make a message.
    #[error("the message cannot be made: {0}")]
    Parts(#[from] lettre::error::Error),
}

impl Letter {
    /// The message of `notice`; the same notice gives the same bytes, so that a repeat is recognised as one.
    ///
    /// # Errors
    /// See [`MessageError`].
    pub fn new(
        notice: &Notice,
        rendered: &Rendered,
        letterhead: &Letterhead,
    ) -> Result<Self, MessageError> {
        let to = notice
            .to
            .email
            .as_str()
            .parse::<Address>()
            .map_err(|error| MessageError::Address {
                why: error.to_string(),
            })?;
        let sender = letterhead.from.email.clone();
        let envelope = Envelope::new(Some(sender), vec![to.clone()])?;
        let from = mailbox(
            letterhead.from.name.as_deref(),
            letterhead.from.email.clone(),
        );
        let kind = notice.payload.kind().as_str();
        let mut message = Message::builder()
            .from(from)
            .to(mailbox(Some(&notice.to.name), to))
            .raw_header(subject(&one_line(&rendered.subject)))
            .date(SystemTime::from(notice.created_at))
            .message_id(Some(message_id(&notice.message_id)?));
        if let Some(first) = &notice.in_reply_to {
            let first = message_id(first)?;
            message = message.in_reply_to(first.clone()).references(first);
        }
        // Nobody's holiday answers a machine (RFC 3834); the second header says so to those who do not know the first.
        message = header(message, "Auto-Submitted", "auto-generated");
        message = header(message, "X-Auto-Response-Suppress", "All");
        message = header(message, "X-Casebell-Notice", kind);
        if let Some(link) = letterhead.unsubscribe_link(notice) {
            // RFC 2369 and, for programs that need not show a page, RFC 8058.
            message = header(message, "List-Unsubscribe", &format!("<{link}>"));
            message = header(
                message,
                "List-Unsubscribe-Post",
                "List-Unsubscribe=One-Click",
            );
        }
        let parts = MultiPart::alternative()
            // No line of the encoded parts can hold "=_", so that nothing that anybody writes ends a part.
            .boundary(format!("=_{}", notice.id))
            .singlepart(part(ContentType::TEXT_PLAIN, &rendered.text))
            .singlepart(part(ContentType::TEXT_HTML, &rendered.html));
        let bytes = message.multipart(parts)?.formatted();
        Ok(Self {
            id: notice.id,
            created_at: notice.created_at,
            envelope,
            bytes,
        })
    }

    /// The notice that it is.
    pub fn id(&self) -> NoticeId {
        self.id
    }

    /// When the notice was put into the outbox.
    pub fn created_at(&self) -> Instant {
        self.created_at
    }

    /// From whom to whom, for the mail server.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// The message as it goes over the line, with CRLF.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The header of a subject. What looks like an encoded word (RFC 2047) would be read as whatever it encodes, line breaks
/// and all; it is encoded once more, so that it is read as it was written.
fn subject(line: &str) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str("Subject");
    if !line.contains("=?") {
        return HeaderValue::new(name, line.to_owned());
    }
    let mut words = vec![String::new()];
    for character in line.chars() {
        let mut bytes = [0; 4];
        let code: String = match character {
            ' ' => "_".to_owned(),
            letter if letter.is_ascii_alphanumeric() => letter.to_string(),
            other => (other.encode_utf8(&mut bytes).bytes())
                .map(|byte| format!("={byte:02X}"))
                .collect(),
        };
        match words.last_mut() {
            Some(word) if word.len() + code.len() <= LONGEST_CODE => word.push_str(&code),
            _ => words.push(code),
        }
    }
    let encoded: Vec<_> = (words.iter())
        .map(|word| format!("=?utf-8?Q?{word}?="))
        .collect();
    HeaderValue::dangerous_new_pre_encoded(name, line.to_owned(), encoded.join("\r\n "))
}

fn mailbox(name: Option<&str>, address: Address) -> Mailbox {
    // Nobody is called by an encoded word.
    let name = name.map(|name| one_line(name).replace("=?", "= ?"));
    let name = name.filter(|name| !name.is_empty());
    Mailbox::new(name, address)
}

/// A message id goes into its header as it is, so it is looked at first.
fn message_id(id: &str) -> Result<String, MessageError> {
    let inner = id.strip_prefix('<').and_then(|id| id.strip_suffix('>'));
    let fits = |inner: &str| {
        inner.split('@').count() == 2
            && inner
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
    };
    if inner.is_some_and(fits) {
        Ok(id.to_owned())
    } else {
        Err(MessageError::MessageId(id.to_owned()))
    }
}

fn header(message: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    // What is written here is plain; an address, however long, must not be broken.
    let value = HeaderValue::dangerous_new_pre_encoded(name, value.to_owned(), value.to_owned());
    message.raw_header(value)
}

fn part(kind: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(kind)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(text.to_owned())
}

#[cfg(test)]
mod tests;
