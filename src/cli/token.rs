//! `casebell token`: keys for programs, made on the machine itself.

use std::collections::BTreeSet;

use chrono::{DateTime, SubsecRound, Utc};
use secrecy::ExposeSecret;

use super::refusal::error;
use crate::clock::Clock;
use crate::config::Settings;
use crate::credentials::{NewSecret, TOKEN_PREFIX};
use crate::db::{Conn, Db};
use crate::domain::Instant;
use crate::domain::access::Permission;
use crate::domain::ids::TokenId;
use crate::domain::text::{EmailAddress, Title};
use crate::store;
use crate::store::people::{self, Person};
use crate::store::tokens::{self, Token};
use crate::workflow::tokens::{IssueToken, Owner, issue_token, revoke_token_of};
use crate::workflow::{Rejection, VerbResult};

/// Make keys for programs.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum TokenCommand {
    /// Make an API token and print it, once: it is not kept, only its hash is.
    Create(CreateArgs),
    /// List somebody's API tokens, the newest first.
    List {
        /// Whose they are: their address.
        #[arg(long, value_name = "EMAIL")]
        user: EmailAddress,
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke an API token, with those that were made with it. It is refused from the next request on.
    Revoke {
        /// Whose it is: their address.
        #[arg(long, value_name = "EMAIL")]
        user: EmailAddress,
        /// Which one: its id, as `casebell token list` shows it.
        id: TokenId,
    },
}

/// A new token.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct CreateArgs {
    /// Whose it is: their address. It allows what they may do.
    #[arg(long, value_name = "EMAIL")]
    user: EmailAddress,
    /// What it is called.
    #[arg(long)]
    name: Title,
    /// Allow no more than this, such as cases:view; may be given several times.
    #[arg(long = "permission", value_parser = permission_parser())]
    permissions: Vec<Permission>,
    /// Until when it is taken, such as 2026-12-31T00:00:00Z; for good if left out.
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<DateTime<Utc>>,
}

fn permission_parser() -> impl clap::builder::TypedValueParser<Value = Permission> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(Permission::NAMES).try_map(|name| name.parse::<Permission>())
}

pub(super) fn run(command: &TokenCommand, settings: &Settings) -> anyhow::Result<()> {
    let now = Clock::System.now();
    super::block_on(async {
        let db = Db::open(&settings.database_url.location())?;
        let said = match command.clone() {
            TokenCommand::Create(args) => {
                let secret = create(&db, args, now).await?;
                secret.text.expose_secret().to_owned()
            }
            TokenCommand::List { user, json } => list(&db, user, json).await?,
            TokenCommand::Revoke { user, id } => revoke(&db, user, id, now).await?,
        };
        Ok(super::print(&said)?)
    })
}

/// The most tokens that are listed.
const MOST: i64 = 1000;

async fn list(db: &Db, user: EmailAddress, json: bool) -> anyhow::Result<String> {
    let read = db.read(move |conn| -> VerbResult<_> {
        let person = owner(conn, &user)?;
        Ok(tokens::of_person(conn, person.id, None, MOST)?)
    });
    let tokens = read.await.map_err(error)?;
    if json {
        let items = tokens.iter().map(|token| {
            serde_json::json!({
                "id": token.id,
                "name": token.name,
                "created_at": token.created_at,
                "expires_at": token.expires_at,
                "last_used_at": token.last_used_at,
                "permissions": token.permissions.as_ref().map(|permissions| &permissions.0),
            })
        });
        let items: Vec<_> = items.collect();
        return Ok(format!("{:#}", serde_json::json!({ "items": items })));
    }
    let line = |token: &Token| {
        let ends = token.expires_at.map(|at| at.to_rfc3339());
        let until = ends.unwrap_or_else(|| "revoked".to_owned());
        let used = token.last_used_at.map(|at| at.to_rfc3339());
        let used = used.map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
        format!("{}  until {until}  {used}  {}", token.id, token.name)
    };
    Ok(tokens.iter().map(line).collect::<Vec<_>>().join("\n"))
}

