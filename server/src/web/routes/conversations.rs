//! A conversation by its id, for who may not read it: moved to another round, erased, or a quote of it.

use axum::extract::State;
use koffiekar_sync_core::conversation::Document;
use koffiekar_sync_core::ids::{ConversationId, QuoteId};
use koffiekar_sync_core::office::{
    ConversationFound, ConversationOutline, EraseQuote, Erasure, ErasurePage, MoveConversation,
    QuoteOutline,
};
use serde::Deserialize;

use crate::Koffiekar;
use crate::office::erasing::{self, Which};
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{Tx, conversations, documents, rounds, tombstones};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path, Query};

/// How often a move starts over because a tablet wrote the same conversation meanwhile.
const TRIES: usize = 10;

/// `GET /api/v1/conversations/{id}`
pub async fn find(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<ConversationFound>, ApiError> {
    caller.may(Action::ManageConversations)?;
    let mut tx = koffiekar.store.read().await?;
    if let Some(erasure) = tombstones::show(&mut tx, id).await? {
        return Ok(Json(ConversationFound::Gone(erasure)));
    }
    let outline = outline(&mut tx, id).await?;
    Ok(Json(ConversationFound::Here(outline)))
}

async fn outline(tx: &mut Tx, id: ConversationId) -> Result<ConversationOutline, ApiError> {
    let stored = documents::find(tx, &[id]).await?.pop();
    let stored = stored.ok_or_else(ApiError::not_found)?;
    let about = conversations::about(tx, id).await?;
    let about = about.ok_or_else(ApiError::not_found)?;
    let document = Document::load(&stored.bytes).map_err(ApiError::internal)?;
    let read = document.read().map_err(ApiError::internal)?;
    let all = document.quotes().map_err(ApiError::internal)?;
    let ids: Vec<QuoteId> = all.keys().copied().collect();
    let selections = conversations::selections(tx, &ids).await?;
    let mut quotes: Vec<QuoteOutline> = all
        .into_iter()
        .map(|(id, shape)| {
            let position = read.quotes.iter().position(|quote| quote.id == id);
            QuoteOutline {
                id,
                position: position.map_or(0, |at| at as u64 + 1),
                chars: shape.chars as u64,
                taken_away: shape.taken_away,
                selections: selections.get(&id).copied().unwrap_or(0),
            }
        })
        .collect();
    quotes.sort_by_key(|quote| (quote.position == 0, quote.position, quote.id));
    Ok(ConversationOutline {
        id,
        round: stored.round,
        round_name: about.round_name,
        received_at: stored.received_at,
        recorded_at: about.recorded_at,
        clock_doubtful: about.clock_doubtful,
        recorded_by: about.recorded_by,
        device: about.device,
        device_label: about.device_label,
        notes_chars: read.notes.chars().count() as u64,
        quotes,
    })
}

/// `POST /api/v1/conversations/{id}/move`: whoever manages rounds may put it into a closed one too.
pub async fn move_to(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<ConversationId>,
    Json(asked): Json<MoveConversation>,
) -> Result<Json<ConversationOutline>, ApiError> {
    caller.may(Action::ManageConversations)?;
    for _ in 0..TRIES {
        let mut tx = koffiekar.store.read().await?;
        let found = documents::find(&mut tx, &[id]).await?.pop();
        let stored = found.ok_or_else(ApiError::not_found)?;
        let round = rounds::find(&mut tx, asked.round).await?;
        let round = round.ok_or_else(no_such_round)?;
        if stored.round == round.id {
            return outline(&mut tx, id).await.map(Json);
        }
        drop(tx);
        let mut tx = koffiekar.store.write().await?;
        let moved =
            conversations::move_to(&mut tx, id, stored.version, stored.round, &round).await?;
        let Some(places) = moved else {
            continue;
        };
        let entry = Entry {
            at: koffiekar.clock.now(),
            actor: Some(caller.user),
            origin: &caller.origin,
            action: "move conversation",
            object: &format!("{id} from round {} to {}", stored.round, round.id),
            result: DONE,
        };
        audit::write(&mut tx, entry).await?;
        tx.commit().await?;
        koffiekar.live.announce(&places);
        let mut tx = koffiekar.store.read().await?;
        return outline(&mut tx, id).await.map(Json);
    }
    Err(ApiError::Busy(None))
}

fn no_such_round() -> ApiError {
    ApiError::invalid(
        "Deze ronde bestaat niet. Kies er een uit de lijst van rondes.",
        "There is no such round. Choose one from the list of rounds.",
    )
}

/// `POST /api/v1/conversations/{id}/erase`
pub async fn erase(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<ConversationId>,
) -> Result<Json<Erasure>, ApiError> {
    caller.may(Action::ManageConversations)?;
    let which = Which {
        whole: true,
        quotes: [].into(),
    };
    erasing::ask(&koffiekar, caller.user, &caller.origin, id, &which)
        .await
        .map(Json)
}

/// `POST /api/v1/quotes/{quote}/erase`
pub async fn erase_quote(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(quote): Path<QuoteId>,
    Json(asked): Json<EraseQuote>,
) -> Result<Json<Erasure>, ApiError> {
    caller.may(Action::ManageConversations)?;
    let which = Which {
        whole: false,
        quotes: [quote].into(),
    };
    erasing::ask(
        &koffiekar,
        caller.user,
        &caller.origin,
        asked.conversation,
        &which,
    )
    .await
    .map(Json)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    after: Option<String>,
}

/// `GET /api/v1/erasures`
pub async fn erasures(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<ErasurePage>, ApiError> {
    caller.may(Action::ManageConversations)?;
    let mut tx = koffiekar.store.read().await?;
    let page = tombstones::page(&mut tx, asked.after.as_deref()).await?;
    page.map(Json).ok_or_else(|| {
        ApiError::invalid(
            "`after` is niet de `next` van een eerdere bladzijde. Begin bij de eerste.",
            "`after` is not the `next` of a page before. Begin with the first.",
        )
    })
}
