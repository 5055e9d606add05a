//! A notice and whom it is written to, as templates see them.

use chrono_tz::Tz;
use serde::Serialize;

use super::Letterhead;
use crate::domain::Instant;
use crate::domain::case::{Priority, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{NoticeId, PersonId};
use crate::domain::language::Language;
use crate::domain::notice::{
    self, About, Audience, CaseMatter, Matter, NoticeKind, Payload, RoleFacts, Topic,
};
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::words::Catalogue;

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
    /// The person, who has no account if none.
    pub person: Option<PersonId>,
    /// First and last name.
    pub name: String,
    /// The address.
    pub email: EmailAddress,
    /// The zone in which times are told: the person's, or else their organization's.
    pub zone: Tz,
    /// The language in which it is written.
    pub language: Language,
    /// The side on which they stand.
    pub side: Side,
}

/// What a template sees. Everything exists in every notice, so that a name that is not here is a mistake; what does
/// not apply is null.
#[derive(Debug, Serialize)]
pub(super) struct TemplateContext<'a> {
    kind: NoticeKind,
    /// The language of the catalogue, for `lang` attributes.
    language: Language,
    /// When it happened.
    at: Instant,
    /// Whether it is the technical record or an escalation that it belongs to; null if it is not about a case.
    feed: Option<Feed>,
    /// Whether it continues a thread.
    reply: bool,
    /// What the thread is about: the escalation or the case.
    thread: Option<Link>,
    you: You<'a>,
    /// Who did it and for which organization, in words; the provider where nobody is known to have done it.
    by: String,
    /// Whether nobody is known to have done it: only time passed, or somebody who did not sign in.
    lapsed: bool,
    case: Option<Case<'a>>,
    escalation: Option<Link>,
    about: Facts<'a>,
    /// The roles that it tells of, by name.
    roles: Vec<String>,
    /// The page to go on from, of what is not about a case.
    page: Option<String>,
    /// The origin of the portal's pages, without a slash at its end.
    desk: String,
    /// The address of the one-time link, with its secret.
    one_time_link: Option<String>,
    /// Where the recipient has no more notices of this kind; null if they cannot do without.
    unsubscribe: Option<String>,
    /// The name of the organization that gives support.
    provider: &'a str,
    /// The number to call, if there is one.
    support_phone: Option<&'a str>,
}

/// What this kind of notice tells besides.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Facts<'a> {
    Case(&'a About),
    Letter(&'a notice::Letter),
}

#[derive(Debug, Serialize)]
struct You<'a> {
    name: &'a str,
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

impl<'a> TemplateContext<'a> {
    pub(super) fn new(notice: &'a Notice, letterhead: &'a Letterhead, words: &Catalogue) -> Self {
        let payload = &notice.payload;
        let scene = Self {
            kind: payload.kind(),
            language: words.language(),
            at: payload.at,
            feed: None,
            reply: notice.in_reply_to.is_some(),
            thread: None,
            you: You {
                name: &notice.to.name,
                staff: notice.to.side == Side::Provider,
                audience: payload.audience(),
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
            case: None,
            escalation: None,
            about: match &payload.matter {
                Matter::Case(matter) => Facts::Case(&matter.about),
                Matter::Letter(letter) => Facts::Letter(letter),
            },
            roles: Vec::new(),
            page: None,
            desk: letterhead.link(""),
            one_time_link: None,
            unsubscribe: letterhead.unsubscribe_link(notice),
            provider: &notice.provider,
            support_phone: letterhead.support_phone.as_deref(),
        };
        match &payload.matter {
            Matter::Case(matter) => scene.on_case(matter, letterhead),
            Matter::Letter(letter) => Self {
                roles: (letter.roles().iter())
                    .map(|role| role_name(role, words))
                    .collect(),
                page: Some(letterhead.link(&page(letter))),
                one_time_link: letter.link().map(|link| letterhead.one_time_link(link)),
                ..scene
            },
        }
    }

    fn on_case(self, matter: &'a CaseMatter, letterhead: &Letterhead) -> Self {
        let number = matter.case.number.to_string();
        let case_url = letterhead.link(&format!("/cases/{number}#case-feed"));
        let escalation = matter.escalation.as_ref().map(|escalation| {
            let path = match matter.audience {
                // Who runs or reviews it does so on its review page.
                Audience::EscalationOwner
                | Audience::Caller
                | Audience::Queue
                | Audience::Duty
                | Audience::Ladder => {
                    format!("/escalations/{}", escalation.number)
                }
                _ => format!("/cases/{number}#escalation-feed"),
            };
            Link {
                number: escalation.number.to_string(),
                url: letterhead.link(&path),
            }
        });
        let feed = matter.feed();
        let thread = match (feed, &escalation) {
            (Feed::Escalation, Some(escalation)) => escalation.clone(),
            _ => Link {
                number: number.clone(),
                url: case_url.clone(),
            },
        };
        Self {
            feed: Some(feed),
            thread: Some(thread),
            case: Some(Case {
                number,
                subject: &matter.case.subject,
                organization: &matter.case.organization,
                priority: matter.case.priority,
                status: matter.case.status,
                url: case_url,
            }),
            escalation,
            ..self
        }
    }
}

fn role_name(role: &RoleFacts, words: &Catalogue) -> String {
    match role {
        RoleFacts::Predefined(role) => words.say_of("role", role.as_str(), &[]),
        RoleFacts::Own(name) => name.clone(),
    }
}

/// The page on which a recipient goes on from a letter. Never one that lets somebody in by itself: those are one-time
/// links, and a pairing's is handed over by people (P1).
fn page(letter: &notice::Letter) -> String {
    match (letter.topic(), letter.kind()) {
        (_, NoticeKind::AccessRequested) => match letter.subject() {
            Some(request) => format!("/admin/access-requests/{}", request.hyphenated()),
            None => "/".to_owned(),
        },
        // Who got roles signs in and switches; the pairing itself may be none of their business (P10).
        (_, NoticeKind::PairingRolesChanged) => "/".to_owned(),
        (Topic::Pairing, _) => "/relationships".to_owned(),
        (Topic::Target, _) => "/escalations".to_owned(),
        (Topic::Tutorial, _) => match letter.subject() {
            Some(tutorial) => format!("/tutorials/{}", tutorial.hyphenated()),
            None => "/tutorials".to_owned(),
        },
        (Topic::Account | Topic::Access | Topic::Case | Topic::Digest, _) => "/".to_owned(),
    }
}
