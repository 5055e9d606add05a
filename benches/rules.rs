//! What the rules cost by themselves: the function of each that requests and jobs ask again and again, without a database and
//! without HTTP, as ratios to hashing a kilobyte on the same machine.
//!
//! `cargo bench --bench rules` takes less than half a minute. Words behind two dashes choose among the rules: `cargo bench --bench rules
//! -- calendar radar` measures those whose names have one of them.

use std::hint::black_box;
use std::time::{Duration, Instant as Stopwatch};

use casebell::domain::Instant;
use casebell::domain::access::{Access, HeldRole, Role};
use casebell::domain::article::search::{Searched, index};
use casebell::domain::audit::chain::GENESIS;
use casebell::domain::audit::{End, Record, SeenBy, linked};
use casebell::domain::calendar::{Calendar, Pause};
use casebell::domain::case::{BusinessImpact, Deployment, Priority, Rca, Status, StepState};
use casebell::domain::duty::{Roster, Shift, Weekday};
use casebell::domain::eligibility::{self, CaseFacts, Policy, Promise, assess, rca_due_at};
use casebell::domain::escalation::{self, Command, Level, State, transition};
use casebell::domain::feed::{Feed, Visibility, mentioned};
use casebell::domain::history::{difference, fold_back};
use casebell::domain::ids::{CaseNumber, EventId, LineId, OrganizationId, PersonId};
use casebell::domain::lines::{Node, Tree};
use casebell::domain::notice::{
    Candidate, NoticeEvent, NoticeKind, Stakeholders, Stances, Standing, recipients,
};
use casebell::domain::offers::{self, CaseActor, CaseState};
use casebell::domain::organization::Side;
use casebell::domain::radar::{earliest_request, upcoming};
use casebell::domain::reason::{Answers, Reason, check_answers, installed};
use casebell::domain::target::{Allowance, Happening, Ladder, Run, TargetClock, Timing, turns};
use casebell::domain::template::{TemplateField, Values, fill};
use casebell::domain::text::Markdown;
use casebell::domain::text::search::{Place, excerpt, kept, sought};
use casebell::words::markdown::to_html;
use chrono::TimeDelta;
use chrono_tz::Tz;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// How long each is done, three times; the quickest counts.
const EACH: Duration = Duration::from_millis(150);
const BODY: &str = "We have read the log of the edge, and found that the session is refused there. **Please** try it once more:\n\n\
    - trunk 4711\n- both sides of the call\n\n```\n503 refused by edge-7\n```\n\nNothing was lost: what could not be delivered \
    waits, and is sent again. @Sam Reed 7 looks at it tonight, outside of your opening hours.";

fn main() {
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with('-'))
        .collect();
    println!("this takes less than half a minute");
    let kilobyte = [7_u8; 1024];
    let beside = nanoseconds(&mut || {
        black_box(Sha256::digest(black_box(kilobyte)));
    });
    println!("{:<52} {beside:>12.0} ns", "a kilobyte hashed");
    let mut bench = Bench { chosen, beside };
    criteria(&mut bench);
    time(&mut bench);
    who(&mut bench);
    record(&mut bench);
    words(&mut bench);
}

struct Bench {
    chosen: Vec<String>,
    beside: f64,
}

impl Bench {
    /// Measures one, unless others are chosen.
    fn of(&mut self, what: &str, mut work: impl FnMut()) {
        let is_chosen = |word: &String| what.contains(word.as_str());
        if !self.chosen.is_empty() && !self.chosen.iter().any(is_chosen) {
            return;
        }
        let took = nanoseconds(&mut work);
        println!("{what:<52} {took:>12.0} ns  {:>9.2}", took / self.beside);
    }
}

/// How many nanoseconds it takes once.
fn nanoseconds(work: &mut impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..3 {
        let (begun, mut done) = (Stopwatch::now(), 0.0);
        while begun.elapsed() < EACH {
            // The clock is looked at now and then alone.
            for _ in 0..16 {
                work();
            }
            done += 16.0;
        }
        least = least.min(begun.elapsed().as_secs_f64() / done * 1e9);
    }
    least
}

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

/// Where it is Tuesday noon.
fn noon() -> Instant {
    at("2026-03-03T12:00:00Z")
}

