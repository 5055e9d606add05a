//! `casebell user`: adding people without a browser, and seeing to their access.

use std::io::BufRead;

use secrecy::{ExposeSecret, SecretString};

use super::refusal::error;
use crate::clock::Clock;
use crate::config::Settings;
use crate::credentials::hash_password;
use crate::db::{Conn, Db, DbError};
use crate::domain::Instant;
use crate::domain::access::{Reach, Role};
use crate::domain::order::{Sort, Window};
use crate::domain::password::{self, Context};
use crate::domain::text::{EmailAddress, PersonName, Title};
use crate::store::people::{Person, PersonFilter, PersonOrder};
use crate::store::{grants, organizations, people};
use crate::workflow::account;
use crate::workflow::people::{AddPerson, UpdatePerson, add_person, update_person};
use crate::workflow::set_up::{SetUp, set_up};
use crate::workflow::{Rejection, VerbResult};

/// Add people, and see to their access.
#[derive(Clone, Debug, clap::Subcommand)]
pub(super) enum UserCommand {
    /// Add a person. On an installation without a provider, an administrator's organization becomes the provider.
    Add(AddArgs),
    /// List people with their organizations and roles.
    List {
        /// Those of one organization only: its slug or id.
        #[arg(long)]
        organization: Option<String>,
    },
    /// Shut a person out, at once.
    Disable {
        /// Their address.
        email: EmailAddress,
    },
    /// Let a person in again.
    Enable {
        /// Their address.
        email: EmailAddress,
    },
    /// Give a person a new password, read from standard input.
    Password {
        /// Their address.
        email: EmailAddress,
    },
}

/// A new person.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct AddArgs {
    /// The address that signs in and is written to.
    #[arg(long)]
    email: EmailAddress,
    /// First name.
    #[arg(long)]
    first_name: PersonName,
    /// Last name.
    #[arg(long)]
    last_name: PersonName,
    /// The organization: its slug or id. The provider's name, if it is set up with this person.
    #[arg(long)]
    organization: String,
    /// What the person may do; may be given several times.
    #[arg(long = "role", required = true, value_parser = role_parser())]
    roles: Vec<Role>,
    /// Read the password from the first line of standard input. Without one the person cannot sign in by password.
    #[arg(long)]
    password_stdin: bool,
}

fn role_parser() -> impl clap::builder::TypedValueParser<Value = Role> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(Role::NAMES).try_map(|name| name.parse::<Role>())
}

pub(super) fn run(command: &UserCommand, settings: &Settings) -> anyhow::Result<()> {
    super::block_on(async {
        let db = Db::open(&settings.database_url.location())?;
        let now = Clock::System.now();
        let said = match command.clone() {
            UserCommand::Add(args) => add(&db, args, password_of, now).await?,
            UserCommand::List { organization } => list(&db, organization, now).await?.join("\n"),
            UserCommand::Disable { email } => change(&db, email, disabled(true), now).await?,
            UserCommand::Enable { email } => change(&db, email, disabled(false), now).await?,
            UserCommand::Password { email } => {
                let known = known(&db, email.clone()).await?;
                let update = UpdatePerson {
                    password_hash: Some(hashed(&password_of()?, &known)?),
                    ..UpdatePerson::default()
                };
                change(&db, email, update, now).await?
            }
        };
        Ok(super::print(&said)?)
    })
}

fn disabled(disabled: bool) -> UpdatePerson {
    UpdatePerson {
        disabled: Some(disabled),
        ..UpdatePerson::default()
    }
}

/// The first line of standard input, as it stands but for its end.
fn password_of() -> anyhow::Result<SecretString> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    Ok(SecretString::from(password))
}

/// What a guesser knows of whoever has the address.
async fn known(db: &Db, email: EmailAddress) -> anyhow::Result<Context> {
    let outcome = db.read(move |conn| {
        let person = named(conn, &email)?;
        Ok(account::known(conn, &person)?)
    });
    outcome.await.map_err(error)
}

/// The hash of a password that the one rule takes for somebody of whom this is `known`.
fn hashed(password: &SecretString, known: &Context) -> anyhow::Result<String> {
    let password = password.expose_secret();
    if password.is_empty() {
        anyhow::bail!("the password is empty: nothing stood on standard input");
    }
    if let Err(fault) = password::check(password, known) {
        anyhow::bail!("password: {fault}");
    }
    Ok(hash_password(password)?)
}

