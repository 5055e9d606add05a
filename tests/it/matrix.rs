//! Who may do what: every route × every role × whose thing it is, asked for real and compared with `matrix.golden` (A1,
//! A2, A5).
//!
//! Besides the people of a customer and of the provider, one with each role, there are those who come from a partner by
//! way of a pairing: with a role, without one, and where the pairing was switched off, suspended or ended (P3, P6).
//!
//! The rows are the route tables themselves and the columns are `Role::ALL`, so that a new route or a new role changes
//! the text and has to be read before it is taken. What must hold whatever the text says is checked besides.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use casebell::credentials::{NewSecret, SESSION_PREFIX, TOKEN_PREFIX};
use casebell::domain::access::{Permission, Role};
use casebell::domain::ids::{SessionId, TokenId};
use casebell::domain::organization::{OrganizationKind, Side};
use casebell::domain::session::SessionLimits;
use casebell::http::api_request::Requires;
use casebell::store::sessions::{self, NewSession};
use casebell::store::tokens::{self, NewToken};
use casebell::words::Catalogue;
use casebell::workflow::VerbError;
use casebell::workflow::people::{AddPerson, add_person};
use chrono::TimeDelta;
use futures_util::future::join_all;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::support::answer::Answer;
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::{PASSWORD, PROVIDER};
use crate::support::paired::{administrators, gives, pairs, said};
use crate::support::person::{Asking, Person, high};
use crate::support::say;

mod grid;
mod things;
mod towards;

use grid::{Column, Grid};
use things::Things;

/// A row of one of the tables.
struct Row {
    method: Method,
    path: String,
    needs: Requires,
    portal: bool,
}

impl Row {
    fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The names of the path's parameters.
    fn parameters(&self) -> Vec<&str> {
        let parts = self.path.split('{').skip(1);
        parts
            .filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
            .collect()
    }

    /// When it is asked: what takes away what others are asked with comes late, and what takes the way in away last.
    fn stage(&self) -> u8 {
        let last = self.path.rsplit('/').next().unwrap_or_default();
        let ends = [
            "remove",
            "take",
            "end",
            "revoke",
            "switch",
            "off",
            "end-others",
            "second-factor",
        ];
        if matches!(self.path.as_str(), "/sign-in" | "/sign-out") {
            2
        } else if self.method == Method::DELETE
            || (self.method == Method::POST && (ends.contains(&last) || last == "sign-out"))
        {
            1
        } else {
            0
        }
    }

    /// What it is about: the first word of its path that says so.
    fn topic(&self) -> String {
        let (edge, path) = match self.path.strip_prefix("/api/v1/") {
            Some(path) => ("API", path),
            None => ("portal", self.path.trim_start_matches('/')),
        };
        let words = path.strip_prefix("admin/").unwrap_or(path).split('/');
        match words.into_iter().find(|word| !word.starts_with('{')) {
            Some(word) if !word.is_empty() => format!("{edge}: {word}"),
            _ => edge.to_owned(),
        }
    }

    /// What it needs, in a few words.
    fn needs(&self) -> String {
        match self.needs {
            Requires::Anyone => "nothing".to_owned(),
            Requires::Entered => "to have come in".to_owned(),
            Requires::SignedIn => "to be signed in".to_owned(),
            Requires::Owner => "the owner of the account".to_owned(),
            Requires::OwnerAtHome => "the owner of the account, at home".to_owned(),
            Requires::OwnPassword => {
                "the owner of the account, at home, be it with a given password".to_owned()
            }
            Requires::Permission(permission) => permission.to_string(),
        }
    }

    /// Whether its answer is a stream.
    fn is_live(&self) -> bool {
        self.path.ends_with("/live")
    }

    /// Whether its path ends in the secret of a link, which says itself for whom it is.
    fn bears_a_link(&self) -> bool {
        self.portal && self.path.ends_with("{token}") && !self.path.starts_with("/account/")
    }
}

