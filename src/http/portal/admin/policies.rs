//! Policies: the figures of the criteria (E12).

use super::handlers::{PLACE, again, foreseen, form};
use super::list::table;
use super::{AdminForm, Cell, Place};
use crate::db::Conn;
use crate::domain::access::Permission;
use crate::domain::case::{BusinessImpact, Priority};
use crate::domain::eligibility::{MINIMUM_PRIORITIES, Policy};
use crate::http::api_request::may;
use crate::http::portal::act::{By, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, words_of};
use crate::http::portal::list::Column;
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::store::{rules, target_rules};
use crate::words::Catalogue;
use crate::workflow::policies::{SetPolicies, foresee_policies, set_policies};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { policies:
        GET  "/admin/policies" may(Permission::PoliciesView)   => show, "The policies";
        POST "/admin/policies" may(Permission::PoliciesManage) => save, "Changes the policies";
    }
}

async fn show(req: PageRequest) -> PageResult {
    if req.can(Permission::PoliciesManage) {
        return req.show(PLACE, "admin-form", &form_page(&req).await?);
    }
    let policy = req.read(|conn| Ok(rules::policy(conn)?)).await?;
    // Who only sees them reads them as a list.
    let words = req.words();
    let row = |key: &&str| {
        let value = policy.get(key).unwrap_or_default();
        vec![
            Cell::text(words.say_of("policy", key, &[])),
            Cell::text(told(words, key, &value)),
        ]
    };
    let columns = [Column::said("policy-column"), Column::said("policy-value")];
    let rows = Policy::KEYS.iter().map(row).collect();
    let page = table(&req, Place::Policies, &columns, rows);
    req.show(PLACE, "admin-list", &page)
}

/// The family in which a policy's values are named; a figure has none.
fn family(key: &str) -> Option<(&'static str, &'static [&'static str])> {
    match key {
        // What can be escalated at all is at least medium (E12).
        "minimum_priority" => Some(("priority", MINIMUM_PRIORITIES)),
        "staleness_wait_from" => Some(("priority", Priority::NAMES)),
        "required_impact" => Some(("impact", BusinessImpact::NAMES)),
        _ => None,
    }
}

fn told(words: &Catalogue, key: &str, value: &str) -> String {
    family(key).map_or_else(
        || value.to_owned(),
        |(family, _)| words.say_of(family, value, &[]),
    )
}

async fn form_page(req: &PageRequest) -> Result<AdminForm, Problem> {
    let (policy, version) = req
        .read(|conn| Ok((rules::policy(conn)?, target_rules::policies_version(conn)?)))
        .await?;
    Ok(page(req, &policy, version))
}

fn page(req: &PageRequest, policy: &Policy, version: i64) -> AdminForm {
    let words = req.words();
    let control = |key: &&str| {
        let (label, value) = (
            words.say_of("policy", key, &[]),
            policy.get(key).unwrap_or_default(),
        );
        match family(key) {
            Some((family, names)) => Control::new(Kind::Select, *key, label)
                .choices(words_of(words, family, names, ""))
                .value(value),
            None => Control::new(Kind::Number, *key, label).value(value),
        }
        .required()
    };
    let controls = Policy::KEYS.iter().map(control).collect();
    let of = Form::new(
        "policies",
        Place::Policies.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    )
    .guarded(version);
    let (title, about) = (
        words.say_of("admin", "policies", &[]),
        words.say_of("admin-about", "policies", &[]),
    );
    AdminForm {
        back: String::new(),
        ..form(req, Place::Policies, title, about, of)
    }
}

/// The page of the policies.
struct Policies;

impl FormPage<()> for Policies {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::PoliciesSaved);
        Ok(req.go(Place::Policies.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, form_page(req).await?)
    }
}

impl ForeseeingPage<()> for Policies {
    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        foreseen(req, form_page(req).await?, shown)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let (expected, shown) = (req.expected(), req.expected());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &SetPolicies| {
        foresee_policies(conn, Some(by.actor), shown.as_deref(), command, by.now)
    };
    let save = move |conn: &mut Conn, by: By<'_>, command: &SetPolicies| {
        set_policies(conn, Some(by.actor), expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&Policies, foresee, save).await
}
