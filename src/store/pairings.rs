//! Pairings, the people and groups they are for, the roles given through them, and cloned users (section 9).
//!
//! Every look is narrowed to a [`Scope`]: a pairing exists for its two organizations, and for somebody who is there by a
//! pairing only that one does.

mod asked;
mod clones;
mod given;
mod members;
mod parties;
mod visits;
mod writing;

use diesel::prelude::*;

pub use asked::{
    NewRoleRequest, RoleRequest, ask_for_role, find_role_request, forget_role_request, refuse_role,
    role_request_for, role_requests_in,
};
pub use clones::{
    CloneRow, add_clone, clones_among, clones_of, clones_of_people, end_clones, find_clone,
    homes_of_clones, is_clone, is_removed_clone, mailboxes, running_clones,
};
pub use given::{
    Given, GivenRole, OwnRole, find_given, give, given_in, giving, let_hold, own_role, take,
    take_all,
};
pub use members::{
    Member, add_member, approve, change_member, find_member, group_names, groups_of,
    has_groups_with, is_in_group, is_trusted, members_of, people_in, people_of, reaching,
    remove_member, trustable_groups, trustable_people,
};
pub use parties::{clients, is_paired_outside};
pub use visits::{Visit, begin_visit, note_on_visit, organizations_of_visit, visits_of};
pub use writing::{NewPairing, PairingChanges, count_change, insert, touch, update};

use crate::db::Conn;
use crate::db::schema::{pairing_members, pairings};
use crate::db::sql_types::{At, Key, MaybeAt};
use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PersonId};
use crate::domain::pairing::{Party, Standing, State};

/// Which pairings exist for somebody.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// Those of the organization in which they act.
    pub organization: OrganizationId,
    /// Of these, only the one by which they are there.
    pub through: Option<PairingId>,
}

impl From<&Access> for Scope {
    fn from(access: &Access) -> Self {
        Self {
            organization: access.organization,
            through: access.through.map(|through| through.pairing),
        }
    }
}

/// A row of `pairings`.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = pairings)]
pub struct Pairing {
    /// Its id.
    pub id: PairingId,
    /// Whose people want to work elsewhere.
    pub trustee_id: OrganizationId,
    /// In which they work; none before it was accepted.
    pub trustor_id: Option<OrganizationId>,
    /// The only organization that may accept, where one is named.
    pub addressed_to: Option<OrganizationId>,
    /// Until when its link is good.
    #[diesel(deserialize_as = At)]
    pub expires_at: Instant,
    /// Who asked for it.
    pub created_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = At)]
    pub created_at: Instant,
    /// Who accepted it.
    pub accepted_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub accepted_at: Option<Instant>,
    /// When its link was used to refuse.
    #[diesel(deserialize_as = MaybeAt)]
    pub refused_at: Option<Instant>,
    /// Who of the trustor switched it off.
    pub switched_off_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub switched_off_at: Option<Instant>,
    /// Who of the trustee suspended it.
    pub suspended_by: Option<PersonId>,
    /// When.
    #[diesel(deserialize_as = MaybeAt)]
    pub suspended_at: Option<Instant>,
    /// When one side ended it.
    #[diesel(deserialize_as = MaybeAt)]
    pub removed_at: Option<Instant>,
    /// When somebody last switched in, or changed something there.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_used_at: Option<Instant>,
    /// Counts its changes, those of its members included.
    pub version: i64,
}

impl Pairing {
    /// What its row says of where it stands.
    pub fn standing(&self) -> Standing {
        Standing {
            expires_at: self.expires_at,
            accepted: self.accepted_at.is_some(),
            refused: self.refused_at.is_some(),
            switched_off: self.switched_off_at.is_some(),
            suspended: self.suspended_at.is_some(),
            removed: self.removed_at.is_some(),
        }
    }

    /// Where it stands.
    pub fn state(&self, now: Instant) -> State {
        self.standing().at(now)
    }

    /// On which side of it an organization is.
    pub fn party_of(&self, organization: OrganizationId) -> Option<Party> {
        if self.trustee_id == organization {
            Some(Party::Trustee)
        } else if self.trustor_id == Some(organization) {
            Some(Party::Trustor)
        } else {
            None
        }
    }

    /// The other organization, as far as it is known.
    pub fn other(&self, party: Party) -> Option<OrganizationId> {
        match party {
            Party::Trustee => self.trustor_id.or(self.addressed_to),
            Party::Trustor => Some(self.trustee_id),
        }
    }
}

/// The pairing of that id, if it exists in the scope; one that was removed does not.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, scope: Scope, id: PairingId) -> QueryResult<Option<Pairing>> {
    let own = scope.organization;
    let mut query = pairings::table
        .filter(pairings::id.eq(id))
        .filter(pairings::removed_at.is_null())
        .filter(
            pairings::trustee_id
                .eq(own)
                .or(pairings::trustor_id.eq(own)),
        )
        .select(Pairing::as_select())
        .into_boxed();
    if let Some(through) = scope.through {
        query = query.filter(pairings::id.eq(through).and(pairings::trustor_id.eq(own)));
    }
    query.get_result(conn).optional()
}