/// Every row of both tables, in their order.
fn table() -> Vec<Row> {
    let api = casebell::http::routes::routes();
    let api = api.into_iter().map(|route| Row {
        method: route.method.as_str().parse().expect("a method"),
        path: format!("/api/v1{}", route.path),
        needs: route.needs,
        portal: false,
    });
    let portal = casebell::http::portal::routes::routes();
    let portal = portal.into_iter().map(|route| Row {
        method: route.method.as_str().parse().expect("a method"),
        path: route.path.to_owned(),
        needs: route.needs,
        portal: true,
    });
    api.chain(portal).collect()
}

/// Whose thing a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Relation {
    /// The path names nothing that belongs to anybody.
    Any,
    /// Their organization's; for staff, a customer's.
    Own,
    /// Another customer's.
    Unrelated,
}

impl Relation {
    fn of(row: &Row) -> &'static [Self] {
        match row.parameters().first() {
            // What the provider keeps for everybody belongs to nobody else.
            None
            | Some(
                &("line" | "calendar" | "reason" | "code" | "report" | "announcement" | "tutorial"
                | "tool" | "template"),
            ) => &[Self::Any],
            Some(_) if row.bears_a_link() => &[Self::Any],
            Some(_) => &[Self::Own, Self::Unrelated],
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Own => "own",
            Self::Unrelated => "unrelated",
        }
    }
}

fn address_of(name: &str) -> String {
    format!("{}@matrix.test", name.replace([' ', ':'], "-"))
}

/// Somebody who asks.
struct Caller {
    name: String,
    side: Side,
    roles: Vec<Role>,
    enters: bool,
    /// The organization whose things are their own.
    own: &'static str,
    /// All that their token allows, by which they come to both edges; everything they may do, if there is none.
    scope: Option<Permission>,
    /// The organization that they want to act in by way of a pairing, and whether they may.
    acting: Option<(&'static str, bool)>,
    token: String,
    /// The cookie and what forms carry with it; one for the rows, one to sign out.
    sessions: [(String, String); 2],
    /// A token and a session that nothing is asked with.
    spare: Option<(TokenId, SessionId)>,
}

impl Caller {
    fn nobody() -> Self {
        Self {
            name: "anonymous".to_owned(),
            side: Side::Customer,
            roles: Vec::new(),
            enters: false,
            own: "acme",
            scope: None,
            acting: None,
            token: String::new(),
            sessions: [const { (String::new(), String::new()) }; 2],
            spare: None,
        }
    }

    /// Adds a person to the desk with everything to enter it.
    async fn joins(desk: &Desk, name: &str, side: Side, role: Option<Role>) -> Self {
        let organization = match side {
            Side::Customer => "acme",
            Side::Provider => PROVIDER,
        };
        Self::of(desk, name, (organization, side), role).await
    }

    /// Adds a partner with somebody who administers its pairings.
    async fn newcomer(desk: &Desk, organization: &'static str) -> Person {
        let added = json!({
            "slug": organization, "name": organization, "kind": "partner", "region": "eu",
            "time_zone": "Europe/Paris",
        });
        let ada = desk.person("ada");
        ada.post("/organizations", added).await.created();
        let place = (organization, Side::Customer);
        let admin = Self::of(desk, organization, place, Some(Role::PartnerAdmin)).await;
        desk.person("pia").with_token(&admin.token)
    }

    fn email(&self) -> String {
        address_of(&self.name)
    }

