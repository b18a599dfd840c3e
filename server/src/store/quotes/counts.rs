//! Counting quotes by any two dimensions.

use std::collections::BTreeMap;

use koffiekar_sync_core::catalogue::Catalogue;
use koffiekar_sync_core::office::{
    Bucket, Counts, Desk, DeskLine, Dimension, QuoteFilter, TagState,
};
use sqlx::AssertSqlSafe;

use super::filter::{Condition, FilterError};
use super::{STANDS, Sight, UNTAGGED, count, line_key};
use crate::store::{StoreError, Tx, bind_all, on};

/// The bucket of all quotes where there is no second dimension.
const ALL: &str = "all";
/// The bucket of quotes without an area.
const UNKNOWN: &str = "unknown";

/// Numbers of quotes that match the filter, by one or two dimensions.
pub async fn count_by(
    tx: &mut Tx,
    sight: &Sight,
    filter: &QuoteFilter,
    rows: Dimension,
    columns: Option<Dimension>,
    catalogue: &Catalogue,
) -> Result<Counts, FilterError> {
    let condition = Condition::of(tx, sight, filter)?;
    let total = count(tx, &condition).await?;
    let by_line = |d: Dimension| matches!(d, Dimension::ActionLine | Dimension::Theme);
    let lines = by_line(rows) || columns.is_some_and(by_line);
    let join = if lines {
        format!(
            "left join quote_lines l on l.quote = q.id and l.standing in {STANDS}
             left join action_lines a on a.key = l.line"
        )
    } else {
        String::new()
    };
    let second = columns.map_or_else(|| format!("'{ALL}'"), |d| expression(tx, d));
    // A theme gathers several lines: a quote with two of them counts once.
    let number = if lines {
        "count(distinct q.id)"
    } else {
        "count(*)"
    };
    let statement = format!(
        "select {} as r, {second} as c, {number} from quotes q {join} where {} group by 1, 2",
        expression(tx, rows),
        condition.sql()
    );
    type Cell = (String, String, i64);
    let cells: Vec<Cell> = on!(tx, c => bind_all!(
        sqlx::query_as(AssertSqlSafe(statement)), condition.values())
        .fetch_all(c).await.map_err(StoreError::from)?);

    let row_buckets = buckets(
        Some(rows),
        cells.iter().map(|cell| cell.0.as_str()),
        catalogue,
    );
    let column_buckets = buckets(columns, cells.iter().map(|cell| cell.1.as_str()), catalogue);
    let place = |buckets: &[Bucket]| -> BTreeMap<String, usize> {
        buckets
            .iter()
            .zip(0..)
            .map(|(bucket, at)| (bucket.key.clone(), at))
            .collect()
    };
    let (row_places, column_places) = (place(&row_buckets), place(&column_buckets));
    let mut table = vec![vec![0; column_buckets.len()]; row_buckets.len()];
    for (row, column, number) in &cells {
        if let (Some(r), Some(c)) = (row_places.get(row), column_places.get(column)) {
            table[*r][*c] = number.unsigned_abs();
        }
    }
    Ok(Counts {
        rows: row_buckets,
        columns: column_buckets,
        cells: table,
        total,
    })
}

fn expression(tx: &Tx, dimension: Dimension) -> String {
    match dimension {
        Dimension::ActionLine => format!("coalesce(l.line, '{UNTAGGED}')"),
        // "Geen actielijn" has no theme.
        Dimension::Theme => format!("coalesce(a.theme, l.line, '{UNTAGGED}')"),
        Dimension::Area => format!("coalesce(q.area, '{UNKNOWN}')"),
        Dimension::Wijk => format!("coalesce(q.wijk, '{UNKNOWN}')"),
        Dimension::Round => tx
            .pick("lower(hex(q.round))", "encode(q.round, 'hex')")
            .to_owned(),
        Dimension::Kind => "q.kind".to_owned(),
        Dimension::Language => "q.language".to_owned(),
        Dimension::Month => "q.month".to_owned(),
        Dimension::TagState => "q.tag_state".to_owned(),
    }
}

