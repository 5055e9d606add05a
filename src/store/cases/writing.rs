//! Cases are opened and changed.

use diesel::prelude::*;

use super::Case;
use crate::db::schema::cases;
use crate::db::sql_types::{At, Json, json};
use crate::db::{Conn, Last, Statement, on_either, write_last, write_what_was_put_off};
use crate::domain::Instant;
use crate::domain::case::{BusinessImpact, Channel, Deployment, Engagement, Priority, Rca, Status};
use crate::domain::ids::{CaseId, CaseNumber, LineId, OrganizationId, PersonId};
use crate::domain::text::search;
use crate::store::cas::{Cas, compare_and_set};
use crate::store::many::insert_many;

/// What a new case is made of.
#[derive(Clone, Debug)]
pub struct NewCase<'a> {
    /// Its number.
    pub number: CaseNumber,
    /// Whose case it is.
    pub organization: OrganizationId,
    /// Its line of business.
    pub line: LineId,
    /// One line.
    pub subject: &'a str,
    /// Markdown.
    pub description: &'a str,
    /// How urgent.
    pub priority: Priority,
    /// Where it stands.
    pub status: Status,
    /// Where the customer's installation runs.
    pub deployment: Deployment,
    /// What it does to the customer's business.
    pub business_impact: BusinessImpact,
    /// What it is about.
    pub product: Option<&'a str>,
    /// Whom it waits on.
    pub engagements: &'a [Engagement],
    /// Who opened it.
    pub opened_by: PersonId,
    /// The contact of record, if that is somebody else.
    pub contact: Option<PersonId>,
    /// The engineer who owns it.
    pub owner: Option<PersonId>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed; present exactly if the status is closed.
    pub closed_at: Option<Instant>,
    /// The newest update by the provider among the entries that come with it.
    pub last_provider_entry_at: Option<Instant>,
    /// Its root cause analysis.
    pub rca: Option<Rca>,
    /// Its name in another system.
    pub external_id: Option<&'a str>,
    /// How the contact reached the provider, where the provider's staff opened it.
    pub channel: Option<Channel>,
}

impl NewCase<'_> {
    /// The row that [`insert`] writes.
    pub fn row(&self, id: CaseId, now: Instant) -> Case {
        Case {
            id,
            number: self.number,
            organization_id: self.organization,
            line_of_business_id: self.line,
            subject: self.subject.to_owned(),
            description: self.description.to_owned(),
            priority: self.priority,
            status: self.status,
            deployment: self.deployment,
            business_impact: self.business_impact,
            product: self.product.map(str::to_owned),
            engagements: Json(self.engagements.to_vec()),
            opened_by: self.opened_by,
            contact_id: self.contact,
            owner_id: self.owner,
            opened_at: self.opened_at,
            last_provider_entry_at: self.last_provider_entry_at,
            closed_at: self.closed_at,
            rca_requested_at: self.rca.map(|rca| rca.requested_at),
            rca_delivered_at: self.rca.and_then(|rca| rca.delivered_at),
            external_id: self.external_id.map(str::to_owned),
            channel: self.channel,
            updated_at: now,
            version: 1,
        }
    }
}

/// Adds a case at the end of the transaction, with the salt of the hash by which an event covers its words. Until then nothing in the
/// database may name it but what is put off as well.
///
/// # Errors
/// Database errors; there, a unique violation if the number or external id is taken.
pub fn insert(
    conn: &mut Conn,
    (id, salt): (CaseId, String),
    new: NewCase<'_>,
    now: Instant,
) -> QueryResult<()> {
    // What is put off is written in the order in which it was, kind by kind: what names the case comes behind it.
    write_what_was_put_off(conn)?;
    let search_words = search_words(new.subject, new.description);
    let ready = ReadyCase {
        id,
        search_words: &search_words,
        new,
        salt,
    };
    write_last(conn, Written::of(ready, now)?)
}

impl Last for Written {
    fn embedded(rows: Vec<Self>, conn: &mut SqliteConnection) -> QueryResult<()> {
        insert_many!(conn, cases::table, &rows);
        Ok(())
    }

