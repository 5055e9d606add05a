//! Search by words: however long a list is, and whichever way its cases are come by; over everything that somebody may read; and
//! what an earlier release wrote.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use casebell::db::Conn;
use casebell::domain::Instant;
use casebell::store::search_index;
use casebell::worker::{Job, OlderWords};

use crate::support::database::{Backend, on_both_databases};
use crate::support::desk::Desk;
use crate::support::paired::said;
use crate::support::person::{Case, Person, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    numbers_are_found_however_they_are_pasted,
    words_are_found_by_their_beginnings,
    a_long_list_is_searched_to_its_end,
    a_word_that_is_met_now_and_then_is_walked_for,
    words_that_only_older_cases_have_are_found_the_newest_first,
    more_rows_than_their_time_has_numbers_are_found_as_well,
    what_an_earlier_release_wrote_is_found_once_its_words_are_made,
    changed_words_are_found_as_they_stand,
    what_waits_is_taken_in_and_put_together,
    redacted_words_are_gone_from_the_index,
    moved_words_are_found_by_those_alone_who_read_them_there,
    everything_is_searched_as_far_as_it_may_be_read,
    the_page_shows_what_is_found_and_marks_it,
}

/// More cases than a list begins with, so that the index is asked for what none of them has.
const NEWER: usize = 65;

/// The numbers of the cases that somebody finds, in alphabetical order.
async fn finds(who: &Person, words: &str) -> Vec<String> {
    let words: String = url::form_urlencoded::byte_serialize(words.as_bytes()).collect();
    let found = who.all(&format!("/cases?q={words}")).await;
    let mut numbers: Vec<String> = found.iter().map(|case| said(&case["number"])).collect();
    numbers.sort();
    numbers
}

fn number(case: &Case) -> i64 {
    let digits = case.number.trim_start_matches("C-");
    digits.parse().expect("a number")
}

async fn numbers_are_found_however_they_are_pasted(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let case = dana.opens(high().about("Calls drop")).await;
    dana.opens(medium().about("Slow menus")).await;
    let n = number(&case);
    for typed in [
        case.number.clone(),
        case.number.to_lowercase(),
        format!("c{n}"),
        format!("#C-{n}"),
        format!("[{}],", case.number),
        format!("{n}"),
        format!("drop {n}"),
    ] {
        assert_eq!(
            finds(&dana, &typed).await,
            [case.number.as_str()],
            "{typed}"
        );
        assert_eq!(finds(&gina, &typed).await, Vec::<String>::new(), "{typed}");
    }
    // The number of one with the words of another.
    assert_eq!(
        finds(&dana, &format!("menus {n}")).await,
        Vec::<String>::new()
    );
}

async fn words_are_found_by_their_beginnings(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Calls drop at SBC-Lisbon")).await;
    let other = dana.opens(medium().about("Backdrops on 10.1.2.30")).await;
    eve.writes(&case, "東京から Ελλάδος").await;
    for words in [
        "drop",
        "sbc lisbon",
        "SBC-Lis",
        "call lisb",
        "東京",
        "ΕΛΛΑΔΟΣ",
        "ελλαδοσ",
    ] {
        assert_eq!(finds(&dana, words).await, [case.number.as_str()], "{words}");
    }
    for words in ["backdrop", "10.1.2.3", "10.1.2.30", "10.1"] {
        assert_eq!(
            finds(&dana, words).await,
            [other.number.as_str()],
            "{words}"
        );
    }
    // A sign ends a word, and what stands together is in one text.
    for words in ["backdrop.", "rop", "lisbon-sbc-x", "sbc-tokyo", "10.2.7"] {
        assert_eq!(finds(&dana, words).await, Vec::<String>::new(), "{words}");
    }
    // A case that is changed is found by what it says now.
    let patch = json!({ "subject": "Calls end at SBC-Porto" });
    dana.changes(&case, patch).await.ok();
    assert_eq!(finds(&dana, "lisbon").await, Vec::<String>::new());
    assert_eq!(finds(&dana, "porto").await, [case.number.as_str()]);
}

