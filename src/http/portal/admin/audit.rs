//! Audited events: what was done, by whom, with what was before and after, and the way to take them out.

mod handlers;

use serde::Serialize;

use super::super::form::{Choice, Wrong};
use super::super::parts::{Pager, Tab};
use crate::domain::Instant;

pub(in crate::http::portal) use handlers::routes;

/// The list of audited events.
#[derive(Clone, Debug, Serialize)]
pub struct AuditPage {
    /// What it is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// What narrows the list.
    pub filters: AuditFilters,
    /// What is wrong with that; empty when nothing is.
    pub wrong: Wrong,
    /// The events, newest first.
    pub events: Vec<AuditRow>,
    /// To older ones.
    pub pager: Pager,
}

/// What narrows the list, as it was asked for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct AuditFilters {
    /// Whether anything does.
    pub any: bool,
    /// A case's number.
    pub case: String,
    /// An address.
    pub actor: String,
    /// A visit, which other pages lead to.
    pub visit: String,
    /// The chosen organization.
    pub organization: String,
    /// The organizations to choose from; empty for who has no choice.
    pub organizations: Vec<Choice>,
    /// The chosen kind, or the thing whose kinds were chosen.
    pub kind: String,
    /// The kinds to choose from, by thing.
    pub kinds: Vec<KindGroup>,
    /// The first day, in the reader's zone.
    pub from: String,
    /// The last day.
    pub until: String,
}

/// The kinds of one thing.
#[derive(Clone, Debug, Serialize)]
pub struct KindGroup {
    /// The thing.
    pub label: String,
    /// All of its kinds at once, and each of them.
    pub choices: Vec<Choice>,
}

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// Its id.
    pub id: String,
    /// Its place in the chain, for whom it tells nothing of others.
    pub position: Option<i64>,
    /// When.
    pub at: Instant,
    /// Who did what.
    pub said: String,
    /// The case or escalation that it is about; empty for none.
    pub number: String,
    /// Its page.
    pub href: String,
    /// Whose thing it happened to; empty for what the provider keeps for everybody.
    pub organization: String,
    /// Where the actor belongs, if they acted in another organization; empty otherwise.
    pub home: String,
    /// Whether what it was about is withheld.
    pub withheld: bool,
    /// Whether it has its place in the chain.
    pub sealed: bool,
    /// Its hash; empty until it is sealed.
    pub hash: String,
    /// The changed fields.
    pub fields: Vec<FieldRow>,
    /// Whether something stood there before.
    pub changes: bool,
}

/// A field before and after.
#[derive(Clone, Debug, Serialize)]
pub struct FieldRow {
    /// What it is called.
    pub label: String,
    /// What it was; empty if nothing is told of that.
    pub before: String,
    /// What it is.
    pub after: String,
}
