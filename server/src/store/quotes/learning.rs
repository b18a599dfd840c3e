//! What the tagger learns from, and where its suggestions go.

use std::collections::{BTreeMap, BTreeSet};

use koffiekar_sync_core::ids::{ConversationId, LineKey, Millis, QuoteId, UserId};
use koffiekar_sync_core::office::{LineStanding, LineSuggestion, TagState};
use koffiekar_tagging::Labelled;
use koffiekar_tagging::shared::Origin;

use crate::projection::json;
use crate::store::{Result, Tx, crosswalk, on};

/// A quote that editors decided about, and since when that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    pub labelled: Labelled,
    pub at: Millis,
    pub origin: Origin,
}

/// Quotes that editors decided about, in the order of their ids, by what became of the lines since: what
/// was confirmed on a line that was merged is a label of the one it went into, and a line that was split
/// teaches nothing. Where all that people said is which lines it does not concern, it teaches that. Only words whose resident agreed to analysis teach the tagger.
pub async fn labelled(tx: &mut Tx) -> Result<Vec<Decided>> {
    let crosswalk = crosswalk::read(tx, None).await?;
    let statement = "
        select q.id, q.verbatim, q.language, l.line, l.standing, l.since, c.id, c.recorded_by
        from quotes q join quote_lines l on l.quote = q.id join conversations c on c.id = q.conversation
        where q.id in (select quote from quote_lines where standing in ('confirmed', 'rejected'))
            and q.for_analysis
        order by q.id, l.line";
    type Row = (
        Vec<u8>,
        String,
        String,
        String,
        String,
        i64,
        Vec<u8>,
        Vec<u8>,
    );
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    let mut decided = Vec::new();
    for quote in rows.chunk_by(|one, other| one.0 == other.0) {
        let said = quote
            .iter()
            .map(|(_, _, _, line, standing, since, ..)| super::stand(line, standing, *since));
        let said = said.collect::<Result<Vec<_>>>()?;
        let judged = crosswalk.judge(&said);
        let with = |wanted: LineStanding| -> Vec<String> {
            let lines = judged.lines.iter();
            let lines = lines.filter(|(_, standing)| *standing == wanted);
            lines.map(|(line, _)| line.to_string()).collect()
        };
        let rejected = with(LineStanding::Rejected);
        let confirmed = with(LineStanding::Confirmed);
        if confirmed.len() > 1 && confirmed.iter().any(|line| line == LineKey::NONE) {
            // Somebody says none and somebody else a line: that teaches neither.
            continue;
        }
        let (lines, not) = match judged.state {
            TagState::Confirmed => (confirmed, Vec::new()),
            TagState::Untagged | TagState::Proposed if !rejected.is_empty() => {
                (Vec::new(), rejected)
            }
            _ => continue,
        };
        let (_, text, language, _, _, _, conversation, person) = &quote[0];
        let since = said.iter().map(|stand| stand.since);
        decided.push(Decided {
            at: since.max().unwrap_or(Millis(0)),
            origin: Origin {
                conversation: ConversationId::from_slice(conversation)?.0.as_u128(),
                person: UserId::from_slice(person)?.0.as_u128(),
            },
            labelled: Labelled {
                text: text.clone(),
                language: language.clone(),
                lines: lines
                    .into_iter()
                    .filter(|line| line != LineKey::NONE)
                    .collect(),
                not,
            },
        });
    }
    Ok(decided)
}

/// Of these quotes the lines that a person has to choose from again; those of which nobody has are missing.
pub async fn to_choose_from(
    tx: &mut Tx,
    ids: &[QuoteId],
) -> Result<BTreeMap<QuoteId, BTreeSet<LineKey>>> {
    let crosswalk = crosswalk::read(tx, None).await?;
    if crosswalk.is_empty() {
        return Ok(BTreeMap::new());
    }
    let stands = super::stands(tx, ids, None).await?;
    let among = stands
        .into_iter()
        .map(|(quote, said)| (quote, crosswalk.judge(&said).among));
    Ok(among.filter(|(_, among)| !among.is_empty()).collect())
}

