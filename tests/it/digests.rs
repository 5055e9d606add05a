//! What people choose to read of once a day comes in one mail, and entries that follow each other soon come in one as well (N5, N7).

use casebell::worker::Digests;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::mail_desk::{MailDesk, PUBLIC_URL};
use crate::support::mailbox::Mail;
use crate::support::paired::{id_of, said};
use crate::support::person::{Asking, high};
use crate::support::statements::while_watching;

const DANA: &str = "dana@acme.test";

impl MailDesk {
    /// The mails to Dana that arrived since the last time.
    async fn news(&self, known: &mut usize) -> Vec<Mail> {
        self.news_to(DANA, known).await
    }

    /// The mails to an address that arrived since the last time.
    async fn news_to(&self, address: &str, known: &mut usize) -> Vec<Mail> {
        self.desk.mailbox().await;
        let letters = self.server.letters().split_off(*known);
        *known += letters.len();
        let mails = letters.iter().map(|letter| Mail::parse(&letter.data));
        mails.filter(|mail| mail.to == address).collect()
    }

    /// Dana chooses.
    async fn chooses(&self, choices: Value) {
        self.dana.patch("/me/notices", choices).await.ok();
    }

    /// It is that instant.
    fn it_is(&self, instant: &str) {
        self.desk.reaches(instant.parse().expect("an instant"));
    }
}

fn kinds(mails: &[Mail]) -> Vec<&str> {
    let kinds = mails.iter();
    kinds
        .map(|mail| mail.headers["x-casebell-notice"].as_str())
        .collect()
}

on_both_databases! { MailDesk:
    what_happened_in_a_day_comes_in_one_mail_by_case,
    what_may_not_be_told_any_more_is_left_out_and_an_empty_digest_stays_at_home,
    who_changes_their_mind_loses_only_what_they_switch_off,
    one_click_ends_the_digest_and_what_came_with_it,
    two_processes_make_one_digest,
}

on_both_databases! { Desk:
    people_see_the_kinds_that_they_can_get_grouped_by_what_they_are_about,
}

on_both_databases! { Gathering:
    entries_that_follow_each_other_soon_come_in_one_mail,
    what_is_gathered_does_not_come_behind_what_happened_later,
    what_is_moved_meanwhile_is_not_told_to_who_does_not_read_it_there,
}

async fn what_happened_in_a_day_comes_in_one_mail_by_case(office: MailDesk) {
    let mut known = 0;
    let (first, second) = (
        office.dana.opens(high().about("No dial tone")).await,
        office.dana.opens(high().about("Echo")).await,
    );
    office
        .chooses(json!({ "entry_posted": "digest", "case_closed": "digest" }))
        .await;
    office.news(&mut known).await;
    office
        .eve
        .writes(&first, "We are looking at the trunk.")
        .await;
    office.eve.writes(&second, "Which phones are these?").await;
    office.eve.writes(&first, "Found it.").await;
    let close = format!("/cases/{}/close", first.number);
    office
        .eve
        .post(&close, json!({ "note": "Trunk replaced." }))
        .await
        .ok();
    assert_eq!(
        kinds(&office.news(&mut known).await),
        [""; 0],
        "it waits for the morning"
    );
    // 08:00 in New York.
    office.it_is("2026-03-02T12:59:00Z");
    assert!(office.news(&mut known).await.is_empty());
    office.it_is("2026-03-02T13:00:00Z");
    let mails = office.news(&mut known).await;
    assert_eq!(kinds(&mails), ["digest"]);
    let mail = &mails[0];
    assert_eq!(mail.subject, "Your daily digest: 4 notices");
    for part in [&mail.text, &mail.html] {
        assert_eq!(
            part.matches("No dial tone").count(),
            1,
            "each case once: {part}"
        );
        for said in [
            first.number.as_str(),
            second.number.as_str(),
            "New entry by Eve Hart",
            "Case closed by Eve Hart",
        ] {
            assert!(part.contains(said), "{said}: {part}");
        }
        assert!(
            part.contains(&format!("{PUBLIC_URL}/cases/{}", first.number)),
            "{part}"
        );
        assert!(
            !part.contains("trunk"),
            "where to read it, and nobody's words: {part}"
        );
    }
    assert!(mail.headers["list-unsubscribe"].contains("/unsubscribe/"));
    assert!(
        mail.text.contains("Bellhop Support"),
        "who writes: {}",
        mail.text
    );

    // Once a day, also over the clock change of 8 March; and none on a day on which nothing happened.
    office.it_is("2026-03-03T13:30:00Z");
    assert!(office.news(&mut known).await.is_empty());
    office.it_is("2026-03-07T20:00:00Z");
    office.eve.writes(&second, "Any news from you?").await;
    office.it_is("2026-03-08T11:59:00Z");
    assert!(office.news(&mut known).await.is_empty());
    office.it_is("2026-03-08T12:00:00Z");
    let mails = office.news(&mut known).await;
    assert_eq!(kinds(&mails), ["digest"]);
    assert_eq!(mails[0].subject, "Your daily digest: one notice");
}

