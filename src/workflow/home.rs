//! The first page (H3): its groups filled for one reader, by few statements, each along an index and bounded.

mod admin;
mod customer;
mod escalations;
mod work;

use super::VerbResult;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Reach};
use crate::domain::home::{Act, Because, Group, On, Place, ROWS, Why, arrange};
use crate::domain::ids::{CaseId, CaseNumber, EscalationId, EscalationNumber, NextStepId};
use crate::store::cases::{self, CaseView, OrganizationRef};

/// How many things a group is looked for among, and counted up to: more than one can have on one's desk.
pub const MOST: usize = 500;
/// The same as statements take it.
const LIMIT: i64 = 500;

/// A group with what it holds.
#[derive(Clone, Debug)]
pub struct Filled {
    /// Which.
    pub group: Group,
    /// How many things it holds, counted up to [`MOST`].
    pub count: usize,
    /// The list of all of them, where there is one.
    pub more_href: Option<&'static str>,
    /// The first of them.
    pub items: Vec<Item>,
}

/// Something that stands on the first page.
#[derive(Clone, Debug)]
pub struct Item {
    /// What it is called.
    pub title: String,
    /// Its page, where what it is about is told.
    pub href: String,
    /// The case that it is about.
    pub case: Option<AboutCase>,
    /// The escalation that it is about.
    pub escalation: Option<AboutEscalation>,
    /// Why it stands there.
    pub why: Why,
    /// What the reader can do about it at once.
    pub doing: Option<Doing>,
}

/// A case as an item names it.
#[derive(Clone, Debug)]
pub struct AboutCase {
    /// Its id.
    pub id: CaseId,
    /// Its number.
    pub number: CaseNumber,
    /// One line.
    pub subject: String,
    /// Whose case it is.
    pub organization: OrganizationRef,
}

/// An escalation as an item names it.
#[derive(Clone, Copy, Debug)]
pub struct AboutEscalation {
    /// Its id.
    pub id: EscalationId,
    /// Its number.
    pub number: EscalationNumber,
}

/// An act, and where it is done.
#[derive(Clone, Debug)]
pub struct Doing {
    /// Which.
    pub act: Act,
    /// The page on which it is done.
    pub href: String,
    /// Where a form does it at once.
    pub at_once: Option<String>,
}

/// Who looks, when, and for which groups.
struct Looking<'a> {
    access: &'a Access,
    now: Instant,
    groups: Vec<Group>,
}

/// The groups that somebody has, those that hold something first.
///
/// # Errors
/// Database errors.
pub fn look(conn: &mut Conn, access: &Access, now: Instant) -> VerbResult<Vec<Filled>> {
    let of = Looking {
        access,
        now,
        groups: Group::of(access),
    };
    let mut found = escalations::look(conn, &of)?;
    found.extend(work::look(conn, &of)?);
    found.extend(customer::look(conn, &of)?);
    found.extend(admin::look(conn, &of)?);
    arrange(&mut found, |filled| (filled.group, filled.count));
    Ok(found)
}

impl Looking<'_> {
    fn has(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    fn has_any(&self, groups: &[Group]) -> bool {
        groups.iter().any(|group| self.has(*group))
    }

    fn reach(&self) -> Reach {
        self.access.reach()
    }
}

/// A row that is about a case, whose names are still to be looked up.
struct CaseRow {
    case: CaseId,
    why: Why,
    /// The promise that it is about.
    step: Option<NextStepId>,
    /// Whether it is about the escalation that is active.
    escalated: bool,
    /// What keeps the case from becoming eligible, of a row of the radar.
    prevention: Option<crate::domain::radar::Prevention>,
    /// The escalation that it is about, where that is none that is active.
    past: Option<AboutEscalation>,
}

impl CaseRow {
    fn new(case: CaseId, why: Why) -> Self {
        Self {
            case,
            why,
            step: None,
            escalated: false,
            prevention: None,
            past: None,
        }
    }
}

/// A group of cases, whose names are still to be looked up.
struct CaseRows {
    group: Group,
    count: usize,
    more_href: Option<&'static str>,
    rows: Vec<CaseRow>,
}

impl CaseRows {
    /// A group of all of these rows, of which only the first are shown.
    fn of(group: Group, more_href: Option<&'static str>, mut rows: Vec<CaseRow>) -> Self {
        let count = rows.len();
        rows.truncate(ROWS);
        Self {
            group,
            count,
            more_href,
            rows,
        }
    }
}

/// Looks up the names of all rows at once. What does not exist for the reader any more is left out.
fn named(conn: &mut Conn, of: &Looking<'_>, groups: Vec<CaseRows>) -> VerbResult<Vec<Filled>> {
    let rows = groups.iter().flat_map(|group| &group.rows);
    let mut ids: Vec<CaseId> = rows.map(|row| row.case).collect();
    ids.sort_unstable();
    ids.dedup();
    let views = cases::among(conn, of.reach(), &ids)?;
    let filled = groups.into_iter().map(|group| Filled {
        group: group.group,
        count: group.count,
        more_href: group.more_href,
        items: (group.rows.into_iter())
            .filter_map(|row| {
                let view = views.iter().find(|view| view.case.id == row.case)?;
                Some(item(of, group.group, row, view))
            })
            .collect(),
    });
    Ok(filled.collect())
}

fn item(of: &Looking<'_>, group: Group, row: CaseRow, view: &CaseView) -> Item {
    let case = &view.case;
    let active = view.active_escalation.as_ref().filter(|_| row.escalated);
    let about = active.map(|active| AboutEscalation {
        id: active.id,
        number: active.number,
    });
    let state = view.state();
    let on = On {
        case: Some(&state),
        escalation: None,
    };
    let at = Place {
        case: case.number,
        escalation: about.map(|about| about.number),
        step: row.step,
    };
    let act = match row.prevention {
        Some(prevention) => Act::against(prevention, on, of.access),
        None => Act::of(group, row.why.because, on, of.access),
    };
    Item {
        title: case.subject.clone(),
        href: group.href(&at),
        case: Some(AboutCase {
            id: case.id,
            number: case.number,
            subject: case.subject.clone(),
            organization: view.organization.clone(),
        }),
        escalation: about.or(row.past),
        doing: act.map(|act| doing(act, &at)),
        why: match row.why.because {
            Because::SupportWrote => Why {
                at: case.last_provider_entry_at,
                ..row.why
            },
            Because::Changed => Why {
                at: Some(case.updated_at),
                ..row.why
            },
            _ => row.why,
        },
    }
}

fn doing(act: Act, at: &Place) -> Doing {
    Doing {
        act,
        href: act.href(at),
        at_once: act.at_once(at),
    }
}
