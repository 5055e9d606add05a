//! Cases as JSON, each written once and kept for everybody to whom it says the same.
//!
//! A list shows the same cases to many, and each of them again and again. What is kept is found by all that it was made of: the
//! row of the case, what is under way on it, what the reader may do with cases, and the epoch of what is remembered,
//! which are the names, the calendars and the policies in it. So it is what would be written now, for the price of reading the row.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::CaseDocument;
use crate::db::{Conn, epoch_read};
use crate::domain::ids::CaseId;
use crate::domain::offers::CaseActor;
use crate::http::etag::Digested;
use crate::http::problem::{Code, Problem};
use crate::store::calendars::CalendarBook;
use crate::store::cases::{self, BareCase, CaseView};
use crate::store::rules;

/// How many bytes of them are kept.
const MOST: u64 = 4 * 1024 * 1024;
/// What one takes besides its text and its name, in bytes.
const BESIDES: usize = 128;

/// A case as JSON.
#[derive(Debug)]
pub struct CaseText {
    json: Box<RawValue>,
    /// The digest of the text.
    pub digest: Digested,
    /// The version of the case.
    pub version: i64,
}

impl CaseText {
    fn of(document: &CaseDocument) -> Result<Self, Problem> {
        let json = to_raw_value(document).map_err(|error| {
            tracing::error!(%error, "a case does not serialize");
            Problem::new(Code::Internal)
        })?;
        Ok(Self {
            digest: Digested::of(json.get()),
            json,
            version: document.version,
        })
    }

    /// The text.
    pub fn json(&self) -> &str {
        self.json.get()
    }
}

impl Serialize for CaseText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

/// All that the text of a case is made of.
#[derive(Clone, PartialEq, Eq, Hash)]
struct About {
    case: CaseId,
    /// The hash of its row and of what is under way on it, by a key that nobody knows.
    said: u64,
    reader: CaseActor,
    /// The epoch of all that is remembered.
    epoch: i64,
}

/// The cases of one desk that are kept as JSON.
pub struct KeptCases {
    kept: Cache<About, Arc<CaseText>, Bytes>,
    hashes: RandomState,
}

impl Default for KeptCases {
    fn default() -> Self {
        Self {
            kept: Cache::with_weighter(1024, MOST, Bytes),
            hashes: RandomState::new(),
        }
    }
}

impl KeptCases {
    /// What the reader is told of these cases, in their order: what is not kept is written.
    ///
    /// # Errors
    /// Database errors.
    pub fn texts(
        &self,
        conn: &mut Conn,
        reader: CaseActor,
        cases: Vec<BareCase>,
    ) -> Result<Vec<Arc<CaseText>>, Problem> {
        let epoch = epoch_read();
        let about = |bare: &BareCase| {
            Some(About {
                case: bare.case.id,
                said: self.hashes.hash_one(bare),
                reader,
                epoch: epoch?,
            })
        };
        let (mut texts, mut missing) = (Vec::with_capacity(cases.len()), Vec::new());
        #[cfg(debug_assertions)]
        let checked = cases.clone();
        for bare in cases {
            let about = about(&bare);
            let kept = about.as_ref().and_then(|about| self.kept.get(about));
            if kept.is_none() {
                missing.push((bare, about));
            }
            texts.push(kept);
        }
        let mut written = self.written(conn, reader, missing)?.into_iter();
        let all = texts
            .into_iter()
            .map(|kept| kept.or_else(|| written.next()));
        // As many are written as are not kept.
        let all: Option<Vec<_>> = all.collect();
        let all = all.ok_or_else(|| Problem::new(Code::Internal))?;
        #[cfg(debug_assertions)]
        check(conn, reader, checked, &all)?;
        Ok(all)
    }

    fn written(
        &self,
        conn: &mut Conn,
        reader: CaseActor,
        missing: Vec<(BareCase, Option<About>)>,
    ) -> Result<Vec<Arc<CaseText>>, Problem> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let (bare, about): (Vec<_>, Vec<_>) = missing.into_iter().unzip();
        let texts = anew(conn, reader, bare)?;
        // What names and rules say may be of a later epoch than the rows, where each is asked for by itself.
        let epoch = epoch_read();
        for (about, text) in about.into_iter().zip(&texts) {
            if let Some(about) = about.filter(|about| Some(about.epoch) == epoch) {
                self.kept.insert(about, Arc::clone(text));
            }
        }
        Ok(texts)
    }
}

fn anew(
    conn: &mut Conn,
    reader: CaseActor,
    bare: Vec<BareCase>,
) -> Result<Vec<Arc<CaseText>>, Problem> {
    let views = cases::named(conn, bare)?;
    let (book, policy) = (CalendarBook::load(conn)?, rules::policy(conn)?);
    let write = |view: &CaseView| CaseText::of(&CaseDocument::new(reader, view, &book, &policy));
    views.iter().map(|view| write(view).map(Arc::new)).collect()
}

/// In a build with checks, each text that is given is the one that would be written now.
#[cfg(debug_assertions)]
fn check(
    conn: &mut Conn,
    reader: CaseActor,
    cases: Vec<BareCase>,
    given: &[Arc<CaseText>],
) -> Result<(), Problem> {
    for (anew, given) in anew(conn, reader, cases)?.iter().zip(given) {
        assert_eq!(
            anew.json(),
            given.json(),
            "what is kept of a case has gone stale"
        );
    }
    Ok(())
}

#[derive(Clone)]
struct Bytes;

impl Weighter<About, Arc<CaseText>> for Bytes {
    fn weight(&self, _: &About, text: &Arc<CaseText>) -> u64 {
        let bytes = text.json().len() + size_of::<(About, CaseText)>() + BESIDES;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}
