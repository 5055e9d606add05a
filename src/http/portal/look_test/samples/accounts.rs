//! Accounts, and the pages of those who have none yet.

use std::collections::HashMap;

use super::super::Look;
use super::{at, dana, flash, olga};
use crate::domain::access::Permission;
use crate::http::portal::account::{
    AccountPage, List, PLACES, Row, Section, SecurityState, device, end_others_section, new_token,
    profile_sections, security_parts, shown_codes,
};
use crate::http::portal::admin::access_requests::{AccessRequestPage, grant_form, refuse_form};
use crate::http::portal::admin::{Place, tabs};
use crate::http::portal::form::Choice;
use crate::http::portal::links::{ForgottenPage, forgotten_form};
use crate::http::portal::parts::{Fact, Tab};
use crate::http::portal::proof::{ProofPage, proof_form};
use crate::http::portal::request_access::{RequestAccessPage, request_form};
use crate::http::portal::shell::{Shell, Theme};
use crate::http::portal::sign_in::{SignInPage, code_form};
use crate::words::Catalogue;

pub(super) fn all(look: &mut Look) {
    doors(look);
    account(look);
    requests(look);
}

fn doors(look: &mut Look) {
    let words = look.words.clone();
    let mut shell = Shell::sample();
    let form = forgotten_form(&words);
    look.page(
        "forgot-password",
        "forgot-password",
        &shell,
        &ForgottenPage { form },
    );
    let form = request_form(&words);
    look.page(
        "request-access",
        "request-access",
        &shell,
        &RequestAccessPage { form },
    );
    shell.flash = flash("Your request is on its way.", "The answer comes by mail.");
    let mut form = code_form(&words, "/cases");
    form.refuse("code", "This code is not right, or was used before.");
    let page = SignInPage {
        welcome: words.say("sign-in-code-about", &[]),
        form,
        ways: Vec::new(),
        phone: String::new(),
    };
    look.page("sign-in.code", "sign-in", &shell, &page);
    let typed = HashMap::from([("name".to_owned(), "Nightly export".to_owned())]);
    let form = proof_form(&words, "/account/tokens", &typed, true);
    look.page("proof", "proof", &dana(), &ProofPage { form });
}

fn page(words: &Catalogue, place: &'static str) -> AccountPage {
    let tab = |name: &&'static str| Tab {
        label: words.say_of("account", name, &[]),
        href: format!("/account/{name}"),
        count: None,
        current: *name == place,
    };
    AccountPage {
        title: words.say_of("account", place, &[]),
        about: words.say_of("account-about", place, &[]),
        tabs: PLACES.iter().map(tab).collect(),
        shown: None,
        sections: Vec::new(),
        list: None,
    }
}

fn account(look: &mut Look) {
    let words = look.words.clone();
    let facts = vec![
        Fact::new("E-mail address", "dana@acme.example"),
        Fact::new("Organization", "ACME Contact Centers"),
    ];
    let profile = AccountPage {
        sections: profile_sections(&words, ("Dana", "Cole"), "", facts),
        ..page(&words, "profile")
    };
    look.page("account", "account", &dana(), &profile);
    let begun = SecurityState::Begun(
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP".to_owned(),
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==".to_owned(),
    );
    let states = [
        ("account.off", SecurityState::Off),
        ("account.begun", begun),
        (
            "account.on",
            SecurityState::On(at("2026-03-01T08:00:00Z"), 9),
        ),
    ];
    for (name, state) in states {
        let (shown, sections) = security_parts(&words, state);
        let page = AccountPage {
            shown,
            sections,
            ..page(&words, "security")
        };
        look.page(name, "account", &dana(), &page);
    }
    let codes = (0..10).map(|n| format!("a{n}cd-efgh-jkmn")).collect();
    let shown = AccountPage {
        shown: Some(shown_codes(&words, codes)),
        ..page(&words, "security")
    };
    let mut dark = dana();
    dark.theme = Theme::Dark;
    look.page("account.codes", "account", &dark, &shown);
    sessions(look, &words);
    let rows = vec![Row {
        title: "Nightly export".to_owned(),
        small: "cases:view, escalations:view".to_owned(),
        chip: String::new(),
        at_label: "Expires".to_owned(),
        at: at("2026-05-04T09:41:00Z"),
        action: "/account/tokens/1/revoke".to_owned(),
        button: "Revoke".to_owned(),
    }];
    let offered = [
        Permission::CasesView,
        Permission::CasesCreate,
        Permission::EscalationsView,
    ];
    let tokens = AccountPage {
        list: Some(List {
            title: "Tokens".to_owned(),
            none: String::new(),
            rows,
        }),
        sections: vec![new_token(&words, &offered)],
        ..page(&words, "tokens")
    };
    look.page("account.tokens", "account", &dana(), &tokens);
}

fn sessions(look: &mut Look, words: &Catalogue) {
    let row = |browser: &str, chip: &str, action: &str| Row {
        title: device(words, browser),
        small: "Signed in 1 March, 09:12".to_owned(),
        chip: chip.to_owned(),
        at_label: "Last used".to_owned(),
        at: at("2026-03-04T05:41:00Z"),
        action: action.to_owned(),
        button: "End it".to_owned(),
    };
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let page = AccountPage {
        list: Some(List {
            title: "Sessions".to_owned(),
            none: String::new(),
            rows: vec![
                row(firefox, "This one", ""),
                row("", "", "/account/sessions/2/end"),
            ],
        }),
        sections: vec![end_others_section(words)],
        ..page(words, "sessions")
    };
    look.page("account.sessions", "account", &dana(), &page);
}

fn requests(look: &mut Look) {
    let words = look.words.clone();
    let page = AccessRequestPage {
        name: "Vera Lind".to_owned(),
        state: "Waiting".to_owned(),
        chip: "run",
        tabs: tabs(&words, &Place::ALL, Place::AccessRequests),
        facts_title: "The request".to_owned(),
        facts: vec![
            Fact::new("Work e-mail address", "vera.lind@acme.example"),
            Fact::new("Organization, as typed", "Acme Contact"),
            Fact::at("Asked", at("2026-03-04T09:41:00Z")),
        ],
        note: "Dana Cole knows me.\nI report to the board on open cases.".to_owned(),
        grant_about: words.say(
            "access-grant-about-unknown",
            &[("name", "Vera Lind".into())],
        ),
        grant: Some(grant_form(
            &words,
            "/admin/access-requests/1".to_owned(),
            vec![Choice::new("acme", "ACME Contact Centers")],
        )),
        refuse_about: words.say("access-refuse-about", &[("name", "Vera Lind".into())]),
        refuse: Some(refuse_form(&words, "/admin/access-requests/1".to_owned())),
    };
    look.page("access-request", "access-request", &olga("admin"), &page);
}

/// What can be done about somebody's account.
pub(super) fn sections() -> Vec<Section> {
    let standing = crate::http::portal::admin::people::Standing {
        joined: false,
        active: true,
        second_factor: true,
        own: false,
    };
    let words = Catalogue::load().expect("the catalogue");
    crate::http::portal::admin::people::account_sections(&words, "/admin/people/1", standing)
}
