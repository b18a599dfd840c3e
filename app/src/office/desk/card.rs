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
            data-decides
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
            <PeopleSay desk id row/>
            {why.is_none().then(|| view! { <TaggerSays desk id row/> })}
            <ChosenFor desk row/>
            {move || trouble.get().map(|text| view! { <p class="field-error">{text}</p> })}
            <Actions desk id/>
        </article>
    }
}

/// The lines that people named, each with its state in a word and a sign. What changes of them changes in
/// place: the focus may be on it.
#[component]
fn PeopleSay(desk: List, id: QuoteId, row: Memo<QuoteRow>) -> impl IntoView {
    let words = words();
    let lines = Memo::new(move |_| {
        row.with(|row| {
            row.tags
                .iter()
                .map(|tag| tag.line.clone())
                .collect::<Vec<_>>()
        })
    });
    let tag = move |line: LineKey| {
        let key = line.clone();
        let now = Memo::new(move |before: Option<&LineTag>| {
            let found = row.with(|row| row.tags.iter().find(|tag| tag.line == key).cloned());
            let gone = || LineTag {
                line: key.clone(),
                standing: LineStanding::Rejected,
                became: Vec::new(),
            };
            found.or_else(|| before.cloned()).unwrap_or_else(gone)
        });
        let title = names().line(&line);
        let standing = Memo::new(move |_| now.with(|tag| tag.standing));
        let is_open = names().is_open(&line);
        let may_confirm = move || {
            let unsettled = matches!(
                standing.get(),
                LineStanding::Proposed | LineStanding::Contested | LineStanding::Accepted
            );
            unsettled && is_open
        };
        let (yes, no) = (line.clone(), line);
        let (yes_title, no_title) = (title.clone(), title.clone());
        let confirm = move || {
            let (line, title) = (yes.clone(), yes_title.clone());
            may_confirm().then(|| {
                view! {
                    <button type="button" class="tag-act" on:click=move |_| desk.confirm(id, line.clone())>
                        {words.desk.confirm_tag}
                        <span class="unseen">": "{title}</span>
                    </button>
                }
            })
        };
        let reject = move || {
            let (line, title) = (no.clone(), no_title.clone());
            (standing.get() != LineStanding::Rejected).then(|| {
                view! {
                    <button type="button" class="tag-act" on:click=move |_| desk.reject(id, line.clone())>
                        {words.desk.reject_tag}
                        <span class="unseen">": "{title}</span>
                    </button>
                }
            })
        };
        let became = move || now.with(|tag| names().became(tag));
        view! {
            <li class=move || format!("tag {}", standing.get().as_str())>
                <span aria-hidden="true">{move || sign_of_standing(standing.get())}" "</span>
                <span class="tag-line">{title}</span>
                <span class="standing">{move || words.names.standing(standing.get())}</span>
                {move || became().map(|became| view! { <span class="became">{became}</span> })}
                {confirm}
                {reject}
            </li>
        }
    };
    view! {
        {move || lines.with(Vec::is_empty).then(|| view! {
            <p class="tags"><span class="tag untagged">"\u{25cb} "{words.names.untagged}</span></p>
        })}
        <ul class="tags" aria-label=words.desk.tags hidden=move || lines.with(Vec::is_empty)>
            <For each=move || lines.get() key=Clone::clone children=tag/>
        </ul>
    }
}

/// How much surer the tagger must be of a theme than of a line of it for that to be told.
const SURER: f32 = 0.1;

/// Up to three suggestions: a key, a line, how likely, how likely its theme is, and why.
#[component]
fn TaggerSays(desk: List, id: QuoteId, row: Memo<QuoteRow>) -> impl IntoView {
    let words = &words().desk;
    let suggestions = Memo::new(move |_| {
        row.with(|row| {
            row.suggestions
                .iter()
                .cloned()
                .enumerate()
                .collect::<Vec<_>>()
        })
    });
    let is_empty = move || suggestions.with(Vec::is_empty);
    let suggestion = move |(place, suggestion): (usize, LineSuggestion)| {
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
        let key = line.clone();
        let is_confirmed = Memo::new(move |_| {
            row.with(|row| {
                let mut tags = row.tags.iter();
                tags.any(|tag| tag.line == key && tag.standing == LineStanding::Confirmed)
            })
        });
        let mark = move || match is_confirmed.get() {
            true => "\u{2713}".to_owned(),
            false => (place + 1).to_string(),
        };
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
                    <kbd aria-hidden="true">{mark}</kbd>
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
    // Another answer of the tagger is another button; what people decide changes it in place.
    let key = |(place, one): &(usize, LineSuggestion)| {
        let LineSuggestion {
            line,
            probability,
            because,
            ..
        } = one;
        (*place, line.clone(), probability.to_bits(), because.clone())
    };
    view! {
        {move || is_empty().then(|| view! { <p class="hint">{words.no_suggestions}</p> })}
        <ol class="suggestions" aria-label=words.suggested hidden=is_empty>
            <For each=move || suggestions.get() key=key children=suggestion/>
        </ol>
    }
}

/// The places in a text that this quote was chosen for.
#[component]
fn ChosenFor(desk: List, row: Memo<QuoteRow>) -> impl IntoView {
    let titles = move || {
        let selected_in = row.with(|row| row.selected_in.clone());
        desk.publications.with(|publications| {
            let sections = publications
                .iter()
                .flatten()
                .flat_map(|publication| &publication.sections);
            let chosen = sections.filter(|section| selected_in.contains(&section.id));
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
    let row = Memo::new(move |_| row.get());
    view! {
        <div data-decides>
            <PeopleSay desk id row/>
            <TaggerSays desk id row/>
            <ChosenFor desk row/>
            {move || trouble.get().map(|text| view! { <p class="field-error">{text}</p> })}
            <Actions desk id is_open=true/>
        </div>
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