async fn what_may_not_be_told_any_more_is_left_out_and_an_empty_digest_stays_at_home(
    office: MailDesk,
) {
    let mut known = 0;
    let case = office.dana.opens(high()).await;
    office.chooses(json!({ "entry_posted": "digest" })).await;
    office.news(&mut known).await;
    let said = office.eve.writes(&case, "The password is swordfish.").await;
    let path = format!(
        "/feed-entries/{}/redaction",
        said["id"].as_str().expect("an id")
    );
    let ola = office.desk.person("ola");
    ola.post(&path, json!({ "reason": "A password." }))
        .await
        .ok();
    office.it_is("2026-03-02T13:00:00Z");
    assert_eq!(
        kinds(&office.news(&mut known).await),
        [""; 0],
        "nothing is left to tell of"
    );
    let states = office
        .desk
        .database()
        .texts("SELECT state AS text FROM notices WHERE kind = 'digest'");
    assert_eq!(states, ["withheld"]);

    let again = office.eve.writes(&case, "The pin is 1234.").await;
    office.eve.writes(&case, "Please try again.").await;
    let path = format!(
        "/feed-entries/{}/redaction",
        again["id"].as_str().expect("an id")
    );
    ola.post(&path, json!({ "reason": "A pin." })).await.ok();
    office.it_is("2026-03-03T13:00:00Z");
    let mails = office.news(&mut known).await;
    assert_eq!(
        mails[0].subject, "Your daily digest: one notice",
        "{mails:#?}"
    );
}

async fn who_changes_their_mind_loses_only_what_they_switch_off(office: MailDesk) {
    let mut known = 0;
    let case = office.dana.opens(high()).await;
    let both = json!({ "entry_posted": "digest", "step_promised": "digest" });
    office.chooses(both).await;
    office.news(&mut known).await;
    office.eve.writes(&case, "We are looking.").await;
    let step = json!({ "what": "Roll back", "who": "Eve", "due_at": "2026-03-09T09:00:00Z" });
    let steps = format!("/cases/{}/next-steps", case.number);
    office.eve.post(&steps, step).await.created();
    office
        .chooses(json!({ "entry_posted": "now", "step_promised": "none" }))
        .await;
    office.eve.writes(&case, "Found it.").await;
    assert_eq!(
        kinds(&office.news(&mut known).await),
        ["entry_posted"],
        "from now on at once"
    );
    office.it_is("2026-03-02T13:00:00Z");
    let mails = office.news(&mut known).await;
    assert_eq!(kinds(&mails), ["digest"]);
    assert_eq!(
        mails[0].subject, "Your daily digest: one notice",
        "what waited still comes"
    );
    assert!(
        !mails[0].text.contains("Next step promised"),
        "{}",
        mails[0].text
    );
}

async fn one_click_ends_the_digest_and_what_came_with_it(office: MailDesk) {
    let mut known = 0;
    let case = office.dana.opens(high()).await;
    office.chooses(json!({ "entry_posted": "digest" })).await;
    office.news(&mut known).await;
    office.eve.writes(&case, "We are looking.").await;
    office.it_is("2026-03-02T13:00:00Z");
    let mails = office.news(&mut known).await;
    let header = &mails[0].headers["list-unsubscribe"];
    assert_eq!(
        mails[0].headers["list-unsubscribe-post"],
        "List-Unsubscribe=One-Click"
    );
    let link = header.trim_matches(|c| c == '<' || c == '>');
    let path = link.strip_prefix(PUBLIC_URL).expect("a page of the desk");
    let builder = office
        .desk
        .client()
        .request(Method::POST, office.desk.page(path));
    let builder = builder
        .header("content-type", "application/x-www-form-urlencoded")
        .body("List-Unsubscribe=One-Click");
    let ended = Asking::new("a mail program".to_owned(), builder).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    let chosen = office.dana.get("/me/notices").await.ok();
    let off: Vec<&Value> = chosen["items"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|one| one["delivery"] == "none")
        .map(|one| &one["kind"])
        .collect();
    assert_eq!(off, ["entry_posted"]);
    office.eve.writes(&case, "Found it.").await;
    office.it_is("2026-03-03T13:00:00Z");
    assert!(office.news(&mut known).await.is_empty());
}

