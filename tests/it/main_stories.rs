//! What each kind of people comes for, in both browsers, and what it costs them in clicks and texts: no more than it does now.

use serde_json::json;

use crate::portal::offers_nothing;
use crate::support::browser::{Browser, Engine, Scripts, in_both_browsers, leaves, signs_in_with};
use crate::support::desk::Desk;
use crate::support::effort::Act;
use crate::support::paired::{administrators, asks, id_of, said};
use crate::support::person::{Case, Escalation, Person, high, medium};

in_both_browsers! {
    a_contact_is_heard,
    an_engineer_does_the_days_work,
    an_escalation_owner_decides,
    a_viewer_follows,
    a_supervisor_assigns,
    an_administrator_lets_a_partner_in,
}

const fn act(
    name: &'static str,
    (clicks, texts): (u32, u32),
    once: (&'static str, &'static str),
) -> Act {
    Act {
        name,
        clicks,
        texts,
        once,
    }
}

const OPEN: Act = act(
    "contact: open a case, from the first page",
    (5, 2),
    ("2–4", "2"),
);
const ESCALATE: Act = act(
    "contact: escalate, from the case",
    (4, 2),
    ("3 + boxes", "2–3"),
);
const ANSWER: Act = act("contact: answer, from the case", (1, 1), ("", ""));
const RATE: Act = act("contact: rate, from the case", (3, 0), ("4", "0"));
const CLOSE: Act = act("contact: close, from the case", (2, 0), ("2", "0"));
const REOPEN: Act = act("contact: reopen, from the case", (2, 1), ("2", "1"));
const TAKE: Act = act(
    "engineer: take a case, from the first page",
    (1, 0),
    ("", ""),
);
const ANSWER_AND_WAIT: Act = act(
    "engineer: answer and wait, from the first page",
    (3, 1),
    ("5", "1"),
);
const PROMISE: Act = act("engineer: promise, from the first page", (4, 2), ("", ""));
const ACCEPT: Act = act(
    "owner: claim and accept, from the first page",
    (5, 3),
    ("6", "1 + what, who, when"),
);
const DECLINE: Act = act(
    "owner: claim and decline, from the first page",
    (4, 0),
    ("5", "0"),
);
const FOLLOW: Act = act("viewer: follow, from the list", (2, 0), ("", ""));
const ASSIGN: Act = act("supervisor: assign, from the queue", (4, 0), ("4", "0"));
const GRANT: Act = act(
    "administrator: let somebody in, from the link",
    (5, 0),
    ("", ""),
);

/// Somebody sits down before a window that runs scripts.
async fn comes(desk: &Desk, engine: Engine, person: &Person) -> Option<Browser> {
    signs_in_with(desk, engine, Scripts::On, person).await
}

/// A case of this subject, and the escalation that was just submitted on it.
async fn escalated(desk: &Desk, subject: &str) -> (Case, Escalation) {
    let dana = desk.person("dana");
    let case = dana.opens(medium().about(subject)).await;
    let escalation = dana.escalates(&case, "no_update").taken().await;
    (case, escalation)
}

/// Ola accepts what Dana has escalated.
async fn is_accepted(ola: &Person) -> Escalation {
    let escalation = Escalation::of(&ola.get("/escalations/E-000001").await.ok());
    ola.claims(&escalation).await;
    ola.accepts(&escalation, "high", "medium").await;
    escalation
}

/// Ola keeps what she promised, and closes it.
async fn is_settled(ola: &Person, escalation: &Escalation) {
    for step in ola.whole("/cases/C-000001/next-steps").await {
        let path = format!("/next-steps/{}", said(&step["id"]));
        ola.patch(&path, json!({ "state": "done" })).await.ok();
    }
    ola.settles(escalation).await;
}