async fn add(
    db: &Db,
    args: AddArgs,
    password: impl FnOnce() -> anyhow::Result<SecretString>,
    now: Instant,
) -> anyhow::Result<String> {
    let known = Context::of(&args.email)
        .with(args.first_name.as_str())
        .with(args.last_name.as_str())
        .with(&args.organization);
    let password_hash = match args.password_stdin {
        true => Some(hashed(&password()?, &known)?),
        false => None,
    };
    let with_password = password_hash.is_some();
    let outcome = db.write(move |conn| {
        let provider = match is_first(conn, &args)? {
            true => Some(set_up(conn, &of_provider(&args, &password_hash)?, now)?),
            false => None,
        };
        if provider.is_none() {
            let add = AddPerson {
                organization: args.organization.clone(),
                email: args.email.clone(),
                first_name: args.first_name.clone(),
                last_name: args.last_name.clone(),
                time_zone: None,
                language: None,
                roles: args.roles.iter().copied().map(Into::into).collect(),
                password_hash: password_hash.clone(),
            };
            add_person(conn, None, &add, now)?;
        }
        let person = people::by_email(conn, &args.email)?.ok_or(Rejection::NotFound)?;
        Ok((provider, line(conn, &person, now)?))
    });
    let (provider, mut said) = outcome.await.map_err(error)?;
    if let Some(provider) = provider {
        said.push_str(&format!(
            "\n{} ({}) is the provider of this installation.",
            provider.name, provider.slug
        ));
    }
    if !with_password {
        said.push_str(
            "\nWithout a password this person cannot sign in yet: casebell user password EMAIL",
        );
    }
    Ok(said)
}

/// Whether this is the first administrator, who comes with the provider: as by the link that `serve` prints.
fn is_first(conn: &mut Conn, args: &AddArgs) -> VerbResult<bool> {
    Ok(args.roles.contains(&Role::Administrator)
        && organizations::provider(conn)?.is_none()
        && organizations::named(conn, Reach::Everything, &args.organization)?.is_none())
}

fn of_provider(args: &AddArgs, password_hash: &Option<String>) -> VerbResult<SetUp> {
    let wrong = |why: crate::domain::text::TextError| Rejection::Field {
        field: "organization",
        code: why.code(),
        given: args.organization.clone(),
    };
    Ok(SetUp {
        name: Title::parse(&args.organization).map_err(wrong)?,
        time_zone: chrono_tz::UTC,
        email: args.email.clone(),
        first_name: args.first_name.clone(),
        last_name: args.last_name.clone(),
        further_roles: args.roles.iter().copied().map(Into::into).collect(),
        password_hash: password_hash.clone(),
    })
}

async fn change(
    db: &Db,
    email: EmailAddress,
    update: UpdatePerson,
    now: Instant,
) -> anyhow::Result<String> {
    let outcome = db.write(move |conn| {
        let person = named(conn, &email)?;
        let id = update_person(conn, None, person.id, None, &update, now)?;
        let person = people::find(conn, Reach::Everything, id)?.ok_or(Rejection::NotFound)?;
        Ok(line(conn, &person, now)?)
    });
    outcome.await.map_err(error)
}

/// Whose that address is; who was added with it, where nobody has shown yet that it is theirs.
fn named(conn: &mut Conn, email: &EmailAddress) -> VerbResult<Person> {
    let refused = |code| Rejection::Field {
        field: "email",
        code,
        given: email.to_string(),
    };
    if let Some(person) = people::by_email(conn, email)? {
        return Ok(person);
    }
    let mut added = people::of_address(conn, email)?.into_iter();
    match (added.next(), added.next()) {
        (Some(person), None) => Ok(person),
        (None, _) => Err(refused("not_found").into()),
        (Some(_), Some(_)) => Err(refused("of_several").into()),
    }
}

async fn list(db: &Db, organization: Option<String>, now: Instant) -> anyhow::Result<Vec<String>> {
    const PAGE: i64 = 500;
    let outcome = db.read(move |conn| {
        let organization = match &organization {
            None => None,
            Some(name) => {
                let found = organizations::named(conn, Reach::Everything, name)?;
                let unknown = || Rejection::Field {
                    field: "organization",
                    code: "not_found",
                    given: name.clone(),
                };
                Some(found.ok_or_else(unknown)?.id)
            }
        };
        let mut lines = Vec::new();
        let everybody = PersonFilter {
            organization,
            ..PersonFilter::default()
        };
        let mut window = Window::first(Sort::ascending(PersonOrder::Name), PAGE);
        loop {
            let page = people::list(conn, Reach::Everything, (&everybody, now), &window)?;
            for person in &page {
                lines.push(line(conn, person, now)?);
            }
            match page.last() {
                Some(person) => window.after = Some(people::place(PersonOrder::Name, person)),
                None => return Ok(lines),
            }
        }
    });
    outcome.await.map_err(error)
}

