use utoipa::{PartialSchema, ToSchema};

closed_enum! {
    /// A thing with a colour.
    pub enum Colour as "PaintColour" {
        /// Like the sky.
        Blue = "blue",
        /// Like nothing else.
        DarkGreen = "dark_green",
    }
}

#[test]
fn every_value_is_read_back_from_its_own_text() {
    for colour in Colour::ALL {
        assert_eq!(colour.as_str().parse::<Colour>().as_ref(), Ok(colour));
        assert_eq!(colour.to_string(), colour.as_str());
        let json = serde_json::to_string(colour).unwrap();
        assert_eq!(json, format!("\"{colour}\""));
        assert_eq!(serde_json::from_str::<Colour>(&json).unwrap(), *colour);
    }
}

#[test]
fn an_unknown_text_is_answered_with_those_allowed() {
    let error = "Blue".parse::<Colour>().unwrap_err();
    assert_eq!(error.to_string(), "“Blue” is not one of blue, dark_green");
    let error = serde_json::from_str::<Colour>("\"red\"").unwrap_err();
    assert!(
        error
            .to_string()
            .contains("“red” is not one of blue, dark_green")
    );
    assert!(serde_json::from_str::<Colour>("7").is_err());
}

#[test]
fn the_schema_names_the_values_and_bears_the_given_name() {
    assert_eq!(Colour::name(), "PaintColour");
    let schema = serde_json::to_value(Colour::schema()).unwrap();
    assert_eq!(schema["enum"], serde_json::json!(["blue", "dark_green"]));
    assert_eq!(schema["description"], "A thing with a colour.");
}
