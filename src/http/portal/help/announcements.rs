//! Announcements: those that are unread on the first page, all of them in their list, and the forms of those who write them (H1).

use chrono::{NaiveTime, Timelike};
use serde::Serialize;

use super::{HelpForm, HelpPlace, PLACE, audience, offered, tabs, told_audience};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Access, Permission};
use crate::domain::announcement::{Importance, State};
use crate::domain::ids::AnnouncementId;
use crate::http::api::announcements::{AnnouncementQuery, Announcements, document, documents};
use crate::http::api::documents::AnnouncementDocument;
use crate::http::api_request::may;
use crate::http::list::find;
use crate::http::portal::act::{By, Consequences, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Choice, Control, Form, Kind, words_of};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::parts::{Pager, Tab};
use crate::http::portal::render::is_local;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::shell::Tone;
use crate::http::problem::Problem;
use crate::store::announcements::{self, Announcement};
use crate::store::audiences::Listener;
use crate::words::Catalogue;
use crate::words::time::{Times, kept_field};
use crate::workflow::announcements::{
    AddAnnouncement, UpdateAnnouncement, add_announcement, delete_announcement, read_announcement,
    update_announcement,
};

/// The most unread announcements that the first page shows; the list has all of them.
const MOST_UNREAD: i64 = 5;

/// The rows of the route table.
pub(super) fn routes() -> Vec<PortalRoute> {
    pages! { help:
        GET  "/announcements"                       may(Permission::AnnouncementsView)   => list, "Announcements, those that are shown now first";
        GET  "/announcements/new"                   may(Permission::AnnouncementsManage) => new, "The form that adds an announcement";
        POST "/announcements"                       may(Permission::AnnouncementsManage) => add, "Adds an announcement";
        GET  "/announcements/{announcement}"        may(Permission::AnnouncementsView)   => show, "One announcement; for those who write them with its form";
        POST "/announcements/{announcement}"        may(Permission::AnnouncementsManage) => change, "Changes an announcement";
        POST "/announcements/{announcement}/remove" may(Permission::AnnouncementsManage) => remove, "Removes an announcement";
        POST "/announcements/{announcement}/read"   may(Permission::AnnouncementsView)   => read, "Notes that the visitor has read it";
    }
}

/// An unread announcement on the first page.
#[derive(Clone, Debug, Serialize)]
pub struct Announced {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Its page.
    pub href: String,
    /// How much it matters, which a word says too.
    pub importance: Importance,
    /// How that looks.
    pub tone: Tone,
    /// What it says, in Markdown.
    pub body: String,
    /// Notes that it was read.
    pub read: String,
    /// The page that it stands on.
    pub back: String,
}

/// What support announces to somebody who has not read it: one look by an index, where the first page is read anyway.
///
/// # Errors
/// Database errors.
pub(in crate::http::portal) fn unread(
    conn: &mut Conn,
    access: &Access,
    now: Instant,
) -> Result<Vec<Announcement>, Problem> {
    if !access.can(Permission::AnnouncementsView) {
        return Ok(Vec::new());
    }
    let listener = Listener::reader(conn, access)?;
    let found = announcements::unread(conn, listener, access.person, (MOST_UNREAD, now))?;
    Ok(found)
}

/// As the page `back` shows them: warnings first.
pub(in crate::http::portal) fn announced(
    mut unread: Vec<Announcement>,
    back: &str,
) -> Vec<Announced> {
    unread.sort_by_key(|one| std::cmp::Reverse(one.importance));
    let view = |one: Announcement| Announced {
        href: format!("/announcements/{}", one.id),
        read: format!("/announcements/{}/read", one.id),
        id: one.id.to_string(),
        title: one.title,
        importance: one.importance,
        tone: tone(one.importance),
        body: one.body,
        back: back.to_owned(),
    };
    unread.into_iter().map(view).collect()
}

const fn tone(importance: Importance) -> Tone {
    match importance {
        Importance::Information => Tone::Plain,
        Importance::Warning => Tone::Soon,
    }
}

