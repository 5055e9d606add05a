//! From which networks people work (A7).

use serde_json::Value;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use super::handlers::{PLACE, again, form};
use super::roles::{carried, organization};
use super::{AdminForm, Place};
use crate::domain::access::Permission;
use crate::domain::network::Network;
use crate::http::api_request::may;
use crate::http::portal::act::FormPage;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::Problem;
use crate::input::{At, Errors, Fault, Field, LONGEST_LIST, Shape, input, text};
use crate::workflow::allow_networks::allow_networks;

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { networks:
        GET  "/admin/networks" may(Permission::RolesManage)          => show, "The networks from which people work";
        POST "/admin/networks" may(Permission::RolesManage).proven() => save, "Lets people work from these networks alone";
    }
}

/// Networks as a page asks for them, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkLines(pub Vec<Network>);

impl Field for NetworkLines {
    const SHAPE: Shape = Shape::Words(NetworkLines::MAX);
    const MOST_BYTES: usize = Self::SHAPE.most_bytes();

    fn absent() -> Option<Self> {
        Some(Self(Vec::new()))
    }

    fn read(value: &Value, at: &At<'_>, errors: &mut Errors) -> Option<Self> {
        let text = text(value, at, errors)?;
        let lines = text.split(['\n', ',']).map(str::trim);
        let read: Result<Vec<Network>, _> = lines
            .filter(|line| !line.is_empty())
            .map(str::parse)
            .collect();
        match read {
            Ok(networks) if networks.len() > LONGEST_LIST => {
                errors.refuse(at, Fault::new("too_many").with("max", LONGEST_LIST))
            }
            Ok(networks) => Some(Self(networks)),
            Err(malformed) => errors.refuse(at, malformed),
        }
    }

    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::String).into()
    }
}

impl NetworkLines {
    /// The most characters: a hundred of the longest, each on a line.
    pub const MAX: usize = LONGEST_LIST * 44;
}

input! {
    /// The networks, as they are typed.
    pub struct TypedNetworks {
        /// One a line.
        networks: NetworkLines,
        /// In which organization; the visitor's own if not given.
        organization: Option<String>,
    }
}

async fn show(req: PageRequest) -> PageResult {
    req.show(PLACE, "admin-form", &page(&req).await?)
}

async fn page(req: &PageRequest) -> Result<AdminForm, Problem> {
    let organization = organization(req).await?;
    let words = req.words();
    let lines: Vec<String> = (organization.allowed_networks.iter())
        .map(Network::to_string)
        .collect();
    let from = req.client.map(|client| client.to_string());
    let hint = words.say(
        "networks-hint",
        &[("address", from.unwrap_or_default().into())],
    );
    let field = Control::of(
        TypedNetworks::networks(),
        words.say_of("label", "networks", &[]),
    );
    let mut controls = vec![field.value(lines.join("\n")).hint(hint)];
    controls.extend(carried(req.access()?, &organization));
    let of = Form::new(
        "networks",
        Place::Networks.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    let (title, about) = (
        words.say_of("admin", "networks", &[]),
        words.say_of("admin-about", "networks", &[]),
    );
    Ok(AdminForm {
        back: String::new(),
        ..form(
            req,
            Place::Networks,
            title,
            about,
            of.guarded(organization.version),
        )
    })
}

/// The page of the networks.
struct Networks;

impl FormPage<()> for Networks {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let flash = Flash::new(Done::NetworksAllowed);
        Ok(req.go(Place::Networks.href(), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        again(req, &problem, page(req).await?)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let id = organization(&req).await?.id;
    let (from, expected) = (req.client, req.expected());
    req.act(&Networks, move |conn, by, command: &TypedNetworks| {
        let (by_and_from, expected) = ((Some(by.actor), from), expected.as_deref());
        allow_networks(conn, by_and_from, id, expected, &command.networks.0, by.now)
    })
    .await
}
