//! The API, in one table. `docs/api.md` tells what each takes and gives.

pub mod action_lines;
pub mod audit;
pub mod conversations;
pub mod devices;
pub mod export;
pub mod health;
pub mod held;
pub mod home;
pub mod line_acts;
pub mod live;
pub mod people;
pub mod programme;
pub mod publications;
pub mod quotes;
pub mod rescues;
pub mod review;
pub mod rounds;
pub mod session;
pub mod sync;
pub mod tagger;
pub mod watched;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, patch, post, put};
use tower_http::catch_panic::CatchPanicLayer;

use crate::Koffiekar;
use crate::problem::ApiError;
use crate::web::middleware::bodies;
use crate::web::{assets, middleware};

/// Bytes of a JSON body.
const JSON_BYTES: usize = 64 * 1024;

#[rustfmt::skip]
pub fn router(koffiekar: Koffiekar) -> Router {
    Router::new()
        .route("/healthz",                                     get(health::alive))
        .route("/readyz",                                      get(health::ready))
        .route("/api/v1",                                      get(home::home))

        .route("/api/v1/session",                              get(session::read).post(session::sign_in).delete(session::sign_out))
        .route("/api/v1/session/password",                     put(session::change_password))
        .route("/api/v1/programme",                            get(programme::read))
        .route("/api/v1/programme/asks",                       put(programme::ask))

        .route("/api/v1/sync",                                 post(sync::sync))
        .route("/api/v1/sync/live",                            get(live::live))

        .route("/api/v1/quotes",                               get(quotes::list).post(quotes::list))
        .route("/api/v1/quotes.csv",                           get(export::csv).post(export::csv))
        .route("/api/v1/quotes/counts",                        get(quotes::counts).post(quotes::counts))
        .route("/api/v1/quotes/counts.csv",                    get(export::counts_csv).post(export::counts_csv))
        .route("/api/v1/quotes/{quote}",                       get(quotes::detail))
        .route("/api/v1/quotes/{quote}/tags",                  post(review::tag))
        .route("/api/v1/quotes/{quote}/wording",               post(review::settle))
        .route("/api/v1/quotes/{quote}/erase",                 post(conversations::erase_quote))
        .route("/api/v1/conversations/{id}",                   get(conversations::find))
        .route("/api/v1/conversations/{id}/move",              post(conversations::move_to))
        .route("/api/v1/conversations/{id}/erase",             post(conversations::erase))
        .route("/api/v1/erasures",                             get(conversations::erasures))
        .route("/api/v1/desk",                                 get(review::desk))
        .route("/api/v1/review",                               get(review::queue).post(review::queue))
        .route("/api/v1/tagger",                               get(tagger::read))
        .route("/api/v1/tagger/quality",                       get(tagger::quality))
        .route("/api/v1/tagger/acceptance",                    put(tagger::accept))
        .route("/api/v1/tagger/learning",                      put(tagger::hold))
        .route("/api/v1/tagger/versions",                      get(tagger::versions))
        .route("/api/v1/tagger/versions/{number}/preview",     get(tagger::preview))

        .route("/api/v1/publications",                         get(publications::list))
        .route("/api/v1/publications/{publication}",           get(publications::read))
        .route("/api/v1/sections/{section}/selections",        post(publications::choose))
        .route("/api/v1/sections/{section}/selections/{quote}", delete(publications::take_back))

        .route("/api/v1/people",                               get(people::list).post(people::add))
        .route("/api/v1/people/{user}",                        patch(people::change))
        .route("/api/v1/rounds",                               post(rounds::add))
        .route("/api/v1/rounds/{round}",                       patch(rounds::change))
        .route("/api/v1/rounds/{round}/preview",               post(rounds::preview))
        .route("/api/v1/action-lines/{key}",                   put(action_lines::write))
        .route("/api/v1/action-lines/{key}/preview",           post(action_lines::preview))
        .route("/api/v1/line-acts",                            get(line_acts::list).post(line_acts::record))
        .route("/api/v1/line-acts/preview",                    post(line_acts::preview))
        .route("/api/v1/line-acts/{act}/undo",                 post(line_acts::undo))
        .route("/api/v1/devices",                              get(devices::list).post(devices::enrol))
        .route("/api/v1/devices/{device}/revoke",              post(devices::revoke))
        .route("/api/v1/rescues",                              post(rescues::take_in))
        .route("/api/v1/held",                                 get(held::list))
        .route("/api/v1/held/{id}/accept",                     post(held::accept))
        .route("/api/v1/held/{id}/turn-down",                  post(held::turn_down))

        .route("/api/v1/audit",                                get(audit::list))

        // Everything else is a file or a screen of the app.
        .fallback(assets::serve)
        .method_not_allowed_fallback(async || ApiError::Method)
        // From the inside out.
        .layer(DefaultBodyLimit::max(JSON_BYTES))
        .layer(from_fn_with_state(koffiekar.clone(), middleware::same_origin))
        .layer(from_fn_with_state(koffiekar.clone(), middleware::on_its_database))
        .layer(CatchPanicLayer::custom(middleware::panicked))
        .layer(from_fn_with_state(koffiekar.clone(), bodies::bound))
        .layer(from_fn(middleware::in_time))
        .layer(from_fn_with_state(koffiekar.clone(), middleware::account_for))
        .with_state(koffiekar)
}

/// Answers on connections that are too many.
pub(crate) fn crowded(koffiekar: Koffiekar) -> Router {
    let accounted = from_fn_with_state(koffiekar, middleware::account_for);
    Router::new()
        .fallback(async || ApiError::too_many_connections())
        .layer(accounted)
}
