//! The queue and the page of one escalation.

use super::super::Look;
use super::cases::{NOW, assessed, case_feed, case_page, composer, facts, facts_list};
use super::{at, dana, entry, flash, olga, person};
use crate::domain::case::{BusinessImpact, Priority, Status};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::{Level, State};
use crate::http::portal::form::Choice;
use crate::http::portal::parts::{
    DueView, EntryView, EscalationFeed, Event, Fact, Foot, Link, Pager, StepList, StepVerb,
    StepView, Thread, WaitView,
};
use crate::http::portal::queue::{QueuePage, QueueRow, Stat, View};
use crate::http::portal::review::{
    AnswerView, FactThenNow, RatingView, RequestView, ReviewPage, ThenNow, VerdictView,
};
use crate::http::portal::shell::Tone;
use crate::http::portal::verbs;
use crate::words::Catalogue;

pub(super) fn all(look: &mut Look) {
    queue(look);
    review(look);
    escalated_case(look);
}

fn queue(look: &mut Look) {
    let words = look.words.clone();
    let due = |text: &str, when: &str, tone| {
        Some(DueView {
            text: text.to_owned(),
            at: Some(at(when)),
            tone,
        })
    };
    let row = |number: u32,
               rank,
               subject: &str,
               organization: &str,
               reason: &str,
               owner: Option<&str>,
               next,
               state| QueueRow {
        rank,
        number: format!("E-{number:06}"),
        href: format!("/escalations/E-{number:06}"),
        subject: subject.to_owned(),
        organization: organization.to_owned(),
        reason: reason.to_owned(),
        owner: owner.map(str::to_owned),
        next,
        state,
    };
    let rows = vec![
        row(
            45,
            Some(1),
            "Agents lose audio 30 seconds into outbound calls",
            "ACME Contact Centers",
            "No recent update",
            Some("Olga Marin"),
            due("Update due", "2026-03-04T13:30:00Z", Tone::Soon),
            State::Accepted,
        ),
        row(
            47,
            None,
            "Wallboards frozen in all sites",
            "Globex",
            "No recent update",
            None,
            due("Unclaimed, submitted", "2026-03-04T11:28:00Z", Tone::Plain),
            State::Submitted,
        ),
        row(
            44,
            Some(2),
            "RCA for the outage of 17 February",
            "Initech",
            "RCA overdue",
            Some("Olga Marin"),
            due("Promise missed", "2026-03-04T09:00:00Z", Tone::Late),
            State::Accepted,
        ),
        row(
            46,
            Some(3),
            "Recording export stalls at 2 GB",
            "Umbrella Health",
            "An agreed date was missed",
            Some("Ravi Shah"),
            due("In review since", "2026-03-04T10:00:00Z", Tone::Plain),
            State::InReview,
        ),
        row(
            48,
            None,
            "Dialler pacing wrong after update",
            "Hooli",
            "Unsatisfactory progress or handling",
            None,
            None,
            State::Withdrawn,
        ),
    ];
    let stat = |value, label: &str, tone| Stat {
        value,
        label: label.to_owned(),
        tone,
    };
    let page = QueuePage {
        stats: vec![
            stat(5, "active", Tone::Plain),
            stat(2, "unclaimed", Tone::Soon),
            stat(1, "with a promise missed or overdue", Tone::Late),
            stat(2, "yours", Tone::Plain),
        ],
        tabs: View::Due.tabs(&words, [None, Some(2), Some(2), Some(1), None]),
        rows,
        pager: Pager::default(),
    };
    look.page("queue", "queue", &olga("queue"), &page);
    let none = QueuePage {
        rows: Vec::new(),
        tabs: View::named("mine").tabs(&words, [None; 5]),
        ..page
    };
    look.page("queue.empty", "queue", &olga("queue"), &none);
}

