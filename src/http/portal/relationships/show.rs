//! The lists, the page of a pairing, and the page of a member.

use super::acts::Acts;
use super::{
    AskPage, AskedLine, CloneLine, MemberLine, MemberPage, PairingPage, Relation, RelationList,
    RelationshipsPage, RoleLine, VisitLine, VisitsPage,
};
use crate::db::Conn;
use crate::domain::access::{Permission, Reach};
use crate::domain::audit::Topic;
use crate::domain::ids::{GroupId, OrganizationId, PairingId, PairingMemberId, PersonId, VisitId};
use crate::domain::pairing::{Direction, Party, State};
use crate::http::pagination::Paging;
use crate::http::pairing::{MemberView, PairingView, Shown, to_ask, view, views, visits_seen};
use crate::http::portal::form::{Choice, Control, Form, Kind, ticks};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Fact, Link, Pager, Tab};
use crate::http::problem::Problem;
use crate::store::organizations;
use crate::store::pairings::{self, Scope, Visit};
use crate::store::people::Named;
use crate::store::roles::{self, OwnRole};
use crate::words::Catalogue;
use crate::workflow::pair::{self, ProposeMembers, is_seen_by};

/// People and groups that a form offers, at the most; more are named by the API.
const MOST_OFFERED: i64 = 500;
/// Clients that a page lists, at the most.
const MOST_CLIENTS: i64 = 100;

/// One of the two lists as it is read.
struct FoundList {
    direction: Direction,
    views: Vec<PairingView>,
    next: Option<String>,
    /// Whom to ask, where the reader may not look at all of it.
    ask: Option<Vec<Named>>,
}

/// The two lists. Who may not look at one finds those of their own groups there, and is told what is missing (P10).
pub(super) async fn lists(req: &PageRequest) -> Result<RelationshipsPage, Problem> {
    let access = req.access()?.clone();
    let asks = access.can(Permission::OrgTrusteesAdd) && access.through.is_none();
    let serves = pair::sees_clients(&access);
    let (principal, now) = (req.principal()?.clone(), req.now);
    let cursors = Direction::ALL
        .iter()
        .map(|direction| (*direction, req.asked(direction.as_str()).map(str::to_owned)));
    let wanted: Vec<(Direction, Option<String>)> = cursors.collect();
    let (lists, clients) = req
        .read(move |conn| {
            let mut lists = Vec::new();
            for (direction, cursor) in &wanted {
                let (access, party) = (principal.access(), direction.party());
                let scope = Scope::from(access);
                let filters = (direction, scope.organization);
                let paging: Paging<PairingId> =
                    Paging::read("portal/relationships", &filters, None, cursor.as_deref())?;
                let sees = is_seen_by(access, party);
                let which = (Some(party), (!sees).then_some(principal.person));
                let mut rows = pairings::list(conn, scope, which, paging.after, paging.fetch())?;
                let next = paging.next(&mut rows, |pairing| pairing.id);
                lists.push(FoundList {
                    direction: *direction,
                    views: views(conn, &principal, rows, now)?,
                    next,
                    ask: match sees {
                        true => None,
                        false => Some(to_ask(conn, access, party, now)?),
                    },
                });
            }
            let clients = match serves {
                true => Some(pairings::clients(
                    conn,
                    principal.access().organization,
                    None,
                    MOST_CLIENTS,
                )?),
                false => None,
            };
            Ok((lists, clients))
        })
        .await?;
    let words = req.words();
    let list = |found: FoundList| {
        let name = found.direction.as_str();
        let first = req.asked(name).map(|_| "/relationships".to_owned());
        let missing = pair::view_of(found.direction.party());
        RelationList {
            id: name,
            title: words.say_of("relationships", name, &[]),
            about: words.say_of("relationships-about", name, &[]),
            none: match &found.ask {
                Some(ask) => hidden(words, missing, ask),
                None => words.say_of("relationships-none", name, &[]),
            },
            hidden: match &found.ask {
                Some(ask) if !found.views.is_empty() => hidden(words, missing, ask),
                _ => String::new(),
            },
            items: (found.views.iter())
                .map(|view| relation(req, view, Shows::People))
                .collect(),
            pager: Pager {
                first,
                next: (found.next).map(|cursor| format!("/relationships?{name}={cursor}")),
            },
        }
    };
    let pairs = pair::pairs_with_clients(&access).is_ok() && access.through.is_none();
    let client = |client: &crate::store::cases::OrganizationRef| {
        let href = match pairs {
            true => format!("/relationships/new?organization={}", client.slug),
            false => String::new(),
        };
        Link::new(client.name.clone(), href)
    };
    Ok(RelationshipsPage {
        lists: lists.into_iter().map(list).collect(),
        add: asks.then(|| Link::new(words.say("pairing-ask", &[]), "/relationships/new").main()),
        clients: clients.map(|clients| clients.iter().map(client).collect()),
        live: req.follows(Topic::Pairings),
    })
}

