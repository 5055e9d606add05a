//! The server: built, bound to its port, run until it is told to stop.

use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server as ActixServer, ServerHandle};
use actix_web::http::Method;
use actix_web::middleware::{NormalizePath, TrailingSlash, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpResponse, web};
use tracing_actix_web::TracingLogger;

use super::connections::{
    Connections, End, Endings, Limits, Watched, descriptors_for, follow, go_on,
};
use super::live::{Live, Places};
use super::paths::{PathError, Paths};
use super::portal::Portal;
use super::portal::render::TemplateError;
use super::problem::word_problems;
use super::routes::{is_of_api, method_not_allowed, nothing_here};
use super::state::{AppState, PostError};
use super::trace::{RequestSpan, observe};
use super::{client, compress, etag, headers, health, language, paths, portal, routes};
use crate::clock::Clock;
use crate::config::{PublicUrl, Settings};
use crate::db::Db;
use crate::domain::network::Network;
use crate::telemetry;
use crate::words::{Languages, WordsError};

/// How long requests may take to finish once the server is told to stop, in seconds. Whoever runs it expects the end
/// within ten, and the jobs need some of them.
const FINISH_WITHIN: u64 = 5;

/// How long a connection is kept between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long what a client still sends is taken in after it has its answer, so that it gets to read that.
const LINGER: Duration = Duration::from_secs(1);

/// A server that holds its port and waits to be run.
pub struct Server {
    server: ActixServer,
    address: SocketAddr,
    desk: Arc<AppState>,
    live: Live,
    connections: Connections,
}

/// Lets connections in.
#[derive(Clone)]
struct Gate {
    connections: Connections,
    endings: Arc<Endings>,
    trusted: Arc<[Network]>,
}

