//! The two feeds of a case on its page: what was reported and what was requested stand first, then where one writes, then
//! what was written.

use super::CaseRecord;
use super::buttons::follow_view;
use super::decision::in_feed;
use super::request::request;
use crate::domain::access::{CaseField, Permission};
use crate::domain::case::{Status, StepState};
use crate::domain::draft::{DraftPlace, OnCase, OnEscalation};
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EscalationId, EscalationRef};
use crate::domain::offers::{self, CaseVerb};
use crate::domain::template::Purpose;
use crate::http::portal::entries::{Reading, composer, entry};
use crate::http::portal::file_view::{FileView, views};
use crate::http::portal::helped::offered;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{
    CaseFeed, Composer, ComposerMove, EscalationFeed, Link, OpeningView, StepView, Thread,
};
use crate::http::portal::shell::initials;
use crate::http::portal::steps;
use crate::http::problem::Problem;
use crate::store::escalations::{Escalation, EscalationView};

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
    let place = DraftPlace::Case(CaseRef::Id(record.view.case.id), OnCase::Feed);
    let begun = (&place, record.drafts.as_slice());
    let mut composer = composer(req, "write", to, organization, None, begun).filter(|_| writes);
    if let Some(composer) = &mut composer {
        composer.mentions = format!("/api/v1{}/mentionable?feed=case", record.page());
        composer.moves = moves_on(req, record);
        composer.templates = offered(
            req,
            (&case_page, &record.templates),
            Purpose::Reply,
            ("write", "body"),
        );
    }
    Ok(CaseFeed {
        opening: opening(req, record),
        unread: entries.iter().filter(|entry| entry.unread).count(),
        older: record
            .older
            .as_ref()
            .map(|cursor| format!("{page}?before={cursor}#case-feed")),
        whole: (record.older.is_some() && req.asked("entries").is_none())
            .then(|| format!("{page}?entries=all#case-feed")),
        entries,
        composer,
        follow: follow_view(req, record, Feed::Case, page),
    })
}

/// The statuses to which staff may put the case with an entry (C2).
fn moves_on(req: &PageRequest, record: &CaseRecord) -> Vec<ComposerMove> {
    let lawful = (req.access())
        .map(|access| offers::moves_of(&record.view.state(), access.into()))
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

/// The escalation feed on `page`: `current` open, the others folded but for `unfolded`, which the address names.
pub(in crate::http::portal) fn escalation_feed(
    req: &PageRequest,
    record: &CaseRecord,
    (current, unfolded): (Option<EscalationId>, Option<EscalationId>),
    page: &str,
) -> Result<EscalationFeed, Problem> {
    let mut feed = EscalationFeed {
        current: None,
        past: Vec::new(),
        unread: 0,
        follow: follow_view(req, record, Feed::Escalation, page),
    };
    for (index, view) in record.escalations.iter().enumerate() {
        let escalation = &view.escalation;
        let is_current = current == Some(escalation.id);
        let thread = thread(req, record, view, is_current, page)?;
        feed.unread += thread.entries.iter().filter(|entry| entry.unread).count();
        if is_current {
            feed.current = Some(thread);
            continue;
        }
        let is_newest = index == 0;
        feed.past.push(Thread {
            open: unfolded == Some(escalation.id)
                || (is_newest && matches!(escalation.state, State::Declined)),
            steps: settled_steps(req, record, escalation.id, page),
            ..thread
        });
    }
    Ok(feed)
}

/// What was said about one escalation; where `is_current`, one may answer.
fn thread(
    req: &PageRequest,
    record: &CaseRecord,
    view: &EscalationView,
    is_current: bool,
    page: &str,
) -> Result<Thread, Problem> {
    let escalation = &view.escalation;
    let case_page = record.page();
    let reading = Reading {
        req,
        organization: &record.view.organization.name,
        page,
        case: &case_page,
        escalations: &record.escalations,
        read_up_to: record.read_up_to(Feed::Escalation),
        open: record.is_open(),
    };
    let own = record
        .escalation_entries
        .iter()
        .filter(|other| other.entry.escalation_id == Some(escalation.id));
    let entries = own
        .map(|view| entry(&reading, view))
        .collect::<Result<Vec<_>, _>>()?;
    let writes = is_current && escalation.state.is_active() && record.is_open();
    Ok(Thread {
        number: escalation.number.to_string(),
        href: format!("/escalations/{}", escalation.number),
        reason: record.label(&escalation.reason).to_owned(),
        state: escalation.state.as_str().to_owned(),
        submitted_at: escalation.submitted_at,
        request: request(req, record, view, is_current),
        decision: in_feed(req, view),
        open: false,
        entries,
        older: None,
        steps: Vec::new(),
        composer: match writes {
            true => answer(req, record, view, escalation),
            false => None,
        },
    })
}

/// Where the visitor writes about an active escalation.
fn answer(
    req: &PageRequest,
    record: &CaseRecord,
    view: &EscalationView,
    escalation: &Escalation,
) -> Option<Composer> {
    let owner = view.owner.as_ref().map_or_else(
        || req.words().say("compose-owners", &[]),
        |owner| owner.name.clone(),
    );
    let action = format!("/escalations/{}/feed", escalation.number);
    let place = DraftPlace::Escalation(EscalationRef::Id(escalation.id), OnEscalation::Feed);
    let composer = composer(
        req,
        "answer",
        (action, record.upload()),
        &record.view.organization.name,
        Some(&owner),
        (&place, record.drafts.as_slice()),
    )?;
    let templates = offered(
        req,
        (&record.page(), &record.templates),
        Purpose::EscalationReply,
        ("answer", "body"),
    );
    Some(Composer {
        templates,
        mentions: format!("/api/v1{}/mentionable?feed=escalation", record.page()),
        ..composer
    })
}

/// What became of the promises of an earlier escalation. Those that are still open stand among the next steps.
fn settled_steps(
    req: &PageRequest,
    record: &CaseRecord,
    escalation: EscalationId,
    page: &str,
) -> Vec<StepView> {
    let own = record
        .steps
        .iter()
        .filter(|step| step.escalation_id == Some(escalation) && step.state != StepState::Open);
    let status = record.view.case.status;
    steps::list(req, status, own, &record.promised, page, false).items
}
