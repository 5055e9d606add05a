//! Browsers on which people have signed in before: whom strangers cannot keep out (A7).
//!
//! Whoever signs in, or follows a link from their mailbox, leaves a token in their browser. It lets nobody in; it says
//! that an attempt is not a stranger's, so that it is counted apart from theirs. A browser keeps those of the last few
//! people who have used it.

use actix_web::cookie::Cookie;
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use super::cookies::Carries;
use super::state::AppState;
use crate::config::SecretKey;
use crate::credentials::{Holder, device_token, hash_secret, read_device_token};

/// How many people a browser knows.
const MOST: usize = 4;
/// How long it knows them.
const LIFETIME: TimeDelta = TimeDelta::days(365);
/// Stands between two tokens; none has one inside.
const BETWEEN: char = '.';

/// The tokens that a browser shows, as its cookie carries them: few requests ask what they say.
#[derive(Clone, Debug, Default)]
pub struct KnownDevices(Option<String>);

impl KnownDevices {
    /// Takes what the cookie carries.
    pub fn read(carried: Option<&str>) -> Self {
        Self(carried.map(str::to_owned))
    }

    fn tokens(&self) -> impl Iterator<Item = &str> {
        let carried = self.0.iter();
        carried.flat_map(|text| text.split(BETWEEN).take(MOST))
    }

    /// What stands for the browser, if it is known to this person with this password.
    pub fn of(&self, key: &SecretKey, holder: Holder) -> Option<String> {
        let known =
            |token: &&str| read_device_token(key, token).is_some_and(|known| known.is(holder));
        self.tokens().find(known).map(hash_secret)
    }

    /// The cookie with which the browser is known to this person from now on.
    pub fn cookie(&self, desk: &AppState, holder: Holder) -> Cookie<'static> {
        let value = self.with(&desk.key, holder);
        Carries::Devices.cookie(&desk.public_url, value, LIFETIME)
    }

    /// The person's own token first, and those of the last others that are good.
    fn with(&self, key: &SecretKey, holder: Holder) -> String {
        let (own, others): (Vec<_>, Vec<_>) = self
            .tokens()
            .filter_map(|token| Some((read_device_token(key, token)?, token)))
            .partition(|(of, _)| of.person() == holder.person());
        let own = own.iter().find(|(of, _)| of.is(holder)).map_or_else(
            || device_token(key, holder).expose_secret().to_owned(),
            |(_, token)| (*token).to_owned(),
        );
        let others = others.into_iter().map(|(_, token)| token.to_owned());
        let tokens: Vec<_> = [own].into_iter().chain(others).take(MOST).collect();
        tokens.join(&BETWEEN.to_string())
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::domain::Instant;
    use crate::domain::ids::PersonId;

    #[test]
    fn a_browser_knows_the_last_few_people() {
        let key = SecretKey::from_text(&SecretString::from("the key of this installation"));
        let people: Vec<_> = (0..=MOST)
            .map(|_| Holder::new(PersonId::new(Instant::UNIX_EPOCH), Some("$argon2id$one")))
            .collect();
        let mut carried = "nonsense.cbd_AAAA".to_owned();
        for person in &people {
            carried = KnownDevices::read(Some(&carried)).with(&key, *person);
        }
        let devices = KnownDevices::read(Some(&carried));
        assert_eq!(devices.of(&key, people[0]), None);
        assert!(
            people[1..]
                .iter()
                .all(|person| devices.of(&key, *person).is_some())
        );
        // It stays the same device, whoever comes between.
        let again = KnownDevices::read(Some(&devices.with(&key, people[2])));
        assert_eq!(again.of(&key, people[2]), devices.of(&key, people[2]));
        assert_eq!(KnownDevices::read(None).of(&key, people[2]), None);
        // With another password it is another device.
        let renewed = Holder::new(people[2].person(), Some("$argon2id$two"));
        assert_eq!(devices.of(&key, renewed), None);
        let again = KnownDevices::read(Some(&devices.with(&key, renewed)));
        assert!(again.of(&key, renewed).is_some());
        assert_eq!(again.of(&key, people[2]), None);
        assert!(again.of(&key, people[3]).is_some());
    }
}
