//! The page on which people choose which notices they get (N5).

use serde::Serialize;

use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Choice, Control, Form, Kind};
use super::page_request::PageRequest;
use super::route::{PortalRoute, pages};
use crate::domain::notice::{Delivery, NoticeKind};
use crate::http::api_request::{OWNER, SIGNED_IN};
use crate::http::problem::Problem;
use crate::words::Catalogue;
use crate::workflow::choose_notices::{ChooseNotices, choose, chosen};

/// Where it is.
pub(super) const ADDRESS: &str = "/account/notices";

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { my_notices:
        GET  "/account/notices" SIGNED_IN => show, "Which notices one gets";
        POST "/account/notices" OWNER     => save, "Chooses which notices one gets";
    }
}

/// Which notices a person gets.
#[derive(Clone, Debug, Serialize)]
pub struct MyNoticesPage {
    /// The address that they go to.
    pub email: String,
    /// What can be chosen.
    pub form: Form,
    /// What cannot.
    pub fixed: Vec<FixedNotice>,
}

/// A kind of notice that cannot be switched off.
#[derive(Clone, Debug, Serialize)]
pub struct FixedNotice {
    /// What it is called.
    pub label: String,
    /// Why it cannot be switched off.
    pub why: String,
}

async fn show(visit: PageRequest) -> PageResult {
    let page = page(&visit).await?;
    visit.show("", "my-notices", &page)
}

async fn page(visit: &PageRequest) -> Result<MyNoticesPage, Problem> {
    let me = visit.principal()?;
    let person = me.person;
    let chosen = visit.look(move |conn| Ok(chosen(conn, person)?)).await?;
    Ok(MyNoticesPage {
        email: me.email.to_string(),
        form: form(visit.words(), &chosen),
        fixed: fixed(visit.words()),
    })
}

/// One question for each kind that can be switched off.
pub(super) fn form(words: &Catalogue, chosen: &[(NoticeKind, Delivery)]) -> Form {
    let choices = || {
        let choice = |name: &&'static str| Choice::new(*name, words.say_of("delivery", name, &[]));
        Delivery::NAMES.iter().map(choice).collect()
    };
    let control = |(kind, delivery): &(NoticeKind, Delivery)| {
        let label = words.say_of("notice-kind", kind.as_str(), &[]);
        Control::new(Kind::Select, kind.as_str(), label)
            .choices(choices())
            .value(delivery.as_str())
            .required()
            .half()
    };
    let optional = chosen.iter().filter(|(kind, _)| kind.is_optional());
    Form::new(
        "notices",
        ADDRESS,
        words.say("my-notices-button", &[]),
        optional.map(control).collect(),
    )
}

/// The kinds that cannot be switched off, each with its reason.
pub(super) fn fixed(words: &Catalogue) -> Vec<FixedNotice> {
    NoticeKind::ALL
        .iter()
        .filter(|kind| !kind.is_optional())
        .map(|kind| FixedNotice {
            label: words.say_of("notice-kind", kind.as_str(), &[]),
            why: words.say_of("notice-fixed", kind.topic().as_str(), &[]),
        })
        .collect()
}

/// The page.
struct MyNotices;

impl FormPage<()> for MyNotices {
    async fn done(&self, visit: &PageRequest, (): ()) -> PageResult {
        Ok(visit.go(ADDRESS, Some(Flash::new(Done::NoticesChosen))))
    }

    async fn refused(&self, visit: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(visit).await?;
        page.form = page.form.refused_for(visit.words(), &visit.typed, &problem);
        visit.show_again(problem.code().status(), "", "my-notices", &page)
    }
}

async fn save(visit: PageRequest) -> PageResult {
    let oneself = visit.principal()?.oneself();
    visit
        .act(&MyNotices, move |conn, by, command: &ChooseNotices| {
            choose(conn, &oneself, command, by.now)
        })
        .await
}
