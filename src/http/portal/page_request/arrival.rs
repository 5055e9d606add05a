//! How a request for a page arrives: who comes, from where, what they typed, and that a page of this house sent it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::cookie::Cookie;
use actix_web::http::{Method, header};
use actix_web::{HttpMessage, HttpRequest, web};
use tracing_actix_web::RequestId;

use super::typed::{form, pairs, prepare};
use super::{PageRequest, Posted};
use crate::domain::calendar::MOST_EVENTS;
use crate::http::api_request::LARGEST_BODY;
use crate::http::cookies::Carries;
use crate::http::language::accepted;
use crate::http::multipart::{Most, Parts, SentParts};
use crate::http::paths::values_of;
use crate::http::portal::Portal;
use crate::http::portal::flash::Flash;
use crate::http::portal::once::Sending;
use crate::http::portal::one_click;
use crate::http::portal::sent_files::SentFiles;
use crate::http::portal::theme::{Theme, TimeStyle};
use crate::http::portal::zones;
use crate::http::principal::{self, Sender, Via};
use crate::http::problem::{Code, Problem};
use crate::http::state::AppState;
use crate::http::{client, places};
use crate::store::sessions;

/// How much is taken of a form with a file: the file, and as many bytes around it; a tick for each event of a calendar's
/// file, and what every form has.
const WITH_FILE: Most = Most {
    bytes: 2 * LARGEST_BODY,
    parts: MOST_EVENTS + 20,
};
/// What browsers send forms with a file as.
const FORM_WITH_FILE: &str = "multipart/form-data";

