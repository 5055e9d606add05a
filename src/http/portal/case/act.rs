//! What is done on a case page: each form ends on the page again, with what was done or what is wrong.

use std::collections::BTreeSet;

use super::show::{compose_again, show, show_again};
use crate::domain::access::{CaseField, Permission};
use crate::domain::case::{Engagement, Priority};
use crate::domain::feed::Visibility;
use crate::domain::ids::{CaseRef, EntryId, PriorityRequestId};
use crate::domain::text::{Markdown, Note, Subject, Title};
use crate::http::call::may;
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::problem::said_to_people;
use crate::http::portal::render::is_local;
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::steps::{self, is_about_the_form};
use crate::http::portal::typed::Typed;
use crate::http::portal::verbs::engagement_field;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::store::{cases, feeds, requests};
use crate::workflow::feed::{self, ExternalCommunication};
use crate::workflow::promise::{Promising, promise_on_case};
use crate::workflow::update_case::{UpdateCase, update_case};
use crate::workflow::{close_case, request};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { case:
        GET  "/cases/{case}"                         may(Permission::CasesView)            => show, "A case";
        POST "/cases/{case}"                         may(Permission::CasesUpdate)          => edit, "Changes a case";
        POST "/cases/{case}/close"                   may(Permission::CasesClose)           => close, "Closes a case";
        POST "/cases/{case}/reopen"                  may(Permission::CasesReopen)          => reopen, "Reopens a case";
        POST "/cases/{case}/feed"                    may(Permission::FeedsComment)         => post, "Writes in the case feed";
        POST "/cases/{case}/priority-requests"       may(Permission::PrioritiesRequest)    => ask_priority, "Asks for a higher priority";
        POST "/priority-requests/{request}/decision" may(Permission::PrioritiesDecide)     => decide_priority, "Grants or refuses a higher priority";
        POST "/cases/{case}/rca"                     may(Permission::RcaRequest)           => request_rca, "Requests a root cause analysis";
        POST "/cases/{case}/rca/delivery"            may(Permission::RcaDeliver)           => deliver_rca, "Delivers a root cause analysis";
        POST "/cases/{case}/next-steps"              may(Permission::NextStepsPromise)     => promise, "Promises a next step on a case";
        POST "/next-steps/{step}"                    may(Permission::NextStepsPromise)     => steps::move_on, "Says what became of a next step, or promises it anew";
        POST "/cases/{case}/external-communications" may(Permission::CommunicationsRecord) => record, "Records a contact outside the portal";
        POST "/entries/{entry}"                      may(Permission::FeedsComment)         => edit_entry, "Corrects an entry";
        POST "/entries/{entry}/redaction"            may(Permission::FeedsRedact)          => redact, "Takes an entry's words away";
    }
}