    /// Adds a person of an organization with everything to enter the desk.
    async fn of(
        desk: &Desk,
        name: &str,
        (organization, side): (&str, Side),
        role: Option<Role>,
    ) -> Self {
        let now = desk.now();
        let add = AddPerson {
            organization: organization.to_owned(),
            email: address_of(name).parse().expect("an address"),
            first_name: name.parse().expect("a name"),
            last_name: "Matrix".parse().expect("a name"),
            time_zone: None,
            language: None,
            roles: role.into_iter().map(Into::into).collect(),
            password_hash: None,
        };
        let added: Result<_, VerbError> = desk
            .db()
            .write(move |conn| add_person(conn, None, &add, now))
            .await;
        let person = added.expect("a person");
        let secrets = || {
            [
                TOKEN_PREFIX,
                TOKEN_PREFIX,
                SESSION_PREFIX,
                SESSION_PREFIX,
                SESSION_PREFIX,
            ]
            .map(NewSecret::with_prefix)
        };
        let secrets = secrets();
        let texts = secrets
            .each_ref()
            .map(|secret| secret.text.expose_secret().to_owned());
        let hashes = secrets.map(|secret| secret.hash);
        let made: Result<(TokenId, SessionId), VerbError> = desk
            .db()
            .write(move |conn| {
                let (mut spare, mut session) = (None, None);
                for token_hash in &hashes[..2] {
                    let new = NewToken {
                        person,
                        name: "Matrix",
                        token_hash,
                        permissions: None,
                        expires_at: None,
                        made_with: None,
                    };
                    spare = Some(tokens::issue(conn, &new, now)?);
                }
                for token_hash in &hashes[2..] {
                    let new = NewSession {
                        person,
                        token_hash,
                        csrf_token: "matrix",
                        user_agent: "Matrix",
                        limits: SessionLimits::default(),
                    };
                    session = Some(sessions::open(conn, &new, now)?);
                }
                Ok((spare.expect("two tokens"), session.expect("three sessions")))
            })
            .await;
        let [token, _, first, second, _] = texts;
        Self {
            name: name.to_owned(),
            side,
            roles: role.into_iter().collect(),
            enters: true,
            own: "acme",
            scope: None,
            acting: None,
            token,
            sessions: [first, second]
                .map(|secret| (format!("casebell_session={secret}"), "matrix".to_owned())),
            spare: Some(made.expect("tokens")),
        }
    }

    /// The same person with a token that allows this and nothing else.
    async fn narrowed(mut self, desk: &Desk, scope: Permission) -> Self {
        let whole = desk.person("dana").with_token(&self.token);
        let body = json!({ "name": "Matrix", "permissions": [scope] });
        self.token = said(&whole.post("/tokens", body).await.created()["token"]);
        self.scope = Some(scope);
        self
    }

    /// Two letters for the head of their column: of a role its first ones.
    fn code(&self) -> String {
        let special = [
            ("anonymous", "an"),
            ("disabled", "di"),
            ("contact without a role", "c0"),
            ("staff without a role", "s0"),
            ("paired contact", "Pc"),
            ("paired viewer", "Pv"),
            ("paired administrator", "Pa"),
            ("paired without a role", "P0"),
            ("switched off", "Po"),
            ("suspended", "Ps"),
            ("removed", "Pr"),
            ("narrow token", "nt"),
        ];
        if let Some((_, code)) = special.iter().find(|(name, _)| *name == self.name) {
            return (*code).to_owned();
        }
        match self.name.split_once('_') {
            Some((first, second)) => [first, second].map(|word| &word[..1]).concat(),
            None => self.name[..2].to_owned(),
        }
    }

    /// Whether a role grants it, and their token allows it.
    fn can(&self, permission: Permission) -> bool {
        self.enters
            && self.scope.is_none_or(|scope| scope == permission)
            && self
                .roles
                .iter()
                .any(|role| role.permissions().contains(&permission))
    }

    /// Whether no role of theirs changes anything.
    fn only_reads(&self) -> bool {
        let reads = |role: &Role| {
            matches!(
                role,
                Role::PortalViewer | Role::Monitor | Role::Developer | Role::TrustedExternalUser
            )
        };
        !self.enters || self.scope.is_some() || self.roles.iter().all(reads)
    }