/// What is hidden from the reader: the permission that would show it, and whom to ask to be added.
fn hidden(words: &Catalogue, missing: Permission, ask: &[Named]) -> String {
    let what = words.say_of("permission", missing.as_str(), &[]);
    let names: Vec<&str> = ask.iter().map(|named| named.name.as_str()).collect();
    let args = [("what", what.into()), ("names", names.join(", ").into())];
    match names.is_empty() {
        true => words.say("pairing-hidden", &args[..1]),
        false => words.say("pairing-hidden-ask", &args),
    }
}

/// Which tab of a pairing is shown (P12).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    People,
    Groups,
}

/// A pairing as a list and its page show it.
pub(super) fn relation(req: &PageRequest, view: &PairingView, shows: Shows) -> Relation {
    let words = req.words();
    let acts = Acts { words, view };
    let member = |member: &MemberView| MemberLine {
        name: member.name.clone(),
        group: member.who.group().is_some(),
        href: format!("/pairing-members/{}", member.member.id),
        roles: roles(&acts, member),
        used_at: member.member.last_used_at,
    };
    let shown = match shows {
        Shows::People => &view.people,
        Shows::Groups => &view.groups,
    };
    let page = format!("/relationships/{}", view.pairing.id);
    let tab = |tab: Shows, name: &str, of: &Shown<MemberView>| Tab {
        label: words.say_of("pairing-tab", name, &[]),
        href: format!("{page}?show={name}#members"),
        count: of.missing.is_none().then_some(of.items.len()),
        current: tab == shows,
    };
    let tabs = vec![
        tab(Shows::People, "people", &view.people),
        tab(Shows::Groups, "groups", &view.groups),
    ];
    let hidden = shown
        .missing
        .map(|missing| hidden(words, missing, &shown.ask));
    let none = match shown.missing {
        Some(_) => String::new(),
        None => words.say("pairing-nobody-named", &[]),
    };
    let clone = |clone: &pairings::CloneRow| CloneLine {
        name: clone.name.clone(),
        act: acts.remove_clone(clone),
    };
    Relation {
        name: acts.other(),
        href: page.clone(),
        tabs,
        none,
        state: words.say_of("pairing-state", view.state.as_str(), &[]),
        chip: match view.state {
            State::Active => "good",
            State::Requested => "run",
            State::SwitchedOff | State::Suspended | State::BothOff => "plain",
            State::Expired | State::Refused | State::Withdrawn | State::Removed => "late",
        },
        facts: facts(words, view),
        members: shown.items.iter().map(member).collect(),
        hidden: hidden.unwrap_or_default(),
        clones: match shows {
            Shows::People => view.clones.iter().map(clone).collect(),
            Shows::Groups => Vec::new(),
        },
        acts: acts.switch().into_iter().chain([acts.removal()]).collect(),
    }
}

fn roles(acts: &Acts<'_>, member: &MemberView) -> String {
    let names: Vec<String> = member
        .roles
        .iter()
        .filter(|given| !given.goes_with_others())
        .map(|given| acts.role(given))
        .collect();
    if names.is_empty() {
        acts.words.say("pairing-no-role", &[])
    } else {
        names.join(", ")
    }
}

fn facts(words: &Catalogue, view: &PairingView) -> Vec<Fact> {
    let row = &view.pairing;
    let called = |key: &str| words.say_of("pairing-fact", key, &[]);
    let name = |person| view.named(person).map(|named| named.name);
    let mut facts = Vec::new();
    match row.accepted_at {
        Some(at) => {
            facts.push(Fact::at(called("since"), at));
            facts.extend(name(row.accepted_by).map(|by| Fact::new(called("granted_by"), by)));
            facts.push(match row.last_used_at {
                Some(at) => Fact::at(called("last_used"), at),
                None => Fact::new(called("last_used"), words.say("pairing-never-used", &[])),
            });
        }
        None => {
            facts.push(Fact::at(called("requested"), row.created_at));
            if row.refused_at.is_none() {
                facts.push(Fact::at(called("link_until"), row.expires_at));
            }
        }
    }
    facts.extend(name(row.created_by).map(|by| Fact::new(called("requested_by"), by)));
    facts.extend(
        row.switched_off_at
            .map(|at| Fact::at(called("switched_off"), at)),
    );
    facts.extend(row.suspended_at.map(|at| Fact::at(called("suspended"), at)));
    facts
}

