use proptest::prelude::*;

use super::*;

#[test]
fn outer_white_space_is_trimmed_and_the_rest_kept() {
    assert_eq!(
        Subject::parse(" \t Calls  drop \u{a0}\n").unwrap().as_str(),
        "Calls  drop"
    );
    assert_eq!(
        Markdown::parse("\n\n  # One\n\n\ttwo  \n")
            .unwrap()
            .as_str(),
        "# One\n\n\ttwo"
    );
}

#[test]
fn line_ends_of_every_kind_become_newlines() {
    assert_eq!(
        Note::parse("a\r\nb\rc\nd\u{2028}e\u{2029}f\r\n")
            .unwrap()
            .as_str(),
        "a\nb\nc\nd\ne\nf"
    );
    assert_eq!(Note::parse("a\r\n\r\nb").unwrap().as_str(), "a\n\nb");
}

#[test]
fn what_shows_nothing_is_empty() {
    for text in [
        "",
        " ",
        "\r\n\t",
        "\u{200b}",
        "\u{feff}\u{2060}",
        "\u{200e} \u{3164}",
        "\u{ad}",
    ] {
        assert_eq!(Subject::parse(text), Err(TextError::Empty), "{text:?}");
        assert_eq!(Markdown::parse(text), Err(TextError::Empty), "{text:?}");
    }
    assert!(PersonName::parse("क्‍ष").is_ok());
    assert!(Subject::parse("👩\u{200d}🔧").is_ok());
}

#[test]
fn lengths_are_those_of_characters() {
    for (text, max) in [("x", 200), ("é", 200), ("𝄞", 200)] {
        assert!(Subject::parse(&text.repeat(max)).is_ok());
        assert_eq!(
            Subject::parse(&text.repeat(max + 1)),
            Err(TextError::TooLong { max })
        );
    }
    assert_eq!(
        Subject::parse(&format!("  {}  ", "x".repeat(200)))
            .unwrap()
            .as_str()
            .len(),
        200
    );
    assert_eq!(
        (Markdown::MAX, Note::MAX, Title::MAX, PersonName::MAX),
        (50_000, 5_000, 100, 80)
    );
    assert!(Markdown::parse(&"ß".repeat(50_000)).is_ok());
    assert_eq!(
        Note::parse(&"ß".repeat(5_001)),
        Err(TextError::TooLong { max: 5_000 })
    );
    // A line end counts once, however it was sent.
    assert!(Note::parse(&format!("{}\r\n{}", "x".repeat(2_499), "x".repeat(2_500))).is_ok());
}

#[test]
fn control_characters_are_refused_by_position() {
    let refused = |position| Err(TextError::ControlCharacter { position });
    assert_eq!(Subject::parse("a\0b"), refused(2));
    assert_eq!(Subject::parse("  é\u{1b}[31m"), refused(4));
    for text in ["a\tb", "a\nb", "a\rb", "a\u{85}b", "a\u{2028}b"] {
        assert_eq!(Subject::parse(text), refused(2), "{text:?}");
    }
    // Words of several lines lose it instead: it was pasted, and means nothing.
    let note = |text: &str| Note::parse(text).map(Note::into_string);
    assert_eq!(note("one\r\ntwo\u{7f}"), Ok("one\ntwo".to_owned()));
    assert_eq!(note("\u{1b}[31mERROR\u{1b}[0m"), Ok("ERROR".to_owned()));
}

#[test]
fn what_is_pasted_from_a_terminal_loses_what_nobody_can_see() {
    let shown = |text: &str| Markdown::parse(text).map(Markdown::into_string);
    let is = |text: &str| Ok(text.to_owned());
    assert_eq!(
        shown("\u{1b}[31mERROR\u{1b}[0m: \u{1b}[1;4mno disk"),
        is("ERROR: no disk")
    );
    assert_eq!(
        shown("one\u{c}two\u{b}three\u{85}four"),
        is("one\ntwo\nthree\nfour")
    );
    assert_eq!(shown("a\0b\u{7}c\u{7f}"), is("abc"));
    assert_eq!(shown("\u{1b}[3"), Err(TextError::Empty));
}

#[test]
fn writing_direction_is_not_overridden() {
    for character in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
        let text = format!("invoice{character}fdp.exe");
        assert_eq!(
            Title::parse(&text),
            Err(TextError::ControlCharacter { position: 8 })
        );
        assert_eq!(
            Markdown::parse(&text),
            Err(TextError::ControlCharacter { position: 8 })
        );
    }
    // Languages that are written from the right are welcome.
    assert!(PersonName::parse("נועה").is_ok());
    assert!(Markdown::parse("مرحبا\u{200f}!").is_ok());
}

