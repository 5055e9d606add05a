//! Signing in, the list, opening a case, the case page and the escalation form.

use std::collections::HashMap;

use chrono_tz::Tz;

use super::super::Look;
use super::{at, dana, entry, flash, olga};
use crate::domain::access::{Access, Role};
use crate::domain::calendar::{Calendar, replay_elapsed};
use crate::domain::case::{
    BusinessImpact, Deployment, Engagement, Priority, PriorityRequestState, Rca, Status,
};
use crate::domain::eligibility::{Assessment, CaseFacts, Policy, assess};
use crate::domain::ids::{CaseNumber, OrganizationId, PersonId};
use crate::domain::organization::Side;
use crate::domain::reason::{Answers, Reason, installed};
use crate::http::portal::case::{
    CaseHead, CasePage, LiveLink, PriorityRequestView, PriorityRequests, RcaView, Waiting,
    wait_line,
};
use crate::http::portal::cases::{
    CaseRow, CasesPage, Filter, OpenCasePage, open_case_form, words_of,
};
use crate::http::portal::checklist::{Readiness, checklist};
use crate::http::portal::escalate::{ChosenReason, EscalatePage, ReasonChoice};
use crate::http::portal::form::Choice;
use crate::http::portal::parts::{
    Bell, CaseFeed, Composer, EscalationFeed, Fact, Foot, Link, Pager, StepList,
};
use crate::http::portal::problem::ProblemPage;
use crate::http::portal::shell::{Shell, Theme, Tone};
use crate::http::portal::sign_in::{
    PasswordPage, SetUpPage, SignInPage, password_form, set_up_form, sign_in_form, ways_in,
};
use crate::http::portal::verbs;
use crate::words::Catalogue;
use crate::words::assessment::{headline, outlook};
use crate::words::time::Times;

pub(super) fn all(look: &mut Look) {
    outside(look);
    list(look);
    opening(look);
    case(look);
    verbs_of_a_case(look);
    form(look);
}

fn outside(look: &mut Look) {
    let words = look.words.clone();
    let shell = Shell::sample();
    let form = sign_in_form(&words, "/cases");
    let page = SignInPage {
        welcome: String::new(),
        form: form.clone(),
        ways: ways_in(&words),
        phone: "+49 30 5550 100".to_owned(),
    };
    look.page("sign-in", "sign-in", &shell, &page);
    let typed = HashMap::from([("email".to_owned(), "dana@acme.example".to_owned())]);
    let mut form = form.filled(&typed);
    form.refuse("", "The address or the password is not right.");
    form.refuse("password", "Type the password.");
    let dark = Shell {
        theme: Theme::Dark,
        ..shell.clone()
    };
    look.page(
        "sign-in.refused",
        "sign-in",
        &dark,
        &SignInPage { form, ..page },
    );
    let zones = vec!["Europe/Berlin".to_owned(), "UTC".to_owned()];
    let page = SetUpPage {
        form: set_up_form(&words, "/set-up/x".to_owned(), zones),
    };
    look.page("set-up", "set-up", &shell, &page);
    let page = PasswordPage {
        name: "Dana Cole".to_owned(),
        organization: "ACME Contact Centers".to_owned(),
        form: password_form(&words, "/invitation/x".to_owned()),
    };
    look.page("password", "password", &shell, &page);
    look.page(
        "problem",
        "problem",
        &dana(),
        &ProblemPage::new(&words, 404, None),
    );
    look.page(
        "problem.late",
        "problem",
        &dana(),
        &ProblemPage::new(&words, 412, None),
    );
}

fn filters(words: &Catalogue) -> Vec<Filter> {
    vec![
        Filter::new(
            words,
            "status",
            words_of(words, "status", Status::NAMES, ""),
            "",
        ),
        Filter::new(
            words,
            "priority",
            words_of(words, "priority", Priority::NAMES, ""),
            "high",
        ),
    ]
}

