//! Where one may work, and switching there and back (P7).

use super::{PlaceLine, PlacesPage};
use crate::http::places::{self, PlaceView, RoleThere, SwitchOrganization};
use crate::http::portal::answer::Outcome;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::visit::Visit;
use crate::http::principal::Via;
use crate::http::problem::Problem;
use crate::words::Words;

/// The places that somebody may switch to, as pages list them.
pub(in crate::http::portal) fn lines(words: &Words, found: &[PlaceView]) -> Vec<PlaceLine> {
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

pub(super) async fn show(visit: Visit) -> Outcome {
    let places = lines(visit.words(), &visit.places);
    let alone = places.len() < 2;
    visit.show("", "places", &PlacesPage { places, alone })
}

pub(super) async fn switch(visit: Visit) -> Outcome {
    let principal = visit.principal()?.clone();
    let Via::Session { id, .. } = principal.via else {
        return Err(Problem::not_found().into());
    };
    let (command, now) = (visit.form::<SwitchOrganization>()?, visit.now);
    let switched = visit
        .desk
        .db
        .write(move |conn| places::switch(conn, &principal, id, &command, now))
        .await?;
    let flash = match switched.home {
        Some(_) => Flash::new(Done::SwitchedTo).name(&switched.organization.name),
        None => Flash::new(Done::BackHome).name(&switched.organization.name),
    };
    Ok(visit.go("/", Some(flash)))
}
