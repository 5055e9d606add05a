//! The frame around every page: who you are and for which organization, where you can go, what just happened.

use std::sync::OnceLock;

use serde::Serialize;

use super::theme::{Theme, TimeStyle};
use super::undo::UndoView;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::home::Group;
use crate::domain::language::Language;
use crate::domain::organization::Side;
use crate::http::places::{PlaceView, RoleThere};
use crate::http::principal::Principal;
use crate::http::requires::may;
use crate::words::{Catalogue, time};

/// What the frame of a page says and needs.
#[derive(Clone, Debug, Serialize)]
pub struct Shell {
    /// Language tag of the page.
    pub language: Language,
    /// The instant at which the page is made; relative times count from it.
    pub now: Instant,
    /// Path and query of this page, to come back to after choosing how pages look.
    pub address: String,
    /// Token of every form that changes something; none where nobody is signed in and no form needs it.
    pub csrf_token: Option<String>,
    /// What tells a sending of one of its forms from another: a form that is sent twice is done once.
    pub form_key: String,
    /// Where they are, if that is not their own organization (P7).
    pub away: Option<Away>,
    /// Where they can go.
    pub menu: Menu,
    /// Who reads, and how.
    pub account: Account,
    /// What the last action did.
    pub flash: Option<Banner>,
    /// What stands in the search field.
    pub search: String,
    /// Patterns by which the script keeps relative times fresh, as JSON.
    pub clock_words: &'static str,
    /// Whether a form that could not be taken is shown again, which its title says first.
    pub refused: bool,
    /// The endings of the names of files that are not taken, with commas between them.
    pub forbidden_files: String,
}

/// The places of the main navigation.
#[derive(Clone, Debug, Serialize)]
pub struct Menu {
    /// In order.
    pub nav: Vec<NavItem>,
    /// In which of them this page is; member of the message family `nav`.
    pub here: Option<&'static str>,
}

impl Menu {
    /// The places that a person may go to, on a page at `place`.
    pub(super) fn of(access: Option<&Access>, place: &str) -> Self {
        let nav = access.map_or_else(Vec::new, |access| navigation(access, place));
        let here = nav.iter().find(|item| item.current);
        Self {
            here: here.map(|item| item.place),
            nav,
        }
    }
}

/// Who reads a page, and how they want it.
#[derive(Clone, Debug, Serialize)]
pub struct Account {
    /// The person; none before signing in.
    pub viewer: Option<Viewer>,
    /// Colours: the system's, or those chosen.
    pub theme: Theme,
    /// How times are told.
    pub time_style: TimeStyle,
    /// Their time zone, an IANA name.
    pub zone: String,
}

/// The person who reads the page.
#[derive(Clone, Debug, Serialize)]
pub struct Viewer {
    /// First and last name.
    pub name: String,
    /// Two letters for the avatar.
    pub initials: String,
    /// E-mail address, to tell two accounts apart.
    pub email: String,
    /// The organization acted for.
    pub organization: String,
    /// Whether that is the provider.
    pub staff: bool,
    /// Whether they are told what happens on cases.
    pub news: bool,
    /// Where they may work, if that is more than their own organization.
    pub places: Vec<PlaceLine>,
}

/// Somebody works in an organization that is not their own.
#[derive(Clone, Debug, Serialize)]
pub struct Away {
    /// In which.
    pub organization: String,
    /// As whom: themselves, or a cloned user of theirs.
    pub person: String,
    /// Where they belong.
    pub home: String,
}

/// One place of the main navigation.
#[derive(Clone, Debug, Serialize)]
pub struct NavItem {
    /// Member of the message family `nav`.
    pub place: &'static str,
    /// Its address.
    pub href: &'static str,
    /// Whether this page is in it.
    pub current: bool,
}

/// A banner at the head of the page.
#[derive(Clone, Debug, Serialize)]
pub struct Banner {
    /// How it looks.
    pub tone: Tone,
    /// What happened, in a short sentence.
    pub title: String,
    /// What follows from it; may be empty.
    pub detail: String,
    /// What takes it back, while it can be.
    pub undo: Option<UndoView>,
}

/// How a thing looks; a word always says it too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// Done, in order.
    Good,
    /// Due soon, or about the escalation.
    Soon,
    /// Late or refused.
    Late,
}

/// An organization in which somebody may work.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceLine {
    /// Its name.
    pub name: String,
    /// What one may do there.
    pub roles: String,
    /// Its slug, to switch to; empty for one's own.
    pub slug: String,
    /// Whether one is there now.
    pub current: bool,
    /// Cloned users as whom one may be there: id and name.
    pub clones: Vec<(String, String)>,
}

/// The places that somebody may switch to, as pages list them.
pub(super) fn place_lines(words: &Catalogue, found: &[PlaceView]) -> Vec<PlaceLine> {
    let role = |role: &RoleThere| match role {
        RoleThere::Predefined(role) if role.is_of_pairings() => None,
        RoleThere::Predefined(role) => Some(words.say_of("role", role.as_str(), &[])),
        RoleThere::Own(_, name) => Some(name.clone()),
    };
    found
        .iter()
        .map(|place| PlaceLine {
            name: place.organization.name.clone(),
            roles: match place.pairing {
                None => words.say("places-own", &[]),
                Some(_) => {
                    let roles: Vec<String> = place.roles.iter().filter_map(role).collect();
                    roles.join(", ")
                }
            },
            slug: match place.pairing {
                None => String::new(),
                Some(_) => place.organization.slug.clone(),
            },
            current: place.current,
            clones: place
                .clones
                .iter()
                .map(|clone| (clone.id.to_string(), clone.name.clone()))
                .collect(),
        })
        .collect()
}

