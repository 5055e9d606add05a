//! For whom articles, announcements, tutorials and tools are: what is for others is left out by the query (H1).

use std::collections::HashMap;

use diesel::prelude::*;
use uuid::Uuid;

use crate::db::Conn;
use crate::db::schema::{help_audiences, organizations};
use crate::domain::access::{Access, Permission};
use crate::domain::audience::{Audience, AudienceKind};
use crate::domain::ids::{AnnouncementId, ArticleId, OrganizationId, ToolId, TutorialId};
use crate::domain::organization::{OrganizationKind, Side};

/// Who reads: what exists for them is what is for their organization, or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Whoever keeps such things sees all of them.
    Keeper,
    /// Somebody of an organization of this kind.
    Of(OrganizationId, OrganizationKind),
}

impl Listener {
    /// Somebody who sees everything if they have a permission, and what is for their organization if not.
    ///
    /// # Errors
    /// Database errors.
    pub fn of(conn: &mut Conn, access: &Access, keeps: Permission) -> QueryResult<Self> {
        if access.can(keeps) {
            return Ok(Self::Keeper);
        }
        Self::reader(conn, access)
    }

    /// Somebody as one of those for whom things are, whatever else they may do.
    ///
    /// # Errors
    /// Database errors.
    pub fn reader(conn: &mut Conn, access: &Access) -> QueryResult<Self> {
        let kind = match access.side {
            Side::Provider => OrganizationKind::Provider,
            Side::Customer => organizations::table
                .filter(organizations::id.eq(access.organization))
                .select(organizations::kind)
                .get_result(conn)?,
        };
        Ok(Self::Of(access.organization, kind))
    }
}

/// Leaves out of a boxed query of a table with `id` and `audience` what is not for a [`Listener`]. A macro, because every selection is a
/// type of its own.
macro_rules! for_listener {
    ($query:expr, $table:ident, $listener:expr) => {
        match $listener {
            $crate::store::audiences::Listener::Keeper => $query,
            $crate::store::audiences::Listener::Of(organization, kind) => $query.filter(
                $table::audience
                    .eq_any($crate::domain::audience::AudienceKind::reaching(kind).to_vec())
                    .or($table::id.eq_any($crate::store::audiences::named!(organization))),
            ),
        }
    };
}
pub(super) use for_listener;

/// The things for which an organization is named.
macro_rules! named {
    ($organization:expr) => {
        $crate::db::schema::help_audiences::table
            .filter($crate::db::schema::help_audiences::organization_id.eq($organization))
            .select($crate::db::schema::help_audiences::thing_id)
    };
}
pub(super) use named;

/// The bare id of an article, an announcement, a tutorial or a tool, under which the organizations are kept that are named for it.
pub trait Thing: Copy {
    /// It.
    fn uuid(self) -> Uuid;
}

macro_rules! things {
    ($($id:ident),+) => {$(
        impl Thing for $id {
            fn uuid(self) -> Uuid {
                *self.as_uuid()
            }
        }
    )+};
}
things!(ArticleId, AnnouncementId, TutorialId, ToolId);

/// The id as the column has it, which is of no kind.
fn key(thing: impl Thing) -> AnnouncementId {
    AnnouncementId::from_uuid(thing.uuid())
}

/// Notes for which organizations a thing is from now on: those that its audience names.
///
/// # Errors
/// Database errors.
pub fn set(conn: &mut Conn, thing: impl Thing, audience: &Audience) -> QueryResult<()> {
    forget(conn, thing)?;
    for organization in audience.organizations() {
        diesel::insert_into(help_audiences::table)
            .values((
                help_audiences::thing_id.eq(key(thing)),
                help_audiences::organization_id.eq(*organization),
            ))
            .execute(conn)?;
    }
    Ok(())
}

/// Forgets for which organizations a thing is.
///
/// # Errors
/// Database errors.
pub fn forget(conn: &mut Conn, thing: impl Thing) -> QueryResult<()> {
    diesel::delete(help_audiences::table.filter(help_audiences::thing_id.eq(key(thing))))
        .execute(conn)
        .map(drop)
}

/// The audience of one thing whose row says `kind`.
///
/// # Errors
/// Database errors.
pub fn of(conn: &mut Conn, thing: impl Thing, kind: AudienceKind) -> QueryResult<Audience> {
    Ok(Named::of(conn, &[thing])?.audience(thing, kind))
}

/// The organizations that are named for a few things.
#[derive(Clone, Debug, Default)]
pub struct Named(HashMap<Uuid, Vec<OrganizationId>>);

impl Named {
    /// Those of `things`.
    ///
    /// # Errors
    /// Database errors.
    pub fn of(conn: &mut Conn, things: &[impl Thing]) -> QueryResult<Self> {
        if things.is_empty() {
            return Ok(Self::default());
        }
        let keys: Vec<AnnouncementId> = things.iter().map(|thing| key(*thing)).collect();
        let rows: Vec<(AnnouncementId, OrganizationId)> = help_audiences::table
            .filter(help_audiences::thing_id.eq_any(keys))
            .select((help_audiences::thing_id, help_audiences::organization_id))
            .load(conn)?;
        let mut named: HashMap<Uuid, Vec<OrganizationId>> = HashMap::new();
        for (thing, organization) in rows {
            named
                .entry(*thing.as_uuid())
                .or_default()
                .push(organization);
        }
        Ok(Self(named))
    }

    /// All organizations that are named.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationId> {
        self.0.values().flatten().copied()
    }

    /// The audience of a thing whose row says `kind`.
    pub fn audience(&self, thing: impl Thing, kind: AudienceKind) -> Audience {
        let named = self.0.get(&thing.uuid()).cloned().unwrap_or_default();
        Audience::of(kind, named)
    }
}
