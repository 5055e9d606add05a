//! Files as pages show them.

use serde::Serialize;

use crate::domain::attachment::{LARGEST, LARGEST_MIB};
use crate::http::problem::{Code, Problem};
use crate::store::attachments::Attachment;
use crate::words::Catalogue;
use crate::words::files::size;
use crate::workflow::attachments::FIELD;

/// A file as a page shows it.
#[derive(Clone, Debug, Serialize)]
pub struct FileView {
    /// Its id.
    pub id: String,
    /// Its place among those of a form.
    pub index: usize,
    /// Where it is.
    pub href: String,
    /// What it is called.
    pub name: String,
    /// How long it is, in words.
    pub size: String,
    /// Whether it is shown as a picture.
    pub picture: bool,
    /// Whether the reader may take it away by itself.
    pub remove: bool,
}

/// A picture of more bytes than this is not shown, only handed out.
const MOST_SHOWN: i64 = 5 * 1024 * 1024;

/// Files as a page shows them.
pub(super) fn views(words: &Catalogue, files: &[Attachment]) -> Vec<FileView> {
    let view = |(index, file): (usize, &Attachment)| FileView {
        id: file.id.to_string(),
        index,
        href: format!("/attachments/{}", file.id),
        name: file.name.clone(),
        size: size(words, file.bytes),
        picture: file.media_type.is_picture() && file.bytes <= MOST_SHOWN,
        remove: false,
    };
    files.iter().enumerate().map(view).collect()
}

/// Where files are chosen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Attach {
    /// Unique on the page.
    pub id: String,
    /// Where a script sends them.
    pub upload: String,
    /// How long one may be, in bytes.
    pub most: usize,
    /// The same in MiB.
    pub most_mib: usize,
    /// Those that are here already, and attached to nothing yet.
    pub files: Vec<FileView>,
    /// What is wrong with one; empty when nothing is.
    pub error: String,
}

impl Attach {
    /// Where files of the form `form` are chosen, which a script sends to `upload`.
    pub fn new(form: &str, upload: String) -> Self {
        Self {
            id: format!("{form}-files"),
            upload,
            most: LARGEST,
            most_mib: LARGEST_MIB,
            ..Self::default()
        }
    }
}

/// Whether a problem is about files, and so is told where they are chosen.
pub(super) fn is_of_files(problem: &Problem) -> bool {
    let of_them = |field: &str| field == FIELD || field.starts_with(&format!("{FIELD}["));
    match problem.code() {
        Code::AttachmentLimitReached
        | Code::FileInfected
        | Code::ScannerUnavailable
        | Code::StorageUnavailable
        | Code::TooLarge => true,
        _ => (problem.errors().first()).is_some_and(|error| of_them(error.field())),
    }
}
