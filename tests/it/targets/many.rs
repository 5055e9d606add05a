//! Many targets at once, and several processes that look after them.

use std::time::{Duration, Instant};

use casebell::db::{Conn, DbError};
use casebell::domain::calendar::Calendar;
use casebell::domain::case::{BusinessImpact, Deployment, Priority};
use casebell::domain::eligibility::FindingCode;
use casebell::domain::ids::{CaseId, CaseRef, EscalationId};
use casebell::store::{calendars, targets};
use casebell::worker::{Targets, Told};
use casebell::workflow::VerbError;
use casebell::workflow::open_case::{OpenCase, open_case};
use casebell::workflow::submit_escalation::{SubmitEscalation, submit_escalation};
use chrono::TimeDelta;
use serde_json::json;

use crate::support::database::on_both_databases;
use crate::support::job_desk::JobDesk;
use crate::support::say;
use crate::support::stopwatch::Stopwatch;

on_both_databases! { JobDesk:
    a_thousand_at_once_are_one_notice_a_person_within_two_seconds,
    two_processes_tell_once,
    an_escalation_of_an_earlier_release_gets_its_targets,
    what_cannot_be_reckoned_keeps_nothing_else_waiting,
}

/// Dana's escalations of so many cases of high priority, all submitted at one instant.
pub(super) async fn escalated(desk: &JobDesk, count: usize) -> Vec<EscalationId> {
    escalated_of(desk, Priority::High, count).await
}

async fn escalated_of(desk: &JobDesk, priority: Priority, count: usize) -> Vec<EscalationId> {
    let cases = opened(desk, priority, count).await;
    desk.clock.advance(TimeDelta::days(1));
    let (now, mut escalations) = (desk.now(), Vec::new());
    for some in cases.chunks(20) {
        let (dana, submit, some) = (desk.dana.clone(), submission(), some.to_vec());
        let submitted = desk.write(move |conn: &mut Conn| -> Result<_, VerbError> {
            let submit = |case: &CaseId| {
                let submitted = submit_escalation(conn, &dana, &CaseRef::Id(*case), &submit, now)?;
                Ok(submitted.escalation.id)
            };
            some.iter().map(submit).collect::<Result<Vec<_>, _>>()
        });
        escalations.extend(submitted.await);
    }
    escalations
}

/// So many cases of Dana's.
pub(super) async fn opened(desk: &JobDesk, priority: Priority, count: usize) -> Vec<CaseId> {
    let open = OpenCase {
        subject: "Agents lose audio".parse().unwrap(),
        description: "One-way RTP.".parse().unwrap(),
        priority,
        deployment: Deployment::Cloud,
        business_impact: BusinessImpact::Significant,
        product: None,
        line_of_business: None,
        organization: None,
        contact: None,
        channel: None,
        external_id: None,
        attachments: None,
    };
    let (now, mut cases) = (desk.now(), Vec::new());
    while cases.len() < count {
        let (dana, open, some) = (
            desk.dana.clone(),
            open.clone(),
            (count - cases.len()).min(20),
        );
        let opened = desk.write(move |conn: &mut Conn| -> Result<_, VerbError> {
            (0..some)
                .map(|_| open_case(conn, &dana, &open, now).map(|case| case.id))
                .collect::<Result<Vec<_>, _>>()
        });
        cases.extend(opened.await);
    }
    cases
}

/// What Dana says when she escalates.
pub(super) fn submission() -> SubmitEscalation {
    let answers = json!({"business_impact": "Nobody can call.", "ongoing": true});
    SubmitEscalation {
        reason: "no_update".to_owned(),
        details: "We have had no news.".parse().unwrap(),
        answers: answers.as_object().cloned(),
        acknowledgements: Some(vec![FindingCode::UnreadUpdate]),
    }
}