    fn server(rows: Vec<Self>, _: &mut PgConnection) -> QueryResult<Vec<Statement>> {
        let statement = |row| Box::new(diesel::insert_into(cases::table).values(row)) as Statement;
        Ok(rows.into_iter().map(statement).collect())
    }
}

/// A case as its row is written.
#[derive(Debug, Insertable)]
#[diesel(table_name = cases, treat_none_as_default_value = false)]
struct Written {
    id: CaseId,
    number: i64,
    organization_id: OrganizationId,
    line_of_business_id: LineId,
    subject: String,
    description: String,
    priority: Priority,
    status: Status,
    deployment: Deployment,
    business_impact: BusinessImpact,
    product: Option<String>,
    engagements: String,
    opened_by: PersonId,
    contact_id: Option<PersonId>,
    owner_id: Option<PersonId>,
    opened_at: At,
    last_provider_entry_at: Option<At>,
    closed_at: Option<At>,
    rca_requested_at: Option<At>,
    rca_delivered_at: Option<At>,
    external_id: Option<String>,
    channel: Option<Channel>,
    search_words: String,
    updated_at: At,
    salt: Option<String>,
}

/// A new case with what goes with it where many are written at once.
#[derive(Clone, Debug)]
pub struct ReadyCase<'a> {
    /// Its id.
    pub id: CaseId,
    /// What it is made of.
    pub new: NewCase<'a>,
    /// What a search looks through of it ([`search_words`]).
    pub search_words: &'a str,
    /// The salt of the hash by which an event covers its words.
    pub salt: String,
}

/// Adds several cases by few statements.
///
/// # Errors
/// As for [`insert`].
pub fn insert_all<'a>(
    conn: &mut Conn,
    cases: impl IntoIterator<Item = ReadyCase<'a>>,
    now: Instant,
) -> QueryResult<()> {
    let rows = cases.into_iter().map(|case| Written::of(case, now));
    let rows: Vec<Written> = rows.collect::<QueryResult<_>>()?;
    on_either!(conn, |own| insert_many!(own, cases::table, &rows));
    Ok(())
}

impl Written {
    fn of(case: ReadyCase<'_>, now: Instant) -> QueryResult<Self> {
        let new = case.new;
        Ok(Self {
            id: case.id,
            number: new.number.value(),
            organization_id: new.organization,
            line_of_business_id: new.line,
            subject: new.subject.to_owned(),
            description: new.description.to_owned(),
            priority: new.priority,
            status: new.status,
            deployment: new.deployment,
            business_impact: new.business_impact,
            product: new.product.map(str::to_owned),
            engagements: json(new.engagements)?,
            opened_by: new.opened_by,
            contact_id: new.contact,
            owner_id: new.owner,
            opened_at: At(new.opened_at),
            last_provider_entry_at: new.last_provider_entry_at.map(At),
            closed_at: new.closed_at.map(At),
            rca_requested_at: new.rca.map(|rca| At(rca.requested_at)),
            rca_delivered_at: new.rca.and_then(|rca| rca.delivered_at).map(At),
            external_id: new.external_id.map(str::to_owned),
            channel: new.channel,
            search_words: case.search_words.to_owned(),
            updated_at: At(now),
            salt: Some(case.salt),
        })
    }
}

/// What a search looks through: the words of the subject and of the description. By its number it is found without them.
pub fn search_words(subject: &str, description: &str) -> String {
    search::kept(search::Place::Case, &format!("{subject}\n{description}"))
}

