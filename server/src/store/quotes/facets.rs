//! What is known of quotes beside their words: all of them, and those that changed since.

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::{LineStanding, TagState};
use koffiekar_sync_core::wire::Epoch;
use sqlx::AssertSqlSafe;

use crate::store::{Result, StoreError, Tx, Value, bind_all, bulk, on};

/// How far everything has come that quotes are read from. It never goes back within one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    pub epoch: Epoch,
    /// The last place of each round's feed.
    pub rounds: BTreeMap<RoundId, i64>,
    /// The last place given to what was derived again.
    pub derived: i64,
}

impl Frontier {
    /// Whether nothing of the other is new to this.
    pub fn covers(&self, other: &Frontier) -> bool {
        let reached = |(round, place): (&RoundId, &i64)| {
            *place == 0 || self.rounds.get(round).is_some_and(|known| known >= place)
        };
        self.epoch == other.epoch
            && self.derived >= other.derived
            && other.rounds.iter().all(reached)
    }
}

/// One quote, by all that it is filtered and counted by.
#[derive(Debug, Clone, PartialEq)]
pub struct FacetRow {
    pub conversation: ConversationId,
    pub id: QuoteId,
    pub recorded_at: Millis,
    pub search_row: i64,
    pub round: RoundId,
    pub kind: RoundKind,
    pub area: Option<String>,
    pub wijk: Option<String>,
    pub language: String,
    pub month: String,
    pub tag_state: TagState,
    /// In the order of `Purpose::ALL`.
    pub allowed: [bool; 4],
    /// Two wordings stand.
    pub conflict: bool,
    /// Of a quote that waits for a person.
    pub best_suggestion: Option<String>,
    /// How sure the tagger is of its first answer, in thousandths.
    pub certainty: i64,
    /// What stands on its lines: `line:standing`, one behind the other with a space between.
    pub lines: String,
}

pub async fn frontier(tx: &mut Tx) -> Result<Frontier> {
    let statement = "select epoch, derived_place from installation where one = 1";
    let (epoch, derived): (Vec<u8>, i64) =
        on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    let statement = "select id, feed_place from rounds";
    let rounds: Vec<(Vec<u8>, i64)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    let corrupt = |_| StoreError::Corrupt("the epoch of the installation".to_owned());
    Ok(Frontier {
        epoch: Epoch(epoch.try_into().map_err(corrupt)?),
        rounds: rounds
            .into_iter()
            .map(|(round, place)| Ok((RoundId::from_slice(&round)?, place)))
            .collect::<Result<_>>()?,
        derived,
    })
}

/// Conversations of which something changed, went or came behind this frontier.
pub async fn changed_since(tx: &mut Tx, known: &Frontier) -> Result<Vec<ConversationId>> {
    let mut changed = Vec::new();
    let now = frontier(tx).await?;
    for (round, place) in &now.rounds {
        let behind = known.rounds.get(round).copied().unwrap_or(0);
        if behind >= *place {
            continue;
        }
        let statement = "select document from feed where round = $1 and place > $2";
        let found: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
            .bind(round.as_bytes().as_slice())
            .bind(behind)
            .fetch_all(c).await?);
        changed.extend(found);
    }
    let statement = "select conversation from quotes where derived_place > $1";
    let found: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(known.derived)
        .fetch_all(c).await?);
    changed.extend(found);
    changed.sort_unstable();
    changed.dedup();
    let ids = changed.iter().map(|(id,)| ConversationId::from_slice(id));
    Ok(ids.collect::<std::result::Result<_, _>>()?)
}

type Row = (
    Vec<u8>,
    Vec<u8>,
    i64,
    i64,
    Vec<u8>,
    String,
    Option<String>,
    Option<String>,
    String,
    String,
    String,
    i64,
    bool,
    Option<String>,
    Option<i64>,
    Option<String>,
);

/// The quotes of these conversations, in no order.
pub async fn facets_of(tx: &mut Tx, ids: &[ConversationId]) -> Result<Vec<FacetRow>> {
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "{} where q.conversation in {}",
            select(tx),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for row in rows {
            found.push(facet_row(row)?);
        }
    }
    Ok(found)
}

/// The next quotes behind this number of a search row, in the order of these numbers.
pub async fn facets_after(tx: &mut Tx, search_row: i64, rows: i64) -> Result<Vec<FacetRow>> {
    let statement = format!(
        "{} where q.search_row > $1 order by q.search_row limit $2",
        select(tx)
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(search_row)
        .bind(rows)
        .fetch_all(c).await?);
    rows.into_iter().map(facet_row).collect()
}

fn select(tx: &Tx) -> String {
    format!(
        "select q.conversation, q.id, q.recorded_at, q.search_row, q.round, q.kind, q.area, q.wijk,
            q.language, q.month, q.tag_state,
            {}, q.wordings is not null,
            q.best_suggestion, q.certainty,
            (select string_agg(l.line || ':' || l.standing, ' ' order by l.line)
                from quote_lines l where l.quote = q.id)
         from quotes q",
        super::flags(tx)
    )
}

fn facet_row(row: Row) -> Result<FacetRow> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    #[rustfmt::skip]
    let (conversation, id, recorded_at, search_row, round, kind, area, wijk, language, month,
        tag_state, flags, conflict, best_suggestion, certainty, lines) = row;
    let mut state = TagState::parse(&tag_state).ok_or_else(|| corrupt("tag state"))?;
    let mut lines = lines.unwrap_or_default();
    if let Some(line) = best_suggestion
        .as_ref()
        .filter(|_| super::is_accepted(flags))
    {
        state = TagState::Accepted;
        let gap = if lines.is_empty() { "" } else { " " };
        lines = format!("{lines}{gap}{line}:{}", LineStanding::Accepted.as_str());
    }
    Ok(FacetRow {
        conversation: ConversationId::from_slice(&conversation)?,
        id: QuoteId::from_slice(&id)?,
        recorded_at: Millis(recorded_at),
        search_row,
        round: RoundId::from_slice(&round)?,
        kind: RoundKind::parse(&kind).ok_or_else(|| corrupt("kind of a round"))?,
        area,
        wijk,
        language,
        month,
        tag_state: state,
        allowed: super::allowed(flags),
        conflict,
        best_suggestion: best_suggestion.filter(|_| state == TagState::Untagged),
        certainty: certainty.unwrap_or_default(),
        lines,
    })
}
