//! Whatever a mail server does wrong, at whatever step of the conversation: no notice is lost, one is given up only where
//! its recipient is refused, and nobody waits for another's trouble (N2).

use std::time::Duration;

use casebell::domain::ids::{NoticeId, PersonId};
use casebell::domain::notice::{Payload, Thread};
use casebell::store::notices::{self, NewNotice, To};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::access::id;
use crate::support::database::{Backend, TestDatabase, on_both_databases};
use crate::support::desk::{Desk, client, furnished, runtime};
use crate::support::folders::folder;
use crate::support::mail_desk::count_of_notices;
use crate::support::person::high;
use crate::support::process::Process;
use crate::support::scripted::{How, Scripted, Step, Taken};
use crate::support::session::Session;
use crate::support::stopwatch::Stopwatch;
use crate::support::waiting::until;

/// For how many seconds these desks wait for an answer, so that a silence costs a story little.
const TIMEOUT: f64 = 1.0;

/// A desk whose notices go to a server that does as it is told.
struct Trouble {
    desk: Desk,
    server: Scripted,
}

impl Trouble {
    fn for_story<F: Future<Output = ()>>(backend: Backend, story: impl FnOnce(Self) -> F) {
        let server = Scripted::start();
        let url = server.url(TIMEOUT);
        Desk::for_story_with(backend, &[("CASEBELL_MAIL_URL", &url)], |desk| {
            story(Self { desk, server })
        });
    }

    /// How many notices stand like this.
    fn notices(&self, state: &str) -> usize {
        count_of_notices(&self.desk, state)
    }

    /// Lets the worker do what is due until it finds nothing to do.
    async fn works(&self) {
        self.desk.works().await;
        self.desk.mailbox().await;
    }

    /// The letters that tell of what somebody wrote.
    fn telling(&self, words: &str) -> Vec<Taken> {
        let mut taken = self.server.taken();
        taken.retain(|letter| letter.data.contains(words));
        taken
    }
}

on_both_databases! { Trouble:
    a_letter_outlasts_whatever_the_server_does,
    a_thousand_notices_are_there_within_a_minute_of_the_servers_return,
    administrators_see_why_no_mail_leaves_and_send_all_again,
    developers_read_each_try_and_nobodys_address,
}

async fn a_letter_outlasts_whatever_the_server_does(trouble: Trouble) {
    let Trouble { desk, server } = &trouble;
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let case = dana.opens(high()).await;
    trouble.works().await;
    for step in Step::ALL {
        for how in How::ALL {
            let cell = format!("{step:?} {how:?}");
            // A letter goes before it, so that there is a connection to go on with.
            eve.writes(&case, &format!("Before {cell}.")).await;
            trouble.works().await;
            assert_eq!(
                trouble.telling(&format!("Before {cell}.")).len(),
                1,
                "{cell}"
            );
            server.goes_wrong(step, how);
            if !matches!(step, Step::Reset | Step::Quit) {
                desk.hangs_up_on_the_mail_server().await;
            }
            let words = format!("During {cell}.");
            eve.writes(&case, &words).await;
            let began = Stopwatch::start();
            desk.works().await;
            if step == Step::Quit {
                desk.hangs_up_on_the_mail_server().await;
            }
            assert!(
                began.took() < Duration::from_secs(10),
                "{cell}: nobody waits for ever"
            );

            let refused = (step, how) == (Step::Recipient, How::Never);
            assert_eq!(
                trouble.notices("failed"),
                usize::from(refused),
                "{cell}: given up"
            );
            server.is_well();
            // What is everybody's is tried again within seconds, what is one letter's within a minute.
            for _ in 0..3 {
                desk.passes(TimeDelta::seconds(20));
                trouble.works().await;
            }
            if refused {
                assert_eq!(trouble.telling(&words).len(), 0, "{cell}: nobody is there");
                let again = ada.post("/notices/resend", json!({})).await.ok();
                assert_eq!(again, json!({ "queued": 1, "more": false }), "{cell}");
                trouble.works().await;
            }
            let letters = trouble.telling(&words);
            assert!(!letters.is_empty(), "{cell}: lost");
            assert!(
                letters.iter().all(|letter| letter.id() == letters[0].id()),
                "{cell}: a repetition is recognised"
            );
            assert_eq!(
                (trouble.notices("waiting"), trouble.notices("failed")),
                (0, 0),
                "{cell}"
            );
        }
    }
}

