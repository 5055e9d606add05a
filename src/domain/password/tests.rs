use super::*;

fn dana() -> Context {
    let email = EmailAddress::parse("dana.cole@acme.example").expect("an address");
    Context::of(&email)
        .with("Dana")
        .with("Cole")
        .with("Globex International")
        .with("support.bellhop.test")
}

fn checked(password: &str) -> Option<PasswordFault> {
    check(password, &dana()).err()
}

#[test]
fn short_and_long_ones_and_the_address_are_refused() {
    assert_eq!(checked("a bell rings"), None);
    assert_eq!(checked("123456789"), Some(PasswordFault::TooShort));
    assert_eq!(checked(&"long ".repeat(41)), Some(PasswordFault::TooLong));
    assert_eq!(
        checked("äöüßéèx"),
        Some(PasswordFault::TooShort),
        "characters count, not bytes"
    );
    for address in ["Dana.Cole@ACME.example", "dana.cole@acme.example "] {
        assert_eq!(checked(address), Some(PasswordFault::IsAddress));
    }
    let short = EmailAddress::parse("dana.coleman@acme.example").expect("an address");
    let refused = check("Dana.Coleman ", &Context::of(&short));
    assert_eq!(refused, Err(PasswordFault::IsAddress));
}

#[test]
fn the_commonest_are_refused_however_they_end() {
    assert!(COMMON.len() > 2500);
    for common in COMMON.iter() {
        assert!(checked(common).is_some(), "{common}");
        assert!(checked(&common.to_uppercase()).is_some(), "{common}");
    }
    for common in [
        "1q2w3e4r5t",
        "Basketball",
        "qwertyuiop",
        "liverpool1",
        "pe#5GZ29PTZMSE",
        "0123456789",
        "Tinkerbell2026!",
    ] {
        assert_eq!(checked(common), Some(PasswordFault::Common), "{common}");
    }
}

#[test]
fn what_is_guessed_quickly_is_refused() {
    for guessable in [
        "Password123!",
        "aaaaaaaaaaaa",
        "abababababab",
        "Welcome2026",
        "Passw0rd!!!",
        "letmein12345",
        "01.02.1984",
        "drowssap1984",
        "zxcvbnm,./",
        "Summer2026!!",
    ] {
        assert!(
            matches!(
                checked(guessable),
                Some(PasswordFault::Guessable | PasswordFault::Common)
            ),
            "{guessable}"
        );
    }
}

#[test]
fn what_is_made_of_the_context_is_refused() {
    for known in [
        "danacole1985",
        "Cole-Dana-99",
        "globexinternational",
        "Globex-International-42",
        "Casebell!Casebell",
        "casebell-demo",
        "bellhop-support",
    ] {
        assert_eq!(checked(known), Some(PasswordFault::OfContext), "{known}");
    }
    // It is refused for what is known of her, not in itself.
    let other = EmailAddress::parse("q@x.example").expect("an address");
    let of_other = check("Globex-International-42", &Context::of(&other));
    assert_eq!(of_other, Ok(()));
    // A name does no harm among other words.
    assert_eq!(checked("dana hears a distant bell"), None);
}

#[test]
fn long_ones_are_taken_and_reckoned_in_time() {
    let sentence = "every morning the bell of the old town hall rings twice before nine o'clock";
    assert_eq!(checked(sentence), None);
    // The worst that was found: each character may stand for several others.
    let costly: String = "4@4@8({<$5|1".chars().cycle().take(LONGEST).collect();
    checked(&costly);
    let begun = std::time::Instant::now();
    checked(&costly);
    let took = begun.elapsed();
    assert!(took.as_millis() < 500, "{took:?}");
}

#[test]
fn characters_are_the_same_however_they_are_put_together() {
    let (composed, decomposed) = ("Schlüsselträger ﬁn", "Schlu\u{308}sseltra\u{308}ger fin");
    assert_eq!(normalized(composed), normalized(decomposed));
    assert!(matches!(normalized("plain"), Cow::Borrowed("plain")));
    assert_ne!(normalized("Case"), normalized("case"));
}
