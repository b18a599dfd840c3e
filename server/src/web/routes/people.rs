//! The administrator's people.

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::ids::{RoundId, UserId};
use koffiekar_sync_core::office::{ChangePerson, NewPerson, Person, Role};

use crate::Koffiekar;
use crate::office::fields::{self, NAME};
use crate::office::password_rules;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::accounts::{self, Account, NewAccount};
use crate::store::audit::{self, DONE, Entry};
use crate::store::{Tx, browsers, catalogue, rounds, sessions};
use crate::web::attempts;
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};

const NAME_CHARS: usize = 80;

/// `GET /api/v1/people`
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Vec<Person>>, ApiError> {
    caller.may(Action::ManagePeople)?;
    let mut tx = koffiekar.store.read().await?;
    let people = accounts::people(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(people))
}

/// `POST /api/v1/people`
pub async fn add(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(new): Json<NewPerson>,
) -> Result<(StatusCode, Json<Person>), ApiError> {
    caller.may(Action::ManagePeople)?;
    let person = insert(&koffiekar, new, Some(caller.user), &caller.origin).await?;
    Ok((StatusCode::CREATED, Json(person)))
}

/// Adds a person, on behalf of an administrator or of whoever has the console.
pub async fn insert(
    koffiekar: &Koffiekar,
    new: NewPerson,
    actor: Option<UserId>,
    origin: &str,
) -> Result<Person, ApiError> {
    let login = fields::login(&new.login)?;
    let name = fields::line(NAME, &new.name, 1..=NAME_CHARS)?;
    let password = password_rules::checked(new.password, &login, &name)?;
    let password_hash = koffiekar.passwords.hash(password, origin).await?;
    let now = koffiekar.clock.now();
    let id = UserId::new(now, koffiekar.random.bytes());
    let account = Account {
        id,
        login,
        name,
        role: new.role,
        disabled: false,
        demo: false,
    };

    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    check_rounds(&mut tx, &new.rounds).await?;
    let new_account = NewAccount {
        account: account.clone(),
        password_hash,
        created_at: now,
    };
    accounts::insert(&mut tx, &new_account)
        .await
        .map_err(|error| {
            if !error.is_conflict() {
                return error.into();
            }
            ApiError::conflict(
                format!(
                    "De aanmeldnaam `{}` is al in gebruik. Kies een andere.",
                    account.login
                ),
                format!("The login `{}` is taken. Choose another.", account.login),
            )
        })?;
    accounts::set_memberships(&mut tx, id, &new.rounds).await?;
    audit::write(
        &mut tx,
        Entry {
            at: now,
            actor,
            origin,
            action: "add person",
            object: &id.to_string(),
            result: DONE,
        },
    )
    .await?;
    let rounds = accounts::memberships(&mut tx, id).await?;
    tx.commit().await?;
    Ok(accounts::person(account, rounds))
}

/// `PATCH /api/v1/people/{user}`. Another role, another password and disabling end the person's
/// sessions; what they may do changes at once.
pub async fn change(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(user): Path<UserId>,
    Json(change): Json<ChangePerson>,
) -> Result<Json<Person>, ApiError> {
    caller.may(Action::ManagePeople)?;
    let name = change
        .name
        .map(|name| fields::line(NAME, &name, 1..=NAME_CHARS))
        .transpose()?;
    let password_hash = match change.password {
        Some(password) => {
            let mut tx = koffiekar.store.read().await?;
            let found = accounts::find(&mut tx, user).await?;
            drop(tx);
            let known = found.ok_or_else(ApiError::not_found)?;
            let name = name.as_ref().unwrap_or(&known.name);
            let password = password_rules::checked(password, &known.login, name)?;
            Some(koffiekar.passwords.hash(password, &caller.origin).await?)
        }
        None => None,
    };

    let mut tx = koffiekar.store.write().await?;
    // First, so that two administrators who disable each other wait for one another.
    catalogue::bump(&mut tx).await?;
    let before = accounts::find(&mut tx, user)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let account = Account {
        name: name.unwrap_or_else(|| before.name.clone()),
        role: change.role.unwrap_or(before.role),
        disabled: change.disabled.unwrap_or(before.disabled),
        ..before.clone()
    };
    accounts::update(&mut tx, &account).await?;
    if accounts::count_active(&mut tx, Role::Administrator).await? == 0 {
        return Err(ApiError::conflict(
            "Dit is de laatste beheerder. Maak eerst iemand anders beheerder.",
            "This is the last administrator. Make somebody else administrator first.",
        ));
    }
    if let Some(password_hash) = &password_hash {
        accounts::set_password(&mut tx, user, password_hash).await?;
        browsers::forget_all_of(&mut tx, user).await?;
        attempts::forgive(&mut tx, &account.login).await?;
    }
    if let Some(rounds) = &change.rounds {
        check_rounds(&mut tx, rounds).await?;
        accounts::set_memberships(&mut tx, user, rounds).await?;
    }
    if account.disabled || account.role != before.role || password_hash.is_some() {
        sessions::end_all_of(&mut tx, user).await?;
    }
    audit::write(
        &mut tx,
        Entry {
            at: koffiekar.clock.now(),
            actor: Some(caller.user),
            origin: &caller.origin,
            action: match (change.disabled, &password_hash) {
                (Some(true), _) if !before.disabled => "disable person",
                (_, Some(_)) => "give password",
                (Some(false), None) if before.disabled => "enable person",
                _ => "change person",
            },
            object: &user.to_string(),
            result: DONE,
        },
    )
    .await?;
    let rounds = accounts::memberships(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(accounts::person(account, rounds)))
}

async fn check_rounds(tx: &mut Tx, asked: &[RoundId]) -> Result<(), ApiError> {
    let known = rounds::list(tx).await?;
    match asked
        .iter()
        .find(|id| !known.iter().any(|round| round.id == **id))
    {
        None => Ok(()),
        Some(id) => Err(ApiError::invalid(
            format!("De ronde {id} bestaat niet. Kies rondes uit de lijst."),
            format!("There is no round {id}. Choose rounds from the list."),
        )),
    }
}