/// A quote as the tagger reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct TextOfQuote {
    pub id: QuoteId,
    pub verbatim: String,
    pub language: String,
}

type TextRow = (Vec<u8>, String, String);

/// The next quotes that have no suggestions by this model, in the order of their ids: after a start with
/// the same lines and labels there are none.
pub async fn texts_after(
    tx: &mut Tx,
    after: Option<QuoteId>,
    model: &str,
    rows: u32,
) -> Result<Vec<TextOfQuote>> {
    let statement = tx.pick(
        "select id, verbatim, language from quotes
         where id > $1 and instr(suggestions, $2) = 0 order by id limit $3",
        "select id, verbatim, language from quotes
         where id > $1 and strpos(suggestions, $2) = 0 order by id limit $3",
    );
    let after = after.map_or_else(Vec::new, |id| id.as_bytes().to_vec());
    let rows: Vec<TextRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(after)
        .bind(format!("\"model\":{}", json(&model)))
        .bind(i64::from(rows))
        .fetch_all(c).await?);
    rows.into_iter().map(text_of).collect()
}

fn text_of((id, verbatim, language): TextRow) -> Result<TextOfQuote> {
    Ok(TextOfQuote {
        id: QuoteId::from_slice(&id)?,
        verbatim,
        language,
    })
}

/// The newest quotes that people tagged to this line, and that may be analysed.
pub async fn newest_of_line(tx: &mut Tx, line: &LineKey, rows: u32) -> Result<Vec<TextOfQuote>> {
    let statement = "
        select q.id, q.verbatim, q.language from quote_lines l join quotes q on q.id = l.quote
        where l.line = $1 and l.standing <> 'rejected' and q.for_analysis
        order by q.id desc limit $2";
    let rows: Vec<TextRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(line.as_str())
        .bind(i64::from(rows))
        .fetch_all(c).await?);
    rows.into_iter().map(text_of).collect()
}

/// The newest quotes that nobody tagged yet and that may be analysed.
pub async fn newest_untagged(tx: &mut Tx, rows: u32) -> Result<Vec<TextOfQuote>> {
    // Ids begin with the time at which they were made.
    let statement = "
        select id, verbatim, language from quotes
        where tag_state = 'untagged' and for_analysis order by id desc limit $1";
    let rows: Vec<TextRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(i64::from(rows))
        .fetch_all(c).await?);
    rows.into_iter().map(text_of).collect()
}

/// What a quote gets from the tagger.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggested {
    pub quote: QuoteId,
    /// The best first.
    pub suggestions: Vec<LineSuggestion>,
}

/// Puts suggestions beside quotes. They get the next place of what is derived again.
///
/// Returns how many of them were free: who writes one of the others just now is not waited for, because
/// they may wait for the ones that were written here.
pub async fn put_suggestions(tx: &mut Tx, suggested: &[Suggested]) -> Result<usize> {
    let place = super::next_derived_place(tx).await?;
    let statement = tx.pick(
        "update quotes set suggestions = $2, derived_place = $4, certainty = $5,
            best_suggestion = case when tag_state = 'untagged' then $3 else null end,
            accepted = $6 and tag_state = 'untagged'
                and not exists (select 1 from quote_lines l where l.quote = $1)
         where id = $1",
        "update quotes set suggestions = $2, derived_place = $4, certainty = $5,
            best_suggestion = case when tag_state = 'untagged' then $3 else null end,
            accepted = $6 and tag_state = 'untagged'
                and not exists (select 1 from quote_lines l where l.quote = $1)
         where id = (select id from quotes where id = $1 for update skip locked)",
    );
    let mut free = 0;
    for one in suggested {
        let best = one.suggestions.first();
        let written = on!(tx, c => sqlx::query(statement)
            .bind(one.quote.as_bytes().as_slice())
            .bind(json(&one.suggestions))
            .bind(best.map(|best| best.line.as_str()))
            .bind(place)
            .bind(best.map(LineSuggestion::certainty))
            .bind(best.is_some_and(|best| best.accepted))
            .execute(c).await?.rows_affected());
        free += usize::from(written > 0);
    }
    Ok(free)
}