#[test]
fn addresses_are_those_of_people() {
    assert_eq!(
        EmailAddress::parse(" Dana.Cole+desk@ACME.Example ")
            .unwrap()
            .as_str(),
        "dana.cole+desk@acme.example"
    );
    for text in [
        "a@b.co",
        "o'hara@x-y.example",
        "caller-2403@location-143.example",
        "x@xn--bcher-kva.example",
    ] {
        assert!(EmailAddress::parse(text).is_ok(), "{text}");
    }
    for text in [
        "dana",
        "@acme.example",
        "dana@",
        "dana@acme",
        "dana@@acme.example",
        "da@na@acme.example",
        "dana@acme..example",
        "dana@.example",
        "dana@acme.example.",
        "dana@-acme.example",
        "dana@acme-.example",
        ".dana@acme.example",
        "dana.@acme.example",
        "da..na@acme.example",
        "da na@acme.example",
        "dana@ac me.example",
        "dana@acme.example>",
        "<dana@acme.example",
        "\"dana\"@acme.example",
        "dana@[127.0.0.1]",
        "dana@127.0.0.1",
        "dána@acme.example",
        "dana@ácme.example",
        "dana,x@acme.example",
        "dana:x@acme.example",
        "dana@acme_x.example",
    ] {
        assert!(
            matches!(EmailAddress::parse(text), Err(TextError::Malformed { .. })),
            "{text}"
        );
    }
    let injected = "dana@acme.example\r\nBcc: all@acme.example";
    assert_eq!(
        EmailAddress::parse(injected),
        Err(TextError::ControlCharacter { position: 18 })
    );
    let long = |local: usize| format!("{}@{}example", "x".repeat(local), "abcdefghi.".repeat(18));
    assert!(EmailAddress::parse(&long(64)).is_ok());
    assert!(matches!(
        EmailAddress::parse(&long(65)),
        Err(TextError::Malformed { .. })
    ));
    assert_eq!(
        EmailAddress::parse(&long(67)),
        Err(TextError::TooLong { max: 254 })
    );
    assert!(EmailAddress::parse(&format!("x@{}.example", "y".repeat(64))).is_err());
}

#[test]
fn slugs_are_small_letters_digits_and_inner_hyphens() {
    for text in ["acme", "location-143", "3m", "a--b", &"x".repeat(63)] {
        assert!(Slug::parse(text).is_ok(), "{text}");
    }
    for text in [
        "Acme", "-acme", "acme-", "-", "ac me", "acmé", "a_b", "a/b", "a.b",
    ] {
        assert!(
            matches!(Slug::parse(text), Err(TextError::Malformed { .. })),
            "{text}"
        );
    }
    assert_eq!(
        Slug::parse(&"x".repeat(64)),
        Err(TextError::TooLong { max: 63 })
    );
}

fn title(text: &str) -> Title {
    Title::parse(text).unwrap()
}

#[test]
fn plain_names_become_slugs_that_can_be_read_back() {
    for (name, slug) in [
        ("Location 143", "location-143"),
        ("Caller  2403", "caller-2403"),
        (" UPDATED by\u{a0}21 ", "updated-by-21"),
        ("3M", "3m"),
        (&"x".repeat(63), &"x".repeat(63)),
    ] {
        assert_eq!(Slug::distinct(&title(name)).as_str(), slug);
        assert_eq!(Slug::readable(&title(name)).as_str(), slug);
    }
}

#[test]
fn names_of_every_script_can_be_recognised_in_their_slugs() {
    for (name, slug) in [
        ("Zürich", "zurich"),
        ("東京", "dong-jing"),
        ("Москва", "moskva"),
        ("O'Brien & Sons, Ltd.", "o-brien-sons-ltd"),
        ("🚀", "rocket"),
        ("…!", "name"),
    ] {
        let (name, marked) = (title(name), format!("{slug}-u"));
        assert_eq!(Slug::readable(&name).as_str(), slug);
        let distinct = Slug::distinct(&name);
        assert!(distinct.as_str().starts_with(&marked), "{distinct}");
        assert_eq!(distinct.as_str().len(), marked.len() + 8);
        assert_eq!(Slug::parse(distinct.as_str()), Ok(distinct));
    }
}