async fn two_processes_make_one_digest(office: MailDesk) {
    let mut known = 0;
    let case = office.dana.opens(high()).await;
    office.chooses(json!({ "entry_posted": "digest" })).await;
    office.news(&mut known).await;
    for n in 0..5 {
        office.eve.writes(&case, &format!("Update {n}.")).await;
    }
    office.it_is("2026-03-02T13:00:00Z");
    let (one, other) = (
        Digests::new(office.desk.db().clone()),
        Digests::new(office.desk.db().clone()),
    );
    let now = office.desk.now();
    let (one, other) = tokio::join!(one.step(now), other.step(now));
    let made = one.expect("a step").made + other.expect("a step").made;
    assert!((1..=2).contains(&made), "{made}");
    let mails = office.news(&mut known).await;
    let told: usize = mails
        .iter()
        .map(|mail| mail.text.matches("New entry by").count())
        .sum();
    assert_eq!(told, 5, "each once: {mails:#?}");
    let left = office
        .desk
        .database()
        .texts("SELECT kind AS text FROM digest_items");
    assert!(left.is_empty(), "{left:?}");
}

async fn people_see_the_kinds_that_they_can_get_grouped_by_what_they_are_about(desk: Desk) {
    let of = async |name: &str| -> Vec<(String, String, bool)> {
        let offered = desk.person(name).get("/me/notices").await.ok();
        let offered = offered["items"].as_array().expect("a list").clone();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let offered = offered.iter().map(|one| {
            let optional = one["optional"].as_bool().expect("a mark");
            (text(&one["kind"]), text(&one["group"]), optional)
        });
        offered.collect()
    };
    let (dana, ola) = (of("dana").await, of("ola").await);
    let has = |offered: &[(String, String, bool)], kind: &str| {
        offered.iter().any(|(known, ..)| known == kind)
    };
    for kind in [
        "entry_posted",
        "escalation_accepted",
        "callback_taken",
        "new_device",
    ] {
        assert!(has(&dana, kind), "{kind}");
    }
    for kind in [
        "target_reminder",
        "radar_warning",
        "callback_due",
        "access_requested",
        "digest",
    ] {
        assert!(!has(&dana, kind), "{kind} never goes to Dana");
    }
    assert!(has(&ola, "target_reminder") && has(&ola, "callback_due"));
    let security: Vec<_> = dana
        .iter()
        .filter(|(_, group, _)| group == "security")
        .collect();
    assert!(!security.is_empty());
    assert!(
        security.iter().all(|(.., optional)| !optional),
        "{security:?}"
    );
}

/// An office that gathers.
struct Gathering(MailDesk);

impl Gathering {
    fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        let gathers = [("CASEBELL_MAIL_GATHER_MINUTES", "5")];
        MailDesk::for_story_with(backend, &gathers, |office| story(Self(office)));
    }
}

async fn entries_that_follow_each_other_soon_come_in_one_mail(Gathering(office): Gathering) {
    let mut known = 0;
    let (case, other) = (
        office.dana.opens(high()).await,
        office.dana.opens(high()).await,
    );
    office.news(&mut known).await;
    office.eve.writes(&case, "We are looking.").await;
    assert_eq!(
        office.news(&mut known).await.len(),
        1,
        "the first goes at once"
    );
    office.desk.passes(TimeDelta::minutes(1));
    office.eve.writes(&case, "It is the trunk.").await;
    assert!(office.news(&mut known).await.is_empty());
    office.desk.passes(TimeDelta::minutes(1));
    let (mut sees, mut mails) = (json!(null), Vec::new());
    let follows = async || {
        office.eve.writes(&case, "It is replaced tonight.").await;
        sees = office.eve.writes(&case, "The pin is 1234.").await;
        office.eve.writes(&other, "Another case.").await;
        mails = office.news(&mut known).await;
    };
    let sent = while_watching(&office.desk, follows).await;
    let holds = |sql: &str| sql.starts_with("UPDATE") && sql.contains("queue");
    let held: Vec<_> = sent.keys().filter(|sql| holds(sql)).collect();
    assert!(
        held.is_empty(),
        "what follows is held as it is written: {held:?}"
    );
    assert_eq!(mails.len(), 1, "another thread is another mail: {mails:#?}");
    assert!(mails[0].text.contains("Another case."));
    let path = format!(
        "/feed-entries/{}/redaction",
        sees["id"].as_str().expect("an id")
    );
    let ola = office.desk.person("ola");
    ola.post(&path, json!({ "reason": "A pin." })).await.ok();
    let kept = office
        .desk
        .database()
        .texts("SELECT payload AS text FROM notices");
    assert!(kept.iter().all(|one| !one.contains("1234")), "F4: {kept:?}");

    // Five minutes after the first.
    office.desk.passes(TimeDelta::minutes(3));
    let mails = office.news(&mut known).await;
    assert_eq!(kinds(&mails), ["entry_posted"]);
    let mail = &mails[0];
    let place = |words: &str| mail.text.find(words);
    assert!(place("It is the trunk.").is_some(), "{}", mail.text);
    assert!(
        place("It is the trunk.") < place("It is replaced tonight."),
        "{}",
        mail.text
    );
    assert!(
        mail.text
            .starts_with(&format!("New entries on case {}", case.number))
    );
    assert!(mail.in_reply_to.is_some(), "in its thread");
    // And when it is quiet again, at once again.
    office.desk.passes(TimeDelta::minutes(6));
    office.eve.writes(&case, "Done.").await;
    assert_eq!(office.news(&mut known).await.len(), 1);
}

