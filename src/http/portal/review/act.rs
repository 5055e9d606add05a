//! What is done with an escalation: each form ends on its page again, with what was done or what is wrong.

use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::draft::{DraftPlace, OnEscalation as OnEscalationPlace};
use crate::domain::ids::{CaseRef, EscalationId, EscalationRef};
use crate::domain::template::Purpose;
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::case_page::{
    escalation_again, escalation_composed_again, show_escalation,
};
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::helped::{inserted, inserts, ranked, unfilled};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::posted::{Posted, posted};
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::Field;
use crate::store::escalations;
use crate::workflow::VerbError;
use crate::workflow::attachments::For;
use crate::workflow::draft;
use crate::workflow::feed::{self, PostOnEscalation, Posting};
use crate::workflow::promise::{PromiseStep, promise_on_escalation};
use crate::workflow::review_escalation::{
    AcceptEscalation, CloseEscalation, DeclineEscalation, Verb,
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    let rows = pages! { review:
        GET  "/escalations/{escalation}"            may(Permission::EscalationsView)     => show_escalation, "An escalation";
        POST "/escalations/{escalation}/claim"      may(Permission::EscalationsReview)   => claim, "Claims an escalation";
        POST "/escalations/{escalation}/assign"     may(Permission::EscalationsAssign)   => assign, "Assigns an escalation";
        POST "/escalations/{escalation}/accept"     may(Permission::EscalationsReview)   => accept, "Accepts an escalation";
        POST "/escalations/{escalation}/decline"    may(Permission::EscalationsReview)   => decline, "Declines an escalation";
        POST "/escalations/{escalation}/rank"       may(Permission::EscalationsReview)   => rerank, "Ranks an escalation anew";
        POST "/escalations/{escalation}/withdraw"   may(Permission::EscalationsWithdraw) => withdraw, "Withdraws an escalation";
        POST "/escalations/{escalation}/close"      may(Permission::EscalationsReview)   => close, "Closes an escalation";
        POST "/escalations/{escalation}/rating"     may(Permission::EscalationsRate)     => rate, "Rates an escalation";
        POST "/escalations/{escalation}/rater"      may(Permission::EscalationsReview)   => ask_rater, "Asks somebody else for the rating";
        POST "/escalations/{escalation}/feed"       may(Permission::FeedsComment)        => post, "Writes in an escalation's feed";
        POST "/escalations/{escalation}/next-steps" may(Permission::NextStepsPromise)    => promise, "Promises a next step on an escalation";
    };
    PortalRoute::with_attachments(rows, &["/escalations/{escalation}/feed"])
}

/// A form on the page of an escalation: the panel of a verb, or the composer of the feed.
struct OnEscalation {
    escalation: EscalationRef,
    form: On,
}

/// Which form of the page.
enum On {
    /// A button: nothing is typed that could be shown again.
    Button,
    /// The composer of its feed.
    Composer,
    /// The panel of a verb.
    Panel(&'static str),
}

impl OnEscalation {
    /// On to the page of the escalation, where `flash` is told.
    async fn back(&self, req: &PageRequest, flash: Flash) -> PageResult {
        let (reach, escalation) = (req.access()?.reach(), self.escalation);
        let view = req
            .read(move |conn| Ok(escalations::view(conn, reach, &escalation)?))
            .await?;
        let view = view.ok_or_else(Problem::not_found)?;
        let number = view.escalation.number;
        let flash = flash.number(number).name(&view.requested_by.name);
        Ok(req.go(format!("/escalations/{number}"), Some(flash)))
    }
}

impl FormPage<Posted> for OnEscalation {
    async fn done(&self, req: &PageRequest, posted: Posted) -> PageResult {
        self.back(req, posted.flash()).await
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        FormPage::<Done>::refused(self, req, problem).await
    }
}

impl FormPage for OnEscalation {
    async fn done(&self, req: &PageRequest, done: Done) -> PageResult {
        self.back(req, Flash::new(done)).await
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        match self.form {
            On::Button => Err(problem.into()),
            On::Composer => escalation_composed_again(req, &self.escalation, Some(problem)).await,
            On::Panel(verb) => {
                escalation_again(req, &self.escalation, (verb, ""), Some(problem)).await
            }
        }
    }
}

impl OnEscalation {
    /// Does one verb of the workflow in one transaction.
    async fn act<C, F>(self, req: &PageRequest, done: Done, work: F) -> PageResult
    where
        C: Field + Send + 'static,
        F: Fn(&Verb<'_>, &mut Conn, &C) -> Result<EscalationId, VerbError> + Send + 'static,
    {
        let escalation = self.escalation;
        req.act(&self, move |conn, by, command: &C| {
            let verb = Verb {
                actor: by.actor,
                escalation: &escalation,
                expected: None,
                now: by.now,
            };
            work(&verb, conn, command)?;
            Ok(done)
        })
        .await
    }
}

fn on(escalation: EscalationRef, form: On) -> OnEscalation {
    OnEscalation { escalation, form }
}

async fn claim(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Button)
        .act(&req, Done::Claimed, |verb, conn, (): &()| verb.claim(conn))
        .await
}

async fn assign(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Panel("assign"))
        .act(&req, Done::Assigned, |verb, conn, command| {
            verb.assign(conn, command)
        })
        .await
}