impl Gate {
    /// The connection as it is watched; one that there is no room for is told so and closed.
    fn enter(
        &self,
        stream: TcpStream,
    ) -> Result<(Watched<TcpStream>, Protocol, Option<SocketAddr>), ()> {
        // A peer that is gone already has no address.
        let peer = stream.peer_addr().map_err(drop)?;
        let address = peer.ip().to_canonical();
        let is_proxy = self.trusted.iter().any(|proxy| proxy.contains(address));
        match self.connections.admit(client::network(address), is_proxy) {
            Some(connection) => Ok((
                Watched::new(stream, connection, Arc::clone(&self.endings), go_on),
                Protocol::Http1,
                Some(peer),
            )),
            None => {
                let _ = stream.try_write(self.endings.answer(End::Full).as_bytes());
                Err(())
            }
        }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address of the settings.
        address: SocketAddr,
        /// The system's reason.
        error: io::Error,
    },
    /// The key cannot be read or made.
    #[error("no secret key: {0}")]
    Key(io::Error),
    /// The catalogue of messages cannot be read.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// Notices cannot be written or handed over.
    #[error(transparent)]
    Mailer(#[from] PostError),
    /// A page's template cannot be read.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// Two paths contradict each other.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl Server {
    /// Binds the port of the settings; port 0 takes one that is free. Connections wait until [`Server::run`].
    ///
    /// # Errors
    /// See [`BindError`].
    pub fn bind(settings: &Settings, db: Db, clock: Clock) -> Result<Self, BindError> {
        let unlistened = |error| BindError::Listen {
            address: settings.listen,
            error,
        };
        let listener = TcpListener::bind(settings.listen).map_err(unlistened)?;
        let address = listener.local_addr().map_err(unlistened)?;
        let key = settings.secret_key().map_err(BindError::Key)?;
        let words = Languages::load()?.with_support_phone(settings.support_phone.as_deref());
        let portal = web::Data::new(Portal::load(settings, &words)?);
        let desk = AppState::new(settings, key, db, clock, words, address)?;
        telemetry::measure();
        let desk = Arc::new(desk);
        let shared = web::Data::from(Arc::clone(&desk));
        let words = web::Data::new(desk.words.clone());
        let paths = web::Data::new(every_path()?);
        let limits = Limits::of_this_process(settings.live_streams);
        let live = Live::with_places(places(settings, limits));
        let streams = web::Data::new(live.clone());
        let connections = Connections::within(limits);
        let gate = Gate {
            connections: connections.clone(),
            trusted: settings.trusted_proxies.clone().into(),
            endings: Arc::new(Endings::new(desk.words.english())),
        };
        let mut server = ActixServer::build()
            .disable_signals()
            .shutdown_timeout(FINISH_WITHIN)
            .max_concurrent_connections(limits.all());
        if let Some(workers) = settings.workers {
            server = server.workers(workers);
        }
        let server = server.listen("casebell", listener, move || {
            let app = App::new()
                .app_data(shared.clone())
                .app_data(portal.clone())
                .app_data(words.clone())
                .app_data(streams.clone())
                .app_data(paths.clone())
                .default_service(web::to(paths::answer))
                .wrap(from_fn(word_problems))
                .wrap(from_fn(language::told))
                .wrap(from_fn(compress::whole))
                .wrap(from_fn(etag::negotiated))
                .wrap(headers::security(&shared))
                .wrap(from_fn(observe))
                .wrap(TracingLogger::<RequestSpan>::new())
                .wrap(from_fn(paths::find))
                // `/cases/` is `/cases`.
                .wrap(NormalizePath::new(TrailingSlash::Trim))
                .wrap(from_fn(follow));
            let app = app.into_factory().map_err(HttpResponse::from_error);
            let http = HttpService::build()
                .keep_alive(KEEP_ALIVE)
                // Heads are watched on every request of a connection, not on its first alone.
                .client_request_timeout(Duration::ZERO)
                // Who has closed their side does not wait for an answer: a stream that they followed gives its place
                // free.
                .h1_allow_half_closed(false)
                .client_disconnect_timeout(LINGER)
                .on_connect_ext(|stream: &Watched<TcpStream>, extensions| {
                    extensions.insert(Arc::clone(stream.connection()));
                })
                .finish(map_config(app, |()| AppConfig::default()));
            let gate = gate.clone();
            fn_service(move |stream: TcpStream| std::future::ready(gate.enter(stream)))
                .and_then(http.map_err(drop))
        });
        let server = server.map_err(unlistened)?.run();
        Ok(Self {
            server,
            address,
            desk,
            live,
            connections,
        })
    }

    /// The port it is bound to.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address it is bound to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The origin under which people reach it.
    pub fn url(&self) -> &PublicUrl {
        &self.desk.public_url
    }

    /// What every request has at hand.
    pub fn desk(&self) -> &Arc<AppState> {
        &self.desk
    }

    /// What stops it from elsewhere.
    pub fn stopper(&self) -> Stopper {
        Stopper {
            handle: self.server.handle(),
            live: self.live.clone(),
            connections: self.connections.clone(),
        }
    }

    /// Serves until it is stopped by its [`Stopper`].
    ///
    /// # Errors
    /// The system's own.
    pub async fn run(self) -> io::Result<()> {
        let Self { server, desk, .. } = self;
        tokio::select! {
            outcome = server => outcome,
            () = desk.readiness.keep_looking(&desk.db, &desk.clock) => Ok(()),
        }
    }
}

/// Stops a server. Cheap to clone.
#[derive(Clone)]
pub struct Stopper {
    handle: ServerHandle,
    live: Live,
    connections: Connections,
}

impl Stopper {
    /// Lets requests finish, and ends what would not finish by itself; back when the server has stopped.
    pub async fn stop(&self) {
        self.live.stop();
        self.connections.stop();
        self.handle.stop(true).await;
    }
}

/// How many live streams are kept: as many as are wanted and the limit of open files leaves room for. Says what that is.
fn places(settings: &Settings, limits: Limits) -> Places {
    let (wanted, room) = (settings.live_streams, limits.streams());
    let all = wanted.min(room);
    tracing::info!(
        connections = limits.all(),
        live_streams = all,
        "open files are enough for so many"
    );
    if room < wanted {
        tracing::warn!(
            wanted,
            live_streams = all,
            "fewer live streams are kept than are wanted: raise the limit of open files (`ulimit -n`, LimitNOFILE) to {}, or \
             lower CASEBELL_LIVE_STREAMS",
            descriptors_for(wanted)
        );
    }
    Places {
        all,
        of_one: settings.live_streams_per_person,
    }
}

/// Every address of the house, and what answers there.
fn every_path() -> Result<Paths, PathError> {
    let nowhere = paths::handler(|request, payload| async move {
        match is_of_api(request.path()) {
            true => nothing_here(),
            false => portal::nothing_here(request, payload).await,
        }
    });
    let mut paths = Paths::new(nowhere);
    for (path, handler) in [
        ("/healthz", paths::handler(|_, _| health::healthz())),
        (
            "/readyz",
            paths::handler(|request, _| health::readyz(request)),
        ),
        (
            "/metrics",
            paths::handler(|request, _| health::metrics(request)),
        ),
    ] {
        let others = paths::handler(|_, _| ready(method_not_allowed("GET, HEAD")));
        paths.insert(path.to_owned(), vec![(Method::GET, handler)], others)?;
    }
    portal::insert_into(&mut paths)?;
    routes::insert_into(&mut paths)?;
    Ok(paths)
}
