//! The settings of a bucket that keeps attachments (F4).

use secrecy::SecretString;
use url::{Host, Url};

use super::{Mistake, Reader};
use crate::attachments::BucketAddress;

/// What says that files are kept in a bucket.
const BUCKET: &str = "attachments_s3_bucket";
const ENDPOINT: &str = "attachments_s3_endpoint";
const ALLOW_HTTP: &str = "attachments_s3_allow_http";
const PATH_STYLE: &str = "attachments_s3_path_style";
const ACCESS_KEY_ID: &str = "attachments_s3_access_key_id";
const SECRET_ACCESS_KEY: &str = "attachments_s3_secret_access_key";
const SECRET_ACCESS_KEY_FILE: &str = "attachments_s3_secret_access_key_file";
const REGION: &str = "attachments_s3_region";
/// What most storages of others call the region that they have.
const ANY_REGION: &str = "us-east-1";

/// The bucket, if the settings name one. What is missing or does not fit together is noted.
pub(super) fn read(reader: &mut Reader) -> Option<BucketAddress> {
    let bucket = reader.value(BUCKET, name);
    let region = reader.value(REGION, region);
    let endpoint = reader.value(ENDPOINT, endpoint);
    let allows_http = reader.value(ALLOW_HTTP, yes_or_no).unwrap_or_default();
    let path_style = reader.value(PATH_STYLE, yes_or_no);
    let access_key_id = reader.value(ACCESS_KEY_ID, key_id);
    let secret_access_key = reader.value(SECRET_ACCESS_KEY, secret);
    if reader.given(BUCKET).is_none() {
        refuse_without_a_bucket(reader);
        return None;
    }
    if endpoint.as_ref().is_some_and(|url| url.scheme() == "http") && !allows_http {
        let why = format!(
            "what goes there could be read and changed on its way; right would be https://…, or `{ALLOW_HTTP} = true` where nobody else is on the way"
        );
        refuse(reader, ENDPOINT, ENDPOINT, why);
    }
    let dotted = bucket.as_ref().is_some_and(|name| name.contains('.'));
    let host = endpoint.as_ref().and_then(Url::host);
    let numbered = host.is_some_and(|host| !matches!(host, Host::Domain(_)));
    if path_style == Some(false) && (dotted || numbered) {
        let why = "a name with a dot, or before an address in numbers, is no name of a host; right would be true".to_owned();
        refuse(reader, PATH_STYLE, PATH_STYLE, why);
    }
    for (key, file) in [
        (ACCESS_KEY_ID, None),
        (SECRET_ACCESS_KEY, Some(SECRET_ACCESS_KEY_FILE)),
    ] {
        let is_given = |key: &str| reader.given(key).is_some();
        if !is_given(key) && !file.is_some_and(is_given) {
            let why = format!(
                "is not set, and `{BUCKET}` is; right would be the key of a user who may list, read, write and delete in that bucket"
            );
            refuse(reader, key, BUCKET, why);
        }
    }
    Some(BucketAddress {
        bucket: bucket?,
        region: region.unwrap_or_else(|| ANY_REGION.to_owned()),
        // One's own storage seldom has names of hosts for its buckets.
        path_style: path_style.unwrap_or(endpoint.is_some() || dotted),
        endpoint,
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
    })
}

/// Whoever sets the rest means a bucket, and files would go into the data directory unseen.
fn refuse_without_a_bucket(reader: &mut Reader) {
    for key in [
        REGION,
        ENDPOINT,
        ALLOW_HTTP,
        PATH_STYLE,
        ACCESS_KEY_ID,
        SECRET_ACCESS_KEY,
        SECRET_ACCESS_KEY_FILE,
    ] {
        if reader.given(key).is_some() {
            let why = format!("says nothing without `{BUCKET}`; right would be to set that too");
            refuse(reader, key, key, why);
            return;
        }
    }
}

/// Notes a mistake about `key`, which shows in what is set as `seen`.
fn refuse(reader: &mut Reader, key: &str, seen: &str, why: String) {
    let source = reader.given(seen).map(|found| found.source);
    reader.mistakes.push(Mistake {
        key: key.to_owned(),
        source: source.unwrap_or_else(|| "default".to_owned()),
        value: None,
        why,
    });
}

fn name(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let fits = (3..=63).contains(&text.len())
        && text.chars().all(|c| plain(c) || matches!(c, '-' | '.'))
        && text.starts_with(plain)
        && text.ends_with(plain);
    match fits {
        true => Ok(text.to_owned()),
        false => Err("not the name of a bucket; right would be 3 to 63 small letters, digits and hyphens, such as casebell-files".to_owned()),
    }
}