#[test]
fn names_that_differ_never_share_a_slug() {
    let names = [
        "Jan Muller",
        "Jan Müller",
        "Jan Möller",
        "Jan M ller",
        "Jan-Muller",
        "Jan Muller.",
        "JanMuller",
        "O'Brien",
        "O Brien",
        "O’Brien",
        "東京",
        "大阪",
        "Київ",
        "Киев",
        "القاهرة",
        "قاهرة",
        "🚀",
        "🚁",
        "Straße",
        "Strasse",
        "?",
        "!",
        &format!("{}a", "x".repeat(99)),
        &format!("{}b", "x".repeat(99)),
    ];
    let mut slugs: Vec<_> = names.map(|name| Slug::distinct(&title(name))).to_vec();
    // The slug of another name is no way to be taken for it.
    let mimic = slugs[1].as_str().replace('-', " ");
    slugs.push(Slug::distinct(&title(&mimic)));
    slugs.sort();
    let all = slugs.len();
    slugs.dedup();
    assert_eq!(slugs.len(), all, "{slugs:#?}");
}

#[test]
fn a_name_is_the_same_however_it_was_typed() {
    let slug = |name: &str| Slug::distinct(&title(name));
    for same in [
        "Jan Mu\u{308}ller",
        "JAN MÜLLER",
        "jan  müller ",
        "Jan\u{3000}Müller",
    ] {
        assert_eq!(slug(same), slug("Jan Müller"), "{same:?}");
    }
}

#[test]
fn json_is_parsed_like_anything_else() {
    let subject: Subject = serde_json::from_str("\" Calls \\u00e9 drop \"").unwrap();
    assert_eq!(serde_json::to_string(&subject).unwrap(), "\"Calls é drop\"");
    let error = serde_json::from_str::<Subject>("\"a\\u0000b\"").unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("character 2 is a control character"),
        "{error}"
    );
    assert!(serde_json::from_str::<Subject>("7").is_err());
    let schema = serde_json::to_value(<Subject as utoipa::PartialSchema>::schema()).unwrap();
    assert_eq!(
        (&schema["minLength"], &schema["maxLength"]),
        (&1.into(), &200.into())
    );
}

#[test]
fn only_encrypted_links_to_elsewhere_are_taken() {
    for (given, taken) in [
        ("https://status.example", "https://status.example/"),
        (
            "HTTPS://Status.Example/a?b=c#d",
            "https://status.example/a?b=c#d",
        ),
    ] {
        assert_eq!(WebLink::parse(given).unwrap().as_str(), taken);
    }
    for refused in [
        "http://status.example",
        "javascript:alert(1)",
        "//status.example",
        "/tools",
        "https://",
        "https://me:secret@status.example",
        "status.example",
    ] {
        let error = WebLink::parse(refused).unwrap_err();
        assert_eq!(error.code(), "malformed", "{refused}");
    }
}

proptest! {
    /// Two names have one slug exactly if they are one name.
    #[test]
    fn slugs_are_as_many_as_names(one in "[a-cA-CäöА-В東 '-]{1,6}", other in "[a-cA-CäöА-В東 '-]{1,6}") {
        if let (Ok(a), Ok(b)) = (Title::parse(&one), Title::parse(&other)) {
            prop_assert_eq!(Slug::distinct(&a) == Slug::distinct(&b), folded(&one) == folded(&other));
        }
    }

    /// What is inside can be parsed again and is the same: a row reads back what was written.
    #[test]
    fn parsing_is_idempotent(text in "\\PC{0,40}", noise in "[\\s\\x00-\\x1f\u{2028}\u{202e}]{0,4}") {
        let text = format!("{noise}{text}{noise}");
        for parsed in [Note::parse(&text).map(Note::into_string), Subject::parse(&text).map(Subject::into_string)] {
            let Ok(clean) = parsed else { continue };
            prop_assert_eq!(clean.trim(), clean.as_str());
            let plain = |character: char| {
                matches!(character, '\n' | '\t') || !(character.is_control() || "\u{202e}\u{2028}".contains(character))
            };
            prop_assert!(clean.chars().all(plain));
            let again = Note::parse(&clean).map(Note::into_string);
            prop_assert_eq!(again, Ok(clean));
        }
    }

    #[test]
    fn an_address_holds_nothing_that_a_header_could_break_on(text in "\\PC{0,20}@\\PC{0,20}\\.[a-z]{2,4}") {
        if let Ok(address) = EmailAddress::parse(&text) {
            let harmless = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\" ".contains(&byte);
            prop_assert!(address.as_str().bytes().all(harmless), "{}", address);
            prop_assert_eq!(EmailAddress::parse(address.as_str()).unwrap(), address);
        }
    }
}