fn steps(verbs: bool) -> StepList {
    let step = |id: &str, what: &str, who: &str, due: &str, state, tone| StepView {
        id: id.to_owned(),
        what: what.to_owned(),
        who: who.to_owned(),
        due_at: at(due),
        state,
        tone,
        settled_at: at(due),
        reason: if state == "open" && tone == Tone::Plain {
            "The vendor asks for one day more.".to_owned()
        } else {
            String::new()
        },
        verbs: if verbs && state != "done" {
            vec![
                StepVerb {
                    label: "Done".to_owned(),
                    state: "done",
                    href: String::new(),
                },
                StepVerb {
                    label: "Missed".to_owned(),
                    state: "missed",
                    href: String::new(),
                },
                StepVerb {
                    label: "Promise anew".to_owned(),
                    state: "",
                    href: "?do=repromise&step=1#do".to_owned(),
                },
            ]
        } else {
            Vec::new()
        },
    };
    StepList {
        items: vec![
            step(
                "1",
                "Packet capture analysed",
                "Sam Reed",
                "2026-03-04T11:00:00Z",
                "open",
                Tone::Late,
            ),
            step(
                "2",
                "Update to ACME",
                "Olga Marin",
                "2026-03-04T13:30:00Z",
                "open",
                Tone::Soon,
            ),
            step(
                "3",
                "Vendor answers ticket 88123",
                "Cisco",
                "2026-03-06T13:30:00Z",
                "open",
                Tone::Plain,
            ),
            step(
                "4",
                "Second capture",
                "Sam Reed",
                "2026-03-03T13:30:00Z",
                "missed",
                Tone::Late,
            ),
            step(
                "5",
                "Escalation answered",
                "Olga Marin",
                "2026-03-04T09:41:00Z",
                "done",
                Tone::Plain,
            ),
        ],
        add: verbs.then(|| "?do=promise#do".to_owned()),
    }
}

fn mark(id: u32, when: &str, body: &str, bell: bool) -> EntryView {
    let link = bell.then(|| Link::new("E-000045", "/escalations/E-000045"));
    EntryView {
        kind: "mark".to_owned(),
        bell,
        link,
        ..entry(id, "Dana Cole", when, body)
    }
}

fn feed(staff: bool, writes: bool) -> EscalationFeed {
    let took = "I have taken this over. Sam analyses the capture until 14:00; I will write to you at 14:30 whatever we find.";
    let asked = "Two hundred agents are idle and we have had no news since yesterday morning. **Who decides whether the edge fails over?**";
    let thread = |number: &str, state: State, entries| Thread {
        number: number.to_owned(),
        href: format!("/escalations/{number}"),
        reason: "No recent update".to_owned(),
        state: state.as_str().to_owned(),
        submitted_at: at("2026-03-04T09:14:00Z"),
        entries,
        older: None,
        composer: None,
    };
    let entries = vec![
        entry(21, "Olga Marin", "2026-03-04T09:41:00Z", took),
        entry(20, "Dana Cole", "2026-03-04T09:14:00Z", asked),
    ];
    let mut current = thread("E-000045", State::Accepted, entries);
    current.composer = writes.then(|| composer("answer", staff, true));
    let past = thread(
        "E-000031",
        State::Declined,
        vec![entry(
            11,
            "Olga Marin",
            "2026-02-04T09:41:00Z",
            "Support had updated it.",
        )],
    );
    EscalationFeed {
        current: Some(current),
        past: vec![past],
        unread: 0,
    }
}

