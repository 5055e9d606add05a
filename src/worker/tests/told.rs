//! Who the verbs of the desk tell.

use super::on_each_database;
use crate::db::{Conn, DbError};
use crate::domain::feed::{Feed, Visibility};
use crate::domain::ids::{CaseRef, EscalationRef};
use crate::domain::notice::{About, Claimed, Entry};
use crate::store::cases;
use crate::workflow::feed;
use crate::workflow::notify::{Told, tell};
use crate::workflow::review_escalation::{Accept, Verb};

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
                Accept { importance: level, urgency: level, reply: "Yes.".parse().unwrap(), next_steps: Vec::new() };
            Verb { actor: &olga, escalation: &reference, expected: None, now }.accept(conn, &accept)
        }).await;
        assert_eq!(desk.told(&mut seen).await, ["escalation_accepted to Dana"]);

        let (dana, body) = (desk.dana.clone(), "When?".parse().unwrap());
        desk.write(move |conn| {
            feed::post_on_escalation(conn, &dana, &EscalationRef::Id(escalation), &body, Visibility::Public, now)
        }).await;
        assert_eq!(desk.told(&mut seen).await, ["entry_posted to Olga"]);

        let (sam, body) = (desk.sam.clone(), "Do not mention the vendor.".parse().unwrap());
        desk.write(move |conn| feed::post_on_case(conn, &sam, &CaseRef::Id(case), &body, Visibility::Internal, now)).await;
        assert!(desk.told(&mut seen).await.is_empty());
        while desk.step().await.more {}
        assert!(desk.memory.letters().iter().all(|letter| !super::desk::text(letter).contains("vendor")));
    }

    async fn an_internal_entry_reaches_no_customer_even_if_a_verb_tells_of_it(desk: Desk) {
        let case = desk.opens_case().await;
        let (sam, olga, now) = (desk.sam.clone(), desk.olga.id(), desk.now());
        let told = desk.write(move |conn: &mut Conn| -> Result<_, crate::workflow::Failed> {
            let body = "Secret.".parse().unwrap();
            let entry = feed::post_on_case(conn, &sam, &CaseRef::Id(case), &body, Visibility::Internal, now)?;
            let case = cases::find(conn, case)?;
            let about = About::EntryPosted(Entry { feed: Feed::Case, entry: Some(entry), body: "Secret.".to_owned() });
            Ok(tell(conn, Told { about, case: &case, escalation: None, actor: olga }, now)?)
        }).await;
        assert_eq!(told, 0);
    }

    async fn a_notice_without_its_escalation_rolls_back(desk: Desk) {
        let case = desk.opens_case().await;
        let (sam, now) = (desk.sam.id(), desk.now());
        let mut seen = 0;
        desk.told(&mut seen).await;
        for about in [
            About::EscalationClaimed(Claimed { owner: "Olga".to_owned() }),
            About::EntryPosted(Entry { feed: Feed::Escalation, entry: None, body: "x".to_owned() }),
        ] {
            let kind = about.kind();
            let refused = desk.db.write(move |conn: &mut Conn| -> Result<_, DbError> {
                let case = cases::find(conn, case)?;
                tell(conn, Told { about: about.clone(), case: &case, escalation: None, actor: sam }, now)
            }).await;
            assert!(refused.is_err(), "{kind}");
        }
        assert!(desk.told(&mut seen).await.is_empty());
    }
}
