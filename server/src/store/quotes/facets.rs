//! What is known of quotes beside their words: all of them, and those that changed since.

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::{LineStanding, TagState};
use koffiekar_sync_core::wire::Epoch;
use serde::Deserialize;
use sqlx::AssertSqlSafe;

use crate::calendar::Calendar;
use crate::crosswalk::{Crosswalk, Stand};
use crate::store::{Result, StoreError, Tx, Value, bind_all, bulk, catalogue, crosswalk, on};

/// How far everything has come that quotes are read from. It never goes back within one epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    pub epoch: Epoch,
    /// The last place of each round's feed.
    pub rounds: BTreeMap<RoundId, i64>,
    /// The last place given to what was derived again.
    pub derived: i64,
    /// How often the crosswalk changed: any quote may count for other lines then.
    pub crosswalk: i64,
    /// Of the programme: with another one quotes may count in other months.
    pub time_zone: String,
}

impl Frontier {
    /// Whether nothing of the other is new to this.
    pub fn covers(&self, other: &Frontier) -> bool {
        let reached = |(round, place): (&RoundId, &i64)| {
            *place == 0 || self.rounds.get(round).is_some_and(|known| known >= place)
        };
        self.epoch == other.epoch
            && self.crosswalk == other.crosswalk
            && self.time_zone == other.time_zone
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
    /// By the time zone of the programme.
    pub month: String,
    /// What its tags come to by the crosswalk.
    pub tag_state: TagState,
    /// In the order of `Purpose::ALL`.
    pub allowed: [bool; 4],
    /// Two wordings stand.
    pub conflict: bool,
    /// Of a quote that waits for a person.
    pub best_suggestion: Option<String>,
    /// How sure the tagger is of its first answer, in thousandths.
    pub certainty: i64,
    /// What stands on the lines that it counts for: `line:standing`, one behind the other with a space
    /// between.
    pub lines: String,
    /// The same of the lines that people named, whatever became of them.
    pub said: String,
}

pub async fn frontier(tx: &mut Tx) -> Result<Frontier> {
    let statement = "select epoch, derived_place, time_zone from installation where one = 1";
    let (epoch, derived, time_zone): (Vec<u8>, i64, String) =
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
        crosswalk: crosswalk::changes(tx).await?,
        time_zone,
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
    i64,
    bool,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// By which tags, and by which crosswalk, quotes are told: as they are, or as they stood then; and by which
/// calendar.
#[derive(Debug, Clone)]
pub struct Then {
    as_of: Option<Millis>,
    crosswalk: Crosswalk,
    calendar: Calendar,
}

pub async fn then(tx: &mut Tx, as_of: Option<Millis>) -> Result<Then> {
    Ok(Then {
        as_of,
        crosswalk: crosswalk::read(tx, as_of).await?,
        calendar: Calendar::of(&catalogue::installation(tx).await?.programme),
    })
}

impl Then {
    /// No line ever ended: tags come to what stands beside the quote.
    fn is_plain(&self) -> bool {
        self.as_of.is_none() && self.crosswalk.is_empty()
    }
}

/// The quotes of these conversations, in no order.
pub async fn facets_of(tx: &mut Tx, ids: &[ConversationId], then: &Then) -> Result<Vec<FacetRow>> {
    let mut found = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "{} and q.conversation in {}",
            select(tx, then),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for row in rows {
            found.push(facet_row(row, then)?);
        }
    }
    Ok(found)
}

/// The next quotes behind this number of a search row, in the order of these numbers.
pub async fn facets_after(
    tx: &mut Tx,
    search_row: i64,
    rows: i64,
    then: &Then,
) -> Result<Vec<FacetRow>> {
    let statement = format!(
        "{} and q.search_row > $1 order by q.search_row limit $2",
        select(tx, then)
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(AssertSqlSafe(statement))
        .bind(search_row)
        .bind(rows)
        .fetch_all(c).await?);
    rows.into_iter().map(|row| facet_row(row, then)).collect()
}

fn select(tx: &Tx, then: &Then) -> String {
    // Of a quote that people tagged, where it may be to be decided again.
    let suggestions = match then.crosswalk.is_empty() {
        true => "cast(null as text)",
        false => "case when q.tag_state = 'untagged' then null else q.suggestions end",
    };
    let since = match then.is_plain() {
        true => "",
        false => " || ':' || l.since",
    };
    let known = match then.as_of {
        None => "true".to_owned(),
        Some(Millis(at)) => format!("q.known_since <= {at}"),
    };
    format!(
        "select q.conversation, q.id, q.recorded_at, q.search_row, q.round, q.kind, q.area, q.wijk,
            q.language, q.tag_state,
            {}, q.wordings is not null,
            q.best_suggestion, {suggestions},
            (select string_agg(l.line || ':' || l.standing{since}, ' ' order by l.line)
                from {})
         from quotes q where {known}",
        super::flags(tx),
        super::lines_of("quote = q.id", then.as_of),
    )
}

fn facet_row(row: Row, then: &Then) -> Result<FacetRow> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    #[rustfmt::skip]
    let (conversation, id, recorded_at, search_row, round, kind, area, wijk, language,
        tag_state, flags, conflict, best_suggestion, suggestions, said) = row;
    let said = said.unwrap_or_default();
    let (mut tag_state, mut lines, said) = match then.is_plain() {
        true => {
            let state = TagState::parse(&tag_state).ok_or_else(|| corrupt("tag state"))?;
            (state, said.clone(), said)
        }
        false => come_to(&said, &then.crosswalk)?,
    };
    let is_accepted = then.as_of.is_none() && super::is_accepted(flags);
    if let Some(line) = best_suggestion.as_ref().filter(|_| is_accepted) {
        tag_state = TagState::Accepted;
        lines = format!("{line}:{}", LineStanding::Accepted.as_str());
    }
    let suggested: Vec<Suggested> = match suggestions.filter(|_| tag_state == TagState::Untagged) {
        Some(json) => super::from_json("suggestions", &json)?,
        None => Vec::new(),
    };
    let again = suggested.into_iter().next().map(|best| best.line);
    let best_suggestion = best_suggestion.filter(|_| tag_state != TagState::Accepted);
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
        month: then.calendar.month(Millis(recorded_at)),
        tag_state,
        allowed: super::allowed(flags),
        conflict,
        best_suggestion: best_suggestion.or(again),
        certainty: super::certainty(flags),
        lines,
        said,
    })
}

