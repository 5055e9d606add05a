//! What a case record tells of its past, and whether it can be so.

use crate::cli::import::directory::{Directory, Known};
use crate::cli::import::report::{Fault, Unloaded};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::case::{Rca, Status};
use crate::domain::feed::Visibility;
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::EmailAddress;
use crate::workflow::import_case::{CaseState, PastCase, PastChange, PastEntry};

use super::prepared::{Prepared, Words};
use super::record::CaseRecord;

/// Whether the instants of a record can be so: none before the opening, none in the future, and each with what belongs
/// to it.
pub fn check(record: &CaseRecord, now: Instant) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut each = vec![
        ("closed_at".to_owned(), record.closed_at),
        ("rca_requested_at".to_owned(), record.rca_requested_at),
        ("rca_delivered_at".to_owned(), record.rca_delivered_at),
    ];
    for (index, entry) in record.feed.iter().enumerate() {
        each.push((format!("feed[{index}].at"), Some(entry.at)));
    }
    if record.opened_at > now {
        faults.push(Fault::of("opened_at", "lies in the future"));
    }
    if record.opened_at < Instant::UNIX_EPOCH {
        faults.push(Fault::of("opened_at", "lies before 1970"));
    }
    for (field, at) in each {
        match at {
            Some(at) if at > now => faults.push(Fault::of(field, "lies in the future")),
            Some(at) if at < record.opened_at => {
                faults.push(Fault::of(field, "lies before opened_at"));
            }
            _ => {}
        }
    }
    if record.closed_at.is_some() && record.status != Status::Closed {
        let reason = format!("a case that is {} has none", record.status);
        faults.push(Fault::of("closed_at", reason));
    }
    match (record.rca_requested_at, record.rca_delivered_at) {
        (None, Some(_)) => faults.push(Fault::of(
            "rca_delivered_at",
            "nothing was requested: rca_requested_at is missing",
        )),
        (Some(requested), Some(delivered)) if delivered < requested => faults.push(Fault::of(
            "rca_delivered_at",
            "lies before rca_requested_at",
        )),
        _ => {}
    }
    faults
}

/// When a closed case was closed: as it says, or else with the last thing that it tells of.
fn closed_at(record: &CaseRecord) -> Option<Instant> {
    let told = record.feed.iter().map(|entry| entry.at);
    let last = told
        .chain(record.rca_requested_at)
        .chain(record.rca_delivered_at)
        .max();
    (record.status == Status::Closed).then(|| record.closed_at.or(last).unwrap_or(record.opened_at))
}