async fn what_is_gathered_does_not_come_behind_what_happened_later(Gathering(office): Gathering) {
    let mut known = 0;
    let case = office.dana.opens(high()).await;
    office.news(&mut known).await;
    office.eve.writes(&case, "We are looking.").await;
    assert_eq!(office.news(&mut known).await.len(), 1);
    for held in ["It works again.", "The trunk is replaced."] {
        office.eve.writes(&case, held).await;
        assert!(office.news(&mut known).await.is_empty());
    }
    office.eve.writes(&case, "We close this.").await;
    let close = format!("/cases/{}/close", case.number);
    office
        .eve
        .post(&close, json!({ "note": "Solved." }))
        .await
        .ok();
    let mails = office.news(&mut known).await;
    assert_eq!(kinds(&mails), ["entry_posted", "case_closed"]);
    let text = &mails[0].text;
    let places = [
        "It works again.",
        "The trunk is replaced.",
        "We close this.",
    ];
    let places = places.map(|words| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words}: {text}"))
    });
    assert!(places.is_sorted(), "{text}");
}

/// F3, A5: of several entries in one mail, those that stand elsewhere by now are for who reads them there.
async fn what_is_moved_meanwhile_is_not_told_to_who_does_not_read_it_there(
    Gathering(office): Gathering,
) {
    let (abel, nils) = (office.desk.person("abel"), office.desk.person("nils"));
    let role = json!({ "code": "cases", "name": "Cases", "permissions": ["cases:view"] });
    abel.post("/roles", role).await.created();
    let user = format!("/users/{}", id_of(&nils).await);
    abel.patch(&user, json!({ "roles": ["cases"] })).await.ok();
    let case = office.dana.opens(high()).await;
    office.desk.passes(TimeDelta::hours(24));
    office.dana.reads(&case).await;
    office.dana.escalates(&case, "no_update").taken().await;
    office.desk.passes(TimeDelta::minutes(10));
    let following = format!("/cases/{}/following", case.number);
    let follow = json!({ "case_feed": "follow" });
    nils.put(&following, follow).await.ok();
    let (address, mut known) = (nils.email(), 0);
    office.news_to(&address, &mut known).await;
    office.eve.writes(&case, "We are looking.").await;
    assert_eq!(office.news_to(&address, &mut known).await.len(), 1);
    office.desk.passes(TimeDelta::minutes(1));
    let mut written = Vec::new();
    for words in [
        "It is the trunk.",
        "It is replaced tonight.",
        "Wait for us.",
    ] {
        written.push(office.eve.writes(&case, words).await);
    }
    assert!(office.news_to(&address, &mut known).await.is_empty());
    for entry in [&written[0], &written[2]] {
        let path = format!("/feed-entries/{}/move", said(&entry["id"]));
        office
            .eve
            .post(&path, json!({ "to": "escalation" }))
            .await
            .ok();
    }
    office.desk.passes(TimeDelta::minutes(5));
    let mails = office.news_to(&address, &mut known).await;
    assert_eq!(kinds(&mails), ["entry_posted"]);
    for (words, is_told) in [
        ("It is the trunk.", false),
        ("It is replaced tonight.", true),
        ("Wait for us.", false),
    ] {
        assert_eq!(mails[0].text.contains(words), is_told, "{}", mails[0].text);
    }
}
