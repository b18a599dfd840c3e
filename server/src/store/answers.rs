//! What the tagger had answered of a quote before people first decided about it, beside what they decided.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, UserId};
use koffiekar_sync_core::office::{LineStanding, TagState};

use super::{Result, StoreError, Tx, crosswalk, on, quotes};
use crate::crosswalk::{Crosswalk, Judged as Stands, Stand};
use crate::projection::Said;

/// What the tagger answered first.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub quote: QuoteId,
    pub at: Millis,
    /// It was judged as one of those that are drawn by chance, without the answer in sight.
    pub drawn: bool,
    pub model: String,
    /// `none` for no action line.
    pub line: LineKey,
    /// As the tagger gave it, from 0 to 1.
    pub probability: f32,
}

/// An answer, and what people say of the quote now.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub answer: Answer,
    pub language: String,
    /// The lines that stand confirmed: empty for "no action line", `None` where people did not decide, or
    /// do not agree on the line that was answered. Where they have to choose among the parts of a line, those.
    pub decided: Option<Vec<LineKey>>,
    /// What each person confirmed, by what became of the lines since. Who confirmed a line that was split is
    /// not among them.
    pub people: BTreeMap<UserId, BTreeSet<LineKey>>,
}

const MILLION: f32 = 1_000_000.0;

/// The first answer stays: later ones come from a tagger that may have learnt from this quote.
pub async fn add(tx: &mut Tx, answer: &Answer) -> Result<()> {
    let statement = "
        insert into answers (quote, answered_at, drawn, model, line, probability)
        values ($1, $2, $3, $4, $5, $6) on conflict (quote) do nothing";
    // It lies between 0 and 1.
    let probability = (answer.probability * MILLION) as i64;
    on!(tx, c => sqlx::query(statement)
        .bind(answer.quote.as_bytes().as_slice())
        .bind(answer.at.0)
        .bind(answer.drawn)
        .bind(&answer.model)
        .bind(answer.line.as_str())
        .bind(probability)
        .execute(c).await.map(drop)?);
    Ok(())
}

type Row = (Vec<u8>, i64, bool, String, String, i64, String, String);

/// The newest of those that were drawn by chance and that may be analysed, the newest first; by what became
/// of the lines since. An answer that was a line which is split by now is left out: neither right nor wrong.
pub async fn drawn(tx: &mut Tx, most: u32) -> Result<Vec<Judged>> {
    let statement = "
        select a.quote, a.answered_at, a.drawn, a.model, a.line, a.probability, q.language, q.said
        from answers a join quotes q on q.id = a.quote
        where a.drawn and q.for_analysis
        order by a.answered_at desc, a.quote limit $1";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement)
        .bind(i64::from(most))
        .fetch_all(c).await?);
    let crosswalk = crosswalk::read(tx, None).await?;
    let ids: Vec<QuoteId> = rows
        .iter()
        .map(|row| QuoteId::from_slice(&row.0))
        .collect::<std::result::Result<_, _>>()?;
    let mut stands = quotes::stands(tx, &ids, None).await?;
    let mut all = Vec::new();
    for (row, id) in rows.into_iter().zip(ids) {
        let said = stands.remove(&id).unwrap_or_default();
        all.extend(judged(row, &said, &crosswalk)?);
    }
    Ok(all)
}

/// Nothing where the answer was a line that is split by now.
fn judged(row: Row, said: &[Stand], crosswalk: &Crosswalk) -> Result<Option<Judged>> {
    let (quote, at, drawn, model, line, probability, language, spoken) = row;
    let Some(line) = one_of(crosswalk, line.parse()?) else {
        return Ok(None);
    };
    let spoken: Vec<Said> =
        serde_json::from_str(&spoken).map_err(|_| StoreError::Corrupt("said".to_owned()))?;
    let people = people(spoken, crosswalk);
    Ok(Some(Judged {
        decided: decided(&line, crosswalk.judge(said), &people),
        people,
        answer: Answer {
            quote: QuoteId::from_slice(&quote)?,
            at: Millis(at),
            drawn,
            model,
            line,
            probability: probability as f32 / MILLION,
        },
        language,
    }))
}

/// What a line is now, if it is one.
fn one_of(crosswalk: &Crosswalk, line: LineKey) -> Option<LineKey> {
    let mut became = crosswalk.became(&line);
    match (became.pop(), became.is_empty()) {
        (None, _) => Some(line),
        (Some(one), true) => Some(one),
        (Some(_), false) => None,
    }
}

fn people(said: Vec<Said>, crosswalk: &Crosswalk) -> BTreeMap<UserId, BTreeSet<LineKey>> {
    let mut people: BTreeMap<UserId, Option<BTreeSet<LineKey>>> = BTreeMap::new();
    for said in said.into_iter().filter(|said| said.stance == "confirmed") {
        let lines = people
            .entry(said.by)
            .or_insert_with(|| Some(BTreeSet::new()));
        match one_of(crosswalk, said.line) {
            Some(line) => drop(lines.as_mut().map(|lines| lines.insert(line))),
            None => *lines = None,
        }
    }
    let known = people.into_iter();
    known.filter_map(|(by, lines)| Some((by, lines?))).collect()
}

fn decided(
    answer: &LineKey,
    stands: Stands,
    people: &BTreeMap<UserId, BTreeSet<LineKey>>,
) -> Option<Vec<LineKey>> {
    let confirmed = stands.lines.into_iter();
    let confirmed = confirmed.filter(|(_, standing)| *standing == LineStanding::Confirmed);
    let lines = confirmed
        .map(|(line, _)| line)
        .filter(|line| !line.is_none());
    if stands.state == TagState::Confirmed {
        let all_say = |line: &LineKey| people.values().all(|lines| lines.contains(line));
        let none_says = |line: &LineKey| people.values().all(|lines| !lines.contains(line));
        return match (all_say(answer), none_says(answer)) {
            (true, _) => Some(lines.filter(all_say).collect()),
            (false, true) => Some(lines.collect()),
            (false, false) => None,
        };
    }
    // Whichever part it is, it is not what was answered.
    let asked_again = !stands.among.is_empty() && !stands.among.contains(answer);
    asked_again.then(|| lines.chain(stands.among).collect())
}

/// Call where all of a conversation is erased, before its quotes go.
pub(super) async fn remove_of(tx: &mut Tx, conversation: ConversationId) -> Result<()> {
    let statement = "
        delete from answers where quote in (select id from quotes where conversation = $1)";
    on!(tx, c => sqlx::query(statement)
        .bind(conversation.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Call where a quote is erased.
pub(super) async fn remove(tx: &mut Tx, quote: QuoteId) -> Result<()> {
    let statement = "delete from answers where quote = $1";
    on!(tx, c => sqlx::query(statement)
        .bind(quote.as_bytes().as_slice())
        .execute(c).await.map(drop)?);
    Ok(())
}
