//! Relationships: who may work in one's organization, and where one's own may work (P12), with the pages of a pairing,
//! its links, and the way into another organization and back (P7).

mod acts;
mod handlers;
mod link;
mod places;
mod show;

use serde::Serialize;

use super::form::{Control, Form};
use super::parts::{Fact, Link, Pager, Tab};
use super::shell::PlaceLine;
use crate::domain::Instant;
use crate::domain::access::Role;
use crate::domain::audit::Topic;
use crate::domain::text::Note;
use crate::input::{LastDay, input};
use crate::workflow::pair::{AskForRole, GiveRole};

#[cfg(test)]
pub(crate) use acts::ACTS;
pub(super) use handlers::routes;

/// The two lists.
#[derive(Clone, Debug, Serialize)]
pub struct RelationshipsPage {
    /// Access to my organization, and access to others; those that the reader may see.
    pub lists: Vec<RelationList>,
    /// Where a pairing is asked for, for who may.
    pub add: Option<Link>,
    /// The clients that one's own organization serves (P11).
    pub clients: Option<Vec<Link>>,
    /// What is followed while it is open, for who may follow it.
    pub live: Option<Topic>,
}

/// One of the two lists.
#[derive(Clone, Debug, Serialize)]
pub struct RelationList {
    /// Its id on the page.
    pub id: &'static str,
    /// Its name.
    pub title: String,
    /// What it holds.
    pub about: String,
    /// Its pairings, the newest first.
    pub items: Vec<Relation>,
    /// What it says when there are none.
    pub none: String,
    /// What the reader may not see of it, and whom to ask; empty if all is seen (P10).
    pub hidden: String,
    /// To the next page.
    pub pager: Pager,
}

/// A pairing in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Relation {
    /// The other organization, or what stands for it.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Where it stands, in words.
    pub state: String,
    /// The class of its chip.
    pub chip: &'static str,
    /// Who asked, granted and last used it, and when.
    pub facts: Vec<Fact>,
    /// People and groups, each in a tab (P12).
    pub tabs: Vec<Tab>,
    /// Those of the tab that is shown, with their roles.
    pub members: Vec<MemberLine>,
    /// What it says when there are none.
    pub none: String,
    /// What is hidden from the reader, the permission that would show it, and whom to ask (P10); empty if nothing is.
    pub hidden: String,
    /// Its cloned users.
    pub clones: Vec<CloneLine>,
    /// Its switch and its removal.
    pub acts: Vec<Act>,
}

/// A person or a group of a pairing.
#[derive(Clone, Debug, Serialize)]
pub struct MemberLine {
    /// Their name.
    pub name: String,
    /// Whether it is a group.
    pub group: bool,
    /// Their page.
    pub href: String,
    /// Their roles, or that there are none yet.
    pub roles: String,
    /// When they last worked there.
    pub used_at: Option<Instant>,
}

/// A cloned user of a pairing.
#[derive(Clone, Debug, Serialize)]
pub struct CloneLine {
    /// Its name.
    pub name: String,
    /// Removes it.
    pub act: Act,
}

/// Something to do, folded behind its name: what follows from it is read before it is done.
#[derive(Clone, Debug, Serialize)]
pub struct Act {
    /// What it is called.
    pub label: String,
    /// What follows from it; of what may not be done, why not.
    pub about: String,
    /// Where it is sent.
    pub action: String,
    /// What to fill in.
    pub controls: Vec<Control>,
    /// Whether the reader may do it.
    pub enabled: bool,
    /// Whether it takes something away.
    pub takes: bool,
}

/// The page of a pairing.
#[derive(Clone, Debug, Serialize)]
pub struct PairingPage {
    /// The pairing.
    pub relation: Relation,
    /// What may be done with it besides.
    pub acts: Vec<Act>,
    /// Where its visits stand; empty before anybody can come by it.
    pub visits: String,
}

/// The page of a person or a group of a pairing, where roles are given.
#[derive(Clone, Debug, Serialize)]
pub struct MemberPage {
    /// Their name.
    pub name: String,
    /// Whether it is a group.
    pub group: bool,
    /// The pairing: its organization, and its page.
    pub pairing: Link,
    /// Who proposed and approved them, and when.
    pub facts: Vec<Fact>,
    /// Their roles, each with the way to take it.
    pub roles: Vec<RoleLine>,
    /// The roles that are asked for, or were refused (P3).
    pub asked: Vec<AskedLine>,
    /// What may be done with them besides.
    pub acts: Vec<Act>,
    /// Whether the reader gives access there, and answers for it (P2).
    pub responsible: bool,
}

