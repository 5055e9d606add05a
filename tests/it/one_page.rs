//! The one page of a case and of its escalation: the same at either address and for whoever raised it, owns it or only reads,
//! and on telephones and on paper.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use fantoccini::Locator;
use reqwest::header::{ACCEPT_ENCODING, COOKIE};
use serde_json::json;

use crate::support::browser::{Browser, Scripts, leaves, signs_in};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::form::text_of;
use crate::support::markup::{attributes, elements, tags};
use crate::support::person::{Case, Escalation, high, medium};
use crate::support::session::Session;

on_both_databases! { Desk:
    it_is_the_same_at_either_address,
    each_has_their_verbs_on_it,
    earlier_escalations_are_folded_with_all_that_they_came_to,
    an_earlier_escalation_is_open_at_its_own_address,
    others_see_neither_address,
    who_waits_for_whom_is_told_of_the_escalation_too,
    what_a_decision_goes_by_is_in_sight,
    headings_that_people_write_skip_no_level,
    what_is_refused_stands_where_it_was_typed,
    what_is_left_until_the_bell_runs_down,
    one_button_posts_and_the_others_stand_behind_it,
    on_a_telephone_it_is_one_column_at_a_time,
    on_a_telephone_there_is_one_row_one_line_and_one_button,
    on_paper_it_is_whole_and_light,
    all_entries_can_stand_on_one_page,
    what_is_unfolded_stays_so_when_news_comes,
    it_is_there_within_25_kilobytes,
}

/// A case with an escalation that was just submitted.
async fn escalated(desk: &Desk) -> (Case, Escalation) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    (case, escalation)
}

/// Ola looks why something is due then, while Dana writes.
async fn what_is_unfolded_stays_so_when_news_comes(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &ola).await else {
        return;
    };
    let page = format!("/escalations/{}", escalation.number);
    hers.goes_to(&desk.page(&page)).await;
    hers.unfolds("Why then?").await;
    let unfolded = "//details[starts-with(@id, 'target-')][@open]";
    assert_eq!(hers.counts(unfolded).await, 1);
    dana.writes(&case, "It is worse now.").await;
    hers.reads("It is worse now.").await;
    // Where she does something, only what is new comes in; so she goes on elsewhere, and all that is beside it comes anew.
    hers.types("Write to the case feed", "We").await;
    ola.claims(&escalation).await;
    hers.reads("In review").await;
    assert_eq!(hers.counts(unfolded).await, 1);
    leaves(hers).await;
    desk.mailbox().await;
}

/// A case whose first escalation was closed, after a step that was kept, and whose second is active.
async fn escalated_again(desk: &Desk) -> (Case, Escalation, Escalation) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let (case, first) = escalated(desk).await;
    ola.claims(&first).await;
    ola.accepts(&first, "high", "medium").await;
    let steps = eve
        .whole(&format!("/cases/{}/next-steps", case.number))
        .await;
    let step = steps[0]["id"].as_str().expect("an id");
    eve.patch(&format!("/next-steps/{step}"), json!({ "state": "done" }))
        .await
        .ok();
    ola.settles(&first).await;
    desk.passes(TimeDelta::hours(49));
    dana.reads(&case).await;
    let second = dana.escalates(&case, "no_update");
    let second = second.with("details", json!("It is back.")).taken().await;
    (case, first, second)
}

/// Both addresses of the page.
fn addresses(case: &Case, escalation: &Escalation) -> [String; 2] {
    [
        format!("/cases/{}", case.number),
        format!("/escalations/{}", escalation.number),
    ]
}

fn ids(page: &str) -> BTreeSet<&str> {
    attributes(page, "id").collect()
}

async fn it_is_the_same_at_either_address(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    for person in ["dana", "ola", "vic", "eve"] {
        let session = Session::of(&desk, &desk.person(person)).await;
        let [of_case, of_escalation] = addresses(&case, &escalation);
        let (one, other) = (
            session.page(&of_case).await.text,
            session.page(&of_escalation).await.text,
        );
        assert_eq!(ids(&one), ids(&other), "{person}");
        for (page, number) in [(&one, &case.number), (&other, &escalation.number)] {
            // What was reported, what was requested, who waits for whom, what is promised.
            for told in [
                "Since this morning, no payment is booked.",
                "We need somebody to look at this.",
                "Orders stand still",
                "Waiting for an escalation owner.",
                "Nothing is promised at present.",
                "Targets</h2>",
            ] {
                assert!(page.contains(told), "{person} is not told {told}: {page}");
            }
            let title = format!("<title>{number} Payments are not booked · Casebell</title>");
            assert!(page.contains(&title), "{title}: {page}");
            // The request stands before the composer, and that before what was written.
            let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
            assert!(at("id=\"request\"") < at("id=\"escalation-entries\""));
        }
    }
}

