//! Drafts: what people have begun to write, each its writer's alone, where they act.

use std::collections::BTreeSet;

use diesel::prelude::*;
use diesel::result::DatabaseErrorKind::UniqueViolation;
use diesel::result::Error::DatabaseError;

use crate::db::schema::drafts;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, Last, Statement, fixed, kept, write_last};
use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::draft::{DraftPlace, FormFields, MOST_DRAFTS};
use crate::domain::feed::Visibility;
use crate::domain::ids::{CaseId, OrganizationId, PersonId};
use crate::store::cas::Cas;

/// A row of `drafts`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = drafts)]
pub struct Draft {
    /// Where it is written, by ids.
    pub place: String,
    /// The case that it is on; none of a new case.
    pub case_id: Option<CaseId>,
    /// Markdown, as far as it was typed; empty where only other fields of its form are filled in.
    pub body: String,
    /// What stands in the other fields of its form, if it is kept whole.
    pub fields: Option<Json<FormFields>>,
    /// Who it is to reach, if that was chosen.
    pub visibility: Option<Visibility>,
    /// When it was written on.
    #[diesel(deserialize_as = At)]
    pub updated_at: Instant,
    /// Counts its changes.
    pub version: i64,
}

/// What is written, and where: the place by ids, and the case that it is on.
#[derive(Clone, Copy, Debug)]
pub struct NewDraft<'a> {
    /// Where.
    pub place: &'a DraftPlace,
    /// On which case; none of a new case.
    pub case: Option<CaseId>,
    /// Markdown; empty if nothing was typed yet.
    pub body: &'a str,
    /// What stands in the other fields of its form, if it is kept whole.
    pub fields: Option<&'a FormFields>,
    /// Who it is to reach, if that was chosen.
    pub visibility: Option<Visibility>,
}

impl NewDraft<'_> {
    fn fields_as_json(&self) -> QueryResult<Option<String>> {
        self.fields.map(json).transpose()
    }
}

/// Only what a person has written themselves where they act, and may still read there (F2).
macro_rules! own {
    ($access:expr) => {
        drafts::table
            .filter(drafts::person_id.eq($access.person))
            .filter(drafts::organization_id.eq($access.organization))
    };
}

/// Whether the draft is one that its writer may still read.
fn is_readable(draft: &Draft, access: &Access) -> bool {
    draft
        .visibility
        .is_none_or(|visibility| access.sees(visibility))
}

/// A person's draft at a place, by ids, that exists for them.
///
/// # Errors
/// Database errors.
pub fn find(conn: &mut Conn, access: &Access, place: &DraftPlace) -> QueryResult<Option<Draft>> {
    let found: Option<Draft> = own!(access)
        .filter(drafts::place.eq(place.to_string()))
        .select(Draft::as_select())
        .get_result(conn)
        .optional()?;
    Ok(found.filter(|draft| is_readable(draft, access)))
}

/// The version of a person's draft at a place, by ids, whether they may still read it or not.
///
/// # Errors
/// Database errors.
pub fn version_of(
    conn: &mut Conn,
    access: &Access,
    place: &DraftPlace,
) -> QueryResult<Option<i64>> {
    own!(access)
        .filter(drafts::place.eq(place.to_string()))
        .select(drafts::version)
        .get_result(conn)
        .optional()
}

/// A person's drafts on a case that exists for them.
///
/// # Errors
/// Database errors.
pub fn of_case(conn: &mut Conn, access: &Access, case: CaseId) -> QueryResult<Vec<Draft>> {
    let of_case = own!(access)
        .filter(drafts::case_id.eq(case))
        .select(Draft::as_select());
    let mut found: Vec<Draft> = fixed!(of_case).load(conn)?;
    found.retain(|draft| is_readable(draft, access));
    Ok(found)
}

/// Adds a draft; what was written there first in the meantime stays, and is told.
///
/// # Errors
/// Database errors.
pub fn insert(
    conn: &mut Conn,
    access: &Access,
    new: NewDraft<'_>,
    now: Instant,
) -> QueryResult<Cas> {
    let fields = new.fields_as_json()?;
    let added = conn.transaction(|conn| {
        diesel::insert_into(drafts::table)
            .values((
                drafts::person_id.eq(access.person),
                drafts::organization_id.eq(access.organization),
                drafts::place.eq(new.place.to_string()),
                drafts::case_id.eq(new.case),
                drafts::body.eq(new.body),
                drafts::fields.eq(fields.as_deref()),
                drafts::visibility.eq(new.visibility),
                drafts::updated_at.eq(At(now)),
                drafts::version.eq(1_i64),
            ))
            .execute(conn)
    });
    match added {
        Ok(_) => Ok(Cas::Done),
        Err(DatabaseError(UniqueViolation, _)) => Ok(Cas::Changed(1)),
        Err(error) => Err(error),
    }
}

