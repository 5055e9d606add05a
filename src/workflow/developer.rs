//! What an API token or the signature of a webhook is worth, and why (A8).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use standardwebhooks::Webhook;
use subtle::ConstantTimeEq;

use super::{Actor, VerbResult};
use crate::credentials::{TOKEN_PREFIX, hash_secret};
use crate::db::Conn;
use crate::domain::Instant;
use crate::domain::access::{Permission, Reach};
use crate::domain::closed_enum;
use crate::input::{AsIs, Secret, input};
use crate::store::people::{self, Person};
use crate::store::tokens::{self, Token};

/// How far a webhook's time may lie from now.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);

input! {
    /// An API token to look at.
    pub struct CheckToken {
        /// The token, as it is sent.
        token: Secret,
    }
}

input! {
    /// A webhook to look at, as it came.
    pub struct CheckSignature {
        /// The endpoint's secret, `whsec_…`.
        secret: Secret,
        /// The header `webhook-id`.
        id: String,
        /// The header `webhook-timestamp`, in seconds since 1970.
        timestamp: String,
        /// The header `webhook-signature`; several are parted by spaces.
        signature: String,
        /// The body, as it came.
        body: AsIs,
    }
}

closed_enum! {
    /// What a token is worth.
    pub enum TokenWorth {
        /// It is taken.
        Good = "good",
        /// It is no token of this desk: it does not begin as they do.
        Malformed = "malformed",
        /// There is no such token.
        Unknown = "unknown",
        /// It was revoked.
        Revoked = "revoked",
        /// Its time is over.
        Expired = "expired",
        /// Its owner is shut out.
        OwnerDisabled = "owner_disabled",
    }
}

closed_enum! {
    /// What a signature is worth.
    pub enum SignatureWorth {
        /// It is that of the body, with this secret.
        Good = "good",
        /// The secret is none: it is not base64.
        BadSecret = "bad_secret",
        /// The time is no number of seconds.
        BadTimestamp = "bad_timestamp",
        /// There is no signature of version `v1`.
        BadSignature = "bad_signature",
        /// The signature is right, and older than five minutes: a repetition, or a slow clock.
        TooOld = "too_old",
        /// The signature is right, and more than five minutes ahead: a fast clock.
        TooNew = "too_new",
        /// The signature is of another secret, id, time or body.
        Different = "different",
    }
}

/// What was found of a token.
#[derive(Clone, Debug)]
pub struct FoundToken {
    /// The token.
    pub token: Token,
    /// Whose it is.
    pub owner: Person,
}

/// What a token is worth, and whose it is.
///
/// # Errors
/// [`Rejection::Denied`](super::Rejection::Denied).
pub fn check_token(
    conn: &mut Conn,
    actor: &Actor,
    command: &CheckToken,
    now: Instant,
) -> VerbResult<(TokenWorth, Option<FoundToken>)> {
    actor.require(Permission::DeveloperToolsUse)?;
    let text = command.token.expose().trim();
    if !text.starts_with(TOKEN_PREFIX) {
        return Ok((TokenWorth::Malformed, None));
    }
    let Some((token, revoked)) = tokens::whatever_became_of(conn, &hash_secret(text))? else {
        return Ok((TokenWorth::Unknown, None));
    };
    let owner = people::find(conn, Reach::Everything, token.person_id)?;
    let Some(owner) = owner else {
        return Ok((TokenWorth::Unknown, None));
    };
    let worth = if revoked {
        TokenWorth::Revoked
    } else if token.expires_at.is_some_and(|until| until <= now) {
        TokenWorth::Expired
    } else if owner.disabled_at.is_some() {
        TokenWorth::OwnerDisabled
    } else {
        TokenWorth::Good
    };
    Ok((worth, Some(FoundToken { token, owner })))
}

/// What the signature of a webhook is worth (Standard Webhooks).
pub fn check_signature(command: &CheckSignature, now: Instant) -> SignatureWorth {
    let Ok(webhook) = Webhook::new(command.secret.expose().trim()) else {
        return SignatureWorth::BadSecret;
    };
    let Ok(seconds) = command.timestamp.trim().parse::<i64>() else {
        return SignatureWorth::BadTimestamp;
    };
    let Ok(right) = webhook.sign(command.id.trim(), seconds, command.body.0.as_bytes()) else {
        return SignatureWorth::Different;
    };
    let given: Vec<&str> = (command.signature.split_whitespace())
        .filter(|one| one.starts_with("v1,"))
        .collect();
    if given.is_empty() || !given.iter().any(|one| STANDARD.decode(&one[3..]).is_ok()) {
        return SignatureWorth::BadSignature;
    }
    let is_right = |one: &&str| bool::from(one.as_bytes().ct_eq(right.as_bytes()));
    if !given.iter().any(is_right) {
        return SignatureWorth::Different;
    }
    let sent = Instant::from_timestamp(seconds, 0).unwrap_or(Instant::UNIX_EPOCH);
    match now - sent {
        late if late > TOLERANCE => SignatureWorth::TooOld,
        late if late < -TOLERANCE => SignatureWorth::TooNew,
        _ => SignatureWorth::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut CheckSignature), now: i64) -> SignatureWorth {
        let key = STANDARD.encode([7_u8; 24]);
        let webhook = Webhook::new(&key).expect("a secret");
        let sent = 1_772_546_700;
        let signed = webhook.sign("msg_1", sent, b"{\"a\":1}").expect("signed");
        let mut command = CheckSignature {
            secret: Secret::from(format!("whsec_{key}")),
            id: "msg_1".to_owned(),
            timestamp: sent.to_string(),
            signature: format!("v1,AAAA {signed}"),
            body: AsIs("{\"a\":1}".to_owned()),
        };
        change(&mut command);
        let now = Instant::from_timestamp(sent + now, 0).expect("an instant");
        check_signature(&command, now)
    }

    #[test]
    fn a_signature_is_worth_what_it_signs() {
        assert_eq!(check(|_| {}, 0), SignatureWorth::Good);
        assert_eq!(check(|_| {}, 300), SignatureWorth::Good);
        assert_eq!(check(|_| {}, 301), SignatureWorth::TooOld);
        assert_eq!(check(|_| {}, -301), SignatureWorth::TooNew);
        let other = SignatureWorth::Different;
        assert_eq!(check(|it| it.body.0.push(' '), 0), other);
        assert_eq!(check(|it| it.id.push('2'), 0), other);
        assert_eq!(check(|it| it.timestamp = "1772546701".to_owned(), 0), other);
        let bad = |secret: &str| Secret::from(secret.to_owned());
        assert_eq!(check(|it| it.secret = bad("whsec_AAAA"), 0), other);
        assert_eq!(
            check(|it| it.secret = bad("not base64!"), 0),
            SignatureWorth::BadSecret
        );
        assert_eq!(
            check(|it| it.timestamp = "today".to_owned(), 0),
            SignatureWorth::BadTimestamp
        );
        for none in ["", "v2,AAAA", "v1,~"] {
            assert_eq!(
                check(|it| it.signature = none.to_owned(), 0),
                SignatureWorth::BadSignature
            );
        }
    }
}