/// Dana opens a case, escalates it, answers, says how it was handled, closes it, and opens it again.
async fn a_contact_is_heard(desk: Desk, engine: Engine) {
    let (dana, ola) = (desk.person("dana"), desk.person("ola"));
    let Some(her) = comes(&desk, engine, &dana).await else {
        return;
    };
    her.begins();
    her.presses("Open a case").await;
    her.types("Subject", "Invoices are sent twice").await;
    her.types("What happens", "Since noon, to every customer.")
        .await;
    her.chooses("Priority", "Medium").await;
    her.chooses("Business impact", "Significant").await;
    her.chooses("Deployment", "Cloud").await;
    her.presses("Open the case").await;
    her.reads("C-000001 was opened.").await;
    her.has_done(&OPEN);

    her.begins();
    her.presses("Escalate Case").await;
    her.chooses("What is it about?", "No recent update").await;
    her.types("Business impact", "Customers pay twice").await;
    her.ticks("The impact is ongoing").await;
    her.types("Details", "We need somebody to look at this.")
        .await;
    her.presses("Escalate: No recent update").await;
    her.reads("Escalated as E-000001.").await;
    her.has_done(&ESCALATE);

    // The answer comes while she looks on.
    let escalation = is_accepted(&ola).await;
    her.reads("We are on it.").await;
    let page = desk.page("/cases/C-000001");
    her.goes_to(&page).await;
    her.begins();
    her.posts("Write to the escalation feed", "Thank you. By when?")
        .await;
    her.reads("Posted.").await;
    her.has_done(&ANSWER);
    let thread = dana.all("/escalations/E-000001/feed").await;
    assert!(
        thread
            .iter()
            .any(|one| one["body"] == "Thank you. By when?")
    );

    is_settled(&ola, &escalation).await;
    her.goes_to(&page).await;
    her.reads("E-000001 was closed: Resolved").await;
    her.begins();
    her.presses("Rate").await;
    her.chooses("How was it handled?", "5, very good").await;
    her.confirms("Rate").await;
    her.reads("Thank you for the rating.").await;
    her.has_done(&RATE);
    let rated = dana.sees_escalation(&escalation).await;
    assert_eq!(rated["rating"]["score"], 5, "{rated}");

    her.goes_to(&page).await;
    her.begins();
    her.presses("Close case").await;
    her.confirms("Close the case").await;
    her.reads("C-000001 was closed.").await;
    her.has_done(&CLOSE);

    her.begins();
    her.presses("Reopen").await;
    her.types("Why it is reopened", "It happened again.").await;
    her.confirms("Reopen").await;
    her.reads("C-000001 was reopened.").await;
    her.has_done(&REOPEN);
    leaves(her).await;
    desk.mailbox().await;
}

/// Eve takes a case, asks its customer for something, and promises what comes next.
async fn an_engineer_does_the_days_work(desk: Desk, engine: Engine) {
    let (dana, eve) = (desk.person("dana"), desk.person("eve"));
    let case = dana.opens(high().about("Invoices are sent twice")).await;
    let Some(hers) = comes(&desk, engine, &eve).await else {
        return;
    };
    hers.begins();
    hers.presses("Take it Invoices are sent twice").await;
    hers.reads("The case is yours.").await;
    hers.has_done(&TAKE);
    assert_eq!(eve.sees(&case).await["owner"]["name"], "Eve Hart");

    let home = desk.page("/");
    hers.goes_to(&home).await;
    hers.begins();
    hers.presses("Invoices are sent twice").await;
    hers.types("Write to the case feed", "Which version is it?")
        .await;
    hers.unfolds("Post and").await;
    hers.presses("Post and wait for the customer").await;
    hers.reads("Waiting for ACME Corporation.").await;
    hers.has_done(&ANSWER_AND_WAIT);
    assert_eq!(eve.sees(&case).await["status"], "awaiting_customer");

    hers.goes_to(&home).await;
    hers.begins();
    hers.presses("Invoices are sent twice").await;
    hers.presses("Add").await;
    hers.types("What", "Roll the release back").await;
    hers.types("Who", "Eve Hart").await;
    hers.proposes("Next business day").await;
    hers.confirms("Promise").await;
    hers.reads("The next step was promised.").await;
    hers.has_done(&PROMISE);
    let steps = dana
        .whole(&format!("/cases/{}/next-steps", case.number))
        .await;
    assert_eq!(steps[0]["what"], "Roll the release back", "{steps:?}");
    leaves(hers).await;
    desk.mailbox().await;
}

