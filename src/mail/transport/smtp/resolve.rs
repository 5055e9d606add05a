//! Looking up the addresses of a name. The system's own way cannot be called off, and may take minutes where a name
//! server is silent: it runs on a thread that nobody waits for, not even the end of the process.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};

/// Look-ups that may be under way at one time; while so many hang, the name server is silent for the others as well.
const AT_ONCE: usize = 4;

static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(AT_ONCE)));

/// The addresses of `host`, with `port`.
pub(super) async fn addresses(
    host: &str,
    port: u16,
    patience: Duration,
) -> Result<Vec<SocketAddr>, String> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, port)]);
    }
    let failed = |why: &str| format!("the name {host} cannot be looked up: {why}");
    match tokio::time::timeout(patience, look_up(host.to_owned(), port)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(failed(&error.to_string())),
        Err(_) => Err(failed(&format!("no answer within {patience:?}"))),
    }
}

async fn look_up(host: String, port: u16) -> std::io::Result<Vec<SocketAddr>> {
    let gone = |_| std::io::Error::other("the look-up ended without an answer");
    let place = Arc::clone(&PLACES).acquire_owned().await;
    let place = place.map_err(std::io::Error::other)?;
    let (answer, answered) = oneshot::channel();
    thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            drop(place);
            // Whoever asked may have given up.
            let _ = answer.send(found.map(Iterator::collect));
        })?;
    answered.await.map_err(gone)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_needs_no_look_up_and_a_name_is_looked_up() {
        let patience = Duration::from_secs(10);
        assert_eq!(
            addresses("::1", 25, patience).await.unwrap(),
            ["[::1]:25".parse::<SocketAddr>().unwrap()]
        );
        let found = addresses("localhost", 25, patience).await.unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback()));
        let wrong = addresses("no such host.invalid", 25, patience).await;
        assert!(wrong.unwrap_err().contains("cannot be looked up"));
    }
}