    /// Asks.
    async fn asks(&self, desk: &Desk, row: &Row, relation: Relation, things: &Things) -> Answer {
        let mut path = row.path.clone();
        for name in row.parameters() {
            let spare = self.spare.filter(|_| relation == Relation::Own);
            let thing = match (name, spare) {
                ("token", Some((own, _))) => own.to_string(),
                ("session", Some((_, own))) => own.to_string(),
                _ => things.named(name),
            };
            path = path.replace(&format!("{{{name}}}"), &thing);
        }
        path.push_str(things::query(&row.method, &row.path));
        // What would be taken away for good is asked for in words that nobody understands, so that the next one finds it.
        // Nor is a stream waited for, which has no end.
        let taken = row.method == Method::DELETE && relation != Relation::Unrelated;
        let endless =
            row.is_live() && (relation != Relation::Unrelated || self.side == Side::Provider);
        if taken || endless {
            path.push_str("?no_such=field");
        }
        let mut asking = desk.client().request(row.method.clone(), desk.page(&path));
        if let Some((organization, _)) = self.acting {
            asking = asking.header("acting-organization", organization);
        }
        // What a stranger says is complete, so that nothing but its address can be wrong with it. Whoever may is
        // refused for a field that there is not, so that the next one finds the same desk.
        let complete = row.method == Method::DELETE
            || (row.portal && things::is_decided_by_its_verb(&row.path))
            || (relation == Relation::Unrelated && self.side == Side::Customer);
        let body = complete.then(|| things::body(row.method.as_str(), &row.path));
        if row.portal {
            let (cookie, csrf) = &self.sessions[0];
            // Whoever signs in does so at a browser of its own: the session that one comes with ends.
            let fresh = row.method == Method::POST && row.path == "/sign-in";
            if self.scope.is_some() {
                asking = asking.bearer_auth(&self.token);
            } else if !fresh && (self.enters || !cookie.is_empty()) {
                asking = asking.header("cookie", cookie);
            }
            if row.method != Method::GET {
                let mut form = BTreeMap::from([("csrf_token".to_owned(), csrf.clone())]);
                if row.path == "/sign-in" {
                    form.insert("email".to_owned(), "dana@acme.test".to_owned());
                    form.insert("password".to_owned(), PASSWORD.to_owned());
                }
                for (field, value) in body
                    .as_ref()
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    let text = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    form.insert(field.clone(), text);
                }
                asking = asking.form(&form);
            }
        } else {
            if row.path == "/api/v1/sessions/current" {
                let (cookie, csrf) = &self.sessions[1];
                asking = asking.header("cookie", cookie).header("x-csrf-token", csrf);
            } else if !self.token.is_empty() {
                asking = asking.bearer_auth(&self.token);
            }
            if row.method != Method::GET {
                let body = body.unwrap_or_else(|| json!({ "no such field": true }));
                // What takes a file takes no object.
                asking = match row.path.starts_with("/api/v1/developer/provisioning") {
                    true => asking
                        .header("content-type", "application/x-ndjson")
                        .body(body.to_string()),
                    false => asking.json(&body),
                };
            }
        }
        let question = format!("{}: {} ({relation:?})", self.name, row.title());
        Asking::new(question, asking).await
    }
}

static WORDS: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::load().expect("the catalogue"));

/// What kind of answer it is.
fn class(answer: &Answer, row: &Row) -> String {
    let asked_to_sign_in =
        answer.status == 303 && answer.header("location").starts_with("/sign-in?next=");
    match answer.status {
        401 => "401".to_owned(),
        _ if asked_to_sign_in => "401".to_owned(),
        404 if answer.json["code"] == "organization_not_found" => "404".to_owned(),
        403 => match (answer.json["code"].as_str(), row.portal) {
            (Some("missing_permission"), false) => {
                format!(
                    "403 {}",
                    answer.json["permission"].as_str().expect("a permission")
                )
            }
            (code, false) => format!("403 {}", code.unwrap_or_default()),
            (_, true) => {
                // A page says it in words.
                let mut named = Permission::ALL.iter().filter(|permission| {
                    let what = WORDS.say_of("permission", permission.as_str(), &[]);
                    answer.text.contains(&format!(": {what} Ask "))
                });
                let first = named.next().map_or("", |permission| permission.as_str());
                assert!(named.next().is_none(), "two permissions: {answer:?}");
                format!("403 {first}")
            }
        },
        404 => "404".to_owned(),
        _ => "allowed".to_owned(),
    }
}

/// Whether it is an answer at all: not the house's failure, nor that of the matrix to ask properly.
fn is_sound(answer: &Answer, row: &Row) -> bool {
    match answer.status {
        // Wishes for a new password are slowed down, whoever has them, and so is a crowd that signs in as one person.
        429 => matches!(row.path.as_str(), "/forgot-password" | "/sign-in"),
        503 => row.path == "/sign-in" && row.method == Method::POST,
        400 | 405 | 415 | 500.. => false,
        // What may be read is there.
        409 | 412 | 422 => row.method != Method::GET || row.is_live() || row.bears_a_link(),
        _ => true,
    }
}