fn row(number: i64, subject: &str, priority: Priority, status: Status) -> CaseRow {
    let number = CaseNumber::new(number);
    CaseRow {
        number: number.to_string(),
        href: format!("/cases/{number}"),
        subject: subject.to_owned(),
        priority,
        status,
        organization: "ACME Contact Centers".to_owned(),
        owner: Some("Sam Reed".to_owned()),
        updated_at: at("2026-03-03T09:12:00Z"),
        escalation: false,
        unread: false,
    }
}

fn list(look: &mut Look) {
    let words = look.words.clone();
    let mut rows = vec![
        row(
            123,
            "Agents lose audio 30 seconds into outbound calls",
            Priority::High,
            Status::InProgress,
        ),
        row(
            120,
            "Wallboards frozen in all sites",
            Priority::Medium,
            Status::AwaitingCustomer,
        ),
        row(
            98,
            "Recording export stalls at 2 GB",
            Priority::Low,
            Status::SolutionProvided,
        ),
        row(
            91,
            "Dialler pacing wrong after update",
            Priority::Medium,
            Status::Open,
        ),
        row(
            77,
            "Reports arrive an hour late since the change to summer time",
            Priority::Low,
            Status::Closed,
        ),
    ];
    rows[0].escalation = true;
    rows[0].unread = true;
    rows[3].owner = None;
    let page = CasesPage {
        query: String::new(),
        filters: filters(&words),
        filtered: true,
        rows,
        pager: Pager {
            first: None,
            next: Some("/cases?cursor=x".to_owned()),
        },
        open: true,
        staff: false,
    };
    look.page("cases", "cases", &dana(), &page);
    let staff = CasesPage {
        staff: true,
        open: false,
        ..page.clone()
    };
    look.page("cases.staff", "cases", &olga("cases"), &staff);
    let none = CasesPage {
        rows: Vec::new(),
        filtered: false,
        filters: filters(&words),
        ..page
    };
    look.page("cases.empty", "cases", &dana(), &none);
}

fn opening(look: &mut Look) {
    let words = look.words.clone();
    let organizations = vec![
        Choice::new("acme", "ACME Contact Centers"),
        Choice::new("globex", "Globex"),
    ];
    let lines = vec![Choice::new("", "None"), Choice::new("voice", "Voice")];
    let phone = "+49 30 5550 100".to_owned();
    let form = open_case_form(&words, Vec::new(), Vec::new());
    look.page(
        "open-case",
        "open-case",
        &dana(),
        &OpenCasePage {
            form,
            phone: phone.clone(),
        },
    );
    let mut form = open_case_form(&words, organizations, lines);
    form.refuse("subject", "Say in one line what fails.");
    look.page(
        "open-case.staff",
        "open-case",
        &olga("cases"),
        &OpenCasePage { form, phone },
    );
}

pub(super) fn facts() -> CaseFacts {
    CaseFacts {
        number: CaseNumber::new(123),
        opened_at: at("2026-03-01T21:40:00Z"),
        status: Status::InProgress,
        priority: Priority::High,
        business_impact: BusinessImpact::Significant,
        deployment: Deployment::Cloud,
        engagements: Vec::new(),
        last_provider_entry_at: Some(at("2026-03-03T09:12:00Z")),
        rca: None,
        active_escalation: None,
        promises: Vec::new(),
        read_at: Some(at("2026-03-03T10:00:00Z")),
    }
}

pub(super) fn assessed(facts: &CaseFacts, now: &str) -> Vec<(Reason, Assessment)> {
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    let one = |reason: Reason| {
        let policy = Policy::default();
        let assessment = assess(
            facts,
            &reason,
            &Answers::default(),
            &calendar,
            &policy,
            at(now),
        )
        .unwrap();
        (reason, assessment)
    };
    installed().into_iter().map(one).collect()
}