async fn each_has_their_verbs_on_it(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    let ola = desk.person("ola");
    let verbs = |page: &str| -> BTreeSet<String> {
        let links = tags(page, "a").filter_map(|tag| text_of(tag, "href"));
        links
            .filter_map(|href| {
                Some(
                    href.split_once("?do=")?
                        .1
                        .split(['#', '&'])
                        .next()?
                        .to_owned(),
                )
            })
            .collect()
    };
    let has = |page: &str, action: &str| page.contains(&format!("action=\"{action}\""));
    let claim = format!("/escalations/{}/claim", escalation.number);
    let answer = format!("/escalations/{}/feed", escalation.number);
    let write = format!("/cases/{}/feed", case.number);
    for path in addresses(&case, &escalation) {
        let hers = Session::of(&desk, &desk.person("dana")).await;
        let page = hers.page(&path).await.text;
        assert!(has(&page, &write) && has(&page, &answer), "{path}: {page}");
        assert!(!has(&page, &claim), "{path}: {page}");
        assert!(verbs(&page).contains("withdraw") && verbs(&page).contains("close"));
        assert!(!verbs(&page).contains("accept"), "{path}: {page}");

        let owners = Session::of(&desk, &ola).await;
        let page = owners.page(&path).await.text;
        assert!(has(&page, &write) && has(&page, &answer), "{path}: {page}");
        assert!(has(&page, &claim), "{path}: {page}");

        let his = Session::of(&desk, &desk.person("vic")).await;
        let page = his.page(&path).await.text;
        assert!(
            !has(&page, &write) && !has(&page, &answer),
            "{path}: {page}"
        );
        assert_eq!(verbs(&page), BTreeSet::new(), "{path}: {page}");
    }
    ola.claims(&escalation).await;
    for path in addresses(&case, &escalation) {
        let owners = Session::of(&desk, &ola).await;
        let page = owners.page(&path).await.text;
        let offered = verbs(&page);
        assert!(
            offered.contains("accept") && offered.contains("decline"),
            "{offered:?} on {path}"
        );
        assert!(page.contains("The escalation owner reviews it."), "{page}");
    }
    // What she decides stands beside what it is about, not on top of it.
    let owners = Session::of(&desk, &ola).await;
    let form = format!("/escalations/{}?do=accept", escalation.number);
    let page = owners.page(&form).await.text;
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
    assert!(at("id=\"in-now\"") < at("id=\"do\"") && at("id=\"request\"") < at("id=\"do\""));
}

async fn earlier_escalations_are_folded_with_all_that_they_came_to(desk: Desk) {
    let (case, first, second) = escalated_again(&desk).await;
    for person in ["dana", "ola", "vic"] {
        let session = Session::of(&desk, &desk.person(person)).await;
        for path in addresses(&case, &second) {
            let page = session.page(&path).await.text;
            let fold = fold_of(&page, &first);
            assert!(!fold.split('>').next().unwrap_or_default().contains(" open"));
            for told in [
                "We need somebody to look at this.",
                "Closed: Resolved",
                "The fix is in place.",
                "A new part",
                "We are on it.",
            ] {
                assert!(fold.contains(told), "{person} is not told {told}: {fold}");
            }
            assert!(!fold.contains("It is back."), "{fold}");
            assert!(page.contains("It is back."), "{page}");
            // What was kept for the first one is no next step any more.
            let steps = page.split("id=\"next-steps\"").nth(1).expect("next steps");
            let steps = steps.split("</section>").next().unwrap_or_default();
            assert!(!steps.contains("A new part"), "{steps}");
        }
    }
}

