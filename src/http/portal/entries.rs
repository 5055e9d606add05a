//! Feed entries, threads and composers as pages show them.

use super::draft_field::{self, DraftField};
use super::file_view::{Attach, views};
use super::form::Wrong;
use super::page_request::PageRequest;
use super::parts::{Body, Composer, ContactView, EntryView, Link, PersonView};
use super::shell::initials;
use super::undo::UndoView;
use crate::domain::access::{Access, Permission};
use crate::domain::case::Channel;
use crate::domain::draft::DraftPlace;
use crate::domain::feed::{EntryKind, Feed, Mark, Visibility, may_edit, may_move};
use crate::domain::organization::Side;
use crate::http::problem::Problem;
use crate::store::drafts::Draft;
use crate::store::escalations::EscalationView;
use crate::store::feeds::{self, Entry};
use crate::words::{Catalogue, marks};
use crate::workflow::move_entry::movable;

/// Who reads a feed, of which case.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// The request.
    pub req: &'a PageRequest,
    /// The customer's name.
    pub organization: &'a str,
    /// The page that the feed stands on.
    pub page: &'a str,
    /// The page of the case, on which entries are corrected, moved and redacted.
    pub case: &'a str,
    /// The case's escalations.
    pub escalations: &'a [EscalationView],
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
            && of.read_up_to.is_none_or(|read| read < row.arrived()),
        bell: is_about_an_escalation(row),
        redacted: row.redacted_at.is_some(),
        link: link(of, view)?,
        contact: contact(of.req.words(), row),
        files: views(words, &view.attachments),
        verbs: verbs(of, view)?,
        undo: undo(of, view)?,
    })
}

/// What takes the entry back, while its reader may.
fn undo(of: &Reading<'_>, view: &feeds::EntryView) -> Result<Option<UndoView>, Problem> {
    let access = of.req.access()?;
    let now = of.req.now;
    let may = of.open && access.can(Permission::FeedsComment);
    let until = view.undo_open(access.person, now).filter(|_| may);
    Ok(until.and_then(|until| UndoView::of(view.entry.id, until, now, of.page)))
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

/// The feed to which somebody may move an entry of an open case with these escalations (F3), if they may and it moves.
pub fn moves_to(
    access: &Access,
    escalations: &[EscalationView],
    view: &feeds::EntryView,
) -> Option<Feed> {
    let to = match view.entry.feed {
        Feed::Case => Feed::Escalation,
        Feed::Escalation => Feed::Case,
    };
    let needed = [Permission::FeedsMove, Permission::EscalationsView];
    let may = needed.iter().all(|needed| access.can(*needed));
    let mut all = escalations.iter().map(|view| &view.escalation);
    let stands_on = all.find(|one| view.entry.escalation_id == Some(one.id));
    let moves = may_move(&movable(view, stands_on), to).is_ok();
    let has_place = to == Feed::Case || !escalations.is_empty();
    (may && moves && has_place && view.entry.redacted_at.is_none()).then_some(to)
}

fn verbs(of: &Reading<'_>, view: &feeds::EntryView) -> Result<Vec<Link>, Problem> {
    let (access, words, row) = (of.req.access()?, of.req.words(), &view.entry);
    let mut verbs = Vec::new();
    if row.kind == EntryKind::Mark || row.redacted_at.is_some() {
        return Ok(verbs);
    }
    let at = |verb: &str| format!("{}?do={verb}&entry={}#do", of.case, row.id);
    if of.open
        && access.can(Permission::FeedsComment)
        && may_edit(row.author_id, access.person, row.at, of.req.now)
    {
        verbs.push(Link::new(words.say("entry-edit", &[]), at("edit_entry")));
    }
    if of.open && moves_to(access, of.escalations, view).is_some() {
        verbs.push(Link::new(words.say("entry-move", &[]), at("move")));
    }
    if access.can(Permission::FeedsRedact) {
        verbs.push(Link::new(words.say("entry-redact", &[]), at("redact")));
    }
    Ok(verbs)
}

/// Where the visitor writes into the case feed, or into an escalation's (`escalation` is its owner's name then); none
/// for who only reads. It is sent to the first address, and its files, by a script, to the second. What was begun at the place, of
/// the drafts that were read, stands in it.
pub fn composer(
    req: &PageRequest,
    id: &str,
    (action, upload): (String, String),
    organization: &str,
    escalation: Option<&str>,
    (place, begun): (&DraftPlace, &[Draft]),
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
    let begun = draft_field::at(begun, place);
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
        moves: Vec::new(),
        templates: None,
        mentions: String::new(),
        value: begun.map_or_else(String::new, |draft| draft.body.clone()),
        error: String::new(),
        wrong: Wrong::default(),
        attach: Attach::new(id, upload),
        draft: DraftField::of(place, begun),
    })
}
