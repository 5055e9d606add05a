//! What is done on a case page: each form ends on the page again, with what was done or what is wrong.

use super::buttons;
use crate::domain::access::Permission;
use crate::domain::draft::{DraftPlace, OnCase as OnCasePlace};
use crate::domain::feed::Feed;
use crate::domain::ids::{CaseRef, EntryId, PriorityRequestId};
use crate::domain::template::Purpose;
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::case_page::{case_again, case_composed_again, show_case};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::helped::{inserted, inserts, unfilled};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::posted::{Posted, posted};
use crate::http::portal::render::is_local;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::said::{fault_said_to_people, said_to_people};
use crate::http::portal::steps;
use crate::http::problem::Problem;
use crate::store::{cases, feeds, requests};
use crate::workflow::attachments::For;
use crate::workflow::close_case::{self, CloseCase, ReopenCase};
use crate::workflow::draft;
use crate::workflow::feed::{
    self, EditEntry, PostEntry, Posting, RecordCommunication, RedactEntry,
};
use crate::workflow::move_entry::{MoveEntry, move_entry};
use crate::workflow::promise::{PromiseStep, promise_on_case};
use crate::workflow::request::{
    self, DecidePriority, DeliverAnalysis, RequestAnalysis, RequestPriority,
};
use crate::workflow::undo_entry::undo_entry;
use crate::workflow::update_case::{UpdateCase, mark_read, update_case};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    let rows = pages! { case:
        GET  "/cases/{case}"                         may(Permission::CasesView)            => show_case, "A case";
        POST "/cases/{case}"                         may(Permission::CasesUpdate)          => edit, "Changes a case";
        POST "/cases/{case}/take"                    may(Permission::CasesWork)            => buttons::take, "Gives a case to whoever takes it";
        POST "/cases/{case}/close"                   may(Permission::CasesClose)           => close, "Closes a case";
        POST "/cases/{case}/reopen"                  may(Permission::CasesReopen)          => reopen, "Reopens a case";
        POST "/cases/{case}/read"                    may(Permission::CasesView)            => read, "Says that one has read what is about escalations";
        POST "/cases/{case}/feed"                    may(Permission::FeedsComment)         => post, "Writes in the case feed";
        POST "/cases/{case}/following"               may(Permission::CasesView)            => buttons::choose, "Follows or mutes a feed of a case";
        POST "/cases/{case}/priority-requests"       may(Permission::PrioritiesRequest)    => ask_priority, "Asks for a higher priority";
        POST "/priority-requests/{request}/decision" may(Permission::PrioritiesDecide)     => decide_priority, "Grants or refuses a higher priority";
        POST "/cases/{case}/rca"                     may(Permission::RcaRequest)           => request_rca, "Requests a root cause analysis";
        POST "/cases/{case}/rca/delivery"            may(Permission::RcaDeliver)           => deliver_rca, "Delivers a root cause analysis";
        POST "/cases/{case}/next-steps"              may(Permission::NextStepsPromise)     => promise, "Promises a next step on a case";
        POST "/next-steps/{step}"                    may(Permission::NextStepsPromise)     => steps::move_on, "Says what became of a next step, or promises it anew";
        POST "/cases/{case}/external-communications" may(Permission::CommunicationsRecord) => record, "Records a contact outside the portal";
        POST "/entries/{entry}"                      may(Permission::FeedsComment)         => edit_entry, "Corrects an entry";
        POST "/entries/{entry}/undo"                 may(Permission::FeedsComment)         => undo, "Takes one's own entry back";
        POST "/entries/{entry}/redaction"            may(Permission::FeedsRedact)          => redact, "Takes an entry's words away";
        POST "/entries/{entry}/move"                 may(Permission::FeedsMove)            => move_to, "Moves an entry to the other feed";
    };
    PortalRoute::with_attachments(rows, &["/cases/{case}/feed", "/cases/{case}/rca/delivery"])
}

/// A form on a case page: the panel of a verb about `subject`, or the composer of the feed if there is no verb.
struct OnCase {
    case: CaseRef,
    verb: &'static str,
    subject: String,
}

fn on(case: CaseRef, verb: &'static str) -> OnCase {
    OnCase {
        case,
        verb,
        subject: String::new(),
    }
}

