//! The case page from what is recorded of the case.

use super::buttons::{follow_view, take_view};
use super::decision::{decision, in_feed};
use super::facts::facts_of_case;
use super::foot::foot;
use super::panel::panel;
use super::{
    CaseHead, CasePage, CaseRecord, LiveLink, PriorityRequestView, PriorityRequests, RcaView,
    Waiting, error_of, wait_line,
};
use crate::domain::access::{CaseField, Permission};
use crate::domain::case::{Priority, PriorityRequestState, Status, StepState};
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EscalationId};
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::admin::calendars::track;
use crate::http::portal::answer::PageResult;
use crate::http::portal::calls;
use crate::http::portal::checklist::{Readiness, checklist};
use crate::http::portal::entries::{Reading, composer, entry};
use crate::http::portal::file_view::{FileView, views};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{
    CaseFeed, Composer, ComposerMove, EscalationFeed, Link, OpeningView, Panel, Thread,
};
use crate::http::portal::shell::{Tone, initials};
use crate::http::portal::steps;
use crate::http::problem::Problem;
use crate::store::escalations::EscalationView;
use crate::workflow::update_case::mark_shown;

const PLACE: &str = "cases";

/// The case page; opening it reads its feeds (F6).
pub(super) async fn show(req: PageRequest, case: CaseRef) -> PageResult {
    let record = load(&req, &case).await?;
    let verb = req.asked("do").map(|verb| (verb.to_owned(), subject(&req)));
    let asked = verb.is_some();
    let panel = verb.and_then(|(verb, subject)| panel(&req, &record, &verb, &subject));
    let mut page = page(&req, &record, panel)?;
    page.too_late = asked && page.panel.is_none();
    let answer = req.show(PLACE, "case", &page)?;
    read_feeds(&req, &record).await?;
    Ok(answer)
}

/// What the verb of the address is about: a step, an entry, a request, a callback.
fn subject(req: &PageRequest) -> String {
    let named = ["step", "entry", "request", "callback"]
        .iter()
        .find_map(|name| req.asked(name));
    named.unwrap_or_default().to_owned()
}

/// The case page again, with the panel of a verb that was refused for `problem`, as it was typed.
///
/// # Errors
/// `problem` itself, whose page keeps what was typed, if the case does not take the verb any more; the case does not exist
/// for the visitor; a mistake in the template.
pub(in crate::http::portal) async fn show_again(
    req: &PageRequest,
    case: &CaseRef,
    (verb, subject): (&str, &str),
    problem: Problem,
) -> PageResult {
    let record = load(req, case).await?;
    let Some(panel) = panel(req, &record, verb, subject) else {
        return Err(problem.into());
    };
    let panel =
        panel
            .holding(req.pending_files().await?)
            .refused_for(req.words(), &req.typed, &problem);
    let status = problem.code().status();
    req.show_again(status, PLACE, "case", &page(req, &record, Some(panel))?)
}

/// The case page again, with what was typed into the composer of its feed.
///
/// # Errors
/// As [`show_again`].
pub(super) async fn compose_again(
    req: &PageRequest,
    case: &CaseRef,
    problem: Problem,
) -> PageResult {
    let record = load(req, case).await?;
    let mut page = page(req, &record, None)?;
    let Some(composer) = &mut page.case_feed.composer else {
        return Err(problem.into());
    };
    composer.refuse(&problem, error_of(req, &problem));
    composer.attach.files = req.pending_files().await?;
    composer.value = req.typed.get("body").cloned().unwrap_or_default();
    req.show_again(problem.code().status(), PLACE, "case", &page)
}

async fn load(req: &PageRequest, case: &CaseRef) -> Result<CaseRecord, Problem> {
    let (actor, case, now) = (req.actor()?.clone(), *case, req.now);
    let before = req.asked("before").map(str::to_owned);
    let record = req
        .read(move |conn| CaseRecord::load(conn, &actor, &case, before.as_deref(), now))
        .await?;
    req.prepare(&record.view.case.description).await?;
    Ok(record)
}

