//! Whoever keeps the desk sees mails as their readers do: that of a notice, and a made-up one of each kind, which can be sent to
//! oneself to see how it arrives (N1, N3).

use serde_json::{Value, json};

use crate::support::database::on_both_databases;
use crate::support::mail_desk::MailDesk;
use crate::support::mailbox::Mail;
use crate::support::person::high;

on_both_databases! { MailDesk:
    every_kind_is_looked_at_and_one_is_sent_to_oneself,
    a_notice_is_read_as_its_reader_does,
}

fn said(value: &Value) -> &str {
    value.as_str().expect("a text")
}

async fn every_kind_is_looked_at_and_one_is_sent_to_oneself(office: MailDesk) {
    let (ada, desk) = (&office.ada, &office.desk);
    desk.mailbox().await;
    let before = desk.rows();
    for kind in casebell::domain::notice::NoticeKind::NAMES {
        let mail = ada
            .post("/notices/preview", json!({ "kind": kind }))
            .await
            .ok();
        for part in ["text", "html"] {
            let part = said(&mail[part]);
            assert!(
                part.contains("Bellhop Support"),
                "{kind} bears the provider's name: {part}"
            );
        }
        assert!(!said(&mail["subject"]).is_empty(), "{kind}");
    }
    ada.post("/notices/preview", json!({ "kind": "smoke_signal" }))
        .await
        .names_fields(&[("kind", "not_allowed")]);
    let sent = ada
        .post("/notices/test", json!({ "kind": "case_opened" }))
        .await
        .ok();
    assert_eq!(
        (&sent["sent"], &sent["to"], &sent["fault"]),
        (&json!(true), &json!("ada@bellhop.test"), &Value::Null)
    );
    let letters = office.server.letters();
    let mail = Mail::parse(&letters.last().expect("a letter").data);
    assert_eq!(
        (mail.to.as_str(), mail.subject.as_str()),
        ("ada@bellhop.test", said(&sent["subject"]))
    );
    // A server that is away: it is said, and nothing waits to be sent later.
    office.server.go_down();
    let refused = ada
        .post("/notices/test", json!({ "kind": "case_opened" }))
        .await
        .ok();
    assert_eq!(refused["sent"], json!(false), "{refused}");
    assert!(
        refused["fault"].is_string() && refused["said"].is_string(),
        "{refused}"
    );
    desk.is_unchanged_since(&before, "looking and trying");
    office
        .dana
        .post("/notices/preview", json!({ "kind": "case_opened" }))
        .await
        .refused(403, "missing_permission");
    office.server.come_back();
}

async fn a_notice_is_read_as_its_reader_does(office: MailDesk) {
    let case = office.dana.opens(high()).await;
    office.desk.mailbox().await;
    office.eve.writes(&case, "We are **looking**.").await;
    office.desk.mailbox().await;
    let notices = office.ada.all("/notices").await;
    let notice = notices
        .iter()
        .find(|notice| notice["kind"] == "entry_posted");
    let id = said(&notice.expect("a notice")["id"]);
    let mail = office.ada.get(&format!("/notices/{id}/mail")).await.ok();
    assert!(said(&mail["subject"]).contains(&case.number), "{mail}");
    assert!(
        said(&mail["text"]).contains("> We are **looking**."),
        "{mail}"
    );
    assert!(
        said(&mail["html"]).contains("<strong>looking</strong>"),
        "{mail}"
    );
}