/// A word that few cases have is asked of the index, and one that most have is found while the list is walked over.
async fn a_long_list_is_searched_to_its_end(desk: Desk) {
    const CASES: usize = 70;
    let (dana, eve, gina) = (desk.person("dana"), desk.person("eve"), desk.person("gina"));
    let first = dana
        .opens(high().about("Menus, xylophones and quinces"))
        .await;
    eve.notes(&first, "It is the zither.").await;
    let second = dana.opens(medium().about("Menus and quinces")).await;
    let mut all = vec![first.number.clone(), second.number.clone()];
    for _ in 2..CASES {
        all.push(dana.opens(medium().about("Menus")).await.number);
    }
    // What was just written waits to be taken into the index, and is found all the same.
    for is_taken_in in [false, true] {
        if is_taken_in {
            desk.works().await;
        }
        assert_eq!(finds(&dana, "menus").await, all);
        assert_eq!(finds(&dana, "menu xylo").await, [all[0].as_str()]);
        assert_eq!(finds(&dana, "xylo quinces").await, [all[0].as_str()]);
        assert_eq!(finds(&dana, "quinces").await, all[..2]);
        assert_eq!(finds(&eve, "zither").await, [all[0].as_str()]);
        for words in ["zither", "xylophones zither", "menus nowhere"] {
            assert_eq!(finds(&dana, words).await, Vec::<String>::new(), "{words}");
        }
        assert_eq!(finds(&gina, "xylophones").await, Vec::<String>::new());
        let count = async |who: &Person, query: &str| -> Value {
            let path = format!("/cases?{query}&count=true&limit=1");
            who.get(&path).await.ok()["count"].clone()
        };
        assert_eq!(count(&dana, "q=menus").await, CASES);
        assert_eq!(count(&dana, "q=quinces").await, 2);
        assert_eq!(count(&dana, "q=quinces&priority=high").await, 1);
        assert_eq!(count(&dana, "q=zither").await, 0);
        assert_eq!(count(&eve, "q=zither").await, 1);
        // In each order, from each place.
        for sort in ["opened_at", "-opened_at", "updated_at", "-updated_at"] {
            let path = format!("/cases?q=quinces&sort={sort}&limit=1");
            let page = dana.get(&path).await.ok();
            let cursor = said(&page["next_cursor"]);
            let next = dana.get(&format!("{path}&cursor={cursor}")).await.ok();
            let mut found = [&page, &next].map(|page| said(&page["items"][0]["number"]));
            found.sort();
            assert_eq!(found, all[..2], "{sort}");
            assert_eq!(next["next_cursor"], Value::Null, "{sort}");
        }
    }
}

/// A record of a case that an import loads, with an entry.
fn record(n: usize, opened_at: Instant, subject: &str, said: &str) -> Value {
    json!({
        "type": "case", "external_id": format!("OLD-{n}"), "organization": "acme", "opened_by": "dana@acme.test", "subject": subject,
        "description": "Again.", "deployment": "cloud", "business_impact": "none", "priority": "low", "status": "open",
        "opened_at": opened_at,
        "feed": [{ "at": opened_at, "author": "dana@acme.test", "body": said, "visibility": "public" }],
    })
}

/// Loads cases of these numbers, each opened so many hours ago. Some are about quinces: every other one by its subject, the others by
/// an entry.
async fn are_imported(
    desk: &Desk,
    cases: impl Iterator<Item = usize>,
    hours_ago: impl Fn(usize) -> usize,
    with_quinces: impl Fn(&usize) -> bool,
) {
    let records = cases.map(|n| {
        let opened_at = desk.now() - TimeDelta::hours(hours_ago(n) as i64);
        let (subject, said) = match (with_quinces(&n), n.is_multiple_of(2)) {
            (false, _) => ("Menus", "Menus."),
            (true, true) => ("Quinces", "Quinces and menus."),
            (true, false) => ("Menus", "Quinces and xylophones."),
        };
        format!("{}\n", record(n, opened_at, subject, said))
    });
    desk.imports(&records.collect::<String>()).await;
    desk.works().await;
}

/// The names of the cases that somebody finds by a query, in its order.
async fn names(who: &Person, query: &str) -> Vec<String> {
    let found = who.all_by(&format!("/cases?{query}"), 20).await;
    let names = found.iter().map(|case| said(&case["external_id"]));
    names.collect()
}

