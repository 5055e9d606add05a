//! What can be done with a pairing and its members, each with what follows from it.

use std::collections::BTreeSet;

use super::{Act, TypedRole, TypedWish};
use crate::domain::access::{Access, Permission, Role};
use crate::domain::organization::OrganizationKind;
use crate::domain::pairing::{Command, Needed, Party, State, Verb, Who, decide, needed};
use crate::http::pairing::{MemberView, PairingView};
use crate::http::portal::form::{Choice, Control, Kind};
use crate::store::pairings::{CloneRow, Given, GivenRole, RoleRequest};
use crate::store::roles::OwnRole;
use crate::words::Catalogue;
use crate::workflow::pair::{AddClone, RefuseRole, SwitchPairing};

/// The members of the families `pairing-act` and `pairing-act-about`.
#[cfg(test)]
pub(crate) const ACTS: [&str; 18] = [
    "switch_off",
    "switch_on",
    "suspend",
    "resume",
    "remove_trustor",
    "remove_trustee",
    "withdraw",
    "renew_link",
    "propose",
    "remove_person",
    "remove_group",
    "give_role",
    "take_role",
    "ask_role",
    "unask_role",
    "refuse_role",
    "add_clone",
    "remove_clone",
];

/// Makes acts for one reader of one pairing.
pub(super) struct Acts<'a> {
    pub(super) words: &'a Catalogue,
    pub(super) view: &'a PairingView,
}

