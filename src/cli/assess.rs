//! `casebell assess CASE`: the assessment as a person would want to read it (section 4).

mod output;

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use chrono_tz::Tz;

use super::refusal::error;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::domain::access::{Access, Permission, Reach};
use crate::domain::calendar::Replay;
use crate::domain::eligibility::{Assessment, CaseFacts, replay};
use crate::domain::ids::CaseRef;
use crate::domain::organization::Side;
use crate::domain::text::EmailAddress;
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, CaseView};
use crate::store::{self, organizations, people, rules};
use crate::words::Catalogue;
use crate::words::assessment::AssessmentView;
use crate::workflow::assess::{assess, facts};
use crate::workflow::{Actor, Rejection, VerbResult};

/// Say whether a case can be escalated, and if not, why and when.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct AssessArgs {
    /// The case: its number or id.
    case: CaseRef,
    /// For one reason, such as no_update; for each of them if left out.
    #[arg(long)]
    reason: Option<String>,
    /// At another instant, such as 2026-03-03T14:05:00Z: in the past on the facts as they stood then.
    #[arg(long, value_name = "INSTANT")]
    at: Option<DateTime<Utc>>,
    /// For this person, who has read what they have read; for whoever opened the case if left out.
    #[arg(long = "as", value_name = "EMAIL")]
    person: Option<EmailAddress>,
    /// Print what the API answers.
    #[arg(long)]
    json: bool,
}

/// All that there is to tell.
#[derive(Debug)]
struct Asked {
    case: CaseView,
    /// The customer's zone.
    zone: Tz,
    /// For whom it is assessed.
    person: String,
    at: Instant,
    now: Instant,
    facts: CaseFacts,
    reasons: Vec<Reasoned>,
}

/// The assessment for one reason.
#[derive(Debug)]
struct Reasoned {
    label: String,
    assessment: Assessment,
    /// How the deadline comes about that the reason waits for.
    replay: Option<Replay>,
}

pub(super) fn run(args: &AssessArgs, settings: &Settings) -> anyhow::Result<()> {
    super::block_on(async {
        let db = Db::open(&settings.database_url.location())?;
        let words = Catalogue::load()?.with_support_phone(settings.support_phone.clone());
        let now = Clock::System.now();
        let asked = ask(&db, args.clone(), now).await?;
        let said = match args.json {
            true => format!("{:#}", as_json(&words, &asked, args.reason.is_some())),
            false => output::of(&words, &asked),
        };
        Ok(super::print(&said)?)
    })
}

async fn ask(db: &Db, args: AssessArgs, now: Instant) -> anyhow::Result<Asked> {
    db.read(move |conn| asked(conn, &args, now))
        .await
        .map_err(error)
}

fn asked(conn: &mut Conn, args: &AssessArgs, now: Instant) -> VerbResult<Asked> {
    let missing = || Rejection::Field {
        field: "case",
        code: "not_found",
        given: args.case.to_string(),
    };
    let case = cases::view(conn, Reach::Everything, &args.case)?.ok_or_else(missing)?;
    let actor = match &args.person {
        Some(email) => somebody(conn, email, now)?,
        // Whoever runs the machine sees everything; what was read is what the contact read.
        None => Actor {
            access: Access {
                person: case.opened_by.id,
                organization: case.organization.id,
                side: Side::Provider,
                permissions: Arc::new(Permission::ALL.iter().copied().collect()),
                through: None,
                scope: None,
            },
            name: case.opened_by.name.clone(),
        },
    };
    if !actor.reach().covers(case.organization.id) {
        return Err(missing().into());
    }
    let at = args.at.map_or(now, |at| at.trunc_subsecs(6));
    let reason = args.reason.as_deref();
    let assessments = assess(conn, &actor, &args.case, reason, Some(at), now)?;
    let facts = facts(conn, &case.case, actor.id(), at.min(now))?;
    let (policy, book) = (rules::policy(conn)?, CalendarBook::load(conn)?);
    let calendar = book.of_line(case.case.line_of_business_id);
    let mut reasons = Vec::with_capacity(assessments.len());
    for assessment in assessments {
        let row = rules::reason(conn, &assessment.reason)?.ok_or(Rejection::NotFound)?;
        reasons.push(Reasoned {
            replay: replay(&facts, &row.reason(), calendar, &policy, at)?,
            label: row.label,
            assessment,
        });
    }
    let organization = organizations::find(conn, Reach::Everything, case.organization.id)?;
    let zone = organization.and_then(|organization| organization.time_zone.parse().ok());
    Ok(Asked {
        zone: zone.unwrap_or(Tz::UTC),
        person: actor.name,
        case,
        at,
        now,
        facts,
        reasons,
    })
}

/// Somebody with the authority that they have.
fn somebody(conn: &mut Conn, email: &EmailAddress, now: Instant) -> VerbResult<Actor> {
    let person = people::by_email(conn, email)?.ok_or_else(|| Rejection::Field {
        field: "as",
        code: "not_found",
        given: email.to_string(),
    })?;
    Ok(Actor {
        access: store::access::of_person(conn, &person, now)?,
        name: person.name(),
    })
}

/// What the API answers: one assessment for a reason, a list of them without.
fn as_json(words: &Catalogue, asked: &Asked, one: bool) -> serde_json::Value {
    let mut views = asked
        .reasons
        .iter()
        .map(|reasoned| AssessmentView::new(words, &reasoned.assessment));
    match (one, views.len()) {
        (true, 1) => serde_json::json!(views.next()),
        _ => serde_json::json!({"items": views.collect::<Vec<_>>()}),
    }
}

#[cfg(test)]
mod tests;