/// The tables in which everybody keeps what is their own, and whoever asks from outside leaves their wish.
const OWN: &[&str] = &[
    "feed_reads",
    "feed_stances",
    "list_columns",
    "announcement_reads",
    "tutorial_registrations",
    // How many come.
    "tutorials",
    "second_factors",
    "recovery_codes",
    "known_devices",
    "sessions",
    "api_tokens",
    "people",
    "access_requests",
    "password_reset_requests",
    "sign_in_attempts",
    // Begun anew by what people change of their own accounts.
    "epochs",
    "secret_epochs",
    "notice_preferences",
    // When they were last used.
    "pairings",
    "pairing_members",
    "notices",
    "audit_events",
    "audit_chain",
];

type Cells = BTreeMap<(usize, Relation), Vec<String>>;

on_both_databases! { Desk:
    everybody_may_do_what_their_role_grants_and_nothing_else,
}

async fn everybody_may_do_what_their_role_grants_and_nothing_else(desk: Desk) {
    // Each has a case, and a pairing: Initech comes to ACME, and somebody else to Globex, who is a stranger to both.
    let stranger = Caller::newcomer(&desk, "hooli").await;
    let (abel, pia, gina) = administrators(&desk).await;
    let idle = async |organization| {
        let (name, place) = (
            format!("idle {organization}"),
            (organization, Side::Customer),
        );
        Caller::of(&desk, &name, place, None).await
    };
    let (a, i, g) = (
        idle("acme").await,
        idle("initech").await,
        idle("globex").await,
    );
    let acme = Things::of(&desk, ("dana", &a), &abel, (&pia, &abel)).await;
    let initech = Things::of(&desk, ("pia", &i), &pia, (&pia, &abel)).await;
    let globex = Things::of(&desk, ("gina", &g), &gina, (&stranger, &gina)).await;
    let callers = callers(&desk).await;
    let rows = table();
    let mut cells = Cells::new();
    let mut faults = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        for relation in Relation::of(row) {
            cells.insert((index, *relation), vec![String::new(); callers.len()]);
        }
    }
    let before = desk.rows();
    // Those who only read come first: they leave the desk as it is. What takes their way in away comes last.
    for (reads, stage) in [
        (true, 0),
        (false, 0),
        (true, 1),
        (false, 1),
        (true, 2),
        (false, 2),
    ] {
        for ((index, relation), answers) in &mut cells {
            let row = &rows[*index];
            if row.stage() != stage {
                continue;
            }
            let things_of = |caller: &Caller| match (relation, caller.own) {
                (Relation::Unrelated, _) => &globex,
                (_, "initech") => &initech,
                _ => &acme,
            };
            let asking: Vec<usize> = (0..callers.len())
                .filter(|caller| callers[*caller].only_reads() == reads)
                .collect();
            let ask = |caller: &usize| {
                let caller = &callers[*caller];
                caller.asks(&desk, row, *relation, things_of(caller))
            };
            // Looking disturbs nobody.
            let said = if reads || row.method == Method::GET {
                join_all(asking.iter().map(ask)).await
            } else {
                let mut said = Vec::new();
                for caller in &asking {
                    said.push(ask(caller).await);
                }
                said
            };
            for (caller, said) in asking.into_iter().zip(said) {
                let answer = class(&said, row);
                if !is_sound(&said, row) || !holds(&callers[caller], row, *relation, &answer) {
                    faults.push(format!("{relation:?} → {answer}: {said:?}"));
                }
                answers[caller] = answer;
            }
        }
        if reads && stage == 0 {
            for (table, rows) in desk.rows() {
                // What one has read and how one enters is one's own, and changes nothing for anybody else.
                if OWN.contains(&table.as_str()) {
                    continue;
                }
                let new = rows.iter().filter(|row| !before[&table].contains(row));
                faults.extend(new.map(|row| format!("who only reads wrote to {table}: {row}")));
            }
        }
    }
    let count = cells.len() * callers.len();
    say(&format!(
        "role matrix: {count} cells on {:?}",
        desk.backend()
    ));
    written(&rows, &callers, &cells).compare("matrix");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Everybody who asks: nobody, somebody shut out, somebody without a role on each side, and one person per role.
