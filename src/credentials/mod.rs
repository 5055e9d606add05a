//! What proves who somebody is: passwords, and the random secrets of sessions, tokens and links.
//!
//! Only hashes are kept. A password is slow to hash, because people choose guessable ones; a random secret is not
//! guessable and is hashed quickly.

mod authenticator;
mod device;
mod hashers;
mod holder;
mod link;
mod password;
mod secret;
mod signed;

pub use authenticator::{
    Authenticator, RECOVERY_CODES, new_nonce, new_recovery_codes, recovery_hash,
};
pub use device::{device_token, read_device_token};
pub use hashers::{Asker, Hashers, NotHashed};
pub use holder::Holder;
pub use link::{
    link_token, mute_token, read_link_token, read_mute_token, read_unsubscribe_token,
    unsubscribe_token,
};
pub use password::{HashError, Hasher, hash_password, verify_password};
pub use secret::{NewSecret, hash_secret, same_secret};
pub use signed::{read_token, signed_token};

/// Begins an API token, so that one is recognised where it should not be.
pub const TOKEN_PREFIX: &str = "cbt_";
/// Begins the token of a known device.
pub const DEVICE_PREFIX: &str = "cbd_";
/// Begins the secret in a session's cookie.
pub const SESSION_PREFIX: &str = "cbs_";
/// Begins the secret in a one-time link.
pub const LINK_PREFIX: &str = "cbl_";
/// Begins the secret in a link that ends notices of a kind.
pub const UNSUBSCRIBE_PREFIX: &str = "cbu_";
/// Begins the secret in a pairing's link (P1).
pub const PAIRING_PREFIX: &str = "cbp_";
