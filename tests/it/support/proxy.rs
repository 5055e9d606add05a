//! A proxy between the desk and its database, or between a browser and the desk, for what networks do: cut connections, swallow
//! what is sent, take their time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use url::Url;

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// It carries everything, this much later in each direction.
    Up(Duration),
    /// Every connection is reset, new ones too.
    Cut,
    /// Nothing arrives any more, and nobody is told. Connections that were there then never come back.
    Silent,
}

/// A proxy; it ends when it is dropped.
pub struct Proxy {
    port: u16,
    network: watch::Sender<Network>,
    accepting: JoinHandle<()>,
    heard: Heard,
}

/// What came from clients, if somebody listens.
type Heard = Option<Arc<Mutex<Vec<u8>>>>;

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// Carries everything to the server of this URL.
    pub async fn before(url: &str) -> Self {
        Self::carrying(url, None).await
    }

    /// The same, and listens to what clients say.
    pub async fn listening(url: &str) -> Self {
        Self::carrying(url, Some(Arc::default())).await
    }

    async fn carrying(url: &str, heard: Heard) -> Self {
        let url = Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let server = (host, url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().map(|at: SocketAddr| at.port());
        let (network, state) = watch::channel(Network::Up(Duration::ZERO));
        let hears = heard.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), state.clone(), hears.clone()));
            }
        });
        Self {
            port: port.expect("a port"),
            network,
            accepting,
            heard,
        }
    }

    /// What clients have said so far.
    pub fn heard(&self) -> String {
        let heard = self.heard.as_ref().map(|heard| {
            let heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            String::from_utf8_lossy(&heard).into_owned()
        });
        heard.unwrap_or_default()
    }

    /// The URL with this proxy in the server's place.
    pub fn url(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.port)).expect("a port");
        url.into()
    }

    /// From here on the network is like this.
    pub fn becomes(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn carry(
    client: TcpStream,
    server: (String, u16),
    mut state: watch::Receiver<Network>,
    heard: Heard,
) {
    let now = *state.borrow_and_update();
    match now {
        Network::Up(_) => {}
        Network::Cut => return reset(&client),
        Network::Silent => return std::future::pending().await,
    }
    let Ok(server) = TcpStream::connect((server.0.as_str(), server.1)).await else {
        return reset(&client);
    };
    for end in [&client, &server] {
        let _ = end.set_nodelay(true);
    }
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let there = tokio::spawn(pass(from_client, to_server, state.clone(), heard));
    let back = tokio::spawn(pass(from_server, to_client, state.clone(), None));
    let ended = tokio::select! {
        fault = state.wait_for(|network| !matches!(network, Network::Up(_))) => fault.ok().map(|fault| *fault),
        () = async { let _ = tokio::join!(there, back); } => None,
    };
    // The halves end by themselves; what is left of the connection is in them.
    if ended == Some(Network::Silent) {
        std::future::pending().await
    }
}

/// Passes on what comes, until the network fails or an end does.
async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<Network>,
    heard: Heard,
) {
    let mut bytes = [0; 16 * 1024];
    loop {
        let fault = async {
            let fault = state.wait_for(|network| !matches!(network, Network::Up(_)));
            fault.await.map_or(Network::Cut, |fault| *fault)
        };
        let read = tokio::select! {
            read = from.read(&mut bytes) => read,
            fault = fault => match fault {
                Network::Silent => std::future::pending().await,
                _ => {
                    let _ = to.as_ref().set_zero_linger();
                    return;
                }
            },
        };
        let Ok(count @ 1..) = read else {
            let _ = to.shutdown().await;
            return;
        };
        if let Some(heard) = &heard {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            heard.extend_from_slice(&bytes[..count]);
        }
        let network = *state.borrow();
        if let Network::Up(delay) = network
            && !delay.is_zero()
        {
            sleep(delay).await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

fn reset(client: &TcpStream) {
    let _ = client.set_zero_linger();
}
