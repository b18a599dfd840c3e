//! The versions of the tagger: compared with today's, gone back to, gone on from.

use koffiekar_sync_core::office::{
    HoldLearning, MovedQuotes, TaggerState, TaggerVersion, VersionPreview,
};
use leptos::{prelude::*, task::spawn_local};

use super::lines::bar;
use crate::{
    api,
    office::names::names,
    parts::{Busy, Fetched, Notice, Scroll, Source, Tone, Trouble, UnderWay, announce, moment},
    words::{counted, fill, number, words},
};

const PATH: &str = "/api/v1/tagger/versions";
/// So many are shown at first.
const SHOWN: usize = 10;

#[component]
pub(super) fn Versions(
    state: TaggerState,
    manages: bool,
    on_change: Callback<TaggerState>,
) -> impl IntoView {
    let all_words = words();
    let words = &all_words.quality;
    let versions = Source::<Vec<TaggerVersion>>::new();
    versions.fetch(PATH.to_owned());
    let looked = RwSignal::new(None::<(i64, Source<VersionPreview>)>);
    let everything = RwSignal::new(false);
    let under_way = UnderWay::new();
    let hold = move |held_at: Option<i64>| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let asked = HoldLearning { held_at };
            let answer = api::send::<TaggerState>("PUT", "/api/v1/tagger/learning", &asked).await;
            under_way.end();
            match answer {
                Ok(state) => {
                    let said = match held_at {
                        Some(number) => fill(words.gone_back, &[&number.to_string()]),
                        None => words.gone_on.to_owned(),
                    };
                    announce(Tone::Good, said);
                    on_change.run(state);
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    let look = move |number: i64| {
        let preview = Source::new();
        preview.fetch(format!("{PATH}/{number}/preview"));
        looked.set(Some((number, preview)));
    };
    let held_at = state.held_at;
    let stands = held_at.map(|number| {
        let text = fill(words.held_since, &[&number.to_string()]);
        view! {
            <Notice tone=Tone::Plain>
                {text}
                {manages.then(|| view! {
                    " "
                    <button type="button" class="button small" aria-disabled=move || under_way.disabled()
                        on:click=move |_| hold(None)>{words.go_on}</button>
                })}
            </Notice>
        }
    });
    let row = move |version: TaggerVersion| {
        let number_of = version.number;
        let in_use = version.model == state.model;
        let is_looked =
            move || looked.with(|looked| looked.as_ref().is_some_and(|(of, _)| *of == number_of));
        let label = format!("{} {number_of}", words.version);
        view! {
            <tr>
                <th scope="row">
                    {number_of}
                    {in_use.then(|| view! { " "<span class="chip">{words.in_use}</span> })}
                    {(held_at == Some(number_of)).then(|| view! { " "<span class="chip">{words.held}</span> })}
                </th>
                <td>{moment(version.used_from)}</td>
                <td class="number">{number(version.labels)}</td>
                <td class="number">{number(version.lines)}</td>
                <td>{bar(&version.right)}</td>
                <td class="number">
                    {(manages && !in_use).then(|| view! {
                        <button type="button" class="button quiet small" aria-label=format!("{}: {label}", words.look)
                            on:click=move |_| look(number_of)>{words.look}</button>
                    })}
                </td>
            </tr>
            {move || is_looked().then(|| {
                let preview = looked.get_untracked().map(|(_, preview)| preview);
                view! { <tr><td colspan="6">{preview.map(|preview| view! {
                    <Looked number_of preview on_back=Callback::new(move |()| hold(Some(number_of)))/>
                })}</td></tr> }
            })}
        }
    };
    let body = move || match versions.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| versions.fetch(PATH.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(list) => {
            let row = row.clone();
            let hidden = list.len().saturating_sub(SHOWN);
            let shown = if everything.get() { list.len() } else { SHOWN };
            let rows = list.into_iter().take(shown).map(row).collect_view();
            view! {
                <Scroll label=words.versions.to_owned()>
                    <table class="shares" aria-labelledby="versions">
                        <thead><tr>
                            <th scope="col">{words.version}</th>
                            <th scope="col">{words.used_from}</th>
                            <th scope="col" class="number">{words.labels}</th>
                            <th scope="col" class="number">{words.version_lines}</th>
                            <th scope="col">{words.version_right}</th>
                            <th scope="col"><span class="unseen">{all_words.people.actions}</span></th>
                        </tr></thead>
                        <tbody>{rows}</tbody>
                    </table>
                </Scroll>
                {(hidden > 0 && !everything.get()).then(|| view! {
                    <button type="button" class="button quiet small" on:click=move |_| everything.set(true)>
                        {all_words.common.more}" ("{hidden}")"
                    </button>
                })}
            }
            .into_any()
        }
    };
    view! {
        <section aria-labelledby="versions">
            <h2 class="group-title" id="versions">{words.versions}</h2>
            <p class="hint">{words.versions_hint}</p>
            {stands}
            {body}
        </section>
    }
}

/// What going back would move.
#[component]
fn Looked(number_of: i64, preview: Source<VersionPreview>, on_back: Callback<()>) -> impl IntoView {
    let coarse = words().audit.coarse;
    let words = &words().quality;
    move || match preview.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let path = format!("{PATH}/{number_of}/preview");
            let retry = Callback::new(move |()| preview.fetch(path.clone()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(moves) => {
            let of = u64::from(moves.looked_at);
            let looked_at = number(of);
            let told = match moves.moved {
                0 => counted(words.look_none, of, &[&looked_at]),
                moved => counted(words.look_moved, of, &[&moved.to_string(), &looked_at]),
            };
            let list = |label: &'static str, moved: &[MovedQuotes]| {
                let items = moved.iter().take(5).map(|one| {
                    view! { <li>{one.quotes}" "{label}": "{names().line(&one.line)}</li> }
                });
                items.collect_view()
            };
            view! {
                <div class="looked" role="status">
                    <p>{told}</p>
                    <ul>{list(words.look_come, &moves.come)}{list(words.look_go, &moves.go)}</ul>
                    <p class="hint">{coarse}</p>
                    <button type="button" class="button small" on:click=move |_| on_back.run(())>{words.go_back}</button>
                </div>
            }
            .into_any()
        }
    }
}
