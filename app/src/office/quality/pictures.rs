//! What was measured as pictures, each with its table behind it.

use koffiekar_sync_core::office::{CurvePoint, Share, WeekOfAudit};
use leptos::prelude::*;

use super::{interval, percent};
use crate::{
    parts::{Scroll, iso_day},
    words::{number, words},
};

/// Weeks in the picture: the newest. The table has all.
const SHOWN: usize = 26;
/// The plane of a picture, in its own units, and what surrounds it.
const WIDE: f64 = 360.0;
const HIGH: f64 = 200.0;
const LEFT: f64 = 44.0;
const BELOW: f64 = 24.0;

fn y(share: f64) -> f64 {
    8.0 + (1.0 - share) * HIGH
}

/// Lines at 0, 25, 50, 75 and 100%, with their names.
fn grid() -> impl IntoView {
    [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| {
        view! {
            <line class="grid" x1=LEFT x2=LEFT + WIDE y1=y(share) y2=y(share)/>
            <text class="axis" x=LEFT - 6.0 y=y(share) + 4.0 text-anchor="end">{format!("{:.0}%", share * 100.0)}</text>
        }
    })
}

#[component]
pub(super) fn Weeks(weeks: Vec<WeekOfAudit>) -> impl IntoView {
    let words = &words().quality;
    let shown = &weeks[weeks.len().saturating_sub(SHOWN)..];
    #[expect(clippy::cast_precision_loss, reason = "places in a picture")]
    let x = {
        let step = WIDE / shown.len().max(1) as f64;
        move |place: usize| LEFT + step * (place as f64 + 0.5)
    };
    let marks = shown.iter().enumerate().map(|(place, week)| {
        let Share {
            low,
            high,
            share,
            of,
            ..
        } = week.right;
        let name = format!(
            "{}: {} ({})",
            iso_day(&week.monday),
            percent(share),
            number(of)
        );
        view! {
            <g>
                <title>{name}</title>
                <line class="whisker" x1=x(place) x2=x(place) y1=y(low) y2=y(high)/>
                <circle class="dot" cx=x(place) cy=y(share) r="5"/>
            </g>
        }
    });
    let marks = marks.collect_view();
    let ends = [shown.first(), shown.last().filter(|_| shown.len() > 1)];
    let ends = ends
        .into_iter()
        .flatten()
        .zip([(x(0), "start"), (LEFT + WIDE, "end")]);
    let ends = ends.map(|(week, (at, anchor))| {
        let at = if anchor == "start" { LEFT } else { at };
        view! { <text class="axis" x=at y=HIGH + BELOW text-anchor=anchor>{iso_day(&week.monday)}</text> }
    });
    let ends = ends.collect_view();
    let rows = weeks.iter().rev().map(|week| {
        view! {
            <tr>
                <th scope="row">{iso_day(&week.monday)}</th>
                <td class="number">{number(week.right.of)}</td>
                <td class="number">{percent(week.right.share)}</td>
                <td class="number">{interval(&week.right)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <figure class="picture" aria-labelledby="weeks">
            <h2 id="weeks">{words.weeks}</h2>
            <svg viewBox=format!("0 0 {} {}", LEFT + WIDE + 8.0, HIGH + BELOW + 8.0) aria-hidden="true">
                {grid().into_view()}{marks}{ends}
            </svg>
            <figcaption class="hint">{words.weeks_hint}</figcaption>
            <details>
                <summary>{words.table}</summary>
                <Scroll label=words.table.to_owned()>
                <table class="counts">
                    <thead><tr>
                        <th scope="col">{words.week}</th>
                        <th scope="col" class="number">{words.judged}</th>
                        <th scope="col" class="number">{words.share}</th>
                        <th scope="col" class="number">{words.low_high}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                </Scroll>
            </details>
        </figure>
    }
}

#[component]
pub(super) fn Curve(points: Vec<CurvePoint>) -> impl IntoView {
    let words = &words().quality;
    let points: Vec<CurvePoint> = points
        .into_iter()
        .filter(|point| point.quotes > 0)
        .collect();
    let x = |share: f64| LEFT + share * WIDE;
    let most = points.iter().map(|point| point.quotes).max().unwrap_or(1);
    #[expect(clippy::cast_precision_loss, reason = "sizes in a picture")]
    let size = |quotes: u64| 3.0 + 9.0 * (quotes as f64 / most as f64).sqrt();
    let dots = points.iter().map(|point| {
        let name = format!(
            "{} \u{2192} {} ({})",
            percent(point.said),
            percent(point.right),
            number(point.quotes)
        );
        view! {
            <g>
                <title>{name}</title>
                <circle class="dot" cx=x(point.said) cy=y(point.right) r=size(point.quotes)/>
            </g>
        }
    });
    let dots = dots.collect_view();
    let below = [0.0, 0.5, 1.0].map(|share| {
        view! { <text class="axis" x=x(share) y=HIGH + BELOW text-anchor="middle">{format!("{:.0}%", share * 100.0)}</text> }
    });
    let rows = points.iter().map(|point| {
        view! {
            <tr>
                <th scope="row">{percent(point.from)}" \u{2013} "{percent(point.to)}</th>
                <td class="number">{number(point.quotes)}</td>
                <td class="number">{percent(point.said)}</td>
                <td class="number">{percent(point.right)}</td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    view! {
        <figure class="picture" aria-labelledby="curve">
            <h2 id="curve">{words.curve}</h2>
            <svg viewBox=format!("0 0 {} {}", LEFT + WIDE + 24.0, HIGH + BELOW + 8.0) aria-hidden="true">
                {grid().into_view()}
                <line class="even" x1=x(0.0) y1=y(0.0) x2=x(1.0) y2=y(1.0)/>
                {dots}{below}
            </svg>
            <figcaption class="hint">{words.curve_hint}</figcaption>
            <details>
                <summary>{words.table}</summary>
                <Scroll label=words.table.to_owned()>
                <table class="counts">
                    <thead><tr>
                        <th scope="col">{words.said}</th>
                        <th scope="col" class="number">{words.judged}</th>
                        <th scope="col" class="number">{words.said}</th>
                        <th scope="col" class="number">{words.turned_out}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                </Scroll>
            </details>
        </figure>
    }
}