/// The list of announcements.
#[derive(Clone, Debug, Serialize)]
pub struct AnnouncementsPage {
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// Those that are shown, those that were, and for those who write them the others.
    pub views: Vec<Tab>,
    /// The announcements.
    pub rows: Vec<Card>,
    /// To the next page.
    pub pager: Pager,
    /// Whether the visitor may write one.
    pub add: bool,
}

/// One announcement.
#[derive(Clone, Debug, Serialize)]
pub struct Card {
    /// Its id.
    pub id: String,
    /// One line.
    pub title: String,
    /// Its page.
    pub href: String,
    /// How much it matters.
    pub importance: Importance,
    /// The class of its chip.
    pub chip: &'static str,
    /// Where it stands.
    pub state: State,
    /// From when on it is shown.
    pub from: Instant,
    /// Until when.
    pub until: Option<Instant>,
    /// What it says, in Markdown.
    pub body: String,
    /// Notes that it was read; empty where it was, or is not shown.
    pub read: String,
    /// For whom it is, in words; empty for those who do not write announcements.
    pub audience: String,
}

async fn list(req: PageRequest) -> PageResult {
    let query: AnnouncementQuery = req.list_query("")?;
    let (reader, asked) = (req.clone(), query.clone());
    let (items, pager) = req
        .read(move |conn| {
            let asker = reader.asker()?;
            let found = find::<Announcements>(conn, asker, &asked, None)?;
            let pager = crate::http::portal::list::pager(&reader, &found);
            Ok((documents(conn, asker, found)?.items, pager))
        })
        .await?;
    let page = AnnouncementsPage {
        tabs: tabs(&req, HelpPlace::Announcements),
        views: views(&req, query.state.unwrap_or(State::Current)),
        rows: items.iter().map(|one| card(&req, one)).collect(),
        pager,
        add: req.can(Permission::AnnouncementsManage),
    };
    req.show(PLACE, "announcements", &page)
}

fn views(req: &PageRequest, current: State) -> Vec<Tab> {
    let writes = req.can(Permission::AnnouncementsManage);
    let states = [State::Current, State::Past, State::Coming, State::Draft];
    let shown = states
        .into_iter()
        .filter(|state| writes || state.is_for_readers());
    shown
        .map(|state| Tab {
            label: (req.words()).say_of("announcement-state", state.as_str(), &[]),
            href: req.here("state", Some(state.as_str())),
            count: None,
            current: state == current,
        })
        .collect()
}

fn card(req: &PageRequest, of: &AnnouncementDocument) -> Card {
    let is_unread = of.state == State::Current && !of.read;
    Card {
        id: of.id.to_string(),
        title: of.title.clone(),
        href: format!("/announcements/{}", of.id),
        importance: of.importance,
        chip: match of.importance {
            Importance::Information => "plain",
            Importance::Warning => "bell",
        },
        state: of.state,
        from: of.from,
        until: of.until,
        body: of.body.clone(),
        read: match is_unread {
            true => format!("/announcements/{}/read", of.id),
            false => String::new(),
        },
        audience: told_audience(req, of.audience.as_ref()),
    }
}

/// One announcement, with its forms for those who write them.
#[derive(Clone, Debug, Serialize)]
pub struct AnnouncementPage {
    /// The places of help.
    pub tabs: Vec<Tab>,
    /// What is shown.
    pub card: Card,
    /// Changes it; for who may.
    pub form: Option<Form>,
    /// Removes it; for who may.
    pub removal: Option<Form>,
}

async fn load(
    req: &PageRequest,
    id: AnnouncementId,
) -> Result<(AnnouncementDocument, Vec<Choice>), Problem> {
    let reader = req.clone();
    req.read(move |conn| {
        let found = document(conn, reader.asker()?, id)?;
        let choices = match reader.can(Permission::AnnouncementsManage) {
            true => offered(conn)?,
            false => Vec::new(),
        };
        Ok((found, choices))
    })
    .await
}