fn berlin() -> Calendar {
    Calendar::standard(Tz::Europe__Berlin)
}

/// An urgent case with a day's silence, an analysis that is asked for, and a promise that is kept.
fn stale_case() -> CaseFacts {
    CaseFacts {
        number: CaseNumber::new(123),
        opened_at: at("2026-02-16T08:00:00Z"),
        status: Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: Deployment::Cloud,
        engagements: vec![],
        last_provider_entry_at: Some(at("2026-03-03T09:12:00Z")),
        rca: Some(Rca {
            requested_at: at("2026-02-26T10:00:00Z"),
            delivered_at: None,
        }),
        active_escalation: None,
        promises: vec![
            Promise {
                what: "An answer".to_owned(),
                due_at: at("2026-03-01T10:00:00Z"),
                state: StepState::Done,
            },
            Promise {
                what: "Another one".to_owned(),
                due_at: at("2026-03-04T10:00:00Z"),
                state: StepState::Open,
            },
        ],
        read_at: Some(at("2026-03-03T10:00:00Z")),
    }
}

/// Eligibility, the radar and reasons.
fn criteria(bench: &mut Bench) {
    let (facts, calendar, policy) = (stale_case(), berlin(), Policy::default());
    let (reasons, answers) = (installed(), Answers::default());
    let assessed = |reason: &Reason| {
        let assessment = assess(
            black_box(&facts),
            reason,
            &answers,
            &calendar,
            &policy,
            noon(),
        );
        black_box(assessment.expect("it can be reckoned"));
    };
    bench.of("eligibility: all reasons of a case", || {
        reasons.iter().for_each(assessed);
    });
    for reason in &reasons {
        bench.of(&format!("eligibility: {}", reason.code), || {
            assessed(reason);
        });
    }
    let rca = reasons.iter().find(|reason| reason.code == "rca_overdue");
    let rca = rca.expect("it is installed");
    bench.of("eligibility: the window of an analysis", || {
        let due_at = rca_due_at(noon(), Deployment::Premise, &calendar, &policy);
        black_box(due_at.expect("it can be reckoned"));
    });
    bench.of("eligibility: a window replayed", || {
        let replay = eligibility::replay(&facts, rca, &calendar, &policy, noon());
        black_box(replay.expect("it can be reckoned"));
    });
    bench.of("radar: what becomes eligible within a day", || {
        let until = noon() + TimeDelta::hours(24);
        black_box(upcoming(
            black_box(&facts),
            &reasons,
            &calendar,
            &policy,
            (noon(), until),
        ));
    });
    bench.of("radar: since when analyses are looked at", || {
        black_box(earliest_request(&calendar, black_box(7), noon()));
    });
    let given = json!({ "business_impact": "Orders stand still", "ongoing": true });
    let given = given.as_object().cloned().expect("an object");
    bench.of("reason: answers checked", || {
        black_box(check_answers(&reasons[0], black_box(&given))).ok();
    });
}

/// Calendars, targets, the ladder and the roster.
fn time(bench: &mut Bench) {
    let calendar = berlin();
    bench.of("calendar: a day's work from now", || {
        let due_at = calendar.add_business_time(black_box(noon()), TimeDelta::minutes(480));
        black_box(due_at.expect("it can be reckoned"));
    });
    bench.of("calendar: seven business days from now", || {
        let due_at = calendar.business_days_after(black_box(noon()), 7);
        black_box(due_at.expect("it can be reckoned"));
    });
    bench.of("calendar: business time of a year", || {
        let end = noon() + TimeDelta::days(365);
        black_box(calendar.business_time_between(black_box(noon()), end));
    });
    let pauses = (0..5).map(|n| Pause {
        from: noon() + TimeDelta::hours(6 * n),
        to: noon() + TimeDelta::hours(6 * n + 2),
    });
    let run = Run {
        started_at: noon() - TimeDelta::hours(1),
        allowance: Allowance {
            minutes: 960,
            clock: TargetClock::Business,
        },
        pauses: pauses.collect(),
        paused_since: None,
    };
    bench.of("target: due, with five pauses", || {
        black_box(
            run.due_at(black_box(&calendar))
                .expect("it can be reckoned"),
        );
    });
    bench.of("target: replayed", || {
        let replay = run.replay(&calendar, noon() + TimeDelta::days(2));
        black_box(replay.expect("it can be reckoned"));
    });
    bench.of("target: what an acceptance does to them", || {
        black_box(turns(black_box(Happening::Accepted), &[], false));
    });
    let ladder = Ladder::default();
    let timing = Timing {
        started_at: noon() - TimeDelta::hours(3),
        due_at: noon() - TimeDelta::hours(1),
        reckoned_at: noon() - TimeDelta::hours(3),
    };
    bench.of("target: who is told of a miss", || {
        black_box(ladder.firing(black_box(timing), 1, noon()));
    });
    let roster = Roster {
        shifts: (0..40)
            .map(|n| Shift {
                person: PersonId::new(noon()),
                days: Weekday::ALL.to_vec(),
                from: if n % 2 == 0 { "08:00" } else { "20:00" }
                    .parse()
                    .expect("a time"),
                until: if n % 2 == 0 { "20:00" } else { "08:00" }
                    .parse()
                    .expect("a time"),
                time_zone: Tz::Europe__Lisbon,
            })
            .collect(),
        absences: vec![],
    };
    bench.of("duty: who of forty is on duty", || {
        black_box(roster.on_duty(black_box(noon())));
    });
}

