//! What is done on the page of an escalation: each form ends on the page again, with what was done or what is wrong.

use actix_web::http::StatusCode;

use super::panel::rows;
use super::show::{compose_again, show, show_again};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::Level;
use crate::domain::ids::{EscalationId, EscalationRef};
use crate::domain::text::{Markdown, Note, Title};
use crate::http::call::may;
use crate::http::portal::answer::Outcome;
use crate::http::portal::case::{error_of, promised, told, written};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::routes::{PortalRoute, pages};
use crate::http::portal::steps::is_about_the_form;
use crate::http::portal::typed::Typed;
use crate::http::portal::verbs::reason_field;
use crate::http::portal::visit::Visit;
use crate::http::problem::{Code, Problem};
use crate::input::Fault;
use crate::store::escalations;
use crate::workflow::promise::{Promising, promise_on_escalation};
use crate::workflow::review_escalation::{Accept, Verb};
use crate::workflow::{Actor, Failed, feed};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { review:
        GET  "/escalations/{escalation}"            may(Permission::EscalationsView)     => show, "An escalation";
        POST "/escalations/{escalation}/claim"      may(Permission::EscalationsReview)   => claim, "Claims an escalation";
        POST "/escalations/{escalation}/assign"     may(Permission::EscalationsAssign)   => assign, "Assigns an escalation";
        POST "/escalations/{escalation}/accept"     may(Permission::EscalationsReview)   => accept, "Accepts an escalation";
        POST "/escalations/{escalation}/decline"    may(Permission::EscalationsReview)   => decline, "Declines an escalation";
        POST "/escalations/{escalation}/rank"       may(Permission::EscalationsReview)   => rerank, "Ranks an escalation anew";
        POST "/escalations/{escalation}/withdraw"   may(Permission::EscalationsWithdraw) => withdraw, "Withdraws an escalation";
        POST "/escalations/{escalation}/close"      may(Permission::EscalationsReview)   => close, "Closes an escalation";
        POST "/escalations/{escalation}/rating"     may(Permission::EscalationsRate)     => rate, "Rates an escalation";
        POST "/escalations/{escalation}/feed"       may(Permission::FeedsComment)        => post, "Writes in an escalation's feed";
        POST "/escalations/{escalation}/next-steps" may(Permission::NextStepsPromise)    => promise, "Promises a next step on an escalation";
    }
}

/// Back to the escalation with what was done; or the page again, with the panel as it was typed.
async fn finish(visit: &Visit, verb: &str, done: Result<Done, Problem>) -> Outcome {
    let escalation: EscalationRef = visit.part("escalation")?;
    match done {
        Ok(done) => {
            let reach = visit.access()?.reach();
            let view = visit
                .look(move |conn| Ok(escalations::view(conn, reach, &escalation)?))
                .await?;
            let view = view.ok_or_else(Problem::not_found)?;
            let number = view.escalation.number;
            let flash = Flash::new(done)
                .number(number)
                .name(&view.requested_by.name);
            Ok(visit.go(format!("/escalations/{number}"), Some(flash)))
        }
        Err(problem) if is_about_the_form(&problem) => {
            let (words, status) = (visit.words(), problem.code().status());
            let again = |panel: crate::http::portal::parts::Panel| {
                panel.refused_for(words, &visit.typed, &problem)
            };
            match verb {
                // Nothing was typed that could be shown again.
                "" => Err(problem.into()),
                verb => show_again(visit, &escalation, verb, status, again).await,
            }
        }
        Err(problem) => Err(problem.into()),
    }
}

