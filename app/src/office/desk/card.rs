//! One quote on the desk: its words, what people and the tagger say, and what can be done.

use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::{
    LineStanding, LineSuggestion, LineTag, QuoteRow, TagState, WhyReviewed,
};
use leptos::prelude::*;

use super::{
    list::{Entry, List},
    questions::Question,
};
use crate::{
    office::{
        names::names,
        quote::{Meta, Verbatim, sign_of_standing},
    },
    route::Route,
    words::{fill, words},
};

#[component]
pub(super) fn Card(desk: List, entry: Entry) -> impl IntoView {
    let id = entry.id;
    let is_active = Memo::new(move |_| desk.active.get() == Some(id));
    let trouble = entry.trouble.clone();
    let why = entry.why.filter(|why| why.is_unseen());
    let row = Memo::new(move |_| entry.row.get());
    let first = row.get_untracked();
    let asked_unseen = move || why.filter(|_| row.with(|row| row.tag_state == TagState::Untagged));
    view! {
        <article
            id=Entry::element(id)
            class="card"
            class:active=is_active
            tabindex=move || if is_active.get() { "0" } else { "-1" }
            aria-current=move || is_active.get().then_some("true")
            on:focusin=move |_| desk.active.set(Some(id))
            on:click=move |_| desk.active.set(Some(id))
        >
            {move || {
                let row = row.get();
                view! { <Verbatim text=row.verbatim language=row.language/> }
            }}
            <Meta row=first/>
            {move || asked_unseen().map(|why| view! {
                <p class="drawn">
                    <span aria-hidden="true">"\u{2684} "</span>
                    {match why {
                        WhyReviewed::SecondOpinion => words().desk.second_opinion,
                        _ => words().desk.drawn,
                    }}
                </p>
            })}
            {move || (row.with(|row| row.wordings.len() > 1)).then(|| view! {
                <p class="conflict">
                    <span aria-hidden="true">"\u{2260} "</span>
                    <a href=Route::Quote(id).path()>{words().desk.two_wordings}</a>
                </p>
            })}
            {move || view! { <PeopleSay desk row=row.get()/> }}
            {why.is_none().then(|| view! { {move || view! { <TaggerSays desk row=row.get()/> }} })}
            {move || view! { <ChosenFor desk row=row.get()/> }}
            {move || trouble.get().map(|text| view! { <p class="field-error">{text}</p> })}
            <Actions desk id/>
        </article>
    }
}

/// The lines that people named, each with its state in a word and a sign.
#[component]
fn PeopleSay(desk: List, row: QuoteRow) -> impl IntoView {
    let words = words();
    if row.tags.is_empty() {
        let nobody = view! { <p class="tags"><span class="tag untagged">"\u{25cb} "{words.names.untagged}</span></p> };
        return nobody.into_any();
    }
    let id = row.id;
    let tag = |tag: LineTag| {
        let became = names().became(&tag);
        let LineTag { line, standing, .. } = tag;
        let title = names().line(&line);
        let unsettled = matches!(
            standing,
            LineStanding::Proposed | LineStanding::Contested | LineStanding::Accepted
        );
        let may_confirm = unsettled && names().is_open(&line);
        let (yes, no) = (line.clone(), line);
        let confirm = may_confirm.then(|| {
            view! {
                <button type="button" class="tag-act" on:click=move |_| desk.confirm(id, yes.clone())>
                    {words.desk.confirm_tag}
                    <span class="unseen">": "{title.clone()}</span>
                </button>
            }
        });
        let reject = (standing != LineStanding::Rejected).then(|| {
            view! {
                <button type="button" class="tag-act" on:click=move |_| desk.reject(id, no.clone())>
                    {words.desk.reject_tag}
                    <span class="unseen">": "{title.clone()}</span>
                </button>
            }
        });
        view! {
            <li class=format!("tag {}", standing.as_str())>
                <span aria-hidden="true">{sign_of_standing(standing)}" "</span>
                <span class="tag-line">{title.clone()}</span>
                <span class="standing">{words.names.standing(standing)}</span>
                {became.map(|became| view! { <span class="became">{became}</span> })}
                {confirm}
                {reject}
            </li>
        }
    };
    view! { <ul class="tags" aria-label=words.desk.tags>{row.tags.into_iter().map(tag).collect_view()}</ul> }.into_any()
}

/// How much surer the tagger must be of a theme than of a line of it for that to be told.
const SURER: f32 = 0.1;