/// Records that the feeds were read, unless nothing was new in them.
pub(in crate::http::portal) async fn read_feeds(
    req: &PageRequest,
    record: &CaseRecord,
) -> Result<(), Problem> {
    let newest = |entries: &[crate::store::feeds::EntryView]| {
        entries.iter().map(|view| view.entry.arrived()).max()
    };
    let shown = [
        (Feed::Case, newest(&record.entries)),
        (Feed::Escalation, newest(&record.escalation_entries)),
    ];
    let news: Vec<(Feed, i64)> = shown
        .into_iter()
        .filter_map(|(feed, newest)| Some((feed, newest?)))
        .filter(|(feed, newest)| record.read_up_to(*feed).is_none_or(|read| read < *newest))
        .collect();
    if !news.is_empty() {
        let (actor, id, now) = (req.actor()?.clone(), record.view.case.id, req.now);
        req.write(move |conn| mark_shown(conn, &actor, id, &news, now))
            .await?;
    }
    Ok(())
}

fn page(req: &PageRequest, record: &CaseRecord, panel: Option<Panel>) -> Result<CasePage, Problem> {
    let (words, case) = (req.words(), &record.view.case);
    let page = record.page();
    Ok(CasePage {
        live: LiveLink::of(case, record.newest),
        head: head(req, record),
        decision: decision(req, record),
        panel,
        too_late: false,
        case_feed: case_feed(req, record, &page)?,
        escalations: escalation_feed(
            req,
            record,
            record.active().map(|view| view.escalation.id),
            &page,
        )?,
        checklist: req.can(Permission::EscalationsSubmit).then(|| {
            let readiness = Readiness {
                facts: &record.facts,
                policy: &record.policy,
                assessments: &record.assessments,
                staleness: record.staleness.as_ref(),
                rca: record.rca.as_ref(),
                priority_asked: record.pending_request().is_some(),
            };
            checklist(words, &readiness)
        }),
        steps: steps::list(
            req,
            record.view.case.status,
            &record.steps,
            &record.promised,
            &page,
            record.takes(req.access()?, CaseVerb::Promise),
        ),
        calls: calls::list(req, &record.callbacks, &page, asks_for_calls(req, record)),
        requests: requests(req, record, &page),
        rca: rca(req, record, &page),
        facts_title: words.say("facts-case", &[]),
        facts: facts_of_case(req, record),
        foot: foot(req, record, &page),
    })
}

/// Where the visitor may ask for a call on the active escalation (M12): staff do on its page.
fn asks_for_calls(req: &PageRequest, record: &CaseRecord) -> Option<String> {
    let active = record.active()?;
    let asks = req.access().is_ok_and(offers::asks_for_calls);
    asks.then(|| match req.is_staff() {
        true => format!("/escalations/{}", active.escalation.number),
        false => record.page(),
    })
}

fn head(req: &PageRequest, record: &CaseRecord) -> CaseHead {
    let (words, case) = (req.words(), &record.view.case);
    let open = record
        .steps
        .iter()
        .filter(|step| step.state == StepState::Open);
    let waiting = Waiting {
        status: case.status,
        organization: &record.view.organization.name,
        staff: req.is_staff(),
        last_provider_entry_at: case.last_provider_entry_at,
        next_promise_at: open.map(|step| step.due_at).min(),
        opened_at: case.opened_at,
        closed_at: case.closed_at,
        now: req.now,
    };
    CaseHead {
        number: case.number.to_string(),
        subject: case.subject.clone(),
        priority: case.priority,
        status: case.status,
        escalation: record.active().map(|view| escalated(req, view)),
        wait: wait_line(words, &waiting),
        take: take_view(req, record),
    }
}

/// "Escalated · rank 1 · Olga Marin".
fn escalated(req: &PageRequest, view: &EscalationView) -> Link {
    let words = req.words();
    let rank = view.escalation.rank.map(|rank| {
        words
            .say("review-rank", &[("rank", rank.into())])
            .to_lowercase()
    });
    let state = words.say_of("state-in", view.escalation.state.as_str(), &[]);
    let owner = view.owner.as_ref().map(|owner| owner.name.clone());
    let parts = [
        Some(words.say("cases-escalated", &[])),
        rank.or(Some(state)),
        owner,
    ];
    let label = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    Link::new(label, format!("/escalations/{}", view.escalation.number))
}