async fn a_thousand_at_once_are_one_notice_a_person_within_two_seconds(desk: JobDesk) {
    escalated(&desk, 1000).await;
    let mut seen = 0;
    desk.told(&mut seen).await;
    desk.clock.advance(TimeDelta::minutes(30));
    let (targets, watch, began) = (
        Targets::new(desk.db.clone()),
        Stopwatch::start(),
        Instant::now(),
    );
    let told = targets.step(desk.now()).await.unwrap();
    let (took, with_all_else) = (watch.took(), began.elapsed());
    say(&format!(
        "a thousand targets at once: {took:?}, {with_all_else:?} with what else this machine did"
    ));
    assert_eq!((told.fired, told.told, told.more), (1000, 1, false));
    assert_eq!(desk.told(&mut seen).await, ["targets_gathered to Olga"]);
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(targets.step(desk.now()).await.unwrap(), Told::default());
}

async fn two_processes_tell_once(desk: JobDesk) {
    escalated(&desk, 20).await;
    let mut seen = 0;
    desk.told(&mut seen).await;
    let (one, other) = (
        Targets::new(desk.db.clone()),
        Targets::new(desk.another_process()),
    );
    for after in [15, 15, 30, 90] {
        desk.clock.advance(TimeDelta::minutes(after));
        let now = desk.now();
        let (a, b) = tokio::join!(one.step(now), other.step(now));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert!(a.fired + b.fired >= 20, "{a:?} {b:?}");
        assert!(
            a.fired == 0 || b.fired == 0 || a.fired + b.fired <= 40,
            "{a:?} {b:?}"
        );
        let told = desk.told(&mut seen).await;
        assert!(told.len() <= 1, "{told:?}");
    }
}

/// Nothing is known of targets.
async fn as_of_an_earlier_release(desk: &JobDesk) {
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        use casebell::db::schema::{escalation_targets, escalations};
        use diesel::prelude::*;
        diesel::delete(escalation_targets::table).execute(conn)?;
        diesel::update(escalations::table)
            .set(escalations::submitted_priority.eq(None::<Priority>))
            .execute(conn)?;
        Ok(())
    })
    .await;
}

async fn an_escalation_of_an_earlier_release_gets_its_targets(desk: JobDesk) {
    let ids = escalated(&desk, 1).await;
    let id = ids[0];
    desk.claims(id).await;
    let submitted = desk.now();
    let kept = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(targets::newest_of(conn, &[id])?)
        })
        .await;
    as_of_an_earlier_release(&desk).await;
    desk.clock.advance(TimeDelta::minutes(10));
    let job = Targets::new(desk.db.clone());
    assert_eq!(job.step(desk.now()).await.unwrap().begun, 1);
    assert_eq!(job.step(desk.now()).await.unwrap(), Told::default());
    let begun = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok(targets::newest_of(conn, &[id])?)
        })
        .await;
    let told = |targets: &[targets::Target]| -> Vec<_> {
        targets
            .iter()
            .map(|one| (one.kind, one.started_at, one.due_at, one.met_at))
            .collect()
    };
    assert_eq!(told(&begun), told(&kept));
    assert_eq!(begun[0].met_at, Some(submitted));
}

/// Those that are stuck come first, and are more than are started in one step.
async fn what_cannot_be_reckoned_keeps_nothing_else_waiting(desk: JobDesk) {
    let stuck = escalated_of(&desk, Priority::Medium, 33).await;
    let other = escalated(&desk, 1).await;
    as_of_an_earlier_release(&desk).await;
    // Behind Casebell's back the provider stopped working.
    let now = desk.now();
    desk.write(move |conn: &mut Conn| -> Result<_, DbError> {
        let idle = json!({"name": "Idle", "time_zone": "UTC"});
        let idle: Calendar = serde_json::from_value(idle).unwrap();
        Ok(calendars::insert(conn, &idle, true, now)?)
    })
    .await;
    let told = Targets::new(desk.db.clone()).step(now).await.unwrap();
    assert_eq!((told.begun, told.more), (1, false));
    let kinds = desk
        .write(move |conn: &mut Conn| -> Result<_, DbError> {
            Ok([
                targets::newest_of(conn, &other)?.len(),
                targets::newest_of(conn, &stuck)?.len(),
            ])
        })
        .await;
    assert_eq!(kinds, [2, 0]);
}
