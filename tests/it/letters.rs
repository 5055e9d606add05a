//! An escalation as a mail server gets it: one thread of well-formed letters, whatever somebody wrote into a subject.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::answer::instant;
use crate::support::database::on_both_databases;
use crate::support::mail_desk::{MailDesk, PUBLIC_URL};
use crate::support::mailbox::Mail;
use crate::support::person::{Case, Escalation, medium};
use crate::support::smtp::{Letter, Mood};

impl MailDesk {
    /// The letters that arrived beyond the first `known`, after the worker did what is due.
    async fn post(&self, known: usize) -> Vec<Letter> {
        // No folder is written to.
        assert!(self.desk.mailbox().await.0.is_empty());
        self.server.letters().split_off(known)
    }

    /// A case of Dana's that can be escalated, with everything about it so far delivered.
    async fn case(&self, subject: &str) -> (Case, usize) {
        let case = self.dana.opens(medium().about(subject)).await;
        self.post(0).await;
        (case, self.server.letters().len())
    }

    /// Dana escalates.
    async fn escalated(&self, case: &Case) -> Escalation {
        self.dana.escalates(case, "no_update").taken().await
    }

    /// What an administrator sees of the notices in `state`.
    async fn notices(&self, state: &str) -> Vec<Value> {
        self.ada.all(&format!("/notices?state={state}")).await
    }
}

/// Who is told of an escalation: the requester, and everybody who may review it.
const TOLD: [&str; 5] = [
    "ada@bellhop.test",
    "dana@acme.test",
    "ola@bellhop.test",
    "otto@bellhop.test",
    "sam@bellhop.test",
];

/// The one letter to this address.
#[track_caller]
fn to<'a>(letters: &'a [Letter], address: &str) -> &'a Letter {
    let found: Vec<&Letter> = letters
        .iter()
        .filter(|letter| letter.to == [address])
        .collect();
    let [letter] = found[..] else {
        panic!(
            "{} letters to {address}: {:?}",
            found.len(),
            addressed(letters)
        )
    };
    letter
}

/// To whom, in alphabetical order.
fn addressed(letters: &[Letter]) -> Vec<&str> {
    let mut to: Vec<&str> = letters
        .iter()
        .flat_map(|letter| &letter.to)
        .map(String::as_str)
        .collect();
    to.sort_unstable();
    to
}

/// The names of the headers as they stand in the letter, each once, in lower case.
#[track_caller]
fn headers(letter: &Letter) -> BTreeSet<String> {
    let text = String::from_utf8(letter.data.clone()).expect("letters are ASCII");
    let (head, _) = text.split_once("\r\n\r\n").expect("a head and a body");
    let mut names = BTreeSet::new();
    for line in head
        .split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
    {
        assert!(line.len() <= 998 && line.is_ascii(), "{line:?}");
        let (name, _) = line
            .split_once(':')
            .unwrap_or_else(|| panic!("no header: {line:?} in {head}"));
        assert!(
            names.insert(name.to_ascii_lowercase()),
            "{name} twice in {head}"
        );
    }
    names
}

/// What every letter has, and nothing else: no `Bcc`, and nothing that anybody wrote into a subject.
const HEADERS: [&str; 12] = [
    "auto-submitted",
    "content-type",
    "date",
    "from",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "message-id",
    "mime-version",
    "subject",
    "to",
    "x-auto-response-suppress",
    "x-casebell-notice",
];

#[track_caller]
fn is_well_formed(letter: &Letter) -> Mail {
    let mail = Mail::parse(&letter.data);
    let follows = ["in-reply-to", "references"].map(str::to_owned);
    let (threads, rest): (BTreeSet<_>, BTreeSet<_>) = headers(letter)
        .into_iter()
        .partition(|name| follows.contains(name));
    assert_eq!(rest, HEADERS.map(str::to_owned).into(), "{mail:#?}");
    assert_eq!(
        threads.len(),
        if mail.in_reply_to.is_some() { 2 } else { 0 }
    );
    assert_eq!(letter.from, "desk@bellhop.test");
    assert_eq!(
        letter.to,
        std::slice::from_ref(&mail.to),
        "the envelope is the letter's"
    );
    assert_eq!(mail.from, "desk@bellhop.test");
    assert_eq!(mail.headers["auto-submitted"], "auto-generated");
    assert!(mail.id.ends_with("@help.bellhop.test"), "{}", mail.id);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains(PUBLIC_URL), "a way back: {part}");
    }
    mail
}

on_both_databases! { MailDesk:
    an_escalation_goes_to_the_requester_and_the_queue_as_one_thread,
    what_is_written_into_a_subject_stays_in_it,
    a_busy_server_gets_the_letters_later_and_once,
}