/// Puts `count` notices of one entry into the outbox, one after the other to everybody in turn, and gives their ids.
async fn fills_the_outbox(desk: &Desk, case: &str, count: usize) -> Vec<(NoticeId, PersonId)> {
    let payload = desk
        .database()
        .texts("SELECT payload AS text FROM notices WHERE kind = 'entry_posted'");
    let payload: Payload = serde_json::from_str(&payload[0]).expect("a payload");
    let mut people = Vec::new();
    for key in ["dana", "carl", "eve", "sam", "ola", "otto", "ada", "mona"] {
        let me = id(&desk.person(key)).await;
        people.push(me.parse::<PersonId>().expect("an id"));
    }
    let (case, now) = (case.parse().expect("an id"), desk.now());
    let written = desk.db().write(move |conn| {
        let mut made = Vec::new();
        for n in 0..count {
            let person = people[n % people.len()];
            let new = NewNotice {
                to: To::Person(person),
                case: Some(case),
                escalation: None,
                thread: Thread::Case(case),
                payload: &payload,
            };
            let at = now + TimeDelta::milliseconds(i64::try_from(n).unwrap_or(0));
            made.push((notices::insert(conn, &new, at)?, person));
        }
        Ok::<_, casebell::db::DbError>(made)
    });
    written.await.expect("written")
}

async fn a_thousand_notices_are_there_within_a_minute_of_the_servers_return(trouble: Trouble) {
    let Trouble { desk, server } = &trouble;
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    eve.writes(&case, "We are looking.").await;
    trouble.works().await;
    let before = (server.taken().len(), server.connections());
    server.goes_wrong(Step::Connect, How::Reset);
    desk.hangs_up_on_the_mail_server().await;
    let made = fills_the_outbox(desk, &case.id, 1000).await;
    // Two minutes without a mail server, in which the desk works once a second.
    for _ in 0..120 {
        desk.passes(TimeDelta::seconds(1));
        desk.works().await;
    }
    let vain = server.connections() - before.1;
    assert!(vain < 50, "{vain} vain connections");
    assert_eq!(trouble.notices("waiting"), 1000);

    server.is_well();
    let mut seconds = 0;
    while trouble.notices("waiting") > 0 {
        desk.passes(TimeDelta::seconds(1));
        trouble.works().await;
        seconds += 1;
        assert!(
            seconds <= 60,
            "{} still wait after a minute",
            trouble.notices("waiting")
        );
    }
    let letters = server.taken().split_off(before.0);
    assert_eq!(letters.len(), 1000, "each of them once");
    // Everybody reads theirs in the order in which things happened.
    for person in made.iter().map(|(_, person)| *person).take(8) {
        let theirs: Vec<String> = made
            .iter()
            .filter(|(_, to)| *to == person)
            .map(|(id, _)| format!("<{id}@127.0.0.1>"))
            .collect();
        let read: Vec<&str> = letters
            .iter()
            .map(Taken::id)
            .filter(|id| theirs.iter().any(|one| one == id))
            .collect();
        assert_eq!(read, theirs);
    }
}