/// A role of a member.
#[derive(Clone, Debug, Serialize)]
pub struct RoleLine {
    /// What it is called.
    pub name: String,
    /// By whom it was given; empty if nobody is known.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Until when it holds; nothing if for good.
    pub until: Option<Instant>,
    /// Takes it; nothing for what goes with the others.
    pub act: Option<Act>,
}

/// A role that is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct AskedLine {
    /// What it is called.
    pub name: String,
    /// Who asks; empty if nobody is known.
    pub by: String,
    /// Since when.
    pub at: Instant,
    /// Until when it would hold; nothing if for good.
    pub until: Option<Instant>,
    /// What it is for.
    pub note: String,
    /// When it was refused.
    pub refused_at: Option<Instant>,
    /// Why.
    pub reason: String,
    /// Takes it back, or refuses it.
    pub act: Option<Act>,
}

/// The visits by a pairing (P12).
#[derive(Clone, Debug, Serialize)]
pub struct VisitsPage {
    /// The other organization.
    pub organization: String,
    /// What a visit is, and where they were.
    pub about: String,
    /// The pairing's page.
    pub href: String,
    /// The visits, the last first.
    pub visits: Vec<VisitLine>,
    /// What is hidden from the reader (P10); empty if nothing is.
    pub hidden: String,
    /// To earlier ones.
    pub pager: Pager,
}

/// A visit.
#[derive(Clone, Debug, Serialize)]
pub struct VisitLine {
    /// Who was there.
    pub name: String,
    /// When they came.
    pub began_at: Instant,
    /// When they last changed something.
    pub last_at: Instant,
    /// How much they changed.
    pub changes: i64,
    /// Where it is told what; empty for who may not look there.
    pub href: String,
}

input! {
    /// A wish for a role as its page sends it.
    pub struct TypedWish {
        /// The role's code.
        role: Role,
        /// The last day of it; for good if nothing is chosen.
        until: Option<LastDay>,
        /// What it is for.
        note: Option<Note>,
    }
}

impl From<&TypedWish> for AskForRole {
    fn from(typed: &TypedWish) -> Self {
        Self {
            role: typed.role,
            until: typed.until.map(|LastDay(over)| over),
            note: typed.note.clone(),
        }
    }
}

input! {
    /// A role as its page gives it.
    pub struct TypedRole {
        /// Its code; of a role of the organization's own, code or id.
        role: String,
        /// The last day of it; for good if nothing is chosen.
        until: Option<LastDay>,
    }
}

impl From<&TypedRole> for GiveRole {
    fn from(typed: &TypedRole) -> Self {
        Self {
            role: typed.role.clone(),
            until: typed.until.map(|LastDay(over)| over),
        }
    }
}

/// The form in which a pairing is asked for.
#[derive(Clone, Debug, Serialize)]
pub struct AskPage {
    /// What it is called.
    pub title: String,
    /// What follows from it.
    pub about: String,
    /// People and groups to name.
    pub form: Form,
}

/// The page that shows a new link, once.
#[derive(Clone, Debug, Serialize)]
pub struct LinkPage {
    /// The link.
    pub link: String,
    /// Until when it is good.
    pub expires_at: Instant,
    /// The pairing's page.
    pub href: String,
}

/// What a link shows to whoever may answer it.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerPage {
    /// Who asks.
    pub organization: String,
    /// Which person of theirs; may be empty.
    pub by: String,
    /// When.
    pub at: Instant,
    /// Until when it can be answered.
    pub expires_at: Instant,
    /// For which people.
    pub people: Vec<String>,
    /// For which groups.
    pub groups: Vec<String>,
    /// What to think of before.
    pub warning: String,
    /// Where the answer is sent.
    pub action: String,
    /// The organization for which it is given.
    pub own: String,
}

/// Where somebody may work.
#[derive(Clone, Debug, Serialize)]
pub struct PlacesPage {
    /// Their own organization, then the others.
    pub places: Vec<PlaceLine>,
    /// Whether there is no other.
    pub alone: bool,
}