impl Acts<'_> {
    /// What stands for the other organization.
    pub(super) fn other(&self) -> String {
        match &self.view.other {
            Some(other) => other.name.clone(),
            None => self.words.say("pairing-nobody-yet", &[]),
        }
    }

    /// The act `name`, which is `verb`; where a permission is missing, it says which.
    fn act(&self, name: &str, verb: Verb, about: &str, to: String) -> Act {
        let args = [
            ("organization", self.other().into()),
            ("name", about.into()),
        ];
        let enabled = self.view.may(verb);
        let about = if enabled {
            self.words.say_of("pairing-act-about", name, &args)
        } else {
            self.why_not(verb)
        };
        Act {
            label: self.words.say_of("pairing-act", name, &[]),
            about,
            action: to,
            controls: Vec::new(),
            enabled,
            takes: matches!(
                name,
                "switch_off"
                    | "suspend"
                    | "remove_trustor"
                    | "remove_trustee"
                    | "withdraw"
                    | "remove_person"
                    | "remove_group"
                    | "take_role"
                    | "unask_role"
                    | "refuse_role"
                    | "remove_clone"
            ),
        }
    }

    fn why_not(&self, verb: Verb) -> String {
        let named = match needed(self.view.party, verb) {
            Needed::All(all) => all.first(),
            Needed::Any(any) => any.last(),
            Needed::OtherSide => None,
        };
        match named {
            Some(permission) => {
                let what = self.words.say_of("permission", permission.as_str(), &[]);
                (self.words).say("pairing-act-missing", &[("what", what.into())])
            }
            None => self.words.say("pairing-act-other-side", &[]),
        }
    }

    fn to(&self, what: &str) -> String {
        format!("/relationships/{}/{what}", self.view.pairing.id)
    }

    /// Its switch, once it is accepted.
    pub(super) fn switch(&self) -> Option<Act> {
        let (party, state) = (self.view.party, self.view.state);
        state.switches()?;
        let on = state.is_off_for(party);
        let name = match (party, on) {
            (Party::Trustor, false) => "switch_off",
            (Party::Trustor, true) => "switch_on",
            (Party::Trustee, false) => "suspend",
            (Party::Trustee, true) => "resume",
        };
        let mut act = self.act(name, Verb::Switch, "", self.to("switch"));
        let enabled = if on { "true" } else { "false" };
        act.controls =
            vec![Control::new(Kind::Hidden, SwitchPairing::enabled().name, "").value(enabled)];
        Some(act)
    }

    /// Its end.
    pub(super) fn removal(&self) -> Act {
        let accepted = self.view.state.switches().is_some();
        let name = match (self.view.party, accepted) {
            (Party::Trustor, _) => "remove_trustor",
            (Party::Trustee, true) => "remove_trustee",
            (Party::Trustee, false) => "withdraw",
        };
        self.act(name, Verb::Remove, "", self.to("remove"))
    }

    /// A new link, and more people and groups, for the trustee.
    pub(super) fn of_trustee(&self, offered: Vec<Control>) -> Vec<Act> {
        if self.view.party != Party::Trustee {
            return Vec::new();
        }
        let mut acts = Vec::new();
        if matches!(self.view.state, State::Requested | State::Expired) {
            acts.push(self.act("renew_link", Verb::RenewLink, "", self.to("link")));
        }
        let more = Command::Propose { have: 0, more: 0 };
        if decide(self.view.state, more).is_ok() && !offered.is_empty() {
            let verb = if self.view.may(Verb::AddPerson) {
                Verb::AddPerson
            } else {
                Verb::AddGroup
            };
            let mut act = self.act("propose", verb, "", self.to("members"));
            act.controls = offered;
            acts.push(act);
        }
        acts
    }

    /// Gives a role: one of those that fit the trustor's kind, or one of its own, that `access` may give.
    pub(super) fn give_role(
        &self,
        member: &MemberView,
        (kind, access): (OrganizationKind, &Access),
        own: &[OwnRole],
    ) -> Option<Act> {
        if self.view.party != Party::Trustor || decide(self.view.state, Command::GiveRole).is_err()
        {
            return None;
        }
        let held = |code: &str| member.roles.iter().any(|given| given.role.code() == code);
        let gives = |permissions: &BTreeSet<Permission>| access.may_give(permissions).is_ok();
        let predefined = Role::ALL
            .iter()
            .filter(|role| role.fits(kind) && !role.is_of_pairings() && !held(role.as_str()))
            .filter(|role| gives(&role.permissions()))
            .map(|role| {
                Choice::new(role.as_str(), self.words.say_of("role", role.as_str(), &[]))
                    .hint(self.words.say_of("role-hint", role.as_str(), &[]))
            });
        let own = own
            .iter()
            .filter(|role| !held(&role.code) && gives(&role.permissions.0.on(kind.side())))
            .map(|role| Choice::new(role.id.to_string(), role.name.clone()));
        let choices: Vec<Choice> = predefined.chain(own).collect();
        let to = format!("/pairing-members/{}/roles", member.member.id);
        let mut act = self.act("give_role", Verb::GiveRole, &member.name, to);
        let role = Control::of(TypedRole::role(), self.words.say("pairing-role", &[]))
            .kind(Kind::Radio)
            .choices(choices);
        let until = self.words.say_of("label", "access-until", &[]);
        let hint = self.words.say_of("hint", "access-until", &[]);
        let until = Control::of(TypedRole::until(), until).hint(hint);
        act.controls = of_act("give", vec![role, until]);
        Some(act)
    }

    /// Takes a role; nothing for what goes with the others.
    pub(super) fn take_role(&self, member: &MemberView, given: &Given) -> Option<Act> {
        if given.goes_with_others() {
            return None;
        }
        let verb = match member.who {
            Who::Person(_) => Verb::TakePersonRole,
            Who::Group(_) => Verb::TakeGroupRole,
        };
        let to = format!("/pairing-roles/{}/take", given.id);
        Some(self.act("take_role", verb, &member.name, to))
    }

    /// Asks the other organization for one of its roles for a member (P3).
    pub(super) fn ask_role(&self, member: &MemberView, kind: OrganizationKind) -> Option<Act> {
        if self.view.party != Party::Trustee
            || decide(self.view.state, Command::AskForRole).is_err()
        {
            return None;
        }
        let held = |role: &Role| {
            let mut given = member.roles.iter();
            given.any(|given| given.role.code() == role.as_str())
        };
        let asked = |role: &Role| {
            let mut asked = member.asked.iter();
            asked.any(|asked| asked.role == *role && asked.refused_at.is_none())
        };
        let choices: Vec<Choice> = Role::ALL
            .iter()
            .filter(|role| role.fits(kind) && !role.is_of_pairings())
            .filter(|role| !held(role) && !asked(role))
            .map(|role| {
                Choice::new(role.as_str(), self.words.say_of("role", role.as_str(), &[]))
                    .hint(self.words.say_of("role-hint", role.as_str(), &[]))
            })
            .collect();
        if choices.is_empty() {
            return None;
        }
        let to = format!("/pairing-members/{}/role-requests", member.member.id);
        let mut act = self.act("ask_role", asking(member.who), &member.name, to);
        let role = Control::of(TypedWish::role(), self.words.say("pairing-role", &[]))
            .kind(Kind::Radio)
            .choices(choices);
        let until = self.words.say_of("label", "access-until", &[]);
        let hint = self.words.say_of("hint", "access-until", &[]);
        let note = self.words.say("pairing-role-asked-why", &[]);
        act.controls = of_act(
            "ask",
            vec![
                role,
                Control::of(TypedWish::until(), until).hint(hint),
                Control::of(TypedWish::note(), note),
            ],
        );
        Some(act)
    }

    /// What may be done with a role that is asked for: the trustee takes it back, the trustor refuses it.
    pub(super) fn on_request(&self, member: &MemberView, asked: &RoleRequest) -> Option<Act> {
        let to = |what: &str| format!("/pairing-role-requests/{}/{what}", asked.id);
        match self.view.party {
            Party::Trustee => {
                let verb = asking(member.who);
                Some(self.act("unask_role", verb, &member.name, to("withdraw")))
            }
            Party::Trustor if asked.refused_at.is_none() => {
                let refuse = to("refuse");
                let mut act = self.act("refuse_role", Verb::RefuseRole, &member.name, refuse);
                let why = self.words.say("pairing-role-refused-why", &[]);
                let mut reason = Control::of(RefuseRole::reason(), why);
                reason.id = format!("refuse-{}", asked.id);
                act.controls = vec![reason];
                Some(act)
            }
            Party::Trustor => None,
        }
    }

    /// Removes a member.
    pub(super) fn remove_member(&self, member: &MemberView) -> Act {
        let (name, verb) = match member.who {
            Who::Person(_) => ("remove_person", Verb::RemovePerson),
            Who::Group(_) => ("remove_group", Verb::RemoveGroup),
        };
        let to = format!("/pairing-members/{}/remove", member.member.id);
        self.act(name, verb, &member.name, to)
    }

    /// Adds a cloned user of a trusted person; `whose` is asked for a group.
    pub(super) fn add_clone(&self, member: &MemberView, whose: Vec<Choice>) -> Option<Act> {
        if member.roles.is_empty()
            || decide(self.view.state, Command::AddClone { have: 0 }).is_err()
        {
            return None;
        }
        let to = format!("/pairing-members/{}/clones", member.member.id);
        let mut act = self.act("add_clone", Verb::Clone, &member.name, to);
        if member.who.group().is_some() {
            let whose_words = self.words.say("pairing-clone-whose", &[]);
            let mut person = Control::of(AddClone::person(), whose_words)
                .kind(Kind::Select)
                .required()
                .choices(whose)
                .unchosen(self.words.say("access-choose", &[]));
            person.id = "clone-person".to_owned();
            act.controls = vec![person];
        }
        Some(act)
    }

    /// Removes a cloned user.
    pub(super) fn remove_clone(&self, clone: &CloneRow) -> Act {
        let to = format!("/clones/{}/remove", clone.id);
        self.act("remove_clone", Verb::Clone, &clone.name, to)
    }

    /// A role's name.
    pub(super) fn role(&self, given: &Given) -> String {
        match &given.role {
            GivenRole::Predefined(role) => self.words.say_of("role", role.as_str(), &[]),
            GivenRole::Own(own) => own.name.clone(),
        }
    }
}

/// The verb that asks for a role for somebody.
const fn asking(who: Who) -> Verb {
    match who {
        Who::Person(_) => Verb::AskPersonRole,
        Who::Group(_) => Verb::AskGroupRole,
    }
}

/// Controls with ids of their own on a page with several acts.
fn of_act(act: &str, mut controls: Vec<Control>) -> Vec<Control> {
    for control in &mut controls {
        control.id = format!("{act}-{}", control.name);
    }
    controls
}
