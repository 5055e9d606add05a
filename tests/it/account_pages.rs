//! Accounts by page: from asking for access to a sign-in with a second factor, without scripts and with them.

use fantoccini::Locator;

use crate::support::browser::{Browser, Scripts};
use crate::support::database::on_both_databases;
use crate::support::desk::Desk;
use crate::support::fixtures::PASSWORD;
use crate::support::go_without;
use crate::support::person::high;
use crate::support::session::Session;

on_both_databases! { Desk:
    from_a_request_to_a_second_factor,
    from_a_request_to_a_second_factor_without_scripts,
    times_are_told_by_date_to_whoever_wants_so,
}

const NEW: &str = "a bell that only I hear";

async fn from_a_request_to_a_second_factor(desk: Desk) {
    story(&desk, Scripts::On).await;
}

async fn from_a_request_to_a_second_factor_without_scripts(desk: Desk) {
    story(&desk, Scripts::Off).await;
}

async fn times_are_told_by_date_to_whoever_wants_so(desk: Desk) {
    let dana = desk.person("dana");
    let case = dana.opens(high()).await;
    let page = format!("/cases/{}", case.number);
    let mut session = Session::of(&desk, &dana).await;
    // The foot counts down to the bell in any case, beside the time itself.
    let told = |page: &str| {
        let above = page.split("data-foot").next();
        above.is_some_and(|page| page.contains(" data-relative>"))
    };
    assert!(told(&session.page(&page).await.text));
    // From the menu of any page, and back to it; no further than that.
    let exact = [("times", "exact"), ("back", page.as_str())];
    let chosen = session.sends("/times", &exact).await;
    assert_eq!(chosen.header("location"), page);
    let away = [("times", "exact"), ("back", "https://elsewhere.test/")];
    let away = session.sends("/times", &away).await;
    assert_eq!(away.header("location"), "/");
    let kept = chosen.header("set-cookie").split(';').next();
    let signed_in = session.cookie.clone();
    session.cookie = format!("{signed_in}; {}", kept.unwrap_or_default());
    let exactly = session.page(&page).await.text;
    assert!(!told(&exactly), "{exactly}");
    // What is no way of telling times is the usual one.
    session.cookie = format!("{signed_in}; casebell_times=sundial");
    assert!(told(&session.page(&page).await.text));
}

async fn window(scripts: Scripts) -> Option<Browser> {
    match Browser::open(scripts).await {
        Ok(window) => Some(window),
        Err(why) => {
            go_without("the browser", &why);
            None
        }
    }
}

async fn story(desk: &Desk, scripts: Scripts) {
    let (Some(hers), Some(his)) = (window(scripts).await, window(scripts).await) else {
        return;
    };
    // Nora has no account and asks for one.
    hers.goes_to(&desk.page("/sign-in")).await;
    hers.presses("Ask for read-only access").await;
    hers.types("First name", "Nora").await;
    hers.types("Last name", "Ash").await;
    hers.types("Work e-mail address", "nora@acme.test").await;
    hers.types("Your organization", "ACME Corporation").await;
    hers.types("Message to the person who decides", "Dana knows me.")
        .await;
    hers.presses("Ask for access").await;
    hers.reads("Your request is on its way.").await;
    assert_eq!(desk.mailbox().await.recipients(), ["abel@acme.test"]);

    // Abel reads what each answer leads to, and grants it.
    his.goes_to(&desk.page("/admin/access-requests")).await;
    his.types("E-mail address", "abel@acme.test").await;
    his.types("Password", PASSWORD).await;
    his.presses("Sign in").await;
    his.presses("Nora Ash").await;
    his.reads("Dana knows me.").await;
    his.reads("becomes a portal viewer of ACME Corporation")
        .await;
    his.reads("is told why by mail").await;
    his.presses("Grant access").await;
    his.reads("Nora Ash has access.").await;

    // She follows the link, chooses a password, and mistypes it once.
    let post = desk.mailbox().await;
    let letter = post.to("nora@acme.test");
    let (_, rest) = letter.text.split_once("/invitations/").expect("a link");
    let token = rest.split_whitespace().next().expect("a secret");
    hers.goes_to(&desk.page(&format!("/invitations/{token}")))
        .await;
    hers.reads("For Nora Ash of ACME Corporation").await;
    hers.types("New password", NEW).await;
    hers.types("The same password again", "another one").await;
    hers.presses("Save the password").await;
    hers.reads("The two are not the same.").await;
    hers.types("New password", NEW).await;
    hers.types("The same password again", NEW).await;
    hers.presses("Save the password").await;
    hers.reads("Your password is set.").await;
    signs_in(&hers).await;
    hers.reads("Nora Ash").await;

    // She turns the second factor on.
    hers.goes_to(&desk.page("/account")).await;
    hers.reads("Name, time zone and language").await;
    hers.goes_to(&desk.page("/account/security")).await;
    hers.presses("Set it up").await;
    hers.reads("Scan this with your app").await;
    let secret = hers
        .client
        .find(Locator::Css("ul.secret li"))
        .await
        .expect("a secret");
    let secret = secret.text().await.expect("text").replace(' ', "");
    hers.types("Code from your app", &code_of(desk, &secret))
        .await;
    hers.presses("Turn it on").await;
    hers.reads("Your recovery codes").await;
    assert_eq!(hers.counts("//ul[@class='secret']/li").await, 10);
    hers.presses("I have kept it").await;
    hers.reads("Asked for since").await;
    assert_eq!(desk.mailbox().await.recipients(), ["nora@acme.test"]);

    // From then on it is asked for, and the password is on no page.
    desk.passes(chrono::TimeDelta::minutes(2));
    hers.goes_to(&desk.page("/account/sessions")).await;
    hers.reads("This one").await;
    hers.client.delete_all_cookies().await.expect("cookies");
    hers.goes_to(&desk.page("/sign-in?next=/account/tokens"))
        .await;
    signs_in(&hers).await;
    hers.reads("Your password is right.").await;
    let source = hers.client.source().await.expect("a page");
    assert!(!source.contains(NEW), "{source}");
    hers.types("Code", "000000").await;
    hers.presses("Sign in").await;
    hers.reads("This code is not right").await;
    hers.types("Code", &code_of(desk, &secret)).await;
    hers.presses("Sign in").await;
    // Where she wanted to go; and a token is made there.
    hers.reads("API tokens").await;
    hers.types("What it is for", "Nightly export").await;
    hers.ticks("See cases").await;
    hers.presses("Make the token").await;
    hers.reads("Your new token").await;
    hers.reads("cbt_").await;
    for window in [hers, his] {
        let complaints = window.complaints().await;
        // That a form was refused is what she was told herself.
        let refused = |complaint: &String| complaint.contains("responded with a status of 4");
        let others: Vec<_> = complaints.iter().filter(|one| !refused(one)).collect();
        assert!(others.is_empty(), "{others:?}");
        window.close().await;
    }
}

async fn signs_in(window: &Browser) {
    window.types("E-mail address", "nora@acme.test").await;
    window.types("Password", NEW).await;
    window.presses("Sign in").await;
}

fn code_of(desk: &Desk, secret: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).expect("base 32");
    let app = totp_rs::Builder::new()
        .with_secret(secret)
        .with_account_name("x");
    let seconds = u64::try_from(desk.now().timestamp()).expect("after 1970");
    app.build().expect("an app").generate(seconds).to_string()
}