/// Back to the case with what was done; or the page again, with the panel as it was typed.
async fn finish(
    visit: &Visit,
    case: CaseRef,
    verb: (&str, &str),
    done: Result<Done, Problem>,
) -> Outcome {
    match done {
        Ok(done) => {
            let reach = visit.access()?.reach();
            let view = visit
                .look(move |conn| Ok(cases::id_of(conn, reach, &case)?))
                .await?;
            let id = view.ok_or_else(Problem::not_found)?;
            let number = visit
                .look(move |conn| Ok(cases::find(conn, id)?.number))
                .await?;
            let back = visit.typed.get("back").filter(|back| is_local(back));
            let page = back.map_or_else(|| format!("/cases/{number}"), Clone::clone);
            Ok(visit.go(page, Some(Flash::new(done).number(number))))
        }
        Err(problem) if is_about_the_form(&problem) => {
            let (words, status) = (visit.words(), problem.code().status());
            show_again(visit, &case, verb, status, |panel| {
                panel.refused_for(words, &visit.typed, &problem)
            })
            .await
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Something that was read must be there when nothing was refused; should it not be, that is a defect.
fn read<T>(value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::new(Code::Internal))
}

async fn edit(visit: Visit) -> Outcome {
    let case = visit.part("case")?;
    let done = edited(&visit, case).await.map(|()| Done::CaseChanged);
    finish(&visit, case, ("edit", ""), done).await
}

async fn edited(visit: &Visit, case: CaseRef) -> Result<(), Problem> {
    let access = visit.access()?;
    let mut typed = Typed::of(visit);
    let mut update = UpdateCase::default();
    for field in CaseField::ALL
        .iter()
        .copied()
        .filter(|field| access.may_change(*field).is_ok())
    {
        match field {
            CaseField::Subject => update.subject = typed.text("subject", Subject::parse),
            CaseField::Description => {
                update.description = typed.text("description", Markdown::parse)
            }
            CaseField::Product => update.product = Some(typed.optional("product", Title::parse)),
            CaseField::BusinessImpact => update.business_impact = typed.one_of("business_impact"),
            CaseField::Priority => update.priority = typed.one_of("priority"),
            CaseField::Status => update.status = typed.one_of("status"),
            CaseField::Deployment => update.deployment = typed.one_of("deployment"),
            CaseField::Owner => {
                update.owner = Some(typed.optional("owner", |text| Ok(text.to_owned())))
            }
            CaseField::Engagements => {
                let engaged = Engagement::ALL
                    .iter()
                    .copied()
                    .filter(|party| typed.ticked(&engagement_field(*party)));
                update.engagements = Some(engaged.collect::<BTreeSet<_>>().into_iter().collect());
            }
            CaseField::LineOfBusiness => {
                update.line_of_business =
                    typed.optional("line_of_business", |text| Ok(text.to_owned()));
            }
        }
    }
    let version = typed.raw("version").parse::<i64>().ok();
    typed.checked()?;
    let (actor, now) = (visit.actor()?.clone(), visit.now);
    let done = visit.write(move |conn| {
        let expected = version.as_ref().map(std::slice::from_ref);
        update_case(conn, &actor, &case, expected, &update, now)
    });
    done.await.map(drop)
}

async fn close(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let note = typed.optional("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        let closed = visit
            .write(move |conn| close_case::close(conn, &actor, &case, None, note.as_ref(), now));
        closed.await?;
        Ok(Done::CaseClosed)
    };
    finish(&visit, case, ("close", ""), done.await).await
}

async fn reopen(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let note = typed.text("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, note, now) = (visit.actor()?.clone(), read(note)?, visit.now);
        visit
            .write(move |conn| close_case::reopen(conn, &actor, &case, None, &note, now))
            .await?;
        Ok(Done::CaseReopened)
    };
    finish(&visit, case, ("reopen", ""), done.await).await
}

async fn post(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let (body, visibility) = written(&visit);
    let done = async {
        let (actor, body, now) = (visit.actor()?.clone(), body?, visit.now);
        visit
            .write(move |conn| feed::post_on_case(conn, &actor, &case, &body, visibility, now))
            .await?;
        Ok::<_, Problem>(told(visibility))
    };
    match done.await {
        Err(problem) if is_about_the_form(&problem) => {
            let error = error_of(&visit, &problem);
            compose_again(&visit, &case, problem.code().status(), error).await
        }
        done => finish(&visit, case, ("", ""), done).await,
    }
}

/// What was typed into a composer, and who it is for: in doubt the provider alone.
pub(in crate::http::portal) fn written(visit: &Visit) -> (Result<Markdown, Problem>, Visibility) {
    let mut typed = Typed::of(visit);
    let body = typed.text("body", Markdown::parse);
    let visibility = match typed.raw("visibility") {
        "internal" => Visibility::Internal,
        _ => Visibility::Public,
    };
    let body = match typed.checked() {
        Ok(()) => read(body),
        Err(problem) => Err(problem),
    };
    (body, visibility)
}

/// What the next page tells of it.
pub(in crate::http::portal) fn told(visibility: Visibility) -> Done {
    match visibility {
        Visibility::Public => Done::Posted,
        Visibility::Internal => Done::Kept,
    }
}

/// A problem in one sentence.
pub(in crate::http::portal) fn error_of(visit: &Visit, problem: &Problem) -> String {
    let words = visit.words();
    problem.errors().first().map_or_else(
        || said_to_people(words, problem),
        |error| error.message(words),
    )
}

async fn ask_priority(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let priority = typed.one_of::<Priority>("priority");
    let note = typed.text("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        let (priority, note) = (read(priority)?, read(note)?);
        let asked = visit.write(move |conn| {
            request::request_priority(conn, &actor, &case, priority, &note, now)
        });
        asked.await?;
        Ok(Done::PriorityAsked)
    };
    finish(&visit, case, ("ask_priority", ""), done.await).await
}

async fn decide_priority(visit: Visit) -> Outcome {
    let id: PriorityRequestId = visit.part("request")?;
    let reach = visit.access()?.reach();
    let request = visit
        .look(move |conn| Ok(requests::find(conn, reach, id)?))
        .await?;
    let case = CaseRef::Id(request.ok_or_else(Problem::not_found)?.case_id);
    let mut typed = Typed::of(&visit);
    let granted = typed.one_of::<bool>("granted");
    let note = typed.optional("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, granted, now) = (visit.actor()?.clone(), read(granted)?, visit.now);
        visit
            .write(move |conn| {
                request::decide_priority(conn, &actor, id, granted, note.as_ref(), now)
            })
            .await?;
        Ok(if granted {
            Done::PriorityGranted
        } else {
            Done::PriorityRefused
        })
    };
    finish(
        &visit,
        case,
        ("decide_priority", &id.to_string()),
        done.await,
    )
    .await
}

async fn request_rca(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let note = typed.optional("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        visit
            .write(move |conn| request::request_analysis(conn, &actor, &case, note.as_ref(), now))
            .await?;
        Ok(Done::RcaRequested)
    };
    finish(&visit, case, ("request_rca", ""), done.await).await
}

async fn deliver_rca(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let body = typed.text("body", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, body, now) = (visit.actor()?.clone(), read(body)?, visit.now);
        visit
            .write(move |conn| request::deliver_analysis(conn, &actor, &case, &body, now))
            .await?;
        Ok(Done::RcaDelivered)
    };
    finish(&visit, case, ("deliver_rca", ""), done.await).await
}

async fn promise(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let promising = promised(&visit);
    let done = async {
        let (actor, promising, now) = (visit.actor()?.clone(), promising?, visit.now);
        visit
            .write(move |conn| promise_on_case(conn, &actor, &case, &promising, now))
            .await?;
        Ok(Done::Promised)
    };
    finish(&visit, case, ("promise", ""), done.await).await
}

/// A next step as it was typed.
pub(in crate::http::portal) fn promised(visit: &Visit) -> Result<Promising, Problem> {
    let mut typed = Typed::of(visit);
    let what = typed.text("what", Title::parse);
    let who = typed.text("who", Title::parse);
    let due_at = typed.instant("due_at");
    typed.checked()?;
    Ok(Promising {
        what: read(what)?,
        who: read(who)?,
        due_at: read(due_at)?,
    })
}

async fn record(visit: Visit) -> Outcome {
    let case: CaseRef = visit.part("case")?;
    let mut typed = Typed::of(&visit);
    let channel = typed.text("channel", Title::parse);
    let with = typed.text("with", Title::parse);
    let at = typed.instant("at");
    let summary = typed.text("summary", Markdown::parse);
    let done = async {
        typed.checked()?;
        let said = ExternalCommunication {
            channel: read(channel)?,
            with: read(with)?,
            at: read(at)?,
            summary: read(summary)?,
        };
        let (actor, now) = (visit.actor()?.clone(), visit.now);
        visit
            .write(move |conn| feed::record_communication(conn, &actor, &case, &said, now))
            .await?;
        Ok(Done::Recorded)
    };
    finish(&visit, case, ("record", ""), done.await).await
}

async fn edit_entry(visit: Visit) -> Outcome {
    let id: EntryId = visit.part("entry")?;
    let case = case_of(&visit, id).await?;
    let mut typed = Typed::of(&visit);
    let body = typed.text("body", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (actor, body, now) = (visit.actor()?.clone(), read(body)?, visit.now);
        visit
            .write(move |conn| feed::edit(conn, &actor, id, None, &body, now))
            .await?;
        Ok(Done::EntryEdited)
    };
    finish(&visit, case, ("edit_entry", &id.to_string()), done.await).await
}

async fn redact(visit: Visit) -> Outcome {
    let id: EntryId = visit.part("entry")?;
    let case = case_of(&visit, id).await?;
    let mut typed = Typed::of(&visit);
    let reason = typed.text("reason", Note::parse);
    let done = async {
        typed.checked()?;
        let (actor, reason, now) = (visit.actor()?.clone(), read(reason)?, visit.now);
        visit
            .write(move |conn| feed::redact(conn, &actor, id, reason.as_str(), now))
            .await?;
        Ok(Done::EntryRedacted)
    };
    finish(&visit, case, ("redact", &id.to_string()), done.await).await
}

/// The case of an entry that exists for the visitor.
async fn case_of(visit: &Visit, id: EntryId) -> Result<CaseRef, Problem> {
    let access = visit.access()?.clone();
    let view = visit
        .look(move |conn| Ok(feeds::view(conn, &access, id)?))
        .await?;
    Ok(CaseRef::Id(
        view.ok_or_else(Problem::not_found)?.entry.case_id,
    ))
}
