//! The letters that the desk sent.

use std::collections::BTreeMap;

use mail_parser::{HeaderValue, MessageParser};

/// A letter as its reader has it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// From whom.
    pub from: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
    /// `Message-ID`, without its brackets.
    pub id: String,
    /// `In-Reply-To`.
    pub in_reply_to: Option<String>,
    /// `References`, oldest first.
    pub references: Vec<String>,
    /// Every header as it was sent, by name in lower case.
    pub headers: BTreeMap<String, String>,
}

impl Mail {
    /// Reads a message.
    pub fn parse(bytes: &[u8]) -> Self {
        let message = MessageParser::default().parse(bytes).expect("a message");
        let ids = |value: &HeaderValue| -> Vec<String> {
            value
                .as_text_list()
                .map(|list| list.iter().map(ToString::to_string).collect())
                .unwrap_or_default()
        };
        let address = |value: Option<&mail_parser::Address>| {
            let first = value.and_then(|address| address.first());
            first
                .and_then(|address| address.address())
                .unwrap_or_default()
                .to_owned()
        };
        let headers = message
            .headers_raw()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self {
            to: address(message.to()),
            from: address(message.from()),
            subject: message.subject().unwrap_or_default().to_owned(),
            text: message.body_text(0).unwrap_or_default().into_owned(),
            html: message.body_html(0).unwrap_or_default().into_owned(),
            id: message.message_id().unwrap_or_default().to_owned(),
            in_reply_to: ids(message.in_reply_to()).into_iter().next(),
            references: ids(message.references()),
            headers,
        }
    }
}

/// Letters that were sent together.
#[derive(Clone, Debug, Default)]
pub struct Mailbox(pub Vec<Mail>);

impl Mailbox {
    /// To whom, in alphabetical order.
    pub fn recipients(&self) -> Vec<&str> {
        let mut recipients: Vec<&str> = self.0.iter().map(|mail| mail.to.as_str()).collect();
        recipients.sort_unstable();
        recipients
    }

    /// The one letter to this address.
    #[track_caller]
    pub fn to(&self, address: &str) -> &Mail {
        let found: Vec<&Mail> = self.0.iter().filter(|mail| mail.to == address).collect();
        let [mail] = found[..] else {
            panic!(
                "{} letters to {address}: {:#?}",
                found.len(),
                self.0
                    .iter()
                    .map(|m| (&m.to, &m.subject))
                    .collect::<Vec<_>>()
            )
        };
        mail
    }
}