/// Its requester rates the first one while the second is active: the way that mails lead holds.
async fn an_earlier_escalation_is_open_at_its_own_address(desk: Desk) {
    let (case, first, second) = escalated_again(&desk).await;
    let hers = Session::of(&desk, &desk.person("dana")).await;
    let path = format!("/escalations/{}", first.number);
    let page = hers.page(&path).await.text;
    let fold = fold_of(&page, &first);
    assert!(
        fold.split('>').next().unwrap_or_default().contains(" open"),
        "{fold}"
    );
    let title = format!("<title>{} Payments are not booked", first.number);
    assert!(page.contains(&title), "{page}");
    // She answers on the one that is active.
    let answer = format!("action=\"/escalations/{}/feed\"", second.number);
    assert!(page.contains(&answer), "{page}");
    let form = hers.page(&format!("{path}?do=rate")).await.text;
    assert!(
        form.contains(&format!("action=\"{path}/rating\"")),
        "{form}"
    );
    let rated = [("score", "5"), ("comment", "")];
    let rated = hers.sends(&format!("{path}/rating"), &rated).await;
    assert_eq!(
        (rated.status, rated.header("location")),
        (303, path.as_str())
    );
    let page = hers.page(&format!("/cases/{}", case.number)).await.text;
    assert!(fold_of(&page, &first).contains("Rated 5 of 5"), "{page}");
    // What is written to one that has ended is not put before the readers of the next.
    let late = [("body", "Too late?")];
    let late = hers.sends_from_page(&format!("{path}/feed"), &late).await;
    assert!((400..500).contains(&late.status), "{}", late.text);
    assert!(late.text.contains("Too late?"), "what was typed is kept");
    assert!(!late.text.contains("id=\"answer-body\""), "{}", late.text);
}

/// The fold of an earlier escalation, up to the link that leads to its own address.
fn fold_of<'a>(page: &'a str, escalation: &Escalation) -> &'a str {
    let begin = format!("<details class=\"past\" id=\"past-{}\"", escalation.number);
    let at = page.find(&begin);
    let at = at.unwrap_or_else(|| panic!("no {begin}: {page}"));
    let fold = page[at..].split("<div class=\"entry plain\"><a ").next();
    fold.unwrap_or_default()
}

async fn others_see_neither_address(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    for person in ["gina", "gus", "pia"] {
        let session = Session::of(&desk, &desk.person(person)).await;
        for path in addresses(&case, &escalation) {
            assert_eq!(session.page(&path).await.status, 404, "{person}: {path}");
        }
    }
    // Who holds no role sees neither, and is told what is missing.
    let nils = Session::of(&desk, &desk.person("nils")).await;
    for path in addresses(&case, &escalation) {
        let refused = nils.page(&path).await;
        assert!(matches!(refused.status, 403 | 404), "{}", refused.text);
        assert!(!refused.text.contains("Payments are not booked"));
    }
}

async fn who_waits_for_whom_is_told_of_the_escalation_too(desk: Desk) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let (case, escalation) = escalated(&desk).await;
    ola.claims(&escalation).await;
    let feed = format!("/escalations/{}/feed", escalation.number);
    let ask = json!({ "body": "Since when?", "awaits_reply": true });
    ola.post(&feed, ask).await.created();
    let hers = Session::of(&desk, &dana).await;
    let owners = Session::of(&desk, &ola).await;
    for path in addresses(&case, &escalation) {
        let page = hers.page(&path).await.text;
        assert!(page.contains("Support is waiting for you."), "{page}");
        let page = owners.page(&path).await.text;
        assert!(page.contains("Waiting for ACME Corporation."), "{page}");
    }
    let answer = json!({ "body": "Since noon." });
    dana.post(&feed, answer).await.created();
    for session in [&hers, &owners] {
        let page = session.page(&addresses(&case, &escalation)[0]).await.text;
        assert!(page.contains("The escalation owner reviews it."), "{page}");
    }
    desk.mailbox().await;
}

/// Where what a decision goes by begins: how far from the left, and whether that is in sight.
const SIGHT: &str = "return ['#request', '#do', '#assessment'].map((one) => { \
    const box = document.querySelector(one).getBoundingClientRect(); \
    return [Math.round(box.left), box.top < innerHeight]; })";