/// What `line:standing:since`, one behind the other, comes to: the state, the lines that count, and those
/// that were named.
fn come_to(said: &str, crosswalk: &Crosswalk) -> Result<(TagState, String, String)> {
    let corrupt = || StoreError::Corrupt("what stands on a line".to_owned());
    let said = said.split(' ').filter(|one| !one.is_empty()).map(|one| {
        let mut parts = one.split(':');
        let parts = (parts.next(), parts.next(), parts.next());
        let (Some(line), Some(standing), Some(since)) = parts else {
            return Err(corrupt());
        };
        super::stand(line, standing, since.parse().map_err(|_| corrupt())?)
    });
    let said: Vec<Stand> = said.collect::<Result<_>>()?;
    let judged = crosswalk.judge(&said);
    let lines = judged.lines.iter();
    let lines = told(lines.map(|(line, standing)| (line, *standing)));
    let said = told(said.iter().map(|stand| (&stand.line, stand.standing)));
    Ok((judged.state, lines, said))
}

/// What is read of a suggestion.
#[derive(Deserialize)]
struct Suggested {
    line: String,
}

fn told<'a>(lines: impl Iterator<Item = (&'a LineKey, LineStanding)>) -> String {
    let lines = lines.map(|(line, standing)| format!("{line}:{}", standing.as_str()));
    lines.collect::<Vec<_>>().join(" ")
}
