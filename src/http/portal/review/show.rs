//! The page of one escalation from what is recorded of it and its case.

use actix_web::http::StatusCode;

use super::panel::{panel, verbs_of};
use super::record::Record;
use super::targets;
use super::{AnswerView, FactThenNow, RatingView, RequestView, ReviewPage, ThenNow, VerdictView};
use crate::domain::eligibility::CaseFacts;
use crate::domain::escalation::{State, Verb};
use crate::domain::ids::EscalationRef;
use crate::domain::offers::{self, CaseVerb};
use crate::http::portal::answer::PageResult;
use crate::http::portal::calls;
use crate::http::portal::case::{
    LiveLink, Waiting, case_feed, error_of, escalation_feed, facts_of_case, read_feeds, wait_line,
};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Event, Fact, Foot, Link, Panel, PersonView};
use crate::http::portal::shell::initials;
use crate::http::portal::steps;
use crate::http::problem::Problem;
use crate::store::audit;
use crate::words::assessment::sentence;

/// The page of one escalation; opening it reads the feeds that stand on it (F6).
pub(super) async fn show(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let record = load(&req, &escalation).await?;
    let subject = ["step", "callback"].iter().find_map(|name| req.asked(name));
    let subject = subject.unwrap_or_default().to_owned();
    let panel = req
        .asked("do")
        .and_then(|verb| panel(&req, &record, verb, &subject));
    let answer = req.show(place(&req), "review", &page(&req, &record, panel)?)?;
    read_feeds(&req, &record.case).await?;
    Ok(answer)
}

/// The page again, with the panel of a verb as it was typed, and with what it was refused for if it was.
///
/// # Errors
/// What it was refused for, whose page keeps what was typed, if the escalation does not take the verb any more; the
/// escalation does not exist for the visitor; a mistake in the template.
pub(in crate::http::portal) async fn show_again(
    req: &PageRequest,
    escalation: &EscalationRef,
    (verb, subject): (&str, &str),
    problem: Option<Problem>,
) -> PageResult {
    let record = load(req, escalation).await?;
    let Some(panel) = panel(req, &record, verb, subject) else {
        return Err(problem.unwrap_or_else(Problem::not_found).into());
    };
    let (panel, status) = match &problem {
        Some(problem) => (
            panel.refused_for(req.words(), &req.typed, problem),
            problem.code().status(),
        ),
        None => (panel.filled(&req.typed), StatusCode::OK),
    };
    let page = page(req, &record, Some(panel))?;
    req.show_again(status, place(req), "review", &page)
}

/// The page again, with what was typed into the composer of its feed.
///
/// # Errors
/// As [`show_again`].
pub(super) async fn compose_again(
    req: &PageRequest,
    escalation: &EscalationRef,
    problem: Problem,
) -> PageResult {
    let record = load(req, escalation).await?;
    let mut page = page(req, &record, None)?;
    let thread = page.escalations.current.as_mut();
    let Some(composer) = thread.and_then(|thread| thread.composer.as_mut()) else {
        return Err(problem.into());
    };
    composer.refuse(&problem, error_of(req, &problem));
    composer.attach.files = req.pending_files().await?;
    composer.value = req.typed.get("body").cloned().unwrap_or_default();
    req.show_again(problem.code().status(), place(req), "review", &page)
}

fn place(req: &PageRequest) -> &'static str {
    if req.is_staff() { "queue" } else { "cases" }
}

async fn load(req: &PageRequest, escalation: &EscalationRef) -> Result<Record, Problem> {
    let (actor, escalation, now) = (req.actor()?.clone(), *escalation, req.now);
    let before = req.asked("before").map(str::to_owned);
    let record = req
        .read(move |conn| Record::load(conn, &actor, &escalation, before.as_deref(), now))
        .await?;
    let row = &record.view.escalation;
    req.prepare(&record.case.view.case.description).await?;
    req.prepare(&row.details).await?;
    if let Some(summary) = &row.summary {
        req.prepare(summary).await?;
    }
    Ok(record)
}

fn page(req: &PageRequest, record: &Record, panel: Option<Panel>) -> Result<ReviewPage, Problem> {
    let (row, case) = (&record.view.escalation, &record.case.view.case);
    let page = record.page();
    let own = record
        .case
        .steps
        .iter()
        .filter(|step| step.escalation_id == Some(row.id));
    let mut assessment = ThenNow::new(
        req.words(),
        &row.assessment.0,
        &record.assessment,
        compared(req, record),
    );
    assessment.open = matches!(row.state, State::Submitted | State::InReview);
    let escalations = escalation_feed(req, &record.case, Some(row.id), &page)?;
    let current = escalations.current.as_ref();
    let writes = current.is_some_and(|thread| thread.composer.is_some());
    Ok(ReviewPage {
        live: LiveLink::of(case, record.case.newest),
        number: row.number.to_string(),
        state: row.state,
        rank: row.rank.and_then(|rank| u8::try_from(rank).ok()),
        case_number: case.number.to_string(),
        case_href: record.case.page(),
        subject: case.subject.clone(),
        priority: case.priority,
        status: case.status,
        wait: wait(req, record),
        panel,
        request: request(req, record),
        assessment,
        case_feed: case_feed(req, &record.case, &page)?,
        escalations,
        targets: targets::views(req, record),
        steps: steps::list(
            req,
            case.status,
            own,
            &record.case.promised,
            &page,
            row.state.is_active() && record.case.takes(req.access()?, CaseVerb::Promise),
        ),
        calls: calls::list(
            req,
            record.calls(),
            &page,
            (row.state.is_active() && offers::asks_for_calls(req.access()?)).then(|| page.clone()),
        ),
        facts_title: req.words().say("facts-escalation", &[]),
        facts: facts_of(req, record),
        history: history(req, record),
        foot: foot(req, record, &page, writes),
    })
}