async fn page(req: &PageRequest, id: AnnouncementId) -> Result<AnnouncementPage, Problem> {
    let (found, choices) = load(req, id).await?;
    let writes = req.can(Permission::AnnouncementsManage);
    let words = req.words();
    let to = format!("/announcements/{id}");
    let removal = || {
        let button = words.say("announcement-remove-button", &[]);
        Form::new("remove", format!("{to}/remove"), button, Vec::new()).taking()
    };
    let form = || {
        let button = words.say_of("panel-button", "edit", &[]);
        let controls = controls(req, &choices, Some(&found));
        Form::new("announcement", to.clone(), button, controls).guarded(found.version)
    };
    Ok(AnnouncementPage {
        tabs: tabs(req, HelpPlace::Announcements),
        card: card(req, &found),
        form: writes.then(form),
        removal: writes.then(removal),
    })
}

async fn show(req: PageRequest, id: AnnouncementId) -> PageResult {
    req.show(PLACE, "announcement", &page(&req, id).await?)
}

/// What an announcement is written in. Times are by the writer's clock, whose zone stands beside them.
fn controls(
    req: &PageRequest,
    choices: &[Choice],
    current: Option<&AnnouncementDocument>,
) -> Vec<Control> {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let times = req.times();
    let zone = ("zone", times.zone_name().into());
    let text = |of: fn(&AnnouncementDocument) -> &String| current.map(of).cloned();
    let at = |at: Option<Instant>| at.map_or_else(String::new, |at| kept_field(at, req.zone()));
    let mut controls = vec![
        Control::of(AddAnnouncement::title(), label("announcement-title"))
            .value(text(|one| &one.title).unwrap_or_default()),
        Control::of(AddAnnouncement::body(), label("announcement-body"))
            .kind(Kind::Area)
            .value(text(|one| &one.body).unwrap_or_default()),
        Control::of(AddAnnouncement::importance(), label("importance"))
            .kind(Kind::Radio)
            .choices(words_of(
                words,
                "announcement-importance",
                Importance::NAMES,
                "announcement-importance-hint",
            ))
            .value(current.map_or("", |one| one.importance.as_str())),
        Control::of(AddAnnouncement::from(), label("announcement-from"))
            .half()
            .hint(words.say("announcement-from-hint", std::slice::from_ref(&zone)))
            .value(at(current.map(|one| one.from))),
        Control::of(AddAnnouncement::until(), label("announcement-until"))
            .half()
            .hint(words.say("announcement-until-hint", &[zone]))
            .value(at(current.and_then(|one| one.until))),
    ];
    let audience_now = current.and_then(|one| one.audience.as_ref());
    controls.extend(audience(req, choices, audience_now));
    controls.push(
        Control::of(AddAnnouncement::draft(), label("announcement-draft"))
            .hint(words.say_of("hint", "announcement-draft", &[]))
            .checked(current.is_some_and(|one| one.state == State::Draft)),
    );
    controls
}

async fn new(req: PageRequest) -> PageResult {
    new_page(&req).await?.show(&req)
}

async fn new_page(req: &PageRequest) -> Result<HelpForm, Problem> {
    let choices = req.read(offered).await?;
    let words = req.words();
    let controls = controls(req, &choices, None);
    let button = words.say("announcement-add-button", &[]);
    Ok(HelpForm {
        title: words.say("announcement-add", &[]),
        about: words.say("announcement-add-about", &[]),
        tabs: tabs(req, HelpPlace::Announcements),
        form: Form::new("announcement", "/announcements", button, controls),
        removal: None,
        back: "/announcements".to_owned(),
    })
}

/// What is easily meant otherwise: an end at midnight is the beginning of that day.
struct AtMidnight {
    until: Option<Instant>,
    zone: chrono_tz::Tz,
    now: Instant,
}

/// The minute of an instant, as a field shows it.
fn minute(at: Instant) -> i64 {
    at.timestamp().div_euclid(60)
}

impl Consequences for AtMidnight {
    fn told(&self, words: &Catalogue) -> Vec<String> {
        let is_midnight = |at: &Instant| {
            let shown = at.with_timezone(&self.zone).time();
            shown.with_nanosecond(0) == Some(NaiveTime::MIN)
        };
        let times = Times::new(words, self.zone, self.now);
        let until = self.until.filter(is_midnight);
        let told = until.map(|until| {
            let at = ("at", times.absolute(until).into());
            words.say("announcement-midnight", &[at])
        });
        told.into_iter().collect()
    }
}