fn head(words: &Catalogue, facts: &CaseFacts, now: &str) -> CaseHead {
    let waiting = Waiting {
        status: facts.status,
        organization: "ACME Contact Centers",
        staff: false,
        last_provider_entry_at: facts.last_provider_entry_at,
        next_promise_at: None,
        opened_at: facts.opened_at,
        closed_at: None,
        now: at(now),
    };
    CaseHead {
        number: facts.number.to_string(),
        subject: "Agents lose audio 30 seconds into outbound calls".to_owned(),
        priority: facts.priority,
        status: facts.status,
        escalation: None,
        wait: wait_line(words, &waiting),
    }
}

pub(super) fn composer(id: &str, staff: bool, escalation: bool) -> Composer {
    let placeholder = if escalation {
        "Next steps, expectations, decisions…"
    } else {
        "Technical details, answers…"
    };
    let hint = match (staff, escalation) {
        (true, _) => "Dana Cole is told.",
        (false, true) => "Olga Marin is told.",
        (false, false) => "Goes to the case feed. Escalation questions belong on the right.",
    };
    Composer {
        id: id.to_owned(),
        action: "/cases/C-000123/feed".to_owned(),
        label: "Write to the feed".to_owned(),
        placeholder: placeholder.to_owned(),
        hint: hint.to_owned(),
        button: if staff { "Post to ACME" } else { "Post" }.to_owned(),
        internal: staff,
        value: String::new(),
        error: String::new(),
    }
}

pub(super) fn case_feed(composer: Option<Composer>) -> CaseFeed {
    let asked = "We see one-way RTP after the re-INVITE at 28 s on the `eu-central` edge. Could you confirm whether the \
                 SBC firmware changed on 28 February?";
    let sent = "Capture attached. 214 agents affected since Sunday evening; inbound is fine.";
    let trace = "Reproduced with your test number. Please send a packet capture of one failing call:\n\n```\ntcpdump -i \
                 eth0 -w call.pcap udp portrange 16384-32767 and host 198.51.100.20\n```";
    let mut entries = vec![
        entry(9, "Sam Reed", "2026-03-03T09:12:00Z", asked),
        entry(8, "Dana Cole", "2026-03-02T16:03:00Z", sent),
        entry(7, "Sam Reed", "2026-03-02T08:20:00Z", trace),
    ];
    entries[0].unread = true;
    CaseFeed {
        entries,
        unread: 1,
        older: Some("/cases/C-000123?before=x".to_owned()),
        composer,
    }
}

pub(super) fn facts_list() -> Vec<Fact> {
    let change = Link::new("Change", "/cases/C-000123?do=edit#do");
    vec![
        Fact::new("Organization", "ACME Contact Centers"),
        Fact::new("Opened by", "Dana Cole"),
        Fact::new("Owner", "Sam Reed"),
        Fact::new("Deployment", "Cloud"),
        Fact::new("Impact", "Significant").id("impact", Some(change)),
        Fact::at("Opened", at("2026-03-01T21:40:00Z")),
    ]
}

