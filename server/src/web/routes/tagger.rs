//! How good the tagger is, and what it may do by itself.

use axum::extract::State;
use koffiekar_sync_core::office::{
    HoldLearning, TaggerQuality, TaggerState, TaggerVersion, VersionPreview, WantPrecision,
};
use koffiekar_tagging::acceptance::AUDITED_FROM;

use crate::Koffiekar;
use crate::calendar::Calendar;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::{answers, catalogue, tagger};
use crate::tagger::audited::{NEWEST, audited};
use crate::tagger::quality;
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};
use crate::web::readings::ReadingEntry;

/// What may be asked of answers that stand by themselves, in thousandths.
const PRECISION: std::ops::RangeInclusive<u16> = 800..=999;

/// `GET /api/v1/tagger`
pub async fn read(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<TaggerState>, ApiError> {
    caller.may(Action::SeeQuality)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    Ok(Json(state(&koffiekar).await?))
}

async fn state(koffiekar: &Koffiekar) -> Result<TaggerState, ApiError> {
    let mut tx = koffiekar.store.read().await?;
    let judged = answers::drawn(&mut tx, NEWEST).await?;
    let wanted_precision = tagger::wanted_precision(&mut tx).await?;
    let held_at = tagger::held_at(&mut tx).await?;
    drop(tx);
    let model = koffiekar.suggest.model();
    let told = tokio::task::spawn_blocking(move || {
        let audited = audited(&judged);
        TaggerState {
            model: model.tagger.version().to_owned(),
            labels: model.tagger.labels_seen() as u64,
            wanted_precision,
            held_at: held_at.map(|version| version.number),
            audited: audited.len() as u64,
            audited_from: AUDITED_FROM as u64,
            acceptance: quality::acceptance(&audited, &model.proven),
        }
    });
    told.await.map_err(ApiError::internal)
}

/// `GET /api/v1/tagger/quality`
pub async fn quality(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<TaggerQuality>, ApiError> {
    caller.may(Action::SeeQuality)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let mut tx = koffiekar.store.read().await?;
    let judged = answers::drawn(&mut tx, NEWEST).await?;
    let calendar = Calendar::of(&catalogue::installation(&mut tx).await?.programme);
    drop(tx);
    let told = tokio::task::spawn_blocking(move || quality::of(&judged, &calendar)).await;
    Ok(Json(told.map_err(ApiError::internal)?))
}

/// `PUT /api/v1/tagger/acceptance`
pub async fn accept(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(asked): Json<WantPrecision>,
) -> Result<Json<TaggerState>, ApiError> {
    caller.may(Action::ManageTagger)?;
    if let Some(wanted) = asked.wanted_precision
        && !PRECISION.contains(&wanted)
    {
        return Err(ApiError::invalid(
            "Vraag 80,0% tot 99,9% goede antwoorden, of zet het aannemen uit.",
            "Ask for 80.0% to 99.9% right answers, or switch acceptance off.",
        ));
    }
    let mut tx = koffiekar.store.write().await?;
    tagger::want_precision(&mut tx, asked.wanted_precision).await?;
    let object = match asked.wanted_precision {
        Some(wanted) => wanted.to_string(),
        None => "off".to_owned(),
    };
    write(
        &mut tx,
        &koffiekar,
        &caller,
        "set automatic acceptance",
        &object,
    )
    .await?;
    tx.commit().await?;
    take_effect(&koffiekar).await?;
    Ok(Json(state(&koffiekar).await?))
}

/// `GET /api/v1/tagger/versions`
pub async fn versions(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Vec<TaggerVersion>>, ApiError> {
    caller.may(Action::SeeQuality)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let mut tx = koffiekar.store.read().await?;
    let versions = tagger::versions(&mut tx).await?;
    let judged = answers::drawn(&mut tx, NEWEST).await?;
    drop(tx);
    let told = tokio::task::spawn_blocking(move || {
        let told = versions.into_iter().map(|version| TaggerVersion {
            number: version.number,
            right: quality::right_of(&judged, &version.model),
            used_from: version.used_from,
            labels: version.labels.unsigned_abs(),
            lines: version.lines.len() as u64,
            model: version.model,
        });
        told.collect()
    });
    Ok(Json(told.await.map_err(ApiError::internal)?))
}

/// `GET /api/v1/tagger/versions/{number}/preview`
pub async fn preview(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(number): Path<i64>,
) -> Result<Json<VersionPreview>, ApiError> {
    caller.may(Action::ManageTagger)?;
    let mut tx = koffiekar.store.read().await?;
    let version = tagger::version(&mut tx, number).await?;
    drop(tx);
    let version = version.ok_or_else(ApiError::not_found)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let (store, suggest) = (&koffiekar.store, &koffiekar.suggest);
    let previews = &koffiekar.previews;
    let now = koffiekar.clock.now();
    let preview = previews.of_version(&version, store, suggest, now).await?;
    let reading = ReadingEntry {
        action: "preview tagger version",
        object: &number.to_string(),
        filter: None,
        rows: preview.looked_at.into(),
        each_time: true,
    };
    koffiekar.note_reading(&caller, reading).await?;
    Ok(Json(preview))
}

/// `PUT /api/v1/tagger/learning`
pub async fn hold(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(asked): Json<HoldLearning>,
) -> Result<Json<TaggerState>, ApiError> {
    caller.may(Action::ManageTagger)?;
    let mut tx = koffiekar.store.write().await?;
    if let Some(number) = asked.held_at
        && tagger::version(&mut tx, number).await?.is_none()
    {
        return Err(ApiError::not_found());
    }
    tagger::hold_at(&mut tx, asked.held_at).await?;
    let object = match asked.held_at {
        Some(number) => number.to_string(),
        None => "none".to_owned(),
    };
    write(
        &mut tx,
        &koffiekar,
        &caller,
        "hold learning at version",
        &object,
    )
    .await?;
    tx.commit().await?;
    take_effect(&koffiekar).await?;
    Ok(Json(state(&koffiekar).await?))
}

/// What was decided holds for the suggestions as well, also where nobody waits for the answer any more.
async fn take_effect(koffiekar: &Koffiekar) -> Result<(), ApiError> {
    let (suggest, store) = (koffiekar.suggest.clone(), koffiekar.store.clone());
    let learning = async move {
        let learnt = suggest.learn_now(&store).await;
        if learnt.is_err() {
            suggest.learn_soon();
        }
        learnt
    };
    let learnt = tokio::spawn(learning).await;
    Ok(learnt.map_err(ApiError::internal)??)
}

async fn write(
    tx: &mut crate::store::Tx,
    koffiekar: &Koffiekar,
    caller: &Caller,
    action: &str,
    object: &str,
) -> Result<(), ApiError> {
    let entry = Entry {
        at: koffiekar.clock.now(),
        actor: Some(caller.user),
        origin: &caller.origin,
        action,
        object,
        result: DONE,
    };
    Ok(audit::write(tx, entry).await?)
}