/// The page of a pairing.
pub(super) async fn pairing(req: &PageRequest, id: PairingId) -> Result<PairingPage, Problem> {
    let (principal, now) = (req.principal()?.clone(), req.now);
    let shows = match req.asked("show") {
        Some("groups") => Shows::Groups,
        _ => Shows::People,
    };
    let (found, offered) = req
        .read(move |conn| {
            let found = view(conn, &principal, id, now)?.ok_or_else(Problem::not_found)?;
            let offered = match found.party {
                Party::Trustee => offered(conn, found.pairing.trustee_id)?,
                Party::Trustor => Offered::default(),
            };
            Ok((found, offered))
        })
        .await?;
    let acts = Acts {
        words: req.words(),
        view: &found,
    };
    let present: Vec<String> = found
        .members()
        .map(|member| match (member.who.person(), member.who.group()) {
            (Some(person), _) => person_field(person),
            (None, group) => group.map(group_field).unwrap_or_default(),
        })
        .collect();
    let mut ticks = offered.ticks(req.words(), &present);
    for tick in &mut ticks {
        tick.id = format!("propose-{}", tick.name.replace('.', "-"));
    }
    let visits = match found.state.switches() {
        Some(_) => format!("/relationships/{id}/visits"),
        None => String::new(),
    };
    Ok(PairingPage {
        acts: acts.of_trustee(ticks),
        relation: relation(req, &found, shows),
        visits,
    })
}

/// The visits by a pairing.
pub(super) async fn visits(req: &PageRequest, id: PairingId) -> Result<VisitsPage, Problem> {
    let (principal, now) = (req.principal()?.clone(), req.now);
    let cursor = req.asked("cursor").map(str::to_owned);
    let (found, visits, names, next) = req
        .read(move |conn| {
            let found = view(conn, &principal, id, now)?.ok_or_else(Problem::not_found)?;
            let paging: Paging<VisitId> =
                Paging::read("portal/visits", &id, None, cursor.as_deref())?;
            let read = (paging.after, paging.fetch());
            let (mut visits, names) = visits_seen(conn, &found, read)?;
            let next = paging.next(&mut visits, |visit| visit.id);
            Ok((found, visits, names, next))
        })
        .await?;
    let words = req.words();
    let organization = Acts {
        words,
        view: &found,
    }
    .other();
    let audits = req.can(Permission::AuditView);
    let of_them = [("organization", organization.clone().into())];
    let about = match found.party {
        Party::Trustee => words.say("pairing-visits-about", &of_them),
        Party::Trustor => words.say("pairing-visits-own-about", &of_them),
    };
    let here = format!("/relationships/{id}/visits");
    let hidden = (found.people.missing).map(|missing| hidden(words, missing, &found.people.ask));
    let line = |row: Visit| VisitLine {
        name: names.get(&row.person_id).cloned().unwrap_or_default(),
        began_at: row.began_at,
        last_at: row.last_at,
        changes: row.changes,
        href: match audits && row.changes > 0 {
            true => format!("/admin/audit?visit={}", row.id),
            false => String::new(),
        },
    };
    Ok(VisitsPage {
        about,
        organization,
        href: format!("/relationships/{id}"),
        visits: visits.into_iter().map(line).collect(),
        hidden: hidden.unwrap_or_default(),
        pager: Pager {
            first: req.asked("cursor").map(|_| here.clone()),
            next: next.map(|cursor| format!("{here}?cursor={cursor}")),
        },
    })
}

/// People and groups that can be named.
#[derive(Default)]
pub(super) struct Offered {
    people: Vec<(PersonId, String)>,
    groups: Vec<(GroupId, String)>,
}

fn offered(conn: &mut Conn, trustee: OrganizationId) -> diesel::QueryResult<Offered> {
    Ok(Offered {
        people: pairings::trustable_people(conn, trustee, MOST_OFFERED)?,
        groups: pairings::trustable_groups(conn, trustee, MOST_OFFERED)?,
    })
}

/// The field that names a person.
fn person_field(person: PersonId) -> String {
    format!("{}.{person}", ProposeMembers::people().name)
}

/// The field that names a group.
fn group_field(group: GroupId) -> String {
    format!("{}.{group}", ProposeMembers::groups().name)
}

impl Offered {
    /// Those that can be named besides `present`, people and groups apart.
    fn ticks(&self, words: &Catalogue, present: &[String]) -> Vec<Control> {
        let people = (self.people.iter()).map(|(id, name)| (person_field(*id), name));
        let groups = (self.groups.iter()).map(|(id, name)| (group_field(*id), name));
        let offered = |ticked: &mut dyn Iterator<Item = (String, &String)>| {
            let new = ticked.filter(|(field, _)| !present.contains(field));
            let control =
                |(field, name): (String, &String)| Control::new(Kind::Check, field, name.clone());
            new.map(control).collect::<Vec<_>>()
        };
        let (people, groups) = (
            offered(&mut people.into_iter()),
            offered(&mut groups.into_iter()),
        );
        let mut controls = ticks(words.say_of("pairing-tab", "people", &[]), people);
        controls.extend(ticks(words.say_of("pairing-tab", "groups", &[]), groups));
        controls
    }
}