/// Part after part, of 64 cases, 192 and more: none is left out or found twice where one ends and the next begins, also of those that
/// stand at the same place of an order.
async fn a_word_that_is_met_now_and_then_is_walked_for(desk: Desk) {
    const CASES: usize = 2_400;
    let from_an_end = |n: usize| match n {
        0..=60 => n.is_multiple_of(4),
        63 | 64 | 255 | 256 => true,
        _ => (290..310).contains(&n),
    };
    let with = |n: &usize| from_an_end(*n) || from_an_end(CASES - 1 - n);
    are_imported(&desk, 0..CASES, |n| CASES - n / 3, with).await;
    let all = (0..CASES).filter(with).map(|n| format!("OLD-{n}"));
    let mut all: Vec<String> = all.collect();
    all.sort();
    let eve = desk.person("eve");
    for sort in ["opened_at", "updated_at", "priority", "status"] {
        for sort in [sort.to_owned(), format!("-{sort}")] {
            let mut found = names(&eve, &format!("q=quinces&sort={sort}")).await;
            found.sort();
            assert_eq!(found, all, "{sort}");
        }
    }
}

/// Neither the newest cases have them nor the oldest, so that the index is asked; and it is asked for the newest that have them.
async fn words_that_only_older_cases_have_are_found_the_newest_first(desk: Desk) {
    const CASES: usize = 1_000;
    let with = |n: &usize| (100..CASES - 100).contains(n) && !n.is_multiple_of(3);
    // In another order than that in which they are listed.
    let shuffled = (0..CASES).map(|n| n * 637 % CASES);
    // Two within the same span of the index, and two of the same instant.
    are_imported(&desk, shuffled, |n| 8 * (CASES - n / 2), with).await;
    let all: Vec<usize> = (0..CASES).filter(with).collect();
    let (dana, eve, gina) = (desk.person("dana"), desk.person("eve"), desk.person("gina"));
    for who in [&dana, &eve] {
        assert_eq!(in_order(who, "q=quinces&sort=-opened_at").await, all);
        let odd = all.iter().copied().filter(|n| !n.is_multiple_of(2));
        let odd: Vec<usize> = odd.collect();
        assert_eq!(in_order(who, "q=quinces%20xylophones").await, odd);
    }
    assert_eq!(in_order(&gina, "q=quinces").await, Vec::<usize>::new());
    assert_eq!(in_order(&eve, "q=quinces&sort=opened_at").await, all);
    // What is written now is found at its place, before it is in the index and when it is.
    let path = format!("/cases?external_id=OLD-{}", CASES - 3);
    let page = eve.get(&path).await.ok();
    let path = format!("/cases/{}/feed", said(&page["items"][0]["number"]));
    eve.post(&path, json!({ "body": "Quinces!" }))
        .await
        .created();
    let all = [all, vec![CASES - 3]].concat();
    for _ in 0..2 {
        assert_eq!(in_order(&eve, "q=quinces").await, all);
        desk.works().await;
    }
    everything_is_in_the_index(&desk);
}

/// Which cases somebody finds, by their numbers in the records. Checks that the newest come first, or last, if that is asked for;
/// two are of the same instant.
async fn in_order(who: &Person, query: &str) -> Vec<usize> {
    let names = names(who, query).await.into_iter();
    let found = names.map(|name| name.trim_start_matches("OLD-").parse().expect("a number"));
    let mut found: Vec<usize> = found.collect();
    if !query.contains("sort=opened_at") {
        found.reverse();
    }
    assert!(found.is_sorted_by_key(|n| n / 2), "{query}: {found:?}");
    found.sort_unstable();
    found
}

async fn more_rows_than_their_time_has_numbers_are_found_as_well(desk: Desk) {
    let Conn::Sqlite(conn) = &mut desk.database().connect() else {
        return;
    };
    // All but one number of the hours in which the cases are opened belong to others.
    let first = search_index::first_row(desk.now());
    let others = format!(
        "INSERT INTO search_rows (row, thing, case_id) WITH RECURSIVE others (row) AS \
         (SELECT {first} UNION ALL SELECT row + 1 FROM others WHERE row < {first} + 32766) \
         SELECT row, CAST('other ' || row AS BLOB), x'00' FROM others"
    );
    conn.batch_execute(&others).expect("other rows");
    let dana = desk.person("dana");
    let mut all = Vec::new();
    for _ in 0..NEWER {
        all.push(dana.opens(medium().about("Quinces")).await.number);
        desk.works().await;
    }
    for _ in 0..NEWER {
        dana.opens(medium()).await;
    }
    desk.works().await;
    assert_eq!(finds(&dana, "quinces").await, all);
    let beyond = format!(
        "SELECT CAST(count(*) AS TEXT) AS text FROM search_rows WHERE row > {}",
        search_index::BEYOND
    );
    let beyond: usize = desk.database().texts(&beyond)[0].parse().expect("a number");
    assert!(beyond >= 2 * NEWER - 1, "{beyond}");
    conn.batch_execute("DELETE FROM search_rows WHERE case_id = x'00'")
        .expect("they are gone");
    everything_is_in_the_index(&desk);
}

