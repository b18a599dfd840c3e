//! People with an account, and the rounds they work in.

use std::collections::BTreeMap;

use koffiekar_sync_core::ids::{Millis, RoundId, UserId};
use koffiekar_sync_core::office::{Person, Role};

use super::{Result, StoreError, Tx, on};

/// Who somebody is, without the password.
#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    pub id: UserId,
    pub login: String,
    pub name: String,
    pub role: Role,
    pub disabled: bool,
    pub demo: bool,
}

/// An account that is about to be made.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub account: Account,
    /// A PHC string.
    pub password_hash: String,
    pub created_at: Millis,
}

/// id, login, name, role, disabled, demo
pub(super) type AccountRow = (Vec<u8>, String, String, String, bool, bool);

pub(super) fn account((id, login, name, role, disabled, demo): AccountRow) -> Result<Account> {
    let role = Role::parse(&role).ok_or_else(|| StoreError::Corrupt(format!("role `{role}`")))?;
    Ok(Account {
        id: UserId::from_slice(&id)?,
        login,
        name,
        role,
        disabled,
        demo,
    })
}

/// Is there nobody at all?
pub async fn is_empty(tx: &mut Tx) -> Result<bool> {
    let statement = "select count(*) from users";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(count == 0)
}

/// A login that exists already is a conflict, see [`StoreError::is_conflict`].
pub async fn insert(tx: &mut Tx, new: &NewAccount) -> Result<()> {
    let statement = "
        insert into users (id, login, name, role, password_hash, disabled, demo, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let account = &new.account;
    on!(tx, c => sqlx::query(statement)
        .bind(account.id.as_bytes().as_slice())
        .bind(&account.login)
        .bind(&account.name)
        .bind(account.role.as_str())
        .bind(&new.password_hash)
        .bind(account.disabled)
        .bind(account.demo)
        .bind(new.created_at.0)
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn find(tx: &mut Tx, user: UserId) -> Result<Option<Account>> {
    let statement = "select id, login, name, role, disabled, demo from users where id = $1";
    let row: Option<AccountRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(user.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(account).transpose()
}

/// The account and the hash of its password, for signing in.
pub async fn with_password(tx: &mut Tx, login: &str) -> Result<Option<(Account, String)>> {
    let statement = "
        select id, login, name, role, disabled, demo, password_hash from users where login = $1";
    type Row = (Vec<u8>, String, String, String, bool, bool, String);
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(statement).bind(login).fetch_optional(c).await?);
    row.map(|(id, login, name, role, disabled, demo, password_hash)| {
        Ok((
            account((id, login, name, role, disabled, demo))?,
            password_hash,
        ))
    })
    .transpose()
}

/// Writes name, role and whether the account is disabled.
pub async fn update(tx: &mut Tx, account: &Account) -> Result<()> {
    let statement = "update users set name = $2, role = $3, disabled = $4 where id = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(account.id.as_bytes().as_slice())
        .bind(&account.name)
        .bind(account.role.as_str())
        .bind(account.disabled)
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn set_password(tx: &mut Tx, user: UserId, password_hash: &str) -> Result<()> {
    let statement = "update users set password_hash = $2 where id = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .bind(password_hash)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// How many people with this role can still sign in.
pub async fn count_active(tx: &mut Tx, role: Role) -> Result<u64> {
    let statement = "select count(*) from users where role = $1 and disabled = $2";
    let (count,): (i64,) = on!(tx, c => sqlx::query_as(statement)
        .bind(role.as_str())
        .bind(false)
        .fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// Everybody by name, with their rounds, as the administrator sees them.
pub async fn people(tx: &mut Tx) -> Result<Vec<Person>> {
    let statement = "
        select id, login, name, role, disabled, demo from users order by name, login";
    let users: Vec<AccountRow> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    let statement = "
        select member, round from round_members
        join rounds on rounds.id = round_members.round
        order by starts_on, name, round";
    let members: Vec<(Vec<u8>, Vec<u8>)> =
        on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);

    let mut rounds: BTreeMap<UserId, Vec<RoundId>> = BTreeMap::new();
    for (member, round) in members {
        rounds
            .entry(UserId::from_slice(&member)?)
            .or_default()
            .push(RoundId::from_slice(&round)?);
    }
    users
        .into_iter()
        .map(|row| {
            let account = account(row)?;
            let rounds = rounds.remove(&account.id).unwrap_or_default();
            Ok(person(account, rounds))
        })
        .collect()
}

/// An account as the administrator sees it.
pub fn person(account: Account, rounds: Vec<RoundId>) -> Person {
    let Account {
        id,
        login,
        name,
        role,
        disabled,
        demo,
    } = account;
    Person {
        id,
        login,
        name,
        role,
        disabled,
        demo,
        rounds,
    }
}

/// The demo accounts by role and login, printed at each start of a demo.
pub async fn demo(tx: &mut Tx) -> Result<Vec<Account>> {
    let statement = "
        select id, login, name, role, disabled, demo from users
        where demo = $1 and disabled = $2 order by login";
    let rows: Vec<AccountRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(true)
        .bind(false)
        .fetch_all(c).await?);
    rows.into_iter().map(account).collect()
}

/// The rounds somebody works in, the first one first.
pub async fn memberships(tx: &mut Tx, user: UserId) -> Result<Vec<RoundId>> {
    let statement = "
        select round from round_members
        join rounds on rounds.id = round_members.round
        where member = $1 order by starts_on, name, round";
    let rows: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(user.as_bytes().as_slice())
        .fetch_all(c).await?);
    rows.into_iter()
        .map(|(round,)| Ok(RoundId::from_slice(&round)?))
        .collect()
}

/// Replaces the rounds somebody works in. Each must exist.
pub async fn set_memberships(tx: &mut Tx, user: UserId, rounds: &[RoundId]) -> Result<()> {
    let statement = "delete from round_members where member = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(user.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    let statement = "
        insert into round_members (round, member) values ($1, $2) on conflict do nothing";
    for round in rounds {
        on!(tx, c => sqlx::query(statement)
            .bind(round.as_bytes().as_slice())
            .bind(user.as_bytes().as_slice())
            .execute(c).await.map(drop)?);
    }
    Ok(())
}
