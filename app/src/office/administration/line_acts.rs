//! What happened to action lines, and the way back.

use koffiekar_sync_core::catalogue::Ending;
use koffiekar_sync_core::office::LineAct;
use leptos::{prelude::*, task::spawn_local};

use super::{list_of, listed};
use crate::{
    api,
    office::names::names,
    parts::{Confirm, Scroll, Source, Tone, UnderWay, announce, day, moment},
    words::{fill, words},
};

pub(super) const PATH: &str = "/api/v1/line-acts";

#[component]
pub(super) fn LineActs(acts: Source<Vec<LineAct>>, on_done: Callback<()>) -> impl IntoView {
    let words = &words().lines;
    let asked = RwSignal::new(None::<u32>);
    let under_way = UnderWay::new();
    let undo = move |act: u32| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let path = format!("{PATH}/{act}/undo");
            let answer = api::send::<LineAct>("POST", &path, &()).await;
            under_way.end();
            match answer {
                Ok(_) => {
                    announce(Tone::Good, words.act_done);
                    on_done.run(());
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    let row = move |act: LineAct| {
        let titles = |keys: &[koffiekar_sync_core::ids::LineKey]| {
            let titles: Vec<String> = keys.iter().map(|key| names().line(key)).collect();
            titles.join(", ")
        };
        let kind = kind_of(act.kind);
        let into = (!act.into.is_empty()).then(|| format!(" \u{2192} {}", titles(&act.into)));
        let lines = titles(&act.lines);
        let label = format!("{}: {kind} {lines}", words.act_undo);
        let undone = act.undone_at.map(|at| {
            let by = act.undone_by.clone().unwrap_or_default();
            fill(words.act_is_undone, &[&moment(at), &by])
        });
        let number = act.act;
        view! {
            <tr class:off=act.undone_at.is_some()>
                <th scope="row">
                    {kind}": "{lines}{into}
                    <div class="under">{act.note}</div>
                </th>
                <td>
                    {day(act.starts_at)}
                    <div class="under">{fill(words.acts_by, &[&moment(act.recorded_at), &act.by])}</div>
                    {undone.map(|text| view! { <div class="under">{text}</div> })}
                </td>
                <td class="number">
                    {act.can_be_undone.then(|| view! {
                        <button
                            type="button"
                            class="button quiet small"
                            aria-label=label
                            on:click=move |_| asked.set(Some(number))
                        >
                            {words.act_undo}
                        </button>
                    })}
                </td>
            </tr>
        }
    };
    let list = list_of(acts);
    let table = move || {
        let list = list.get();
        (!list.is_empty()).then(|| {
            view! {
                <h2 class="group-title" id="line-acts">{words.acts}</h2>
                <p class="hint">{words.acts_intro}</p>
                <Scroll label=words.acts.to_owned()>
                    <table class="stacks" aria-labelledby="line-acts" data-testid="line-acts">
                        <tbody>{list.into_iter().map(row).collect_view()}</tbody>
                    </table>
                </Scroll>
            }
        })
    };
    view! {
        {listed(acts, PATH, table)}
        {move || asked.get().map(|act| view! {
            <Confirm
                title=words.act_undo_title
                text=words.act_undo_text
                deed=words.act_undo
                on_yes=Callback::new(move |()| undo(act))
                on_close=Callback::new(move |()| asked.set(None))
            />
        })}
    }
}

pub(super) fn kind_of(kind: Ending) -> &'static str {
    let words = &words().lines;
    match kind {
        Ending::Retired => words.act_retired,
        Ending::Split => words.act_split,
        Ending::Merged => words.act_merged,
    }
}
