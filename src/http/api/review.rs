//! What becomes of an escalation (M2, M4-M6, M11).

use super::documents::EscalationDocument;
use super::escalations::document;
use super::next_steps::NewStep;
use crate::db::Conn;
use crate::domain::access::Permission::{
    EscalationsAssign, EscalationsRate, EscalationsReview, EscalationsWithdraw,
};
use crate::domain::eligibility::FindingCode;
use crate::domain::escalation::Level;
use crate::domain::ids::{EscalationId, EscalationRef};
use crate::domain::text::{Markdown, Note, Title};
use crate::http::call::{Call, Guarded, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::{Input, Whole, input};
use crate::workflow::Outcome;
use crate::workflow::promise::Promising;
use crate::workflow::review_escalation::{Accept, Verb};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { review:
        POST  "/escalations/{escalation}/claim"    may(EscalationsReview)   => claim, "Take an escalation for review";
        POST  "/escalations/{escalation}/assign"   may(EscalationsAssign)   => assign, "Give an escalation to an owner";
        POST  "/escalations/{escalation}/accept"   may(EscalationsReview)   => accept, "Find an escalation valid, rank it, answer, and promise next steps";
        POST  "/escalations/{escalation}/rank"     may(EscalationsReview)   => rank, "Weigh an accepted escalation anew";
        POST  "/escalations/{escalation}/decline"  may(EscalationsReview)   => decline, "Find an escalation not valid, for reasons of the criteria";
        POST  "/escalations/{escalation}/withdraw" may(EscalationsWithdraw) => withdraw, "Take an escalation back";
        POST  "/escalations/{escalation}/close"    may(EscalationsReview)   => close, "End an accepted escalation with an outcome and a summary";
        POST  "/escalations/{escalation}/rating"   may(EscalationsRate)     => rate, "Say how an escalation was handled";
    }
}

type Answer = Result<Reply<EscalationDocument>, Problem>;

/// Does a verb and answers with the escalation as it stands after it.
async fn act<B: Input + Clone + Send + Sync + 'static>(
    call: Call<Guarded<EscalationRef>, B>,
    verb: impl Fn(&Verb<'_>, &mut Conn, &B) -> Outcome<EscalationId> + Clone + Send + Sync + 'static,
) -> Answer {
    call.write(move |conn, call| {
        let on = Verb {
            actor: &call.principal.actor,
            escalation: &call.address,
            expected: call.expected(),
            now: call.now,
        };
        verb(&on, conn, &call.body)?;
        let document = document(conn, call, &call.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn claim(call: Call<Guarded<EscalationRef>>) -> Answer {
    act(call, |on, conn, ()| on.claim(conn)).await
}

input! {
    /// Who becomes the owner.
    pub struct Assignment {
        /// Somebody who reviews escalations, by id or address.
        owner: String,
    }
}

async fn assign(call: Call<Guarded<EscalationRef>, Assignment>) -> Answer {
    act(call, |on, conn, body| on.assign(conn, &body.owner)).await
}

input! {
    /// How an escalation is accepted.
    pub struct Acceptance {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
        /// The answer to the requester, in Markdown.
        reply: Markdown,
        /// What is promised.
        next_steps: Option<Vec<NewStep>>,
    }
}

async fn accept(call: Call<Guarded<EscalationRef>, Acceptance>) -> Answer {
    act(call, |on, conn, body| {
        let accept = Accept {
            importance: body.importance,
            urgency: body.urgency,
            reply: body.reply.clone(),
            next_steps: body
                .next_steps
                .iter()
                .flatten()
                .cloned()
                .map(Promising::from)
                .collect(),
        };
        on.accept(conn, &accept)
    })
    .await
}

input! {
    /// How an escalation is weighed.
    pub struct Weight {
        /// How important.
        importance: Level,
        /// How urgent.
        urgency: Level,
    }
}

async fn rank(call: Call<Guarded<EscalationRef>, Weight>) -> Answer {
    act(call, |on, conn, body| {
        on.rerank(conn, body.importance, body.urgency)
    })
    .await
}

input! {
    /// Why an escalation is declined.
    pub struct Declining {
        /// The criteria that are not met; at least one.
        reasons: Vec<FindingCode>,
        /// The answer to the requester, in Markdown.
        reply: Option<Markdown>,
    }
}

async fn decline(call: Call<Guarded<EscalationRef>, Declining>) -> Answer {
    act(call, |on, conn, body| {
        on.decline(conn, &body.reasons, body.reply.as_ref())
    })
    .await
}

input! {
    /// Why an escalation is withdrawn.
    pub struct Withdrawing {
        /// Why, in Markdown; it becomes an entry of the escalation feed.
        note: Option<Markdown>,
    }
}

async fn withdraw(call: Call<Guarded<EscalationRef>, Withdrawing>) -> Answer {
    act(call, |on, conn, body| on.withdraw(conn, body.note.as_ref())).await
}

input! {
    /// How an escalation ends.
    pub struct Ending {
        /// How it ended, in a word or two.
        outcome: Title,
        /// What was done, in Markdown; it becomes an entry of the escalation feed.
        summary: Markdown,
    }
}

async fn close(call: Call<Guarded<EscalationRef>, Ending>) -> Answer {
    act(call, |on, conn, body| {
        on.close(conn, &body.outcome, &body.summary)
    })
    .await
}

input! {
    /// How an escalation was handled.
    pub struct NewRating {
        /// From 1 (badly) to 5 (well).
        score: Whole<1, 5>,
        /// In words.
        comment: Option<Note>,
    }
}

async fn rate(call: Call<Guarded<EscalationRef>, NewRating>) -> Answer {
    act(call, |on, conn, body| {
        // The type admits 1 to 5 only.
        let score = u8::try_from(body.score.get()).unwrap_or_default();
        on.rate(conn, score, body.comment.as_ref())
    })
    .await
}
