//! The page on which people choose which notices they get (N5).

use serde::Serialize;

use super::account::tabs;
use super::act::FormPage;
use super::answer::PageResult;
use super::flash::{Done, Flash};
use super::form::{Choice, Control, Form, Kind, group};
use super::page_request::PageRequest;
use super::parts::Tab;
use super::route::{PortalRoute, pages};
use crate::domain::notice::{Delivery, NoticeGroup, NoticeKind};
use crate::http::api_request::{OWNER, SIGNED_IN};
use crate::http::problem::Problem;
use crate::words::Catalogue;
use crate::workflow::choose_notices::{ChooseNotices, choose, kept, offered};

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
    /// The pages of the account.
    pub tabs: Vec<Tab>,
    /// The address that they go to.
    pub email: String,
    /// How much waits for the next digest, in words; empty if nothing does.
    pub kept: String,
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

async fn show(req: PageRequest) -> PageResult {
    let page = page(&req).await?;
    req.show("", "my-notices", &page)
}

async fn page(req: &PageRequest) -> Result<MyNoticesPage, Problem> {
    let me = req.principal()?;
    let person = me.person;
    let now = req.now;
    let (offered, kept) = req
        .read(move |conn| Ok((offered(conn, person, now)?, kept(conn, person)?)))
        .await?;
    let words = req.words();
    Ok(MyNoticesPage {
        tabs: tabs(words, "notices"),
        email: me.email.to_string(),
        kept: match kept {
            0 => String::new(),
            kept => words.say("my-notices-kept", &[("count", kept.into())]),
        },
        form: form(words, &offered),
        fixed: fixed(words, &offered),
    })
}

/// One question for each kind that can be chosen, grouped by what they are about.
pub(super) fn form(words: &Catalogue, offered: &[(NoticeKind, Delivery)]) -> Form {
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
    let of_group = |about: &NoticeGroup| {
        let kinds = offered.iter();
        let chosen = kinds.filter(|(kind, _)| kind.is_chosen() && kind.group() == *about);
        let controls: Vec<Control> = chosen.map(control).collect();
        match controls.is_empty() {
            true => controls,
            false => group(words.say_of("notice-group", about.as_str(), &[]), controls),
        }
    };
    Form::new(
        "notices",
        ADDRESS,
        words.say("my-notices-button", &[]),
        NoticeGroup::ALL.iter().flat_map(of_group).collect(),
    )
}

/// The kinds that cannot be switched off, each with its reason.
pub(super) fn fixed(words: &Catalogue, offered: &[(NoticeKind, Delivery)]) -> Vec<FixedNotice> {
    let fixed = offered.iter().filter(|(kind, _)| !kind.is_chosen());
    let fixed = fixed.map(|(kind, _)| FixedNotice {
        label: words.say_of("notice-kind", kind.as_str(), &[]),
        why: words.say_of("notice-fixed", kind.topic().as_str(), &[]),
    });
    fixed.collect()
}

/// The page.
struct MyNotices;

impl FormPage<()> for MyNotices {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go(ADDRESS, Some(Flash::new(Done::NoticesChosen))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req).await?;
        page.form = page.form.refused_for(req.words(), &req.typed, &problem);
        req.show_again(problem.code().status(), "", "my-notices", &page)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let oneself = req.principal()?.oneself();
    req.act(&MyNotices, move |conn, by, command: &ChooseNotices| {
        choose(conn, &oneself, command, by.now)
    })
    .await
}
