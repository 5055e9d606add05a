//! What a browser says about itself, as far as people can make sense of it.

/// A browser and the system that it runs on, by their proper names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Device {
    /// The browser, or the program.
    pub browser: Option<&'static str>,
    /// The operating system.
    pub system: Option<&'static str>,
}

/// The first that is found wins: most browsers claim to be others too.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("python-requests/", "Python"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

impl Device {
    /// The device of somebody whose browser calls itself `user_agent`.
    pub fn of(user_agent: &str) -> Self {
        let named = |names: &[(&str, &'static str)]| {
            let found = names.iter().find(|(mark, _)| user_agent.contains(mark));
            found.map(|(_, name)| *name)
        };
        Self {
            browser: named(BROWSERS),
            system: named(SYSTEMS),
        }
    }
}

/// What stays the same of `user_agent` when the browser is updated: everything but its numbers.
pub fn likeness(user_agent: &str) -> String {
    user_agent
        .chars()
        .filter(|c| !c.is_ascii_digit() && *c != '.' && *c != '_')
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const EDGE: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0";

    #[test]
    fn devices_are_called_by_their_names() {
        let named = |text| {
            let device = Device::of(text);
            (device.browser, device.system)
        };
        assert_eq!(named(FIREFOX), (Some("Firefox"), Some("Linux")));
        assert_eq!(named(EDGE), (Some("Edge"), Some("Windows")));
        assert_eq!(named("curl/8.1"), (Some("curl"), None));
        assert_eq!(named(""), (None, None));
    }

    #[test]
    fn an_update_makes_no_new_device_and_another_browser_does() {
        let updated = FIREFOX.replace("140.0", "141.0.2");
        assert_eq!(likeness(FIREFOX), likeness(&updated));
        assert_ne!(likeness(FIREFOX), likeness(EDGE));
    }
}
