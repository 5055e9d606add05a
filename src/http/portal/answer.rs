//! What a request for a page is answered with: a page, or the way to another one.

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use serde::Serialize;

use super::flash::{self, Flash};
use super::page_request::PageRequest;
use super::problem::ProblemPage;
use super::shell::Shell;

use crate::db::DbError;
use crate::http::download::Download;
use crate::http::problem::{Code, Problem};
use crate::workflow::VerbError;

/// An answer to a request for a page.
#[derive(Debug)]
pub struct Answer {
    status: StatusCode,
    body: Body,
    cookies: Vec<Cookie<'static>>,
    forget: Option<(HeaderName, HeaderValue)>,
}

/// What a mail may do that is looked at: nothing but look like itself.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

#[derive(Debug)]
enum Body {
    Page(String),
    Elsewhere(String),
    Mail(String),
    Plain(&'static str, String, Vec<u8>),
    Download(Download),
}

/// Why there is no answer of the page's own.
#[derive(Debug)]
pub enum Stop {
    /// Something is wrong; there is a page for it.
    Problem(Problem),
    /// The page itself could not be made: a defect.
    Defect(super::render::PageError),
}

/// What a handler comes to.
pub type PageResult = Result<Answer, Stop>;

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<VerbError> for Stop {
    fn from(failed: VerbError) -> Self {
        Self::Problem(failed.into())
    }
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Problem(error.into())
    }
}

impl From<super::render::PageError> for Stop {
    fn from(error: super::render::PageError) -> Self {
        Self::Defect(error)
    }
}

impl PageRequest {
    /// The page `template` at `place` of the navigation.
    ///
    /// # Errors
    /// A mistake in the template.
    pub fn show<T: Serialize>(&self, place: &str, template: &str, page: &T) -> PageResult {
        self.show_with(StatusCode::OK, self.shell(place), template, page)
    }

    /// The page again with what was typed and what is wrong with it.
    ///
    /// # Errors
    /// A mistake in the template.
    pub fn show_again<T: Serialize>(
        &self,
        status: StatusCode,
        place: &str,
        template: &str,
        page: &T,
    ) -> PageResult {
        let shell = Shell {
            refused: status.is_client_error() || status.is_server_error(),
            ..self.shell(place)
        };
        self.show_with(status, shell, template, page)
    }

    fn show_with<T: Serialize>(
        &self,
        status: StatusCode,
        shell: Shell,
        template: &str,
        page: &T,
    ) -> PageResult {
        let html = self.portal.renderer.page(template, &shell, page)?;
        let mut cookies = Vec::new();
        if self.flash.is_some() {
            cookies.push(flash::shown(&self.desk.public_url));
        }
        Ok(Answer {
            status,
            body: Body::Page(html),
            cookies,
            forget: None,
        })
    }

    /// Sends the visitor to `address`, a local one, where `flash` is told.
    pub fn go(&self, address: impl Into<String>, flash: Option<Flash>) -> Answer {
        let cookies = flash
            .map(|flash| flash.cookie(&self.desk.public_url))
            .into_iter()
            .collect();
        Answer {
            status: StatusCode::SEE_OTHER,
            body: Body::Elsewhere(address.into()),
            cookies,
            forget: None,
        }
    }

    /// The page for a problem; who is not signed in is asked to, if that is what is wrong.
    pub(super) fn stopped(&self, stop: Stop, is_get: bool) -> HttpResponse<BoxBody> {
        let problem = match stop {
            Stop::Problem(problem) => problem,
            Stop::Defect(error) => {
                tracing::error!(%error, "a page could not be made");
                Problem::new(Code::Internal)
            }
        };
        if problem.code() == Code::Unauthenticated && is_get {
            let next = url::form_urlencoded::byte_serialize(self.address.as_bytes());
            let address = format!("/sign-in?next={}", next.collect::<String>());
            return self.go(address, None).into_response();
        }
        if problem.code() == Code::PasswordChangeRequired && is_get {
            return self.go("/account", None).into_response();
        }
        if problem.code() == Code::SecondFactorSetupRequired && is_get {
            return self.go("/account/security", None).into_response();
        }
        let page = ProblemPage::of(self, &problem);
        // The document is not sent if there is a page: making it logs what is ours, once.
        let document = HttpResponse::from_error(problem);
        match self.show_with(document.status(), self.shell(""), "problem", &page) {
            Ok(answer) => {
                let mut response = answer.into_response();
                for name in [header::RETRY_AFTER, header::ALLOW] {
                    if let Some(value) = document.headers().get(&name) {
                        response.headers_mut().insert(name, value.clone());
                    }
                }
                response
            }
            Err(_) => document,
        }
    }
}

impl Answer {
    /// A file to keep: `name` is what the browser calls it.
    pub fn file(content_type: &'static str, name: String, bytes: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            body: Body::Plain(content_type, name, bytes),
            cookies: Vec::new(),
            forget: None,
        }
    }

    /// A mail as its reader sees it: alone, where nothing in it runs or is fetched, and only its own styles count.
    pub fn mail(html: String) -> Self {
        Self {
            status: StatusCode::OK,
            body: Body::Mail(html),
            cookies: Vec::new(),
            forget: None,
        }
    }

    /// A file that is written while it is sent.
    pub fn download(file: Download) -> Self {
        Self {
            status: StatusCode::OK,
            body: Body::Download(file),
            cookies: Vec::new(),
            forget: None,
        }
    }

    /// Makes the browser forget what it has kept, where that is said.
    #[must_use]
    pub fn forgetting(mut self, forget: Option<(HeaderName, HeaderValue)>) -> Self {
        self.forget = forget;
        self
    }

    /// Its status.
    pub(super) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// To which page it leads, if it is none itself.
    pub(super) fn leads_to(&self) -> Option<&str> {
        match &self.body {
            Body::Elsewhere(address) => Some(address),
            Body::Page(_) | Body::Mail(_) | Body::Plain(..) | Body::Download(_) => None,
        }
    }

    /// What it sets the cookie of that name to.
    pub(super) fn sets(&self, name: &str) -> Option<&str> {
        let mut cookies = self.cookies.iter().rev();
        let set = cookies.find(|cookie| cookie.name() == name);
        set.map(|cookie| cookie.value())
    }

    /// Sets a cookie.
    #[must_use]
    pub fn cookie(mut self, cookie: Cookie<'static>) -> Self {
        self.cookies.push(cookie);
        self
    }

    /// The HTTP answer.
    pub(super) fn into_response(self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status);
        if let Some(forget) = self.forget {
            response.insert_header(forget);
        }
        for cookie in self.cookies {
            response.cookie(cookie);
        }
        match self.body {
            Body::Page(html) => response.content_type("text/html; charset=utf-8").body(html),
            Body::Mail(html) => response
                .content_type("text/html; charset=utf-8")
                .insert_header((header::CONTENT_SECURITY_POLICY, MAIL_POLICY))
                .body(html),
            Body::Elsewhere(address) => {
                response.insert_header((header::LOCATION, address)).finish()
            }
            Body::Download(file) => file.into_response(response, None),
            Body::Plain(content_type, name, bytes) => response
                .content_type(content_type)
                .insert_header((
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"{name}\""),
                ))
                .body(bytes),
        }
    }
}
