//! A notice and whom it is written to, as templates see them.

use chrono_tz::Tz;
use serde::Serialize;

use super::Letterhead;
use crate::domain::Instant;
use crate::domain::case::{Priority, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::NoticeId;
use crate::domain::notice::{About, Audience, NoticeKind, Payload};
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::words::Words;

/// A notice about to be written.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Its id.
    pub id: NoticeId,
    /// When it was put into the outbox; the date of its message.
    pub created_at: Instant,
    /// The message's own id, with its angle brackets.
    pub message_id: String,
    /// The first message of its thread to this recipient, if it is not the first itself.
    pub in_reply_to: Option<String>,
    /// To whom it is written.
    pub to: Addressee,
    /// The name of the organization that gives support.
    pub provider: String,
    /// What happened.
    pub payload: Payload,
}

/// To whom a notice is written.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The address, verified.
    pub email: EmailAddress,
    /// The zone in which times are told: the person's, or else their organization's.
    pub zone: Tz,
    /// The side on which they stand.
    pub side: Side,
}

impl Addressee {
    /// First and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }
}

/// What a template sees. Everything exists in every notice, so that a name that is not here is a mistake; what does
/// not apply is null.
#[derive(Debug, Serialize)]
pub(super) struct Scene<'a> {
    kind: NoticeKind,
    /// The language of the catalogue, for `lang` attributes.
    language: &'static str,
    /// When it happened.
    at: Instant,
    /// Whether it is the technical record or an escalation that it belongs to.
    feed: Feed,
    /// Whether it continues a thread.
    reply: bool,
    /// What the thread is about: the escalation or the case.
    thread: Link,
    you: You<'a>,
    /// Who did it and for which organization, in words; the provider where only time passed.
    by: String,
    /// Whether nobody did it: only time passed.
    lapsed: bool,
    case: Case<'a>,
    escalation: Option<Link>,
    about: &'a About,
    /// The name of the organization that gives support.
    provider: &'a str,
    /// The number to call, if there is one.
    support_phone: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct You<'a> {
    first_name: &'a str,
    last_name: &'a str,
    /// Whether they are of the provider's staff.
    staff: bool,
    /// Why they are told.
    audience: Audience,
    zone: &'static str,
}

#[derive(Debug, Serialize)]
struct Case<'a> {
    number: String,
    subject: &'a str,
    organization: &'a str,
    priority: Priority,
    status: Status,
    url: String,
}

/// A numbered thing and the page on which the recipient follows it.
#[derive(Clone, Debug, Serialize)]
struct Link {
    number: String,
    url: String,
}

impl<'a> Scene<'a> {
    pub(super) fn new(notice: &'a Notice, letterhead: &'a Letterhead, words: &Words) -> Self {
        let payload = &notice.payload;
        let kind = payload.about.kind();
        let feed = kind.feed(payload.about.feed(), payload.escalation.is_some());
        let site = letterhead.public_url.trim_end_matches('/');
        let number = payload.case.number.to_string();
        let case_url = format!("{site}/cases/{number}#case-feed");
        let escalation = payload.escalation.as_ref().map(|escalation| {
            let url = match payload.audience {
                // Who runs or reviews it does so on its review page.
                Audience::EscalationOwner | Audience::Queue => {
                    format!("{site}/escalations/{}", escalation.number)
                }
                _ => format!("{site}/cases/{number}#escalation-feed"),
            };
            Link {
                number: escalation.number.to_string(),
                url,
            }
        });
        let thread = match (feed, &escalation) {
            (Feed::Escalation, Some(escalation)) => escalation.clone(),
            _ => Link {
                number: number.clone(),
                url: case_url.clone(),
            },
        };
        Self {
            kind,
            language: words.language(),
            at: payload.at,
            feed,
            reply: notice.in_reply_to.is_some(),
            thread,
            you: You {
                first_name: &notice.to.first_name,
                last_name: &notice.to.last_name,
                staff: notice.to.side == Side::Provider,
                audience: payload.audience,
                zone: notice.to.zone.name(),
            },
            by: match &payload.actor {
                Some(actor) => words.say(
                    "mail-by",
                    &[
                        ("name", actor.name.as_str().into()),
                        ("organization", actor.organization.as_str().into()),
                    ],
                ),
                None => notice.provider.clone(),
            },
            lapsed: payload.actor.is_none(),
            case: Case {
                number,
                subject: &payload.case.subject,
                organization: &payload.case.organization,
                priority: payload.case.priority,
                status: payload.case.status,
                url: case_url,
            },
            escalation,
            about: &payload.about,
            provider: &notice.provider,
            support_phone: letterhead.support_phone.as_deref(),
        }
    }
}