/// The form in which a pairing is asked for, with `client` where it is for one of one's clients.
pub(super) async fn ask(req: &PageRequest, client: Option<String>) -> Result<AskPage, Problem> {
    match &client {
        Some(_) => pair::pairs_with_clients(req.access()?)?,
        None => req.access()?.require(Permission::OrgTrusteesAdd)?,
    }
    let own = req.access()?.organization;
    let offered = req.read(move |conn| Ok(offered(conn, own)?)).await?;
    let words = req.words();
    let mut controls = offered.ticks(words, &[]);
    controls
        .extend(client.map(|client| Control::new(Kind::Hidden, "organization", "").value(client)));
    let button = words.say("pairing-ask-button", &[]);
    Ok(AskPage {
        title: words.say("pairing-ask", &[]),
        about: words.say("pairing-ask-about", &[]),
        form: Form::new("ask", "/relationships", button, controls),
    })
}

/// The page of a person or a group of a pairing.
pub(super) async fn member(req: &PageRequest, id: PairingMemberId) -> Result<MemberPage, Problem> {
    let (principal, now) = (req.principal()?.clone(), req.now);
    let (found, trustor, own_roles, people) = req
        .read(move |conn| {
            let scope = Scope::from(principal.access());
            let (pairing, member) =
                pairings::find_member(conn, scope, id)?.ok_or_else(Problem::not_found)?;
            let found = view(conn, &principal, pairing.id, now)?.ok_or_else(Problem::not_found)?;
            let trustor = match pairing.trustor_id {
                Some(trustor) => organizations::find(conn, Reach::Everything, trustor)?,
                None => None,
            };
            let own: Vec<OwnRole> = match (found.party, pairing.trustor_id) {
                (Party::Trustor, Some(trustor)) => roles::of_organization(conn, trustor)?,
                _ => Vec::new(),
            };
            let people = match member.group_id {
                Some(group) => pairings::people_in(conn, group, MOST_OFFERED)?,
                None => Vec::new(),
            };
            Ok((found, trustor, own, people))
        })
        .await?;
    // Who may not see the people of a pairing does not see this one.
    let shown = found.members().find(|member| member.member.id == id);
    let shown = shown.ok_or_else(Problem::not_found)?;
    let words = req.words();
    let acts = Acts {
        words,
        view: &found,
    };
    let called = |key: &str| words.say_of("pairing-fact", key, &[]);
    let name = |person| found.named(person).map(|named| named.name);
    let row = &shown.member;
    let mut facts = vec![Fact::at(called("proposed"), row.proposed_at)];
    facts.extend(name(row.proposed_by).map(|by| Fact::new(called("proposed_by"), by)));
    facts.extend(row.approved_at.map(|at| Fact::at(called("approved"), at)));
    facts.extend(name(row.approved_by).map(|by| Fact::new(called("approved_by"), by)));
    facts.extend(row.last_used_at.map(|at| Fact::at(called("last_used"), at)));
    let roles = shown.roles.iter().map(|given| RoleLine {
        name: acts.role(given),
        by: name(given.by).unwrap_or_default(),
        at: given.at,
        until: given.until,
        act: acts.take_role(shown, given),
    });
    let access = req.access()?;
    let asks = (trustor.as_ref()).and_then(|trustor| acts.ask_role(shown, trustor.kind));
    let gives =
        trustor.and_then(|trustor| acts.give_role(shown, (trustor.kind, access), &own_roles));
    let whose = people
        .into_iter()
        .map(|(id, name)| Choice::new(id.to_string(), name));
    let asked = shown.asked.iter().map(|asked| AskedLine {
        name: words.say_of("role", asked.role.as_str(), &[]),
        by: name(Some(asked.requested_by)).unwrap_or_default(),
        at: asked.requested_at,
        until: asked.until,
        note: asked.note.clone().unwrap_or_default(),
        refused_at: asked.refused_at,
        reason: asked.reason.clone().unwrap_or_default(),
        act: acts.on_request(shown, asked),
    });
    let page_acts = gives
        .into_iter()
        .chain(asks)
        .chain(acts.add_clone(shown, whose.collect()))
        .chain([acts.remove_member(shown)]);
    Ok(MemberPage {
        name: shown.name.clone(),
        group: shown.who.group().is_some(),
        pairing: Link::new(acts.other(), format!("/relationships/{}", found.pairing.id)),
        facts,
        roles: roles.collect(),
        asked: asked.collect(),
        responsible: found.party == Party::Trustor,
        acts: page_acts.collect(),
    })
}