async fn an_escalation_goes_to_the_requester_and_the_queue_as_one_thread(office: MailDesk) {
    let (case, known) = office.case("Invoices are sent twice").await;
    assert!(known > 0, "the engineers were told of the case");
    let escalation = office.escalated(&case).await;
    let submitted = office.post(known).await;
    assert_eq!(addressed(&submitted), TOLD);
    let first = is_well_formed(to(&submitted, "dana@acme.test"));
    assert!(
        first.subject.contains(&escalation.number) && first.text.contains(&case.number),
        "{first:#?}"
    );
    assert_eq!(first.in_reply_to, None, "it begins the thread");
    let queued = is_well_formed(to(&submitted, "ola@bellhop.test"));
    assert_ne!(queued.id, first.id);

    let ola = office.desk.person("ola");
    let mut ids = BTreeSet::from([first.id.clone()]);
    for step in ["claim", "accept", "reply"] {
        let known = office.server.letters().len();
        office.desk.passes(TimeDelta::minutes(10));
        match step {
            "claim" => drop(ola.claims(&escalation).await),
            "accept" => drop(ola.accepts(&escalation, "high", "high").await),
            _ => drop(
                ola.post(
                    &format!("/escalations/{}/feed", escalation.number),
                    json!({ "body": "By noon.\n.\n.." }),
                )
                .await
                .created(),
            ),
        }
        let letters = office.post(known).await;
        assert_eq!(addressed(&letters), ["dana@acme.test"], "{step}");
        let mail = is_well_formed(&letters[0]);
        assert_eq!(mail.in_reply_to.as_ref(), Some(&first.id), "{step}");
        assert_eq!(mail.references, std::slice::from_ref(&first.id), "{step}");
        assert!(ids.insert(mail.id), "{step} has an id of its own");
        if step == "reply" {
            assert!(
                mail.text.contains("> .\r\n> .."),
                "dots stay: {:?}",
                mail.text
            );
        }
    }
}

async fn what_is_written_into_a_subject_stays_in_it(office: MailDesk) {
    for broken in [
        "Bell\r\nBcc: eve@evil.test",
        "Bell\nBcc: eve@evil.test",
        "Bell\u{0}",
    ] {
        let new = medium().about(broken).json();
        office
            .dana
            .post("/cases", new)
            .await
            .refused(422, "validation_failed");
    }
    let odd = [
        "Bcc: eve@evil.test, \"quoted\" <eve@evil.test>;",
        "=?utf-8?Q?Bell=0D=0ABcc:_eve=40evil.test?=",
        "=?utf-8?B?QmVsbA0KQmNjOiBldmVAZXZpbC50ZXN0?= =?x?q?y?=",
        "Größe “%s” {{case}} \u{1f514} \\r\\nBcc: eve@evil.test",
        "日本語の件名はとても長い、そして折り返される必要がある、それでも同じまま届かなければならない、誰にも変えられずに",
    ];
    for subject in odd {
        let (case, known) = office.case(subject).await;
        let opened = office.server.letters();
        let mail = is_well_formed(opened.last().expect("a letter"));
        assert!(
            mail.subject.contains(subject),
            "{subject:?} became {:?}",
            mail.subject
        );
        office.escalated(&case).await;
        for letter in office.post(known).await {
            let mail = is_well_formed(&letter);
            assert!(
                mail.subject.contains(subject),
                "{subject:?} became {:?}",
                mail.subject
            );
        }
    }
}

async fn a_busy_server_gets_the_letters_later_and_once(office: MailDesk) {
    let (case, known) = office.case("The server is busy").await;
    office.server.set_mood(Mood::Busy);
    office.escalated(&case).await;
    assert_eq!(office.post(known).await.len(), 0);
    office.server.wait_for_refusals(TOLD.len());
    let waiting = office.notices("waiting").await;
    assert_eq!(waiting.len(), TOLD.len(), "{waiting:#?}");
    for notice in &waiting {
        let why = notice["last_error"].as_str().expect("the reason");
        assert!(why.contains("Come back later"), "{why}");
        assert_eq!(notice["attempts"], 1);
        assert!(instant(&notice["next_attempt_at"]) > office.desk.now());
    }
    // It would take them now, but it is not time yet.
    office.server.set_mood(Mood::Accepting);
    assert_eq!(office.post(known).await.len(), 0);
    office.desk.passes(TimeDelta::minutes(1));
    let sent = office.post(known).await;
    assert_eq!(addressed(&sent), TOLD);
    // Not as long as until somebody is reminded of the claim.
    office.desk.passes(TimeDelta::minutes(13));
    assert_eq!(office.post(known + TOLD.len()).await.len(), 0, "once");
    assert!(office.notices("waiting").await.is_empty());
    assert!(office.notices("failed").await.is_empty());
}
