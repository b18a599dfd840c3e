//! The demo: a provisional programme, rounds, accounts and publications, in an installation that is
//! still empty. Nothing in it was said by a resident.
//!
//! The ids follow from the keys in the files, so that a demo that is made again has the same ones.

pub mod conversations;

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::{Round, RoundKind};
use koffiekar_sync_core::ids::{LineKey, PublicationId, RoundId, SectionId, UserId};
use koffiekar_sync_core::office::{Publication, Role};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Koffiekar;
use crate::office::programme::{self, ProgrammeError};
use crate::problem::ApiError;
use crate::store::accounts::{self, Account, NewAccount};
use crate::store::audit::{self, DONE, Entry};
use crate::store::publications::{self, SectionHead};
use crate::store::{StoreError, Tx, catalogue, rounds, sessions};

/// Of every demo account.
pub const PASSWORD: &str = "koffie-demo-2026";

const PROGRAMME: &str = include_str!("../demo/programme.toml");
const DEMO: &str = include_str!("../demo/demo.toml");

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error("the demo programme: {0}")]
    Programme(#[from] ProgrammeError),
    #[error("the demo accounts\n{0}")]
    Syntax(#[from] toml::de::Error),
    #[error("the demo refers to a round `{0}` that it lacks")]
    NoRound(String),
    #[error("the demo passwords: {0}")]
    Password(#[from] ApiError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rounds: Vec<RoundTable>,
    people: Vec<PersonTable>,
    publications: Vec<PublicationTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoundTable {
    key: String,
    name: String,
    kind: RoundKind,
    starts_on: String,
    ends_on: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PersonTable {
    login: String,
    name: String,
    role: Role,
    rounds: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublicationTable {
    key: String,
    title: String,
    form: String,
    state: String,
    sections: Vec<SectionTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionTable {
    key: String,
    title: String,
    theme: Option<LineKey>,
    action_line: Option<LineKey>,
}

/// Fills an installation that has neither people nor programme. `false` where it has.
pub async fn load(koffiekar: &Koffiekar) -> Result<bool, DemoError> {
    let programme = programme::parse(PROGRAMME)?;
    let file: File = toml::from_str(DEMO)?;
    let mut tx = koffiekar.store.read().await?;
    let empty = is_empty(&mut tx).await?;
    tx.commit().await?;
    if !empty {
        return Ok(false);
    }
    // One hash for all: they share their password openly.
    let password_hash = koffiekar
        .passwords
        .hash(PASSWORD.to_owned(), "demo")
        .await?;

    let mut tx = koffiekar.store.write().await?;
    // Takes the installation's row first, so that of two servers that start at once one waits here.
    programme::write(&mut tx, &programme).await?;
    if !accounts::is_empty(&mut tx).await? {
        return Ok(false);
    }
    for table in &file.rounds {
        let RoundTable {
            key,
            name,
            kind,
            starts_on,
            ends_on,
        } = table;
        let (name, starts_on, ends_on) = (name.clone(), starts_on.clone(), ends_on.clone());
        let round = Round {
            id: round(key),
            name,
            kind: *kind,
            starts_on,
            ends_on,
            closed: false,
        };
        rounds::put(&mut tx, &round).await?;
    }
    for person in file.people {
        let known = |key: &String| file.rounds.iter().any(|round| round.key == *key);
        if let Some(key) = person.rounds.iter().find(|key| !known(key)) {
            return Err(DemoError::NoRound(key.clone()));
        }
        let members: Vec<RoundId> = person.rounds.iter().map(|key| round(key)).collect();
        let PersonTable {
            login, name, role, ..
        } = person;
        let account = Account {
            id: user(&login),
            login,
            name,
            role,
            disabled: false,
            demo: true,
        };
        let (id, password_hash) = (account.id, password_hash.clone());
        let created_at = koffiekar.clock.now();
        accounts::insert(
            &mut tx,
            &NewAccount {
                account,
                password_hash,
                created_at,
            },
        )
        .await?;
        accounts::set_memberships(&mut tx, id, &members).await?;
    }
    for PublicationTable {
        key,
        title,
        form,
        state,
        sections,
    } in file.publications
    {
        let id = PublicationId(named("publication", &key));
        let publication = Publication {
            id,
            title,
            form,
            state,
            sections: Vec::new(),
            tally: None,
        };
        publications::insert(&mut tx, &publication).await?;
        for section in sections {
            let SectionTable {
                key: section,
                title,
                theme,
                action_line,
            } = section;
            let head = SectionId(named("section", &format!("{key}/{section}")));
            let head = SectionHead {
                id: head,
                title,
                theme,
                action_line,
            };
            publications::insert_section(&mut tx, id, &head).await?;
        }
    }
    tx.commit().await?;
    koffiekar.suggest.learn_now(&koffiekar.store).await?;
    Ok(true)
}

async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(accounts::is_empty(tx).await? && catalogue::themes(tx).await?.is_empty())
}

/// The id of the demo round with this key.
pub fn round(key: &str) -> RoundId {
    RoundId(named("round", key))
}

/// The id of the demo account with this login.
pub fn user(login: &str) -> UserId {
    UserId(named("user", login))
}

fn named(kind: &str, key: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("koffiekar demo {kind} {key}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Demo accounts that anybody can sign in with: active, and with the password that everybody knows.
pub async fn open_accounts(koffiekar: &Koffiekar) -> Result<Vec<Account>, DemoError> {
    let mut tx = koffiekar.store.read().await?;
    let mut hashed = Vec::new();
    for account in accounts::demo(&mut tx).await? {
        if let Some((_, hash)) = accounts::with_password(&mut tx, &account.login).await? {
            hashed.push((account, hash));
        }
    }
    drop(tx);
    // They share one hash as a rule, and each takes its time.
    let mut is_known: BTreeMap<String, bool> = BTreeMap::new();
    let mut open = Vec::new();
    for (account, hash) in hashed {
        let known = match is_known.get(&hash) {
            Some(known) => *known,
            None => {
                let password = PASSWORD.to_owned();
                let passwords = &koffiekar.passwords;
                let turn = passwords.turn("demo", true).await?;
                let (_, known) = passwords.verify(turn, password, Some(hash.clone())).await?;
                is_known.insert(hash, known);
                known
            }
        };
        if known {
            open.push(account);
        }
    }
    Ok(open)
}

/// Ends these accounts; returns their logins.
pub async fn disable_open_accounts(
    koffiekar: &Koffiekar,
    origin: &str,
) -> Result<Vec<String>, DemoError> {
    let open = open_accounts(koffiekar).await?;
    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    let mut disabled = Vec::new();
    for account in open {
        let account = Account {
            disabled: true,
            ..account
        };
        accounts::update(&mut tx, &account).await?;
        sessions::end_all_of(&mut tx, account.id).await?;
        let entry = Entry {
            at: koffiekar.clock.now(),
            actor: None,
            origin,
            action: "disable person",
            object: &account.id.to_string(),
            result: DONE,
        };
        audit::write(&mut tx, entry).await?;
        disabled.push(account.login);
    }
    tx.commit().await?;
    Ok(disabled)
}

/// The table of accounts that a demo prints when it starts.
pub async fn accounts_table(koffiekar: &Koffiekar) -> Result<String, StoreError> {
    let mut tx = koffiekar.store.read().await?;
    let accounts = accounts::demo(&mut tx).await?;
    tx.commit().await?;
    let rows = accounts.iter().map(|account| {
        format!(
            "  {:<14} {:<14} {}\n",
            account.login,
            account.role.as_str(),
            account.name
        )
    });
    Ok(rows.collect())
}