/// What was asked for, what she writes, and what held then and holds now, beside each other.
async fn what_a_decision_goes_by_is_in_sight(desk: Desk) {
    let (_, escalation) = escalated(&desk).await;
    let ola = desk.person("ola");
    ola.claims(&escalation).await;
    let Some(hers) = signs_in(&desk, Scripts::On, &ola).await else {
        return;
    };
    for (width, verb) in [(1280, "accept"), (1280, "decline"), (1600, "accept")] {
        hers.is_so_large(width, 900).await;
        let form = format!("/escalations/{}?do={verb}", escalation.number);
        hers.goes_to(&desk.page(&form)).await;
        let sight = hers.runs(SIGHT).await;
        let columns: Vec<i64> = sight
            .as_array()
            .expect("three")
            .iter()
            .filter_map(|one| one[0].as_i64().filter(|_| one[1] == json!(true)))
            .collect();
        assert_eq!(columns.len(), 3, "{width}: {sight}");
        assert!(columns.is_sorted_by(|a, b| a < b), "{width}: {sight}");
    }
    leaves(hers).await;
    desk.mailbox().await;
}

/// Whoever listens to a page goes by its headings, and finds those of the words below those of the page.
async fn headings_that_people_write_skip_no_level(desk: Desk) {
    let (dana, eve, ola) = (desk.person("dana"), desk.person("eve"), desk.person("ola"));
    let told = medium().with(
        "description",
        "### Since when\n\nNoon.\n\n# Where\n\n#### Berlin",
    );
    let case = dana.opens(told).await;
    let asked = dana.escalates(&case, "no_update");
    let asked = asked.with("details", json!("## What we expect\n\n#### Today"));
    let escalation = asked.taken().await;
    eve.writes(&case, "###### Cause\n\n## Effect").await;
    ola.claims(&escalation).await;
    let feed = format!("/escalations/{}/feed", escalation.number);
    ola.post(&feed, json!({ "body": "#### Next\n\n##### Then" }))
        .await
        .created();
    for person in [&dana, &ola] {
        let session = Session::of(&desk, person).await;
        for path in addresses(&case, &escalation) {
            let page = session.page(&path).await.text;
            let main = page.split("<main").nth(1).expect("a main part");
            let main = main.split("</main>").next().unwrap_or_default();
            let tags = main.split("<h").skip(1);
            let levels: Vec<u32> = tags
                .filter_map(|tag| tag.chars().next()?.to_digit(10))
                .collect();
            assert!(levels.len() > 8, "{levels:?}: {page}");
            assert_eq!(levels.first(), Some(&1), "{levels:?}");
            let is_near = |pair: &[u32]| pair[1] <= pair[0] + 1;
            assert!(levels.windows(2).all(is_near), "{levels:?}: {page}");
        }
    }
    desk.mailbox().await;
}

async fn what_is_refused_stands_where_it_was_typed(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    let ola = desk.person("ola");
    ola.claims(&escalation).await;
    let hers = Session::of(&desk, &ola).await;
    let [of_case, of_escalation] = addresses(&case, &escalation);
    for (path, place) in [(&of_case, "write-error"), (&of_escalation, "answer-error")] {
        let empty = hers.sends(&format!("{path}/feed"), &[("body", " ")]).await;
        assert_eq!(empty.status, 422, "{}", empty.text);
        let error = format!("id=\"{place}\"");
        assert!(empty.text.contains(&error), "{}", empty.text);
        assert!(empty.text.contains("id=\"request\""), "{}", empty.text);
    }
    // On a telephone, the column of what was refused is the one in sight.
    let reply = [("importance", "high"), ("reply", "We look into it.")];
    let refused = hers.sends(&format!("{of_escalation}/accept"), &reply).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(refused.text.contains("We look into it."));
    let columns: Vec<&str> = tags(&refused.text, "div")
        .filter(|tag| tag.contains("class=\"tab first\""))
        .collect();
    assert_eq!(columns.len(), 1, "{columns:?}");
    assert!(columns[0].contains("in-now"), "{columns:?}");
    // A verb that is not taken now is not forgotten without a word.
    let late = hers.page(&format!("{of_escalation}?do=rate")).await.text;
    assert!(late.contains("class=\"banner soon\""), "{late}");
}

