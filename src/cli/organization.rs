//! `casebell organization`: what an administrator on the machine itself can do for an organization whose people cannot.

use super::refusal::error;
use crate::clock::Clock;
use crate::config::Settings;
use crate::db::Db;
use crate::domain::access::Reach;
use crate::domain::network::Network;
use crate::domain::text::Slug;
use crate::store::organizations;
use crate::workflow::Rejection;
use crate::workflow::allow_networks::allow_networks;

/// See to organizations.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum OrganizationCommand {
    /// Let people work in an organization from these networks alone; from anywhere if none is given. For whoever has locked
    /// themselves out.
    Networks {
        /// The organization: its name in addresses.
        organization: Slug,
        /// Networks, such as 192.0.2.0/24.
        networks: Vec<Network>,
    },
}

pub(super) fn run(command: &OrganizationCommand, settings: &Settings) -> anyhow::Result<()> {
    let now = Clock::System.now();
    let OrganizationCommand::Networks {
        organization,
        networks,
    } = command.clone();
    let said = match networks.as_slice() {
        [] => format!("{organization}: from anywhere"),
        networks => {
            let names: Vec<String> = networks.iter().map(Network::to_string).collect();
            format!("{organization}: from {}", names.join(", "))
        }
    };
    super::block_on(async {
        let db = Db::open(&settings.database_url.location())?;
        let written = db.write(move |conn| {
            let found = organizations::by_slug(conn, Reach::Everything, organization.as_str())?;
            let unknown = || Rejection::Field {
                field: "organization",
                code: "not_found",
                given: organization.to_string(),
            };
            let id = found.ok_or_else(unknown)?.id;
            allow_networks(conn, (None, None), id, None, &networks, now)
        });
        written.await.map_err(error)?;
        Ok(super::print(&said)?)
    })
}
