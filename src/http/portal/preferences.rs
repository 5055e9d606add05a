//! What a browser keeps for whoever reads: the colours, and how times are told.

use chrono::TimeDelta;
use serde::Serialize;

use super::answer::PageResult;
use super::page_request::PageRequest;
use super::render::is_local;
use super::route::{PortalRoute, pages};
use crate::http::api_request::ANYONE;
use crate::http::cookies::Carries;

/// For how long a browser keeps what was chosen.
const LIFETIME: TimeDelta = TimeDelta::days(365);

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { preferences:
        POST "/theme" ANYONE => colours, "Chooses the colours";
        POST "/times" ANYONE => times, "Chooses how times are told";
    }
}

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The theme of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.as_str() == name)
    }

    /// Its name in cookies and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// How pages tell times (H3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Telling {
    /// As people say them: "2 h ago", "Tomorrow 10:12"; the instant itself comes up under the pointer.
    #[default]
    Near,
    /// By date and time, for those who have no pointer, or compare with a log.
    Exact,
}

impl Telling {
    /// The way of that name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Near, Self::Exact]
            .into_iter()
            .find(|telling| telling.as_str() == name)
    }

    /// Its name in cookies and forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Exact => "exact",
        }
    }
}

async fn colours(visit: PageRequest) -> PageResult {
    let theme = Theme::named(typed(&visit, "theme")).unwrap_or_default();
    keep(&visit, Carries::Theme, theme.as_str())
}

async fn times(visit: PageRequest) -> PageResult {
    let telling = Telling::named(typed(&visit, "times")).unwrap_or_default();
    keep(&visit, Carries::Times, telling.as_str())
}

fn typed<'v>(visit: &'v PageRequest, name: &str) -> &'v str {
    visit.typed.get(name).map_or("", String::as_str)
}

/// Keeps a choice, and leads back to the page on which it was made.
fn keep(visit: &PageRequest, what: Carries, value: &'static str) -> PageResult {
    let back = Some(typed(visit, "back"))
        .filter(|back| is_local(back))
        .unwrap_or("/");
    let cookie = what.cookie(&visit.desk.public_url, value, LIFETIME);
    Ok(visit.go(back, None).cookie(cookie))
}