async fn what_is_left_until_the_bell_runs_down(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let her = Session::of(&desk, &dana).await;
    let page = her.page(&format!("/cases/{}", case.number)).await.text;
    let foot = page.split("data-foot").nth(1).expect("a foot");
    let line = elements(foot, "b").next().expect("a line");
    assert!(
        line.starts_with(">Can be escalated <time datetime=\""),
        "{line}"
    );
    assert!(line.contains(" data-relative>in "), "{line}");
    let Some(window) = signs_in(&desk, Scripts::On, &dana).await else {
        return;
    };
    window
        .goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    let before = "const time = document.querySelector('[data-foot] time'); \
        time.dateTime = new Date(Date.parse(document.querySelector('[name=casebell-clock]').dataset.now) + 150000).toISOString(); \
        return time.textContent;";
    let told = window
        .client
        .execute(before, Vec::new())
        .await
        .expect("run");
    assert!(
        told.as_str().is_some_and(|told| told.starts_with("in ")),
        "{told}"
    );
    // The script looks at the clock by itself, and when one comes back to the page.
    let back = "document.dispatchEvent(new Event('visibilitychange'));";
    window.client.execute(back, Vec::new()).await.expect("run");
    window.reads("Can be escalated in 3 min").await;
    leaves(window).await;
}

async fn one_button_posts_and_the_others_stand_behind_it(desk: Desk) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high()).await;
    let owned = json!({ "owner": eve.email(), "status": "in_progress" });
    eve.changes(&case, owned).await.ok();
    let path = format!("/cases/{}", case.number);
    let page = Session::of(&desk, &eve).await.page(&path).await.text;
    let form = elements(&page, "form").find(|form| form.contains("id=\"write\""));
    let form = form.expect("a composer");
    let main = tags(form, "button").filter(|tag| tag.contains("button primary"));
    assert_eq!(main.count(), 1, "{form}");
    // Another one keeps what is typed, where there is no script that does.
    let posts = tags(form, "button").filter(|tag| !tag.contains("data-keep"));
    assert_eq!(posts.count(), 4, "{form}");
    let Some(hers) = signs_in(&desk, Scripts::Off, &eve).await else {
        return;
    };
    hers.goes_to(&desk.page(&path)).await;
    hers.does_not_read("Post and wait for the customer").await;
    hers.types("Write to the case feed", "Which version is it?")
        .await;
    hers.unfolds("Post and").await;
    hers.presses("Post and wait for the customer").await;
    hers.reads("Waiting for ACME Corporation.").await;
    leaves(hers).await;
    assert_eq!(eve.sees(&case).await["status"], "awaiting_customer");
}

async fn on_a_telephone_it_is_one_column_at_a_time(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let [of_case, of_escalation] = addresses(&case, &escalation);
    for scripts in [Scripts::On, Scripts::Off] {
        let Some(her) = signs_in(&desk, scripts, &dana).await else {
            return;
        };
        her.goes_to(&desk.page(&of_case)).await;
        assert_eq!(columns(&her).await, ["in-case", "in-escalation", "in-now"]);
        her.is_so_wide(360).await;
        assert_eq!(columns(&her).await, ["in-case"]);
        her.presses("Escalation").await;
        assert_eq!(columns(&her).await, ["in-escalation"]);
        her.presses("Now").await;
        assert_eq!(columns(&her).await, ["in-now"]);
        her.goes_to(&desk.page(&of_escalation)).await;
        assert_eq!(columns(&her).await, ["in-escalation"]);
        if scripts == Scripts::On {
            // What is put anew does not lead elsewhere.
            her.goes_to(&desk.page(&format!("{of_case}#escalation-feed")))
                .await;
            assert_eq!(columns(&her).await, ["in-escalation"]);
            let news = json!({ "body": "I look into it." });
            let feed = format!("/escalations/{}/feed", escalation.number);
            ola.post(&feed, news).await.created();
            her.reads("I look into it.").await;
            assert_eq!(columns(&her).await, ["in-escalation"]);
        }
        leaves(her).await;
    }
}

/// The columns that are in sight.
async fn columns(window: &Browser) -> Vec<String> {
    let all = window.client.find_all(Locator::Css("#whole > .tab")).await;
    let mut seen = Vec::new();
    for column in all.expect("columns") {
        if column.is_displayed().await.expect("a column") {
            let id = column.attr("id").await.expect("attributes");
            seen.push(id.expect("an id"));
        }
    }
    seen
}

