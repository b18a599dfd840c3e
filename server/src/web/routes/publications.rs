//! Publications and the quotes chosen for them.
//!
//! A reader sees the chosen quotes of their own rounds, as far as residents agreed to what the reader
//! does with them. What may not be published as it stands is shown as such to whoever chooses, so
//! that they can act; where the resident agrees to nothing any more, it is shown without the words.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::{ConversationId, PublicationId, QuoteId, RoundId, SectionId};
use koffiekar_sync_core::office::{
    ChooseQuote, Publication, QuoteRow, Section, SelectedQuote, SelectionBlock, TagState, Tally,
};
use uuid::Uuid;

use super::quotes::sight;
use crate::Koffiekar;
use crate::policy::{self, Action};
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::publications::{self, SectionHead, Selection};
use crate::store::{Tx, quotes};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};
use crate::web::readings::ReadingEntry;

/// `GET /api/v1/publications`: without sections.
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Vec<Publication>>, ApiError> {
    caller.may(Action::ReadPublications)?;
    let mut tx = koffiekar.store.read().await?;
    let list = publications::list(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(list))
}

/// `GET /api/v1/publications/{publication}`
pub async fn read(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<PublicationId>,
) -> Result<Json<Publication>, ApiError> {
    caller.may(Action::ReadPublications)?;
    let mut tx = koffiekar.store.read().await?;
    let found = publications::find(&mut tx, id).await?;
    let mut publication = found.ok_or_else(ApiError::not_found)?;
    let heads = publications::sections(&mut tx, id).await?;
    let selections = publications::selections(&mut tx, id).await?;
    let mut chosen = chosen_quotes(&mut tx, &caller, selections).await?;
    tx.commit().await?;
    let reading = ReadingEntry {
        action: "read publication",
        object: &id.to_string(),
        filter: None,
        rows: chosen.values().map(|quotes| quotes.len() as u64).sum(),
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    publication.sections = heads
        .into_iter()
        .map(|head| {
            let quotes = chosen.remove(&head.id).unwrap_or_default();
            section(head, quotes)
        })
        .collect();
    let all = publication.sections.iter();
    publication.tally = Some(Tally::of(all.flat_map(|section| &section.quotes)));
    Ok(Json(publication))
}

/// `POST /api/v1/sections/{section}/selections`: 201 for a new choice, 200 where it stood there.
pub async fn choose(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<SectionId>,
    Json(choice): Json<ChooseQuote>,
) -> Result<(StatusCode, Json<Section>), ApiError> {
    caller.may(Action::ChooseQuotes)?;
    let now = koffiekar.clock.now();
    let mut tx = koffiekar.store.write().await?;
    let head = publications::find_section(&mut tx, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let row = quotes::rows_by_ids(&mut tx, &[choice.quote]).await?.pop();
    let row = row
        .filter(|row| caller.is_member(row.round))
        .ok_or_else(ApiError::not_found)?;
    if SelectionBlock::of(&row) == Some(SelectionBlock::NoConsent) {
        return Err(ApiError::conflict(
            "De bewoner geeft geen toestemming om dit citaat te publiceren. Kies een ander citaat.",
            "The resident does not allow this quote to be published. Choose another quote.",
        ));
    }
    let new = publications::choose(&mut tx, id, choice.quote, row.round, caller.user, now).await?;
    if new {
        if let Some(before) = choice.before {
            publications::put_before(&mut tx, id, choice.quote, before).await?;
        }
        audit::write(
            &mut tx,
            Entry {
                at: now,
                actor: Some(caller.user),
                origin: &caller.origin,
                action: "choose quote",
                object: &format!("{} for section {id}", choice.quote),
                result: DONE,
            },
        )
        .await?;
    }
    let section = with_quotes(&mut tx, &caller, head).await?;
    tx.commit().await?;
    Ok((
        if new {
            StatusCode::CREATED
        } else {
            StatusCode::OK
        },
        Json(section),
    ))
}

/// `DELETE /api/v1/sections/{section}/selections/{quote}`: also right where it stands there no more.
pub async fn take_back(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path((id, quote)): Path<(SectionId, QuoteId)>,
) -> Result<Json<Section>, ApiError> {
    caller.may(Action::ChooseQuotes)?;
    let mut tx = koffiekar.store.write().await?;
    let head = publications::find_section(&mut tx, id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let row = quotes::rows_by_ids(&mut tx, &[quote]).await?.pop();
    let stands = publications::selections_of_section(&mut tx, id).await?;
    let stands = stands.iter().find(|selection| selection.quote == quote);
    // One of a foreign round is answered as one that stands there no more: whether there is such a quote is
    // nothing to the caller.
    let is_theirs = match (row, stands) {
        (Some(row), _) => caller.is_member(row.round),
        (None, Some(selection)) => may_see_removed(&caller, selection),
        (None, None) => false,
    };
    if is_theirs && publications::take_back(&mut tx, id, quote).await? {
        audit::write(
            &mut tx,
            Entry {
                at: koffiekar.clock.now(),
                actor: Some(caller.user),
                origin: &caller.origin,
                action: "take back quote",
                object: &format!("{quote} from section {id}"),
                result: DONE,
            },
        )
        .await?;
    }
    let section = with_quotes(&mut tx, &caller, head).await?;
    tx.commit().await?;
    Ok(Json(section))
}

async fn with_quotes(tx: &mut Tx, caller: &Caller, head: SectionHead) -> Result<Section, ApiError> {
    let selections = publications::selections_of_section(tx, head.id).await?;
    let quotes = chosen_quotes(tx, caller, selections)
        .await?
        .remove(&head.id);
    Ok(section(head, quotes.unwrap_or_default()))
}

fn section(head: SectionHead, quotes: Vec<SelectedQuote>) -> Section {
    let SectionHead {
        id,
        title,
        theme,
        action_line,
    } = head;
    Section {
        id,
        title,
        theme,
        action_line,
        quotes,
    }
}

/// The chosen quotes that the caller may see, by section, in the order of choosing.
async fn chosen_quotes(
    tx: &mut Tx,
    caller: &Caller,
    selections: Vec<Selection>,
) -> Result<BTreeMap<SectionId, Vec<SelectedQuote>>, ApiError> {
    let chooses = policy::allows(caller.role, Action::ChooseQuotes);
    let sight = sight(caller);
    let ids: Vec<QuoteId> = selections.iter().map(|selection| selection.quote).collect();
    let rows = quotes::rows_by_ids(tx, &ids).await?;
    let rows: BTreeMap<QuoteId, QuoteRow> = rows.into_iter().map(|row| (row.id, row)).collect();

    let mut sections: BTreeMap<SectionId, Vec<SelectedQuote>> = BTreeMap::new();
    for selection in selections {
        let (quote, blocked) = match rows.get(&selection.quote) {
            Some(row) if !caller.is_member(row.round) => continue,
            Some(row) => match (sight.shows(row), SelectionBlock::of(row)) {
                (true, Some(SelectionBlock::NoConsent)) if !chooses => continue,
                (true, blocked) => (row.clone(), blocked),
                (false, blocked) if chooses => (withheld(row), blocked),
                (false, _) => continue,
            },
            None if !may_see_removed(caller, &selection) => continue,
            None => (removed(&selection), Some(SelectionBlock::Removed)),
        };
        let Selection {
            section,
            chosen_by,
            chosen_at,
            ..
        } = selection;
        let selected = SelectedQuote {
            quote,
            chosen_by,
            chosen_at,
            blocked,
        };
        sections.entry(section).or_default().push(selected);
    }
    Ok(sections)
}

/// That a quote of one's round was removed; where nobody knows its round any more, whoever chose it is told.
fn may_see_removed(caller: &Caller, selection: &Selection) -> bool {
    match selection.round {
        Some(round) => caller.is_member(round),
        None => selection.chooser == caller.user,
    }
}

/// That it was chosen, and nobody's words.
fn withheld(row: &QuoteRow) -> QuoteRow {
    QuoteRow {
        verbatim: String::new(),
        wordings: Vec::new(),
        suggestions: Vec::new(),
        ..row.clone()
    }
}

/// What is left of a quote that was removed: its id, and nobody's words.
fn removed(selection: &Selection) -> QuoteRow {
    QuoteRow {
        id: selection.quote,
        conversation: ConversationId(Uuid::nil()),
        round: RoundId(Uuid::nil()),
        round_name: String::new(),
        kind: RoundKind::NeighbourhoodRound,
        area: None,
        language: String::new(),
        recorded_at: selection.chosen_at,
        clock_doubtful: false,
        verbatim: String::new(),
        wordings: Vec::new(),
        tag_state: TagState::Untagged,
        tags: Vec::new(),
        suggestions: Vec::new(),
        consent: Vec::new(),
        selected_in: vec![selection.section],
    }
}
