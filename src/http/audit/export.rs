//! An export: recorded first, then written a page at a time while it is sent.

use actix_web::web::Bytes;
use futures_util::Stream;
use futures_util::stream::try_unfold;

use super::file::Format;
use crate::db::{Db, DbError};
use crate::http::api::documents::AuditEventDocument;
use crate::http::download::Download;
use crate::store::audit::{self, EventFilter, Listed, Place};

/// How many events are held at a time.
const PAGE: i64 = 500;

/// How far the export has come.
enum Next {
    Head,
    Page(Option<Place>),
    End,
}

/// The file of what `filter` finds. Nothing is ever changed or removed, and what is recorded meanwhile is linked behind the
/// filter's `up_to`: its pages fit together although each is read by itself.
pub fn file(db: Db, filter: EventFilter, format: Format) -> Download {
    let name = format!("audit-events.{format}");
    Download::new(format.content_type(), name, chunks(db, filter, format))
}

/// The parts of that file.
pub fn chunks(
    db: Db,
    filter: EventFilter,
    format: Format,
) -> impl Stream<Item = Result<Bytes, DbError>> + Send + 'static {
    try_unfold(
        (Next::Head, db, filter),
        move |(next, db, filter)| async move {
            Ok(match next {
                Next::Head => {
                    let head = format.head(filter.reach).map_err(unwritten)?;
                    Some((Bytes::from(head), (Next::Page(None), db, filter)))
                }
                Next::Page(after) => {
                    let (lines, next) = page(&db, &filter, after, format).await?;
                    Some((Bytes::from(lines), (next, db, filter)))
                }
                Next::End => None,
            })
        },
    )
}

async fn page(
    db: &Db,
    filter: &EventFilter,
    after: Option<Place>,
    format: Format,
) -> Result<(Vec<u8>, Next), DbError> {
    let (reach, asked) = (
        filter.reach,
        EventFilter {
            after,
            ..filter.clone()
        },
    );
    let rows: Vec<Listed> = db
        .read(move |conn| Ok::<_, DbError>(audit::list(conn, &asked, PAGE)?))
        .await?;
    let next = match rows.last() {
        Some(Listed { event, .. }) => Next::Page(Some(event.place())),
        None => Next::End,
    };
    let documents: Vec<_> = rows
        .iter()
        .filter_map(|row| AuditEventDocument::new(reach, row))
        .collect();
    Ok((format.lines(&documents).map_err(unwritten)?, next))
}

fn unwritten(error: std::io::Error) -> DbError {
    diesel::result::Error::SerializationError(error.into()).into()
}
