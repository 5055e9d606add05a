//! Access groups: who is in them, and what they carry (A3).

mod handlers;

use serde::Serialize;

use super::roles::Removal;
use crate::http::portal::form::{Form, Wrong};
use crate::http::portal::parts::Tab;

pub(in crate::http::portal) use handlers::routes;

/// One access group.
#[derive(Clone, Debug, Serialize)]
pub struct GroupPage {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub organization: String,
    /// The places of the administration.
    pub tabs: Vec<Tab>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// Makes somebody a member; for who may change the group.
    pub join: Option<Form>,
    /// What is wrong with the members; may be empty.
    pub wrong: Wrong,
    /// What it carries, to read.
    pub roles: Vec<String>,
    /// What it is called and carries, to change; for who may change the group.
    pub form: Option<Form>,
    /// The lines whose cases its members read by grants that name it.
    pub lines: Vec<String>,
    /// Removes it; for who may change the group.
    pub removal: Option<Removal>,
}

/// Somebody who is in a group.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// First and last name.
    pub name: String,
    /// Their page; empty for who may not see people.
    pub href: String,
    /// Ends the membership; empty for who may not.
    pub leave: String,
}
