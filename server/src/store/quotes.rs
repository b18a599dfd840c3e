//! Quotes as screens and queries read them.
//!
//! Every function that hands out words takes a [`Sight`]: whose rounds, and for which purposes the
//! resident must have agreed. There is no way around it.

mod export;
mod facets;
mod learning;
mod search;

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{ConversationId, Millis, QuoteId, RoundId, SectionId};
use koffiekar_sync_core::office::{LineStanding, LineSuggestion, LineTag, QuoteRow, TagState};
use sqlx::AssertSqlSafe;

pub use export::{TableRow, table_rows};
pub use facets::{
    FacetRow, Frontier, Then, changed_since, facets_after, facets_of, frontier, then,
};
pub use learning::{
    Decided, Suggested, TextOfQuote, labelled, newest_of_line, newest_untagged, put_suggestions,
    texts_after, to_choose_from,
};
pub use search::FilterError;
pub(crate) use search::{SETTLED, as_of, found_by, period};

use super::{Result, StoreError, Tx, Value, bind_all, bulk, crosswalk, on};
use crate::crosswalk::Stand;
use crate::projection::Said;

/// What the asker may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub rounds: Vec<RoundId>,
    /// At least one of these must be allowed by the resident.
    pub purposes: Vec<Purpose>,
}

const COLUMNS: &str = "
    q.id, q.conversation, q.round, r.name, q.kind, q.area, q.language, q.recorded_at, q.verbatim,
    q.wordings, q.for_analysis, q.for_anonymous_publication,
    q.for_named_publication, q.for_follow_up_contact, q.suggestions,
    (select c.clock_doubtful from conversations c where c.id = q.conversation)";

/// As [`COLUMNS`] has them.
type Row = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    String,
    String,
    Option<String>,
    String,
    i64,
    String,
    Option<String>,
    bool,
    bool,
    bool,
    bool,
    String,
    bool,
);

/// Those of these quotes that the asker may see, in this order, with their tags as they stood then.
pub async fn in_order(
    tx: &mut Tx,
    sight: &Sight,
    ids: &[QuoteId],
    as_of: Option<Millis>,
) -> Result<Vec<QuoteRow>> {
    let rows = rows_as_of(tx, ids, as_of).await?;
    let mut rows: BTreeMap<QuoteId, QuoteRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let found = ids.iter().filter_map(|id| rows.remove(id));
    Ok(found.filter(|quote| sight.shows(quote)).collect())
}

/// Quotes by id, whoever asks: for the server's own use, and for screens that check before.
pub async fn rows_by_ids(tx: &mut Tx, ids: &[QuoteId]) -> Result<Vec<QuoteRow>> {
    rows_as_of(tx, ids, None).await
}

async fn rows_as_of(tx: &mut Tx, ids: &[QuoteId], as_of: Option<Millis>) -> Result<Vec<QuoteRow>> {
    let mut rows: Vec<Row> = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select {COLUMNS} from quotes q join rounds r on r.id = q.round where q.id in {}",
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let found: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        rows.extend(found);
    }
    dress(tx, rows, as_of).await
}

/// One quote, if the asker may see it.
pub async fn find(tx: &mut Tx, sight: &Sight, id: QuoteId) -> Result<Option<QuoteRow>> {
    let quote = rows_by_ids(tx, &[id]).await?.pop();
    Ok(quote.filter(|quote| sight.shows(quote)))
}

/// All quotes of a conversation that the asker may see, in their order.
pub async fn of_conversation(
    tx: &mut Tx,
    sight: &Sight,
    id: ConversationId,
) -> Result<Vec<QuoteRow>> {
    let statement = "select id from quotes where conversation = $1 order by position";
    let ids: Vec<(Vec<u8>,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_all(c).await?);
    let ids: Vec<QuoteId> = ids
        .iter()
        .map(|(id,)| QuoteId::from_slice(id))
        .collect::<std::result::Result<_, _>>()?;
    let mut quotes = rows_by_ids(tx, &ids).await?;
    quotes.sort_by_key(|quote| ids.iter().position(|id| *id == quote.id));
    quotes.retain(|quote| sight.shows(quote));
    Ok(quotes)
}