/// The case feed on `page`.
pub(in crate::http::portal) fn case_feed(
    req: &PageRequest,
    record: &CaseRecord,
    page: &str,
) -> Result<CaseFeed, Problem> {
    let organization = record.view.organization.name.as_str();
    let case_page = record.page();
    let reading = Reading {
        req,
        organization,
        page,
        case: &case_page,
        escalations: &record.escalations,
        read_up_to: record.read_up_to(Feed::Case),
        open: record.is_open(),
    };
    let entries = record
        .entries
        .iter()
        .map(|view| entry(&reading, view))
        .collect::<Result<Vec<_>, _>>()?;
    let action = format!("{}/feed", record.page());
    let writes = record.takes(req.access()?, CaseVerb::Write);
    let to = (action, record.upload());
    let mut composer = composer(req, "write", to, organization, None).filter(|_| writes);
    if let Some(composer) = &mut composer {
        composer.mentions = format!("/api/v1{}/mentionable?feed=case", record.page());
        composer.moves = moves_on(req, record);
    }
    Ok(CaseFeed {
        opening: opening(req, record),
        unread: entries.iter().filter(|entry| entry.unread).count(),
        older: record
            .older
            .as_ref()
            .map(|cursor| format!("{page}?before={cursor}#case-feed")),
        entries,
        composer,
        follow: follow_view(req, record, Feed::Case, page),
    })
}

/// The statuses to which staff may put the case with an entry (C2).
fn moves_on(req: &PageRequest, record: &CaseRecord) -> Vec<ComposerMove> {
    let lawful = (req.access())
        .map(|access| offers::moves_of(&record.view.state(), access))
        .unwrap_or_default();
    [Status::AwaitingCustomer, Status::SolutionProvided]
        .into_iter()
        .filter(|status| lawful.contains(status))
        .map(|status| ComposerMove {
            status,
            label: req.words().say_of("compose-move", status.as_str(), &[]),
        })
        .collect()
}

/// A description of more characters than this has a window of its own in the feed.
const LONG_DESCRIPTION: usize = 1500;

fn opening(req: &PageRequest, record: &CaseRecord) -> OpeningView {
    let view = &record.view;
    let edits = req.access().is_ok_and(|access| {
        record.takes(access, CaseVerb::Edit) && access.may_change(CaseField::Description).is_ok()
    });
    let remove = req.can(Permission::FeedsRedact);
    OpeningView {
        by: view.opened_by.name.clone(),
        initials: initials(&view.opened_by.name),
        at: view.case.opened_at,
        body: view.case.description.clone(),
        long: view.case.description.len() > LONG_DESCRIPTION,
        files: views(req.words(), &record.description_files)
            .into_iter()
            .map(|file| FileView { remove, ..file })
            .collect(),
        change: edits.then(|| {
            Link::new(
                req.words().say("entry-edit", &[]),
                format!("{}?do=edit#do", record.page()),
            )
        }),
    }
}

/// The escalation feed on `page`: `current` open, the others folded.
pub(in crate::http::portal) fn escalation_feed(
    req: &PageRequest,
    record: &CaseRecord,
    current: Option<EscalationId>,
    page: &str,
) -> Result<EscalationFeed, Problem> {
    let read_up_to = record.read_up_to(Feed::Escalation);
    let organization = record.view.organization.name.as_str();
    let case_page = record.page();
    let reading = Reading {
        req,
        organization,
        page,
        case: &case_page,
        escalations: &record.escalations,
        read_up_to,
        open: record.is_open(),
    };
    let mut feed = EscalationFeed {
        current: None,
        past: Vec::new(),
        unread: 0,
        follow: follow_view(req, record, Feed::Escalation, page),
    };
    for view in &record.escalations {
        let escalation = &view.escalation;
        let own = record
            .escalation_entries
            .iter()
            .filter(|other| other.entry.escalation_id == Some(escalation.id));
        let entries = own
            .map(|view| entry(&reading, view))
            .collect::<Result<Vec<_>, _>>()?;
        feed.unread += entries.iter().filter(|entry| entry.unread).count();
        let is_current = current == Some(escalation.id);
        let is_newest =
            (record.escalations.first()).is_some_and(|one| one.escalation.id == escalation.id);
        let owner = view.owner.as_ref().map_or_else(
            || req.words().say("compose-owners", &[]),
            |owner| owner.name.clone(),
        );
        let action = format!("/escalations/{}/feed", escalation.number);
        let writes = is_current && escalation.state.is_active() && record.is_open();
        let thread = Thread {
            number: escalation.number.to_string(),
            href: format!("/escalations/{}", escalation.number),
            reason: record.label(&escalation.reason).to_owned(),
            state: escalation.state.as_str().to_owned(),
            submitted_at: escalation.submitted_at,
            decision: in_feed(req, view),
            open: is_newest && !is_current && matches!(escalation.state, State::Declined),
            entries,
            older: None,
            composer: composer(
                req,
                "answer",
                (action, record.upload()),
                organization,
                Some(&owner),
            )
            .filter(|_| writes)
            .map(|composer| Composer {
                mentions: format!("/api/v1{}/mentionable?feed=escalation", record.page()),
                ..composer
            }),
        };
        if is_current {
            feed.current = Some(thread)
        } else {
            feed.past.push(thread)
        }
    }
    Ok(feed)
}