async fn what_an_earlier_release_wrote_is_found_once_its_words_are_made(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Quinces")).await;
    eve.writes(&case, "Xylophones.").await;
    let mut conn = desk.database().connect();
    let older =
        "UPDATE cases SET search_words = NULL; UPDATE feed_entries SET search_words = NULL;";
    conn.batch_execute(older).expect("older rows");
    for words in ["quinces", "xylophones"] {
        assert_eq!(finds(&dana, words).await, Vec::<String>::new(), "{words}");
    }
    let before = eve.sees(&case).await;
    let job = OlderWords::new(desk.db().clone()).in_batches_of(1);
    let mut steps = 0;
    while job.step(desk.now()).await.expect("a step").more {
        steps += 1;
    }
    assert!(steps > 0, "nothing was left to do");
    for words in ["quinces", "xylophones", "quince xylo"] {
        assert_eq!(finds(&dana, words).await, [case.number.as_str()], "{words}");
    }
    assert_eq!(eve.sees(&case).await, before);
    // Nothing is left to do.
    let idle = job.step(desk.now()).await.expect("a step");
    assert_eq!((idle.done, idle.more), (0, false));
}

/// Whether they wait to be taken into the index, or are in it.
async fn changed_words_are_found_as_they_stand(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let mut cases = Vec::new();
    for _ in 0..3 {
        cases.push(dana.opens(high().about("Zithers")).await);
    }
    for _ in 0..NEWER {
        dana.opens(medium()).await;
    }
    let all: Vec<String> = cases.iter().map(|case| case.number.clone()).collect();
    assert_eq!(finds(&dana, "zithers").await, all);
    let nobody = Vec::<String>::new();
    // The second is changed after it was taken in, the third before and after.
    for (case, taken_in) in cases
        .iter()
        .zip([[false, false], [true, false], [false, true]])
    {
        for (subject, is_taken_in) in ["Lutes", "Xylophones"].into_iter().zip(taken_in) {
            if is_taken_in {
                desk.works().await;
            }
            let renamed = json!({ "subject": subject });
            eve.changes(case, renamed).await.ok();
            assert_eq!(finds(&dana, subject).await, [case.number.as_str()]);
        }
        desk.works().await;
        assert_eq!(finds(&dana, "lutes").await, nobody);
        assert_eq!(finds(&dana, "xylophones").await, [case.number.as_str()]);
        let renamed = json!({ "subject": "Nothing" });
        eve.changes(case, renamed).await.ok();
        assert_eq!(finds(&dana, "xylophones").await, nobody);
    }
    assert_eq!(finds(&dana, "zithers").await, nobody);
    desk.works().await;
    assert_eq!(finds(&dana, "nothing").await, all);
    everything_is_in_the_index(&desk);
}

/// A row with words is in the index of the embedded database once, and nothing waits.
fn everything_is_in_the_index(desk: &Desk) {
    let Conn::Sqlite(conn) = &mut desk.database().connect() else {
        return;
    };
    conn.batch_execute("INSERT INTO search_index (search_index) VALUES ('integrity-check')")
        .expect("a whole index");
    let not_once = "SELECT hex(id) AS text FROM \
         (SELECT id, search_words FROM cases UNION ALL SELECT id, search_words FROM feed_entries) \
         WHERE (search_words <> '') <> (SELECT count(*) FROM search_rows WHERE thing = id) \
         UNION ALL SELECT hex(thing) FROM search_waiting";
    assert_eq!(desk.database().texts(not_once), Vec::<String>::new());
    let cases = "SELECT CAST(listed.row AS TEXT) || ' ' || opened_at AS text FROM search_rows AS listed JOIN cases ON cases.id = case_id";
    for line in desk.database().texts(cases) {
        let (row, opened_at) = line.split_once(' ').expect("two values");
        let (row, opened_at): (i64, Instant) = (
            row.parse().expect("a number"),
            opened_at.parse().expect("an instant"),
        );
        assert!(row >= search_index::first_row(opened_at), "{line}");
    }
}