/// Those that occur, in the order of the programme, each with the label people know it by.
fn buckets<'a>(
    dimension: Option<Dimension>,
    found: impl Iterator<Item = &'a str>,
    catalogue: &Catalogue,
) -> Vec<Bucket> {
    let mut keys: Vec<&str> = found.collect();
    keys.sort_unstable();
    keys.dedup();
    let Some(dimension) = dimension else {
        return vec![Bucket {
            key: ALL.to_owned(),
            label: "Alle".to_owned(),
        }];
    };
    let order: Vec<(String, String)> = match dimension {
        Dimension::ActionLine => {
            let lines = catalogue.action_lines.iter();
            lines
                .map(|line| (line.key.to_string(), line.title.clone()))
                .collect()
        }
        Dimension::Theme => {
            let themes = catalogue.themes.iter();
            themes
                .map(|theme| (theme.key.to_string(), theme.title.clone()))
                .collect()
        }
        Dimension::Area | Dimension::Wijk => catalogue
            .areas
            .iter()
            .map(|area| (area.code.clone(), area.label()))
            .collect(),
        Dimension::Round => {
            let rounds = catalogue.rounds.iter();
            rounds
                .map(|round| (round.id.key(), round.name.clone()))
                .collect()
        }
        Dimension::Kind | Dimension::Language | Dimension::Month | Dimension::TagState => keys
            .iter()
            .map(|key| ((*key).to_owned(), label(key).to_owned()))
            .collect(),
    };
    let known = order
        .iter()
        .filter(|(key, _)| keys.contains(&key.as_str()))
        .cloned();
    let others = keys
        .iter()
        .filter(|key| !order.iter().any(|(known, _)| known == **key))
        .map(|key| ((*key).to_owned(), label(key).to_owned()));
    known
        .chain(others)
        .map(|(key, label)| Bucket { key, label })
        .collect()
}

fn label(key: &str) -> &str {
    match key {
        "none" => "Geen actielijn",
        UNTAGGED => "Nog niet getagd",
        UNKNOWN => "Onbekend",
        "neighbourhood_round" => "Buurtronde",
        "open_house" => "Open huis",
        "consultation" => "Overlegronde",
        "concept_reaction" => "Conceptreactie",
        "proposed" => "Voorgesteld",
        "confirmed" => "Bevestigd",
        "contested" => "Tegenspraak",
        "nl" => "Nederlands",
        "en" => "Engels",
        "tr" => "Turks",
        "ar" => "Arabisch",
        other => other,
    }
}

/// What waits for the editor.
pub async fn desk(tx: &mut Tx, sight: &Sight, catalogue: &Catalogue) -> Result<Desk, FilterError> {
    let everything = QuoteFilter::default();
    let condition = Condition::of(tx, sight, &everything)?;
    let total = count(tx, &condition).await?;

    let statement = format!(
        "select l.line, l.standing, count(*) from quotes q
         join quote_lines l on l.quote = q.id where {} group by 1, 2",
        condition.sql()
    );
    let standing: Vec<(String, String, i64)> = on!(tx, c => bind_all!(
        sqlx::query_as(AssertSqlSafe(statement)), condition.values())
        .fetch_all(c).await.map_err(StoreError::from)?);
    let standing: BTreeMap<(String, String), i64> = standing
        .into_iter()
        .map(|(line, standing, n)| ((line, standing), n))
        .collect();
    let standing = |line: &str, standing_of: &str| -> u64 {
        let key = (line.to_owned(), standing_of.to_owned());
        standing.get(&key).copied().unwrap_or(0).unsigned_abs()
    };

    let statement = format!(
        "select q.best_suggestion, count(*) from quotes q
         where {} and q.best_suggestion is not null group by 1",
        condition.sql()
    );
    let suggested: Vec<(String, i64)> = on!(tx, c => bind_all!(
        sqlx::query_as(AssertSqlSafe(statement)), condition.values())
        .fetch_all(c).await.map_err(StoreError::from)?);
    let suggested: BTreeMap<String, i64> = suggested.into_iter().collect();

    let statement = format!(
        "select q.tag_state, count(*) from quotes q where {} group by 1",
        condition.sql()
    );
    let states: Vec<(String, i64)> = on!(tx, c => bind_all!(
        sqlx::query_as(AssertSqlSafe(statement)), condition.values())
        .fetch_all(c).await.map_err(StoreError::from)?);
    let states: BTreeMap<String, i64> = states.into_iter().collect();
    let state = |state: TagState| {
        states
            .get(state.as_str())
            .copied()
            .unwrap_or(0)
            .unsigned_abs()
    };

    let mut conflicting = Condition::of(tx, sight, &everything)?;
    conflicting.push("q.wordings is not null");
    let conflicts = count(tx, &conflicting).await?;
    let lines = catalogue
        .action_lines
        .iter()
        .map(|line| {
            let key = line.key.as_str();
            Ok(DeskLine {
                key: line_key(key)?,
                confirmed: standing(key, "confirmed"),
                proposed: standing(key, "proposed"),
                suggested: suggested.get(key).copied().unwrap_or(0).unsigned_abs(),
            })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Desk {
        lines,
        none: standing("none", "confirmed"),
        untagged: state(TagState::Untagged),
        proposed: state(TagState::Proposed),
        contested: state(TagState::Contested),
        conflicts,
        total,
    })
}
