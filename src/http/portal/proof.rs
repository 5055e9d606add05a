//! The page between a form and what it does, where somebody shows once more who they are. It carries what was typed, so
//! that nothing is typed twice, and sends it on.

use std::collections::HashMap;

use serde::Serialize;

use super::answer::PageResult;
use super::form::{Control, Form, Kind};
use super::page_request::PageRequest;
use crate::http::problem::{Code, Problem};
use crate::http::proof::{self, Proof};
use crate::input::{Secret, input};
use crate::store::second_factors;
use crate::words::Catalogue;

const PASSWORD: &str = "proof_password";
const CODE: &str = "proof_code";

input! {
    /// What proves who somebody is, under names that no other form has.
    pub struct TypedProof {
        /// The password.
        proof_password: Secret,
        /// A code of the second factor, for who has one.
        proof_code: Option<Secret>,
    }
}

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct ProofPage {
    /// The password, a code where one is asked for, and what was typed before.
    pub form: Form,
}

/// The form that sends what was `typed` on to `action`. No secret is among it: those are typed again.
fn proof_form(
    words: &Catalogue,
    action: &str,
    typed: &HashMap<String, String>,
    asks_code: bool,
) -> Form {
    let label = |key| words.say_of("label", key, &[]);
    let mut controls = vec![
        Control::of(TypedProof::proof_password(), label("password"))
            .autocomplete("current-password"),
    ];
    if asks_code {
        controls.push(
            Control::of(TypedProof::proof_code(), label("code-at-sign-in"))
                .kind(Kind::Text)
                .hint(words.say_of("hint", "code-at-sign-in", &[]))
                .required()
                .autocomplete("one-time-code"),
        );
    }
    let mut carried: Vec<_> = typed
        .iter()
        .filter(|(name, _)| *name != "csrf_token" && *name != CODE && !name.contains("password"))
        .collect();
    carried.sort_unstable();
    for (name, value) in carried {
        controls.push(Control::new(Kind::Hidden, name.as_str(), "").value(value.as_str()));
    }
    Form::new("proof", action, words.say("proof-button", &[]), controls)
}

/// Asks for it, and says what was wrong with what was shown.
///
/// # Errors
/// Database errors, and a mistake in the template.
pub(super) async fn ask(req: &PageRequest, problem: &Problem) -> PageResult {
    let person = req.principal()?.person;
    let asks_code = req
        .read(move |conn| Ok(second_factors::is_on(conn, person)?))
        .await?;
    let words = req.words();
    let form = proof_form(words, &req.address, &req.typed, asks_code);
    let form = match problem.code() {
        Code::ProofRequired => form,
        _ => form.refused_for(words, &HashMap::new(), problem),
    };
    let status = problem.code().status();
    req.show_again(status, "", "proof", &ProofPage { form })
}

/// Whether a request brings a proof.
pub(super) fn is_shown(req: &PageRequest) -> bool {
    req.guest.is_some() && req.typed.contains_key(PASSWORD)
}

/// Takes the proof that a request brings.
///
/// # Errors
/// Those of [`proof::show`].
pub(super) async fn take(req: &mut PageRequest) -> Result<(), Problem> {
    let typed: TypedProof = req.form()?;
    let proof = Proof {
        password: (PASSWORD, typed.proof_password.into_inner()),
        code: (CODE, typed.proof_code.map(Secret::into_inner)),
    };
    proof::show(&req.desk, req.principal()?, proof, req.now).await?;
    let now = req.now;
    if let Some(guest) = &mut req.guest {
        guest.was_proven(now);
    }
    Ok(())
}
