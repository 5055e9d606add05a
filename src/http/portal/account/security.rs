//! The second factor.

use super::{AccountPage, Section, Shown, again, page, show};
use crate::credentials::Authenticator;
use crate::domain::Instant;
use crate::http::api::account::ShowCode;
use crate::http::api_request::OWNER;
use crate::http::asks::SECOND_FACTOR;
use crate::http::portal::act::is_form_error;
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::Fact;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::problem::{Code, Problem};
use crate::http::throttle::{self, Counter};
use crate::store::second_factors;
use crate::words::Catalogue;
use crate::workflow::second_factor;

const HERE: &str = "/account/security";

pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { security:
        GET  "/account/security"         OWNER.before_set_up() => read, "Your second factor";
        POST "/account/security/begin"   SECOND_FACTOR.before_set_up() => begin, "Begins a second factor";
        POST "/account/security/confirm" SECOND_FACTOR.before_set_up() => confirm, "Asks for the second factor from now on";
        POST "/account/security/codes"   SECOND_FACTOR => renew, "New recovery codes";
        POST "/account/security/off"     SECOND_FACTOR => turn_off, "Gives the second factor up";
    }
}

/// How it stands.
pub(in crate::http::portal) enum State {
    /// Nothing is asked for.
    Off,
    /// One is begun: its secret in base 32, and as a picture.
    Begun(String, String),
    /// One is asked for since then; so many recovery codes are left.
    On(Instant, i64),
}

async fn read(req: PageRequest) -> PageResult {
    show(&req, &security(&req).await?)
}

async fn security(req: &PageRequest) -> Result<AccountPage, Problem> {
    let (actor, key) = (req.principal()?.oneself(), req.desk.key.clone());
    let state = req
        .read(move |conn| {
            let factor = second_factors::find(conn, actor.id())?;
            if let Some(since) = factor.and_then(|factor| factor.confirmed_at) {
                return Ok(State::On(
                    since,
                    second_factors::codes_left(conn, actor.id())?,
                ));
            }
            let begun = second_factor::begun(conn, &key, &actor)?;
            begun.map_or(Ok(State::Off), |begun| drawn(&begun))
        })
        .await?;
    let mut page = page(req, "security");
    if req.principal()?.must_set_up {
        page.about = req.words().say("second-factor-must", &[]);
    }
    (page.shown, page.sections) = parts(req.words(), state);
    Ok(page)
}

fn drawn(begun: &Authenticator) -> Result<State, Problem> {
    let picture = begun.picture().map_err(|_| Problem::new(Code::Internal))?;
    Ok(State::Begun(begun.secret(), picture))
}

/// What the page shows and lets do.
pub(in crate::http::portal) fn parts(
    words: &Catalogue,
    state: State,
) -> (Option<Shown>, Vec<Section>) {
    let form = |id, action: &str, button: &str, controls| {
        let button = words.say_of("second-factor", button, &[]);
        Form::new(id, format!("{HERE}/{action}"), button, controls)
    };
    let section = |id, title: &str, about: &str| {
        let say = |key: &str| words.say_of("second-factor", key, &[]);
        Section::new(id, say(title), say(about))
    };
    match state {
        State::Off => {
            let begin = form("begin", "begin", "begin", Vec::new());
            (
                None,
                vec![section("begin", "title", "off-about").form(begin)],
            )
        }
        State::Begun(secret, picture) => {
            let shown = Shown {
                title: words.say_of("second-factor", "scan", &[]),
                about: words.say_of("second-factor", "scan-about", &[]),
                picture,
                picture_about: words.say_of("second-factor", "picture", &[]),
                lines: vec![in_groups(&secret)],
                next: String::new(),
            };
            let confirm = form("confirm", "confirm", "confirm", vec![code(words)]);
            let confirm = section("confirm", "confirm-title", "confirm-about").form(confirm);
            (Some(shown), vec![confirm])
        }
        State::On(since, left) => {
            let facts = vec![
                Fact::at(words.say_of("second-factor", "since", &[]), since),
                Fact::new(words.say_of("second-factor", "left", &[]), left.to_string()),
            ];
            let on = section("on", "title", "on-about").facts(facts);
            let codes = section("codes", "codes-title", "codes-about").form(form(
                "codes",
                "codes",
                "codes",
                vec![code(words)],
            ));
            let off = section("off", "off-title", "turn-off-about");
            (
                None,
                vec![
                    on,
                    codes,
                    off.form(form("off", "off", "off", Vec::new()).taking()),
                ],
            )
        }
    }
}