/// What waits is taken in a little at a time, and the parts that the index gets by that are put together.
async fn what_waits_is_taken_in_and_put_together(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    for _ in 0..NEWER {
        eve.writes(&case, "Quinces and xylophones.").await;
        dana.opens(medium()).await;
    }
    let mut taken = Vec::new();
    let mut together = 0;
    loop {
        let conn = &mut desk.database().connect();
        taken.push(search_index::take_in(conn, 10).expect("taken in"));
        while search_index::put_together(conn).expect("put together") {
            together += 1;
        }
        assert_eq!(finds(&dana, "xylo quince").await, [case.number.as_str()]);
        let more = search_index::is_any_waiting(conn).expect("known");
        if !more {
            break;
        }
    }
    match desk.backend() {
        Backend::Sqlite => {
            assert!(taken.len() > 2 * NEWER / 10, "{taken:?}");
            assert!(
                taken[..taken.len() - 1].iter().all(|rows| *rows == 10),
                "{taken:?}"
            );
            assert!(together > 0);
        }
        // It has nothing that waits.
        Backend::Postgresql => assert_eq!((taken, together), (vec![0], 0)),
    }
    everything_is_in_the_index(&desk);
}

/// F4: not only is nothing found by them.
async fn redacted_words_are_gone_from_the_index(desk: Desk) {
    let (dana, sam) = (desk.person("dana"), desk.person("sam"));
    let case = dana.opens(high()).await;
    let entry = dana.writes(&case, "My password is xylophones.").await;
    desk.works().await;
    assert_eq!(finds(&dana, "xylophones").await, [case.number.as_str()]);
    let path = format!("/feed-entries/{}/redaction", said(&entry["id"]));
    sam.post(&path, json!({ "reason": "A password" }))
        .await
        .ok();
    for who in [&dana, &sam] {
        assert_eq!(finds(who, "xylophones").await, Vec::<String>::new());
    }
    if desk.backend() == Backend::Sqlite {
        let kept = "SELECT CAST(count(*) AS TEXT) AS text FROM search_index_data WHERE instr(block, CAST('xylophones' AS BLOB)) > 0";
        assert_eq!(desk.database().texts(kept), ["0"]);
    }
    let kept = "SELECT CAST(count(*) AS TEXT) AS text FROM feed_entries WHERE search_words LIKE '%xylophones%'";
    assert_eq!(desk.database().texts(kept), ["0"]);
    everything_is_in_the_index(&desk);
}

/// F3, A5: also the index names what was moved to those alone who read the feed where it stands now.
async fn moved_words_are_found_by_those_alone_who_read_them_there(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    desk.passes(chrono::TimeDelta::hours(24));
    dana.reads(&case).await;
    dana.escalates(&case, "no_update").taken().await;
    // What is said from now on is said for itself.
    desk.passes(chrono::TimeDelta::minutes(1));
    let entry = dana.writes(&case, "The xylophones are out of tune.").await;
    for _ in 0..NEWER {
        dana.opens(medium()).await;
    }
    let scope = json!({ "name": "Cases alone", "permissions": ["cases:view"] });
    let token = dana.post("/tokens", scope).await.created();
    let of_cases = dana.with_token(&said(&token["token"]));
    let nobody: &[&str] = &[];
    let found = &[case.number.as_str()][..];
    let path = format!("/feed-entries/{}/move", said(&entry["id"]));
    // While its words wait to be taken into the index, and when they are in it.
    for _ in 0..2 {
        for (to, finds_it) in [
            (None, found),
            (Some("escalation"), nobody),
            (Some("case"), found),
        ] {
            if let Some(to) = to {
                eve.post(&path, json!({ "to": to })).await.ok();
            }
            assert_eq!(finds(&dana, "xylophones").await, found, "{to:?}");
            assert_eq!(finds(&of_cases, "xylophones").await, finds_it, "{to:?}");
        }
        desk.works().await;
    }
}

