//! What somebody finds by words, of every kind that they may read.

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::article::search::Terms;
use crate::domain::ids::EscalationNumber;
use crate::domain::order::{Sort, Window};
use crate::store::articles::{self, ArticleFilter, ArticleOrder, ArticleView};
use crate::store::cases::{self, CaseFilter, CaseOrder, CaseView, Says};
use crate::store::escalations::{self, EscalationView};
use crate::store::feeds::{self, Entry};
use crate::store::organizations::{self, Organization, OrganizationFilter, OrganizationOrder};
use crate::store::people::{self, Person, PersonFilter, PersonOrder};

/// In how many cases entries and escalations are looked for: those that changed last.
const CASES: i64 = 50;

/// What was found, each kind with the newest or the first by name in front.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Cases that have all the words.
    pub cases: Vec<CaseView>,
    /// Entries of such cases that say any of them, each with the number of its escalation.
    pub entries: Vec<(Entry, Option<EscalationNumber>)>,
    /// Escalations of such cases.
    pub escalations: Vec<EscalationView>,
    /// Articles of the knowledge base that have all of them, those first that fit best.
    pub articles: Vec<ArticleView>,
    /// People whose name or address contains all the words.
    pub people: Vec<Person>,
    /// Organizations whose name does.
    pub organizations: Vec<Organization>,
    /// The cases of the entries.
    pub looked: Vec<CaseView>,
}

/// Finds what has these words, `limit` of each kind at the most. Kinds that somebody may not read are empty; so is everything if
/// there are no words.
///
/// # Errors
/// Database errors.
pub fn look(
    conn: &mut Conn,
    access: &Access,
    words: &str,
    limit: i64,
    now: Instant,
) -> diesel::QueryResult<Found> {
    let mut found = Found::default();
    let reach = access.reach();
    let Some(says) = Says::of(conn, words) else {
        return Ok(found);
    };
    if access.can(Permission::CasesView) {
        let filter = CaseFilter::of_words(access, Some(words.to_owned()));
        let newest = Sort::descending(CaseOrder::UpdatedAt);
        let all = cases::list(conn, reach, &filter, &Window::first(newest, CASES))?;
        let ids: Vec<_> = all.iter().map(|view| view.case.id).collect();
        let may_read = (&filter.feeds[..], &filter.visibilities[..]);
        if !ids.is_empty() {
            found.entries = feeds::saying(conn, &ids, may_read, says, limit)?;
        }
        if access.can(Permission::EscalationsView) && !ids.is_empty() {
            found.escalations = escalations::of_cases(conn, &ids, limit)?;
        }
        let most = usize::try_from(limit).unwrap_or_default();
        found.cases = all.iter().take(most).cloned().collect();
        found.looked = all;
    }
    // Of no words there would be all articles, and not all that is a word elsewhere is one of theirs.
    if access.can(Permission::ArticlesView) && !Terms::searched(words).is_empty() {
        let filter = ArticleFilter {
            words: Some(words.to_owned()),
            ..ArticleFilter::default()
        };
        let best = Window::first(Sort::descending(ArticleOrder::Relevance), limit);
        let readership = articles::readership(conn, access)?;
        found.articles = articles::list(conn, readership, &filter, &best)?;
    }
    if access.can(Permission::UsersView) {
        let filter = PersonFilter {
            words: Some(words.to_owned()),
            ..PersonFilter::default()
        };
        let by_name = Window::first(Sort::ascending(PersonOrder::Name), limit);
        found.people = people::list(conn, reach, (&filter, now), &by_name)?;
    }
    // A customer's own is no find for its people.
    if access.can(Permission::OrganizationsView) && !matches!(reach, Reach::Organization(_)) {
        let filter = OrganizationFilter {
            words: Some(words.to_owned()),
            ..OrganizationFilter::default()
        };
        let by_name = Window::first(Sort::ascending(OrganizationOrder::Name), limit);
        found.organizations = organizations::list(conn, reach, &filter, &by_name)?;
    }
    Ok(found)
}