impl OnCase {
    /// On to the page that the form was on, where `flash` is told.
    async fn back(&self, req: &PageRequest, flash: Flash) -> PageResult {
        let (reach, case) = (req.access()?.reach(), self.case);
        let number = req
            .read(move |conn| {
                let id = cases::id_of(conn, reach, &case)?.ok_or_else(Problem::not_found)?;
                Ok(cases::find(conn, id)?.number)
            })
            .await?;
        let back = req.typed.get("back").filter(|back| is_local(back));
        let page = back.map_or_else(|| format!("/cases/{number}"), Clone::clone);
        Ok(req.go(page, Some(flash.number(number))))
    }
}

impl FormPage for OnCase {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        self.back(req, Flash::new(done)).await
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        if self.verb.is_empty() {
            return case_composed_again(req, &self.case, Some(problem)).await;
        }
        let verb = (self.verb, self.subject.as_str());
        case_again(req, &self.case, verb, problem).await
    }
}

impl FormPage<Posted> for OnCase {
    async fn done(&self, req: &PageRequest, posted: Posted) -> PageResult {
        self.back(req, posted.flash()).await
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        FormPage::<Done>::refused(self, req, problem).await
    }
}

async fn edit(req: PageRequest, case: CaseRef) -> PageResult {
    // The panel that asks for the impact alone sends to the same place.
    let verb = match req.typed.get("panel").map(String::as_str) {
        Some("state_impact") => "state_impact",
        _ => "edit",
    };
    let (page, expected) = (on(case, verb), req.expected());
    req.act(&page, move |conn, by, command: &UpdateCase| {
        let expected = expected.as_deref();
        let id = update_case(conn, by.actor, &case, expected, command, by.now)?;
        let version = cases::find(conn, id)?.version;
        Ok(
            match expected.is_some_and(|known| known.contains(&version)) {
                true => Done::CaseUnchanged,
                false => Done::CaseChanged,
            },
        )
    })
    .await
}

async fn close(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "close");
    req.act(&page, move |conn, by, command: &CloseCase| {
        close_case::close(conn, by.actor, &case, None, command, by.now)?;
        Ok(Done::CaseClosed)
    })
    .await
}

async fn reopen(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "reopen");
    req.act(&page, move |conn, by, command: &ReopenCase| {
        close_case::reopen(conn, by.actor, &case, None, command, by.now)?;
        Ok(Done::CaseReopened)
    })
    .await
}

async fn read(req: PageRequest, case: CaseRef) -> PageResult {
    req.perform(move |conn, by, (): &()| {
        mark_read(conn, by.actor, &case, Some(Feed::Escalation), by.now)
    })
    .await?;
    Ok(req.go(format!("/cases/{case}"), None))
}

async fn post(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "");
    let place = DraftPlace::Case(case, OnCasePlace::Feed);
    if req.keeps_a_draft() {
        return req.keep_typed(&page, place).await;
    }
    let (req, files) = req.with_files(For::Case(case)).await;
    if let Err(problem) = files {
        return req.finish::<Posted>(&page, Err(problem)).await;
    }
    if inserts(&req) {
        let req = inserted(req, case, Purpose::Reply, "body").await?;
        return case_composed_again(&req, &case, None).await;
    }
    if let Some(problem) = unfilled(&req, "body") {
        return req.finish::<Posted>(&page, Err(problem)).await;
    }
    let undo = req.desk.undo;
    req.act(&page, move |conn, by, command: &PostEntry| {
        let at = Posting { now: by.now, undo };
        let view = feed::post_on_case(conn, by.actor, &case, command, at)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(posted(&view, by.now))
    })
    .await
}

/// A problem in one sentence.
pub(in crate::http::portal) fn error_of(req: &PageRequest, problem: &Problem) -> String {
    let words = req.words();
    problem.errors().first().map_or_else(
        || said_to_people(words, problem),
        |error| fault_said_to_people(words, error),
    )
}

async fn ask_priority(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "ask_priority");
    req.act(&page, move |conn, by, command: &RequestPriority| {
        request::request_priority(conn, by.actor, &case, command, by.now)?;
        Ok(Done::PriorityAsked)
    })
    .await
}

