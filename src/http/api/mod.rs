//! JSON: one file a resource. Request types stand beside their handlers; answers are [`documents`].

pub(in crate::http) mod addresses;

pub mod access_groups;
pub mod access_requests;
pub mod account;
pub mod allowed_networks;
pub mod announcements;
pub mod article_categories;
pub mod articles;
pub mod attachments;
pub mod audit;
pub mod bulk;
pub mod calendars;
pub mod callbacks;
pub mod cases;
pub mod deadlines;
pub mod deliveries;
pub mod developer;
pub mod documents;
pub mod drafts;
pub mod eligibility;
pub mod escalation_process;
pub mod escalations;
pub mod feeds;
pub mod following;
pub mod home;
pub mod lines;
pub mod links;
pub mod list_columns;
pub mod live;
pub mod mentionable;
pub mod my_notices;
pub mod news;
pub mod next_steps;
pub mod notice_mails;
pub mod notices;
pub mod organizations;
pub mod pairing_links;
pub mod pairings;
pub mod permissions;
pub mod policies;
pub mod provisioning;
pub mod radar;
pub mod reasons;
pub mod reports;
pub mod requests;
pub mod review;
pub mod roles;
pub mod saved_filters;
pub mod search;
pub mod second_factor_roles;
pub mod sessions;
pub mod targets;
pub mod templates;
pub mod tokens;
pub mod tools;
pub mod tutorials;
pub mod users;

use self::documents::Reader;
use super::api_request::ApiRequest;
use super::list::Asker;

impl<A, B, Q> ApiRequest<A, B, Q> {
    /// For whom answers are worded.
    fn reader(&self) -> Reader<'_> {
        Reader {
            words: self.words(),
            access: self.principal.access(),
            zone: self.principal.time_zone,
            now: self.now,
        }
    }

    /// Who asks, for what a list holds.
    fn asker(&self) -> Asker<'_> {
        Asker {
            access: self.principal.access(),
            now: self.now,
            zone: self.principal.time_zone,
        }
    }
}