pub(super) fn case_page(words: &Catalogue, facts: &CaseFacts, now: &str) -> CasePage {
    let all = assessed(facts, now);
    let times = Times::new(words, Tz::Europe__Berlin, at(now));
    let pairs: Vec<_> = all
        .iter()
        .map(|(reason, assessment)| (reason.label.as_str(), assessment))
        .collect();
    let outlook = outlook(words, &pairs, &times);
    let assessments: Vec<_> = all
        .iter()
        .map(|(_, assessment)| assessment.clone())
        .collect();
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    let hours = chrono::TimeDelta::hours(24);
    let staleness = replay_elapsed(facts.last_provider_update_at(), hours, &[], at(now)).unwrap();
    let rca = facts.rca.map(|rca| {
        calendar
            .replay_days(rca.requested_at, 5, &[], at(now))
            .unwrap()
    });
    let readiness = Readiness {
        facts,
        policy: &Policy::default(),
        assessments: &assessments,
        staleness: (facts.priority == Priority::High).then_some(&staleness),
        rca: rca.as_ref(),
    };
    CasePage {
        live: LiveLink {
            href: "/api/v1/cases/C-000123/live".to_owned(),
        },
        head: head(words, facts, now),
        description:
            "Since Sunday evening agents lose audio 28 to 30 seconds into **outbound** calls."
                .to_owned(),
        panel: None,
        case_feed: case_feed(Some(composer("write", false, false))),
        escalations: EscalationFeed {
            current: None,
            past: Vec::new(),
            unread: 0,
        },
        checklist: Some(checklist(words, &readiness)),
        steps: StepList {
            items: Vec::new(),
            add: None,
        },
        requests: None,
        rca: None,
        facts_title: "Case".to_owned(),
        facts: facts_list(),
        foot: Foot {
            headline: outlook.text,
            detail: outlook.detail,
            why: Some("#before".to_owned()),
            actions: vec![Link::new("Close case", "/cases/C-000123?do=close#do")],
            at_once: None,
            bell: Some(Bell {
                href: "/cases/C-000123/escalate".to_owned(),
                enabled: outlook.enabled,
                at: outlook.at,
            }),
        },
    }
}

pub(super) const NOW: &str = "2026-03-04T06:00:00Z";

fn case(look: &mut Look) {
    let words = look.words.clone();
    look.page("case", "case", &dana(), &case_page(&words, &facts(), NOW));
    let mut shell = dana();
    shell.theme = Theme::Dark;
    look.page(
        "case.dark",
        "case",
        &shell,
        &case_page(&words, &facts(), NOW),
    );
    medium(look, &words);

    let mut viewer = case_page(&words, &facts(), NOW);
    viewer.case_feed.composer = None;
    viewer.checklist = None;
    viewer.foot.bell = None;
    viewer.foot.actions = Vec::new();
    for fact in &mut viewer.facts {
        fact.change = None;
    }
    look.page("case.viewer", "case", &dana(), &viewer);
}

fn medium(look: &mut Look, words: &Catalogue) {
    let requested_at = at("2026-02-26T09:00:00Z");
    let mut case = facts();
    case.priority = Priority::Medium;
    case.rca = Some(Rca {
        requested_at,
        delivered_at: None,
    });
    case.status = Status::AwaitingCustomer;
    case.engagements = vec![Engagement::Development];
    case.read_at = None;
    let mut page = case_page(words, &case, NOW);
    let calendar = Calendar::standard(Tz::Europe__Berlin);
    page.rca = Some(RcaView {
        requested_at: Some(requested_at),
        due_at: calendar.business_days_after(requested_at, 5).ok(),
        delivered_at: None,
        tone: Tone::Soon,
        track: None,
        verbs: vec![Link::new("Deliver it", "/cases/C-000123?do=deliver_rca#do")],
    });
    page.requests = Some(PriorityRequests {
        items: vec![PriorityRequestView {
            state: PriorityRequestState::Pending,
            wanted: Priority::Medium,
            by: "Dana Cole".to_owned(),
            at: at("2026-03-03T09:12:00Z"),
            note: "Two sites more since noon.".to_owned(),
            decide: Some("/cases/C-000123?do=decide_priority#do".to_owned()),
        }],
        ask: None,
        phone: "+49 30 5550 100".to_owned(),
    });
    let mut shell = dana();
    shell.flash = flash("The case was updated.", "");
    look.page("case.medium", "case", &shell, &page);
}