/// The case of a `prepared` record with its past, and the people and lines that it names.
///
/// A record tells how the case stands last. Before it was closed it is taken to have been open, and before an analysis
/// was requested there was none; everything else is taken to have been so from the start.
pub fn resolve(
    conn: &mut Conn,
    directory: &mut Directory,
    prepared: &Prepared,
    record: &CaseRecord,
    now: Instant,
) -> Result<PastCase, Unloaded> {
    let mut faults = check(record, now);
    let organization = directory.organization(conn, record.organization.as_str())?;
    match &organization {
        None => faults.push(unknown(
            "organization",
            "organization",
            &record.organization,
        )),
        Some(found) if found.kind == OrganizationKind::Provider => {
            faults.push(Fault::of("organization", "the provider has no cases"));
        }
        Some(_) => {}
    }
    let own = organization
        .filter(|organization| organization.kind != OrganizationKind::Provider)
        .map(|organization| organization.id);
    // Somebody of the organization, or of the provider; a wrong organization is said once.
    let belongs = |known: &Known| {
        known.side == Side::Provider || own.is_none_or(|own| own == known.organization)
    };
    let mut person = |conn: &mut Conn, field: &str, email: &EmailAddress| {
        let known = directory.person(conn, email)?;
        match &known {
            None => faults.push(unknown(field, "person", email)),
            Some(known) if !belongs(known) => {
                let reason = format!("“{email}” belongs to another organization");
                faults.push(Fault::of(field, reason));
            }
            Some(_) => {}
        }
        Ok::<_, Unloaded>(known)
    };

    let opened_by = person(conn, "opened_by", &record.opened_by)?;
    let owner = match &record.owner {
        None => None,
        Some(email) => person(conn, "owner", email)?,
    };
    let mut authors = Vec::with_capacity(record.feed.len());
    for (index, entry) in record.feed.iter().enumerate() {
        let field = format!("feed[{index}].author");
        authors.push(person(conn, &field, &entry.author)?);
    }
    if owner
        .as_ref()
        .is_some_and(|owner| owner.side == Side::Customer)
    {
        faults.push(Fault::of("owner", "not one of the provider's people"));
    }
    for (index, (entry, author)) in record.feed.iter().zip(&authors).enumerate() {
        let internal = entry.visibility == Visibility::Internal;
        if internal
            && author
                .as_ref()
                .is_some_and(|author| author.side == Side::Customer)
        {
            let field = format!("feed[{index}].visibility");
            faults.push(Fault::of(
                field,
                "only the provider's people write internal entries",
            ));
        }
    }
    let line = match &record.line_of_business {
        None => Some(directory.root(conn, now)?),
        Some(name) => {
            let line = directory.line(conn, name.as_str())?;
            if line.is_none() {
                faults.push(unknown("line_of_business", "line of business", name));
            }
            line
        }
    };

    let (Some(organization), Some(opened_by), Some(line), true) =
        (own, opened_by, line, faults.is_empty())
    else {
        return Err(Unloaded::Refused(faults));
    };
    let mut engagements = record.engagements.clone().unwrap_or_default();
    engagements.sort_unstable();
    engagements.dedup();
    let closed_at = closed_at(record);
    let opening = CaseState {
        subject: record.subject.to_string(),
        description: record.description.to_string(),
        priority: record.priority,
        status: if closed_at.is_some() {
            Status::Open
        } else {
            record.status
        },
        deployment: record.deployment,
        business_impact: record.business_impact,
        engagements,
        owner: owner.map(|owner| owner.id),
        line,
        closed_at: None,
        rca: None,
    };
    // They are not made ahead where the case seemed to be here already.
    let words = prepared.words.clone();
    let words = words.unwrap_or_else(|| Words::of(record));
    let entries = record
        .feed
        .iter()
        .zip(authors)
        .zip(words.entries)
        .filter_map(|((entry, author), made)| {
            author.map(|author| PastEntry {
                at: entry.at,
                author: (author.id, author.side),
                visibility: entry.visibility,
                body: entry.body.to_string(),
                external_id: None,
                made,
            })
        })
        .collect();
    Ok(PastCase {
        number: record.number,
        external_id: prepared.external_id.clone(),
        organization,
        opened_by: opened_by.actor(),
        opened_at: record.opened_at,
        changes: changes(record, &opening, closed_at),
        opening,
        entries,
        search_words: words.search_words,
    })
}

fn unknown(field: &str, what: &str, given: impl std::fmt::Display) -> Fault {
    Fault::of(
        field,
        format!("there is no {what} “{given}”; a line refers to earlier ones"),
    )
}

/// What happens to a case at an instant.
type Change = fn(&mut CaseState, Instant);

/// The changes that the instants tell of. Who made them is not said.
fn changes(
    record: &CaseRecord,
    opening: &CaseState,
    closed_at: Option<Instant>,
) -> Vec<PastChange> {
    let mut happened: Vec<(Instant, Change)> = Vec::new();
    if let Some(at) = record.rca_requested_at {
        happened.push((at, |state, at| {
            state.rca = Some(Rca {
                requested_at: at,
                delivered_at: None,
            });
        }));
    }
    if let Some(at) = record.rca_delivered_at {
        happened.push((at, |state, at| {
            if let Some(rca) = &mut state.rca {
                rca.delivered_at = Some(at);
            }
        }));
    }
    if let Some(at) = closed_at {
        happened.push((at, |state, at| {
            state.status = Status::Closed;
            state.closed_at = Some(at);
        }));
    }
    // Stable: what happened at one instant happened in the order above.
    happened.sort_by_key(|(at, _)| *at);
    let mut state = opening.clone();
    happened
        .into_iter()
        .map(|(at, happen)| {
            happen(&mut state, at);
            PastChange {
                at,
                by: None,
                state: state.clone(),
            }
        })
        .collect()
}