impl PageRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Code::TooLarge`], [`Code::UnsupportedMediaType`], [`Code::Csrf`], and database errors.
    pub(in crate::http::portal) async fn extract(
        desk: Arc<AppState>,
        portal: Arc<Portal>,
        posted: Posted,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, (Self, Problem)> {
        let mut req = Self::arrive(desk, portal, request);
        if !req.admit_presumed(request).await {
            match principal::find(&req.desk, request).await {
                Ok(guest) => req.guest = guest,
                Err(problem) if problem.keeps_out_of_an_organization() => {
                    match req.put_home(request).await {
                        Ok(()) => return Err((req, problem)),
                        // They may still come as somebody else.
                        Err(other) if other.code() == Code::AddressNotAllowed => {
                            req.kept_out = true;
                        }
                        Err(other) => return Err((req, other)),
                    }
                }
                Err(problem) => return Err((req, problem)),
            }
            if let Err(problem) = req.find_places().await {
                return Err((req, problem));
            }
        }
        if request.method() == Method::POST {
            let typed = match posted {
                Posted::ByOurPages => form(request, payload).await,
                Posted::WithFile => req.form_with_file(request, payload).await,
                Posted::WithAttachments => req.form_with_attachments(request, payload).await,
                Posted::ByAnybody => one_click::read(request, payload).await,
            };
            match typed {
                Ok(typed) => req.typed = zones::named(req.words(), typed),
                Err(problem) => return Err((req, problem)),
            }
            req.sending = req.guest.as_ref().and_then(|guest| {
                let files = req.sent.told();
                let file = req.file.as_deref().or(files.as_deref());
                Sending::of(&req.desk.key, guest, request.path(), &req.typed, file)
            });
            if posted != Posted::ByAnybody
                && let Err(problem) = req.check_origin(request)
            {
                return Err((req, problem));
            }
        }
        Ok(req)
    }

    /// Puts somebody home whose access to where they had switched to has ended: the page that says so is the first one
    /// there. Their session then says what has been so since the access ended.
    async fn put_home(&mut self, request: &HttpRequest) -> Result<(), Problem> {
        self.guest = principal::find_home(&self.desk, request).await?;
        if let Some(Via::Session { id, .. }) = self.guest.as_ref().map(|guest| guest.via.clone()) {
            let home = self.desk.db.write(move |conn| {
                sessions::switch(conn, id, None)?;
                Ok::<_, Problem>(())
            });
            home.await?;
        }
        self.find_places().await
    }

    /// Whether whoever comes is in as this process remembers them: where they may work is read for them at once, and bears that out.
    async fn admit_presumed(&mut self, request: &HttpRequest) -> bool {
        let Some(guest) = principal::presumed(&self.desk, request) else {
            return false;
        };
        let (epoch, sender) = (guest.epoch.clone(), Sender::of(&guest));
        self.guest = Some(guest);
        let is_in = self.find_places().await.is_ok() && epoch.is_borne_out();
        match is_in {
            true => sender.note(&self.desk, request, self.now),
            false => {
                self.guest = None;
                self.places = Vec::new();
            }
        }
        is_in
    }

    async fn find_places(&mut self) -> Result<(), Problem> {
        let Some(guest) = self.guest.clone() else {
            return Ok(());
        };
        let now = self.now;
        self.places = self
            .read_one(move |conn| Ok(places::of(conn, &guest, now)?))
            .await?;
        Ok(())
    }

    fn arrive(desk: Arc<AppState>, portal: Arc<Portal>, request: &HttpRequest) -> Self {
        let text = |name| {
            request
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let address = request.uri().path_and_query();
        let cookies: HashMap<String, String> = request
            .cookies()
            .map(|cookies| {
                let pair =
                    |cookie: &Cookie<'_>| (cookie.name().to_owned(), cookie.value().to_owned());
                cookies.iter().map(pair).collect()
            })
            .unwrap_or_default();
        // A statement of its own: reading cookies needs the extensions that this borrows.
        let id = request
            .extensions()
            .get::<RequestId>()
            .map(ToString::to_string)
            .unwrap_or_default();
        Self {
            now: desk.clock.now(),
            client: client::address(&desk.proxies, &desk.public_url, request),
            guest: None,
            kept_out: false,
            sending: None,
            asks: None,
            places: Vec::new(),
            parts: values_of(request),
            // One that cannot be read asks for nothing that a page has.
            query: pairs(request.query_string().as_bytes()).unwrap_or_default(),
            typed: HashMap::new(),
            file: None,
            sent: SentFiles::default(),
            address: address.map_or("/", |address| address.as_str()).to_owned(),
            user_agent: text(header::USER_AGENT)
                .unwrap_or_default()
                .chars()
                .take(200)
                .collect(),
            request: id,
            from_own_page: is_from_own_page(request),
            flash: cookies
                .get(Carries::Flash.name(&desk.public_url))
                .and_then(|text| Flash::from_cookie(text)),
            theme: cookies
                .get(Carries::Theme.name(&desk.public_url))
                .and_then(|name| name.parse().ok())
                .unwrap_or(Theme::Auto),
            time_style: cookies
                .get(Carries::Times.name(&desk.public_url))
                .and_then(|name| name.parse().ok())
                .unwrap_or(TimeStyle::Near),
            browser: accepted(request),
            cookies,
            desk,
            portal,
        }
    }

    /// A form that may carry a file, which only somebody who is signed in may send.
    async fn form_with_file(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HashMap<String, String>, Problem> {
        if !request.content_type().eq_ignore_ascii_case(FORM_WITH_FILE) {
            return form(request, payload).await;
        }
        self.principal()?;
        let parts = Parts::of(request, payload, WITH_FILE).await?;
        self.file = parts.file;
        Ok(parts.fields)
    }

    /// A form that may carry files to attach. They are taken once it is known that a page of this house sends them, for somebody
    /// who is signed in; what was typed beside them is read in any case, so that it is not lost.
    async fn form_with_attachments(
        &mut self,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<HashMap<String, String>, Problem> {
        if !request.content_type().eq_ignore_ascii_case(FORM_WITH_FILE) {
            return form(request, payload).await;
        }
        let _place = match &self.guest {
            Some(guest) => Some(self.desk.uploads.place(guest.actor.id())?),
            None => None,
        };
        let trusts = |fields: &HashMap<String, String>| {
            let token = fields.get("csrf_token").map(String::as_str);
            (self.guest.as_ref()).is_some_and(|guest| guest.check_csrf(token).is_ok())
        };
        let parts = SentParts::of(request, payload, &self.desk.uploads, trusts).await?;
        self.sent = SentFiles::of(parts.files, parts.refused);
        prepare(parts.fields).await
    }

    /// A form has to come from a page of this house: it carries the session's token; before there is a session, the
    /// browser must not say that another site sent it.
    fn check_origin(&self, request: &HttpRequest) -> Result<(), Problem> {
        match &self.guest {
            Some(guest) => guest.check_csrf(self.typed.get("csrf_token").map(String::as_str)),
            None => {
                let site = request
                    .headers()
                    .get("sec-fetch-site")
                    .and_then(|site| site.to_str().ok());
                match site {
                    Some("cross-site" | "same-site") => Err(Problem::new(Code::Csrf)),
                    _ => Ok(()),
                }
            }
        }
    }
}

/// Whether the browser says that a page of this house sent the form.
fn is_from_own_page(request: &HttpRequest) -> bool {
    let text = |name: &str| {
        request
            .headers()
            .get(name)
            .and_then(|text| text.to_str().ok())
    };
    match (text("sec-fetch-site"), text(header::ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let of = origin.split_once("://").map(|(_, of)| of);
            of.is_some() && of == text(header::HOST.as_str())
        }
        (None, None) => false,
    }
}
