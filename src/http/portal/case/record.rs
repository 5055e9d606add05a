//! Everything that the pages of a case and of its escalations show, read in one transaction.

use std::collections::HashMap;
use std::sync::Arc;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::calendar::{Calendar, Proposal, Replay};
use crate::domain::case::{PriorityRequestState, Status, StepState};
use crate::domain::eligibility::{self, ActiveEscalation, Assessment, CaseFacts, Policy};
use crate::domain::escalation::State;
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseId, CaseRef, EscalationId, LineId, NextStepId};
use crate::domain::offers::{self, CaseVerb};
use crate::domain::order::{Sort, Window};
use crate::domain::reason::{Governance, Reason};
use crate::http::pagination::Paging;
use crate::http::problem::Problem;
use crate::store::attachments::{self, Attachment};
use crate::store::calendars::CalendarBook;
use crate::store::callbacks::{self, CallbackFilter, CallbackOrder, CallbackView};
use crate::store::cases::{self, CaseView, if_any};
use crate::store::drafts::{self, Draft};
use crate::store::escalations::{self, EscalationView};
use crate::store::feeds::{self, EntryView, FeedOf, ProviderUpdate};
use crate::store::people::Named;
use crate::store::promises::{self, NextStep};
use crate::store::reads::{self, Read};
use crate::store::requests::{self, PriorityRequest, PriorityRequestView};
use crate::store::templates::{self, TextTemplate};
use crate::store::{follows, lines, rules, staff};
use crate::workflow::Actor;
use crate::workflow::assess::{Snapshot, assess_now, snapshot};
use crate::workflow::following::{Following, following_of};
use crate::workflow::promised::{StepPast, histories};

/// The most escalations and entries of theirs that stand on a case's page.
const ESCALATIONS: i64 = 50;
const ESCALATION_ENTRIES: usize = 200;
/// The most calls.
const CALLS: i64 = 50;
/// The most entries of the case feed that stand on one page.
const WHOLE: usize = 300;

/// Which part of the case feed stands on a page.
#[derive(Clone, Debug)]
pub(in crate::http::portal) enum FeedPart {
    /// The newest entries, or those behind a cursor.
    Page(Option<String>),
    /// All that a page holds, to read or print it in one piece.
    Whole,
}

impl FeedPart {
    fn paging(&self, case: CaseId) -> Result<Paging<i64>, Problem> {
        let cursor = match self {
            Self::Page(before) => before.as_deref(),
            Self::Whole => None,
        };
        let mut paging = Paging::read("portal/case-feed", &case, None, cursor)?;
        if matches!(self, Self::Whole) {
            paging.limit = WHOLE;
        }
        Ok(paging)
    }
}

/// A case with everything that belongs to it, as one person sees it.
pub(in crate::http::portal) struct CaseRecord {
    pub(in crate::http::portal) view: CaseView,
    /// A part of the case feed, newest first.
    pub(in crate::http::portal) entries: Vec<EntryView>,
    /// The files that came with its description.
    pub(in crate::http::portal) description_files: Vec<Attachment>,
    /// Where the older ones begin.
    pub(in crate::http::portal) older: Option<String>,
    /// Its escalations, newest first; none for who may not see them.
    pub(in crate::http::portal) escalations: Vec<EscalationView>,
    /// What was written about them, newest first.
    pub(in crate::http::portal) escalation_entries: Vec<EntryView>,
    pub(in crate::http::portal) steps: Vec<NextStep>,
    /// What became of each, from its promise on.
    pub(in crate::http::portal) promised: HashMap<NextStepId, Vec<StepPast>>,
    /// The calls that were asked for on its escalations; for who may see them.
    pub(in crate::http::portal) callbacks: Vec<CallbackView>,
    /// Requests to raise the priority, newest first, with who asked.
    pub(in crate::http::portal) requests: Vec<PriorityRequestView>,
    /// How far the reader has read each feed.
    pub(in crate::http::portal) read: Vec<Read>,
    /// How far the feeds have come for the reader: from where on the page is told of news.
    pub(in crate::http::portal) newest: i64,
    pub(in crate::http::portal) facts: CaseFacts,
    /// When the provider last made something visible to the customer, in each feed.
    pub(in crate::http::portal) updates: Vec<ProviderUpdate>,
    pub(in crate::http::portal) policy: Arc<Policy>,
    /// All reasons, those that can no longer be chosen included.
    pub(in crate::http::portal) reasons: Vec<Reason>,
    /// The assessments of those that can be chosen.
    pub(in crate::http::portal) assessments: Vec<Assessment>,
    /// The window since support's last update, where the case waits for one.
    pub(in crate::http::portal) staleness: Option<Replay>,
    /// The window of the root cause analysis, where one is requested.
    pub(in crate::http::portal) rca: Option<Replay>,
    /// The provider's people who work cases; only for its staff.
    pub(in crate::http::portal) engineers: Vec<Named>,
    /// Lines of business as (id, name); only for the provider's staff.
    pub(in crate::http::portal) lines: Vec<(String, String)>,
    /// What the reader is told of the feeds (F7).
    pub(in crate::http::portal) following: Following,
    /// What the reader has begun to write on it, and not sent.
    pub(in crate::http::portal) drafts: Vec<Draft>,
    /// By when something could be promised; only for the provider's staff.
    pub(in crate::http::portal) proposals: Vec<Proposal>,
    /// The answers that are written already, for who may use them.
    pub(in crate::http::portal) templates: Vec<TextTemplate>,
    /// Whether the reader has said that they read why the last escalation was declined (M5).
    pub(in crate::http::portal) has_read_decision: bool,
}

