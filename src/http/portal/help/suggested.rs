//! Articles that may help somebody who is about to open a case.

use serde::Serialize;

use crate::db::Conn;
use crate::domain::access::Permission::ArticlesView;
use crate::domain::text::Subject;
use crate::http::api::articles::suggestions;
use crate::http::portal::page_request::PageRequest;
use crate::http::problem::Problem;
use crate::store::articles::ArticleView;

/// Articles that may help.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Suggested {
    /// Whether there are articles for the visitor at all.
    pub offered: bool,
    /// Whether some were looked for.
    pub asked: bool,
    /// Those that were found.
    pub rows: Vec<SuggestedRow>,
}

/// An article that may help.
#[derive(Clone, Debug, Serialize)]
pub struct SuggestedRow {
    /// Its page.
    pub href: String,
    /// Its title.
    pub title: String,
    /// What it is about; may be empty.
    pub summary: String,
}

impl From<&ArticleView> for SuggestedRow {
    fn from(view: &ArticleView) -> Self {
        Self {
            href: format!("/articles/{}", view.head.slug),
            title: view.head.title.clone(),
            summary: view.head.summary.clone().unwrap_or_default(),
        }
    }
}

/// What may help somebody who writes this subject; nothing is looked for where it is none.
pub(in crate::http::portal) async fn suggested(
    req: &PageRequest,
    subject: &str,
) -> Result<Suggested, Problem> {
    let offered = req.can(ArticlesView);
    let Some(subject) = Subject::parse(subject).ok().filter(|_| offered) else {
        return Ok(Suggested {
            offered,
            ..Suggested::default()
        });
    };
    let reader = req.clone();
    let look = move |conn: &mut Conn| suggestions(conn, reader.access()?, subject.as_str());
    let found = req.read_or_search(true, look).await?;
    Ok(Suggested {
        offered,
        asked: true,
        rows: found.iter().map(SuggestedRow::from).collect(),
    })
}