/// A person on one line.
fn line(conn: &mut Conn, person: &Person, now: Instant) -> Result<String, DbError> {
    let organization = organizations::find(conn, Reach::Everything, person.organization_id)?;
    let slug = organization.map_or("?".to_owned(), |organization| organization.slug.to_string());
    let roles = grants::of_people(conn, &[person.id], now)?;
    let roles: Vec<&str> = roles.iter().map(|(_, role)| role.code.as_str()).collect();
    let roles = match roles.as_slice() {
        [] => "no role".to_owned(),
        roles => roles.join(", "),
    };
    let disabled = match person.disabled_at {
        Some(at) => format!("; disabled since {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => String::new(),
    };
    Ok(format!(
        "{} <{}>, {slug}: {roles}{disabled}",
        person.name(),
        person.email
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credentials::verify_password;
    use crate::testing::TestDatabase;

    const NEW: &str = "a bell for another day";

    fn args(email: &str, organization: &str, role: Role) -> AddArgs {
        AddArgs {
            email: email.parse().expect("an address"),
            first_name: "Ada".parse().expect("a name"),
            last_name: "Frost".parse().expect("a name"),
            organization: organization.to_owned(),
            roles: vec![role],
            password_stdin: true,
        }
    }

    async fn added(database: &TestDatabase, args: AddArgs) -> Result<String, String> {
        let password = || Ok(SecretString::from("correct horse battery"));
        add(database, args, password, Clock::System.now())
            .await
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn the_first_administrator_brings_the_provider() {
        let database = TestDatabase::new();
        let refused = added(
            &database,
            args("sam@n.example", "Northstar Support", Role::SupportEngineer),
        )
        .await;
        assert_eq!(
            refused,
            Err("organization: there is no “Northstar Support”".to_owned())
        );
        let said = added(
            &database,
            args("ada@n.example", "Northstar Support", Role::Administrator),
        )
        .await;
        assert_eq!(
            said.as_deref(),
            Ok(
                "Ada Frost <ada@n.example>, northstar-support: administrator\nNorthstar Support (northstar-support) is \
                the provider of this installation."
            )
        );
        let said = added(
            &database,
            args("sam@n.example", "northstar-support", Role::SupportEngineer),
        )
        .await;
        assert_eq!(
            said.as_deref(),
            Ok("Ada Frost <sam@n.example>, northstar-support: support_engineer")
        );
        let refused = added(
            &database,
            args("eve@n.example", "Southstar", Role::Administrator),
        )
        .await;
        assert_eq!(
            refused,
            Err("organization: there is no “Southstar”".to_owned())
        );
        let refused = added(
            &database,
            args("ada@n.example", "northstar-support", Role::Monitor),
        )
        .await;
        assert_eq!(refused, Err("email: “ada@n.example” is taken".to_owned()));
        let refused = added(
            &database,
            args("dan@n.example", "northstar-support", Role::PortalViewer),
        )
        .await;
        assert_eq!(
            refused,
            Err("roles: the organization's people cannot be portal_viewer".to_owned())
        );

        let lines = list(&database, None, Clock::System.now())
            .await
            .expect("people");
        assert_eq!(lines.len(), 2);
        assert!(
            list(&database, Some("nowhere".to_owned()), Clock::System.now())
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn people_are_shut_out_and_let_in_and_get_new_passwords() {
        let database = TestDatabase::new();
        let now = Clock::System.now();
        added(
            &database,
            args("ada@n.example", "Northstar", Role::Administrator),
        )
        .await
        .expect("added");
        added(
            &database,
            args("sam@n.example", "northstar", Role::SupportEngineer),
        )
        .await
        .expect("added");
        let email = |text: &str| -> EmailAddress { text.parse().expect("an address") };
        let said = change(&database, email("sam@n.example"), disabled(true), now)
            .await
            .expect("changed");
        assert!(said.contains("disabled since"), "{said}");
        let said = change(&database, email("sam@n.example"), disabled(false), now)
            .await
            .expect("changed");
        assert!(!said.contains("disabled since"), "{said}");
        let refused = change(&database, email("ada@n.example"), disabled(true), now).await;
        assert_eq!(
            refused.expect_err("refused").to_string(),
            "roles: somebody has to remain administrator of Northstar"
        );
        let refused = change(&database, email("eve@n.example"), disabled(true), now).await;
        assert_eq!(
            refused.expect_err("refused").to_string(),
            "email: there is no “eve@n.example”"
        );

        let update = UpdatePerson {
            password_hash: Some(
                hashed(
                    &SecretString::from(NEW),
                    &Context::of(&email("sam@n.example")),
                )
                .expect("hashed"),
            ),
            ..UpdatePerson::default()
        };
        change(&database, email("sam@n.example"), update, now)
            .await
            .expect("changed");
        let sam = database
            .read(move |conn| Ok::<_, DbError>(people::by_email(conn, &email("sam@n.example"))?))
            .await
            .expect("read")
            .expect("Sam");
        assert!(verify_password(NEW, sam.password_hash.as_deref()));
        for (wrong, why) in [
            ("", "the password is empty: nothing stood on standard input"),
            ("x", "password: it has fewer than 10 characters"),
            ("sam@n.example", "password: it is the e-mail address"),
        ] {
            let refused = hashed(
                &SecretString::from(wrong),
                &Context::of(&email("sam@n.example")),
            );
            assert_eq!(refused.expect_err("refused").to_string(), why);
        }
    }
}
