//! What becomes of an escalation (M2, M4-M6, M11).

use super::documents::EscalationDocument;
use super::escalations::document;
use crate::db::Conn;
use crate::domain::access::Permission::{
    EscalationsAssign, EscalationsRate, EscalationsReview, EscalationsWithdraw,
};
use crate::domain::ids::{EscalationId, EscalationRef};
use crate::http::api_request::{ApiRequest, Guarded, may};
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::input::Input;
use crate::workflow::VerbResult;
use crate::workflow::review_escalation::{
    AcceptEscalation, AskRater, AssignEscalation, CloseEscalation, DeclineEscalation,
    RankEscalation, RateEscalation, Verb, WithdrawEscalation,
};

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
        POST  "/escalations/{escalation}/rater"    may(EscalationsReview)   => ask_rater, "Ask somebody else for the rating of an escalation that has ended, since whoever was asked is gone";
        POST  "/escalations/{escalation}/rating"   may(EscalationsRate)     => rate, "Say how an escalation was handled";
    }
}

type Answer = Result<Reply<EscalationDocument>, Problem>;

/// Does a verb and answers with the escalation as it stands after it.
async fn act<B: Input + Clone + Send + Sync + 'static>(
    req: ApiRequest<Guarded<EscalationRef>, B>,
    verb: impl Fn(&Verb<'_>, &mut Conn, &B) -> VerbResult<EscalationId> + Clone + Send + Sync + 'static,
) -> Answer {
    req.write(move |conn, req| {
        let on = Verb {
            actor: &req.principal.actor,
            escalation: &req.address,
            expected: req.expected(),
            now: req.now,
        };
        verb(&on, conn, &req.body)?;
        let document = document(conn, req, &req.address)?;
        Ok(Reply::new(&document)?.version(document.version))
    })
    .await
}

async fn claim(req: ApiRequest<Guarded<EscalationRef>>) -> Answer {
    act(req, |on, conn, ()| on.claim(conn)).await
}

async fn assign(req: ApiRequest<Guarded<EscalationRef>, AssignEscalation>) -> Answer {
    act(req, |on, conn, command| on.assign(conn, command)).await
}

async fn accept(req: ApiRequest<Guarded<EscalationRef>, AcceptEscalation>) -> Answer {
    act(req, |on, conn, command| on.accept(conn, command)).await
}

async fn rank(req: ApiRequest<Guarded<EscalationRef>, RankEscalation>) -> Answer {
    act(req, |on, conn, command| on.rerank(conn, command)).await
}

async fn decline(req: ApiRequest<Guarded<EscalationRef>, DeclineEscalation>) -> Answer {
    act(req, |on, conn, command| on.decline(conn, command)).await
}

async fn withdraw(req: ApiRequest<Guarded<EscalationRef>, WithdrawEscalation>) -> Answer {
    act(req, |on, conn, command| on.withdraw(conn, command)).await
}

async fn close(req: ApiRequest<Guarded<EscalationRef>, CloseEscalation>) -> Answer {
    act(req, |on, conn, command| on.close(conn, command)).await
}

async fn ask_rater(req: ApiRequest<Guarded<EscalationRef>, AskRater>) -> Answer {
    act(req, |on, conn, command| on.ask_rater(conn, command)).await
}

async fn rate(req: ApiRequest<Guarded<EscalationRef>, RateEscalation>) -> Answer {
    act(req, |on, conn, command| on.rate(conn, command)).await
}
