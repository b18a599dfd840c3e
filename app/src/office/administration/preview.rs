//! What an action line in other words would do to the suggestions, shown while it is written.

use std::time::Duration;

use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{LinePreview, MovedQuotes, WriteLine};
use koffiekar_sync_core::visible::is_blank;
use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use crate::{
    api,
    office::names::names,
    words::{counted, words},
};

/// How long somebody stops typing before it is looked at.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Clone, PartialEq)]
enum Shown {
    Nothing,
    Busy,
    Failed,
    Moves(LinePreview),
}

#[component]
pub(super) fn Preview(line: LineKey, written: Signal<WriteLine>) -> impl IntoView {
    let words = words();
    let shown = RwSignal::new(Shown::Nothing);
    let path = StoredValue::new(format!("/api/v1/action-lines/{line}/preview"));
    let timer = StoredValue::new(None::<TimeoutHandle>);
    // An answer to what was written before comes too late.
    let asked = StoredValue::new(0_u32);
    let look = move || {
        let number = asked.get_value();
        let body = untrack(|| written.get());
        spawn_local(async move {
            let Some(path) = path.try_get_value() else {
                return;
            };
            let answer = api::send::<LinePreview>("POST", &path, &body).await;
            if asked.try_get_value() == Some(number) {
                shown.set(answer.map_or(Shown::Failed, Shown::Moves));
            }
        });
    };
    Effect::new(move |before: Option<WriteLine>| {
        let now = written.get();
        if before.as_ref().is_none_or(|before| *before == now) {
            return now;
        }
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        asked.update_value(|number| *number += 1);
        if is_blank(&now.title) {
            shown.set(Shown::Nothing);
        } else {
            shown.set(Shown::Busy);
            timer.set_value(set_timeout_with_handle(look, PAUSE).ok());
        }
        now
    });
    on_cleanup(move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    });
    let body = move || match shown.get() {
        Shown::Nothing => view! { <p class="hint">{words.lines.preview_hint}</p> }.into_any(),
        Shown::Busy => view! { <p class="hint">{words.lines.preview_busy}</p> }.into_any(),
        Shown::Failed => view! { <p class="hint">{words.lines.preview_failed}</p> }.into_any(),
        Shown::Moves(preview) => moves(&preview),
    };
    view! {
        <section class="preview" aria-labelledby="line-preview" data-testid="preview">
            <h3 id="line-preview">{words.lines.preview}</h3>
            <div aria-live="polite">{body}</div>
            <p class="hint">{words.audit.coarse}</p>
        </section>
    }
}

fn moves(preview: &LinePreview) -> AnyView {
    let words = words();
    if preview.looked_at == 0 {
        return view! { <p class="hint">{words.lines.preview_none}</p> }.into_any();
    }
    let total = |moved: &[MovedQuotes]| moved.iter().map(|moved| moved.quotes).sum::<u32>();
    let (come, go) = (total(&preview.come), total(&preview.go));
    let number = |text, number: u32| counted(text, number.into(), &[&number.to_string()]);
    if come + go == 0 {
        return view! { <p>{number(words.lines.preview_same, preview.looked_at)}</p> }.into_any();
    }
    let of = number(words.lines.preview_of, preview.looked_at);
    let rows = |label: &'static str, moved: &[MovedQuotes]| {
        let row = |moved: &MovedQuotes| {
            view! {
                <tr>
                    <td class="number">{moved.quotes}</td>
                    <td><span class="under">{label}" "</span>{names().line(&moved.line)}</td>
                </tr>
            }
        };
        moved.iter().map(row).collect_view()
    };
    view! {
        <p>
            <strong>{number(words.lines.preview_come, come)}</strong>", "
            <strong>{number(words.lines.preview_go, go)}</strong>", "
            {number(words.lines.preview_stay, preview.stay)}
            " "<span class="under">{of}</span>
        </p>
        <details>
            <summary>{words.lines.preview_lines}</summary>
            <table class="moves">
                <tbody>
                    {rows(words.lines.preview_from, &preview.come)}
                    {rows(words.lines.preview_to, &preview.go)}
                </tbody>
            </table>
        </details>
    }
    .into_any()
}
