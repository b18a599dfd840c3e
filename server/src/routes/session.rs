//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::office::{Session, SignIn};

use crate::Koffiekar;
use crate::attempts;
use crate::caller::{self, Caller, SESSION_MS};
use crate::extract::{Json, Origin};
use crate::fields;
use crate::passwords;
use crate::problem::ApiError;
use crate::store::accounts::{self, Account};
use crate::store::audit::{self, DONE, Entry, REFUSED};
use crate::store::{Tx, rounds, sessions};

/// `POST /api/v1/session`
pub async fn sign_in(
    State(koffiekar): State<Koffiekar>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Json(asked): Json<SignIn>,
) -> Result<Response, ApiError> {
    let account = authenticate(&koffiekar, &origin, &asked.login, asked.password).await?;

    let now = koffiekar.clock.now();
    let expires_at = now.plus(SESSION_MS);
    let token = caller::new_token(&koffiekar.random);
    let mut tx = koffiekar.store.write().await?;
    sessions::remove_expired(&mut tx, now).await?;
    if let Some(before) = caller::token_hash(&headers) {
        sessions::end(&mut tx, &before).await?;
    }
    sessions::start(&mut tx, &caller::hash(&token), account.id, now, expires_at).await?;
    audit::write(
        &mut tx,
        Entry {
            at: now,
            actor: Some(account.id),
            origin: &origin,
            action: "sign in",
            object: &account.login,
            result: DONE,
        },
    )
    .await?;
    let members = accounts::memberships(&mut tx, account.id).await?;
    let rounds = rounds_among(&mut tx, &members).await?;
    tx.commit().await?;

    let Account {
        id: user,
        login,
        name,
        role,
        demo,
        ..
    } = account;
    let session = Session {
        user,
        login,
        name,
        role,
        rounds,
        demo,
        expires_at,
    };
    Ok((
        [(header::SET_COOKIE, caller::set_cookie(&token)?)],
        Json(session),
    )
        .into_response())
}

/// `GET /api/v1/session`
pub async fn read(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Session>, ApiError> {
    let mut tx = koffiekar.store.read().await?;
    let rounds = rounds_among(&mut tx, &caller.rounds).await?;
    tx.commit().await?;
    let Caller {
        user,
        login,
        name,
        role,
        demo,
        expires_at,
        ..
    } = caller;
    Ok(Json(Session {
        user,
        login,
        name,
        role,
        rounds,
        demo,
        expires_at,
    }))
}

/// `DELETE /api/v1/session`: also right for somebody who is signed out already.
pub async fn sign_out(
    State(koffiekar): State<Koffiekar>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(token) = caller::token_hash(&headers) {
        let mut tx = koffiekar.store.write().await?;
        sessions::end(&mut tx, &token).await?;
        tx.commit().await?;
    }
    let cookie = [(header::SET_COOKIE, caller::remove_cookie())];
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// Whose login and password these are. A refusal stands in the audit log; a login that nobody has
/// does not, because people type passwords there.
pub(super) async fn authenticate(
    koffiekar: &Koffiekar,
    origin: &str,
    login: &str,
    password: String,
) -> Result<Account, ApiError> {
    let login = login.trim().to_ascii_lowercase();
    let now = koffiekar.clock.now();
    let plausible = fields::is_login(&login) && password.chars().count() <= passwords::MAX_CHARS;
    let (login, password) = if plausible {
        (login, password)
    } else {
        Default::default()
    };
    attempts::begin(&koffiekar.store, &login, origin, now).await?;

    let mut tx = koffiekar.store.read().await?;
    let known = accounts::with_password(&mut tx, &login).await?;
    tx.commit().await?;
    let (account, hash) = known.unzip();
    let fits = koffiekar.passwords.verify(password, hash).await?;
    match account {
        Some(account) if fits && !account.disabled => {
            attempts::succeeded(&koffiekar.store, &login, origin).await?;
            Ok(account)
        }
        account => {
            let mut tx = koffiekar.store.write().await?;
            audit::write(
                &mut tx,
                Entry {
                    at: now,
                    actor: None,
                    origin,
                    action: "sign in",
                    object: account
                        .as_ref()
                        .map_or("unknown login", |account| &account.login),
                    result: REFUSED,
                },
            )
            .await?;
            tx.commit().await?;
            Err(ApiError::WrongCredentials)
        }
    }
}

async fn rounds_among(
    tx: &mut Tx,
    members: &[RoundId],
) -> Result<Vec<koffiekar_sync_core::catalogue::Round>, ApiError> {
    let mut all = rounds::list(tx).await?;
    all.retain(|round| members.contains(&round.id));
    Ok(all)
}
