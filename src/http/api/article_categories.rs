//! Categories of articles: which there are, and what they are called (H1). One comes to be with its first article, and is gone with its
//! last.

use super::addresses::CategoryKey;
use super::documents::CategoryDocument;
use crate::db::Conn;
use crate::domain::access::Permission::{ArticlesView, ArticlesWrite};
use crate::http::api_request::{ApiRequest, may};
use crate::http::pagination::Page;
use crate::http::problem::Problem;
use crate::http::reply::Reply;
use crate::http::route::{Route, table};
use crate::store::articles;
use crate::workflow::articles::{RenameCategory, rename_category};

/// The routes of this resource.
pub fn routes() -> Vec<Route> {
    table! { article_categories:
        GET   "/article-categories"            may(ArticlesView)  => list, "The categories of the articles that are for you, by name";
        PATCH "/article-categories/{category}" may(ArticlesWrite) => rename, "Gives a category another name, or makes it one with another of that name";
    }
}

async fn list(req: ApiRequest) -> Result<Reply<Page<CategoryDocument>>, Problem> {
    let items = req.read(read).await?;
    Reply::new(&Page::whole(items))
}

async fn rename(
    req: ApiRequest<CategoryKey, RenameCategory>,
) -> Result<Reply<CategoryDocument>, Problem> {
    req.write(|conn, req| {
        let actor = &req.principal.actor;
        let key = rename_category(conn, actor, &req.address.0, &req.body, req.now)?;
        let mut all = read(conn, req)?.into_iter();
        let renamed = all.find(|category| category.key == key);
        Reply::new(&renamed.ok_or_else(Problem::not_found)?)
    })
    .await
}

fn read<A, B>(conn: &mut Conn, req: &ApiRequest<A, B>) -> Result<Vec<CategoryDocument>, Problem> {
    let readership = articles::readership(conn, req.principal.access())?;
    let all = articles::categories(conn, readership)?;
    Ok(all.into_iter().map(CategoryDocument::from).collect())
}