fn region(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match text.chars().all(fits) {
        true => Ok(text.to_owned()),
        false => Err(
            "not a region; right would be eu-central-1, or what the storage calls its own"
                .to_owned(),
        ),
    }
}

fn endpoint(text: &str) -> Result<Url, String> {
    const RIGHT: &str = "right would be https://s3.example.com";
    let url = (text.parse::<Url>()).map_err(|error| format!("not a URL: {error}; {RIGHT}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("neither http nor https; {RIGHT}"));
    }
    let is_bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    match is_bare {
        true => Ok(url),
        false => Err(format!("more than scheme, host and port; {RIGHT}")),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    text.parse()
        .map_err(|_| "neither true nor false; right would be one of them".to_owned())
}

fn key_id(text: &str) -> Result<String, String> {
    match text.chars().all(|c| c.is_ascii_graphic() && c != '/') {
        true => Ok(text.to_owned()),
        false => Err("not the id of a key; right would be letters and digits".to_owned()),
    }
}

fn secret(text: &str) -> Result<SecretString, String> {
    match text.chars().all(|c| c.is_ascii_graphic()) {
        true => Ok(SecretString::from(text)),
        false => {
            Err("not a key; right would be letters, digits and signs without a space".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::Settings;
    use super::*;

    const RIGHT: [(&str, &str); 3] = [
        ("BUCKET", "casebell-files"),
        ("ACCESS_KEY_ID", "casebell"),
        ("SECRET_ACCESS_KEY", "hunter2hunter2"),
    ];

    /// What is set with these besides, or what is told: its key, and why.
    fn with(others: &[(&str, &str)]) -> Result<Option<BucketAddress>, Vec<(String, String)>> {
        let environment = others.iter().map(|(key, value)| {
            let key = format!("CASEBELL_ATTACHMENTS_S3_{key}");
            (OsString::from(key), OsString::from(*value))
        });
        match Settings::read(None, environment) {
            Ok(settings) => {
                assert!(!format!("{settings:?}").contains("hunter2"));
                Ok(settings.attachments.bucket)
            }
            Err(error) => {
                assert!(!error.to_string().contains("hunter2"), "{error}");
                let mistakes = error.0.into_iter();
                Err(mistakes.map(|one| (one.key, one.why)).collect())
            }
        }
    }

    fn right_and(others: &[(&str, &str)]) -> Result<Option<BucketAddress>, Vec<(String, String)>> {
        with(&[&RIGHT[..], others].concat())
    }

    #[test]
    fn a_bucket_is_named_with_who_may_use_it() {
        assert!(with(&[]).expect("settings").is_none());
        let aws = right_and(&[]).expect("settings").expect("a bucket");
        assert_eq!((aws.region.as_str(), aws.path_style), (ANY_REGION, false));
        let own = right_and(&[("ENDPOINT", "https://s3.example.com")]);
        assert!(own.expect("settings").expect("a bucket").path_style);
        let plain = [
            ("ENDPOINT", "http://127.0.0.1:9000"),
            ("ALLOW_HTTP", "true"),
        ];
        assert!(right_and(&plain).is_ok());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        for (settings, key) in [
            (vec![("REGION", "eu-central-1")], REGION),
            (vec![("SECRET_ACCESS_KEY", "hunter2")], SECRET_ACCESS_KEY),
            (vec![RIGHT[0], RIGHT[1]], SECRET_ACCESS_KEY),
            (vec![RIGHT[0], RIGHT[2]], ACCESS_KEY_ID),
            (vec![("BUCKET", "My Files"), RIGHT[1], RIGHT[2]], BUCKET),
        ] {
            let told = with(&settings).expect_err("refused");
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].0, key);
            assert!(told[0].1.contains("right would be"), "{told:?}");
        }
        for (setting, key) in [
            (("REGION", "eu central"), REGION),
            (("ENDPOINT", "s3.example.com"), ENDPOINT),
            (("ENDPOINT", "ftp://s3.example.com"), ENDPOINT),
            (("ENDPOINT", "https://s3.example.com/files"), ENDPOINT),
            (("ENDPOINT", "http://s3.example.com"), ENDPOINT),
            (("PATH_STYLE", "maybe"), PATH_STYLE),
            (("ALLOW_HTTP", "1"), ALLOW_HTTP),
        ] {
            let told = right_and(&[setting]).expect_err("refused");
            assert_eq!(told.len(), 1, "{told:?}");
            assert_eq!(told[0].0, key);
            assert!(told[0].1.contains("right would be"), "{told:?}");
        }
        let numbered = [("ENDPOINT", "https://10.0.0.1"), ("PATH_STYLE", "false")];
        let told = right_and(&numbered).expect_err("refused");
        assert_eq!(told[0].0, PATH_STYLE);
    }
}