async fn administrators_see_why_no_mail_leaves_and_send_all_again(trouble: Trouble) {
    let Trouble { desk, server } = &trouble;
    let (dana, eve, ada) = (desk.person("dana"), desk.person("eve"), desk.person("ada"));
    let session = Session::of(desk, &ada).await;
    let case = dana.opens(high()).await;
    trouble.works().await;
    assert_eq!(ada.get("/mail-server").await.ok()["open"], true);
    let calm = session.page("/admin/notices").await;
    assert!(!calm.text.contains("No mail leaves"), "{}", calm.text);

    server.goes_wrong(Step::SignIn, How::Never);
    desk.hangs_up_on_the_mail_server().await;
    for n in 0..3 {
        eve.writes(&case, &format!("Update {n}.")).await;
    }
    trouble.works().await;
    let said = ada.get("/mail-server").await.ok();
    assert_eq!(
        (&said["open"], &said["fault"], &said["waiting"]),
        (&json!(false), &json!("sign_in_refused"), &json!(3)),
        "{said}"
    );
    let waiting = ada.get("/notices?state=waiting").await.ok();
    for notice in waiting["items"].as_array().expect("a list") {
        assert_eq!(
            (&notice["waits_for"], &notice["fault"], &notice["attempts"]),
            (&json!("mail_server"), &json!("sign_in_refused"), &json!(0)),
            "{notice}"
        );
        assert!(
            notice["last_error"]
                .as_str()
                .is_some_and(|said| said.contains("554")),
            "{notice}"
        );
    }
    let page = session.page("/admin/notices").await;
    for words in [
        "No mail has left since",
        "refuses the name or the password",
        "3 notices wait",
        "Waiting for the mail server",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    // It is nobody else's to see.
    for other in [&dana, &eve] {
        let refused = other.get("/mail-server").await;
        assert!(matches!(refused.status, 403 | 404), "{refused:?}");
    }

    // Somebody repairs it; then the recipient is unknown, for a while.
    server.goes_wrong(Step::Recipient, How::Never);
    desk.passes(TimeDelta::seconds(20));
    trouble.works().await;
    assert_eq!(trouble.notices("failed"), 3);
    assert_eq!(ada.get("/mail-server").await.ok()["open"], true);
    let page = session.page("/admin/notices?state=failed").await;
    for words in [
        "3 notices were given up.",
        "Given up",
        "knows no such recipient",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    server.is_well();
    // Not without the permission, and not what is not meant.
    for other in [&dana, &eve] {
        let refused = other.post("/notices/resend", json!({})).await;
        assert!(matches!(refused.status, 403 | 404), "{refused:?}");
    }
    let none = json!({ "queued": 0, "more": false });
    for filter in [
        json!({ "state": "withheld" }),
        json!({ "kind": "invitation" }),
        json!({ "fault": "message_too_large" }),
        json!({ "until": "2026-03-01T00:00:00Z" }),
    ] {
        assert_eq!(ada.post("/notices/resend", filter).await.ok(), none);
    }
    ada.post("/notices/resend", json!({ "state": "sent" }))
        .await
        .refused(422, "validation_failed");
    let sent = session.sends("/admin/notices/send-all", &[]).await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, "/admin/notices")
    );
    assert_eq!(
        ada.post("/notices/resend", json!({})).await.ok(),
        none,
        "a repeat finds nothing to do"
    );
    trouble.works().await;
    for n in 0..3 {
        assert_eq!(trouble.telling(&format!("Update {n}.")).len(), 1);
    }
    let events: Vec<Value> = ada.all("/audit-events?kind=notice.resent_all").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0]["after"]["count"], 3, "{events:?}");
}

/// A desk as a process, with a server that does as it is told.
struct Served {
    server: Scripted,
    database: TestDatabase,
    folder: TempDir,
    dana: String,
}

fn served(story: impl AsyncFnOnce(&Served)) {
    runtime().block_on(async {
        let furnished = furnished(Backend::Sqlite).await;
        let served = Served {
            server: Scripted::start(),
            database: TestDatabase::create(Backend::Sqlite, Some(&furnished.database)),
            folder: folder("casebell-data-"),
            dana: furnished.tokens["dana"].clone(),
        };
        story(&served).await;
    });
}

impl Served {
    fn starts(&self) -> Process {
        let (url, mail) = (self.database.url(), self.server.url(60.0));
        let settings = [
            ("CASEBELL_DATABASE_URL", url.as_str()),
            ("CASEBELL_MAIL_URL", mail.as_str()),
        ];
        Process::serve(self.folder.path(), &settings)
    }

    async fn opens_a_case(&self, desk: &Process) {
        let open = client()
            .post(format!("{}/api/v1/cases", desk.origin))
            .bearer_auth(&self.dana);
        let answer = open.json(&high().json()).send().await;
        assert_eq!(answer.expect("an answer").status(), 201);
    }
}

#[test]
fn what_a_killed_process_was_sending_goes_out_when_it_is_started_again() {
    served(async |served| {
        let server = &served.server;
        server.goes_wrong(Step::Message, How::Silence);
        let desk = served.starts();
        served.opens_a_case(&desk).await;
        server.wait_until_wrong(1);
        desk.end_with("KILL");
        server.is_well();
        let desk = served.starts();
        let began = Stopwatch::start();
        server.wait_for(1);
        let waited = began.took();
        assert!(
            waited < Duration::from_secs(15),
            "{waited:?}: less than any lease"
        );
        // What was given back was never claimed; what is taken when a lease has expired is claimed again.
        let unsent = "SELECT state AS text FROM notices WHERE state <> 'sent'";
        until("all are sent", async || {
            served.database.texts(unsent).is_empty()
        })
        .await;
        let claims = "SELECT CAST(max(attempts) AS text) AS text FROM notices";
        assert_eq!(served.database.texts(claims), ["1"]);
        desk.end_with("TERM");
    });
}

