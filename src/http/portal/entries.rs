//! Feed entries, threads and composers as pages show them.

use super::page_request::PageRequest;
use super::parts::{Body, Composer, ContactView, EntryView, Link, PersonView};
use super::shell::initials;
use crate::domain::access::Permission;
use crate::domain::case::Channel;
use crate::domain::feed::{EntryKind, Mark, Visibility, may_edit};
use crate::domain::organization::Side;
use crate::http::problem::Problem;
use crate::store::feeds::{self, Entry};
use crate::words::{Catalogue, marks};

/// Who reads a feed, of which case.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The request.
    pub req: &'a PageRequest,
    /// The customer's name.
    pub organization: &'a str,
    /// The page that the feed stands on.
    pub page: &'a str,
    /// Up to which place the reader has read the feed.
    pub read_up_to: Option<i64>,
    /// Whether entries may still be changed: the case is open.
    pub open: bool,
}

/// An entry as the reader sees it.
///
/// # Errors
/// [`crate::http::problem::Code::Unauthenticated`].
pub fn entry(of: &Reading<'_>, view: &feeds::EntryView) -> Result<EntryView, Problem> {
    let (row, words) = (&view.entry, of.req.words());
    let access = of.req.access()?;
    let body = match (row.kind, &row.details) {
        (EntryKind::Mark, Some(details)) => {
            Body::Written(marks::text(words, details, &of.req.times()))
        }
        _ => Body::Rendered(view.html()),
    };
    let own = row.author_id == Some(access.person);
    Ok(EntryView {
        anchor: format!("entry-{}", row.id),
        kind: row.kind.as_str().to_owned(),
        author: (row.kind != EntryKind::Mark).then(|| author(of, view)),
        at: row.at,
        body,
        internal: row.visibility == Visibility::Internal,
        unread: !own
            && row.kind != EntryKind::Mark
            && of.read_up_to.is_none_or(|read| read < row.position),
        bell: is_about_an_escalation(row),
        redacted: row.redacted_at.is_some(),
        link: link(of, view)?,
        contact: contact(of.req.words(), row),
        verbs: verbs(of, row)?,
    })
}

/// Whether a mark tells of an escalation itself, not of a step that was promised on it.
fn is_about_an_escalation(row: &Entry) -> bool {
    let details = row.details.as_ref();
    let mark = details.and_then(|details| details.0.get("mark")?.as_str()?.parse().ok());
    mark.is_some_and(Mark::is_of_escalation)
}

/// Where a mark leads: to the escalation that it is about, unless this is its page.
fn link(of: &Reading<'_>, view: &feeds::EntryView) -> Result<Option<Link>, Problem> {
    let about = is_about_an_escalation(&view.entry);
    let sees = of.req.access()?.can(Permission::EscalationsView);
    let number = view.escalation.filter(|_| about && sees);
    let href = number.map(|number| format!("/escalations/{number}"));
    let href = href.filter(|href| href != of.page);
    Ok(href.map(|href| Link::new(of.req.words().say("mark-open", &[]), href)))
}

fn author(of: &Reading<'_>, view: &feeds::EntryView) -> PersonView {
    let words = of.req.words();
    let staff = view.entry.author_side == Some(Side::Provider);
    let name = view
        .author
        .clone()
        .unwrap_or_else(|| words.say("entry-nobody", &[]));
    let place = if staff {
        words.say("entry-support", &[])
    } else {
        of.organization.to_owned()
    };
    PersonView {
        initials: initials(&name),
        name,
        staff,
        place,
    }
}

/// What was recorded of a contact outside the portal (M10).
fn contact(words: &Catalogue, row: &Entry) -> Option<ContactView> {
    let details = row
        .details
        .as_ref()
        .filter(|_| row.kind == EntryKind::ExternalCommunication)?;
    let text = |name: &str| {
        details
            .0
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
    };
    // Before they were a closed set, channels were written in any words.
    let channel = match text("channel").parse::<Channel>() {
        Ok(channel) => words.say_of("channel", channel.as_str(), &[]),
        Err(_) => text("channel").to_owned(),
    };
    Some(ContactView {
        channel,
        with: text("with").to_owned(),
        at: text("at").parse().unwrap_or(row.at),
    })
}

fn verbs(of: &Reading<'_>, row: &Entry) -> Result<Vec<Link>, Problem> {
    let (access, words) = (of.req.access()?, of.req.words());
    let mut verbs = Vec::new();
    if row.kind == EntryKind::Mark || row.redacted_at.is_some() {
        return Ok(verbs);
    }
    let at = |verb: &str| format!("{}?do={verb}&entry={}#do", of.page, row.id);
    if of.open
        && access.can(Permission::FeedsComment)
        && may_edit(row.author_id, access.person, row.at, of.req.now)
    {
        verbs.push(Link::new(words.say("entry-edit", &[]), at("edit_entry")));
    }
    if access.can(Permission::FeedsRedact) {
        verbs.push(Link::new(words.say("entry-redact", &[]), at("redact")));
    }
    Ok(verbs)
}

/// Where the visitor writes into the case feed, or into an escalation's (`escalation` is its owner's name then); none
/// for who only reads.
pub fn composer(
    req: &PageRequest,
    id: &str,
    action: String,
    organization: &str,
    escalation: Option<&str>,
) -> Option<Composer> {
    let words = req.words();
    let access = req.access().ok()?;
    access.may_write(Visibility::Public).ok()?;
    let of = |key: &str, args: &[(&str, crate::words::Value<'_>)]| {
        let feed = if escalation.is_some() {
            "escalation"
        } else {
            "case"
        };
        words.say_of("compose", &format!("{feed}-{key}"), args)
    };
    let staff = req.is_staff();
    let name = if staff {
        organization
    } else {
        escalation.unwrap_or_default()
    };
    let hint = if staff { "hint-staff" } else { "hint" };
    Some(Composer {
        id: id.to_owned(),
        action,
        label: of("label", &[]),
        placeholder: of("placeholder", &[]),
        hint: of(hint, &[("name", name.into())]),
        button: match staff {
            true => words.say("compose-post-to", &[("name", organization.into())]),
            false => words.say("compose-post", &[]),
        },
        internal: access.may_write(Visibility::Internal).is_ok(),
        asks: staff && escalation.is_some(),
        value: String::new(),
        error: String::new(),
    })
}
