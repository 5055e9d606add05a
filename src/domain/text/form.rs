//! What the form of a text asks for, where that is more than its length.

use crate::domain::closed_enum;

closed_enum! {
    /// What the form of a text asks for. Pages and the API say it by the catalogue, as members of the family `text-form`.
    pub enum Form {
        /// An e-mail address has an `@`.
        EmailHasAt = "email_has_at",
        /// An e-mail address has no other `@`.
        EmailHasOneAt = "email_has_one_at",
        /// What stands before the `@` is that of an e-mail address.
        EmailLocalPart = "email_local_part",
        /// What stands behind the `@` is a domain.
        EmailDomain = "email_domain",
        /// A slug has small letters, digits and hyphens between them.
        Slug = "slug",
        /// A telephone number has digits.
        PhoneDigits = "phone_digits",
        /// A telephone number has so many of them.
        PhoneLength = "phone_length",
        /// A country's code begins with another digit than 0.
        PhoneCountry = "phone_country",
        /// An extension has a few digits.
        PhoneExtension = "phone_extension",
        /// A link names a server.
        LinkNamesServer = "link_names_server",
        /// A link is encrypted on its way.
        LinkEncrypted = "link_encrypted",
        /// A link says no name and no password.
        LinkWithoutPassword = "link_without_password",
        /// The code of a role has small letters, digits and inner underscores.
        RoleCode = "role_code",
        /// The code of a role is not that of a predefined one.
        RoleNotPredefined = "role_not_predefined",
    }
}

impl Form {
    /// The same on the command line, which speaks English and knows no catalogue where it reads arguments.
    pub(super) const fn on_command_line(self) -> &'static str {
        match self {
            Self::EmailHasAt => "an e-mail address has an @",
            Self::EmailHasOneAt => "an e-mail address has only one @",
            Self::EmailLocalPart => "the part before the @ is not that of an e-mail address",
            Self::EmailDomain => "the part after the @ is not a domain",
            Self::Slug => "only small letters, digits and hyphens between them",
            Self::PhoneDigits => {
                "a telephone number has digits, with + and the country's code before them, as +49 30 555 0100"
            }
            Self::PhoneLength => "a telephone number has 7 to 15 digits",
            Self::PhoneCountry => "no country's code begins with 0",
            Self::PhoneExtension => "an extension has 1 to 7 digits",
            Self::LinkNamesServer => "a link begins with https:// and names a server",
            Self::LinkEncrypted => "only links that begin with https:// are taken",
            Self::LinkWithoutPassword => "a link holds no name and no password",
            Self::RoleCode => "small letters, digits and inner underscores",
            Self::RoleNotPredefined => "not the name of a predefined role",
        }
    }
}