/// When the last escalation was declined, if that is what became of it.
fn declined_at(escalations: &[EscalationView]) -> Option<Instant> {
    let last = &escalations.first()?.escalation;
    (last.state == State::Declined)
        .then_some(last.closed_at)
        .flatten()
}

impl CaseRecord {
    /// Reads a case that exists for `actor`, with a part of its feed.
    pub(in crate::http::portal) fn load(
        conn: &mut Conn,
        actor: &Actor,
        case: &CaseRef,
        part: &FeedPart,
        now: Instant,
    ) -> Result<Self, Problem> {
        let access = &actor.access;
        let view = cases::view(conn, access.reach(), case)?.ok_or_else(Problem::not_found)?;
        access.require(Permission::CasesView)?;
        let id = view.case.id;
        let there = cases::parts(conn, access, id)?;
        let paging = part.paging(id)?;
        let mut entries = feeds::list(
            conn,
            access,
            &FeedOf::Case(id),
            paging.after,
            paging.fetch(),
        )?;
        let older = paging.next(&mut entries, |view| view.entry.position);
        let (escalations, escalation_entries) = match there.escalations {
            true => about_escalations(conn, access, &view)?,
            false => (Vec::new(), Vec::new()),
        };
        let active = match access.can(Permission::EscalationsView) {
            true => {
                let mut all = escalations.iter().map(|view| &view.escalation);
                all.find(|escalation| escalation.state.is_active()).cloned()
            }
            false if there.escalations => escalations::active_of(conn, id)?,
            false => None,
        };
        let now_active = active.as_ref().map(|escalation| ActiveEscalation {
            number: escalation.number,
            state: escalation.state,
        });
        let steps = if_any(there.next_steps, || promises::of_case(conn, id))?;
        let Snapshot {
            facts,
            read,
            steps,
            updates,
        } = snapshot(conn, &view.case, (now_active, steps), actor.id(), now)?;
        let said = match there.stances {
            true => follows::of_feeds(conn, id)?,
            false => follows::of_nobody(),
        };
        let policy = rules::policy(conn)?;
        let book = CalendarBook::load(conn)?;
        let calendar = book.of_line(view.case.line_of_business_id);
        let reasons: Vec<_> = rules::reasons(conn)?
            .iter()
            .map(rules::ReasonRow::reason)
            .collect();
        let (staleness, rca) = replays(&facts, &reasons, calendar, &policy, now)?;
        let staff = access.can(Permission::CasesWork);
        let is_whole = paging.after.is_none() && older.is_none();
        let newest = match is_whole && escalation_entries.len() < ESCALATION_ENTRIES {
            // All that is theirs is at hand.
            true => {
                let all = entries.iter().chain(&escalation_entries);
                let newest = all.map(|view| view.entry.changed_position).max();
                newest.unwrap_or_default()
            }
            false => feeds::newest(conn, access, id)?,
        };
        Ok(Self {
            callbacks: match access.can(Permission::CallbacksView) && !escalations.is_empty() {
                true => callbacks_of(conn, access, id)?,
                false => Vec::new(),
            },
            description_files: if_any(there.attachments, || attachments::of_description(conn, id))?,
            entries,
            older,
            promised: histories(conn, &steps)?,
            steps,
            requests: if_any(there.priority_requests, || requests::of_case(conn, id))?,
            read,
            newest,
            updates,
            following: following_of(conn, actor, (&view.case, active.as_ref(), said), now)?,
            drafts: if_any(there.drafts, || drafts::of_case(conn, access, id))?,
            has_read_decision: match declined_at(&escalations) {
                Some(at) => reads::said_since(conn, (id, actor.id()), Feed::Escalation, at)?,
                None => false,
            },
            proposals: match staff {
                true => calendar.proposals(now),
                false => Vec::new(),
            },
            templates: match access.can(Permission::TemplatesView) {
                true => templates::offered(conn, None, view.case.line_of_business_id)?,
                false => Vec::new(),
            },
            assessments: assess_now(conn, actor, (&view.case, &facts), now)?,
            facts,
            policy,
            reasons,
            staleness,
            rca,
            engineers: if staff {
                engineers(conn, view.case.line_of_business_id, now)?
            } else {
                Vec::new()
            },
            lines: if staff { lines(conn)? } else { Vec::new() },
            escalations,
            escalation_entries,
            view,
        })
    }

