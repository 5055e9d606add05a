//! How requests travel to a bucket: over the TLS that mails travel over, so that the house has one.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
    HttpResponse, HttpResponseBody, HttpService,
};

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Connections to the server of a bucket, kept for the next request. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// In the clear.
    Plain(Client<Tcp, HttpRequestBody>),
    /// With certificates that this machine trusts.
    Encrypted(Client<HttpsConnector<Tcp>, HttpRequestBody>),
}

impl Way {
    pub fn plain() -> Self {
        Self::Plain(Client::builder(TokioExecutor::new()).build(tcp()))
    }

    /// # Errors
    /// This machine has no certificates that could be trusted.
    pub fn encrypted() -> io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_native_roots()?
            .https_only()
            .enable_http1()
            .wrap_connector(tcp());
        Ok(Self::Encrypted(
            Client::builder(TokioExecutor::new()).build(https),
        ))
    }
}

fn tcp() -> Tcp {
    let mut tcp = Tcp::new();
    // Which scheme it is was decided by whoever chose the way.
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_WITHIN));
    tcp
}

impl HttpConnector for Way {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Way {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let answer = match self {
            Self::Plain(client) => client.request(request),
            Self::Encrypted(client) => client.request(request),
        };
        let answer = answer.await.map_err(|error| {
            let kind = match error.is_connect() {
                true => HttpErrorKind::Connect,
                false => HttpErrorKind::Request,
            };
            HttpError::new(kind, error)
        })?;
        Ok(answer.map(|body| {
            let broken = |error| HttpError::new(HttpErrorKind::Interrupted, error);
            HttpResponseBody::new(body.map_err(broken))
        }))
    }
}