/// The page that adds an announcement.
struct Adding;

impl FormPage<AnnouncementId> for Adding {
    async fn done(&self, req: &PageRequest, id: AnnouncementId) -> PageResult {
        let flash = Flash::new(Done::AnnouncementSaved);
        Ok(req.go(format!("/announcements/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        new_page(req).await?.again(req, &problem)
    }
}

impl ForeseeingPage<AnnouncementId> for Adding {
    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let mut page = new_page(req).await?;
        page.form = shown(page.form);
        page.show(req)
    }
}

async fn add(req: PageRequest) -> PageResult {
    let zone = req.zone();
    let foresee = move |_: &mut Conn, by: By<'_>, command: &AddAnnouncement| {
        Ok(AtMidnight {
            until: command.until,
            zone,
            now: by.now,
        })
    };
    let add = |conn: &mut Conn, by: By<'_>, command: &AddAnnouncement| {
        add_announcement(conn, by.actor, command, by.now)
    };
    req.act_foreseen(&Adding, foresee, add).await
}

/// A form on the page of an announcement.
struct OnAnnouncement(AnnouncementId);

impl FormPage<AnnouncementId> for OnAnnouncement {
    async fn done(&self, req: &PageRequest, id: AnnouncementId) -> PageResult {
        let flash = Flash::new(Done::AnnouncementSaved);
        Ok(req.go(format!("/announcements/{id}"), Some(flash)))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let mut page = page(req, self.0).await?;
        let again = |form: Form| form.refused_for(req.words(), &req.typed, &problem);
        page.form = page.form.map(again);
        req.show_again(problem.code().status(), PLACE, "announcement", &page)
    }
}

impl ForeseeingPage<AnnouncementId> for OnAnnouncement {
    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let mut page = page(req, self.0).await?;
        page.form = page.form.map(shown);
        req.show(PLACE, "announcement", &page)
    }
}

async fn change(req: PageRequest, id: AnnouncementId) -> PageResult {
    let (expected, zone) = (req.expected(), req.zone());
    let foresee = move |conn: &mut Conn, by: By<'_>, command: &UpdateAnnouncement| {
        let listener = Listener::of(conn, &by.actor.access, Permission::AnnouncementsManage)?;
        let before = announcements::find(conn, listener, id, by.now)?;
        let known = before.and_then(|before| before.until_at);
        let until = command.until.as_option().copied().flatten();
        Ok(AtMidnight {
            // What it said before was read before, and a field knows whole minutes.
            until: until.filter(|until| Some(minute(*until)) != known.map(minute)),
            zone,
            now: by.now,
        })
    };
    let change = move |conn: &mut Conn, by: By<'_>, command: &UpdateAnnouncement| {
        update_announcement(conn, by.actor, id, expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&OnAnnouncement(id), foresee, change).await
}

/// The page of an announcement that is removed, or read.
struct Leaving {
    from: AnnouncementId,
    done: Done,
}

impl FormPage<()> for Leaving {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        let back = req.typed.get("back").filter(|back| is_local(back));
        let to = back.map_or("/announcements", String::as_str);
        Ok(req.go(to, Some(Flash::new(self.done))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        OnAnnouncement(self.from).refused(req, problem).await
    }
}

async fn remove(req: PageRequest, from: AnnouncementId) -> PageResult {
    let done = Done::AnnouncementRemoved;
    req.act(&Leaving { from, done }, move |conn, by, (): &()| {
        delete_announcement(conn, by.actor, from, None, by.now)
    })
    .await
}

async fn read(req: PageRequest, from: AnnouncementId) -> PageResult {
    let done = Done::AnnouncementRead;
    req.act(&Leaving { from, done }, move |conn, by, (): &()| {
        read_announcement(conn, by.actor, from, by.now)
    })
    .await
}
