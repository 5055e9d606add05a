//! Revocation, counted in requests (A7, P6): while somebody reads and writes as fast as they can, through every server, by
//! session and by token, what lets them is taken away. What they begin after that is refused, all of it, and what they
//! follow ends.

use std::sync::Arc;
use std::time::Instant;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Barrier, watch};
use tokio::task::JoinSet;

use crate::support::database::Backend;
use crate::support::desk::runtime;
use crate::support::fixtures::{PASSWORD, somebody_called};
use crate::support::paired::said;
use crate::support::say;
use crate::support::servers::Servers;
use crate::support::stream::Stream;

/// How many requests everybody makes before anything is taken away, and how many after it.
const EACH_TIME: usize = 10;

/// What somebody shows, and the organization that they ask to act in.
#[derive(Clone, Debug)]
enum Shown {
    Token(String, Option<&'static str>),
    Session(Session, Option<&'static str>),
}

#[derive(Clone, Debug)]
struct Session {
    id: String,
    cookie: String,
    csrf: String,
}

impl Shown {
    fn in_request(&self, request: RequestBuilder) -> RequestBuilder {
        let (request, there) = match self {
            Self::Token(secret, there) => (request.bearer_auth(secret), there),
            Self::Session(session, there) => {
                let request = request.header("cookie", &session.cookie);
                (request.header("x-csrf-token", &session.csrf), there)
            }
        };
        match there {
            Some(there) => request.header("acting-organization", *there),
            None => request,
        }
    }
}

/// Something that is taken away, by one request.
struct Taken {
    what: &'static str,
    by: &'static str,
    request: (Method, String, Value),
}

#[test]
fn nothing_is_accepted_after_it_by_two_processes_over_postgresql() {
    revoke(Backend::Postgresql, 2);
}

#[test]
fn nothing_is_accepted_after_it_by_one_process_over_sqlite() {
    revoke(Backend::Sqlite, 1);
}

fn revoke(backend: Backend, servers: usize) {
    if !backend.is_available() {
        return;
    }
    runtime().block_on(async {
        let scene = Scene::set(Servers::start(backend, servers).await).await;
        scene.people_lose_their_place().await;
        scene.keys_are_given_up().await;
        scene.pairings_end().await;
        scene.servers.stop();
    });
}

/// A case of ACME's, and servers that show it.
struct Scene {
    servers: Servers,
    case: String,
}

impl Scene {
    async fn set(servers: Servers) -> Self {
        let case = json!({
            "subject": "Watched", "description": "x", "priority": "medium", "deployment": "cloud",
            "business_impact": "limited",
        });
        let case = servers.asks("dana", Method::POST, "/cases", case).await;
        let case = said(&case["number"]);
        Self { servers, case }
    }

    async fn signs_in(&self, key: &str) -> Session {
        let body = json!({ "email": somebody_called(key).email(), "password": PASSWORD });
        let request = self.servers.request(1, Method::POST, "/sessions");
        let response = request.json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::CREATED);
        let cookie = response.headers()["set-cookie"].to_str().expect("a text");
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let body: Value = response.json().await.expect("JSON");
        let mut session = Session {
            id: String::new(),
            cookie,
            csrf: said(&body["csrf_token"]),
        };
        let shown = Shown::Session(session.clone(), None);
        let list = shown.in_request(self.servers.request(0, Method::GET, "/sessions"));
        let list: Value = list
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        let items = list["items"].as_array().expect("sessions");
        let current = items.iter().find(|session| session["current"] == true);
        session.id = said(&current.expect("this one")["id"]);
        session
    }

    /// A person of the organization itself: without a role, and shut out.
    async fn people_lose_their_place(&self) {
        let dana = format!("/users/{}", self.servers.id_of("dana").await);
        for (what, taken, back) in [
            (
                "the last role is taken",
                json!({ "roles": [] }),
                json!({ "roles": ["designated_contact"] }),
            ),
            (
                "somebody is shut out",
                json!({ "disabled": true }),
                json!({ "disabled": false }),
            ),
        ] {
            let shown = [
                Shown::Token(self.servers.token("dana").to_owned(), None),
                Shown::Session(self.signs_in("dana").await, None),
            ];
            let taken = Taken {
                what,
                by: "ada",
                request: (Method::PATCH, dana.clone(), taken),
            };
            self.counts(&shown, taken).await;
            self.servers.asks("ada", Method::PATCH, &dana, back).await;
        }
    }

    /// A session and a token, given up by whose they are.
    async fn keys_are_given_up(&self) {
        let session = self.signs_in("carl").await;
        let taken = Taken {
            what: "a session is ended",
            by: "carl",
            request: (
                Method::DELETE,
                format!("/sessions/{}", session.id),
                Value::Null,
            ),
        };
        self.counts(&[Shown::Session(session, None)], taken).await;
        let issued = json!({ "name": "Wall" });
        let issued = self
            .servers
            .asks("carl", Method::POST, "/tokens", issued)
            .await;
        let taken = Taken {
            what: "a token is revoked",
            by: "carl",
            request: (
                Method::DELETE,
                format!("/tokens/{}", said(&issued["id"])),
                Value::Null,
            ),
        };
        self.counts(&[Shown::Token(said(&issued["token"]), None)], taken)
            .await;
    }

    /// Pia of Initech works at ACME, until either side ends it.
    async fn pairings_end(&self) {
        let asks =
            async |key, method, path: &str, body| self.servers.asks(key, method, path, body).await;
        let me = self.servers.id_of("pia").await;
        let admin = json!({ "roles": ["partner_admin"] });
        asks("ada", Method::PATCH, &format!("/users/{me}"), admin).await;
        let ways = [
            "the role is taken",
            "the member is removed",
            "the trustor switches it off",
            "the trustee suspends it",
            "the pairing is removed",
        ];
        for what in ways {
            let asked = json!({ "people": [me] });
            let asked = asks("pia", Method::POST, "/pairings", asked).await;
            let link = said(&asked["link"]);
            let token = json!({ "token": link.rsplit('/').next() });
            asks("abel", Method::POST, "/pairing-links/acceptance", token).await;
            let pairing = format!("/pairings/{}", said(&asked["id"]));
            let member = format!(
                "/pairing-members/{}",
                said(&asked["people"]["items"][0]["id"])
            );
            let role = json!({ "role": "designated_contact" });
            let role = asks("abel", Method::POST, &format!("{member}/roles"), role).await;
            let switched = self.signs_in("pia").await;
            let to = json!({ "organization": "acme" });
            let path = "/sessions/current/organization";
            let switch = self.servers.request(0, Method::POST, path).json(&to);
            let shown = Shown::Session(switched, None);
            let switch = shown.in_request(switch).send().await.expect("an answer");
            assert_eq!(switch.status(), StatusCode::OK);
            let shown = [
                shown,
                Shown::Session(self.signs_in("pia").await, Some("acme")),
                Shown::Token(self.servers.token("pia").to_owned(), Some("acme")),
            ];
            let off = json!({ "enabled": false });
            let (by, request) = match what {
                "the role is taken" => {
                    let path = format!("/pairing-roles/{}", said(&role["id"]));
                    ("abel", (Method::DELETE, path, Value::Null))
                }
                "the member is removed" => ("pia", (Method::DELETE, member, Value::Null)),
                "the trustor switches it off" => ("abel", (Method::PATCH, pairing.clone(), off)),
                "the trustee suspends it" => ("pia", (Method::PATCH, pairing.clone(), off)),
                _ => ("abel", (Method::DELETE, pairing.clone(), Value::Null)),
            };
            self.counts(&shown, Taken { what, by, request }).await;
            if what != "the pairing is removed" {
                asks("abel", Method::DELETE, &pairing, Value::Null).await;
            }
        }
    }

    /// Lets everything that is shown be used by as many as there are servers, and followed at each; takes away what
    /// lets it, and counts.
    async fn counts(&self, shown: &[Shown], taken: Taken) {
        let users = shown.len() * self.servers.count();
        let mut streams = Vec::new();
        let case = format!("/cases/{}", self.case);
        let (live, feed) = (format!("{case}/live"), format!("{case}/feed"));
        for n in 0..users {
            // Each of what is shown meets each server.
            let (server, shown) = (n / shown.len(), &shown[n % shown.len()]);
            let asking = self.servers.request(server, Method::GET, &live);
            streams.push(Stream::open(shown.in_request(asking)).await);
        }
        let ready = Arc::new(Barrier::new(users + 1));
        let (done, is_done) = watch::channel(false);
        let mut using = JoinSet::new();
        for n in 0..users {
            let (server, shown) = (n / shown.len(), &shown[n % shown.len()]);
            let entry = json!({ "body": "As fast as I can." });
            let requests = [
                self.servers.request(server, Method::GET, &case),
                self.servers
                    .request(server, Method::POST, &feed)
                    .json(&entry),
            ]
            .map(|request| shown.in_request(request));
            let (ready, is_done) = (ready.clone(), is_done.clone());
            using.spawn(async move { uses(&requests, &ready, is_done).await });
        }
        ready.wait().await;
        let (method, path, body) = taken.request;
        self.servers.asks(taken.by, method, &path, body).await;
        let taken_at = Instant::now();
        done.send_replace(true);
        let entry = json!({ "body": "Not for you any more." });
        let unseen = self.servers.asks("eve", Method::POST, &feed, entry).await;

        let tried = using.join_all().await.concat();
        let (later, earlier): (Vec<_>, Vec<_>) =
            tried.into_iter().partition(|tried| tried.begun > taken_at);
        let accepted = |tried: &[Tried]| tried.iter().filter(|tried| tried.accepted).count();
        say(&format!(
            "revocation through {} server process(es), {}: {} of {} requests accepted before, {} of {} after, {} streams ended",
            self.servers.count(),
            taken.what,
            accepted(&earlier),
            earlier.len(),
            accepted(&later),
            later.len(),
            streams.len(),
        ));
        assert!(accepted(&earlier) >= users * EACH_TIME, "{}", taken.what);
        assert!(later.len() >= users * EACH_TIME, "{}", taken.what);
        assert_eq!(accepted(&later), 0, "{}", taken.what);
        for stream in &mut streams {
            let rest = stream.rest().await;
            let end = rest.last().map(|said| said.event.as_str());
            assert_eq!(end, Some("end"), "{}: {rest:?}", taken.what);
            let told = rest.iter().any(|said| said.data["id"] == unseen["id"]);
            assert!(!told, "{}: {rest:?}", taken.what);
        }
    }
}

/// A request that somebody made.
#[derive(Clone, Debug)]
struct Tried {
    begun: Instant,
    accepted: bool,
}

/// Reads and writes in turn until it is over, and for a while after it.
async fn uses(
    requests: &[RequestBuilder],
    ready: &Barrier,
    is_done: watch::Receiver<bool>,
) -> Vec<Tried> {
    let mut tried = Vec::new();
    let mut turns = requests.iter().cycle();
    let mut next = async || {
        let request = turns.next().and_then(RequestBuilder::try_clone);
        let begun = Instant::now();
        let response = request.expect("a request").send().await;
        let accepted = response.expect("an answer").status().is_success();
        tried.push(Tried { begun, accepted });
    };
    for _ in 0..EACH_TIME {
        next().await;
    }
    ready.wait().await;
    while !*is_done.borrow() {
        next().await;
    }
    for _ in 0..EACH_TIME {
        next().await;
    }
    tried
}
