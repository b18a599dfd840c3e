//! How a quote looks, wherever it stands: the words as recorded, and what belongs under them.

use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::office::{LineStanding, QuoteRow};
use leptos::prelude::*;

use super::names::names;
use crate::{parts::day, words::words};

/// The words, large, in their own language. Their direction is that of their first letter, whatever the language says.
#[component]
pub(super) fn Verbatim(#[prop(into)] text: String, language: String) -> impl IntoView {
    view! { <blockquote class="verbatim" lang=language dir="auto">{text}</blockquote> }
}

/// Round, area, day, language, and what the resident allows.
#[component]
pub(super) fn Meta(row: QuoteRow) -> impl IntoView {
    let names = &words().names;
    let language = names.language(&row.language);
    view! {
        <p class="meta">
            <span>{row.round_name.clone()}</span>
            <span>{self::names().area(row.area.as_deref())}</span>
            <span>{names.recorded(&day(row.recorded_at), row.clock_doubtful)}</span>
            <span>{language}</span>
            <ConsentMark consent=row.consent/>
        </p>
    }
}

#[component]
pub(super) fn ConsentMark(consent: Vec<Purpose>) -> impl IntoView {
    let text = words().names.publication(&consent);
    let may = may_publish(&consent);
    view! {
        <span class="consent" class:refused=!may>
            <span aria-hidden="true">{if may { "\u{2713} " } else { "\u{2715} " }}</span>
            {text}
        </span>
    }
}

/// Without a name: nothing records one, so who agreed to that alone cannot be printed.
pub(super) fn may_publish(consent: &[Purpose]) -> bool {
    consent.contains(&Purpose::AnonymousPublication)
}

pub(super) fn sign_of_standing(standing: LineStanding) -> &'static str {
    match standing {
        LineStanding::Proposed => "\u{25c7}",
        LineStanding::Confirmed => "\u{2713}",
        LineStanding::Contested => "\u{2260}",
        LineStanding::Rejected => "\u{2715}",
        LineStanding::Accepted => "\u{25cd}",
    }
}

/// What people said about the lines, to read only.
#[component]
pub(super) fn Tags(row: QuoteRow) -> impl IntoView {
    let words = &words().names;
    if row.tags.is_empty() {
        return view! { <p class="tags"><span class="tag untagged">"\u{25cb} "{words.untagged}</span></p> }.into_any();
    }
    let tags = row
        .tags
        .into_iter()
        .map(|tag| {
            view! {
                <li class=format!("tag {}", tag.standing.as_str())>
                    <span aria-hidden="true">{sign_of_standing(tag.standing)}" "</span>
                    {names().line(&tag.line)}
                    <span class="standing">{words.standing(tag.standing)}</span>
                    {names().became(&tag).map(|became| view! { <span class="became">{became}</span> })}
                </li>
            }
        })
        .collect_view();
    view! { <ul class="tags">{tags}</ul> }.into_any()
}
