//! Lists as data: what narrows and orders one is declared once, for the API and for its page, and a page of it is found in
//! one way.

use std::cmp::Ordering;

use chrono_tz::Tz;
use serde::Serialize;

use super::pagination::{Limit, Page, Paging, Position};
use super::problem::Problem;
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::Access;
use crate::domain::order::{Order, Place, Sort, Window};
use crate::input::Input;

/// How many the API counts at the most.
pub const MOST_COUNTED: usize = 10_000;

/// What narrows and orders a list; declared by `list_query!`.
pub trait ListQuery: Input + Clone {
    /// What it can be ordered by.
    type Order: Order;

    /// The order that is asked for, or the list's own.
    fn sort(&self) -> Sort<Self::Order>;

    /// Whether it is to be said how many there are in all.
    fn counts(&self) -> bool;

    /// How many rows a page has.
    fn limit(&self) -> Option<Limit>;

    /// Behind which page.
    fn cursor(&self) -> Option<&str>;
}

/// Declares the query of a list, by what it is ordered if nothing is asked for, and what narrows it. It takes `sort`, `count`,
/// `limit` and `cursor` besides.
macro_rules! list_query {
    (
        $(#[doc = $doc:expr])+
        pub struct $name:ident by $order:ty, $default:expr, {
            $( $(#[doc = $field_doc:expr])+ $field:ident: $type:ty, )*
        }
    ) => {
        $crate::input::input! {
            $(#[doc = $doc])+
            pub struct $name {
                $( $(#[doc = $field_doc])+ $field: $type, )*
                /// In which order; with `-` the other way round.
                sort: Option<$crate::domain::order::Sort<$order>>,
                /// Whether to say how many there are in all, as `count`.
                count: Option<bool>,
                /// How many a page has, 25 if not given.
                limit: Option<$crate::http::pagination::Limit>,
                /// Behind the page that gave this.
                cursor: Option<String>,
            }
        }

        impl $crate::http::list::ListQuery for $name {
            type Order = $order;

            fn sort(&self) -> $crate::domain::order::Sort<$order> {
                self.sort.unwrap_or($default)
            }

            fn counts(&self) -> bool {
                self.count == Some(true)
            }

            fn limit(&self) -> Option<$crate::http::pagination::Limit> {
                self.limit
            }

            fn cursor(&self) -> Option<&str> {
                self.cursor.as_deref()
            }
        }
    };
}

pub(crate) use list_query;

/// Who asks for a list, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// What they may see and do.
    pub access: &'a Access,
    /// The instant of the request.
    pub now: Instant,
    /// The zone in which they read times.
    pub zone: Tz,
}

/// A list that is read page by page.
pub trait Listing {
    /// Its name, to which its cursors are bound.
    const NAME: &'static str;
    /// What narrows and orders it.
    type Query: ListQuery;
    /// What its query means, looked up. Cursors are bound to it, too.
    type Filter: Serialize;
    /// One of it.
    type Row;
    /// The id of one.
    type Id: Position + Clone;

    /// The order that a query asks for, or the list's own.
    fn sort(query: &Self::Query) -> Sort<<Self::Query as ListQuery>::Order> {
        query.sort()
    }

    /// Whether a query reads so much that nobody else may wait for it.
    fn searches(query: &Self::Query) -> bool {
        let _ = query;
        false
    }

    /// What a query means for somebody.
    ///
    /// # Errors
    /// What it names that does not exist for them is a fault of its parameter; database errors.
    fn filter(
        conn: &mut Conn,
        asker: Asker<'_>,
        query: &Self::Query,
    ) -> Result<Self::Filter, Problem>;

    /// The rows of a window.
    ///
    /// # Errors
    /// Database errors.
    fn rows(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &Self::Filter,
        window: &Window<<Self::Query as ListQuery>::Order, Self::Id>,
    ) -> Result<Vec<Self::Row>, Problem>;

    /// How many there are in all, counted up to `most`.
    ///
    /// # Errors
    /// Database errors.
    fn count(
        conn: &mut Conn,
        asker: Asker<'_>,
        filter: &Self::Filter,
        most: usize,
    ) -> Result<usize, Problem>;

    /// Where a row stands in an order.
    fn place(by: <Self::Query as ListQuery>::Order, row: &Self::Row) -> Place<Self::Id>;
}

/// How many there are in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// That many.
    Exactly(usize),
    /// More than that many, which are all that are counted.
    MoreThan(usize),
}

impl Count {
    /// Of what was counted up to one more than `most`.
    fn of(counted: usize, most: usize) -> Self {
        match counted > most {
            true => Self::MoreThan(most),
            false => Self::Exactly(counted),
        }
    }

    /// The number, if it is known.
    fn exactly(self) -> Option<usize> {
        match self {
            Self::Exactly(number) => Some(number),
            Self::MoreThan(_) => None,
        }
    }
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct Found<R> {
    /// Its rows.
    pub rows: Vec<R>,
    /// The cursor of the next page, if there is one.
    pub next: Option<String>,
    /// How many there are in all, where that was asked for.
    pub count: Option<Count>,
}

impl<R> Found<R> {
    /// A list that is short enough to be shown whole.
    pub fn whole(rows: Vec<R>) -> Self {
        Self {
            count: Some(Count::Exactly(rows.len())),
            rows,
            next: None,
        }
    }

    /// Puts a list that is shown whole in an order; what is alike in it stays as it was.
    pub fn sort_by<O>(&mut self, sort: Sort<O>, compare: impl Fn(&R, &R) -> Ordering) {
        self.rows.sort_by(|one, other| match sort.descending {
            false => compare(one, other),
            true => compare(other, one),
        });
    }

    /// The same with other rows, each made of the one at its place.
    ///
    /// # Errors
    /// Those of `rows`.
    pub fn try_map<T, E>(
        self,
        rows: impl FnOnce(Vec<R>) -> Result<Vec<T>, E>,
    ) -> Result<Found<T>, E> {
        Ok(Found {
            rows: rows(self.rows)?,
            next: self.next,
            count: self.count,
        })
    }

    /// The page as the API answers it.
    pub fn page<T>(self, item: impl FnMut(R) -> T) -> Page<T> {
        Page {
            items: self.rows.into_iter().map(item).collect(),
            next_cursor: self.next,
            count: self.count.map(Count::exactly),
        }
    }

    /// The same, where an item may not come about.
    ///
    /// # Errors
    /// Those of `item`.
    pub fn try_page<T>(
        self,
        item: impl FnMut(R) -> Result<T, Problem>,
    ) -> Result<Page<T>, Problem> {
        let items: Result<Vec<T>, Problem> = self.rows.into_iter().map(item).collect();
        Ok(Page {
            items: items?,
            next_cursor: self.next,
            count: self.count.map(Count::exactly),
        })
    }
}

/// The page of a list that is asked for, and how many there are in all, if up to `most` are to be counted.
///
/// # Errors
/// [`Code::ValidationFailed`](super::problem::Code::ValidationFailed) naming what is wrong with the query; database errors.
pub fn find<L: Listing>(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &L::Query,
    most: Option<usize>,
) -> Result<Found<L::Row>, Problem> {
    let (filter, sort) = (L::filter(conn, asker, query)?, L::sort(query));
    let paging: Paging<Place<L::Id>> =
        Paging::sorted(L::NAME, &filter, sort, query.limit(), query.cursor())?;
    let mut rows = L::rows(conn, asker, &filter, &paging.window(sort))?;
    let next = paging.next(&mut rows, |row| L::place(sort.by, row));
    let count = match most {
        None => None,
        // The only page tells it by itself.
        Some(most) if next.is_none() && query.cursor().is_none() => {
            Some(Count::of(rows.len(), most))
        }
        Some(most) => {
            let counted = L::count(conn, asker, &filter, most.saturating_add(1))?;
            Some(Count::of(counted, most))
        }
    };
    Ok(Found { rows, next, count })
}

/// The same for the API, which counts where it is asked to.
///
/// # Errors
/// As [`find`].
pub fn answer<L: Listing>(
    conn: &mut Conn,
    asker: Asker<'_>,
    query: &L::Query,
) -> Result<Found<L::Row>, Problem> {
    find::<L>(conn, asker, query, query.counts().then_some(MOST_COUNTED))
}