/// Up to three suggestions: a key, a line, how likely, how likely its theme is, and why.
#[component]
fn TaggerSays(desk: List, row: QuoteRow) -> impl IntoView {
    let words = &words().desk;
    if row.suggestions.is_empty() {
        return view! { <p class="hint">{words.no_suggestions}</p> }.into_any();
    }
    let QuoteRow { id, tags, .. } = row;
    let suggestion = |(place, suggestion): (usize, LineSuggestion)| {
        let LineSuggestion {
            line,
            probability,
            theme_probability,
            because,
            ..
        } = suggestion;
        let percentage = format!("{:.0}%", probability * 100.0);
        // Between two lines of one theme, the theme may be sure.
        let theme = names()
            .theme_of(&line)
            .filter(|_| theme_probability >= probability + SURER);
        let theme = theme.map(|title| {
            let percentage = format!("{:.0}%", theme_probability * 100.0);
            view! { <span class="of-theme">{fill(words.of_theme, &[&title, &percentage])}</span> }
        });
        let is_confirmed = tags
            .iter()
            .any(|tag| tag.line == line && tag.standing == LineStanding::Confirmed);
        let title = names().line(&line);
        let reasons = (!because.is_empty()).then(|| {
            view! {
                <span class="because">
                    <span class="unseen">{words.because}" "</span>
                    <bdi>{because.join(", ")}</bdi>
                </span>
            }
        });
        view! {
            <li>
                <button
                    type="button"
                    class="suggestion"
                    class:done=is_confirmed
                    on:click=move |_| desk.confirm(id, line.clone())
                >
                    <kbd aria-hidden="true">{if is_confirmed { "\u{2713}".to_owned() } else { (place + 1).to_string() }}</kbd>
                    <span class="suggestion-line">
                        <span class="unseen">{words.confirm_suggestion}": "</span>
                        {title}
                    </span>
                    <span class="chance">
                        <svg width="40" height="6" aria-hidden="true">
                            <rect class="chance-all" width="40" height="6"/>
                            <rect class="chance-part" width=f64::from(probability) * 40.0 height="6"/>
                        </svg>
                        <span class="unseen">{words.probability}" "</span>
                        {percentage}
                    </span>
                    {theme}
                    {reasons}
                </button>
            </li>
        }
    };
    let suggestions = row
        .suggestions
        .into_iter()
        .enumerate()
        .map(suggestion)
        .collect_view();
    view! { <ol class="suggestions" aria-label=words.suggested>{suggestions}</ol> }.into_any()
}

/// The places in a text that this quote was chosen for.
#[component]
fn ChosenFor(desk: List, row: QuoteRow) -> impl IntoView {
    let titles = move || {
        desk.publications.with(|publications| {
            let sections = publications
                .iter()
                .flatten()
                .flat_map(|publication| &publication.sections);
            let chosen = sections.filter(|section| row.selected_in.contains(&section.id));
            chosen
                .map(|section| section.title.clone())
                .collect::<Vec<_>>()
                .join("; ")
        })
    };
    move || {
        let titles = titles();
        (!titles.is_empty())
            .then(|| view! { <p class="chosen">"\u{00b6} "{fill(words().desk.chosen_in, &[&titles])}</p> })
    }
}

/// All that can be said about one quote, for where it stands by itself.
#[component]
pub(crate) fn Judging(desk: List, entry: Entry) -> impl IntoView {
    let id = entry.id;
    let (row, trouble) = (entry.row, entry.trouble);
    let (people, tagger) = (row.clone(), row.clone());
    view! {
        {move || view! { <PeopleSay desk row=people.get()/> }}
        {move || view! { <TaggerSays desk row=tagger.get()/> }}
        {move || view! { <ChosenFor desk row=row.get()/> }}
        {move || trouble.get().map(|text| view! { <p class="field-error">{text}</p> })}
        <Actions desk id is_open=true/>
    }
}

#[component]
fn Actions(
    desk: List,
    id: QuoteId,
    /// There is nothing more to open.
    #[prop(optional)]
    is_open: bool,
) -> impl IntoView {
    let words = &words().desk;
    view! {
        <div class="actions">
            <button type="button" class="button quiet small" on:click=move |_| desk.confirm(id, LineKey::none())>
                <kbd aria-hidden="true">"0"</kbd>
                {words.no_line}
            </button>
            <button type="button" class="button quiet small" on:click=move |_| desk.ask(Question::Line(id))>
                <kbd aria-hidden="true">"l"</kbd>
                {words.other_line}
            </button>
            <button type="button" class="button quiet small" on:click=move |_| desk.ask(Question::Section(id))>
                <kbd aria-hidden="true">"c"</kbd>
                {words.choose}
            </button>
            {(!is_open).then(|| view! {
                <a class="button quiet small" href=Route::Quote(id).path()>
                    <kbd aria-hidden="true">"\u{21b5}"</kbd>
                    {words.open}
                </a>
            })}
        </div>
    }
}
