//! The acts on action lines: recorded one behind the other, taken back, never deleted.
//!
//! Whoever writes here counted a change of the catalogue first, see [`super::catalogue::bump`]: so acts on
//! PostgreSQL wait for each other.

use koffiekar_sync_core::catalogue::{Ended, Ending};
use koffiekar_sync_core::ids::{LineKey, Millis, UserId};
use koffiekar_sync_core::office::{LineAct, LineUse};

use super::{Result, StoreError, Tx, Value, bulk, on};
use crate::crosswalk::Crosswalk;

/// The crosswalk as it is, or as it stood.
pub async fn read(tx: &mut Tx, as_of: Option<Millis>) -> Result<Crosswalk> {
    type Row = (i64, String, String, Option<String>, i64);
    let rows: Vec<Row> = match as_of {
        None => {
            let statement = "
                select act, kind, line, into_line, starts_at from crosswalk
                where undone_at is null order by act, place";
            on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?)
        }
        Some(at) => {
            let statement = "
                select act, kind, line, into_line, starts_at from crosswalk
                where recorded_at <= $1 and starts_at <= $1 and (undone_at is null or undone_at > $1)
                order by act, place";
            on!(tx, c => sqlx::query_as(statement).bind(at.0).fetch_all(c).await?)
        }
    };
    let mut ended: Vec<(LineKey, Ended)> = Vec::new();
    for (_, kind, line, into, starts_at) in rows {
        let line: LineKey = line.parse()?;
        let into: Option<LineKey> = into.map(|key| key.parse()).transpose()?;
        match ended.iter_mut().find(|(key, _)| *key == line) {
            Some((_, ended)) => ended.into.extend(into),
            None => ended.push((
                line,
                Ended {
                    how: ending(&kind)?,
                    at: Millis(starts_at),
                    into: into.into_iter().collect(),
                },
            )),
        }
    }
    Ok(ended.into_iter().collect())
}

