//! Signing in and out.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use koffiekar_sync_core::ids::RoundId;
use koffiekar_sync_core::office::{OwnPassword, Session, SignIn};

use crate::Koffiekar;
use crate::office::fields;
use crate::office::password_rules;
use crate::office::passwords;
use crate::problem::ApiError;
use crate::store::accounts::{self, Account};
use crate::store::audit::{self, DONE, Entry, REFUSED};
use crate::store::{Tx, browsers, rounds, sessions};
use crate::web::attempts::Attempt;
use crate::web::caller::{self, BROWSER_MS, Browser, Caller, SESSION_MS};
use crate::web::extract::{Json, Origin};

/// `POST /api/v1/session`
pub async fn sign_in(
    State(koffiekar): State<Koffiekar>,
    Origin(origin): Origin,
    headers: HeaderMap,
    Json(asked): Json<SignIn>,
) -> Result<Response, ApiError> {
    let (account, browser) =
        authenticate(&koffiekar, &origin, &headers, &asked.login, asked.password).await?;

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
    let cookies = AppendHeaders([
        (header::SET_COOKIE, caller::set_cookie(&token)?),
        (header::SET_COOKIE, browser.set_cookie()?),
    ]);
    Ok((cookies, Json(session)).into_response())
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

/// `PUT /api/v1/session/password`: another password for oneself. Other sessions end, and other browsers are
/// strangers from then on.
pub async fn change_password(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    headers: HeaderMap,
    Json(asked): Json<OwnPassword>,
) -> Result<Response, ApiError> {
    let new = password_rules::checked(asked.password, &caller.login, &caller.name)?;
    let now = koffiekar.clock.now();
    // The session is known as a browser is: who holds it tries no more passwords than there.
    let session = caller::token_hash(&headers).ok_or(ApiError::SignedOut)?;
    let attempt = Attempt::new(Some(&caller.login), &caller.origin, Some(&session));
    attempt.check(&koffiekar.store, now).await?;
    let turn = koffiekar.passwords.turn(&caller.origin, true).await?;
    attempt.check(&koffiekar.store, now).await?;
    let mut tx = koffiekar.store.read().await?;
    let known = accounts::with_password(&mut tx, &caller.login).await?;
    drop(tx);
    let hash = known.map(|(_, hash)| hash);
    let (turn, fits) = koffiekar
        .passwords
        .verify(turn, asked.current, hash.clone())
        .await?;
    let done = Entry {
        at: now,
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "change own password",
        object: &caller.login,
        result: DONE,
    };
    if !fits {
        let mut tx = koffiekar.store.write().await?;
        attempt.failed(&mut tx, now).await?;
        let result = REFUSED;
        audit::write(&mut tx, Entry { result, ..done }).await?;
        tx.commit().await?;
        return Err(ApiError::invalid(
            "Uw huidige wachtwoord is niet juist. Typ het opnieuw.",
            "Your current password is not right. Type it again.",
        ));
    }
    drop(turn);
    let new = koffiekar.passwords.hash(new, &caller.origin).await?;
    let browser = Browser::of(&headers).unwrap_or_else(|| Browser::new(&koffiekar.random));
    let mut tx = koffiekar.store.write().await?;
    let stands = accounts::with_password(&mut tx, &caller.login).await?;
    if stands.map(|(_, hash)| hash) != hash {
        return Err(ApiError::conflict(
            "Uw wachtwoord is intussen door iemand anders veranderd. Meld u opnieuw aan.",
            "Somebody else changed your password meanwhile. Sign in again.",
        ));
    }
    accounts::set_password(&mut tx, caller.user, &new).await?;
    sessions::end_others_of(&mut tx, caller.user, &session).await?;
    browsers::forget_all_of(&mut tx, caller.user).await?;
    browsers::note(&mut tx, &browser.hash, caller.user, now).await?;
    attempt.succeeded(&mut tx).await?;
    audit::write(&mut tx, done).await?;
    tx.commit().await?;
    let cookie = [(header::SET_COOKIE, browser.set_cookie()?)];
    Ok((StatusCode::NO_CONTENT, cookie).into_response())
}

/// Whose login and password these are, and the browser that is known to them from now on. A refusal stands
/// in the audit log; a login that nobody has does not, because people type passwords there.
pub(super) async fn authenticate(
    koffiekar: &Koffiekar,
    origin: &str,
    headers: &HeaderMap,
    login: &str,
    password: String,
) -> Result<(Account, Browser), ApiError> {
    let login = login.trim().to_ascii_lowercase();
    let now = koffiekar.clock.now();
    let plausible = fields::is_login(&login) && password.chars().count() <= passwords::MAX_CHARS;
    let (login, password) = if plausible {
        (login, password)
    } else {
        Default::default()
    };
    let browser = Browser::of(headers);
    let mut known = None;
    if let Some(browser) = &browser {
        let mut tx = koffiekar.store.read().await?;
        let after = now.plus(-BROWSER_MS);
        if browsers::is_known(&mut tx, &browser.hash, &login, after).await? {
            known = Some(&browser.hash);
        }
    }
    let attempt = Attempt::new(plausible.then_some(&login), origin, known);
    // Whoever is refused does not wait in the line.
    attempt.check(&koffiekar.store, now).await?;
    let turn = koffiekar.passwords.turn(origin, known.is_some()).await?;
    // And no more get through it than are forgiven, however many came at once.
    attempt.check(&koffiekar.store, now).await?;

    let mut tx = koffiekar.store.read().await?;
    let found = accounts::with_password(&mut tx, &login).await?;
    drop(tx);
    let (account, hash) = found.unzip();
    let (_turn, fits) = koffiekar.passwords.verify(turn, password, hash).await?;
    let mut tx = koffiekar.store.write().await?;
    match account {
        Some(account) if fits && !account.disabled => {
            let browser = browser.unwrap_or_else(|| Browser::new(&koffiekar.random));
            attempt.succeeded(&mut tx).await?;
            browsers::note(&mut tx, &browser.hash, account.id, now).await?;
            tx.commit().await?;
            Ok((account, browser))
        }
        account => {
            attempt.failed(&mut tx, now).await?;
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