async fn decide_priority(req: PageRequest, id: PriorityRequestId) -> PageResult {
    let reach = req.access()?.reach();
    let request = req
        .read(move |conn| Ok(requests::find(conn, reach, id)?))
        .await?;
    let page = OnCase {
        case: CaseRef::Id(request.ok_or_else(Problem::not_found)?.case_id),
        verb: "decide_priority",
        subject: id.to_string(),
    };
    req.act(&page, move |conn, by, command: &DecidePriority| {
        request::decide_priority(conn, by.actor, id, command, by.now)?;
        Ok(match command.granted {
            true => Done::PriorityGranted,
            false => Done::PriorityRefused,
        })
    })
    .await
}

async fn request_rca(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "request_rca");
    req.act(&page, move |conn, by, command: &RequestAnalysis| {
        request::request_analysis(conn, by.actor, &case, command, by.now)?;
        Ok(Done::RcaRequested)
    })
    .await
}

async fn deliver_rca(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "deliver_rca");
    let place = DraftPlace::Case(case, OnCasePlace::Rca);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, DeliverAnalysis::body().name).await;
        return req.finish::<Done>(&page, kept).await;
    }
    let (req, files) = req.with_files(For::Case(case)).await;
    if let Err(problem) = files {
        return req.finish::<Done>(&page, Err(problem)).await;
    }
    req.act(&page, move |conn, by, command: &DeliverAnalysis| {
        request::deliver_analysis(conn, by.actor, &case, command, by.now)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(Done::RcaDelivered)
    })
    .await
}

async fn promise(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "promise");
    let place = DraftPlace::Case(case, OnCasePlace::Promise);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, PromiseStep::what().name).await;
        return req.finish::<Done>(&page, kept).await;
    }
    req.act(&page, move |conn, by, command: &PromiseStep| {
        promise_on_case(conn, by.actor, &case, command, by.now)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(Done::Promised)
    })
    .await
}

async fn record(req: PageRequest, case: CaseRef) -> PageResult {
    let page = on(case, "record");
    req.act(&page, move |conn, by, command: &RecordCommunication| {
        feed::record_communication(conn, by.actor, &case, command, by.now)?;
        Ok(Done::Recorded)
    })
    .await
}

async fn edit_entry(req: PageRequest, id: EntryId) -> PageResult {
    let page = about_entry(&req, id, "edit_entry").await?;
    req.act(&page, move |conn, by, command: &EditEntry| {
        feed::edit(conn, by.actor, id, None, command, by.now)?;
        Ok(Done::EntryEdited)
    })
    .await
}

async fn undo(req: PageRequest, id: EntryId) -> PageResult {
    let page = about_entry(&req, id, "undo").await?;
    req.act(&page, move |conn, by, (): &()| {
        let view = undo_entry(conn, by.actor, id, by.now)?;
        // What was taken back is written on, and not typed again.
        draft::go_on_from(conn, by.actor, &view.entry, by.now)?;
        Ok(Done::EntryTakenBack)
    })
    .await
}

async fn redact(req: PageRequest, id: EntryId) -> PageResult {
    let page = about_entry(&req, id, "redact").await?;
    req.act(&page, move |conn, by, command: &RedactEntry| {
        feed::redact(conn, by.actor, id, command, by.now)?;
        Ok(Done::EntryRedacted)
    })
    .await
}

async fn move_to(req: PageRequest, id: EntryId) -> PageResult {
    let page = about_entry(&req, id, "move").await?;
    req.act(&page, move |conn, by, command: &MoveEntry| {
        move_entry(conn, by.actor, id, command, by.now)?;
        Ok(Done::EntryMoved)
    })
    .await
}

/// The form of a verb about an entry that exists for the visitor, on the page of its case.
async fn about_entry(
    req: &PageRequest,
    id: EntryId,
    verb: &'static str,
) -> Result<OnCase, Problem> {
    let access = req.access()?.clone();
    let view = req
        .read(move |conn| Ok(feeds::view(conn, &access, id)?))
        .await?;
    Ok(OnCase {
        case: CaseRef::Id(view.ok_or_else(Problem::not_found)?.entry.case_id),
        verb,
        subject: id.to_string(),
    })
}
