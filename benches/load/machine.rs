//! What the machine does by itself: the framework with nothing behind it, and the disk.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::installation::origin_of;
use crate::installation::process_guard::{GuardedProcess, ProcessGuard};

/// Makes this program the bare server whose answer has as many bytes.
pub const BARE: &str = "CASEBELL_BENCH_BARE";
/// Of how many bytes a write of the disk's own measure is.
const BLOCK: [u8; 4096] = [7; 4096];
/// What the kernel calls a file system that is kept in memory.
const IN_MEMORY: u64 = 0x0102_1994;

/// A server of the same framework with nothing behind it.
pub struct Bare {
    pub origin: String,
    _process: GuardedProcess,
}

impl Bare {
    /// One whose answer has as many bytes.
    pub fn with(bytes: usize) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.env(BARE, bytes.to_string());
        let mut process = GuardedProcess::spawn(&command, ProcessGuard::default());
        Self {
            origin: origin_of(&mut process),
            _process: process,
        }
    }
}

/// Serves as one.
pub fn serve_bare(bytes: usize) {
    let body = web::Bytes::from(vec![b'x'; bytes]);
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            let body = body.clone();
            let answer = move || {
                let body = body.clone();
                async move {
                    HttpResponse::Ok()
                        .content_type("application/json")
                        .body(body)
                }
            };
            App::new().default_service(web::to(answer))
        });
        let server = server.bind("127.0.0.1:0").expect("a port");
        println!("http://{}", server.addrs()[0]);
        server.run().await.expect("it serves");
    });
}

/// How often a second the disk writes a block for good, one after the other.
pub fn syncs(folder: &Path, within: Duration) -> f64 {
    let mut file = tempfile::tempfile_in(folder).expect("a file");
    let (begun, mut count) = (Instant::now(), 0.0);
    while begun.elapsed() < within {
        file.write_all(&BLOCK).expect("written");
        file.sync_data().expect("on disk");
        count += 1.0;
    }
    count / begun.elapsed().as_secs_f64()
}

/// Whether what is written there is kept in memory, so that it says nothing about a disk.
pub fn is_in_memory(folder: &Path) -> bool {
    rustix::fs::statfs(folder).is_ok_and(|there| u64::try_from(there.f_type) == Ok(IN_MEMORY))
}

/// On what it was measured.
pub fn described() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu.lines().find_map(|line| {
        let (name, model) = line.split_once(':')?;
        (name.trim() == "model name").then(|| model.trim().to_owned())
    });
    let memory = read("/proc/meminfo");
    let memory: Option<f64> = memory.lines().find_map(|line| {
        let kib = line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?;
        kib.trim().parse().ok()
    });
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{processors} processors ({}), {:.0} GiB of memory, shared by server, database and loader; Casebell {}, {}",
        model.as_deref().unwrap_or("unknown"),
        memory.unwrap_or_default() / 1_048_576.0,
        env!("CARGO_PKG_VERSION"),
        chrono::Utc::now().format("%Y-%m-%d"),
    )
}