#[test]
fn a_telephone_number_is_one() {
    for (written, kept) in [
        ("+49 30 555 0100", "+49 30 555 0100"),
        (" +1 (415)  555-0100 ", "+1 (415) 555-0100"),
        ("030/555 01-00", "030/555 01-00"),
        ("+44.20.7946.0958 ext. 12", "+44.20.7946.0958 ext. 12"),
        ("+493055501 00x7", "+493055501 00x7"),
    ] {
        assert_eq!(PhoneNumber::parse(written).unwrap().as_str(), kept);
    }
    for written in [
        "call me",
        "123456",
        "+1234567890123456",
        "+0 30 555 0100",
        "49+30 555 0100",
        "+49 30 555 0100; rm",
        "+49 30 555 0100 x",
        "+49 30 555 0100 x12345678",
        "=1+1234567",
        "+49 30 ５５５ 0100",
        "tel:+49305550100",
    ] {
        let refused = PhoneNumber::parse(written).unwrap_err();
        assert_eq!(refused.code(), "malformed", "{written}");
    }
    assert_eq!(PhoneNumber::parse(" ").unwrap_err(), TextError::Empty);
}

proptest! {
    /// What is kept is a number again, and its digits are those that were typed.
    #[test]
    fn a_kept_telephone_number_is_read_as_itself(text in "[+]?[0-9 ().x/-]{0,30}") {
        if let Ok(number) = PhoneNumber::parse(&text) {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number.clone()));
            prop_assert_eq!(digits(number.as_str()), digits(&text));
        }
    }
}

/// M7: whoever is named among others is named.
#[test]
fn a_text_names_whom_it_mentions_by_the_whole_name() {
    for text in [
        "Sam Reed",
        " sam  reed ",
        "Eve Hart, Sam Reed",
        "Sam Reed and Eve Hart",
        "Sam Reed (network)",
        "sam.reed@bellhop.test",
    ] {
        let named = mentions(text, "Sam Reed") || mentions(text, "sam.reed@bellhop.test");
        assert!(named, "{text}");
    }
    for text in [
        "",
        "Sam",
        "Samuel Reed",
        "Sam Reedy",
        "Sam-Reed",
        "the team",
    ] {
        assert!(!mentions(text, "Sam Reed"), "{text}");
    }
    assert!(mentions("Jan Mu\u{308}ller", "Jan Müller"));
    assert!(!mentions("Sam Reed", ""));
}

#[test]
fn names_follow_each_other_as_in_a_dictionary() {
    let mut names = [
        "Zoo", "Öl", "ofen", "Straße", "Strasse", "Strand", "Oper", "apfel", "Äpfel", "Apfel",
    ];
    names.sort_by(|one, other| in_order(one, other));
    assert_eq!(
        names,
        [
            "Apfel", "apfel", "Äpfel", "ofen", "Öl", "Oper", "Strand", "Strasse", "Straße", "Zoo"
        ]
    );
    let mut people = [
        ("Zoe", "von"),
        ("Al", "von der Au"),
        ("Ida", "Łoś"),
        ("Änne", "Ørsted"),
        ("Bert", "Orsted"),
        ("Kim", "Von"),
        ("Eva", "Ito-Abe"),
        ("Jo", "Ito"),
    ];
    people.sort_by_cached_key(|(first, last)| person_sort_key(first, last));
    let last = people.map(|(first, _)| first);
    assert_eq!(
        last,
        ["Jo", "Eva", "Ida", "Änne", "Bert", "Kim", "Zoe", "Al"]
    );
}

#[test]
fn the_key_of_a_name_is_short_and_says_nothing_of_its_spaces() {
    assert_eq!(sort_key(" Große \u{a0} ÆGIR\t"), "grosse aegir");
    assert_eq!(sort_key("Jan Mu\u{308}ller"), sort_key("JAN Müller"));
    // One letter that is eighteen.
    let long = "\u{fdfa}".repeat(80);
    for key in [sort_key(&long), person_sort_key(&long, &long)] {
        assert_eq!(key.chars().count(), 200);
    }
}
