//! The administrator's action lines: what the tagger starts from.

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{LinePreview, WriteLine};

use crate::Koffiekar;
use crate::office::fields::{self, DESCRIPTION, SYNONYM, TITLE};
use crate::office::programme::bounds;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{Tx, catalogue};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};
use crate::web::readings::ReadingEntry;

/// `PUT /api/v1/action-lines/{key}`: 201 for a new line, 200 for one that was there.
pub async fn write(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(key): Path<LineKey>,
    Json(asked): Json<WriteLine>,
) -> Result<(StatusCode, Json<ActionLine>), ApiError> {
    caller.may(Action::ManageLines)?;
    let line = checked(key, asked)?;

    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    ensure_theme(&mut tx, &line.theme).await?;
    let lines = catalogue::action_lines(&mut tx).await?;
    let before = lines.iter().find(|other| other.key == line.key);
    let exists = before.is_some();
    let line = ActionLine {
        ended: before.and_then(|before| before.ended.clone()),
        ..line
    };
    if !exists && lines.len() >= bounds::ACTION_LINES {
        return Err(ApiError::conflict(
            format!(
                "Er zijn al {} actielijnen; meer kan niet.",
                bounds::ACTION_LINES
            ),
            format!(
                "There are {} action lines already; there cannot be more.",
                bounds::ACTION_LINES
            ),
        ));
    }
    catalogue::put_action_line(&mut tx, &line, None).await?;
    audit::write(
        &mut tx,
        Entry {
            at: koffiekar.clock.now(),
            actor: Some(caller.user),
            origin: &caller.origin,
            action: if exists {
                "change action line"
            } else {
                "add action line"
            },
            object: line.key.as_str(),
            result: DONE,
        },
    )
    .await?;
    tx.commit().await?;
    koffiekar.suggest.learn_soon();
    Ok((
        if exists {
            StatusCode::OK
        } else {
            StatusCode::CREATED
        },
        Json(line),
    ))
}

/// `POST /api/v1/action-lines/{key}/preview`: what [`write`] would move.
pub async fn preview(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(key): Path<LineKey>,
    Json(asked): Json<WriteLine>,
) -> Result<Json<LinePreview>, ApiError> {
    caller.may(Action::ManageLines)?;
    let line = checked(key, asked)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let (store, suggest) = (&koffiekar.store, &koffiekar.suggest);
    let now = koffiekar.clock.now();
    let key = line.key.clone();
    let previews = &koffiekar.previews;
    let preview = previews.of_line(line, store, suggest, now).await?;
    let reading = ReadingEntry {
        action: "preview action line",
        object: key.as_str(),
        filter: None,
        rows: preview.looked_at.into(),
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    Ok(Json(preview))
}

pub(super) async fn ensure_theme(tx: &mut Tx, key: &LineKey) -> Result<(), ApiError> {
    let themes = catalogue::themes(tx).await?;
    if themes.iter().any(|theme| theme.key == *key) {
        return Ok(());
    }
    Err(ApiError::invalid(
        format!("De opgave `{key}` bestaat niet. Kies een opgave van het programma."),
        format!("There is no theme `{key}`. Choose a theme of the programme."),
    ))
}

pub(super) fn checked(key: LineKey, asked: WriteLine) -> Result<ActionLine, ApiError> {
    if key.is_none() {
        return Err(ApiError::invalid(
            "De sleutel `none` betekent \"geen actielijn\". Kies een andere sleutel.",
            "The key `none` means \"no action line\". Choose another key.",
        ));
    }
    if asked.synonyms.len() > bounds::SYNONYMS {
        return Err(ApiError::invalid(
            format!(
                "Een actielijn heeft hoogstens {} trefwoorden. Haal er weg.",
                bounds::SYNONYMS
            ),
            format!(
                "An action line has at most {} synonyms. Remove some.",
                bounds::SYNONYMS
            ),
        ));
    }
    let synonyms = asked.synonyms.iter();
    Ok(ActionLine {
        key,
        theme: asked.theme,
        title: fields::line(TITLE, &asked.title, 1..=bounds::TITLE_CHARS)?,
        description: fields::paragraph(DESCRIPTION, &asked.description, 0..=bounds::TEXT_CHARS)?,
        synonyms: synonyms
            .map(|synonym| fields::line(SYNONYM, synonym, 1..=bounds::SYNONYM_CHARS))
            .collect::<Result<_, _>>()?,
        ended: None,
    })
}