fn verbs_of_a_case(look: &mut Look) {
    let words = look.words.clone();
    let cancel = "/cases/C-000123";
    let action = || "/cases/C-000123/x".to_owned();
    let (person, organization) = (PersonId::new(at(NOW)), OrganizationId::new(at(NOW)));
    let access = Access::of_roles(
        person,
        organization,
        Side::Provider,
        [Role::SupportEngineer],
    );
    let now = verbs::CaseNow {
        subject: "Agents lose audio".to_owned(),
        description: "Since Sunday.".to_owned(),
        product: String::new(),
        business_impact: BusinessImpact::Limited,
        priority: Priority::Medium,
        status: Status::Open,
        deployment: Deployment::Cloud,
        engagements: vec![Engagement::Development],
        owner: "sam".to_owned(),
        line_of_business: String::new(),
        version: "3".to_owned(),
    };
    let people = vec![Choice::new("sam", "Sam Reed")];
    let names = vec!["Sam Reed".to_owned()];
    let zone = "Europe/Berlin";
    let edit = verbs::edit_panel(
        &words,
        &access,
        &now,
        people.clone(),
        people,
        action(),
        cancel,
    );
    let panels = [
        ("case.edit", edit),
        (
            "case.close",
            verbs::close_panel(&words, action(), cancel, Some("E-000045")),
        ),
        ("case.reopen", verbs::reopen_panel(&words, action(), cancel)),
        (
            "case.ask",
            verbs::ask_priority_panel(&words, action(), cancel, "+49 30 5550 100"),
        ),
        (
            "case.decide",
            verbs::decide_priority_panel(&words, action(), cancel),
        ),
        (
            "case.request",
            verbs::request_rca_panel(&words, action(), cancel),
        ),
        (
            "case.deliver",
            verbs::deliver_rca_panel(&words, action(), cancel),
        ),
        (
            "case.promise",
            verbs::promise_panel(&words, action(), cancel, names, zone),
        ),
        (
            "case.repromise",
            verbs::repromise_panel(&words, action(), cancel, "Capture analysed", zone),
        ),
        (
            "case.record",
            verbs::record_panel(&words, action(), cancel, "2026-03-04T07:00", zone),
        ),
        (
            "case.entry",
            verbs::edit_entry_panel(&words, action(), cancel, "Typed before"),
        ),
    ];
    for (name, mut panel) in panels {
        let mut page = case_page(&words, &facts(), NOW);
        if name == "case.promise" {
            panel.form.refuse("due_at", "This lies in the past.");
            panel.form.refuse("", "Nothing was saved.");
        }
        page.panel = Some(panel);
        look.page(name, "case", &olga("cases"), &page);
    }
}

fn form(look: &mut Look) {
    let words = look.words.clone();
    let mut case = facts();
    case.last_provider_entry_at = Some(at("2026-03-03T02:00:00Z"));
    case.read_at = None;
    case.engagements = vec![Engagement::Development, Engagement::ThirdParty];
    let times = Times::new(&words, Tz::Europe__Berlin, at(NOW));
    let all = assessed(&case, NOW);
    let page = |chosen: Option<usize>| {
        let choice = |(index, (reason, assessment)): (usize, &(Reason, Assessment))| ReasonChoice {
            code: reason.code.clone(),
            label: reason.label.clone(),
            selected: chosen == Some(index),
            verdict: assessment.verdict,
            headline: headline(&words, assessment, &times),
        };
        let action = "/cases/C-000123/escalate";
        EscalatePage {
            number: "C-000123".to_owned(),
            href: "/cases/C-000123".to_owned(),
            subject: "Agents lose audio 30 seconds into outbound calls".to_owned(),
            action: action.to_owned(),
            reasons: all.iter().enumerate().map(choice).collect(),
            chosen: chosen
                .map(|index| ChosenReason::new(&words, &all[index].0, &all[index].1, action)),
        }
    };
    look.page("escalate", "escalate", &dana(), &page(None));
    let mut refused = page(Some(0));
    if let Some(chosen) = &mut refused.chosen {
        chosen.form.refuse("details", "Write what has happened.");
        chosen.double_check[0].control.error = "Confirm this.".to_owned();
    }
    look.page("escalate.chosen", "escalate", &dana(), &refused);
    look.page("escalate.blocked", "escalate", &dana(), &page(Some(3)));
}