fn requests(req: &PageRequest, record: &CaseRecord, page: &str) -> Option<PriorityRequests> {
    let case = &record.view.case;
    let access = req.access().ok()?;
    let (asks, decides) = (
        record.takes(access, CaseVerb::AskPriority),
        record.takes(access, CaseVerb::DecidePriority),
    );
    let view = |view: &crate::store::requests::PriorityRequestView| {
        let request = &view.request;
        // Beside a decision stands who decided.
        let by = view.decided_by.as_ref().unwrap_or(&view.requested_by);
        PriorityRequestView {
            state: request.state,
            wanted: request.priority,
            by: by.name.clone(),
            at: request.decided_at.unwrap_or(request.requested_at),
            note: request
                .decision_note
                .clone()
                .unwrap_or_else(|| request.note.clone()),
            decide: (decides && request.state == PriorityRequestState::Pending)
                .then(|| format!("{page}?do=decide_priority&request={}#do", request.id)),
        }
    };
    let telephones = access.can(CaseVerb::AskPriority.permission()) && record.is_open();
    // Without a number it is still by telephone that high priority is asked for (C5).
    let phone =
        (telephones && case.priority != Priority::High).then(|| req.words().support_phone());
    let requests = PriorityRequests {
        items: record.requests.iter().map(view).collect(),
        ask: asks.then(|| format!("{page}?do=ask_priority#do")),
        phone: phone.unwrap_or_default(),
    };
    let empty = requests.items.is_empty() && requests.ask.is_none() && requests.phone.is_empty();
    (!empty).then_some(requests)
}

fn rca(req: &PageRequest, record: &CaseRecord, page: &str) -> Option<RcaView> {
    let (words, case) = (req.words(), &record.view.case);
    let rca = case.rca();
    let mut verbs = Vec::new();
    let access = req.access().ok()?;
    if record.takes(access, CaseVerb::RequestRca) {
        verbs.push(Link::new(
            words.say_of("panel-title", "request_rca", &[]),
            format!("{page}?do=request_rca#do"),
        ));
    }
    if record.takes(access, CaseVerb::DeliverRca) {
        verbs.push(Link::new(
            words.say_of("panel-title", "deliver_rca", &[]),
            format!("{page}?do=deliver_rca#do"),
        ));
    }
    if rca.is_none() && verbs.is_empty() {
        return None;
    }
    let replay = record
        .rca
        .as_ref()
        .filter(|_| rca.is_some_and(|rca| rca.delivered_at.is_none()));
    let due_at = replay.map(|replay| replay.due_at);
    Some(RcaView {
        requested_at: rca.map(|rca| rca.requested_at),
        due_at,
        delivered_at: rca.and_then(|rca| rca.delivered_at),
        tone: match due_at {
            Some(due_at) if due_at <= req.now => Tone::Late,
            Some(_) => Tone::Soon,
            None => Tone::Plain,
        },
        // Who may escalate has the drawing in the list of what must hold before.
        track: replay
            .filter(|_| !req.can(Permission::EscalationsSubmit))
            .map(|replay| {
                let args = [
                    ("counted", replay.counted.into()),
                    ("days", replay.window.into()),
                ];
                let label = words.say("check-rca-so-far", &args);
                track(words, replay, replay.at, label.clone(), label)
            }),
        verbs,
    })
}