/// How the frame names the person who reads.
pub(super) fn viewer(principal: &Principal, places: Vec<PlaceLine>) -> Viewer {
    Viewer {
        places: if places.len() > 1 { places } else { Vec::new() },
        name: principal.actor.name.clone(),
        initials: initials(&principal.actor.name),
        email: principal.email.to_string(),
        organization: principal.organization.name.clone(),
        staff: principal.side() == Side::Provider,
        // The script asks for it, and whoever has something else to do first would be refused.
        news: !principal.must_set_up && may(Permission::CasesView).met_by(principal).is_ok(),
    }
}

/// Where somebody is who is not at home.
pub(super) fn away(principal: &Principal) -> Option<Away> {
    let home = principal.home.as_ref()?;
    let clone = principal.acting_as.as_ref();
    Some(Away {
        organization: principal.organization.name.clone(),
        person: clone
            .map_or(&principal.actor.name, |(_, name)| name)
            .clone(),
        home: home.name.clone(),
    })
}

/// The places that a person may go to, with `current` marked.
fn navigation(access: &Access, current: &str) -> Vec<NavItem> {
    let staff = access.side == Side::Provider;
    let help = super::help::place::first(access);
    let at_home = access.can(Permission::CasesView) || !Group::of(access).is_empty();
    let places = [
        ("home", "/", at_home),
        (
            "queue",
            "/escalations",
            staff && access.can(Permission::EscalationsView),
        ),
        ("radar", "/radar", access.can(Permission::RadarView)),
        (
            "callbacks",
            "/callbacks",
            staff && access.can(Permission::CallbacksView),
        ),
        ("cases", "/cases", access.can(Permission::CasesView)),
        ("reports", "/reports", access.can(Permission::ReportsView)),
        ("help", help, true),
        ("relationships", "/relationships", related(access)),
        (
            "admin",
            "/admin",
            !super::admin::place::places(access).is_empty(),
        ),
    ];
    let open = places.into_iter().filter(|(_, _, open)| *open);
    open.map(|(place, href, _)| NavItem {
        place,
        href,
        current: place == current,
    })
    .collect()
}

/// Whether there is anything for somebody among the relationships.
fn related(access: &Access) -> bool {
    [
        Permission::OrgTrustorsView,
        Permission::OrgTrusteesView,
        Permission::OrgTrusteesAdd,
        Permission::ClientsView,
    ]
    .into_iter()
    .any(|permission| access.can(permission))
}

/// The first letters of the first and the last name.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    let first = words.next();
    first
        .into_iter()
        .chain(words.next_back())
        .flat_map(char::to_uppercase)
        .collect()
}

/// The patterns of relative times in one language, as [`clock_words`] gives them.
static CLOCK_WORDS: [OnceLock<String>; Language::ALL.len()] =
    [const { OnceLock::new() }; Language::ALL.len()];

/// The patterns of relative times as JSON: each with a sample for every plural form, from which the script takes the
/// form of its number and puts the number in. They are made once for each language.
pub fn clock_words(words: &Catalogue) -> &'static str {
    CLOCK_WORDS[words.language() as usize].get_or_init(|| patterns_of_times(words))
}

fn patterns_of_times(words: &Catalogue) -> String {
    let samples = |unit: &str| {
        let forms =
            [1, 2, 3, 5].map(|n: i64| serde_json::json!([n, time::distance(words, unit, n)]));
        serde_json::Value::from(forms.to_vec())
    };
    let hole = "\u{1}";
    serde_json::json!({
        "minutes": samples("minutes"), "hours": samples("hours"), "days": samples("days"),
        "months": samples("months"), "years": samples("years"),
        "instant": words.say("time-instant", &[]),
        "now": words.say("time-now", &[]),
        "ago": words.say("time-ago", &[("duration", hole.into())]),
        "in": words.say("time-in", &[("duration", hole.into())]),
        "two": words.say("time-two", &[("large", hole.into()), ("small", "\u{2}".into())]),
    })
    .to_string()
}

#[cfg(test)]
impl Shell {
    /// The frame as Dana Cole of ACME sees it in March 2026.
    pub(crate) fn sample() -> Self {
        Self {
            language: Language::English,
            now: "2026-03-04T06:00:00Z".parse().unwrap(),
            address: "/cases".to_owned(),
            csrf_token: Some("token".to_owned()),
            form_key: "key".to_owned(),
            away: None,
            menu: Menu::of(None, ""),
            account: Account {
                viewer: None,
                theme: Theme::Auto,
                time_style: TimeStyle::Near,
                zone: "Europe/Berlin".to_owned(),
            },
            flash: None,
            search: String::new(),
            clock_words: clock_words(&Catalogue::load().unwrap()),
            forbidden_files: String::new(),
            refused: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_of_the_first_and_last_name() {
        assert_eq!(initials("Dana Cole"), "DC");
        assert_eq!(initials("Maria del Carmen Ruiz"), "MR");
        assert_eq!(initials("Ōe"), "Ō");
        assert_eq!(initials(""), "");
    }
}
