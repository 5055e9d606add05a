//! *Help*: the knowledge base, announcements, tutorials and tools, and how escalation works (H1), under one place of the bar.

pub mod announcements;
pub mod articles;
pub mod escalation;
pub(crate) mod place;
pub mod suggested;
pub mod tools;
pub mod tutorials;

use serde::Serialize;

use super::answer::PageResult;
use super::form::{Choice, Control, Form, Kind, ticks, words_of};
use super::page_request::PageRequest;
use super::parts::Tab;
use super::route::PortalRoute;
use crate::db::Conn;
use crate::domain::access::Reach;
use crate::domain::audience::AudienceKind;
use crate::http::api::documents::AudienceDocument;
use crate::http::problem::Problem;
use crate::store::organizations;
use crate::workflow::audience::ForWhom;

pub use place::HelpPlace;

use place::PLACE;

/// What stands before the fields of an audience.
const AUDIENCE: &str = "audience.";
/// The most organizations that a form offers.
const ORGANIZATIONS: i64 = 500;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    [
        articles::routes(),
        announcements::routes(),
        tutorials::routes(),
        tools::routes(),
        escalation::routes(),
    ]
    .concat()
}

/// The places that are open to the visitor, with `current` marked.
fn tabs(req: &PageRequest, current: HelpPlace) -> Vec<Tab> {
    let Ok(access) = req.access() else {
        return Vec::new();
    };
    let places = HelpPlace::ALL.iter().copied();
    let open = places.filter(|place| place.is_open(access));
    open.map(|place| Tab {
        label: req.words().say_of("help", place.as_str(), &[]),
        href: place.href().to_owned(),
        count: None,
        current: place == current,
    })
    .collect()
}

/// A page of help with a form.
#[derive(Clone, Debug, Serialize)]
pub struct HelpForm {
    /// What it is about.
    pub title: String,
    /// What that means.
    pub about: String,
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// What to fill in.
    pub form: Form,
    /// Removes the thing; none for a new one.
    pub removal: Option<Form>,
    /// The list that it belongs to.
    pub back: String,
}

impl HelpForm {
    fn show(&self, req: &PageRequest) -> PageResult {
        req.show(PLACE, "help-form", self)
    }

    /// The page again, as it was typed.
    fn again(mut self, req: &PageRequest, problem: &Problem) -> PageResult {
        self.form = self.form.refused_for(req.words(), &req.typed, problem);
        req.show_again(problem.code().status(), PLACE, "help-form", &self)
    }
}

/// The organizations that a form offers for an audience: their slugs and names.
fn offered(conn: &mut Conn) -> Result<Vec<Choice>, Problem> {
    let all = organizations::by_name(conn, Reach::Everything, ORGANIZATIONS)?;
    let choices = all
        .into_iter()
        .map(|organization| Choice::new(organization.slug.to_string(), organization.name));
    Ok(choices.collect())
}

/// For whom something is: a kind, and for certain organizations which.
fn audience(
    req: &PageRequest,
    offered: &[Choice],
    current: Option<&AudienceDocument>,
) -> Vec<Control> {
    let words = req.words();
    let kinds = words_of(words, "audience", AudienceKind::NAMES, "");
    let to = Control::of(ForWhom::to(), words.say_of("label", "audience", &[]))
        .within(AUDIENCE)
        .kind(Kind::Radio)
        .choices(kinds);
    let to = match current {
        Some(audience) => to.value(audience.to.as_str()),
        None => to,
    };
    let named = current.and_then(|audience| audience.organizations.as_ref());
    let is_named = |slug: &str| named.is_some_and(|all| all.iter().any(|one| one.slug == slug));
    let tick = |(slug, name): (&str, &str)| {
        let field = format!("{AUDIENCE}organizations.{slug}");
        Control::new(Kind::Check, field, name.to_owned()).checked(is_named(slug))
    };
    let offers = |slug: &str| offered.iter().any(|choice| choice.value == slug);
    // Those that are named stand here however many there are: whoever saves the form leaves none of them out unseen.
    let further = named.into_iter().flatten();
    let further = further.filter(|one| !offers(&one.slug));
    let choices = offered
        .iter()
        .map(|choice| (choice.value.as_str(), choice.label.as_str()))
        .chain(further.map(|one| (one.slug.as_str(), one.name.as_str())));
    let legend = words.say_of("label", "audience-organizations", &[]);
    let mut controls = vec![to];
    controls.extend(ticks(legend, choices.map(tick).collect()));
    controls
}

/// For whom something is, in words; nothing for those who are not told.
fn told_audience(req: &PageRequest, audience: Option<&AudienceDocument>) -> String {
    let Some(audience) = audience else {
        return String::new();
    };
    match (audience.to, &audience.organizations) {
        (AudienceKind::Organizations, Some(named)) => {
            let names: Vec<&str> = named.iter().map(|one| one.name.as_str()).collect();
            names.join(", ")
        }
        (kind, _) => req.words().say_of("audience", kind.as_str(), &[]),
    }
}