#[test]
fn a_process_ends_in_time_whatever_the_mail_server_leaves_unanswered() {
    for step in [Step::Connect, Step::Recipient, Step::Message, Step::Quit] {
        served(async |served| {
            let server = &served.server;
            let desk = served.starts();
            if step == Step::Quit {
                served.opens_a_case(&desk).await;
                server.wait_for(1);
            }
            server.goes_wrong(step, How::Silence);
            if step != Step::Quit {
                served.opens_a_case(&desk).await;
                server.wait_until_wrong(1);
            }
            let began = Stopwatch::start();
            assert_eq!(desk.end_with("TERM").code(), Some(0), "{step:?}");
            let took = began.took();
            assert!(took < Duration::from_secs(10), "{step:?}: {took:?}");
            if step != Step::Quit {
                // What it was at was given back: the next one sends it at once.
                server.is_well();
                let desk = served.starts();
                let began = Stopwatch::start();
                server.wait_for(1);
                assert!(began.took() < Duration::from_secs(15), "{step:?}");
                desk.end_with("TERM");
            }
        });
    }
}

#[test]
fn nobody_waits_for_a_recipient_at_whom_the_server_hangs() {
    served(async |served| {
        let server = &served.server;
        server.hangs_at("eve@bellhop.test");
        let desk = served.starts();
        // Eve is told of every case, and the server hangs at each of those letters.
        for _ in 0..20 {
            served.opens_a_case(&desk).await;
        }
        server.wait_until_wrong(1);
        let began = Stopwatch::start();
        let asked = client()
            .post(format!("{}/api/v1/password-resets", desk.origin))
            .json(&json!({ "email": "sam@bellhop.test" }))
            .send()
            .await;
        assert!(asked.expect("an answer").status().is_success());
        let letters = server.wait_for(1);
        assert!(
            letters.iter().any(|letter| letter.to == "sam@bellhop.test"),
            "{letters:?}"
        );
        assert!(began.took() < Duration::from_secs(10), "{:?}", began.took());
        desk.end_with("TERM");
    });
}

async fn developers_read_each_try_and_nobodys_address(trouble: Trouble) {
    let Trouble { desk, server } = &trouble;
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let (devi, mona) = (desk.person("devi"), desk.person("mona"));
    let case = dana.opens(high()).await;
    trouble.works().await;
    server.goes_wrong(Step::Recipient, How::Later);
    eve.writes(&case, "Is it there?").await;
    desk.works().await;
    let first = desk.now();
    server.goes_wrong(Step::Recipient, How::Never);
    desk.passes(TimeDelta::minutes(2));
    desk.works().await;
    server.is_well();
    let failed = devi.all("/developer/deliveries?state=failed").await;
    let [mail] = &failed[..] else {
        panic!("one was given up: {failed:?}");
    };
    assert_eq!(mail["next_try_at"], Value::Null);
    let tries = mail["tries"].as_array().expect("tries");
    let told: Vec<_> = (tries.iter())
        .map(|one| (one["fault"].as_str(), one["said"].as_str()))
        .collect();
    let [
        (Some("recipient_deferred"), Some(said)),
        (Some("recipient_refused"), Some(last)),
    ] = told[..]
    else {
        panic!("two tries: {mail}");
    };
    assert!(said.contains("451 4.3.0"), "{mail}");
    // Whose it is, is not theirs to read here.
    assert!(last.contains("550 5.1.1") && last.contains("…@…"), "{mail}");
    assert!(!mail.to_string().contains("dana"), "{mail}");
    assert_eq!(tries[0]["at"], json!(first));
    assert!(tries[0]["next_try_at"].is_string() && tries[1]["next_try_at"].is_null());
    let session = Session::of(desk, &devi).await;
    let page = session.page("/admin/deliveries?state=failed").await;
    assert!(
        page.text.contains("550 5.1.1") && !page.text.contains("dana@"),
        "{page:?}"
    );
    let page = format!("/admin/deliveries/{}", mail["id"].as_str().expect("an id"));
    let page = session.page(&page).await;
    for words in ["451 4.3.0", "550 5.1.1"] {
        assert!(page.text.contains(words), "{words}: {page:?}");
    }
    // Sent again, it is taken, and what was before stays.
    desk.person("ada")
        .post("/notices/resend", json!({}))
        .await
        .ok();
    trouble.works().await;
    let sent = devi.all("/developer/deliveries?state=sent").await;
    let mail = sent
        .iter()
        .find(|sent| sent["id"] == mail["id"])
        .expect("sent");
    assert_eq!(mail["tries"].as_array().map(Vec::len), Some(2));
    assert!(mail["sent_at"].is_string(), "{mail}");
    mona.get("/developer/deliveries")
        .await
        .refused(403, "missing_permission");
}