/// The words and the language of those of these quotes that the asker may see, in no order.
pub async fn words(tx: &mut Tx, sight: &Sight, ids: &[QuoteId]) -> Result<Vec<(String, String)>> {
    type Row = (Vec<u8>, i64, String, String);
    let mut words = Vec::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select q.round, {}, q.verbatim, q.language from quotes q where q.id in {}",
            flags(tx),
            bulk::list(tx, 0, piece.len())
        );
        let keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        let rows: Vec<Row> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (round, flags, verbatim, language) in rows {
            let purposes = Purpose::ALL.into_iter().zip(allowed(flags));
            let consent: Vec<Purpose> = purposes
                .filter(|(_, yes)| *yes)
                .map(|(one, _)| one)
                .collect();
            if sight.allows(RoundId::from_slice(&round)?, &consent) {
                words.push((verbatim, language));
            }
        }
    }
    Ok(words)
}

/// Who said what about a quote.
pub async fn said(tx: &mut Tx, id: QuoteId) -> Result<Vec<Said>> {
    let row: Option<(String,)> = on!(tx, c => sqlx::query_as("select said from quotes where id = $1")
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map_or(Ok(Vec::new()), |(json,)| from_json("said", &json))
}

impl Sight {
    pub fn shows(&self, quote: &QuoteRow) -> bool {
        self.allows(quote.round, &quote.consent)
    }

    fn allows(&self, round: RoundId, consent: &[Purpose]) -> bool {
        let agreed = |purpose| consent.contains(purpose);
        self.rounds.contains(&round) && self.purposes.iter().any(agreed)
    }
}

/// As one number: a bit for each of `Purpose::ALL` that the resident allows, one for what was accepted, and
/// how sure the tagger is.
fn flags(tx: &Tx) -> &'static str {
    tx.pick(
        "q.for_analysis + 2 * q.for_anonymous_publication + 4 * q.for_named_publication
            + 8 * q.for_follow_up_contact + 16 * q.accepted + 32 * coalesce(q.certainty, 0)",
        "cast(q.for_analysis::int + 2 * q.for_anonymous_publication::int
            + 4 * q.for_named_publication::int + 8 * q.for_follow_up_contact::int
            + 16 * q.accepted::int as bigint) + 32 * coalesce(q.certainty, 0)",
    )
}

fn is_accepted(flags: i64) -> bool {
    flags & 16 != 0
}

/// In thousandths.
fn certainty(flags: i64) -> i64 {
    flags >> 5
}

fn allowed(flags: i64) -> [bool; 4] {
    [0, 1, 2, 3].map(|place| flags >> place & 1 == 1)
}

/// For what is written anew about quotes whose documents stay as they are. It is given in the order in
/// which those who take one commit.
pub(super) async fn next_derived_place(tx: &mut Tx) -> Result<i64> {
    let statement = "
        update installation set derived_place = derived_place + 1 where one = 1
        returning derived_place";
    let (place,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    Ok(place)
}

/// What stands on the lines of these quotes: the rows as they are, or as they stood. Each table is asked
/// for them by itself, so that both find them by their index.
fn lines_of(these: &str, as_of: Option<Millis>) -> String {
    match as_of {
        None => format!("quote_lines l where {these}"),
        // A number needs no escaping.
        Some(Millis(at)) => format!(
            "(select quote, line, standing, since from quote_lines where {these} and since <= {at}
              union all
              select quote, line, standing, since from line_history
              where {these} and since <= {at} and until > {at}) l"
        ),
    }
}

/// What stands, or stood, on the lines of these quotes, in the order of the lines.
pub(super) async fn stands(
    tx: &mut Tx,
    ids: &[QuoteId],
    as_of: Option<Millis>,
) -> Result<BTreeMap<QuoteId, Vec<Stand>>> {
    let mut found: BTreeMap<QuoteId, Vec<Stand>> = BTreeMap::new();
    for piece in bulk::pieces(ids) {
        let statement = format!(
            "select quote, line, standing, since from {}",
            lines_of(
                &format!("quote in {}", bulk::list(tx, 0, piece.len())),
                as_of
            )
        );
        let mut keys: Vec<Value> = piece.iter().map(|id| Value::bytes(id.as_bytes())).collect();
        if let (Tx::Sqlite(_), Some(_)) = (&tx, as_of) {
            // Its placeholders have no numbers: the list stands there twice.
            keys.extend(keys.clone());
        }
        let rows: Vec<(Vec<u8>, String, String, i64)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys).fetch_all(c).await?);
        for (quote, line, standing, since) in rows {
            let stands = found.entry(QuoteId::from_slice(&quote)?).or_default();
            stands.push(stand(&line, &standing, since)?);
        }
    }
    // Not by the database: an index in this order would be read whole for it.
    for stands in found.values_mut() {
        stands.sort_by(|one, other| one.line.cmp(&other.line));
    }
    Ok(found)
}

