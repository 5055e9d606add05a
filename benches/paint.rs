//! How soon a case page can be read in a real browser: its first paint, beside that of a bare page that is as many bytes.
//!
//! `cargo bench --bench paint` serves the demo desk, opens a case with an accepted escalation in Chromium (Debian's `chromium` and
//! `chromium-driver`) as its contact and as the escalation's owner, and prints the median of [`TIMES`] looks: with nothing kept
//! from an earlier visit, with what an earlier visit left, and with nothing kept on a telephone far away (150 ms there and back, 1.6 Mbit/s, a
//! quarter of the processor).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

#[path = "../tests/it/support/devtools.rs"]
mod devtools;
mod installation;

use devtools::{DevTools, port_in};
use installation::Installation;
use installation::process_guard::{GuardedProcess, ProcessGuard};

/// How often each is looked at.
const TIMES: usize = 21;
/// How often it is asked whether a page has been painted.
const PAUSE: Duration = Duration::from_millis(10);
/// The people who look, and what they are on the case.
const PEOPLE: [(&str, &str); 2] = [
    ("dana.cole@acme.example", "contact"),
    ("olga.marin@northstar.example", "owner"),
];
const PASSWORD: &str = "quiet-harbour-lantern";
/// The bytes of a page: its own and those of what it needs, as they were sent.
const BYTES: &str = "return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))\
    .filter((one) => !one.name.includes('/live')).reduce((sum, one) => sum + one.encodedBodySize, 0);";
/// When something was first painted, in milliseconds since the address was typed; nothing before.
const PAINTED: &str =
    "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null;";

/// How a page is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Cold,
    Warm,
    ColdAndFar,
}

impl Way {
    const ALL: [Self; 3] = [Self::Cold, Self::Warm, Self::ColdAndFar];

    fn name(self) -> &'static str {
        match self {
            Self::Cold => "nothing kept",
            Self::Warm => "visited before",
            Self::ColdAndFar => "nothing kept, a slow telephone",
        }
    }
}

fn main() {
    let installation = Installation::new(None);
    let casebell = Path::new(env!("CARGO_BIN_EXE_casebell"));
    let desk = installation.serve_by(&installation.command_of(casebell, &["demo"]));
    let mut command = Command::new("chromedriver");
    command.arg("--port=0");
    let mut driver = GuardedProcess::spawn(&command, ProcessGuard::default());
    let port = driver.wait_for_line(port_in).unwrap_or_else(|why| {
        panic!("no chromedriver: install it, such as by `apt-get install chromium-driver`: {why}")
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .expect("a runtime")
        .block_on(look(&desk.origin, port));
}

async fn look(desk: &str, driver: u16) {
    let bare = bare();
    println!("| case page | bytes | first paint | of a bare page | ratio |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (email, who) in PEOPLE {
        let window = window(driver).await;
        let page = signs_in(&window, desk, email).await;
        let bytes = bytes(&window, &page).await;
        for way in Way::ALL {
            reach(&window, way).await;
            let painted = painted(&window, &page, way).await;
            let bare = format!("{bare}/{bytes}");
            let beside = self::painted(&window, &bare, way).await;
            println!(
                "| {who}, {} | {bytes} | {painted:.0} ms | {beside:.0} ms | {:.1} |",
                way.name(),
                painted / beside
            );
        }
        window.close().await.expect("it closes");
    }
}

/// A server of one paragraph, and as many bytes as its path says; gives its origin.
fn bare() -> String {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let page = |bytes: web::Path<usize>| async move {
                let padding = "x".repeat(bytes.into_inner());
                let page = format!("<!doctype html><title>Bare</title><p>Bare</p><!--{padding}-->");
                HttpResponse::Ok().content_type("text/html").body(page)
            };
            let server = HttpServer::new(move || App::new().route("/{bytes}", web::get().to(page)));
            let server = server.workers(1).bind("127.0.0.1:0").expect("a port");
            tell.send(server.addrs()[0]).expect("told");
            server.run().await.expect("it serves");
        });
    });
    format!("http://{}", told.recv().expect("a port"))
}

/// How many bytes a page and what it needs are, as they are sent to whoever has nothing of them.
async fn bytes(window: &Client, page: &str) -> u64 {
    forget(window).await;
    opens(window, page).await;
    let bytes = window.execute(BYTES, Vec::new()).await.expect("a figure");
    bytes.as_u64().expect("a number")
}

/// The median of when a page is first painted, in milliseconds.
async fn painted(window: &Client, page: &str, way: Way) -> f64 {
    let mut all = Vec::with_capacity(TIMES);
    for time in 0..=TIMES {
        if way != Way::Warm {
            forget(window).await;
        }
        let painted = opens(window, page).await;
        // The first fills what the next ones find.
        if time > 0 {
            all.push(painted);
        }
    }
    all.sort_unstable_by(f64::total_cmp);
    all[TIMES / 2]
}

/// Opens a page from an empty one; gives when it was first painted.
async fn opens(window: &Client, page: &str) -> f64 {
    window.goto("about:blank").await.expect("an empty page");
    window.goto(page).await.expect("the page opens");
    loop {
        let painted = window.execute(PAINTED, Vec::new()).await;
        if let Some(painted) = painted.expect("a figure").as_f64() {
            return painted;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Sets up how pages are reached from now on.
async fn reach(window: &Client, way: Way) {
    // Bytes a second each way, as 1.6 Mbit/s and 750 kbit/s are.
    let (wait, down, up, slower) = match way {
        Way::ColdAndFar => (150, 200_000, 93_750, 4),
        Way::Cold | Way::Warm => (0, -1, -1, 1),
    };
    let network = json!({
        "offline": false, "latency": wait, "downloadThroughput": down, "uploadThroughput": up,
    });
    tells(window, "Network.enable", json!({})).await;
    tells(window, "Network.emulateNetworkConditions", network).await;
    tells(
        window,
        "Emulation.setCPUThrottlingRate",
        json!({ "rate": slower }),
    )
    .await;
}

/// Leaves nothing of an earlier visit.
async fn forget(window: &Client) {
    tells(window, "Network.clearBrowserCache", json!({})).await;
}

async fn tells(window: &Client, command: &'static str, parameters: Value) {
    let told = window.issue_cmd(DevTools(command, parameters)).await;
    told.expect("done");
}

async fn window(driver: u16) -> Client {
    let options = json!({ "args": ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000"] });
    let wishes = Capabilities::from_iter([("goog:chromeOptions".to_owned(), options)]);
    ClientBuilder::new(HttpConnector::new())
        .capabilities(wishes)
        .connect(&format!("http://127.0.0.1:{driver}"))
        .await
        .expect("a window")
}

/// Signs in; gives the address of the case that their first page names with a promised step.
async fn signs_in(window: &Client, desk: &str, email: &str) -> String {
    let goes = window.goto(&format!("{desk}/sign-in")).await;
    goes.expect("the page opens");
    for (field, typed) in [("#sign-in-email", email), ("#sign-in-password", PASSWORD)] {
        let field = window.find(Locator::Css(field)).await.expect("a field");
        field.send_keys(typed).await.expect("typed");
    }
    let button = window.find(Locator::Css("#sign-in .primary")).await;
    button.expect("a button").click().await.expect("pressed");
    let step = window
        .wait()
        .for_element(Locator::Css("main a[href*='#step-']"))
        .await
        .expect("a promised step");
    let href = step.attr("href").await.expect("read").expect("an address");
    let (case, _) = href.split_once('#').expect("a step");
    format!("{desk}{case}")
}