/// How high bar and foot are, and what helps to write; how many buttons the foot has, what the keyboard comes to that lies behind
/// the foot, and how many rows of tabs do not fit.
const LOOKS: &str = "const height = (one) => document.querySelector(one).getBoundingClientRect().height; \
    const foot = document.querySelector('[data-foot]'); \
    const seen = (one) => one.checkVisibility() && one.getBoundingClientRect().height > 0; \
    const buttons = [...foot.querySelectorAll('.button')].filter(seen).length; \
    const [bar, low] = [height('.bar'), height('[data-foot]')]; \
    const behind = []; \
    for (const one of document.querySelectorAll('main :is(a[href], button, input, select, textarea, summary)')) { \
        if (foot.contains(one) || !seen(one)) continue; \
        one.focus(); \
        if (document.activeElement !== one) continue; \
        const box = one.getBoundingClientRect(); \
        if (box.top >= foot.getBoundingClientRect().top || box.bottom <= 0) behind.push(one.outerHTML.slice(0, 90)); \
    } \
    const wide = document.documentElement.scrollWidth - innerWidth; \
    const all = (one) => [...document.querySelectorAll(one)].filter(seen); \
    const tools = Math.max(0, ...all('.tools').map((one) => one.getBoundingClientRect().height)); \
    const cut = all('.tabs').filter((one) => one.scrollWidth > one.clientWidth).length; \
    return { bar, low, tools, cut, buttons, behind, wide };";

async fn on_a_telephone_there_is_one_row_one_line_and_one_button(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    let fresh = desk.person("dana").opens(high()).await;
    let [of_case, of_escalation] = addresses(&case, &escalation);
    let of_fresh = format!("/cases/{}", fresh.number);
    for person in ["dana", "ola", "ada"] {
        let Some(window) = signs_in(&desk, Scripts::On, &desk.person(person)).await else {
            return;
        };
        for path in [&of_case, &of_escalation, &of_fresh] {
            for (width, column) in [(320, ""), (360, "#in-escalation"), (360, "#in-now")] {
                window.is_so_wide(width).await;
                window.goes_to(&desk.page(&format!("{path}{column}"))).await;
                let looks = window.client.execute(LOOKS, Vec::new()).await.expect("run");
                let place = format!("{person} at {path}{column}, {width}: {looks}");
                assert!(
                    looks["bar"].as_f64().is_some_and(|bar| bar <= 53.0),
                    "{place}"
                );
                assert!(
                    looks["low"].as_f64().is_some_and(|low| low <= 116.0),
                    "{place}"
                );
                let tools = looks["tools"].as_f64();
                assert!(tools.is_some_and(|tools| tools <= 72.0), "{place}");
                assert_eq!(looks["cut"], json!(0), "{place}");
                let buttons = looks["buttons"].as_u64();
                assert!(buttons.is_some_and(|buttons| buttons <= 1), "{place}");
                assert_eq!(looks["behind"], json!([]), "{place}");
                assert!(
                    looks["wide"].as_f64().is_some_and(|wide| wide <= 0.0),
                    "{place}"
                );
            }
        }
        // What else can be done is a touch away, and nothing of it is lost.
        window.goes_to(&desk.page(&of_fresh)).await;
        if person == "dana" {
            window.presses("More").await;
            window.presses("Close case").await;
            window.reads("Close the case").await;
        }
        leaves(window).await;
    }
}