/// Changes to a case; what is `None` stays.
#[derive(Clone, Debug, Default, AsChangeset)]
#[diesel(table_name = cases)]
pub struct CaseChanges {
    /// Its line of business.
    pub line_of_business_id: Option<LineId>,
    /// One line.
    pub subject: Option<String>,
    /// Markdown.
    pub description: Option<String>,
    /// How urgent.
    pub priority: Option<Priority>,
    /// Where it stands.
    pub status: Option<Status>,
    /// Where the customer's installation runs.
    pub deployment: Option<Deployment>,
    /// What it does to the customer's business.
    pub business_impact: Option<BusinessImpact>,
    /// What it is about.
    pub product: Option<Option<String>>,
    /// Whom it waits on, as JSON.
    pub engagements: Option<String>,
    /// The engineer who owns it.
    pub owner_id: Option<Option<PersonId>>,
    /// The newest update by the provider.
    pub last_provider_entry_at: Option<Option<At>>,
    /// When it was closed.
    pub closed_at: Option<Option<At>>,
    /// When a root cause analysis was requested.
    pub rca_requested_at: Option<Option<At>>,
    /// When it was delivered.
    pub rca_delivered_at: Option<Option<At>>,
    /// What a search looks through.
    pub search_words: Option<String>,
}

impl CaseChanges {
    /// Whether everything stays as it is in `case`.
    pub fn leave(&self, case: &Case) -> bool {
        fn same<T: PartialEq>(new: &Option<T>, now: &T) -> bool {
            new.as_ref().is_none_or(|new| new == now)
        }
        // Taken apart, so that a column that is added has to be asked for here.
        let Self {
            line_of_business_id,
            subject,
            description,
            priority,
            status,
            deployment,
            business_impact,
            product,
            engagements,
            owner_id,
            last_provider_entry_at,
            closed_at,
            rca_requested_at,
            rca_delivered_at,
            // It follows the subject and the description.
            search_words: _,
        } = self;
        let engagements = engagements
            .as_deref()
            .map(serde_json::from_str::<Vec<Engagement>>);
        let moves = [
            last_provider_entry_at,
            closed_at,
            rca_requested_at,
            rca_delivered_at,
        ];
        same(line_of_business_id, &case.line_of_business_id)
            && same(subject, &case.subject)
            && same(description, &case.description)
            && same(priority, &case.priority)
            && same(status, &case.status)
            && same(deployment, &case.deployment)
            && same(business_impact, &case.business_impact)
            && same(product, &case.product)
            && same(owner_id, &case.owner_id)
            && engagements.is_none_or(|new| new.is_ok_and(|new| new == case.engagements.0))
            && moves.into_iter().all(Option::is_none)
    }
}

/// Changes a case if it is still at `version`, and counts the change. Whoever holds the lock of [`lock`](super::lock) finds it so.
///
/// # Errors
/// Database errors.
pub fn update(
    conn: &mut Conn,
    id: CaseId,
    version: i64,
    changes: &CaseChanges,
    now: Instant,
) -> QueryResult<Cas> {
    let changes = (changes, cases::updated_at.eq(At(now)));
    Ok(compare_and_set!(conn, cases.id = id, version, changes))
}

/// Counts that something happened to a case, of which nothing else changes; otherwise like [`update`].
///
/// # Errors
/// Database errors.
pub fn touch(conn: &mut Conn, id: CaseId, version: i64, now: Instant) -> QueryResult<Cas> {
    let changes = cases::updated_at.eq(At(now));
    Ok(compare_and_set!(conn, cases.id = id, version, kept changes))
}

/// Notes the provider's `newest` entry (C7); otherwise like [`touch`].
///
/// # Errors
/// Database errors.
pub fn touch_by_provider(
    conn: &mut Conn,
    id: CaseId,
    version: i64,
    newest: Instant,
    now: Instant,
) -> QueryResult<Cas> {
    let changes = (
        cases::last_provider_entry_at.eq(Some(At(newest))),
        cases::updated_at.eq(At(now)),
    );
    Ok(compare_and_set!(conn, cases.id = id, version, kept changes))
}

/// Puts a case to a status, and nothing else of it; otherwise like [`touch`].
///
/// # Errors
/// Database errors.
pub fn move_on(
    conn: &mut Conn,
    id: CaseId,
    version: i64,
    status: Status,
    now: Instant,
) -> QueryResult<Cas> {
    let changes = (cases::status.eq(status), cases::updated_at.eq(At(now)));
    Ok(compare_and_set!(conn, cases.id = id, version, kept changes))
}