/// Ola takes what waits longest, answers it with a rank and a promise, and declines the other.
async fn an_escalation_owner_decides(desk: Desk, engine: Engine) {
    let ola = desk.person("ola");
    let (_, first) = escalated(&desk, "Invoices are sent twice").await;
    let (_, second) = escalated(&desk, "Calls drop").await;
    let Some(hers) = comes(&desk, engine, &ola).await else {
        return;
    };
    hers.begins();
    hers.presses("Claim Invoices are sent twice").await;
    hers.reads("E-000001 is yours to review.").await;
    hers.presses("Accept").await;
    hers.chooses("Importance and urgency", "high importance, medium urgency")
        .await;
    hers.types(
        "Reply to the requester",
        "You are right, this took too long.",
    )
    .await;
    hers.types("What", "Roll the release back").await;
    hers.types("Who", "Eve Hart").await;
    hers.proposes("Next business day").await;
    hers.confirms("Accept and reply").await;
    hers.reads("E-000001 was accepted.").await;
    hers.has_done(&ACCEPT);
    let accepted = ola.sees_escalation(&first).await;
    assert_eq!(
        (&accepted["state"], &accepted["rank"]),
        (&json!("accepted"), &json!(2)),
        "{accepted}"
    );

    hers.goes_to(&desk.page("/")).await;
    hers.begins();
    hers.presses("Claim Calls drop").await;
    hers.reads("E-000002 is yours to review.").await;
    hers.presses("Decline").await;
    hers.ticks("The priority is too low").await;
    hers.confirms("Decline").await;
    hers.reads("E-000002 was declined.").await;
    hers.has_done(&DECLINE);
    assert_eq!(ola.sees_escalation(&second).await["state"], "declined");
    leaves(hers).await;
    desk.mailbox().await;
}

/// Vic is told what happens on a case from now on, and while he looks on; there is nothing else that he can do.
async fn a_viewer_follows(desk: Desk, engine: Engine) {
    let (vic, eve) = (desk.person("vic"), desk.person("eve"));
    let (case, escalation) = escalated(&desk, "Invoices are sent twice").await;
    let Some(his) = comes(&desk, engine, &vic).await else {
        return;
    };
    his.goes_to(&desk.page("/cases")).await;
    his.begins();
    his.presses("Invoices are sent twice").await;
    his.presses("Follow").await;
    his.reads("Your choice for this feed holds from now on.")
        .await;
    his.has_done(&FOLLOW);
    for page in [
        format!("/cases/{}", case.number),
        format!("/escalations/{}", escalation.number),
    ] {
        his.goes_to(&desk.page(&page)).await;
        his.reads("Invoices are sent twice").await;
        offers_nothing(&his, &page).await;
    }
    desk.mailbox().await;
    eve.writes(&case, "We have found the cause.").await;
    his.reads("We have found the cause.").await;
    leaves(his).await;
    let told = desk.mailbox().await;
    assert!(told.recipients().contains(&"vic@acme.test"));
}

/// Sam gives to Otto what nobody has claimed.
async fn a_supervisor_assigns(desk: Desk, engine: Engine) {
    let sam = desk.person("sam");
    let (_, escalation) = escalated(&desk, "Invoices are sent twice").await;
    let Some(his) = comes(&desk, engine, &sam).await else {
        return;
    };
    his.goes_to(&desk.page("/escalations")).await;
    his.begins();
    his.presses("Invoices are sent twice").await;
    his.presses("Assign").await;
    his.picks("Escalation owner", "Otto Lind").await;
    his.confirms("Assign").await;
    his.reads("E-000001 was assigned.").await;
    his.has_done(&ASSIGN);
    let assigned = sam.sees_escalation(&escalation).await;
    assert_eq!(assigned["owner"]["name"], "Otto Lind", "{assigned}");
    leaves(his).await;
    desk.mailbox().await;
}

/// Abel answers the link that Pia has handed over, and gives her a role: then she works in ACME.
async fn an_administrator_lets_a_partner_in(desk: Desk, engine: Engine) {
    let (abel, pia, _) = administrators(&desk).await;
    let pairing = asks(&pia, &[&id_of(&pia).await], &[]).await;
    let Some(his) = comes(&desk, engine, &abel).await else {
        return;
    };
    let link = desk.page(&format!("/pairing-links/{}", pairing.token));
    his.goes_to(&link).await;
    his.begins();
    his.reads("Initech Partners asks for access").await;
    his.presses("Yes, I authorize access").await;
    his.reads("Access is authorized.").await;
    his.presses("Pia Lund").await;
    his.unfolds("Give a role").await;
    his.reads("Pia Lund has it at once").await;
    his.chooses("Role", "Designated contact").await;
    his.presses("Give a role").await;
    his.reads("Role given.").await;
    his.has_done(&GRANT);
    leaves(his).await;

    let hers = comes(&desk, engine, &pia).await.expect("a window");
    hers.goes_to(&desk.page("/places")).await;
    hers.presses("Work in ACME Corporation").await;
    hers.reads("You are working in ACME Corporation as Pia Lund.")
        .await;
    leaves(hers).await;
    desk.mailbox().await;
}