/// The field for a code of one's app.
fn code(words: &Catalogue) -> Control {
    Control::of(
        ShowCode::code(),
        words.say_of("label", "one-time-code", &[]),
    )
    .kind(Kind::Text)
    .hint(words.say_of("hint", "one-time-code", &[]))
    .autocomplete("one-time-code")
}

/// In groups of four, which are easier to copy.
fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|group| group.iter().collect())
        .collect();
    groups.join(" ")
}

async fn begin(req: PageRequest) -> PageResult {
    let (actor, key, now) = (req.principal()?.oneself(), req.desk.key.clone(), req.now);
    let begun = req.write(move |conn| second_factor::begin(conn, &key, &actor, now).map(drop));
    match begun.await {
        Ok(()) => Ok(req.go(HERE, None)),
        // Begun and confirmed in another window: the page says so.
        Err(problem) if problem.code() == Code::SecondFactorOn => Ok(req.go(HERE, None)),
        Err(problem) => Err(problem.into()),
    }
}

async fn confirm(req: PageRequest) -> PageResult {
    codes(req, "confirm").await
}

async fn renew(req: PageRequest) -> PageResult {
    codes(req, "codes").await
}

/// The recovery codes are shown by the answer itself, because nothing keeps them.
async fn codes(req: PageRequest, section: &'static str) -> PageResult {
    match new_codes(&req, section).await {
        Ok(codes) => {
            let words = req.words();
            let mut page = page(&req, "security");
            page.shown = Some(shown_codes(words, codes));
            show(&req, &page)
        }
        Err(problem) if matches!(problem.code(), Code::SecondFactorOn | Code::SecondFactorOff) => {
            Ok(req.go(HERE, None))
        }
        Err(problem) if is_form_error(&problem) => {
            again(&req, security(&req).await?, section, &problem)
        }
        Err(problem) => Err(problem.into()),
    }
}

/// The codes, this once.
fn shown_codes(words: &Catalogue, codes: Vec<String>) -> Shown {
    Shown {
        title: words.say_of("second-factor", "shown", &[]),
        about: words.say_of("second-factor", "shown-about", &[]),
        picture: String::new(),
        picture_about: String::new(),
        lines: codes,
        next: HERE.to_owned(),
    }
}

async fn new_codes(req: &PageRequest, section: &'static str) -> Result<Vec<String>, Problem> {
    let (actor, key, now) = (req.principal()?.oneself(), req.desk.key.clone(), req.now);
    let session = req.principal()?.session();
    let shown: ShowCode = req.form()?;
    let counter = Counter::own_code(actor.id());
    throttle::attempt(&req.desk, std::slice::from_ref(&counter), now).await?;
    let codes = req
        .write(move |conn| {
            let code = shown.code.expose();
            let codes = match section {
                "confirm" => second_factor::confirm(conn, &key, (&actor, session), code, now)?,
                _ => second_factor::renew_codes(conn, &key, &actor, code, now)?,
            };
            counter.forget(conn)?;
            Ok(codes)
        })
        .await?;
    Ok(codes)
}

async fn turn_off(req: PageRequest) -> PageResult {
    match turned_off(&req).await {
        Ok(()) => Ok(req.go(HERE, Some(Flash::new(Done::SecondFactorOff)))),
        Err(problem) if problem.code() == Code::SecondFactorOff => Ok(req.go(HERE, None)),
        Err(problem) => Err(problem.into()),
    }
}

async fn turned_off(req: &PageRequest) -> Result<(), Problem> {
    let (actor, now) = (req.principal()?.oneself(), req.now);
    let session = req.principal()?.session();
    req.write(move |conn| second_factor::turn_off(conn, &actor, session, now))
        .await?;
    Ok(())
}
