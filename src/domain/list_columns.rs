//! Which columns of a list are shown: those that everybody sees, those that somebody chose, or those that an address names. The
//! column by which a row is found and opened is always there.

use super::organization::Side;
use super::saved_filter::FilteredList;

/// The parameter of a page's address that names the columns of its list, with commas between them.
pub const PARAMETER: &str = "columns";

/// A column of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListColumn {
    /// Its name, as addresses and programs give it.
    pub name: &'static str,
    /// Whether it cannot be hidden: it names the row and leads to it.
    pub is_key: bool,
    /// Whether it is shown to who chose nothing.
    pub at_first: bool,
    /// Whether it is for the provider's people alone.
    pub of_staff: bool,
}

const fn column(name: &'static str) -> ListColumn {
    ListColumn {
        name,
        is_key: false,
        at_first: true,
        of_staff: false,
    }
}

const fn key(name: &'static str) -> ListColumn {
    ListColumn {
        is_key: true,
        ..column(name)
    }
}

const fn further(name: &'static str) -> ListColumn {
    ListColumn {
        at_first: false,
        ..column(name)
    }
}

const fn of_staff(column: ListColumn) -> ListColumn {
    ListColumn {
        of_staff: true,
        ..column
    }
}

const CASES: [ListColumn; 8] = [
    key("case"),
    column("priority"),
    column("status"),
    of_staff(column("organization")),
    of_staff(further("line_of_business")),
    column("owner"),
    further("opened_at"),
    column("updated_at"),
];

const ESCALATIONS: [ListColumn; 7] = [
    column("rank"),
    key("escalation"),
    column("reason"),
    column("owner"),
    further("submitted_at"),
    column("next"),
    column("state"),
];

const CALLBACKS: [ListColumn; 9] = [
    column("window"),
    key("call"),
    column("case"),
    of_staff(further("organization")),
    further("requested_by"),
    further("requested_at"),
    column("owner"),
    further("reason"),
    column("state"),
];

impl FilteredList {
    /// All columns that the list has, from the first to the last.
    pub const fn columns(self) -> &'static [ListColumn] {
        match self {
            Self::Cases => &CASES,
            Self::Escalations => &ESCALATIONS,
            Self::Callbacks => &CALLBACKS,
        }
    }

    /// Those that somebody of this side can see.
    pub fn columns_for(self, side: Side) -> impl Iterator<Item = &'static ListColumn> {
        let all = self.columns().iter();
        all.filter(move |column| side == Side::Provider || !column.of_staff)
    }
}

/// A column that the list does not have, or not for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// What was given.
    pub given: String,
    /// Those that there are.
    pub known: Vec<&'static str>,
}

/// The columns that are shown of a list, in the order of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns(Vec<&'static str>);

impl Columns {
    /// Those of somebody who chose nothing.
    pub fn at_first(list: FilteredList, side: Side) -> Self {
        let all = list.columns_for(side);
        Self(of(all.filter(|column| column.is_key || column.at_first)))
    }

    /// Those of these names, and the one that is always there. The order of the names and their repetitions say nothing.
    ///
    /// # Errors
    /// The first name that is no column of the list for this side.
    pub fn named<'a>(
        list: FilteredList,
        side: Side,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, UnknownColumn> {
        let names: Vec<&str> = names.into_iter().collect();
        let known = of(list.columns_for(side));
        if let Some(unknown) = names.iter().find(|name| !known.contains(*name)) {
            return Err(UnknownColumn {
                given: (*unknown).to_owned(),
                known,
            });
        }
        let all = list.columns_for(side);
        Ok(Self(of(all.filter(|column| {
            column.is_key || names.contains(&column.name)
        }))))
    }

    /// Those that were kept. A column that there is no more, or no more for this side, is left out.
    pub fn kept(list: FilteredList, side: Side, text: &str) -> Self {
        let names: Vec<&str> = text.split(',').collect();
        let all = list.columns_for(side);
        Self(of(all.filter(|column| {
            column.is_key || names.contains(&column.name)
        })))
    }

    /// As they are kept, and as an address names them.
    pub fn text(&self) -> String {
        self.0.join(",")
    }

    /// Their names.
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }

    /// Whether the column of that name is shown.
    pub fn shows(&self, name: &str) -> bool {
        self.0.contains(&name)
    }
}

fn of(columns: impl Iterator<Item = &'static ListColumn>) -> Vec<&'static str> {
    columns.map(|column| column.name).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_list_has_one_column_that_stays_and_no_name_twice() {
        for list in FilteredList::ALL {
            let keys = list.columns().iter().filter(|column| column.is_key);
            assert_eq!(keys.count(), 1, "{list}");
            let mut names = of(list.columns().iter());
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{list}");
        }
    }

    #[test]
    fn what_is_of_staff_is_no_column_for_customers() {
        let list = FilteredList::Cases;
        let asked = ["owner", "organization"];
        let staff = Columns::named(list, Side::Provider, asked).expect("columns");
        assert_eq!(staff.names(), ["case", "organization", "owner"]);
        let unknown = Columns::named(list, Side::Customer, asked).expect_err("refused");
        assert_eq!(unknown.given, "organization");
        assert!(!unknown.known.contains(&"line_of_business"));
        let kept = Columns::kept(list, Side::Customer, "organization,owner,gone");
        assert_eq!(kept.names(), ["case", "owner"]);
        assert!(!Columns::at_first(list, Side::Customer).shows("organization"));
    }

    #[test]
    fn a_call_is_found_by_whom_to_call() {
        let list = FilteredList::Callbacks;
        let first = Columns::at_first(list, Side::Provider);
        assert_eq!(first.names(), ["window", "call", "case", "owner", "state"]);
        let asked = ["requested_at", "organization"];
        let staff = Columns::named(list, Side::Provider, asked).expect("columns");
        assert_eq!(staff.names(), ["call", "organization", "requested_at"]);
        assert!(Columns::named(list, Side::Customer, asked).is_err());
    }

    #[test]
    fn none_named_is_the_one_that_stays() {
        let none = Columns::named(FilteredList::Escalations, Side::Customer, []).expect("columns");
        assert_eq!(none.names(), ["escalation"]);
    }

    proptest! {
        #[test]
        fn what_is_chosen_is_kept_and_comes_back_whatever_its_order(
            list in prop::sample::select(FilteredList::ALL),
            side in prop::sample::select(vec![Side::Provider, Side::Customer]),
            picks in prop::collection::vec(0_usize..8, 0..12),
        ) {
            let known = of(list.columns_for(side));
            let names: Vec<&str> = picks.iter().map(|pick| known[pick % known.len()]).collect();
            let chosen = Columns::named(list, side, names.iter().copied()).expect("columns");
            let backwards = names.iter().rev().copied();
            prop_assert_eq!(&Columns::named(list, side, backwards).expect("columns"), &chosen);
            prop_assert_eq!(&Columns::kept(list, side, &chosen.text()), &chosen);
            prop_assert!(names.iter().all(|name| chosen.shows(name)));
        }
    }
}
