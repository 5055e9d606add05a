//! Who the verbs of the desk tell.

use super::on_each_database;
use crate::db::Conn;
use crate::domain::event::{CaseEvent, EntryEvent, PostedEntry};
use crate::domain::feed::Visibility;
use crate::domain::history::CaseFields;
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::store::cases;
use crate::workflow::feed::{self, PostEntry};
use crate::workflow::review_escalation::{AcceptEscalation, Verb};
use crate::workflow::{Recorded, publish};

fn internal(body: &str) -> PostEntry {
    PostEntry {
        body: body.parse().unwrap(),
        visibility: Some(Visibility::Internal),
    }
}

on_each_database! {
    async fn the_story_of_an_escalation(desk: Desk) {
        let mut seen = 0;
        let case = desk.opens_case().await;
        assert_eq!(desk.told(&mut seen).await, ["case_opened to Sam"]);
        let escalation = desk.escalates(case).await;
        assert_eq!(desk.told(&mut seen).await, ["escalation_submitted to Dana", "escalation_submitted to Olga"]);
        desk.claims(escalation).await;
        assert_eq!(desk.told(&mut seen).await, ["escalation_claimed to Dana"]);

        let (olga, now) = (desk.olga.clone(), desk.now());
        let reference = EscalationRef::Id(escalation);
        let level = crate::domain::escalation::Level::High;
        desk.write(move |conn| {
            let accept =
                AcceptEscalation { importance: level, urgency: level, reply: "Yes.".parse().unwrap(), next_steps: None };
            Verb { actor: &olga, escalation: &reference, expected: None, now }.accept(conn, &accept)
        }).await;
        assert_eq!(desk.told(&mut seen).await, ["escalation_accepted to Dana"]);

        let (dana, entry) = (desk.dana.clone(), PostEntry { body: "When?".parse().unwrap(), visibility: None });
        desk.write(move |conn| {
            feed::post_on_escalation(conn, &dana, &EscalationRef::Id(escalation), &entry, now)
        }).await;
        assert_eq!(desk.told(&mut seen).await, ["entry_posted to Olga"]);

        let (sam, entry) = (desk.sam.clone(), internal("Do not mention the vendor."));
        desk.write(move |conn| feed::post_on_case(conn, &sam, &CaseRef::Id(case), &entry, now)).await;
        assert!(desk.told(&mut seen).await.is_empty());
        while desk.step().await.more {}
        assert!(desk.memory.letters().iter().all(|letter| !super::desk::text(letter).contains("vendor")));
    }

    async fn an_internal_entry_reaches_no_customer_even_if_a_verb_tells_of_it(desk: Desk) {
        let case = desk.opens_case().await;
        let mut seen = 0;
        desk.told(&mut seen).await;
        let (sam, now) = (desk.sam.clone(), desk.now());
        desk.write(move |conn: &mut Conn| -> Result<_, crate::workflow::VerbError> {
            let entry = feed::post_on_case(conn, &sam, &CaseRef::Id(case), &internal("Secret."), now)?;
            let case = cases::find(conn, case)?;
            let wrong = PostedEntry { entry, visibility: Visibility::Public, body: "Secret.".to_owned() };
            let recorded = Recorded::added(case.subject_id(), CaseFields::new());
            let event = CaseEvent::Entry(EntryEvent::Posted(wrong));
            publish::on_case(conn, &sam, &case, recorded, event, now)
        }).await;
        assert!(desk.told(&mut seen).await.is_empty());
    }
}
