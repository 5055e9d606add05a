//! Notices leave over a real SMTP conversation; none is lost, whatever the mail server does (N2–N4).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::json;

use crate::support::database::{Backend, TestDatabase, on_both_databases};
use crate::support::desk::{client, furnished, runtime};
use crate::support::mail_desk::MailDesk;
use crate::support::mailbox::Mail;
use crate::support::person::high;
use crate::support::process::{self, Process};
use crate::support::smtp::{Letter, MailServer, Mood, Protection};

fn mails(letters: &[Letter]) -> Vec<Mail> {
    letters
        .iter()
        .map(|letter| Mail::parse(&letter.data))
        .collect()
}

fn ids(letters: &[Letter]) -> BTreeSet<String> {
    mails(letters).into_iter().map(|mail| mail.id).collect()
}

on_both_databases! { MailDesk:
    a_server_that_is_down_delays_notices_and_loses_none,
    what_may_have_arrived_is_sent_again_as_the_same_letter,
    what_is_refused_for_good_is_shown_and_sent_again_by_hand,
}

async fn a_server_that_is_down_delays_notices_and_loses_none(office: MailDesk) {
    let (desk, server) = (&office.desk, &office.server);
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Grüße 🔔 an alle")).await;
    desk.mailbox().await;
    let first = server.letters();
    assert!(!first.is_empty());
    for (letter, mail) in first.iter().zip(mails(&first)) {
        assert_eq!(
            (letter.from.as_str(), letter.to.as_slice()),
            ("desk@bellhop.test", &[mail.to.clone()][..])
        );
        assert!(
            mail.subject.contains("Grüße 🔔 an alle"),
            "{}",
            mail.subject
        );
        assert!(letter.data.is_ascii(), "what travels is plain");
        assert_eq!(mail.headers["auto-submitted"], "auto-generated");
        assert!(mail.id.ends_with("@help.bellhop.test"), "{}", mail.id);
    }

    server.go_down();
    for n in 0..5 {
        eve.writes(&case, &format!("Update {n}")).await;
    }
    let before = office.count_of_notices("sent");
    desk.works().await;
    assert_eq!(
        (
            office.count_of_notices("sent"),
            office.count_of_notices("waiting")
        ),
        (before, 5),
        "they wait"
    );
    let tried = desk
        .database()
        .texts("SELECT last_error AS text FROM notices WHERE state = 'waiting'");
    assert!(tried.iter().all(|error| !error.is_empty()), "{tried:?}");
    // A day without mail: tried again and again, given up never.
    for _ in 0..48 {
        desk.passes(TimeDelta::minutes(30));
        desk.works().await;
    }
    assert_eq!(
        (
            office.count_of_notices("waiting"),
            office.count_of_notices("failed")
        ),
        (6, 0),
        "and support is warned that nobody has written for a day (M9)"
    );
    // The desk itself does not mind.
    dana.sees(&case).await;

    server.come_back();
    desk.passes(TimeDelta::hours(1));
    desk.mailbox().await;
    let letters = server.letters();
    let mut late = mails(&letters[first.len()..]);
    late.retain(|mail| !mail.text.contains("can be escalated soon"));
    let bodies: Vec<bool> = late
        .iter()
        .enumerate()
        .map(|(n, mail)| mail.text.contains(&format!("Update {n}")))
        .collect();
    assert_eq!(
        bodies,
        [true; 5],
        "all of them, in order: {:#?}",
        late.iter().map(|mail| &mail.text).collect::<Vec<_>>()
    );
    assert_eq!(ids(&letters).len(), letters.len(), "none twice");
    assert_eq!(office.count_of_notices("waiting"), 0);
}

async fn what_may_have_arrived_is_sent_again_as_the_same_letter(office: MailDesk) {
    let (desk, server) = (&office.desk, &office.server);
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let before = server.letters().len();
    server.set_mood(Mood::HangingUp);
    eve.writes(&case, "Did you get this?").await;
    desk.works().await;
    assert_eq!(
        office.count_of_notices("waiting"),
        1,
        "nobody said that it arrived"
    );
    server.set_mood(Mood::Busy);
    desk.passes(TimeDelta::hours(1));
    desk.works().await;
    assert_eq!(office.count_of_notices("waiting"), 1);
    server.set_mood(Mood::Accepting);
    desk.passes(TimeDelta::hours(1));
    desk.mailbox().await;
    let letters = server.letters().split_off(before);
    assert_eq!(letters.len(), 2, "at least once");
    assert_eq!(
        ids(&letters).len(),
        1,
        "with one Message-ID, so that the repetition is recognised"
    );
    assert_eq!(letters[0].data, letters[1].data);
}

async fn what_is_refused_for_good_is_shown_and_sent_again_by_hand(office: MailDesk) {
    let (desk, server) = (&office.desk, &office.server);
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    desk.mailbox().await;
    let before = server.letters().len();
    server.set_mood(Mood::Refusing);
    eve.writes(&case, "Hello.").await;
    desk.mailbox().await;
    assert_eq!(office.count_of_notices("failed"), 1);
    let failed = ada.get("/notices?state=failed").await.ok();
    let notice = &failed["items"][0];
    assert!(
        notice["last_error"]
            .as_str()
            .is_some_and(|error| error.contains("550")),
        "{notice}"
    );
    assert!(
        !failed.to_string().contains("Hello."),
        "what was said is nobody else's to read"
    );
    // Nothing is tried for ever.
    desk.passes(TimeDelta::days(3));
    desk.mailbox().await;
    server.set_mood(Mood::Accepting);
    desk.mailbox().await;
    assert_eq!(server.letters().len(), before);
    let path = format!("/notices/{}/resend", notice["id"].as_str().expect("an id"));
    eve.post(&path, json!({})).await.refused(404, "not_found");
    let again = ada.post(&path, json!({})).await;
    assert!(again.status < 300, "{again:?}");
    desk.mailbox().await;
    assert_eq!(server.letters().len(), before + 1);
    ada.post(&path, json!({}))
        .await
        .refused(409, "notice_not_ended");
    assert_eq!(
        (
            office.count_of_notices("failed"),
            office.count_of_notices("waiting")
        ),
        (0, 0)
    );
}