async fn revoke(db: &Db, user: EmailAddress, id: TokenId, now: Instant) -> anyhow::Result<String> {
    let outcome = db.write(move |conn| {
        let person = owner(conn, &user)?;
        let access = store::access::of_person(conn, &person, now)?;
        let owner = Owner {
            person: person.id,
            organization: person.organization_id,
            access: &access,
        };
        revoke_token_of(conn, None, owner, id, now)
    });
    Ok(format!("Revoked: {}", outcome.await.map_err(error)?))
}

fn owner(conn: &mut Conn, user: &EmailAddress) -> VerbResult<Person> {
    let unknown = || Rejection::Field {
        field: "user",
        code: "not_found",
        given: user.to_string(),
    };
    Ok(people::by_email(conn, user)?.ok_or_else(unknown)?)
}

async fn create(db: &Db, args: CreateArgs, now: Instant) -> anyhow::Result<NewSecret> {
    let secret = NewSecret::with_prefix(TOKEN_PREFIX);
    let hash = secret.hash.clone();
    let outcome = db.write(move |conn| {
        let refused = |field, code, given: &dyn ToString| Rejection::Field {
            field,
            code,
            given: given.to_string(),
        };
        let person = owner(conn, &args.user)?;
        if person.disabled_at.is_some() {
            return Err(refused("user", "disabled", &args.user).into());
        }
        let access = store::access::of_person(conn, &person, now)?;
        let permissions: BTreeSet<_> = args.permissions.iter().copied().collect();
        let new = IssueToken {
            name: args.name.clone(),
            permissions: Some(permissions).filter(|permissions| !permissions.is_empty()),
            expires_at: args.expires_at.map(|at| at.trunc_subsecs(6)),
        };
        let owner = Owner {
            person: person.id,
            organization: person.organization_id,
            access: &access,
        };
        issue_token(conn, None, owner, (&new, None, &hash), now)
    });
    outcome.await.map_err(error)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::credentials::hash_secret;
    use crate::db::DbError;
    use crate::store::identities::{AuthOutcome, OrganizationContext};
    use crate::testing::TestDatabase;

    #[tokio::test]
    async fn a_token_is_its_owners_and_allows_no_more_than_asked() {
        let db = TestDatabase::with_records().await;
        let now: Instant = "2026-03-03T14:00:00Z".parse().expect("an instant");
        let args = |user: &str, permissions: &[Permission], expires_at| CreateArgs {
            user: user.parse().expect("an address"),
            name: "Nightly".parse().expect("a name"),
            permissions: permissions.to_vec(),
            expires_at,
        };
        let dana = "dana.cole@acme.example";
        let later = now + TimeDelta::hours(1);
        let secret = create(&db, args(dana, &[Permission::CasesView], Some(later)), now)
            .await
            .expect("made");
        let hash = hash_secret(secret.text.expose_secret());
        let found = |at| {
            let (hash, home) = (hash.clone(), OrganizationContext::AsBefore);
            db.read(move |conn| Ok::<_, DbError>(tokens::by_secret(conn, &hash, &home, at)?))
        };
        let AuthOutcome::Authenticated(token, bearer) = found(now).await.expect("read") else {
            panic!("a good token is refused");
        };
        assert_eq!(bearer.email.as_str(), dana);
        assert_eq!(
            token.permissions.map(|permissions| permissions.0),
            Some(BTreeSet::from([Permission::CasesView]))
        );
        let expired = found(later).await.expect("read");
        assert!(matches!(expired, AuthOutcome::Refused), "{expired:?}");

        for (refused, said) in [
            (
                args("eve@acme.example", &[], None),
                "user: there is no “eve@acme.example”",
            ),
            (
                args(dana, &[Permission::AuditView], None),
                "permissions: not_held: “audit:view”",
            ),
            (
                args(dana, &[], Some(now)),
                "expires_at: not_in_the_future: “2026-03-03T14:00:00+00:00”",
            ),
        ] {
            let outcome = create(&db, refused, now).await;
            assert_eq!(outcome.expect_err("refused").to_string(), said);
        }
    }
}