async fn on_paper_it_is_whole_and_light(desk: Desk) {
    let (case, first, _) = escalated_again(&desk).await;
    let Some(window) = signs_in(&desk, Scripts::On, &desk.person("ola")).await else {
        return;
    };
    window
        .goes_to(&desk.page(&format!("/cases/{}", case.number)))
        .await;
    // As wide as paper, which is narrower than three columns, and with the colours of the night.
    window.is_so_wide(720).await;
    window.prints().await;
    let script = format!(
        "document.documentElement.dataset.theme = 'dark'; \
        const seen = (one) => one.checkVisibility() && one.getClientRects().length > 0; \
        const missing = ['#case-feed .opening', '#request', '#past-{} .request', '#past-{} .entry', '#next-steps', '#review', '#assessment table'] \
            .filter((one) => ![...document.querySelectorAll(one)].some(seen)); \
        const left = [...document.querySelectorAll('.bar, .foot, .compose, .feeds, main button, main textarea, .verbs, .actions')].filter(seen).map((one) => one.outerHTML.slice(0, 60)); \
        const style = (one) => getComputedStyle(document.querySelector(one)); \
        return {{ missing, left, ground: style('html').backgroundColor, ink: style('body').color, card: style('.card').backgroundColor }};",
        first.number, first.number
    );
    let paper = window
        .client
        .execute(&script, Vec::new())
        .await
        .expect("run");
    let (white, black) = ("rgb(255, 255, 255)", "rgb(0, 0, 0)");
    let expected =
        json!({ "missing": [], "left": [], "ground": white, "ink": black, "card": white });
    assert_eq!(paper, expected);
    leaves(window).await;
}

async fn all_entries_can_stand_on_one_page(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(medium()).await;
    for count in 1..=30 {
        dana.writes(&case, &format!("Entry {count} of many.")).await;
    }
    let escalation = dana.escalates(&case, "no_update").taken().await;
    let her = Session::of(&desk, &dana).await;
    for path in addresses(&case, &escalation) {
        let page = her.page(&path).await.text;
        assert!(page.contains("Entry 30 of many.") && !page.contains("Entry 1 of many."));
        let mut whole = tags(&page, "a").filter_map(|tag| text_of(tag, "href"));
        let whole = whole.find(|href| href.contains("entries=all"));
        let whole = whole.unwrap_or_else(|| panic!("no way to all of them: {page}"));
        let page = her
            .page(whole.split('#').next().unwrap_or_default())
            .await
            .text;
        assert!(page.contains("Entry 30 of many.") && page.contains("Entry 1 of many."));
        assert!(
            !page.contains("entries&#x3D;all#") && !page.contains("?before"),
            "{page}"
        );
    }
}

/// Page, stylesheet, script and icon, as a browser is sent them that has none of them yet.
async fn it_is_there_within_25_kilobytes(desk: Desk) {
    let (case, escalation) = escalated(&desk).await;
    let [dana, ola, eve, sam, vic] =
        ["dana", "ola", "eve", "sam", "vic"].map(|key| desk.person(key));
    eve.writes(&case, "We see it, too. Which version is it?")
        .await;
    dana.writes(&case, "It is the one of last week.").await;
    eve.notes(&case, "The vendor has a ticket of it since yesterday.")
        .await;
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "medium").await;
    for told in [
        "It began after the window of Sunday.",
        "Both sites have it.",
    ] {
        dana.writes(&case, told).await;
        eve.writes(&case, "Thank you, that goes to the vendor.")
            .await;
    }
    let from = desk.now() + TimeDelta::hours(3);
    let window = json!({
        "from": from.to_rfc3339(), "until": (from + TimeDelta::hours(2)).to_rfc3339(), "time_zone": "Europe/Lisbon",
    });
    let call = json!({ "phone": "+351 21 555 0134", "window": window });
    let calls = format!("/escalations/{}/callbacks", escalation.number);
    dana.post(&calls, call).await.created();
    for person in [&dana, &ola, &eve, &sam, &vic] {
        let session = Session::of(&desk, person).await;
        let path = format!("/cases/{}", case.number);
        let page = session.page(&path).await.text;
        let links = tags(&page, "link").filter_map(|tag| text_of(tag, "href"));
        let scripts = tags(&page, "script").filter_map(|tag| text_of(tag, "src"));
        let parts: Vec<String> = links.chain(scripts).chain([path]).collect();
        assert_eq!(parts.len(), 4, "{parts:?}");
        let mut bytes = 0;
        for part in &parts {
            let asking = desk.client().get(desk.page(part));
            let asking = asking.header(ACCEPT_ENCODING, "gzip");
            let sent = asking.header(COOKIE, &session.cookie).send().await;
            bytes += sent
                .expect("an answer")
                .bytes()
                .await
                .expect("a body")
                .len();
        }
        assert!(bytes <= 25_000, "{bytes} bytes for {}", person.email());
    }
}