async fn everything_is_searched_as_far_as_it_may_be_read(desk: Desk) {
    let (dana, eve, gina, vic, ada) = (
        desk.person("dana"),
        desk.person("eve"),
        desk.person("gina"),
        desk.person("vic"),
        desk.person("ada"),
    );
    let case = dana.opens(high().about("Quinces are lost")).await;
    eve.writes(&case, "We look into the xylophones, with quinces.")
        .await;
    eve.notes(&case, "The quinces were misconfigured.").await;
    desk.passes(chrono::TimeDelta::hours(24));
    dana.reads(&case).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let found = async |who: &Person, query: &str| -> Vec<Value> {
        let answer = who.get(&format!("/search?{query}")).await.ok();
        answer["items"].as_array().cloned().unwrap_or_default()
    };
    let kinds =
        |items: &[Value]| -> Vec<String> { items.iter().map(|item| said(&item["kind"])).collect() };
    let dana_finds = found(&dana, "q=quinces").await;
    assert_eq!(kinds(&dana_finds), ["case", "escalation", "entry"]);
    assert_eq!(dana_finds[0]["title"], "Quinces are lost");
    assert_eq!(dana_finds[0]["title_marks"], json!([[0, 7]]));
    assert_eq!(dana_finds[0]["href"], format!("/cases/{}", case.number));
    assert_eq!(dana_finds[1]["number"], escalation.number.as_str());
    assert_eq!(
        dana_finds[2]["excerpt"],
        "We look into the xylophones, with quinces."
    );
    assert_eq!(dana_finds[2]["marks"], json!([[34, 41]]));
    // However long ago it was written, it stands where that leads.
    let place = format!("/cases/{}?entries=all#entry-", case.number);
    let leads = said(&dana_finds[2]["href"]);
    assert!(leads.starts_with(&place), "{leads}");
    // What is internal is found by those who read it (F2), and another's by nobody (A5).
    let eve_finds = found(&eve, "q=quinces").await;
    let entries = kinds(&eve_finds);
    assert_eq!(entries.iter().filter(|kind| *kind == "entry").count(), 2);
    for who in [&dana, &vic, &gina] {
        let text = who.get("/search?q=misconfigured").await.text;
        assert!(!text.contains("misconfigured"), "{text}");
        assert_eq!(found(who, "q=misconfigured").await, Vec::<Value>::new());
    }
    assert_eq!(found(&gina, "q=quinces").await, Vec::<Value>::new());
    // People and organizations, for those who may list them.
    let acme = found(&ada, "q=acme").await;
    assert!(
        kinds(&acme).contains(&"organization".to_owned()),
        "{acme:?}"
    );
    assert!(kinds(&acme).contains(&"person".to_owned()), "{acme:?}");
    let of_people = kinds(&found(&vic, "q=dana").await);
    assert!(!of_people.contains(&"person".to_owned()), "{of_people:?}");
    // Nothing is asked for, and too much.
    assert_eq!(found(&dana, "").await, Vec::<Value>::new());
    dana.get("/search?q=x&limit=26")
        .await
        .refused(422, "validation_failed");
    let one = found(&eve, "q=quinces&limit=1").await;
    assert_eq!(
        kinds(&one).iter().filter(|kind| *kind == "entry").count(),
        1
    );
    desk.works().await;
}

async fn the_page_shows_what_is_found_and_marks_it(desk: Desk) {
    let (dana, gina) = (desk.person("dana"), desk.person("gina"));
    let case = dana.opens(high().about("Quinces <b>are</b> lost")).await;
    let session = Session::of(&desk, &dana).await;
    let page = session.page("/search?q=quin").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text.contains("<mark>Quinces</mark> &lt;b&gt;"),
        "{}",
        page.text
    );
    assert!(page.text.contains(&format!("/cases/{}", case.number)));
    let none = session.page("/search?q=nowhere").await;
    assert!(none.text.contains("Nothing found"), "{}", none.text);
    // Whoever still types a number is shown what it is the number of, and has opened and read nothing (F6).
    let typing = format!("/search?typing=on&q={}", case.number);
    let typing = session.page(&typing).await;
    assert_eq!(typing.status, 200);
    assert!(
        typing.text.contains("are&lt;/b&gt; lost"),
        "{}",
        typing.text
    );
    // A number leads to what it is the number of, for whoever may see that.
    let led = session.page(&format!("/search?q={}", case.number)).await;
    assert_eq!(led.status, 303);
    assert_eq!(led.header("location"), format!("/cases/{}", case.number));
    let other = Session::of(&desk, &gina).await;
    let stays = other.page(&format!("/search?q={}", case.number)).await;
    assert_eq!(stays.status, 200);
    assert!(!stays.text.contains("Quinces"), "{}", stays.text);
}