    /// Whether the case takes `verb` now from somebody.
    pub(in crate::http::portal) fn takes(&self, access: &Access, verb: CaseVerb) -> bool {
        offers::takes(&self.view.state(), access.into(), verb)
    }

    /// Up to which place the reader has read a feed.
    pub(in crate::http::portal) fn read_up_to(&self, feed: Feed) -> Option<i64> {
        self.read
            .iter()
            .find(|read| read.feed == feed)
            .map(|read| read.position)
    }

    /// The label of a reason; its code, should it be gone.
    pub(in crate::http::portal) fn label<'a>(&'a self, code: &'a str) -> &'a str {
        self.reasons
            .iter()
            .find(|reason| reason.code == code)
            .map_or(code, |reason| reason.label.as_str())
    }

    /// The promises that are still open, of the case and its escalations or of one of these.
    pub(in crate::http::portal) fn open_steps(
        &self,
        escalation: Option<EscalationId>,
    ) -> Vec<&NextStep> {
        let of = |step: &&NextStep| escalation.is_none() || step.escalation_id == escalation;
        let steps = self.steps.iter().filter(of);
        steps.filter(|step| step.state == StepState::Open).collect()
    }

    /// The escalation that is active.
    pub(in crate::http::portal) fn active(&self) -> Option<&EscalationView> {
        self.escalations
            .iter()
            .find(|view| view.escalation.state.is_active())
    }

    /// The page of the case.
    pub(in crate::http::portal) fn page(&self) -> String {
        format!("/cases/{}", self.view.case.number)
    }

    /// Where a script sends files for what is written on it.
    pub(in crate::http::portal) fn upload(&self) -> String {
        format!("/api/v1/cases/{}/attachments", self.view.case.number)
    }

    pub(in crate::http::portal) fn is_open(&self) -> bool {
        self.view.case.status != Status::Closed
    }

    pub(in crate::http::portal) fn pending_request(&self) -> Option<&PriorityRequest> {
        let mut requests = self.requests.iter().map(|view| &view.request);
        requests.find(|request| request.state == PriorityRequestState::Pending)
    }
}

fn about_escalations(
    conn: &mut Conn,
    access: &Access,
    view: &CaseView,
) -> Result<(Vec<EscalationView>, Vec<EntryView>), Problem> {
    if !access.can(Permission::EscalationsView) {
        return Ok((Vec::new(), Vec::new()));
    }
    let escalations = escalations::of_case(conn, view.case.id, ESCALATIONS)?;
    let of = FeedOf::Escalations(view.case.id);
    let most = i64::try_from(ESCALATION_ENTRIES).unwrap_or(i64::MAX);
    let entries = feeds::list(conn, access, &of, None, most)?;
    Ok((escalations, entries))
}

fn replays(
    facts: &CaseFacts,
    reasons: &[Reason],
    calendar: &Calendar,
    policy: &Policy,
    now: Instant,
) -> Result<(Option<Replay>, Option<Replay>), Problem> {
    let of = |governance: Governance| {
        let reason = reasons
            .iter()
            .find(|reason| reason.governed_by == governance);
        // A calendar that cannot reckon is told where it is asked; the page stands without its drawing.
        reason.and_then(|reason| {
            eligibility::replay(facts, reason, calendar, policy, now)
                .ok()
                .flatten()
        })
    };
    Ok((of(Governance::Staleness), of(Governance::RcaWindow)))
}

/// Those who can be given a case of the line.
fn engineers(conn: &mut Conn, line: LineId, now: Instant) -> Result<Vec<Named>, Problem> {
    Ok(staff::who_read(conn, Permission::CasesWork, line, now)?)
}

fn lines(conn: &mut Conn) -> Result<Vec<(String, String)>, Problem> {
    let lines = lines::all(conn)?;
    Ok(lines
        .into_iter()
        .map(|line| (line.id.to_string(), line.name))
        .collect())
}

/// The calls of a case, those that were asked for last.
fn callbacks_of(
    conn: &mut Conn,
    access: &Access,
    case: CaseId,
) -> Result<Vec<CallbackView>, Problem> {
    let filter = CallbackFilter {
        case: Some(case),
        ..CallbackFilter::default()
    };
    let part = Window::first(Sort::descending(CallbackOrder::Window), CALLS);
    Ok(callbacks::list(conn, access.reach(), &filter, &part)?)
}