async fn callers(desk: &Desk) -> Vec<Caller> {
    let mut shut_out =
        Caller::joins(desk, "disabled", Side::Provider, Some(Role::Administrator)).await;
    let ada = desk.person("ada");
    let everybody = ada.all("/users").await;
    let user = everybody
        .iter()
        .find(|user| user["email"] == "disabled@matrix.test")
        .expect("the person");
    let path = format!("/users/{}", user["id"].as_str().expect("an id"));
    ada.patch(&path, json!({ "disabled": true })).await.ok();
    shut_out.enters = false;
    let mut callers = vec![
        Caller::nobody(),
        shut_out,
        Caller::joins(desk, "contact without a role", Side::Customer, None).await,
        Caller::joins(desk, "staff without a role", Side::Provider, None).await,
    ];
    // A role of pairings comes with a pairing.
    for role in Role::ALL.iter().filter(|role| !role.is_of_pairings()) {
        let (name, side) = (role.as_str(), role.side());
        let at_home = [OrganizationKind::Customer, OrganizationKind::Provider];
        let caller = if at_home.iter().any(|kind| role.fits(*kind)) {
            Caller::joins(desk, name, side, Some(*role)).await
        } else {
            // ACME is no partner.
            let mut partner = Caller::of(desk, name, ("initech", side), Some(*role)).await;
            partner.own = "initech";
            partner
        };
        callers.push(caller);
    }
    for (name, role, standing) in [
        (
            "paired contact",
            Some(Role::DesignatedContact),
            Standing::On,
        ),
        ("paired viewer", Some(Role::PortalViewer), Standing::On),
        (
            "paired administrator",
            Some(Role::OrganizationAdmin),
            Standing::On,
        ),
        ("paired without a role", None, Standing::On),
        (
            "switched off",
            Some(Role::DesignatedContact),
            Standing::SwitchedOff,
        ),
        (
            "suspended",
            Some(Role::DesignatedContact),
            Standing::Suspended,
        ),
        ("removed", Some(Role::DesignatedContact), Standing::Removed),
    ] {
        callers.push(paired(desk, name, role, standing).await);
    }
    let name = "narrow token";
    let contact = Caller::joins(desk, name, Side::Customer, Some(Role::DesignatedContact)).await;
    callers.push(contact.narrowed(desk, Permission::CasesView).await);
    callers
}

/// How a pairing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    On,
    SwitchedOff,
    Suspended,
    Removed,
}

/// Somebody of Initech who wants to act in ACME by way of a pairing of their own.
async fn paired(desk: &Desk, name: &str, role: Option<Role>, standing: Standing) -> Caller {
    let home = ("initech", Side::Customer);
    let mut caller = Caller::of(desk, name, home, Some(Role::DesignatedContact)).await;
    let (abel, pia, _) = administrators(desk).await;
    let email = caller.email();
    let everybody = desk.person("ada").all("/users").await;
    let person = everybody
        .iter()
        .find(|user| user["email"] == email.as_str());
    let person = said(&person.expect("the person")["id"]);
    let pairing = pairs(&pia, &abel, &[&person], &[]).await;
    if let Some(role) = role {
        gives(&abel, &pairing.members[0], role.as_str()).await;
    }
    let path = format!("/pairings/{}", pairing.id);
    match standing {
        Standing::On => {}
        Standing::SwitchedOff => drop(abel.patch(&path, json!({ "enabled": false })).await.ok()),
        Standing::Suspended => drop(pia.patch(&path, json!({ "enabled": false })).await.ok()),
        Standing::Removed => drop(abel.asks(Method::DELETE, &path).await),
    }
    let may = standing == Standing::On && role.is_some();
    caller.acting = Some(("acme", may));
    caller.roles = match role {
        Some(role) if may => vec![role, Role::TrustedExternalUser],
        _ => Vec::new(),
    };
    caller
}