/// How often the crosswalk changed.
pub async fn changes(tx: &mut Tx) -> Result<i64> {
    let statement = "select count(*) + count(undone_at) from crosswalk";
    let (changes,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(changes)
}

/// What is to be recorded.
#[derive(Debug, Clone)]
pub struct NewAct {
    pub kind: Ending,
    pub lines: Vec<LineKey>,
    pub into: Vec<LineKey>,
    /// Those of `into` that are made with the act.
    pub made: Vec<LineKey>,
    pub starts_at: Millis,
    pub note: String,
    pub at: Millis,
    pub by: UserId,
}

/// Its number.
pub async fn record(tx: &mut Tx, new: &NewAct) -> Result<u32> {
    let statement = "select coalesce(max(act), 0) + 1 from crosswalk";
    let (act,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    let into: Vec<Option<&LineKey>> = match new.into.is_empty() {
        true => vec![None],
        false => new.into.iter().map(Some).collect(),
    };
    let pairs = new
        .lines
        .iter()
        .flat_map(|line| into.iter().map(move |into| (line, *into)));
    let rows = pairs.zip(0..).map(|((line, into), place)| {
        vec![
            Value::Int(act),
            Value::Int(place),
            Value::text(new.kind.as_str()),
            Value::text(line.as_str()),
            Value::maybe_text(into.map(LineKey::as_str)),
            Value::Bool(into.is_some_and(|into| new.made.contains(into))),
            Value::Int(new.starts_at.0),
            Value::text(&new.note),
            Value::Int(new.at.0),
            Value::bytes(new.by.as_bytes()),
        ]
    });
    let head = "
        insert into crosswalk (act, place, kind, line, into_line, made, starts_at, note,
            recorded_at, recorded_by)";
    bulk::insert(tx, head, "", rows.collect()).await?;
    number(act)
}

/// `false` where it was taken back before, or never was.
pub async fn undo(tx: &mut Tx, act: u32, at: Millis, by: UserId) -> Result<bool> {
    let statement = "
        update crosswalk set undone_at = $2, undone_by = $3 where act = $1 and undone_at is null";
    let undone = on!(tx, c => sqlx::query(statement)
        .bind(i64::from(act))
        .bind(at.0)
        .bind(by.as_bytes().as_slice())
        .execute(c).await?.rows_affected());
    Ok(undone > 0)
}

/// The lines that were made with it.
pub async fn made_with(tx: &mut Tx, act: u32) -> Result<Vec<LineKey>> {
    let statement = "
        select distinct into_line from crosswalk where act = $1 and made order by into_line";
    let rows: Vec<(String,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(i64::from(act))
        .fetch_all(c).await?);
    rows.iter().map(|(key,)| Ok(key.parse()?)).collect()
}

/// All of them, the oldest first.
pub async fn acts(tx: &mut Tx) -> Result<Vec<LineAct>> {
    type Row = (
        i64,
        String,
        String,
        Option<String>,
        i64,
        String,
        i64,
        String,
        Option<i64>,
        Option<String>,
    );
    let statement = "
        select w.act, w.kind, w.line, w.into_line, w.starts_at, w.note, w.recorded_at, u.name,
            w.undone_at, b.name
        from crosswalk w
        join users u on u.id = w.recorded_by
        left join users b on b.id = w.undone_by
        order by w.act, w.place";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    let mut acts: Vec<LineAct> = Vec::new();
    for (act, kind, line, into, starts_at, note, recorded_at, by, undone_at, undone_by) in rows {
        let (act, line) = (number(act)?, line.parse::<LineKey>()?);
        let into: Option<LineKey> = into.map(|key| key.parse()).transpose()?;
        if acts.last().is_none_or(|last| last.act != act) {
            acts.push(LineAct {
                act,
                kind: ending(&kind)?,
                lines: Vec::new(),
                into: Vec::new(),
                starts_at: Millis(starts_at),
                recorded_at: Millis(recorded_at),
                by,
                note,
                undone_at: undone_at.map(Millis),
                undone_by,
                can_be_undone: false,
            });
        }
        if let Some(open) = acts.last_mut() {
            push_once(&mut open.lines, Some(line));
            push_once(&mut open.into, into);
        }
    }
    let stands: Vec<LineAct> = acts
        .iter()
        .filter(|a| a.undone_at.is_none())
        .cloned()
        .collect();
    for act in &mut acts {
        act.can_be_undone = act.undone_at.is_none() && followed_by(act, &stands).is_none();
    }
    Ok(acts)
}

/// The first act behind this one that names one of its lines and stands.
pub fn followed_by<'a>(act: &LineAct, acts: &'a [LineAct]) -> Option<&'a LineAct> {
    let named = |one: &LineAct, line: &LineKey| one.lines.contains(line) || one.into.contains(line);
    let mut later = acts.iter().filter(|other| other.act > act.act);
    later.find(|other| {
        let mut lines = act.lines.iter().chain(&act.into);
        other.undone_at.is_none() && lines.any(|line| named(other, line))
    })
}

/// What stands on a line, by its own name, and the sections that are about it.
pub async fn use_of(tx: &mut Tx, line: &LineKey) -> Result<LineUse> {
    let statement = "
        select standing, count(*) from quote_lines where line = $1 group by standing";
    let counts: Vec<(String, i64)> = on!(tx, c => sqlx::query_as(statement)
        .bind(line.as_str())
        .fetch_all(c).await?);
    let count = |standing: &str| {
        let mut counts = counts.iter();
        let found = counts.find(|(other, _)| other == standing);
        found.map_or(0, |(_, count)| count.unsigned_abs())
    };
    let statement = "select count(*) from sections where action_line = $1";
    let (sections,): (i64,) = on!(tx, c => sqlx::query_as(statement)
        .bind(line.as_str())
        .fetch_one(c).await?);
    Ok(LineUse {
        line: line.clone(),
        confirmed: count("confirmed"),
        proposed: count("proposed"),
        contested: count("contested"),
        sections: sections.unsigned_abs(),
    })
}

fn push_once(list: &mut Vec<LineKey>, line: Option<LineKey>) {
    list.extend(line.filter(|line| !list.contains(line)));
}

fn ending(kind: &str) -> Result<Ending> {
    Ending::parse(kind).ok_or_else(|| StoreError::Corrupt(format!("kind of an act `{kind}`")))
}

fn number(act: i64) -> Result<u32> {
    u32::try_from(act).map_err(|_| StoreError::Corrupt(format!("number of an act {act}")))
}
