//! Lists a page at a time: how many, and from where on.
//!
//! A cursor is the position of the last item, not a number of pages, so that what is added or removed meanwhile
//! neither repeats an item nor skips one. It is bound to its list and filters: another list's cursor is refused
//! instead of giving nonsense.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, OneOfBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::problem::Problem;
use crate::domain::ids::{
    AccessRequestId, AnnouncementId, ArticleId, AttachmentId, CallbackId, CaseId, EntryId, ErrorId,
    EscalationId, EventId, GroupId, NoticeId, OrganizationId, PairingId, PersonId, TemplateId,
    TokenId, TutorialId, VisitId,
};
use crate::domain::order::{Key, Order, Place, Sort, Window};
use crate::domain::{Instant, kept};
use crate::input::{Fault, FieldError, Whole};

/// How many items a page may have.
pub type Limit = Whole<1, 100>;

const DEFAULT_LIMIT: i64 = 25;
/// The longest name that a list is ordered by, in bytes.
const LONGEST_NAME: usize = 1024;
/// A longer text is no cursor.
const LONGEST_CURSOR: usize = 4096;
/// Changes when what a cursor holds changes; older ones are refused.
const CURSOR_VERSION: u8 = 4;

/// Which part of which list is asked for. `K` is the position of an item: what the list is ordered by.
pub struct Paging<K> {
    /// How many items the page has at the most.
    pub limit: usize,
    /// The item behind which the page begins; the list's beginning if there is none.
    pub after: Option<K>,
    binding: String,
}

#[derive(Serialize, Deserialize)]
struct Cursor<K> {
    v: u8,
    list: String,
    key: K,
}

/// What a list is ordered by. Cursors come back from outside, whatever they went out as: a position that no row has is
/// none, before a database is asked about it.
pub trait Position: Serialize + DeserializeOwned {
    /// Whether a row can stand there.
    fn is_possible(&self) -> bool;
}

impl Position for i64 {
    fn is_possible(&self) -> bool {
        true
    }
}

impl Position for Instant {
    fn is_possible(&self) -> bool {
        kept(*self) == Some(*self)
    }
}

impl Position for String {
    fn is_possible(&self) -> bool {
        self.len() <= LONGEST_NAME && !self.chars().any(char::is_control)
    }
}

macro_rules! positions {
    ($($id:ident),+ $(,)?) => {$(
        impl Position for $id {
            fn is_possible(&self) -> bool {
                true
            }
        }
    )+};
}

positions!(
    AccessRequestId,
    AnnouncementId,
    ArticleId,
    AttachmentId,
    CaseId,
    CallbackId,
    EntryId,
    ErrorId,
    EscalationId,
    EventId,
    GroupId,
    NoticeId,
    OrganizationId,
    PairingId,
    PersonId,
    TemplateId,
    TokenId,
    TutorialId,
    VisitId,
);

impl<A: Position, B: Position> Position for (A, B) {
    fn is_possible(&self) -> bool {
        self.0.is_possible() && self.1.is_possible()
    }
}

impl<A: Position, B: Position, C: Position> Position for (A, B, C) {
    fn is_possible(&self) -> bool {
        self.0.is_possible() && self.1.is_possible() && self.2.is_possible()
    }
}

impl<K: Position> Paging<K> {
    /// Reads `limit` and `cursor` of the list `name` under `filters`, which are whatever narrows or orders it.
    ///
    /// # Errors
    /// [`Code::ValidationFailed`](super::problem::Code::ValidationFailed) naming `cursor`.
    pub fn read(
        name: &str,
        filters: &impl Serialize,
        limit: Option<Limit>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        Self::behind(binding(name, filters), limit, cursor, open)
    }
}

/// The places of an order that goes by `key`.
fn open_place<I: Position>(key: Key, text: &str, binding: &str) -> Option<Place<I>> {
    Some(match key {
        Key::Id => Place::Id(open(text, binding)?),
        Key::Text => {
            let (value, id) = open(text, binding)?;
            Place::Text(value, id)
        }
        Key::Instant => {
            let (at, id) = open(text, binding)?;
            Place::Instant(at, id)
        }
        Key::Ranked => {
            let (rank, at, id) = open(text, binding)?;
            Place::Ranked(rank, at, id)
        }
    })
}

