//! The forms by which a browser is given what it keeps for whoever reads: the colours, and how times are told.

use chrono::TimeDelta;

use super::answer::PageResult;
use super::page_request::PageRequest;
use super::render::is_local;
use super::route::{PortalRoute, pages};
use super::theme::{Theme, TimeStyle};
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

async fn colours(req: PageRequest) -> PageResult {
    let theme = typed(&req, "theme").parse().unwrap_or(Theme::Auto);
    keep(&req, Carries::Theme, theme.as_str())
}

async fn times(req: PageRequest) -> PageResult {
    let style = typed(&req, "times").parse().unwrap_or(TimeStyle::Near);
    keep(&req, Carries::Times, style.as_str())
}

fn typed<'v>(req: &'v PageRequest, name: &str) -> &'v str {
    req.typed.get(name).map_or("", String::as_str)
}

/// Keeps a choice, and leads back to the page on which it was made.
fn keep(req: &PageRequest, what: Carries, value: &'static str) -> PageResult {
    let back = Some(typed(req, "back"))
        .filter(|back| is_local(back))
        .unwrap_or("/");
    let cookie = what.cookie(&req.desk.public_url, value, LIFETIME);
    Ok(req.go(back, None).cookie(cookie))
}