async fn accept(req: PageRequest, escalation: EscalationRef) -> PageResult {
    if req.typed.contains_key("more") {
        return escalation_again(&req, &escalation, ("accept", ""), None).await;
    }
    let place = DraftPlace::Escalation(escalation, OnEscalationPlace::Accept);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, AcceptEscalation::reply().name).await;
        let page = on(escalation, On::Panel("accept"));
        return req.finish::<Done>(&page, kept).await;
    }
    if inserts(&req) {
        return insert(req, escalation, Purpose::Accept, "accept").await;
    }
    let (req, page) = (ranked(req), on(escalation, On::Panel("accept")));
    if let Some(problem) = unfilled(&req, "reply") {
        return req.finish::<Done>(&page, Err(problem)).await;
    }
    page.act(&req, Done::Accepted, move |verb, conn, command| {
        let id = verb.accept(conn, command)?;
        draft::sent(conn, verb.actor, &place)?;
        Ok(id)
    })
    .await
}

/// The panel again, with a template put into its reply.
async fn insert(
    req: PageRequest,
    escalation: EscalationRef,
    purpose: Purpose,
    verb: &'static str,
) -> PageResult {
    let reach = req.access()?.reach();
    let found = req
        .read(move |conn| Ok(escalations::ids_of(conn, reach, &escalation)?))
        .await?;
    let (_, case) = found.ok_or_else(Problem::not_found)?;
    let req = inserted(req, CaseRef::Id(case), purpose, "reply").await?;
    escalation_again(&req, &escalation, (verb, ""), None).await
}

async fn decline(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let page = on(escalation, On::Panel("decline"));
    let place = DraftPlace::Escalation(escalation, OnEscalationPlace::Decline);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, DeclineEscalation::reply().name).await;
        return req.finish::<Done>(&page, kept).await;
    }
    if inserts(&req) {
        return insert(req, escalation, Purpose::Decline, "decline").await;
    }
    if let Some(problem) = unfilled(&req, "reply") {
        return req.finish::<Done>(&page, Err(problem)).await;
    }
    page.act(&req, Done::Declined, move |verb, conn, command| {
        let id = verb.decline(conn, command)?;
        draft::sent(conn, verb.actor, &place)?;
        Ok(id)
    })
    .await
}

async fn rerank(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Panel("rerank"))
        .act(&ranked(req), Done::Reranked, |verb, conn, command| {
            verb.rerank(conn, command)
        })
        .await
}

async fn withdraw(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Panel("withdraw"))
        .act(&req, Done::Withdrawn, |verb, conn, command| {
            verb.withdraw(conn, command)
        })
        .await
}

async fn close(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let page = on(escalation, On::Panel("close"));
    let place = DraftPlace::Escalation(escalation, OnEscalationPlace::Close);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, CloseEscalation::summary().name).await;
        return req.finish::<Done>(&page, kept).await;
    }
    page.act(&req, Done::EscalationClosed, move |verb, conn, command| {
        let id = verb.close(conn, command)?;
        draft::sent(conn, verb.actor, &place)?;
        Ok(id)
    })
    .await
}

async fn ask_rater(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Panel("ask_rater"))
        .act(&req, Done::RaterAsked, |verb, conn, command| {
            verb.ask_rater(conn, command)
        })
        .await
}

async fn rate(req: PageRequest, escalation: EscalationRef) -> PageResult {
    on(escalation, On::Panel("rate"))
        .act(&req, Done::Rated, |verb, conn, command| {
            verb.rate(conn, command)
        })
        .await
}

async fn post(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let page = on(escalation, On::Composer);
    let place = DraftPlace::Escalation(escalation, OnEscalationPlace::Feed);
    if req.keeps_a_draft() {
        return req.keep_typed(&page, place).await;
    }
    let reach = req.access()?.reach();
    let found = req
        .read(move |conn| Ok(escalations::ids_of(conn, reach, &escalation)?))
        .await?;
    let (_, case) = found.ok_or_else(Problem::not_found)?;
    let (req, files) = req.with_files(For::Case(CaseRef::Id(case))).await;
    if let Err(problem) = files {
        return req.finish::<Posted>(&page, Err(problem)).await;
    }
    if inserts(&req) {
        let (case, purpose) = (CaseRef::Id(case), Purpose::EscalationReply);
        let req = inserted(req, case, purpose, "body").await?;
        return escalation_composed_again(&req, &escalation, None).await;
    }
    if let Some(problem) = unfilled(&req, "body") {
        return req.finish::<Posted>(&page, Err(problem)).await;
    }
    let undo = req.desk.undo;
    req.act(&page, move |conn, by, command: &PostOnEscalation| {
        let at = Posting { now: by.now, undo };
        let view = feed::post_on_escalation(conn, by.actor, &escalation, command, at)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(posted(&view, by.now))
    })
    .await
}

async fn promise(req: PageRequest, escalation: EscalationRef) -> PageResult {
    let page = on(escalation, On::Panel("promise"));
    let place = DraftPlace::Escalation(escalation, OnEscalationPlace::Promise);
    if req.keeps_a_draft() {
        let kept = req.keep_form(place, PromiseStep::what().name).await;
        return req.finish::<Done>(&page, kept).await;
    }
    req.act(&page, move |conn, by, command: &PromiseStep| {
        promise_on_escalation(conn, by.actor, &escalation, command, by.now)?;
        draft::sent(conn, by.actor, &place)?;
        Ok(Done::Promised)
    })
    .await
}