impl<I: Position> Paging<Place<I>> {
    /// Reads `limit` and `cursor` of the list `name` under `filters`, ordered by `sort`.
    ///
    /// # Errors
    /// [`Code::ValidationFailed`](super::problem::Code::ValidationFailed) naming `cursor`.
    pub fn sorted<O: Order>(
        name: &str,
        filters: &impl Serialize,
        sort: Sort<O>,
        limit: Option<Limit>,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let binding = binding(name, &(filters, sort));
        let open = |text: &str, binding: &str| open_place(sort.by.key(), text, binding);
        Self::behind(binding, limit, cursor, open)
    }

    /// The part of the list that is asked for.
    pub fn window<O>(&self, sort: Sort<O>) -> Window<O, I>
    where
        Place<I>: Clone,
    {
        Window {
            sort,
            after: self.after.clone(),
            limit: self.fetch(),
        }
    }
}

impl<K: Serialize> Paging<K> {
    fn behind(
        binding: String,
        limit: Option<Limit>,
        cursor: Option<&str>,
        open: impl Fn(&str, &str) -> Option<K>,
    ) -> Result<Self, Problem> {
        let after = match cursor {
            None => None,
            Some(text) => Some(open(text, &binding).ok_or_else(|| {
                Problem::invalid_field(FieldError::new("cursor", Fault::new("malformed_cursor")))
            })?),
        };
        let limit = usize::try_from(limit.map_or(DEFAULT_LIMIT, Limit::get)).unwrap_or(1);
        Ok(Self {
            limit,
            after,
            binding,
        })
    }

    /// How many rows to fetch: one more than are shown, to know whether more follow.
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// The page of `rows`, which were fetched by [`Paging::fetch`]; `key` is a row's position.
    pub fn page<R, T: Serialize>(
        &self,
        mut rows: Vec<R>,
        key: impl Fn(&R) -> K,
        item: impl Fn(R) -> T,
    ) -> Page<T> {
        let next_cursor = self.next(&mut rows, key);
        Page {
            items: rows.into_iter().map(item).collect(),
            next_cursor,
            count: None,
        }
    }

    /// Cuts `rows`, which were fetched by [`Paging::fetch`], to the page; gives the cursor of the next one.
    pub fn next<R>(&self, rows: &mut Vec<R>, key: impl Fn(&R) -> K) -> Option<String> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        rows.last()
            .filter(|_| more)
            .and_then(|last| self.seal(key(last)))
    }

    fn seal(&self, key: K) -> Option<String> {
        let cursor = Cursor {
            v: CURSOR_VERSION,
            list: self.binding.clone(),
            key,
        };
        serde_json::to_vec(&cursor)
            .ok()
            .map(|json| URL_SAFE_NO_PAD.encode(json))
    }
}

fn open<K: Position>(text: &str, binding: &str) -> Option<K> {
    if text.len() > LONGEST_CURSOR {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(text).ok()?;
    let cursor: Cursor<K> = serde_json::from_slice(&json).ok()?;
    let is_ours = cursor.v == CURSOR_VERSION && cursor.list == binding && cursor.key.is_possible();
    is_ours.then_some(cursor.key)
}

fn binding(name: &str, filters: &impl Serialize) -> String {
    // Filters are plain values, which always serialize; should one not, its cursors are good for no other list.
    let filters = serde_json::to_vec(filters).unwrap_or_default();
    let digest = Sha256::new()
        .chain_update(name)
        .chain_update([0])
        .chain_update(filters)
        .finalize();
    URL_SAFE_NO_PAD.encode(&digest[..9])
}

/// A part of a list.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Asks for the items behind these, as `cursor`; null at the end of the list.
    pub next_cursor: Option<String>,
    /// How many there are in all, where that was asked for; null if they are more than are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Option<usize>>,
}

impl<T> Page<T> {
    /// A list that is short enough to be given whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
            count: None,
        }
    }
}

