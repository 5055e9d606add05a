//! The handbooks and trainings to which the page on escalations leads (H1).

use super::handlers::{PLACE, again, foreseen, form};
use super::{AdminForm, Place};
use crate::db::Conn;
use crate::domain::access::Permission::PoliciesManage;
use crate::domain::guide::{GuideKind, GuideLink};
use crate::http::api_request::may;
use crate::http::portal::act::{By, ForeseeingPage, FormPage};
use crate::http::portal::answer::PageResult;
use crate::http::portal::flash::{Done, Flash};
use crate::http::portal::form::{Control, Form, Kind, words_of};
use crate::http::portal::page_request::PageRequest;
use crate::http::portal::route::{PortalRoute, pages};
use crate::http::portal::rows::{self, RowList};
use crate::http::problem::Problem;
use crate::store::guide;
use crate::workflow::guide::{SetGuide, SetGuideLink, set_guide};

/// The links, as rows of the form.
const LINKS: RowList = RowList {
    name: "links",
    leads: &["title", "address"],
};

/// The rows of the route table.
pub(in crate::http::portal) fn routes() -> Vec<PortalRoute> {
    pages! { guide:
        GET  "/admin/guide" may(PoliciesManage) => show, "The handbooks and trainings of the page on escalations";
        POST "/admin/guide" may(PoliciesManage) => save, "Replaces them";
    }
}

async fn links(req: &PageRequest) -> Result<(Vec<GuideLink>, i64), Problem> {
    req.read(|conn| Ok(guide::links(conn)?)).await
}

fn page(req: &PageRequest, links: &[GuideLink], version: i64) -> AdminForm {
    let words = req.words();
    let label = |key| words.say_of("label", key, &[]);
    let list = LINKS.name;
    let mut controls = Vec::new();
    for index in 0..rows::shown(req, list, links.len(), version) {
        let place = format!("{list}[{index}]");
        let within = format!("{place}.");
        let link = links.get(index);
        let legend = words.say("guide-link-one", &[("number", (index + 1).into())]);
        let kinds = words_of(words, "guide-kind", GuideKind::NAMES, "");
        let kind = link.map_or(GuideKind::Handbook, |link| link.kind);
        let fields = vec![
            Control::of(SetGuideLink::title(), label("link-title"))
                .within(&within)
                .value(link.map_or("", |link| link.title.as_str())),
            Control::of(SetGuideLink::address(), label("link-address"))
                .within(&within)
                .value(link.map_or("", |link| link.address.as_str())),
            Control::new(Kind::Select, format!("{within}kind"), label("kind"))
                .choices(kinds)
                .value(kind.as_str()),
        ];
        controls.extend(rows::row(words, &place, legend, fields));
    }
    controls.extend(rows::adding(list, words.say("guide-link-add", &[]), ""));
    let of = Form::new(
        "guide",
        Place::Guide.href(),
        words.say_of("panel-button", "edit", &[]),
        controls,
    );
    let (title, about) = (
        words.say_of("admin", Place::Guide.as_str(), &[]),
        words.say_of("admin-about", Place::Guide.as_str(), &[]),
    );
    AdminForm {
        back: String::new(),
        ..form(req, Place::Guide, title, about, of.guarded(version))
    }
}

async fn show(req: PageRequest) -> PageResult {
    let (links, version) = links(&req).await?;
    req.show(PLACE, "admin-form", &page(&req, &links, version))
}

/// The page of the links.
struct Guide;

impl FormPage<()> for Guide {
    async fn done(&self, req: &PageRequest, (): ()) -> PageResult {
        Ok(req.go(Place::Guide.href(), Some(Flash::new(Done::GuideSaved))))
    }

    async fn refused(&self, req: &PageRequest, problem: Problem) -> PageResult {
        let (links, version) = links(req).await?;
        again(req, &problem, page(req, &links, version))
    }
}

impl ForeseeingPage<()> for Guide {
    const ROWS: &'static [RowList] = &[LINKS];

    async fn foreseen(&self, req: &PageRequest, shown: impl FnOnce(Form) -> Form) -> PageResult {
        let (links, version) = links(req).await?;
        foreseen(req, page(req, &links, version), shown)
    }
}

async fn save(req: PageRequest) -> PageResult {
    let expected = req.expected();
    // Nothing follows from it.
    let foresee = |_: &mut Conn, _: By<'_>, _: &SetGuide| Ok(());
    let save = move |conn: &mut Conn, by: By<'_>, command: &SetGuide| {
        set_guide(conn, Some(by.actor), expected.as_deref(), command, by.now)
    };
    req.act_foreseen(&Guide, foresee, save).await
}
