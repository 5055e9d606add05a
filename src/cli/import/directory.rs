//! What a batch has looked up: the same organization, people and lines are named on many lines.

use std::collections::{HashMap, HashSet};

use diesel::QueryResult;

use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Reach;
use crate::domain::ids::{LineId, OrganizationId, PersonId};
use crate::domain::organization::{OrganizationKind, Side};
use crate::domain::text::EmailAddress;
use crate::store::organizations::Organization;
use crate::store::people::Person;
use crate::store::{imports, lines, organizations, people};
use crate::workflow::import_case::PastActor;

/// A person whom a line names.
#[derive(Clone, Debug)]
pub struct Known {
    /// Their id.
    pub id: PersonId,
    /// Where they belong.
    pub organization: OrganizationId,
    /// On which side that is.
    pub side: Side,
    /// First and last name.
    pub name: String,
}

impl Known {
    /// The person as history names them.
    pub fn actor(&self) -> PastActor {
        PastActor {
            id: self.id,
            name: self.name.clone(),
        }
    }
}

impl Known {
    fn of(person: Person, side: Side) -> Self {
        Self {
            id: person.id,
            organization: person.organization_id,
            side,
            name: person.name(),
        }
    }
}

/// What the records of a batch name, each once: what is there of it is looked up together.
#[derive(Debug, Default)]
pub struct Names {
    /// Organizations by their names in addresses.
    pub organizations: HashSet<String>,
    /// People by their e-mail addresses.
    pub people: HashSet<EmailAddress>,
    /// Lines of business by their names.
    pub lines: HashSet<String>,
}

/// Look-ups of one transaction. Only what was found is kept, so that what a later line adds is found then; after a
/// rollback everything is forgotten, because some of it may never have been.
#[derive(Debug, Default)]
pub struct Directory {
    organizations: HashMap<String, Organization>,
    sides: HashMap<OrganizationId, Side>,
    people: HashMap<EmailAddress, Known>,
    lines: HashMap<String, LineId>,
    root: Option<LineId>,
    provider: Option<Organization>,
}

impl Directory {
    /// Forgets everything.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Looks up all of these, with one query for each kind.
    ///
    /// # Errors
    /// Database errors.
    pub fn learn(&mut self, conn: &mut Conn, names: Names) -> QueryResult<()> {
        let slugs: Vec<String> = names.organizations.into_iter().collect();
        for organization in imports::known_organizations(conn, &slugs)? {
            self.sides.insert(organization.id, organization.kind.side());
            self.organizations
                .insert(organization.slug.to_string(), organization);
        }
        let emails: Vec<EmailAddress> = names.people.into_iter().collect();
        for (person, kind) in imports::people_of(conn, &emails)? {
            let email = person.email.clone();
            self.people.insert(email, Known::of(person, kind.side()));
        }
        let lines: Vec<String> = names.lines.into_iter().collect();
        self.lines.extend(imports::known_lines(conn, &lines)?);
        Ok(())
    }

    /// The organization of that slug.
    ///
    /// # Errors
    /// Database errors.
    pub fn organization(
        &mut self,
        conn: &mut Conn,
        slug: &str,
    ) -> QueryResult<Option<Organization>> {
        if let Some(known) = self.organizations.get(slug) {
            return Ok(Some(known.clone()));
        }
        let found = organizations::by_slug(conn, Reach::Everything, slug)?;
        if let Some(organization) = &found {
            self.organizations
                .insert(slug.to_owned(), organization.clone());
        }
        Ok(found)
    }

    /// The provider.
    ///
    /// # Errors
    /// Database errors.
    pub fn provider(&mut self, conn: &mut Conn) -> QueryResult<Option<Organization>> {
        if self.provider.is_none() {
            self.provider = organizations::provider(conn)?;
        }
        Ok(self.provider.clone())
    }

    /// The person of that address.
    ///
    /// # Errors
    /// Database errors.
    pub fn person(&mut self, conn: &mut Conn, email: &EmailAddress) -> QueryResult<Option<Known>> {
        if let Some(known) = self.people.get(email) {
            return Ok(Some(known.clone()));
        }
        let Some(person) = people::by_email(conn, email)? else {
            return Ok(None);
        };
        let side = self.side(conn, person.organization_id)?;
        let known = Known::of(person, side);
        self.people.insert(email.clone(), known.clone());
        Ok(Some(known))
    }

    fn side(&mut self, conn: &mut Conn, organization: OrganizationId) -> QueryResult<Side> {
        if let Some(side) = self.sides.get(&organization) {
            return Ok(*side);
        }
        let kind = organizations::find(conn, Reach::Everything, organization)?
            .map_or(OrganizationKind::Customer, |organization| organization.kind);
        self.sides.insert(organization, kind.side());
        Ok(kind.side())
    }

    /// The line of that name.
    ///
    /// # Errors
    /// Database errors.
    pub fn line(&mut self, conn: &mut Conn, name: &str) -> QueryResult<Option<LineId>> {
        if let Some(known) = self.lines.get(name) {
            return Ok(Some(*known));
        }
        let found = lines::by_name(conn, name)?.map(|line| line.id);
        if let Some(line) = found {
            self.lines.insert(name.to_owned(), line);
        }
        Ok(found)
    }

    /// The root line.
    ///
    /// # Errors
    /// Database errors.
    pub fn root(&mut self, conn: &mut Conn, now: Instant) -> QueryResult<LineId> {
        match self.root {
            Some(root) => Ok(root),
            None => {
                let root = lines::root(conn, now)?;
                self.root = Some(root);
                Ok(root)
            }
        }
    }
}