impl<T: ToSchema> PartialSchema for Page<T> {
    fn schema() -> RefOr<Schema> {
        let items = ArrayBuilder::new().items(utoipa::openapi::Ref::from_schema_name(T::name()));
        let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
        let text = ObjectBuilder::new().schema_type(Type::String);
        let next = OneOfBuilder::new().item(text).item(null).description(Some(
            "Asks for the items behind these, as `cursor`; null at the end of the list.",
        ));
        let null = ObjectBuilder::new().schema_type(SchemaType::Type(Type::Null));
        let number = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(0.0));
        let count = OneOfBuilder::new().item(number).item(null).description(Some(
            "How many there are in all, where `count` asked for it; null if there are more than 10,000.",
        ));
        ObjectBuilder::new()
            .property("items", items)
            .required("items")
            .property("next_cursor", next)
            .required("next_cursor")
            .property("count", count)
            .into()
    }
}

impl<T: ToSchema> ToSchema for Page<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}List", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Key = (i64, String);

    fn paging(filters: &str, cursor: Option<&str>) -> Result<Paging<Key>, Problem> {
        Paging::read("cases", &filters, None, cursor)
    }

    fn page(paging: &Paging<Key>, all: &[i64]) -> Page<i64> {
        let from = paging.after.as_ref().map_or(i64::MIN, |(n, _)| *n + 1);
        let rows: Vec<i64> = all
            .iter()
            .copied()
            .filter(|n| *n >= from)
            .take(paging.limit + 1)
            .collect();
        paging.page(rows, |n| (*n, "x".to_owned()), |n| n)
    }

    #[test]
    fn pages_follow_one_another_to_the_end() {
        let all: Vec<i64> = (0..60).collect();
        let mut seen = Vec::new();
        let mut cursor = None;
        loop {
            let page = page(&paging("", cursor.as_deref()).expect("readable"), &all);
            seen.extend(page.items);
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, all);
    }

    #[test]
    fn a_full_last_page_has_no_next() {
        let all: Vec<i64> = (0..25).collect();
        assert_eq!(
            page(&paging("", None).expect("readable"), &all).next_cursor,
            None
        );
    }

    #[test]
    fn a_cursor_of_another_list_or_filter_is_refused() {
        let all: Vec<i64> = (0..30).collect();
        let cursor = page(&paging("open", None).expect("readable"), &all)
            .next_cursor
            .expect("more");
        assert!(paging("open", Some(&cursor)).is_ok());
        for refused in [
            paging("closed", Some(&cursor)).err(),
            paging("open", Some("nonsense")).err(),
            paging("open", Some("")).err(),
            paging("open", Some(&cursor[1..])).err(),
            Paging::<Key>::read("users", &"open", None, Some(&cursor)).err(),
            Paging::<String>::read("cases", &"open", None, Some(&cursor)).err(),
        ] {
            let problem = refused.expect("refused");
            assert_eq!(problem.errors()[0].field(), "cursor");
            assert_eq!(problem.errors()[0].code(), "malformed_cursor");
        }
    }

    #[test]
    fn a_position_that_no_row_has_is_refused() {
        fn sealed<K: Serialize>(key: K) -> String {
            let cursor = Cursor {
                v: CURSOR_VERSION,
                list: binding("cases", &()),
                key,
            };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).expect("JSON"))
        }
        let opened =
            |cursor: &str| Paging::<(Instant, i64)>::read("cases", &(), None, Some(cursor));
        assert!(opened(&sealed(("2026-03-02T09:00:00Z", 1))).is_ok());
        for at in [
            "0000-01-01T00:00:00Z",
            "+10000-01-01T00:00:00Z",
            "-0001-01-01T00:00:00Z",
            "2016-12-31T23:59:60Z",
            "x",
        ] {
            assert!(opened(&sealed((at, 1))).is_err(), "{at}");
        }
        assert!(opened(&sealed((1, 2))).is_err());
        let named = |name: &str| {
            let cursor = sealed((name, 1));
            Paging::<(String, i64)>::read("cases", &(), None, Some(&cursor)).is_ok()
        };
        assert!(named("Jan Müller"));
        assert!(!named("a\0b") && !named(&"x".repeat(2000)));
    }
}
