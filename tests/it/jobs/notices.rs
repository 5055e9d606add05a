//! Who the verbs of the desk tell.

use chrono::TimeDelta;

use casebell::domain::feed::Visibility;
use casebell::domain::ids::{CaseRef, EscalationRef};
use casebell::workflow::feed::{self, PostEntry, PostOnEscalation};
use casebell::workflow::promise::PromiseStep;
use casebell::workflow::review_escalation::{AcceptEscalation, Verb};

use crate::support::database::on_both_databases;
use crate::support::job_desk::{JobDesk, text};

fn internal(body: &str) -> PostEntry {
    PostEntry {
        body: body.parse().unwrap(),
        visibility: Some(Visibility::Internal),
        status: None,
        attachments: None,
        undoable: None,
    }
}

on_both_databases!(
    JobDesk: the_story_of_an_escalation,
);

async fn the_story_of_an_escalation(desk: JobDesk) {
    let mut seen = 0;
    let case = desk.opens_case().await;
    assert_eq!(desk.told(&mut seen).await, ["case_opened to Sam"]);
    let escalation = desk.escalates(case).await;
    assert_eq!(
        desk.told(&mut seen).await,
        [
            "escalation_submitted to Dana",
            "escalation_submitted to Olga"
        ]
    );
    desk.claims(escalation).await;
    assert_eq!(desk.told(&mut seen).await, ["escalation_claimed to Dana"]);

    let (olga, now) = (desk.olga.clone(), desk.now());
    let reference = EscalationRef::Id(escalation);
    let level = casebell::domain::escalation::Level::High;
    let step = PromiseStep {
        what: "A new part".parse().unwrap(),
        who: "The carrier".parse().unwrap(),
        due_at: now + TimeDelta::days(30),
    };
    desk.write(move |conn| {
        let accept = AcceptEscalation {
            importance: level,
            urgency: level,
            reply: "Yes.".parse().unwrap(),
            next_steps: vec![step.clone()],
        };
        Verb {
            actor: &olga,
            escalation: &reference,
            expected: None,
            now,
        }
        .accept(conn, &accept)
    })
    .await;
    assert_eq!(desk.told(&mut seen).await, ["escalation_accepted to Dana"]);

    let (dana, entry) = (
        desk.dana.clone(),
        PostOnEscalation {
            body: "When?".parse().unwrap(),
            visibility: None,
            awaits_reply: None,
            attachments: None,
            undoable: None,
        },
    );
    desk.write(move |conn| {
        feed::post_on_escalation(conn, &dana, &EscalationRef::Id(escalation), &entry, now)
    })
    .await;
    assert_eq!(desk.told(&mut seen).await, ["entry_posted to Olga"]);

    let (sam, entry) = (desk.sam.clone(), internal("Do not mention the vendor."));
    desk.write(move |conn| feed::post_on_case(conn, &sam, &CaseRef::Id(case), &entry, now))
        .await;
    assert!(desk.told(&mut seen).await.is_empty());
    while desk.step().await.more {}
    assert!(
        desk.memory
            .letters()
            .iter()
            .all(|letter| !text(letter).contains("vendor"))
    );
}
