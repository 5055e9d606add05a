//! A live stream that somebody follows.

use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

use super::process_guard::PATIENCE;

/// A stream.
pub struct Stream {
    response: Response,
    unread: String,
    /// The last `id:` that was read, as a browser keeps it.
    pub place: String,
}

/// What a stream said.
#[derive(Debug)]
pub struct Said {
    /// What kind of thing.
    pub event: String,
    /// All of it.
    pub data: Value,
}

impl Stream {
    /// The stream that this request opens.
    pub async fn open(asking: RequestBuilder) -> Self {
        let response = asking.send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        let media = &response.headers()["content-type"];
        assert_eq!(media, "text/event-stream");
        Self {
            response,
            unread: String::new(),
            place: String::new(),
        }
    }

    /// The next event; nothing at the end of the stream.
    pub async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                let line = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .map(str::to_owned)
                };
                if let Some(id) = line("id: ") {
                    self.place = id;
                }
                let Some(event) = line("event: ") else {
                    continue;
                };
                let data = line("data: ").expect("every event has data");
                let data = serde_json::from_str(&data).expect("data is JSON");
                return Some(Said { event, data });
            }
            let chunk = timeout(PATIENCE, self.response.chunk())
                .await
                .expect("the stream says something or ends");
            let chunk = chunk.expect("the stream goes on")?;
            self.unread
                .push_str(std::str::from_utf8(&chunk).expect("text"));
        }
    }

    /// The next event, which is of this kind.
    pub async fn says(&mut self, event: &str) -> Value {
        let said = self.next().await.expect("an event");
        assert_eq!(said.event, event, "{said:?}");
        said.data
    }

    /// Whatever it still says until it ends.
    pub async fn rest(&mut self) -> Vec<Said> {
        let mut rest = Vec::new();
        while let Some(said) = self.next().await {
            rest.push(said);
        }
        rest
    }
}