/// Serves with a mail server, lets Dana open a case, and gives what came of it.
fn converse(protection: Protection, trusted: bool, check: impl FnOnce(&MailServer, &TestDatabase)) {
    runtime().block_on(async {
        let furnished = furnished(Backend::Sqlite).await;
        let database = TestDatabase::create(Backend::Sqlite, Some(&furnished.database));
        let server = MailServer::start(protection);
        let folder = tempfile::tempdir().expect("a folder");
        let authority = server.authority_in(folder.path()).display().to_string();
        let (url, mail) = (database.url(), server.url());
        let mut settings = vec![
            ("CASEBELL_DATABASE_URL", url.as_str()),
            ("CASEBELL_MAIL_URL", mail.as_str()),
        ];
        if trusted {
            settings.push(("SSL_CERT_FILE", authority.as_str()));
        }
        let desk = Process::serve(folder.path(), &settings);
        let open = client()
            .post(format!("{}/api/v1/cases", desk.origin))
            .bearer_auth(&furnished.tokens["dana"]);
        assert_eq!(
            open.json(&high().json())
                .send()
                .await
                .expect("an answer")
                .status(),
            201
        );
        check(&server, &database);
        assert_eq!(desk.end_with("TERM").code(), Some(0));
    });
}

#[test]
fn a_conversation_is_encrypted_and_signed_in() {
    for protection in [Protection::StartTls, Protection::Implicit] {
        converse(protection, true, |server, _| {
            for letter in server.wait_for(1) {
                assert!(letter.encrypted, "{protection:?}");
                assert_eq!(letter.signed_in.as_deref(), Some("desk"), "{protection:?}");
            }
        });
    }
}

#[test]
fn a_server_that_nobody_vouches_for_gets_no_mail() {
    converse(Protection::StartTls, false, |server, database| {
        server.wait_for_connections(1);
        // The attempt is over when the reason is written down.
        let waiting = "SELECT coalesce(last_error, '') AS text FROM notices WHERE state = 'waiting' AND last_error IS NOT NULL";
        let deadline = std::time::Instant::now() + crate::support::process_guard::PATIENCE;
        let mut reasons = Vec::new();
        while reasons.is_empty() && std::time::Instant::now() < deadline {
            reasons = database.texts(waiting);
        }
        assert!(
            reasons
                .iter()
                .any(|why| why.to_lowercase().contains("certificate")),
            "{reasons:?}"
        );
        assert_eq!(server.letters().len(), 0);
    });
}

/// However many processes look after the outbox, each notice is sent once.
#[test]
fn two_workers_share_one_outbox() {
    if !Backend::Postgresql.is_available() {
        return;
    }
    runtime().block_on(async {
        let furnished = furnished(Backend::Postgresql).await;
        let database = TestDatabase::create(Backend::Postgresql, Some(&furnished.database));
        let server = MailServer::start(Protection::None);
        let folders = [
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        ];
        let (url, mail) = (database.url(), server.url());
        let settings = [
            ("CASEBELL_DATABASE_URL", url.as_str()),
            ("CASEBELL_MAIL_URL", mail.as_str()),
            ("CASEBELL_SECRET_KEY", "the same for both of these servers"),
        ];
        let desks = folders
            .each_ref()
            .map(|folder| Process::serve(folder.path(), &settings));
        let mut requests = tokio::task::JoinSet::new();
        for n in 0..30 {
            let open = client()
                .post(format!("{}/api/v1/cases", desks[n % 2].origin))
                .bearer_auth(&furnished.tokens["dana"]);
            requests.spawn(open.json(&high().json()).send());
        }
        for answer in requests.join_all().await {
            assert_eq!(answer.expect("an answer").status(), 201);
        }
        let due: usize = database.texts("SELECT CAST(count(*) AS text) AS text FROM notices")[0]
            .parse()
            .expect("a number");
        assert!(due >= 30, "{due}");
        let letters = server.wait_for(due);
        for desk in desks {
            assert_eq!(desk.end_with("TERM").code(), Some(0));
        }
        assert_eq!(server.letters().len(), due, "no more than there were");
        assert_eq!(ids(&letters).len(), due, "none twice");
    });
}

#[test]
fn a_template_that_cannot_be_filled_stops_the_start_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let templates = folder.path().join("templates");
    let broken = templates.join("mail").join("escalation_accepted");
    std::fs::create_dir_all(&broken).expect("a folder");
    for (name, content) in [
        ("text.hbs", "Hello {{recipient.nonsense}}\n"),
        ("text.hbs", "Hello\n{{#if}}\n"),
        ("html.hbs", "{{{body}}}"),
    ] {
        for file in ["subject.hbs", "text.hbs", "html.hbs"] {
            let _ = std::fs::remove_file(broken.join(file));
        }
        std::fs::write(broken.join(name), content).expect("written");
        let path = templates.display().to_string();
        let output = process::run(
            folder.path(),
            &[("CASEBELL_TEMPLATES_DIR", &path)],
            &["serve"],
        );
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{name} {content}: {said}");
        assert!(
            said.contains(name) && said.contains("escalation_accepted"),
            "{name} {content}: {said}"
        );
    }
}
