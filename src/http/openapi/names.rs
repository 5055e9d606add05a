//! What operations are called: `listCases`, `createCase`, `claimEscalation`, as programs name what they call.

use actix_web::http::Method;

/// What is done by its own name, and not by making something.
const VERBS: &[&str] = &[
    "accept", "archive", "assign", "claim", "close", "decline", "export", "publish", "rank",
    "reopen", "resend", "restore", "withdraw",
];

/// The id of the operation of a method on a path, unique in the document.
pub fn operation_id(method: &Method, path: &str) -> String {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let words: Vec<(&str, bool)> = segments
        .iter()
        .enumerate()
        .filter(|(_, segment)| !is_parameter(segment))
        .map(|(index, word)| {
            (
                *word,
                segments
                    .get(index + 1)
                    .is_some_and(|next| is_parameter(next)),
            )
        })
        .collect();
    let Some(((last, of_one), parents)) = words.split_last().map(|(last, all)| (*last, all)) else {
        return String::new();
    };
    if *method == Method::POST && VERBS.contains(&last) {
        let of = |(word, of_one): &(&str, bool)| match of_one {
            true => camel(&singular(word)),
            false => camel(word),
        };
        return last.to_owned() + &parents.iter().map(of).collect::<String>();
    }
    let within: String = parents
        .iter()
        .map(|(word, _)| match *word {
            "me" => "My".to_owned(),
            word => camel(&singular(word)),
        })
        .collect();
    let noun = match last {
        "feed" if *method == Method::POST => "FeedEntry".to_owned(),
        last if of_one || *method == Method::POST => camel(&singular(last)),
        last => camel(last),
    };
    let verb = match *method {
        Method::POST => "create",
        Method::PATCH => "update",
        Method::PUT => "replace",
        Method::DELETE => "delete",
        _ if of_one || !last.ends_with('s') => "get",
        _ => "list",
    };
    format!("{verb}{within}{noun}")
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{')
}

fn singular(word: &str) -> String {
    if let Some((thing, of)) = word.split_once("-of-") {
        return format!("{}-of-{of}", singular(thing));
    }
    match (word.strip_suffix("ies"), word.strip_suffix('s')) {
        // There is no single one of it.
        _ if word == "news" => word.to_owned(),
        (Some(stem), _) => format!("{stem}y"),
        (None, Some(stem)) if !stem.ends_with('s') => stem.to_owned(),
        _ => word.to_owned(),
    }
}

fn camel(word: &str) -> String {
    word.split(['-', '.'])
        .map(|part| {
            let mut letters = part.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(letters).collect::<String>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_called_as_people_look_for_them() {
        for (method, path, id) in [
            (Method::GET, "/cases", "listCases"),
            (Method::POST, "/cases", "createCase"),
            (Method::GET, "/cases/{case}", "getCase"),
            (Method::PATCH, "/cases/{case}", "updateCase"),
            (Method::POST, "/cases/{case}/close", "closeCase"),
            (Method::POST, "/cases/{case}/feed", "createCaseFeedEntry"),
            (Method::GET, "/cases/{case}/feed", "getCaseFeed"),
            (
                Method::POST,
                "/escalations/{escalation}/claim",
                "claimEscalation",
            ),
            (Method::POST, "/notices/{notice}/resend", "resendNotice"),
            (Method::POST, "/notices/resend", "resendNotices"),
            (
                Method::PATCH,
                "/lines-of-business/{line}",
                "updateLineOfBusiness",
            ),
            (Method::GET, "/policies", "listPolicies"),
            (Method::GET, "/me", "getMe"),
            (Method::GET, "/me/organizations", "listMyOrganizations"),
        ] {
            assert_eq!(operation_id(&method, path), id);
        }
    }
}
