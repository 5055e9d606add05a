//! Many live streams: what they ask of the database while nobody writes, how many there may be, and what is said to one more.

use std::time::Duration;

use casebell::db::{Db, DbError};
use casebell::store::write_probes;
use serde_json::json;

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::person::{Case, Person, high};
use crate::support::process_guard::PATIENCE;
use crate::support::statements::while_watching;
use crate::support::stream::Stream;

on_both_databases! { Desk:
    idle_streams_ask_for_nothing_of_their_own,
    who_is_slow_to_read_is_told_everything,
    what_another_process_commits_is_heard_of,
}

async fn follows(desk: &Desk, person: &Person, path: &str) -> Stream {
    let asking = desk.client().get(desk.api(path));
    Stream::open(asking.bearer_auth(person.token())).await
}

fn live(case: &Case) -> String {
    format!("/cases/{}/live", case.number)
}

async fn idle_streams_ask_for_nothing_of_their_own(desk: Desk) {
    /// Shorter than the time after which all that is followed is looked at anyway, so that it is seen once at the most.
    const IDLE: Duration = Duration::from_secs(2);
    let (dana, eve, carl, mona) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("carl"),
        desk.person("mona"),
    );
    let cases = [dana.opens(high()).await, dana.opens(high()).await];
    desk.mailbox().await;
    let idle = async || tokio::time::sleep(IDLE).await;
    let besides: usize = while_watching(&desk, idle).await.values().sum();
    let mut streams = Vec::new();
    for person in [&dana, &eve, &carl, &mona] {
        for n in 0..10 {
            streams.push(follows(&desk, person, &live(&cases[n % 2])).await);
        }
        streams.push(follows(&desk, person, "/live").await);
    }
    // Once each has been told of something, all have been looked for.
    for case in &cases {
        eve.writes(case, "We are all here.").await;
    }
    for stream in &mut streams {
        let told = stream.next().await.expect("the stream goes on");
        assert!(
            ["entry", "changed"].contains(&told.event.as_str()),
            "{told:?}"
        );
    }
    let sent = while_watching(&desk, idle).await;
    let asked = |words: &str| -> usize {
        let counts = sent.iter().filter(|(sql, _)| sql.contains(words));
        counts.map(|(_, count)| count).sum()
    };
    // A look or two for 44 streams: what was recorded, how far the cases have come, and who all of them are.
    for words in ["changed_position", "api_tokens"] {
        assert!(asked(words) <= 2, "{words}: {sent:?}");
    }
    // On a server, what is sealed and what is not yet.
    let most = match desk.backend() {
        Backend::Sqlite => 2,
        Backend::Postgresql => 4,
    };
    assert!(asked("audit_events") <= most, "{sent:?}");
    let all: usize = sent.values().sum();
    assert!(
        all <= besides + 20,
        "{besides} statements became {all}: {sent:?}"
    );
}

async fn what_another_process_commits_is_heard_of(desk: Desk) {
    let mut others = desk.db().others();
    // A handle of its own, as another process has it.
    let apart = Db::open_as_it_is(&desk.database().location).expect("the database opens");
    for _ in 0..3 {
        others.mark_seen();
        let written = apart.write(|conn| Ok::<_, DbError>(write_probes::probe(conn)?));
        written.await.expect("written");
        let heard = tokio::time::timeout(PATIENCE, others.changed()).await;
        heard.expect("it is heard of");
    }
}

async fn who_is_slow_to_read_is_told_everything(desk: Desk) {
    const ENTRIES: usize = 12;
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let mut stream = follows(&desk, &dana, &live(&case)).await;
    let mut written = Vec::new();
    for n in 0..ENTRIES {
        let text = format!("{n}: {}", "much to read ".repeat(2000));
        written.push(eve.writes(&case, &text).await["id"].clone());
    }
    let mut told = Vec::new();
    while told.len() < ENTRIES {
        let said = stream.next().await.expect("the stream goes on");
        if said.event == "entry" {
            told.push(said.data["id"].clone());
        }
    }
    assert_eq!(told, written);
}

/// How many one person may follow is set, and whoever is refused is told when to ask again.
#[test]
fn there_are_so_many_of_one_person_and_all_together() {
    for backend in [Backend::Sqlite, Backend::Postgresql] {
        let settings = [
            ("CASEBELL_LIVE_STREAMS", "3"),
            ("CASEBELL_LIVE_STREAMS_PER_PERSON", "2"),
        ];
        Desk::for_story_with(backend, &settings, async |desk: Desk| {
            let (dana, carl, eve) = (desk.person("dana"), desk.person("carl"), desk.person("eve"));
            let case = dana.opens(high()).await;
            let path = live(&case);
            let mut first = follows(&desk, &dana, &path).await;
            let second = follows(&desk, &dana, "/live").await;
            let refused = dana.get(&path).await;
            let refused = refused.refused(429, "too_many_streams_of_one");
            assert_eq!(refused.json["most"], json!(2));
            assert_eq!(refused.header("retry-after"), "30");
            let third = follows(&desk, &carl, &path).await;
            let refused = eve.get(&path).await.refused(503, "too_many_streams");
            assert_eq!(refused.header("retry-after"), "30");
            // Those who are there are told, as before.
            let entry = eve.writes(&case, "To those who are here.").await;
            assert_eq!(first.says("entry").await["id"], entry["id"]);
            drop((second, third));
            desk.mailbox().await;
        });
    }
}