/// Does one verb of the workflow in one transaction.
async fn act<F>(visit: &Visit, work: F) -> Result<EscalationId, Problem>
where
    F: Fn(&Verb<'_>, &mut Conn) -> Result<EscalationId, Failed> + Send + 'static,
{
    let escalation: EscalationRef = visit.part("escalation")?;
    let (actor, now): (Actor, _) = (visit.actor()?.clone(), visit.now);
    let done = visit.write(move |conn| {
        let verb = Verb {
            actor: &actor,
            escalation: &escalation,
            expected: None,
            now,
        };
        work(&verb, conn)
    });
    done.await
}

fn read<T>(value: Option<T>) -> Result<T, Problem> {
    value.ok_or_else(|| Problem::new(Code::Internal))
}

async fn claim(visit: Visit) -> Outcome {
    let done = act(&visit, |verb, conn| verb.claim(conn)).await;
    finish(&visit, "", done.map(|_| Done::Claimed)).await
}

async fn assign(visit: Visit) -> Outcome {
    let owner = visit.typed.get("owner").cloned().unwrap_or_default();
    let done = act(&visit, move |verb, conn| verb.assign(conn, &owner)).await;
    finish(&visit, "assign", done.map(|_| Done::Assigned)).await
}

async fn accept(visit: Visit) -> Outcome {
    if visit.typed.contains_key("more") {
        let escalation: EscalationRef = visit.part("escalation")?;
        let typed = visit.typed.clone();
        return show_again(&visit, &escalation, "accept", StatusCode::OK, |panel| {
            panel.filled(&typed)
        })
        .await;
    }
    let done = async {
        let accept = accepted(&visit)?;
        act(&visit, move |verb, conn| verb.accept(conn, &accept)).await?;
        Ok(Done::Accepted)
    };
    finish(&visit, "accept", done.await).await
}

fn accepted(visit: &Visit) -> Result<Accept, Problem> {
    let mut typed = Typed::of(visit);
    let importance = typed.one_of::<Level>("importance");
    let urgency = typed.one_of::<Level>("urgency");
    let reply = typed.text("reply", Markdown::parse);
    let mut next_steps = Vec::new();
    for index in 0..rows(visit) {
        let field = |part: &str| format!("step{index}.{part}");
        let parts = ["what", "who", "due_at"].map(field);
        if parts.iter().all(|part| typed.raw(part).trim().is_empty()) {
            continue;
        }
        let [what, who, due_at] = parts;
        let step = (
            typed.text(&what, Title::parse),
            typed.text(&who, Title::parse),
            typed.instant(&due_at),
        );
        if step.2.is_some_and(|at| at <= visit.now) {
            typed.refuse(&due_at, Fault::new("not_in_the_future"));
        }
        if let (Some(what), Some(who), Some(due_at)) = step {
            next_steps.push(Promising { what, who, due_at });
        }
    }
    typed.checked()?;
    Ok(Accept {
        importance: read(importance)?,
        urgency: read(urgency)?,
        reply: read(reply)?,
        next_steps,
    })
}

async fn decline(visit: Visit) -> Outcome {
    let mut typed = Typed::of(&visit);
    let ticked = FindingCode::ALL
        .iter()
        .copied()
        .filter(|code| typed.ticked(&reason_field(*code)));
    let reasons: Vec<_> = ticked.collect();
    let reply = typed.optional("reply", Markdown::parse);
    let done = async {
        typed.checked()?;
        act(&visit, move |verb, conn| {
            verb.decline(conn, &reasons, reply.as_ref())
        })
        .await?;
        Ok(Done::Declined)
    };
    finish(&visit, "decline", done.await).await
}

async fn rerank(visit: Visit) -> Outcome {
    let mut typed = Typed::of(&visit);
    let importance = typed.one_of::<Level>("importance");
    let urgency = typed.one_of::<Level>("urgency");
    let done = async {
        typed.checked()?;
        let (importance, urgency) = (read(importance)?, read(urgency)?);
        act(&visit, move |verb, conn| {
            verb.rerank(conn, importance, urgency)
        })
        .await?;
        Ok(Done::Reranked)
    };
    finish(&visit, "rerank", done.await).await
}

async fn withdraw(visit: Visit) -> Outcome {
    let mut typed = Typed::of(&visit);
    let note = typed.optional("note", Markdown::parse);
    let done = async {
        typed.checked()?;
        act(&visit, move |verb, conn| verb.withdraw(conn, note.as_ref())).await?;
        Ok(Done::Withdrawn)
    };
    finish(&visit, "withdraw", done.await).await
}

async fn close(visit: Visit) -> Outcome {
    let mut typed = Typed::of(&visit);
    let outcome = typed.text("outcome", Title::parse);
    let summary = typed.text("summary", Markdown::parse);
    let done = async {
        typed.checked()?;
        let (outcome, summary) = (read(outcome)?, read(summary)?);
        act(&visit, move |verb, conn| {
            verb.close(conn, &outcome, &summary)
        })
        .await?;
        Ok(Done::EscalationClosed)
    };
    finish(&visit, "close", done.await).await
}

async fn rate(visit: Visit) -> Outcome {
    let mut typed = Typed::of(&visit);
    let score = typed.one_of::<u8>("score");
    let comment = typed.optional("comment", Note::parse);
    let done = async {
        typed.checked()?;
        let score = read(score)?;
        act(&visit, move |verb, conn| {
            verb.rate(conn, score, comment.as_ref())
        })
        .await?;
        Ok(Done::Rated)
    };
    finish(&visit, "rate", done.await).await
}

async fn post(visit: Visit) -> Outcome {
    let escalation: EscalationRef = visit.part("escalation")?;
    let (body, visibility) = written(&visit);
    let done = async {
        let (actor, body, now) = (visit.actor()?.clone(), body?, visit.now);
        let posted = visit.write(move |conn| {
            feed::post_on_escalation(conn, &actor, &escalation, &body, visibility, now)
        });
        posted.await?;
        Ok::<_, Problem>(told(visibility))
    };
    match done.await {
        Err(problem) if is_about_the_form(&problem) => {
            let error = error_of(&visit, &problem);
            compose_again(&visit, &escalation, problem.code().status(), error).await
        }
        done => finish(&visit, "", done).await,
    }
}

async fn promise(visit: Visit) -> Outcome {
    let escalation: EscalationRef = visit.part("escalation")?;
    let promising = promised(&visit);
    let done = async {
        let (actor, promising, now) = (visit.actor()?.clone(), promising?, visit.now);
        let made = visit
            .write(move |conn| promise_on_escalation(conn, &actor, &escalation, &promising, now));
        made.await?;
        Ok(Done::Promised)
    };
    finish(&visit, "promise", done.await).await
}