/// Writes on a draft if it is still at `version`.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    access: &Access,
    (new, version): (NewDraft<'_>, i64),
    now: Instant,
) -> QueryResult<Cas> {
    let place = new.place.to_string();
    let changed = kept(
        own!(access)
            .filter(drafts::place.eq(&place))
            .filter(drafts::version.eq(version)),
    )
    .set((
        drafts::body.eq(new.body),
        drafts::fields.eq(new.fields_as_json()?),
        drafts::visibility.eq(new.visibility),
        drafts::updated_at.eq(At(now)),
        drafts::version.eq(version + 1),
    ))
    .execute(conn)?;
    if changed == 1 {
        return Ok(Cas::Done);
    }
    let there: Option<i64> = own!(access)
        .filter(drafts::place.eq(&place))
        .select(drafts::version)
        .get_result(conn)
        .optional()?;
    Ok(there.map_or(Cas::Missing, Cas::Changed))
}

/// Throws a draft away; gives whether there was one.
///
/// # Errors
/// Database errors.
pub fn remove(conn: &mut Conn, access: &Access, place: &DraftPlace) -> QueryResult<bool> {
    let at = own!(access).filter(drafts::place.eq(place.to_string()));
    Ok(diesel::delete(at).execute(conn)? > 0)
}

/// Throws a draft away at the end of the transaction, if it has these words and no others.
///
/// # Errors
/// Database errors.
pub fn remove_same(
    conn: &mut Conn,
    access: &Access,
    place: &DraftPlace,
    body: &str,
) -> QueryResult<()> {
    let said = Said {
        person: access.person,
        organization: access.organization,
        place: place.to_string(),
        body: body.to_owned(),
    };
    write_last(conn, said)
}

/// What somebody has said, and need not keep as a draft.
struct Said {
    person: PersonId,
    organization: OrganizationId,
    place: String,
    body: String,
}

/// The draft that says the same.
macro_rules! same {
    ($said:expr) => {
        own!($said)
            .filter(drafts::place.eq($said.place))
            .filter(drafts::body.eq($said.body))
    };
}

impl Last for Said {
    fn embedded(all: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        let mut all = all.into_iter();
        all.try_for_each(|said| diesel::delete(same!(said)).execute(conn).map(drop))
    }

    fn server(all: Vec<Self>, _: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        let each = all.into_iter();
        let each = each.map(|said| Box::new(diesel::delete(same!(said))) as Statement);
        Ok(each.collect())
    }
}

/// Throws away what a person has not written on for the longest time, so that no more than [`MOST_DRAFTS`] are left.
///
/// # Errors
/// Database errors.
pub fn keep_the_newest(conn: &mut Conn, access: &Access) -> QueryResult<()> {
    let most = i64::try_from(MOST_DRAFTS).unwrap_or(i64::MAX);
    let too_many: Vec<String> = own!(access)
        .order((drafts::updated_at.desc(), drafts::place.asc()))
        .offset(most)
        // A bound for both databases; there is one too many at the most.
        .limit(most)
        .select(drafts::place)
        .load(conn)?;
    if too_many.is_empty() {
        return Ok(());
    }
    diesel::delete(own!(access).filter(drafts::place.eq_any(too_many)))
        .execute(conn)
        .map(drop)
}

/// Throws away drafts on a case that have one of these wordings: what must not be kept of an entry is not kept here either (F4).
///
/// # Errors
/// Database errors.
pub fn forget(conn: &mut Conn, case: CaseId, wordings: &BTreeSet<String>) -> QueryResult<()> {
    forget_fields(conn, case, wordings)?;
    let wordings: Vec<&str> = wordings
        .iter()
        .map(String::as_str)
        .filter(|words| !words.is_empty())
        .collect();
    diesel::delete(
        drafts::table
            .filter(drafts::case_id.eq(case))
            .filter(drafts::body.eq_any(wordings)),
    )
    .execute(conn)
    .map(drop)
}

/// The same of words that stand in another field of a form.
fn forget_fields(conn: &mut Conn, case: CaseId, wordings: &BTreeSet<String>) -> QueryResult<()> {
    type Row = (PersonId, OrganizationId, String, Option<Json<FormFields>>);
    // As many as people write on this case at the same time.
    let forms: Vec<Row> = drafts::table
        .filter(drafts::case_id.eq(case))
        .filter(drafts::fields.is_not_null())
        .select((
            drafts::person_id,
            drafts::organization_id,
            drafts::place,
            drafts::fields,
        ))
        .load(conn)?;
    for (person, organization, place, fields) in forms {
        let repeats = fields.is_some_and(|fields| wordings.iter().any(|words| fields.has(words)));
        if !repeats {
            continue;
        }
        diesel::delete(
            drafts::table
                .filter(drafts::person_id.eq(person))
                .filter(drafts::organization_id.eq(organization))
                .filter(drafts::place.eq(place)),
        )
        .execute(conn)?;
    }
    Ok(())
}
