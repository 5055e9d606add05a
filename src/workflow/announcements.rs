//! Announcements: written, changed, removed, and read (H1).

use super::administer::refused;
use super::audience::{ForWhom, audience, fields as audience_fields, patched};
use super::{Actor, Expected, Rejection, VerbResult, publish, settled, unchanged};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::announcement::{Importance, Showing};
use crate::domain::audience::Audience;
use crate::domain::event::{AdministrativeEvent, AnnouncementFields, Changed};
use crate::domain::ids::AnnouncementId;
use crate::domain::text::{Note, Subject};
use crate::input::{Patch, input};
use crate::store::announcements::{self, Announcement, AnnouncementRow};
use crate::store::audiences::{self, Listener};

input! {
    /// A new announcement.
    pub struct AddAnnouncement {
        /// One line.
        title: Subject,
        /// What it says, in Markdown.
        body: Note,
        /// For whom it is.
        audience: ForWhom,
        /// From when on it is shown.
        from: Instant,
        /// Until when; for good if not given.
        until: Option<Instant>,
        /// How much it matters.
        importance: Importance,
        /// Whether it is a draft, which nobody else sees; it is not if not given.
        draft: Option<bool>,
    }
}

input! {
    /// Changes to an announcement. Who has read it has read it.
    pub struct UpdateAnnouncement {
        /// One line.
        title: Patch<Subject>,
        /// What it says, in Markdown.
        body: Patch<Note>,
        /// For whom it is.
        audience: Patch<ForWhom>,
        /// From when on it is shown.
        from: Patch<Instant>,
        /// Until when; `null` for good.
        until: Patch<Option<Instant>>,
        /// How much it matters.
        importance: Patch<Importance>,
        /// Whether it is a draft, which nobody else sees.
        draft: Patch<bool>,
    }
}

/// Adds an announcement.
///
/// # Errors
/// [`Rejection::Denied`], `Field`, `Parts`.
pub fn add_announcement(
    conn: &mut Conn,
    actor: &Actor,
    command: &AddAnnouncement,
    now: Instant,
) -> VerbResult<AnnouncementId> {
    actor.require(Permission::AnnouncementsManage)?;
    let audience = audience(conn, actor, &command.audience)?;
    let showing = Showing {
        draft: command.draft.unwrap_or(false),
        from: command.from,
        until: command.until,
    };
    ends_later(showing, now)?;
    let row = AnnouncementRow {
        title: command.title.as_str(),
        body: command.body.as_str(),
        audience: &audience,
        importance: command.importance,
        showing,
    };
    let id = announcements::insert(conn, &row, now)?;
    let event = AdministrativeEvent::AnnouncementAdded(id, fields(&row));
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Changes an announcement.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`, `Field`, `Parts`.
pub fn update_announcement(
    conn: &mut Conn,
    actor: &Actor,
    id: AnnouncementId,
    expected: Expected<'_>,
    command: &UpdateAnnouncement,
    now: Instant,
) -> VerbResult<AnnouncementId> {
    let before = kept(conn, actor, id, now)?;
    unchanged(expected, before.version)?;
    let was = audiences::of(conn, id, before.audience)?;
    let audience = patched(conn, actor, &was, &command.audience)?;
    let showing = Showing {
        draft: command.draft.as_option().copied().unwrap_or(before.draft),
        from: command.from.as_option().copied().unwrap_or(before.from_at),
        until: match command.until {
            Patch::Keep => before.until_at,
            Patch::Set(until) => until,
        },
    };
    if showing != before.showing() {
        // What is over may be put right without being shown again.
        let same_end = showing.until == before.until_at;
        let at = if same_end { showing.from } else { now };
        ends_later(showing, at)?;
    }
    let row = AnnouncementRow {
        title: (command.title.as_option()).map_or(&before.title, Subject::as_str),
        body: (command.body.as_option()).map_or(&before.body, Note::as_str),
        audience: &audience,
        importance: (command.importance.as_option().copied()).unwrap_or(before.importance),
        showing,
    };
    let changed = Changed {
        before: fields(&row_of(&before, &was)),
        after: fields(&row),
    };
    if changed.before == changed.after {
        return Ok(id);
    }
    settled(announcements::update(conn, &before, &row)?, expected)?;
    let event = AdministrativeEvent::AnnouncementChanged(id, changed);
    publish::administrative(conn, actor, event, now)?;
    Ok(id)
}

/// Removes an announcement.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`, `Stale`.
pub fn delete_announcement(
    conn: &mut Conn,
    actor: &Actor,
    id: AnnouncementId,
    expected: Expected<'_>,
    now: Instant,
) -> VerbResult<()> {
    let before = kept(conn, actor, id, now)?;
    unchanged(expected, before.version)?;
    let was = audiences::of(conn, id, before.audience)?;
    settled(announcements::delete(conn, &before)?, expected)?;
    let event = AdministrativeEvent::AnnouncementRemoved(id, fields(&row_of(&before, &was)));
    publish::administrative(conn, actor, event, now)
}

/// Notes that the actor has read an announcement: it is not shown to them on the first page any more.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn read_announcement(
    conn: &mut Conn,
    actor: &Actor,
    id: AnnouncementId,
    now: Instant,
) -> VerbResult<()> {
    let listener = Listener::of(conn, &actor.access, Permission::AnnouncementsManage)?;
    announcements::find(conn, listener, id, now)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::AnnouncementsView)?;
    match announcements::mark_read(conn, actor.id(), id, now)? {
        true => Ok(()),
        false => Err(Rejection::NotFound.into()),
    }
}

/// An announcement that the actor may change.
fn kept(
    conn: &mut Conn,
    actor: &Actor,
    id: AnnouncementId,
    now: Instant,
) -> VerbResult<Announcement> {
    let listener = Listener::of(conn, &actor.access, Permission::AnnouncementsManage)?;
    let found = announcements::find(conn, listener, id, now)?.ok_or(Rejection::NotFound)?;
    actor.require(Permission::AnnouncementsManage)?;
    Ok(found)
}

/// What ends, ends after it begins, and after `now`.
fn ends_later(showing: Showing, now: Instant) -> Result<(), Rejection> {
    let Some(until) = showing.until else {
        return Ok(());
    };
    let code = if until <= showing.from {
        "not_after_start"
    } else if until <= now {
        "in_the_past"
    } else {
        return Ok(());
    };
    Err(refused("until", code, until.to_rfc3339()))
}

fn row_of<'a>(announcement: &'a Announcement, audience: &'a Audience) -> AnnouncementRow<'a> {
    AnnouncementRow {
        title: &announcement.title,
        body: &announcement.body,
        audience,
        importance: announcement.importance,
        showing: announcement.showing(),
    }
}

fn fields(row: &AnnouncementRow<'_>) -> AnnouncementFields {
    AnnouncementFields {
        title: row.title.to_owned(),
        body: row.body.to_owned(),
        audience: audience_fields(row.audience),
        importance: row.importance,
        draft: row.showing.draft,
        from_at: row.showing.from,
        until: row.showing.until,
    }
}
