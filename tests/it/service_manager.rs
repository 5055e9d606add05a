//! The desk under a service manager: it says when it is ready and when it ends, and ends by nothing but a word to end.

use std::os::unix::net::UnixDatagram;

use crate::support::desk::{client, runtime};
use crate::support::process::Process;
use crate::support::process_guard::PATIENCE;

/// What systemd expects of `Type=notify`; and a hang-up is no end.
#[test]
fn the_manager_is_told_when_it_is_ready_and_when_it_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).expect("a socket");
    manager
        .set_read_timeout(Some(PATIENCE))
        .expect("a time-out");
    let told = || {
        let mut said = [0; 64];
        let length = manager.recv(&mut said).expect("a word");
        String::from_utf8_lossy(&said[..length]).trim().to_owned()
    };
    let socket = path.to_str().expect("UTF-8");
    let server = Process::serve(folder.path(), &[("NOTIFY_SOCKET", socket)]);
    assert_eq!(told(), "READY=1");
    server.signals("HUP");
    runtime().block_on(async {
        let answer = client().get(format!("{}/healthz", server.origin));
        let answer = answer.send().await.expect("it goes on");
        assert_eq!(answer.status(), 200);
    });
    assert_eq!(server.end_with("TERM").code(), Some(0));
    assert_eq!(told(), "STOPPING=1");
}
