//! Where articles are found: their categories, and their names in addresses.

use super::{found, published};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::article::RESERVED_SLUGS;
use crate::domain::event::{ArticleEvent, CategoryFields, Changed};
use crate::domain::ids::ArticleId;
use crate::domain::text::{Slug, Title, folded, tidy};
use crate::input::input;
use crate::store::articles::{self, Change, Shelved};
use crate::workflow::administer::refused;
use crate::workflow::{Actor, Rejection, VerbResult, settled};

/// A category as it is kept: its name, and the same in addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Category {
    pub(super) name: String,
    pub(super) key: String,
}

impl Category {
    /// The category of that name, spelled as it is spelled already.
    pub(super) fn named(conn: &mut Conn, name: &Title) -> VerbResult<Self> {
        let key = Slug::distinct(name).into_string();
        let known = articles::category_named(conn, &key)?;
        Ok(Self {
            name: known.unwrap_or_else(|| tidy(name.as_str())),
            key,
        })
    }
}

input! {
    /// Another name for a category.
    pub struct RenameCategory {
        /// The name. If there is a category of that name, the articles go there.
        name: Title,
    }
}

/// Gives a category another name. If there is one of that name, the two become one.
///
/// # Errors
/// [`Rejection::NotFound`], `Denied`.
pub fn rename_category(
    conn: &mut Conn,
    actor: &Actor,
    key: &str,
    rename: &RenameCategory,
    now: Instant,
) -> VerbResult<String> {
    let readership = articles::readership(conn, &actor.access)?;
    let mut seen = articles::categories(conn, readership)?.into_iter();
    let category = seen.find(|category| category.key == key);
    let category = category.ok_or(Rejection::NotFound)?;
    actor.require(Permission::ArticlesWrite)?;
    let new_key = Slug::distinct(&rename.name).into_string();
    let name = match articles::category_named(conn, &new_key)? {
        // It goes into another.
        Some(known) if new_key != key => known,
        _ => tidy(rename.name.as_str()),
    };
    if name == category.name {
        return Ok(new_key);
    }
    for article in articles::of_category(conn, key)? {
        let change = Change {
            standing: article.head.standing(),
            shelved: Shelved {
                category: &name,
                category_key: &new_key,
                audience: article.head.audience,
            },
            shown: None,
            publishes: false,
        };
        settled(articles::update(conn, &article.head, &change, now)?, None)?;
        let after = found(conn, article.head.id)?;
        articles::index(conn, &after)?;
    }
    let changed = Changed {
        before: CategoryFields {
            category: category.name,
        },
        after: CategoryFields { category: name },
    };
    published(conn, actor, ArticleEvent::CategoryRenamed(changed), now)?;
    Ok(new_key)
}

/// A name in addresses that no other article has.
pub(super) fn free_slug(conn: &mut Conn, title: &Title) -> VerbResult<Slug> {
    let readable = Slug::readable(title);
    let is_free = |conn: &mut Conn, slug: &Slug| -> VerbResult<bool> {
        // What reads as an id would be taken for one.
        let is_id = slug.as_str().parse::<ArticleId>().is_ok();
        let is_reserved = RESERVED_SLUGS.contains(&slug.as_str()) || is_id;
        Ok(!is_reserved && !articles::is_taken(conn, slug)?)
    };
    if is_free(conn, &readable)? {
        return Ok(readable);
    }
    let stem = readable.as_str();
    let stem = stem.get(..50.min(stem.len())).unwrap_or(stem);
    for number in 2..=1_000_u32 {
        let numbered = format!("{}-{number}", stem.trim_end_matches('-'));
        if let Ok(slug) = numbered.parse()
            && is_free(conn, &slug)?
        {
            return Ok(slug);
        }
    }
    // So many of one name are not written.
    Err(refused("title", "taken", folded(title.as_str())).into())
}