fn access(person: PersonId, organization: OrganizationId, side: Side, role: Role) -> Access {
    Access::of(person, organization, side, [HeldRole::Predefined(role)])
}

/// Permissions, offers, the machine, notices and lines.
fn who(bench: &mut Bench) {
    let (person, organization) = (PersonId::new(noon()), OrganizationId::new(noon()));
    let provider = OrganizationId::new(noon());
    bench.of("access: what a contact may", || {
        let role = Role::DesignatedContact;
        black_box(access(
            person,
            organization,
            Side::Customer,
            black_box(role),
        ));
    });
    bench.of("access: what an administrator may", || {
        let role = Role::Administrator;
        black_box(access(person, provider, Side::Provider, black_box(role)));
    });
    let contact = access(
        person,
        organization,
        Side::Customer,
        Role::DesignatedContact,
    );
    let supervisor = access(person, provider, Side::Provider, Role::Supervisor);
    let case = CaseState {
        status: Status::InProgress,
        priority: Priority::High,
        rca: None,
        has_pending_request: false,
        has_active_escalation: false,
    };
    bench.of("offers: of a case, to a contact", || {
        let actor = CaseActor::from(black_box(&contact));
        black_box(offers::of_case(black_box(&case), actor));
        black_box(offers::moves_of(black_box(&case), actor));
    });
    let facts = escalation::Facts {
        state: State::InReview,
        owner: Some(person),
        rated: false,
        rater: PersonId::new(noon()),
        rater_is_gone: false,
    };
    bench.of("offers: of an escalation, to a supervisor", || {
        black_box(offers::of_escalation(black_box(&facts), &supervisor));
    });
    let accept = Command::Accept {
        importance: Level::High,
        urgency: Level::Medium,
        steps: 1,
    };
    let actor = escalation::Actor {
        id: person,
        supervises: false,
    };
    bench.of("escalation: accepted", || {
        black_box(transition(black_box(&facts), &actor, &accept)).ok();
    });
    let standing = Standing {
        enabled: true,
        verified: true,
    };
    let candidate = |n: usize| {
        let (of, side, role) = match n % 10 {
            0 => (provider, Side::Provider, Role::EscalationOwner),
            1..6 => (provider, Side::Provider, Role::SupportEngineer),
            6..8 => (organization, Side::Customer, Role::DesignatedContact),
            _ => (organization, Side::Customer, Role::PortalViewer),
        };
        let who = (PersonId::new(noon()), of, side);
        Candidate::of(who, vec![HeldRole::Predefined(role)], standing)
    };
    let candidates: Vec<Candidate> = (0..200).map(candidate).collect();
    let person_of = |n: usize| candidates[n].access.person;
    let submitted = NoticeEvent {
        kind: NoticeKind::EscalationSubmitted,
        feed: Feed::Escalation,
        visibility: Visibility::Public,
        organization,
        actor: Some(person_of(6)),
        ties: Stakeholders {
            contact: person_of(6),
            case_owner: Some(person_of(1)),
            requester: Some(person_of(6)),
            rater: None,
            escalation_owner: None,
            asker: None,
            named: vec![],
            caller: None,
            mentioned: vec![],
        },
        stances: Stances::default(),
    };
    bench.of("notice: who of two hundred is told", || {
        black_box(recipients(black_box(&submitted), &candidates));
    });
    let root = LineId::new(noon());
    let below = (0..99).map(|n| Node {
        id: LineId::new(noon()),
        parent: Some(root),
        own: n % 5 == 0,
    });
    let nodes = [Node {
        id: root,
        parent: None,
        own: false,
    }];
    let tree = Tree::new(nodes.into_iter().chain(below));
    bench.of("lines: whose grants hold, of a hundred", || {
        black_box(black_box(&tree).governing());
    });
}

