//! Who is asking, from the cookie of the session.
//!
//! The cookie holds 32 random bytes; the database knows their SHA-256 alone, so that whoever reads
//! the database cannot sign in with what stands there. A session lasts twelve hours after it was
//! last used.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use koffiekar_sync_core::ids::{Millis, RoundId, UserId};
use koffiekar_sync_core::office::Role;
use sha2::{Digest, Sha256};

use crate::Koffiekar;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::random::{self, Random};
use crate::store::sessions::TokenHash;
use crate::store::{self, accounts, sessions};
use crate::web::bounds::Turn;
use crate::web::extract::Origin;
use crate::web::middleware::bodies::Holds;

/// The prefix makes the browser insist on `Secure`, on `Path=/` and on no `Domain`.
pub const COOKIE: &str = "__Host-koffiekar";

/// Stays when its owner signs out.
pub const BROWSER_COOKIE: &str = "__Host-koffiekar-browser";
/// How long a browser stays known after its owner signed in, in milliseconds: no longer than browsers keep
/// a cookie.
pub(crate) const BROWSER_MS: i64 = 400 * Millis::DAY;

/// How long a session lasts after it was last used, in milliseconds.
pub const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
/// A session is written again only this long after the last time, in milliseconds.
const EXTEND_AFTER_MS: i64 = 15 * 60 * 1000;

/// The person who is asking.
#[derive(Debug, Clone)]
pub struct Caller {
    pub user: UserId,
    pub login: String,
    pub name: String,
    pub role: Role,
    /// The rounds they are a member of.
    pub rounds: Vec<RoundId>,
    pub demo: bool,
    pub expires_at: Millis,
    /// The network address, for the audit log.
    pub origin: String,
    /// Of this request; other requests of the same person wait for their own.
    _turn: Arc<Turn<UserId>>,
}

impl Caller {
    /// Refuses what the caller's role may not do.
    pub fn may(&self, action: Action) -> Result<(), ApiError> {
        if policy::allows(self.role, action) {
            Ok(())
        } else {
            Err(ApiError::not_allowed())
        }
    }

    pub fn is_member(&self, round: RoundId) -> bool {
        self.rounds.contains(&round)
    }
}

impl FromRequestParts<Koffiekar> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &Koffiekar) -> Result<Self, ApiError> {
        let Origin(origin) = Origin::from_request_parts(parts, state).await?;
        let token = token_hash(&parts.headers).ok_or(ApiError::SignedOut)?;
        let now = state.clock.now();

        let mut tx = state.store.read().await?;
        let session = sessions::find(&mut tx, &token, now).await?;
        let (account, mut expires_at) = session.ok_or(ApiError::SignedOut)?;
        let rounds = accounts::memberships(&mut tx, account.id).await?;
        tx.commit().await?;
        let turn = Arc::new(state.shares.person(account.id).await?);
        if let Some(holds) = parts.extensions.get::<Holds>() {
            holds.add(turn.clone());
        }

        let renewed = now.plus(SESSION_MS);
        if expires_at.plus(EXTEND_AFTER_MS) < renewed {
            let extended = extend(state, &token, renewed).await;
            if state.besides(extended)? {
                expires_at = renewed;
            }
        }
        let accounts::Account {
            id: user,
            login,
            name,
            role,
            demo,
            ..
        } = account;
        Ok(Self {
            user,
            login,
            name,
            role,
            rounds,
            demo,
            expires_at,
            origin,
            _turn: turn,
        })
    }
}

async fn extend(state: &Koffiekar, token: &TokenHash, until: Millis) -> store::Result<()> {
    let mut tx = state.store.write().await?;
    sessions::extend(&mut tx, token, until).await?;
    tx.commit().await
}

/// A fresh token for a cookie.
pub(crate) fn new_token(random: &Random) -> String {
    random::hex(&random.bytes::<32>())
}

pub(crate) fn hash(token: &str) -> TokenHash {
    Sha256::digest(token.as_bytes()).into()
}

/// The hash of the token of the session that the request's cookie carries.
pub(crate) fn token_hash(headers: &HeaderMap) -> Option<TokenHash> {
    Some(hash(token(headers, COOKIE)?))
}

/// The token in a cookie of this name.
fn token<'h>(headers: &'h HeaderMap, cookie: &str) -> Option<&'h str> {
    let token = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, token)| (name == cookie).then_some(token))?;
    random::from_hex::<32>(token)?;
    Some(token)
}

/// By what a browser is known again in which people signed in before. It opens nothing: it only lets them
/// give their password where strangers have to wait, see [`crate::web::attempts`].
#[derive(Debug)]
pub(crate) struct Browser {
    pub(crate) hash: TokenHash,
    token: String,
}

impl Browser {
    /// The one that asks.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Browser> {
        let token = token(headers, BROWSER_COOKIE)?.to_owned();
        Some(Browser {
            hash: hash(&token),
            token,
        })
    }

    /// One that has no token yet.
    pub(crate) fn new(random: &Random) -> Browser {
        let token = new_token(random);
        Browser {
            hash: hash(&token),
            token,
        }
    }

    pub(crate) fn set_cookie(&self) -> Result<HeaderValue, ApiError> {
        let Browser { token, .. } = self;
        let seconds = BROWSER_MS / 1000;
        let cookie = format!(
            "{BROWSER_COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={seconds}"
        );
        HeaderValue::from_str(&cookie).map_err(ApiError::internal)
    }
}

/// Sets the cookie. Without `Max-Age`: it ends with the browser, and the server ends it before.
pub(crate) fn set_cookie(token: &str) -> Result<HeaderValue, ApiError> {
    let cookie = format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict");
    HeaderValue::from_str(&cookie).map_err(ApiError::internal)
}

/// Removes the cookie from the browser.
pub(crate) fn remove_cookie() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-koffiekar=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
    )
}
