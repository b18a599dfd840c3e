//! Counts as bars and as a table, out of the same numbers.
//!
//! A bar's label and its number are text beside it; the drawing itself is hidden from screen readers.
//! Parts of a bar carry the number of their series, so that colour is never the only sign.

use koffiekar_sync_core::catalogue::RoundKind;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{Bucket, Counts, Dimension, TagState};
use leptos::prelude::*;

use crate::{
    parts::{Scroll, iso_month},
    words::{number, words},
};

/// Colours beyond which parts of a bar would no longer be told apart: the rest goes together.
const MOST_SERIES: usize = 6;

/// A bucket's name in the language of the screen, where it is not a name of the programme.
fn label(bucket: &Bucket, by: Dimension) -> String {
    let names = &words().names;
    match (by, bucket.key.as_str()) {
        (Dimension::Language, code) => names.language(code),
        (Dimension::Kind, key) => RoundKind::parse(key)
            .map_or_else(|| bucket.label.clone(), |kind| names.kind(kind).to_owned()),
        (Dimension::TagState, key) => TagState::parse(key).map_or_else(
            || bucket.label.clone(),
            |state| names.tag_state(state).to_owned(),
        ),
        (Dimension::Month, month) => iso_month(month),
        (_, LineKey::NONE) => names.none_line.to_owned(),
        (_, "untagged") => names.no_line_yet.to_owned(),
        (_, "unknown") => names.unknown_area.to_owned(),
        _ => bucket.label.clone(),
    }
}

/// The series of the bars: at most [`MOST_SERIES`], the last of which may be "the rest".
struct Series {
    names: Vec<String>,
    /// Per row.
    values: Vec<Vec<u64>>,
}

fn series(counts: &Counts, columns: Dimension) -> Series {
    let names: Vec<String> = counts
        .columns
        .iter()
        .map(|bucket| label(bucket, columns))
        .collect();
    if names.len() <= MOST_SERIES {
        return Series {
            names,
            values: counts.cells.clone(),
        };
    }
    let sum = |column: usize| counts.cells.iter().map(|row| row[column]).sum::<u64>();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|column| std::cmp::Reverse(sum(*column)));
    let (own, rest) = order.split_at(MOST_SERIES - 1);
    let mut shown: Vec<String> = own.iter().map(|column| names[*column].clone()).collect();
    shown.push(format!("{} ({})", words().analysis.rest, rest.len()));
    let values = counts.cells.iter().map(|row| {
        let mut values: Vec<u64> = own.iter().map(|column| row[*column]).collect();
        values.push(rest.iter().map(|column| row[*column]).sum());
        values
    });
    Series {
        names: shown,
        values: values.collect(),
    }
}

#[component]
pub(super) fn Chart(counts: Counts, rows: Dimension, columns: Option<Dimension>) -> impl IntoView {
    let words = &words().analysis;
    let columns = columns.filter(|columns| *columns != rows);
    let series = series(&counts, columns.unwrap_or(rows));
    // What nobody judged yet would dwarf the lines: it is told, not drawn.
    let is_outside = |bucket: &Bucket| {
        matches!(rows, Dimension::ActionLine | Dimension::Theme) && bucket.key == "untagged"
    };
    let told = |((bucket, _), total): ((&Bucket, &Vec<u64>), &u64)| {
        view! { <p class="outside">{label(bucket, rows)}": "<strong>{number(*total)}</strong></p> }
    };
    let all = || {
        let values = counts.rows.iter().zip(&series.values);
        values.zip(&counts.totals)
    };
    let outside = all().find(|((bucket, _), _)| is_outside(bucket));
    let outside = outside.map(told);
    let drawn = || all().filter(|((bucket, _), _)| !is_outside(bucket));
    // A quote on two lines is in two parts of a bar, and once in its number.
    let lengths = drawn().map(|((_, values), _)| values.iter().sum::<u64>());
    let most = lengths.max().unwrap_or(1).max(1);
    let bars = drawn().map(|((bucket, values), total)| {
        view! {
            <li>
                <span class="bar-label">{label(bucket, rows)}</span>
                <Bar values=values.clone() most names=series.names.clone() split=columns.is_some()/>
                <span class="bar-total">{number(*total)}</span>
            </li>
        }
    });
    let legend = columns.map(|_| {
        let items = series.names.iter().enumerate().map(|(place, name)| {
            view! {
                <li>
                    <svg width="18" height="18" aria-hidden="true">
                        <rect class=series_class(place) width="18" height="18"/>
                        <text class="part-number" x="9" y="13">{place + 1}</text>
                    </svg>
                    {name.clone()}
                </li>
            }
        });
        view! { <ol class="series">{items.collect_view()}</ol> }
    });
    let bars = bars.collect_view();
    view! {
        <figure class="chart" aria-label=words.chart_label>
            {legend}
            <ol class="bars">{bars}</ol>
            {outside}
            <figcaption class="hint">{words.chart_label}" "{words.double}</figcaption>
        </figure>
    }
}

fn series_class(place: usize) -> String {
    format!("part series-{}", place % MOST_SERIES + 1)
}

#[expect(clippy::cast_precision_loss, reason = "counts of quotes, as a width")]
fn percent(value: u64, most: u64) -> f64 {
    value as f64 / most as f64 * 100.0
}

#[component]
fn Bar(values: Vec<u64>, most: u64, names: Vec<String>, split: bool) -> impl IntoView {
    let mut from = 0;
    let parts = values.into_iter().enumerate().filter(|(_, value)| *value > 0).map(|(place, value)| {
        let (start, width) = (percent(from, most), percent(value, most));
        from += value;
        let mark = (split && width >= 3.0).then(|| {
            view! {
                <text class="part-number" x=format!("{}%", start + width / 2.0) y="15">{place + 1}</text>
            }
        });
        let name = if split { format!("{}: {}", names[place], number(value)) } else { number(value) };
        view! {
            <g>
                <title>{name}</title>
                <rect class=series_class(place) x=format!("{start}%") width=format!("{width}%") height="20"/>
                {mark}
            </g>
        }
    });
    let parts = parts.collect_view();
    view! { <svg class="bar" width="100%" height="20" aria-hidden="true">{parts}</svg> }
}

#[component]
pub(super) fn CrossTable(
    counts: Counts,
    rows: Dimension,
    columns: Option<Dimension>,
) -> impl IntoView {
    let words = words();
    let columns = columns.filter(|columns| *columns != rows);
    let split = columns.is_some();
    let heads = columns.map(|by| {
        let heads = counts.columns.iter().map(|bucket| label(bucket, by));
        heads
            .map(|head| view! { <th scope="col" class="number">{head}</th> })
            .collect_view()
    });
    let rows_of = counts.rows.iter().zip(&counts.cells).zip(&counts.totals);
    let body = rows_of.map(|((bucket, cells), total)| {
        let cells = split.then(|| {
            cells
                .iter()
                .map(|cell| view! { <td class="number" class:zero=*cell == 0>{number(*cell)}</td> })
                .collect_view()
        });
        view! {
            <tr>
                <th scope="row">{label(bucket, rows)}</th>
                {cells}
                <td class="number">{number(*total)}</td>
            </tr>
        }
    });
    let body = body.collect_view();
    view! {
        <Scroll label=words.analysis.table.to_owned()>
            <table class="counts">
                <caption class="unseen">{words.analysis.table}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.names.dimension(rows)}</th>
                        {heads}
                        <th scope="col" class="number">{words.analysis.sum}</th>
                    </tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </Scroll>
        <p class="hint">{words.analysis.double}</p>
    }
}
