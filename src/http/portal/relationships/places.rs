//! Where one may work, and switching there and back (P7).

use super::PlacesPage;
use crate::http::places::{self, SwitchOrganization};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::shell::place_lines;
use crate::http::principal::Via;
use crate::http::problem::Problem;

pub(super) async fn show(req: PageRequest) -> PageResult {
    let places = place_lines(req.words(), &req.places);
    let alone = places.len() < 2;
    req.show("", "places", &PlacesPage { places, alone })
}

pub(super) async fn switch(req: PageRequest) -> PageResult {
    let principal = req.principal()?.clone();
    let Via::Session { id, .. } = principal.via else {
        return Err(Problem::not_found().into());
    };
    let (command, now) = (req.form::<SwitchOrganization>()?, req.now);
    let switched = req
        .desk
        .db
        .write(move |conn| places::switch(conn, &principal, id, &command, now))
        .await?;
    let flash = match switched.home {
        Some(_) => Flash::new(Done::SwitchedTo).name(&switched.organization.name),
        None => Flash::new(Done::BackHome).name(&switched.organization.name),
    };
    Ok(req.go("/", Some(flash)))
}