/// The pairing of that id, in whatever state and for whomever: for what a rule follows up by itself.
///
/// # Errors
/// Database errors.
pub fn by_id(conn: &mut Conn, id: PairingId) -> QueryResult<Option<Pairing>> {
    pairings::table
        .filter(pairings::id.eq(id))
        .select(Pairing::as_select())
        .get_result(conn)
        .optional()
}

/// [`find`], locked until the transaction ends: what is decided on, limits included, cannot change under a verb. On
/// SQLite the writer is alone already.
///
/// # Errors
/// Database errors.
pub fn lock(conn: &mut Conn, scope: Scope, id: PairingId) -> QueryResult<Option<Pairing>> {
    hold(conn, id)?;
    find(conn, scope, id)
}

/// [`by_id`], locked until the transaction ends.
///
/// # Errors
/// Database errors.
pub fn lock_by_id(conn: &mut Conn, id: PairingId) -> QueryResult<Option<Pairing>> {
    hold(conn, id)?;
    by_id(conn, id)
}

fn hold(conn: &mut Conn, id: PairingId) -> QueryResult<()> {
    if let Conn::Postgres(conn) = conn {
        diesel::sql_query("SELECT 1 FROM pairings WHERE id = $1 FOR UPDATE")
            .bind::<Key, _>(id)
            .execute(conn)?;
    }
    Ok(())
}

/// The pairings of the same two organizations that go on, this one included. One that nobody has accepted is of no two yet.
///
/// # Errors
/// Database errors.
pub fn alike(conn: &mut Conn, pairing: &Pairing) -> QueryResult<Vec<PairingId>> {
    let Some(trustor) = pairing.trustor_id else {
        return Ok(vec![pairing.id]);
    };
    let mut alike: Vec<PairingId> = pairings::table
        .filter(pairings::trustee_id.eq(pairing.trustee_id))
        .filter(pairings::trustor_id.eq(trustor))
        .filter(pairings::id.ne(pairing.id))
        .filter(pairings::removed_at.is_null())
        .select(pairings::id)
        .load(conn)?;
    alike.push(pairing.id);
    Ok(alike)
}

/// The pairings that go on in which a group is named, by id.
///
/// # Errors
/// Database errors.
pub fn naming(conn: &mut Conn, group: GroupId) -> QueryResult<Vec<Pairing>> {
    pairings::table
        .filter(
            pairings::id.eq_any(
                pairing_members::table
                    .filter(pairing_members::group_id.eq(group))
                    .select(pairing_members::pairing_id),
            ),
        )
        .filter(pairings::removed_at.is_null())
        .order(pairings::id.asc())
        .select(Pairing::as_select())
        .load(conn)
}

/// The pairing of the link whose secret has this hash, in whatever state.
///
/// # Errors
/// Database errors.
pub fn by_link(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Pairing>> {
    pairings::table
        .filter(pairings::token_hash.eq(token_hash))
        .select(Pairing::as_select())
        .get_result(conn)
        .optional()
}

/// [`by_link`], locked until the transaction ends.
///
/// # Errors
/// Database errors.
pub fn lock_by_link(conn: &mut Conn, token_hash: &str) -> QueryResult<Option<Pairing>> {
    let Some(pairing) = by_link(conn, token_hash)? else {
        return Ok(None);
    };
    hold(conn, pairing.id)?;
    by_link(conn, token_hash)
}

/// The pairings in the scope that were not removed, the newest first, after the one `after`; those on one side, or all; and only
/// those for a group that `in_group` is in, if it is somebody.
///
/// # Errors
/// Database errors.
pub fn list(
    conn: &mut Conn,
    scope: Scope,
    (party, in_group): (Option<Party>, Option<PersonId>),
    after: Option<PairingId>,
    limit: i64,
) -> QueryResult<Vec<Pairing>> {
    let own = scope.organization;
    let mut query = pairings::table
        .filter(pairings::removed_at.is_null())
        .select(Pairing::as_select())
        .into_boxed();
    query = match party {
        Some(Party::Trustee) => query.filter(pairings::trustee_id.eq(own)),
        Some(Party::Trustor) => query.filter(pairings::trustor_id.eq(own)),
        None => query.filter(
            pairings::trustee_id
                .eq(own)
                .or(pairings::trustor_id.eq(own)),
        ),
    };
    if let Some(through) = scope.through {
        query = query.filter(pairings::id.eq(through).and(pairings::trustor_id.eq(own)));
    }
    if let Some(person) = in_group {
        query = query.filter(
            pairings::id.eq_any(
                pairing_members::table
                    .filter(pairing_members::group_id.eq_any(members::groups_with(person)))
                    .select(pairing_members::pairing_id),
            ),
        );
    }
    if let Some(after) = after {
        query = query.filter(pairings::id.lt(after));
    }
    query.order(pairings::id.desc()).limit(limit).load(conn)
}