fn review_page(words: &Catalogue) -> ReviewPage {
    let mut then = facts();
    then.last_provider_entry_at = Some(at("2026-03-03T02:00:00Z"));
    let mut now = facts();
    now.last_provider_entry_at = Some(at("2026-03-04T09:41:00Z"));
    now.business_impact = BusinessImpact::Limited;
    let before = assessed(&then, NOW).remove(0).1;
    let after = assessed(&now, "2026-03-04T11:40:00Z").remove(0).1;
    let compared = vec![
        FactThenNow::new("Priority", "High", "High"),
        FactThenNow::new("Business impact", "Significant", "Limited"),
        FactThenNow::new("Status", "In progress", "In progress"),
    ];
    let mut case_feed = case_feed(Some(composer("write", true, false)));
    let mut internal = entry(
        10,
        "Sam Reed",
        "2026-03-04T09:02:00Z",
        "Vendor ticket 88123 opened; they ask for the edge's core dump. Do not mention the vendor to the customer yet.",
    );
    internal.internal = true;
    case_feed
        .entries
        .insert(0, mark(12, "2026-03-04T09:14:00Z", "Escalated as", true));
    case_feed.entries.insert(1, internal);
    let mut call = entry(
        13,
        "Olga Marin",
        "2026-03-04T09:50:00Z",
        "Dana confirms the firmware is unchanged.",
    );
    call.kind = "external_communication".to_owned();
    call.contact = Some(crate::http::portal::parts::ContactView {
        channel: "Call".to_owned(),
        with: "Dana Cole".to_owned(),
        at: at("2026-03-04T09:45:00Z"),
    });
    case_feed.entries.insert(0, call);
    case_feed.entries.insert(
        1,
        mark(
            14,
            "2026-03-04T09:30:00Z",
            "Status changed from Open to In progress",
            false,
        ),
    );
    ReviewPage {
        number: "E-000045".to_owned(),
        state: State::Accepted,
        rank: Some(1),
        case_number: "C-000123".to_owned(),
        case_href: "/cases/C-000123".to_owned(),
        subject: "Agents lose audio 30 seconds into outbound calls".to_owned(),
        priority: Priority::High,
        status: Status::InProgress,
        wait: WaitView {
            headline: "Waiting for support.".to_owned(),
            detail: Some(DueView {
                text: "Next update promised".to_owned(),
                at: Some(at("2026-03-04T13:30:00Z")),
                tone: Tone::Soon,
            }),
        },
        description:
            "Since Sunday evening agents lose audio 28 to 30 seconds into **outbound** calls."
                .to_owned(),
        panel: None,
        request: RequestView {
            reason: "No recent update".to_owned(),
            by: person("Dana Cole"),
            at: at("2026-03-04T09:14:00Z"),
            answers: vec![
                AnswerView {
                    label: "Business impact".to_owned(),
                    text: "214 of 260 agents cannot make outbound calls.".to_owned(),
                },
                AnswerView {
                    label: "The impact is ongoing".to_owned(),
                    text: "Yes".to_owned(),
                },
            ],
            details: "Two hundred agents are idle and we have had no news since yesterday morning."
                .to_owned(),
            acknowledged: vec![
                "Support updated this case 4 h ago, and you have not read it yet.".to_owned(),
            ],
            verdict: None,
            rating: None,
        },
        assessment: ThenNow::new(words, &before, &after, compared),
        case_feed,
        escalations: feed(true, true),
        steps: steps(true),
        facts_title: "Escalation and case".to_owned(),
        facts: [
            vec![
                Fact::new("Owner", "Olga Marin"),
                Fact::new("Importance", "High"),
                Fact::new("Urgency", "High"),
            ],
            facts_list(),
        ]
        .concat(),
        history: vec![
            Event {
                text: "Accepted, rank 1".to_owned(),
                at: at("2026-03-04T09:41:00Z"),
                by: "Olga Marin".to_owned(),
            },
            Event {
                text: "Claimed".to_owned(),
                at: at("2026-03-04T09:20:00Z"),
                by: "Olga Marin".to_owned(),
            },
            Event {
                text: "Submitted".to_owned(),
                at: at("2026-03-04T09:14:00Z"),
                by: "Dana Cole".to_owned(),
            },
        ],
        foot: Foot {
            headline: "E-000045 is active".to_owned(),
            detail: "Importance high, urgency high.".to_owned(),
            why: Some("#assessment".to_owned()),
            actions: vec![
                Link::new("Record a contact", "?do=record#do"),
                Link::new("Rank anew", "?do=rerank#do"),
                Link::new("Close escalation", "?do=close#do").main(),
            ],
            at_once: Some(Link::new("Claim", "/escalations/E-000045/claim")),
            bell: None,
        },
    }
}

