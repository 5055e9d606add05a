//! The portal: server-rendered pages that work without a script. One file a page family holds its view (what the
//! template may know) beside its handlers; forms are posted, answered by a redirect, and shown again as typed when
//! something is missing.
//!
//! | room | what happens there |
//! | --- | --- |
//! | [`routes`], [`route`] | the portal's rows of the route table, and how a request becomes an answer |
//! | [`page_request`], [`act`] | who comes, what they ask for, what they typed, and the verb that it is for |
//! | [`answer`], [`flash`], [`problem`], [`proof`], `kept` | a page, the way to another, what was done, what is wrong, who is asked once more, what was typed meanwhile |
//! | `drafts`, `draft_field`, `undo`, `posted` | what was begun and not sent, and what was sent too soon |
//! | [`render`], [`shell`], [`parts`], [`form`], [`rows`], [`assets`] | templates, the frame, and what several pages share |
//! | [`sign_in`], [`links`], [`request_access`], [`account`], [`my_notices`], [`unsubscribe`], [`home`], [`news`], [`saved`], [`saved_filters`], [`columns`], [`bulk`], [`cases`], [`case`], [`case_page`], [`escalate`], [`queue`], [`review`], [`callbacks`], [`radar`], [`reports`], [`help`], [`search`], [`relationships`], [`admin`] | the pages |

pub mod account;
pub mod act;
pub mod admin;
pub mod answer;
pub mod assets;
pub mod attachments;
pub mod bulk;
pub mod callbacks;
mod calls;
pub mod case;
pub mod case_page;
pub mod cases;
pub mod checklist;
pub mod columns;
mod draft_field;
mod drafts;
pub mod entries;
pub mod escalate;
mod file_view;
pub mod flash;
pub mod form;
pub mod help;
mod helped;
pub mod home;
pub(crate) mod kept;
pub mod links;
mod list;
pub mod my_notices;
pub mod news;
mod once;
mod one_click;
pub mod page_request;
pub mod parts;
mod posted;
pub mod preferences;
pub mod problem;
pub mod proof;
pub mod queue;
pub mod radar;
pub mod reference;
pub mod relationships;
pub mod render;
pub mod reports;
pub mod request_access;
mod resume;
pub mod review;
pub mod route;
pub mod routes;
pub mod rows;
pub(crate) mod said;
pub mod saved;
pub mod saved_filters;
pub mod search;
mod sent_files;
pub mod shell;
pub mod sign_in;
pub mod sign_in_form;
pub mod steps;
pub mod theme;
mod undo;
pub mod unsubscribe;
pub mod verbs;
mod zones;

use std::path::PathBuf;

use crate::config::{MailUrl, Settings};
use crate::words::Languages;

use assets::Assets;
use render::{Renderer, TemplateError};

pub use routes::{insert_into, nothing_here};

/// What every page has at hand: made once, shared by all threads.
pub struct Portal {
    pub(crate) renderer: Renderer,
    pub(crate) assets: Assets,
    /// Where the folder transport leaves its mails, which administrators may read (N3).
    pub(crate) mail_folder: Option<PathBuf>,
}

impl Portal {
    /// Parses the templates.
    ///
    /// # Errors
    /// A template that does not parse, with its file and line.
    pub fn load(settings: &Settings, languages: &Languages) -> Result<Self, TemplateError> {
        let assets = Assets::load();
        let mail_folder = match &settings.mail_url {
            MailUrl::Folder(path) => Some(path.clone()),
            _ => None,
        };
        Ok(Self {
            renderer: Renderer::load(languages, &assets)?,
            assets,
            mail_folder,
        })
    }
}
