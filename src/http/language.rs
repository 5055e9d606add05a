//! In which language whoever reads an answer is spoken to (F8): the one that they chose, else the first that their browser asks
//! for and the desk speaks, else English.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    AcceptLanguage, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_TYPE, Header as _, HeaderMap,
    HeaderName, HeaderValue, Preference, Quality,
};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest};

use super::reply::REPLAYED;
use crate::domain::language::Language;

/// What an answer says of its language is said of these: what else there is has no words of the catalogue.
const WORDED: [&str; 3] = ["text/html", "application/json", "application/problem+json"];

/// The published document, which is written in English for the authors of programs, whoever reads it.
const DOCUMENT: &str = "/openapi.json";

/// The language of whoever sent a request, noted once it is known.
#[derive(Clone, Copy, Debug)]
struct OfReader(Language);

/// The language that a request asks for by `Accept-Language`: the one with the highest quality, and of several the first. A
/// region does not matter, `*` is the first language that is not named, and quality 0 is none. English if none is spoken here.
pub fn accepted(request: &impl HttpMessage) -> Language {
    let Ok(AcceptLanguage(ranges)) = AcceptLanguage::parse(request) else {
        return Language::default();
    };
    let named: Vec<Option<Language>> = ranges
        .iter()
        .map(|range| match &range.item {
            Preference::Specific(tag) => Language::of_tag(tag.primary_language()),
            Preference::Any => None,
        })
        .collect();
    let unnamed = || {
        let mut all = Language::ALL.iter().copied();
        all.find(|language| !named.contains(&Some(*language)))
    };
    let (mut best, mut highest) = (Language::default(), Quality::ZERO);
    for (range, language) in ranges.iter().zip(&named) {
        let language = match &range.item {
            Preference::Specific(_) => *language,
            Preference::Any => unnamed(),
        };
        if let Some(language) = language.filter(|_| range.quality > highest) {
            (best, highest) = (language, range.quality);
        }
    }
    best
}

/// Notes in which language the sender of a request reads.
pub(super) fn note(request: &HttpRequest, language: Language) {
    request.extensions_mut().insert(OfReader(language));
}

/// In which language the sender of a request reads: as it was noted, or by what their browser asks for.
pub(super) fn of(request: &HttpRequest) -> Language {
    let noted = request.extensions().get::<OfReader>().copied();
    noted.map_or_else(|| accepted(request), |OfReader(language)| language)
}

/// Says in which language an answer is, wherever it has words.
///
/// # Errors
/// Those of the services within.
pub async fn told<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers();
    let is_worded = text(headers, &CONTENT_TYPE)
        .is_some_and(|kind| WORDED.iter().any(|worded| kind.starts_with(worded)));
    let is_public = text(headers, &CACHE_CONTROL).is_some_and(|control| control.contains("public"));
    // What was kept is in the language of whoever asked for it the first time.
    let is_kept = headers.contains_key(REPLAYED);
    if is_worded && !is_public && !is_kept {
        let is_document = response.request().path().ends_with(DOCUMENT);
        let language = match is_document {
            true => Language::English,
            false => of(response.request()),
        };
        let tag = HeaderValue::from_static(language.as_str());
        response.headers_mut().insert(CONTENT_LANGUAGE, tag);
    }
    Ok(response)
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::ACCEPT_LANGUAGE;
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(value: &str) -> Language {
        let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, value));
        accepted(&request.to_http_request())
    }

    #[test]
    fn the_best_language_that_is_spoken_here_is_taken() {
        for german in [
            "de",
            "de-AT",
            "DE-CH, fr",
            "fr, de;q=0.3",
            "fr-CH, fr;q=0.9, en;q=0.4, de;q=0.7, *;q=0.5",
            "en;q=0.1, de-DE;q=0.2",
            "en;q=0, *",
            "de, en",
        ] {
            assert_eq!(asked(german), Language::German, "{german}");
        }
        for english in [
            "",
            "en",
            "en-GB, de;q=0.9",
            "fr",
            "*",
            "de;q=0",
            "de;q=0, *;q=0.1",
            "en, de",
            "?!;q=x, ;;;",
        ] {
            assert_eq!(asked(english), Language::English, "{english}");
        }
        let silent = TestRequest::default().to_http_request();
        assert_eq!(accepted(&silent), Language::English);
    }

    #[test]
    fn what_was_noted_goes_before_the_browser() {
        let request = TestRequest::default().insert_header((ACCEPT_LANGUAGE, "en"));
        let request = request.to_http_request();
        assert_eq!(of(&request), Language::English);
        note(&request, Language::German);
        assert_eq!(of(&request), Language::German);
    }
}
