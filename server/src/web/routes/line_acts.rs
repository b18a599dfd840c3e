//! The administrator's acts on action lines: retire, split, merge, and take back.

use axum::extract::State;
use axum::http::StatusCode;
use koffiekar_sync_core::catalogue::{ActionLine, Ending};
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{ActOnLines, LineAct, LineActPreview};

use super::action_lines::{checked, ensure_theme};
use crate::Koffiekar;
use crate::calendar::Calendar;
use crate::office::fields::{self, NOTE};
use crate::office::line_acts::check;
use crate::office::programme::bounds;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::audit::{self, DONE, Entry};
use crate::store::crosswalk::{self, NewAct};
use crate::store::quotes::SETTLED;
use crate::store::{Tx, catalogue};
use crate::web::caller::Caller;
use crate::web::extract::{Json, Path};
use crate::web::readings::ReadingEntry;

const NOTE_CHARS: usize = 500;

/// `GET /api/v1/line-acts`: the newest first.
pub async fn list(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Vec<LineAct>>, ApiError> {
    caller.may(Action::ManageLines)?;
    let mut tx = koffiekar.store.read().await?;
    let mut acts = crosswalk::acts(&mut tx).await?;
    acts.reverse();
    Ok(Json(acts))
}

/// `POST /api/v1/line-acts`
pub async fn record(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(asked): Json<ActOnLines>,
) -> Result<(StatusCode, Json<LineAct>), ApiError> {
    caller.may(Action::ManageLines)?;
    let note = fields::paragraph(NOTE, &asked.note, 0..=NOTE_CHARS)?;
    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    // Behind the lock: the acts of two administrators are dated in their order.
    let now = koffiekar.clock.now();
    let lines = catalogue::action_lines(&mut tx).await?;
    let calendar = Calendar::of(&catalogue::installation(&mut tx).await?.programme);
    let starts_at = check(&asked, &lines, now, &calendar)?;
    let new = new_lines(&mut tx, &asked).await?;
    ensure_room(lines.len() + new.len())?;
    for line in &new {
        catalogue::put_action_line(&mut tx, line, None).await?;
    }
    let act = NewAct {
        kind: asked.kind,
        into: asked.into.iter().map(|into| into.key.clone()).collect(),
        lines: asked.lines,
        made: new.into_iter().map(|line| line.key).collect(),
        starts_at,
        note,
        at: now,
        by: caller.user,
    };
    let number = crosswalk::record(&mut tx, &act).await?;
    let entry = Entry {
        at: now,
        actor: Some(caller.user),
        origin: &caller.origin,
        action: match act.kind {
            Ending::Retired => "retire action line",
            Ending::Split => "split action line",
            Ending::Merged => "merge action lines",
        },
        object: &told(number, &act.lines, &act.into),
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    let recorded = find(&mut tx, number).await?;
    tx.commit().await?;
    koffiekar.suggest.learn_soon();
    Ok((StatusCode::CREATED, Json(recorded)))
}

/// `POST /api/v1/line-acts/preview`
pub async fn preview(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Json(asked): Json<ActOnLines>,
) -> Result<Json<LineActPreview>, ApiError> {
    caller.may(Action::ManageLines)?;
    let _turn = koffiekar.shares.long_work(caller.user).await?;
    let now = koffiekar.clock.now();
    let mut tx = koffiekar.store.read().await?;
    let lines = catalogue::action_lines(&mut tx).await?;
    let calendar = Calendar::of(&catalogue::installation(&mut tx).await?.programme);
    check(&asked, &lines, now, &calendar)?;
    let new = new_lines(&mut tx, &asked).await?;
    let mut preview = LineActPreview::default();
    for line in &asked.lines {
        preview.lines.push(crosswalk::use_of(&mut tx, line).await?);
    }
    drop(tx);
    if let (Ending::Split, [line]) = (asked.kind, asked.lines.as_slice()) {
        let into = asked.into.iter().map(|into| into.key.clone()).collect();
        let store = &koffiekar.store;
        preview.suggested = koffiekar
            .previews
            .of_split(line, into, new, store, now)
            .await?;
        let reading = ReadingEntry {
            action: "preview act on action lines",
            object: line.as_str(),
            filter: None,
            rows: preview
                .suggested
                .iter()
                .map(|one| u64::from(one.quotes))
                .sum(),
            each_time: true,
        };
        koffiekar.note_reading(&caller, reading).await?;
    }
    Ok(Json(preview))
}

/// `POST /api/v1/line-acts/{act}/undo`: lines that were made with it go again where nothing refers to them;
/// they end where they may stand in an answer about the time between.
pub async fn undo(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(number): Path<u32>,
) -> Result<Json<LineAct>, ApiError> {
    caller.may(Action::ManageLines)?;
    let mut tx = koffiekar.store.write().await?;
    catalogue::bump(&mut tx).await?;
    let now = koffiekar.clock.now();
    let acts = crosswalk::acts(&mut tx).await?;
    let act = acts.iter().find(|act| act.act == number);
    let act = act.ok_or_else(ApiError::not_found)?;
    if act.undone_at.is_some() {
        return Err(ApiError::conflict(
            "Dit is al ongedaan gemaakt. Ververs de lijst.",
            "This was undone already. Refresh the list.",
        ));
    }
    if let Some(later) = crosswalk::followed_by(act, &acts) {
        let later = later.act;
        return Err(ApiError::conflict(
            format!(
                "Met dezelfde actielijnen is later nog iets gedaan (nummer {later}). Maak dat eerst ongedaan."
            ),
            format!(
                "Something was done to the same action lines later (number {later}). Undo that first."
            ),
        ));
    }
    crosswalk::undo(&mut tx, number, now, caller.user).await?;
    for line in crosswalk::made_with(&mut tx, number).await? {
        if catalogue::uses_of_line(&mut tx, &line).await? > 0 {
            continue;
        }
        if act.recorded_at.0 > now.0 - SETTLED {
            catalogue::remove_action_line(&mut tx, &line).await?;
        } else {
            let end = NewAct {
                kind: Ending::Retired,
                lines: vec![line],
                into: Vec::new(),
                made: Vec::new(),
                starts_at: now,
                note: format!("Gemaakt met nummer {number}, dat ongedaan is gemaakt."),
                at: now,
                by: caller.user,
            };
            crosswalk::record(&mut tx, &end).await?;
        }
    }
    let entry = Entry {
        at: now,
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "undo act on action lines",
        object: &told(number, &act.lines, &act.into),
        result: DONE,
    };
    audit::write(&mut tx, entry).await?;
    let undone = find(&mut tx, number).await?;
    tx.commit().await?;
    koffiekar.suggest.learn_soon();
    Ok(Json(undone))
}

/// Those that are to be made with it.
async fn new_lines(tx: &mut Tx, asked: &ActOnLines) -> Result<Vec<ActionLine>, ApiError> {
    let mut new = Vec::new();
    for into in &asked.into {
        if let Some(written) = &into.new {
            let line = checked(into.key.clone(), written.clone())?;
            ensure_theme(tx, &line.theme).await?;
            new.push(line);
        }
    }
    Ok(new)
}

fn ensure_room(lines: usize) -> Result<(), ApiError> {
    let most = bounds::ACTION_LINES;
    if lines <= most {
        return Ok(());
    }
    Err(ApiError::conflict(
        format!(
            "Er kunnen {most} actielijnen zijn, beëindigde meegeteld. Kies bestaande actielijnen."
        ),
        format!("There can be {most} action lines, ended ones included. Choose existing lines."),
    ))
}

async fn find(tx: &mut Tx, number: u32) -> Result<LineAct, ApiError> {
    let acts = crosswalk::acts(tx).await?;
    let act = acts.into_iter().find(|act| act.act == number);
    act.ok_or_else(ApiError::not_found)
}

/// Keys alone, for the audit log.
fn told(number: u32, lines: &[LineKey], into: &[LineKey]) -> String {
    let list = |keys: &[LineKey]| {
        let keys: Vec<&str> = keys.iter().map(LineKey::as_str).collect();
        keys.join(", ")
    };
    match into.is_empty() {
        true => format!("{} (act {number})", list(lines)),
        false => format!("{} into {} (act {number})", list(lines), list(into)),
    }
}
