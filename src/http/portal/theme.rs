//! What a browser keeps for whoever reads: the colours, and how times are told.

use crate::domain::closed_enum;

closed_enum! {
    /// Light, dark, or as the system has it, where nothing was chosen.
    pub enum Theme as "PortalTheme" {
        /// As the system has it.
        Auto = "auto",
        /// Dark on light.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
    }
}

closed_enum! {
    /// How pages tell times (H3); near, where nothing was chosen.
    pub enum TimeStyle as "PortalTimeStyle" {
        /// As people say them: "2 h ago", "tomorrow 10:12"; the instant itself comes up under the pointer.
        Near = "near",
        /// By date and time, for those who have no pointer, or compare with a log.
        Exact = "exact",
    }
}