fn stand(line: &str, standing: &str, since: i64) -> Result<Stand> {
    Ok(Stand {
        line: line.parse()?,
        standing: LineStanding::parse(standing)
            .ok_or_else(|| StoreError::Corrupt("standing of a tag".to_owned()))?,
        since: Millis(since),
    })
}

/// Puts tags, what they come to, and selections beside the rows.
async fn dress(tx: &mut Tx, rows: Vec<Row>, as_of: Option<Millis>) -> Result<Vec<QuoteRow>> {
    let crosswalk = crosswalk::read(tx, as_of).await?;
    let quotes: Vec<QuoteId> = rows
        .iter()
        .map(|row| QuoteId::from_slice(&row.0))
        .collect::<std::result::Result<_, _>>()?;
    let mut said = stands(tx, &quotes, as_of).await?;
    let mut selected: BTreeMap<Vec<u8>, Vec<SectionId>> = BTreeMap::new();
    let ids: Vec<&Vec<u8>> = rows.iter().map(|row| &row.0).collect();
    for piece in bulk::pieces(&ids) {
        let list = bulk::list(tx, 0, piece.len());
        let keys = || piece.iter().map(|id| Value::bytes(id));
        let statement = format!(
            "select quote, section from selections where quote in {list} order by chosen_at"
        );
        let found: Vec<(Vec<u8>, Vec<u8>)> = on!(tx, c => bind_all!(
            sqlx::query_as(AssertSqlSafe(statement)), keys()).fetch_all(c).await?);
        for (quote, section) in found {
            selected
                .entry(quote)
                .or_default()
                .push(SectionId::from_slice(&section)?);
        }
    }
    rows.into_iter()
        .zip(quotes)
        .map(|(row, id)| {
            let said = said.remove(&id).unwrap_or_default();
            let tag_state = crosswalk.judge(&said).state;
            let tags = said.into_iter().map(|stand| LineTag {
                became: crosswalk.became(&stand.line),
                line: stand.line,
                standing: stand.standing,
            });
            let selected_in = selected.remove(&row.0).unwrap_or_default();
            let mut quote = quote(row, tags.collect(), tag_state, selected_in)?;
            if as_of.is_none() {
                accept(&mut quote);
            }
            Ok(quote)
        })
        .collect()
}

/// Where nobody spoke, an answer of the tagger may stand.
fn accept(quote: &mut QuoteRow) {
    let first = quote.suggestions.first().filter(|first| first.accepted);
    if let Some(first) = first
        && quote.tag_state == TagState::Untagged
        && quote.tags.is_empty()
    {
        quote.tag_state = TagState::Accepted;
        quote.tags.push(LineTag {
            line: first.line.clone(),
            standing: LineStanding::Accepted,
            became: Vec::new(),
        });
    }
}

fn quote(
    row: Row,
    tags: Vec<LineTag>,
    tag_state: TagState,
    selected_in: Vec<SectionId>,
) -> Result<QuoteRow> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    let (id, conversation, round, round_name, kind, area, language, recorded_at, ..) = &row;
    let (
        ..,
        verbatim,
        wordings,
        analysis,
        anonymous,
        named,
        follow_up,
        suggestions,
        clock_doubtful,
    ) = &row;
    let wordings = match wordings {
        Some(list) => from_json("wordings", list)?,
        None => vec![verbatim.clone()],
    };
    let allowed = Purpose::ALL
        .into_iter()
        .zip([analysis, anonymous, named, follow_up]);
    Ok(QuoteRow {
        id: QuoteId::from_slice(id)?,
        conversation: ConversationId::from_slice(conversation)?,
        round: RoundId::from_slice(round)?,
        round_name: round_name.clone(),
        kind: RoundKind::parse(kind).ok_or_else(|| corrupt("kind of a round"))?,
        area: area.clone(),
        language: language.clone(),
        recorded_at: Millis(*recorded_at),
        clock_doubtful: *clock_doubtful,
        verbatim: verbatim.clone(),
        wordings,
        tag_state,
        tags,
        suggestions: from_json::<Vec<LineSuggestion>>("suggestions", suggestions)?,
        consent: allowed
            .filter(|(_, yes)| **yes)
            .map(|(purpose, _)| purpose)
            .collect(),
        selected_in,
    })
}

fn from_json<T: serde::de::DeserializeOwned>(what: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|_| StoreError::Corrupt(what.to_owned()))
}
