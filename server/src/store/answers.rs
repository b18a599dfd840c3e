//! What the tagger had answered of a quote before people first decided about it, beside what they decided.

use std::collections::BTreeMap;

use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, UserId};
use koffiekar_sync_core::office::{LineStanding, TagState};

use super::{Result, StoreError, Tx, crosswalk, on, quotes};
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
    /// contradict each other.
    pub decided: Option<Vec<LineKey>>,
    pub said: Vec<Said>,
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
        let mut judged = judged(row, crosswalk.judge(&said))?;
        let mut became = crosswalk.became(&judged.answer.line);
        match (became.pop(), became.len()) {
            (None, _) => {}
            (Some(line), 0) => judged.answer.line = line,
            (Some(_), _) => continue,
        }
        all.push(judged);
    }
    Ok(all)
}

fn judged(row: Row, stands: crate::crosswalk::Judged) -> Result<Judged> {
    let (quote, at, drawn, model, line, probability, language, said) = row;
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    let confirmed = stands.lines.into_iter();
    let confirmed = confirmed.filter(|(_, standing)| *standing == LineStanding::Confirmed);
    let lines = confirmed
        .map(|(line, _)| line)
        .filter(|line| !line.is_none());
    Ok(Judged {
        answer: Answer {
            quote: QuoteId::from_slice(&quote)?,
            at: Millis(at),
            drawn,
            model,
            line: line.parse()?,
            probability: probability as f32 / MILLION,
        },
        language,
        decided: (stands.state == TagState::Confirmed).then(|| lines.collect()),
        said: serde_json::from_str(&said).map_err(|_| corrupt("said"))?,
    })
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

impl Judged {
    /// What each person confirmed.
    pub fn by_person(&self) -> BTreeMap<UserId, Vec<LineKey>> {
        let mut people: BTreeMap<_, Vec<LineKey>> = BTreeMap::new();
        for said in self.confirmed() {
            people.entry(said.by).or_default().push(said.line.clone());
        }
        people
    }

    fn confirmed(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| said.stance == "confirmed")
    }
}