/// What must hold whatever the golden text says.
fn holds(caller: &Caller, row: &Row, relation: Relation, answer: &str) -> bool {
    let permission = match row.needs {
        Requires::Anyone => return true,
        Requires::Entered
        | Requires::SignedIn
        | Requires::Owner
        | Requires::OwnerAtHome
        | Requires::OwnPassword => None,
        Requires::Permission(permission) => Some(permission),
    };
    let refused = |code: &str| match row.portal {
        true => answer == "403 ",
        false => answer == format!("403 {code}"),
    };
    if !caller.enters || answer == "401" {
        return !caller.enters && answer == "401";
    }
    if caller.acting.is_some_and(|(_, may)| !may) {
        return answer == "404";
    }
    // A part of a key manages no account, and nothing that proves who one is, is set by way of a pairing.
    if caller.scope.is_some()
        && matches!(
            row.needs,
            Requires::Owner | Requires::OwnerAtHome | Requires::OwnPassword
        )
    {
        return refused("scoped_token");
    }
    if caller.acting.is_some() && matches!(row.needs, Requires::OwnerAtHome | Requires::OwnPassword)
    {
        return refused("not_through_pairing");
    }
    if caller.side == Side::Customer && relation == Relation::Unrelated {
        return answer == "404";
    }
    let Some(permission) = permission else {
        return true;
    };
    // Nobody passes on what they were trusted with.
    if caller.acting.is_some() && caller.can(permission) && !permission.works_through_pairing() {
        return answer == "404" || refused("not_through_pairing");
    }
    let lacks = format!("403 {permission}");
    if !caller.can(permission) {
        return answer == lacks || answer == "404";
    }
    // Who only reads may still say what they have read, go to a tutorial, have something looked at, and take a file in (A2).
    let tools = [
        Permission::DeveloperToolsUse,
        Permission::ProvisioningRun,
        Permission::TutorialsRegister,
    ];
    let looks = tools.contains(&permission);
    let reads = row.method == Method::GET || permission.as_str().ends_with(":view") || looks;
    answer != lacks && (reads || !caller.only_reads())
}

/// The matrix as people read it: routes down, people across.
fn written(rows: &[Row], callers: &[Caller], cells: &Cells) -> Grid {
    type Belongs = fn(&Caller) -> bool;
    let groups: [(&str, Belongs); 4] = [
        ("Nobody, and people without a role", |caller| {
            caller.acting.is_none() && (!caller.enters || caller.roles.is_empty())
        }),
        ("People of a customer or a partner", |caller| {
            caller.acting.is_none()
                && !caller.roles.is_empty()
                && caller.enters
                && caller.side == Side::Customer
        }),
        ("Staff", |caller| {
            caller.enters && !caller.roles.is_empty() && caller.side == Side::Provider
        }),
        (
            "People of a partner, by way of a pairing with the customer",
            |caller| caller.acting.is_some(),
        ),
    ];
    let mut order = Vec::new();
    let columns = groups.map(|(title, belongs)| {
        let mut columns = Vec::new();
        for (index, caller) in callers.iter().enumerate() {
            if belongs(caller) {
                order.push(index);
                columns.push(Column::new(caller.code(), &caller.name));
            }
        }
        (title.to_owned(), columns)
    });
    assert_eq!(order.len(), callers.len(), "everybody has one column");
    let mut grid = Grid::new(
        "Who may do what: routes down, people across. Generated by tests/it/matrix.rs from the route tables and Role::ALL.\n\
         own: a thing of their own organization (for staff: of a customer). unrelated: another customer's. any: nobody's in particular.",
        columns.to_vec(),
    );
    for ((index, relation), answers) in cells {
        let row = &rows[*index];
        let answers = order.iter().map(|caller| answers[*caller].as_str());
        let label = format!("{:<9}  {} ({})", relation.label(), row.title(), row.needs());
        grid.row(&row.topic(), &label, Some(&row.needs()), answers);
    }
    grid
}