fn review(look: &mut Look) {
    let words = look.words.clone();
    let mut shell = olga("queue");
    shell.flash = flash(
        "Escalation E-000045 accepted.",
        "Dana Cole has been told, with two next steps.",
    );
    look.page("review", "review", &shell, &review_page(&words));

    let cancel = "/escalations/E-000045";
    let action = || "/escalations/E-000045/x".to_owned();
    let people = ["Sam Reed".to_owned(), "Olga Marin".to_owned()];
    let high = Some((Level::High, Level::Medium));
    let codes = [
        FindingCode::RecentlyUpdated,
        FindingCode::ImpactNotSignificant,
    ];
    let owners = vec![
        Choice::new("olga", "Olga Marin"),
        Choice::new("ravi", "Ravi Shah"),
    ];
    let panels = [
        (
            "review.accept",
            verbs::accept_panel(
                &words,
                action(),
                cancel,
                verbs::PROMISE_ROWS,
                &people,
                "Europe/Berlin",
            ),
        ),
        (
            "review.decline",
            verbs::decline_panel(&words, action(), cancel, &codes),
        ),
        (
            "review.rerank",
            verbs::rerank_panel(&words, action(), cancel, high),
        ),
        (
            "review.assign",
            verbs::assign_panel(&words, action(), cancel, owners),
        ),
        (
            "review.close",
            verbs::close_escalation_panel(&words, action(), cancel),
        ),
        (
            "review.withdraw",
            verbs::withdraw_panel(&words, action(), cancel),
        ),
        ("review.rate", verbs::rate_panel(&words, action(), cancel)),
    ];
    for (name, panel) in panels {
        let mut page = review_page(&words);
        page.panel = Some(panel);
        page.state = State::InReview;
        page.rank = None;
        look.page(name, "review", &olga("queue"), &page);
    }

    let mut closed = review_page(&words);
    closed.state = State::Closed;
    closed.request.verdict = Some(VerdictView {
        title: "Closed: solved".to_owned(),
        lines: vec!["The firmware was rolled back.".to_owned()],
        words: "Outbound audio is stable since **Tuesday**.".to_owned(),
    });
    closed.request.rating = Some(RatingView {
        score: 4,
        comment: "Quick once it was taken over.".to_owned(),
    });
    closed.escalations = feed(false, false);
    closed.steps = steps(false);
    closed.case_feed.composer = None;
    closed.foot.actions = Vec::new();
    closed.history = Vec::new();
    look.page("review.closed", "review", &dana(), &closed);
}

fn escalated_case(look: &mut Look) {
    let words = look.words.clone();
    let mut page = case_page(&words, &facts(), NOW);
    page.head.escalation = Some(Link::new("Escalated · Olga Marin", "/escalations/E-000045"));
    page.escalations = feed(false, true);
    page.steps = steps(false);
    page.case_feed
        .entries
        .insert(0, mark(12, "2026-03-04T09:14:00Z", "Escalated as", true));
    page.checklist = None;
    page.foot.headline = "E-000045 is active".to_owned();
    page.foot.detail = "One escalation can be active at a time.".to_owned();
    page.foot.actions.insert(
        0,
        Link::new("Withdraw", "/escalations/E-000045?do=withdraw#do"),
    );
    let mut shell = dana();
    shell.now = at("2026-03-04T11:40:00Z");
    shell.flash = flash(
        "Escalated as E-000045.",
        "The escalation owners have been told; you find their answer in the escalation feed.",
    );
    look.page("case.escalated", "case", &shell, &page);
}