fn wait(req: &PageRequest, record: &Record) -> crate::http::portal::parts::WaitView {
    let (row, case) = (&record.view.escalation, &record.case.view.case);
    let open = record
        .case
        .steps
        .iter()
        .filter(|step| step.state == crate::domain::case::StepState::Open);
    let waiting = Waiting {
        status: case.status,
        organization: &record.case.view.organization.name,
        staff: req.is_staff(),
        last_provider_entry_at: case.last_provider_entry_at,
        next_promise_at: open.map(|step| step.due_at).min(),
        opened_at: case.opened_at,
        closed_at: case.closed_at,
        now: req.now,
    };
    let mut line = wait_line(req.words(), &waiting);
    if matches!(row.state, State::Submitted | State::InReview) {
        line.headline = req
            .words()
            .say_of("wait-escalation", row.state.as_str(), &[]);
    }
    line
}

fn compared(req: &PageRequest, record: &Record) -> Vec<FactThenNow> {
    let words = req.words();
    let (then, now) = (&record.then, &record.now);
    let fact = |label: &str, family: &str, then: &str, now: &str| {
        let label = words.say_of("label", label, &[]);
        FactThenNow::new(
            label,
            words.say_of(family, then, &[]),
            words.say_of(family, now, &[]),
        )
    };
    let at = |facts: &CaseFacts| req.times().near(facts.last_provider_update_at());
    vec![
        fact(
            "priority",
            "priority",
            then.priority.as_str(),
            now.priority.as_str(),
        ),
        fact(
            "business-impact",
            "impact",
            then.business_impact.as_str(),
            now.business_impact.as_str(),
        ),
        fact(
            "status",
            "status",
            then.status.as_str(),
            now.status.as_str(),
        ),
        FactThenNow::new(words.say("wait-detail-updated", &[]), at(then), at(now)),
    ]
}

fn request(req: &PageRequest, record: &Record) -> RequestView {
    let (words, row) = (req.words(), &record.view.escalation);
    let name = record.view.requested_by.name.clone();
    let place = match record.by_staff {
        true => words.say("entry-support", &[]),
        false => record.view.organization.name.clone(),
    };
    let acknowledged = row.assessment.0.to_acknowledge();
    let acknowledged = acknowledged.filter(|finding| {
        row.acknowledgements
            .0
            .iter()
            .any(|code| code == finding.code.as_str())
    });
    RequestView {
        reason: record.case.label(&row.reason).to_owned(),
        by: PersonView {
            initials: initials(&name),
            name,
            staff: record.by_staff,
            place,
        },
        at: row.submitted_at,
        answers: answers(req, record),
        details: row.details.clone(),
        acknowledged: acknowledged
            .map(|finding| sentence(words, finding, row.submitted_at))
            .collect(),
        verdict: verdict(req, record),
        rating: row
            .rating_score
            .and_then(|score| u8::try_from(score).ok())
            .map(|score| RatingView {
                score,
                comment: row.rating_comment.clone().unwrap_or_default(),
            }),
    }
}

