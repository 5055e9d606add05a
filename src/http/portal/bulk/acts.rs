//! The forms of several rows: read as the verb's command, and done with one row after the other.

use std::sync::Arc;

use actix_web::http::StatusCode;
use serde_json::{Map, Value};

use super::told::{again, nothing_to_do, told};
use super::{Acts, CHANGE, NOBODY, STEP};
use crate::db::Conn;
use crate::domain::access::Permission::{CallbacksView, CasesClose, CasesWork, EscalationsView};
use crate::domain::saved_filter::FilteredList;
use crate::http::api_request::may;
use crate::http::bulk::one_by_one;
use crate::http::portal::answer::PageResult;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::{self, Errors};
use crate::workflow::VerbResult;
use crate::workflow::bulk::{
    BulkCallbacks, BulkCases, BulkClosing, BulkEscalations, Mode, Several,
};

/// The rows of the route table. What an act on escalations or calls needs depends on the act, as it does for one of them.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { bulk:
        GET  "/cases/bulk"       may(CasesWork)       => to_cases, "Leads back to the list of cases";
        POST "/cases/bulk"       may(CasesWork)       => cases, "Says what changing several cases would come to, and changes them";
        GET  "/cases/bulk/close" may(CasesClose)      => to_cases, "Leads back to the list of cases";
        POST "/cases/bulk/close" may(CasesClose)      => closing, "Says what closing several cases would come to, and closes them";
        GET  "/escalations/bulk" may(EscalationsView) => to_queue, "Leads back to the queue";
        POST "/escalations/bulk" may(EscalationsView) => escalations, "Says what an act on several escalations would come to, and does it";
        GET  "/callbacks/bulk"   may(CallbacksView)   => to_callbacks, "Leads back to the list of callbacks";
        POST "/callbacks/bulk"   may(CallbacksView)   => callbacks, "Says what an act on several callbacks would come to, and does it";
    }
}

async fn to_cases(req: PageRequest) -> PageResult {
    Ok(req.go(FilteredList::Cases.page(), None))
}

async fn to_queue(req: PageRequest) -> PageResult {
    Ok(req.go(FilteredList::Escalations.page(), None))
}

async fn to_callbacks(req: PageRequest) -> PageResult {
    Ok(req.go(FilteredList::Callbacks.page(), None))
}

async fn cases(req: PageRequest) -> PageResult {
    each::<BulkCases>(&req, Acts::Changing).await
}

async fn closing(req: PageRequest) -> PageResult {
    each::<BulkClosing>(&req, Acts::Closing).await
}

async fn escalations(req: PageRequest) -> PageResult {
    each::<BulkEscalations>(&req, Acts::Escalations).await
}

async fn callbacks(req: PageRequest) -> PageResult {
    each::<BulkCallbacks>(&req, Acts::Callbacks).await
}

/// Does what a form asks for with one row after the other, or says what that would come to.
async fn each<C: Several>(req: &PageRequest, acts: Acts) -> PageResult {
    if let Some(page) = nothing_to_do(req, acts)? {
        return Ok(page);
    }
    let actor = req.actor()?.clone();
    let read = command::<C>(req, acts).and_then(|command| {
        command.check(&actor)?;
        Ok(command)
    });
    let command = match read {
        Ok(command) => Arc::new(command),
        Err(problem) if problem.code().status() == StatusCode::FORBIDDEN => {
            return Err(problem.into());
        }
        Err(problem) => return again(req, acts, &problem).await,
    };
    let (now, mode) = (req.now, mode(req));
    let rows = one_by_one(command.rows().to_vec(), C::named, |row| {
        let (req, actor, command) = (req.clone(), actor.clone(), Arc::clone(&command));
        async move {
            let verb = move |conn: &mut Conn| command.act_on(conn, &actor, &row, mode, now);
            req.one(mode, verb).await
        }
    });
    let rows = rows.await;
    told(req, acts, (mode, &rows)).await
}

fn mode(req: &PageRequest) -> Mode {
    match req.typed.get(STEP.0).is_some_and(|step| step == STEP.1) {
        true => Mode::Act,
        false => Mode::Preview,
    }
}

/// What was asked for, as the verb's command takes it: each row an item, and what is to stay as it is left out.
fn command<C: Several>(req: &PageRequest, acts: Acts) -> Result<C, Problem> {
    let rows = req.ticked().into_iter();
    let items: Vec<Value> = rows
        .map(|(named, version)| {
            let members = [(C::NAME, named), ("version", version)];
            let members = members.map(|(name, text)| (name.to_owned(), Value::from(text)));
            Value::Object(members.into_iter().collect())
        })
        .collect();
    let mut said = Map::from_iter([("items".to_owned(), Value::from(items))]);
    let mut change = Map::new();
    let asked = req.typed.iter();
    for (name, value) in asked.filter(|(name, value)| acts.is_asked(name) && !value.is_empty()) {
        match name.strip_prefix(CHANGE) {
            Some(field) => {
                let value = match value.as_str() {
                    NOBODY => Value::Null,
                    value => Value::from(value),
                };
                change.insert(field.to_owned(), value)
            }
            None => said.insert(name.clone(), Value::from(value.as_str())),
        };
    }
    if !change.is_empty() {
        said.insert("change".to_owned(), Value::Object(change));
    }
    input::read(&Value::Object(said), Errors::of_texts()).map_err(Problem::invalid)
}

impl PageRequest {
    /// One row, in its own transaction: for good, and then once however often the form is sent, or to be looked at.
    async fn one<T, F>(&self, mode: Mode, verb: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Fn(&mut Conn) -> VerbResult<T> + Send + 'static,
    {
        match mode {
            Mode::Act => self.write(verb).await,
            // By the way of a change, which is taken back: nothing of it is kept.
            Mode::Preview => {
                let looking = self
                    .desk
                    .db
                    .write(move |conn| Ok::<_, Problem>(verb(conn)?));
                looking.await
            }
        }
    }
}
