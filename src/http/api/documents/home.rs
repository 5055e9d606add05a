//! The first page (H3).

use serde::Serialize;
use utoipa::ToSchema;

use super::{CaseSummary, EscalationName, Reader};
use crate::domain::Instant;
use crate::domain::home::{Act, Because, Group, Pressing};
use crate::words::home::said;
use crate::workflow::home::{Doing, Filled, Item, MOST};

/// What needs somebody now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Home)]
pub struct HomeDocument {
    /// How many things wait for the reader, over all groups that ask for something.
    pub asks: usize,
    /// The groups that the reader has, those that hold something first.
    pub groups: Vec<HomeGroupDocument>,
}

/// A question, and what answers it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HomeGroupWithItems)]
pub struct HomeGroupDocument {
    /// Which.
    pub code: Group,
    /// The question in words.
    pub title: String,
    /// Whether what it holds waits for its reader.
    pub asks: bool,
    /// How many things it holds, counted up to 500.
    pub count: usize,
    /// The list of all of them on the pages, where there is one.
    pub more_href: Option<&'static str>,
    /// The first of them, ten at the most.
    pub items: Vec<HomeItemDocument>,
}

/// Something that answers the question.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HomeItem)]
pub struct HomeItemDocument {
    /// What it is called.
    pub title: String,
    /// The page on which it is told of.
    pub href: String,
    /// The case that it is about; null where it is about none.
    pub case: Option<CaseSummary>,
    /// The escalation that it is about; null where it is about none.
    pub escalation: Option<EscalationName>,
    /// Why it is there.
    pub reason: HomeReasonDocument,
    /// What the reader can do about it at once; null where that is nothing.
    pub act: Option<HomeActDocument>,
}

/// Why something is there.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HomeReasonInWords)]
pub struct HomeReasonDocument {
    /// Why.
    pub code: Because,
    /// The same in words.
    pub text: String,
    /// When it is due, or since when it is so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Instant>,
    /// How pressing it is.
    pub pressing: Pressing,
}

/// What can be done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HomeActWithPlace)]
pub struct HomeActDocument {
    /// What.
    pub code: Act,
    /// The page on which it is done.
    pub href: String,
}

impl HomeDocument {
    /// In the reader's words.
    pub fn new(reader: &Reader<'_>, groups: &[Filled]) -> Self {
        Self {
            asks: asks(groups),
            groups: groups.iter().map(|group| of_group(reader, group)).collect(),
        }
    }
}

/// How many things wait for the reader.
pub fn asks(groups: &[Filled]) -> usize {
    let asking = groups.iter().filter(|filled| filled.group.asks());
    asking.map(|filled| filled.count.min(MOST)).sum()
}

fn of_group(reader: &Reader<'_>, filled: &Filled) -> HomeGroupDocument {
    let code = filled.group;
    HomeGroupDocument {
        code,
        title: reader.words.say_of("home-group", code.as_str(), &[]),
        asks: code.asks(),
        count: filled.count,
        more_href: filled.more_href,
        items: (filled.items.iter())
            .map(|item| of_item(reader, item))
            .collect(),
    }
}

fn of_item(reader: &Reader<'_>, item: &Item) -> HomeItemDocument {
    HomeItemDocument {
        title: item.title.clone(),
        href: item.href.clone(),
        case: item.case.as_ref().map(|case| CaseSummary {
            id: case.id,
            number: case.number,
            subject: case.subject.clone(),
            organization: (&case.organization).into(),
        }),
        escalation: item.escalation.map(|escalation| EscalationName {
            id: escalation.id,
            number: escalation.number,
        }),
        reason: HomeReasonDocument {
            code: item.why.because,
            text: said(reader.words, &item.why, reader.now),
            at: item.why.at,
            pressing: item.why.pressing(reader.now),
        },
        act: item.doing.as_ref().map(|doing: &Doing| HomeActDocument {
            code: doing.act,
            href: doing.href.clone(),
        }),
    }
}
