//! How well each action line is recognised, and which are taken for each other.

use koffiekar_sync_core::office::{Confused, LineQuality, Share};
use leptos::prelude::*;

use super::{interval, percent};
use crate::{
    office::names::names,
    parts::{Choice, Scroll, Select},
    words::{number, words},
};

#[component]
pub(super) fn Lines(lines: Vec<LineQuality>) -> impl IntoView {
    let words = words();
    let language = RwSignal::new(String::new());
    let mut languages: Vec<String> = lines.iter().filter_map(|l| l.language.clone()).collect();
    languages.sort();
    languages.dedup();
    let all = Choice::new("", words.quality.all_languages);
    let known = languages
        .iter()
        .map(|code| Choice::new(code.clone(), words.names.language(code)));
    let choices: Vec<Choice> = [all].into_iter().chain(known).collect();
    let choose = Callback::new(move |value| language.set(value));
    let rows = move || {
        let chosen = language.get();
        let asked = (!chosen.is_empty()).then_some(chosen);
        let shown = lines.iter().filter(|line| line.language == asked);
        shown.map(row).collect_view()
    };
    view! {
        <section aria-labelledby="by-line">
            <h2 class="group-title" id="by-line">{words.quality.lines}</h2>
            <p class="hint">{words.quality.lines_hint}</p>
            <div class="dimensions">
                <Select id="quality-language" label=words.quality.language value=language choices on_choose=choose/>
            </div>
            <Scroll label=words.quality.lines.to_owned()>
                <table class="shares" aria-labelledby="by-line">
                    <thead><tr>
                        <th scope="col">{words.quality.line}</th>
                        <th scope="col">{words.quality.precision}</th>
                        <th scope="col">{words.quality.recall}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        </section>
    }
}

fn row(line: &LineQuality) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row">{names().line(&line.line)}</th>
            <td>{bar(&line.precision)}</td>
            <td>{bar(&line.recall)}</td>
        </tr>
    }
}

/// A share with how certain it is, drawn and told.
pub(super) fn bar(share: &Share) -> AnyView {
    if share.of == 0 {
        return view! { <span class="under">"\u{2013}"</span> }.into_any();
    }
    let at = |share: f64| share * 120.0;
    view! {
        <span class="share">
            <svg width="120" height="16" aria-hidden="true">
                <rect class="chance-all" y="5" width="120" height="6"/>
                <rect class="chance-part" y="5" width=at(share.share) height="6"/>
                <line class="whisker" x1=at(share.low) x2=at(share.high) y1="8" y2="8"/>
            </svg>
            <span class="number">{percent(share.share)}</span>
            <span class="under">{number(share.hits)}"/"{number(share.of)}", "{interval(share)}</span>
        </span>
    }
    .into_any()
}

#[component]
pub(super) fn Confusions(confused: Vec<Confused>) -> impl IntoView {
    let words = &words().quality;
    let body = if confused.is_empty() {
        view! { <p class="hint">{words.confused_none}</p> }.into_any()
    } else {
        let rows = confused.iter().map(|one| {
            view! {
                <tr>
                    <td>{names().line(&one.said)}</td>
                    <td>{names().line(&one.right)}</td>
                    <td class="number">{number(one.quotes)}</td>
                </tr>
            }
        });
        let rows = rows.collect_view();
        view! {
            <Scroll label=words.confused.to_owned()>
                <table class="counts" aria-labelledby="confused">
                    <thead><tr>
                        <th scope="col">{words.confused_said}</th>
                        <th scope="col">{words.confused_right}</th>
                        <th scope="col" class="number">{words.quotes}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        }
        .into_any()
    };
    view! {
        <section aria-labelledby="confused">
            <h2 class="group-title" id="confused">{words.confused}</h2>
            {body}
        </section>
    }
}