/// What the questions were answered, in the order in which they are asked; what is no longer asked stands behind.
fn answers(req: &PageRequest, record: &Record) -> Vec<AnswerView> {
    let (words, row) = (req.words(), &record.view.escalation);
    let reason = record
        .case
        .reasons
        .iter()
        .find(|reason| reason.code == row.reason);
    let questions = reason
        .map(|reason| reason.questions.as_slice())
        .unwrap_or_default();
    let place = |code: &str| {
        questions
            .iter()
            .position(|question| question.code == code)
            .unwrap_or(questions.len())
    };
    let mut given: Vec<_> = row
        .answers
        .0
        .iter()
        .filter(|(_, value)| !value.is_null() && *value != "")
        .collect();
    given.sort_by_key(|(code, _)| place(code));
    let told = |(code, value): (&String, &serde_json::Value)| AnswerView {
        label: questions
            .get(place(code))
            .map_or_else(|| code.clone(), |question| question.label.clone()),
        text: match value {
            serde_json::Value::Bool(yes) => {
                words.say_of("answer", if *yes { "yes" } else { "no" }, &[])
            }
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    };
    given.into_iter().map(told).collect()
}

fn verdict(req: &PageRequest, record: &Record) -> Option<VerdictView> {
    let (words, row) = (req.words(), &record.view.escalation);
    let title = match row.state {
        State::Submitted | State::InReview | State::Accepted => return None,
        State::Closed => {
            let outcome = row.outcome.clone().unwrap_or_default();
            words.say("verdict-closed", &[("outcome", outcome.into())])
        }
        State::Declined | State::Withdrawn => words.say_of("state", row.state.as_str(), &[]),
    };
    let line = |code: &crate::domain::eligibility::FindingCode| {
        words.say_of("criterion", code.as_str(), &[])
    };
    Some(VerdictView {
        title,
        lines: row.decline_reasons.0.iter().map(line).collect(),
        words: row.summary.clone().unwrap_or_default(),
    })
}

fn facts_of(req: &PageRequest, record: &Record) -> Vec<Fact> {
    let (words, row) = (req.words(), &record.view.escalation);
    let label = |key| words.say_of("label", key, &[]);
    let owner = record
        .view
        .owner
        .as_ref()
        .map_or_else(|| words.say("nobody", &[]), |owner| owner.name.clone());
    let mut facts = vec![
        Fact::new(
            words.say("facts-case", &[]),
            record.case.view.case.number.to_string(),
        )
        .link(record.case.page()),
        Fact::new(label("escalation-owner"), owner),
    ];
    for (key, level) in [("importance", row.importance), ("urgency", row.urgency)] {
        facts.extend(
            level.map(|level| Fact::new(label(key), words.say_of("level", level.as_str(), &[]))),
        );
    }
    facts.push(Fact::at(
        words.say("facts-submitted", &[]),
        row.submitted_at,
    ));
    // The submission says when; and the case's own bar says that it is escalated.
    let of_case = facts_of_case(req, &record.case)
        .into_iter()
        .filter(|fact| fact.at != Some(row.submitted_at));
    facts.extend(of_case);
    facts
}

fn history(req: &PageRequest, record: &Record) -> Vec<Event> {
    let words = req.words();
    let event = |event: &audit::Event| {
        let what = event.kind.trim_start_matches("escalation.");
        let known = HISTORY_KINDS.contains(&what);
        let text = if known {
            words.say_of("history", what, &[])
        } else {
            what.to_owned()
        };
        Event {
            text,
            at: event.at,
            by: event.actor_name.clone(),
        }
    };
    record.history.iter().map(event).collect()
}

/// The members of the family `history`.
pub(crate) const HISTORY_KINDS: [&str; 10] = [
    "submitted",
    "claimed",
    "assigned",
    "accepted",
    "reranked",
    "declined",
    "withdrawn",
    "closed",
    "rated",
    "rater_asked",
];

/// `writes` says whether the visitor may answer in the escalation feed.
fn foot(req: &PageRequest, record: &Record, page: &str, writes: bool) -> Foot {
    let (words, row) = (req.words(), &record.view.escalation);
    let number = row.number.to_string();
    let state = words.say_of("state-in", row.state.as_str(), &[]);
    let levels = row
        .importance
        .zip(row.urgency)
        .map(|(importance, urgency)| {
            let level = |level: crate::domain::escalation::Level| {
                words.say_of("level-in", level.as_str(), &[])
            };
            words.say(
                "foot-ranked",
                &[
                    ("importance", level(importance).into()),
                    ("urgency", level(urgency).into()),
                ],
            )
        });
    let verbs = verbs_of(req, record);
    let link = |verb: &Verb| {
        Link::new(
            words.say_of("escalation-verb", verb.as_str(), &[]),
            format!("{page}?do={verb}#do"),
        )
    };
    let asking: Vec<_> = verbs.iter().filter(|verb| **verb != Verb::Claim).collect();
    let mut actions: Vec<_> = asking.iter().map(|verb| link(verb)).collect();
    let takes = |access| record.case.takes(access, CaseVerb::Record);
    if row.state.is_active() && req.access().is_ok_and(takes) {
        actions.insert(
            0,
            Link::new(
                words.say_of("action", "record", &[]),
                format!("{page}?do=record#do"),
            ),
        );
    }
    let claims = verbs.contains(&Verb::Claim);
    // To take it back is never the main thing to do here: to answer is.
    let leads_on = !claims && !matches!(asking.last(), None | Some(Verb::Withdraw | Verb::Assign));
    if leads_on {
        if let Some(last) = actions.last_mut() {
            last.main = true;
        }
    } else if !claims && !req.is_staff() && writes {
        actions.push(Link::new(words.say("foot-answer", &[]), "#answer-body").main());
    }
    Foot {
        headline: words.say(
            "foot-state",
            &[("number", number.into()), ("state", state.into())],
        ),
        detail: levels.unwrap_or_default(),
        why: None,
        guide: None,
        actions,
        at_once: claims.then(|| {
            Link::new(
                words.say_of("escalation-verb", "claim", &[]),
                format!("{page}/claim"),
            )
        }),
        bell: None,
    }
}