/// The chain of audited events, and the past told from them.
fn record(bench: &mut Bench) {
    let fields = |n: usize| -> Map<String, Value> {
        let fields = json!({ "status": "in_progress", "owner": format!("person {n}"), "subject": "Calls drop" });
        fields.as_object().cloned().expect("an object")
    };
    let (before, after) = (fields(1), fields(2));
    let record = Record {
        arrival: None,
        id: EventId::new(noon()),
        at: noon(),
        kind: "case_changed",
        organization: Some(OrganizationId::new(noon())),
        home: None,
        case: None,
        escalation: None,
        subject: None,
        actor: Some(PersonId::new(noon())),
        actor_name: "Sam Reed",
        seen_by: SeenBy::Both,
        before: Some(&before),
        after: Some(&after),
        said: None,
    };
    bench.of("audit: a hundred events linked", || {
        let end = End {
            position: 0,
            head: GENESIS.to_owned(),
        };
        black_box(linked(end, (1..=100).map(|arrival| (arrival, record))));
    });
    bench.of("history: what has changed", || {
        black_box(difference(black_box(&before), &after));
    });
    let changes: Vec<(Instant, Map<String, Value>)> = (0..50)
        .map(|n| {
            let hours = i64::try_from(n).expect("small");
            (noon() - TimeDelta::hours(hours), fields(n))
        })
        .collect();
    bench.of("history: fifty changes folded back", || {
        let then = noon() - TimeDelta::hours(40);
        black_box(fold_back(
            after.clone(),
            black_box(changes.as_slice()),
            then,
        ));
    });
}

/// Searching, mentions, Markdown and templates.
fn words(bench: &mut Bench) {
    let place = Place::Entry(Feed::Case, Visibility::Public);
    bench.of("search: the words of an entry", || {
        black_box(kept(place, black_box(BODY)));
    });
    bench.of("search: what is looked for", || {
        black_box(sought(black_box("refused edge 4711")));
    });
    let looked_for = sought("refused edge 4711");
    bench.of("search: an excerpt with its marks", || {
        black_box(excerpt(black_box(BODY), &looked_for, 160));
    });
    bench.of("article: the words of one", || {
        black_box(index(&Searched {
            title: "What to do when calls drop",
            summary: "Sessions that are refused by the edge",
            category: "Voice",
            body: black_box(BODY),
        }));
    });
    let people: Vec<(usize, String)> = (0..40).map(|n| (n, format!("Sam Reed {n}"))).collect();
    bench.of("feed: who of forty is mentioned", || {
        black_box(mentioned(black_box(BODY), &people));
    });
    bench.of("text: an entry taken", || {
        black_box(Markdown::parse(black_box(BODY))).ok();
    });
    let mut n = 0_u64;
    bench.of("markdown: an entry rendered for the first time", || {
        n += 1;
        black_box(to_html(&format!("{BODY} {n}")));
    });
    bench.of("markdown: the same one again", || {
        black_box(to_html(black_box(BODY)));
    });
    let values: Values = [
        (TemplateField::CaseNumber, "C-000123".to_owned()),
        (TemplateField::ContactFirstName, "Dana".to_owned()),
    ]
    .into_iter()
    .collect();
    let template = "Dear {{contact.first_name}},\n\nwe work on {{case.number}}, and write again by {{next_step.by}}.";
    bench.of("template: filled in", || {
        black_box(fill(black_box(template), &values));
    });
}
