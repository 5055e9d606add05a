//! What makes no sense is said where it stands, on the pages too.

use super::escalates;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::person::high;
use crate::support::session::Session;

on_both_databases! { Desk:
    what_makes_no_sense_is_shown_again_with_why,
}

async fn what_makes_no_sense_is_shown_again_with_why(desk: Desk) {
    let dana = desk.person("dana");
    let (_, escalation) = escalates(&desk, &dana, high()).await;
    let (adas, sams, danas) = (
        Session::of(&desk, &desk.person("ada")).await,
        Session::of(&desk, &desk.person("sam")).await,
        Session::of(&desk, &dana).await,
    );
    let before = desk.rows();
    let says = async |session: &Session, path: &str, fields: &[(&str, &str)], why: &[&str]| {
        let again = session.sends(path, fields).await;
        assert_eq!(again.status, 422, "{path}: {}", again.text);
        for why in why {
            assert!(again.text.contains(why), "{path}: {why}: {}", again.text);
        }
    };

    // A roster that covers nobody.
    let nobody = [("assignment", "rotation")];
    says(
        &sams,
        "/admin/duty",
        &nobody,
        &["Escalations cannot be assigned in turn"],
    )
    .await;
    // Who covers is away too.
    let away = [
        ("assignment", "manual"),
        ("absences[0].user", "ola@bellhop.test"),
        ("absences[0].from", "2026-03-10T08:00"),
        ("absences[0].until", "2026-03-12T08:00"),
        ("absences[0].cover", "otto@bellhop.test"),
        ("absences[1].user", "otto@bellhop.test"),
        ("absences[1].from", "2026-03-11T08:00"),
        ("absences[1].until", "2026-03-11T09:00"),
    ];
    says(
        &sams,
        "/admin/duty",
        &away,
        &["This person is away at that time too"],
    )
    .await;
    // No minutes at all, and a calendar by which nothing would ever fall due.
    let none = [
        ("items[0].kind", "claim"),
        ("items[0].priority", "high"),
        ("items[0].minutes", "0"),
        ("items[0].clock", "elapsed"),
    ];
    says(
        &adas,
        "/admin/targets",
        &none,
        &["a whole number from 1 to"],
    )
    .await;
    let idle = [("name", "Idle"), ("time_zone", "UTC")];
    says(
        &adas,
        "/admin/calendars",
        &idle,
        &["There has to be a working day"],
    )
    .await;
    says(
        &adas,
        "/admin/policies",
        &[("staleness_hours", "0")],
        &["a whole number from 1 to"],
    )
    .await;

    // A call in the past, and one at a time that there is not.
    let path = format!("/escalations/{}/callbacks", escalation.number);
    let call = |from: &'static str, until: &'static str| {
        [
            ("phone", "+49 30 5550100"),
            ("window.from", from),
            ("window.until", until),
            ("window.time_zone", "Europe/Berlin"),
        ]
    };
    let gap = call("2026-03-29T02:30", "2026-03-29T05:00");
    says(&danas, &path, &gap, &["The clocks there never show"]).await;
    let past = call("2026-03-01T10:00", "2026-03-01T11:00");
    says(&danas, &path, &past, &["This lies in the past"]).await;
    desk.is_unchanged_since(&before, "what was refused");
}
