//! Reading in a rescue file: the last resort of a tablet that could not send.

use js_sys::Uint8Array;
use koffiekar_sync_core::office::{RescueOutcome, Rescued};
use leptos::{ev, html, prelude::*, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

use crate::{
    api::{self, Failure},
    parts::{ErrorSummary, Errors, Notice, Scroll, Tone, announce, moment, title},
    words::{count, fill, number, words},
};

const PATH: &str = "/api/v1/rescues";
/// More than any tablet writes; a film that was chosen by mistake is not read into memory.
const MOST_BYTES: f64 = 64_000_000.0;
const TIMEOUT_MS: u32 = 120_000;

const OUTCOMES: [RescueOutcome; 5] = [
    RescueOutcome::Stored,
    RescueOutcome::Unchanged,
    RescueOutcome::Held,
    RescueOutcome::Erased,
    RescueOutcome::Refused,
];

async fn bring(bytes: Vec<u8>) -> Result<Rescued, Failure> {
    let answer = api::post_bytes(PATH, "application/octet-stream", &[], &bytes, TIMEOUT_MS).await?;
    serde_json::from_slice(&answer).map_err(|_| Failure::Unreadable)
}

async fn read(file: &web_sys::File) -> Option<Vec<u8>> {
    let bytes = JsFuture::from(file.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&bytes).to_vec())
}

#[component]
pub(super) fn Rescue(
    /// More may wait for a decision now.
    on_held: Callback<()>,
) -> impl IntoView {
    let all = words();
    let words = &all.rescue;
    title(words.title);
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let chosen = NodeRef::<html::Input>::new();
    let rescued = RwSignal::new(None::<Rescued>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let file = chosen
            .get_untracked()
            .and_then(|input| input.files())
            .and_then(|files| files.get(0));
        let Some(file) = file else {
            errors.judge(vec![("rescue-file", words.no_file.to_owned())]);
            return;
        };
        if file.size() > MOST_BYTES {
            errors.judge(vec![("rescue-file", words.not_a_rescue.to_owned())]);
            return;
        }
        errors.judge(Vec::new());
        busy.set(true);
        rescued.set(None);
        spawn_local(async move {
            let answer = match read(&file).await {
                Some(bytes) => bring(bytes).await.map_err(|failure| failure.to_string()),
                None => Err(words.not_read.to_owned()),
            };
            let _ = busy.try_set(false);
            match answer {
                Ok(answer) => {
                    announce(Tone::Good, words.done);
                    if let Some(input) = chosen.try_get_untracked().flatten() {
                        input.set_value("");
                    }
                    let _ = rescued.try_set(Some(answer));
                    let _ = on_held.try_run(());
                }
                Err(text) => drop(errors.judge(vec![("rescue-file", text)])),
            }
        });
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.title}</h1></div>
        <p class="lead">{words.intro}</p>
        <form class="rescue-form" on:submit=submit novalidate>
            <ErrorSummary errors/>
            <div class="field">
                <label for="rescue-file">{words.file}</label>
                <p class="hint" id="rescue-file-hint">{words.file_hint}</p>
                <input id="rescue-file" data-testid="rescue-file" type="file" accept=".koffiekar"
                    aria-describedby="rescue-file-hint" node_ref=chosen/>
            </div>
            <button type="submit" class="button main" data-testid="rescue-read"
                aria-disabled=move || busy.get().then_some("true")>
                {move || if busy.get() { all.common.busy } else { words.read }}
            </button>
        </form>
        {move || rescued.get().map(|rescued| view! { <Became rescued/> })}
    }
}

#[component]
fn Became(rescued: Rescued) -> impl IntoView {
    let all = words();
    let words = &all.rescue;
    let of = |outcome: RescueOutcome| {
        let all = &rescued.conversations;
        all.iter().filter(|one| one.became == outcome).count() as u64
    };
    let total = count(
        rescued.conversations.len() as u64,
        (all.held.conversation, all.held.conversations),
    );
    let whose = fill(
        words.whose,
        &[
            &rescued.label,
            &rescued.user_name,
            &moment(rescued.written_at),
        ],
    );
    let sums = OUTCOMES
        .into_iter()
        .filter(|outcome| of(*outcome) > 0)
        .map(|outcome| {
            view! {
                <div class="rescue-sum" data-testid=format!("rescued-{}", key(outcome))>
                    <dt>{words.became(outcome)}</dt>
                    <dd>{number(of(outcome))}</dd>
                </div>
            }
        })
        .collect_view();
    let held = (of(RescueOutcome::Held) > 0).then(|| {
        view! { <p><a href="/beheer/vastgehouden">{words.to_held}</a></p> }
    });
    let rows = rescued
        .conversations
        .iter()
        .map(|one| {
            let round = one
                .round_name
                .clone()
                .unwrap_or_else(|| all.held.no_round.to_owned());
            let why = one.why.map(|why| all.names.reason(why));
            view! {
                <tr>
                    <th scope="row" class="rescue-id">{one.conversation.to_string()}</th>
                    <td data-label=all.held.round>{round}</td>
                    <td data-label=words.outcome>{words.became(one.became)}{why.map(|why| view! { <div class="under">{why}</div> })}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="rescued-title" data-testid="rescued">
            <h2 id="rescued-title" class="group-title">{words.result}</h2>
            <Notice tone=Tone::Good>
                <p class="notice-title">{total}</p>
                <p>{whose}</p>
                <dl class="rescue-sums">{sums}</dl>
                {held}
            </Notice>
            <Scroll label=words.result.to_owned()>
                <table class="stacks">
                    <thead>
                        <tr>
                            <th scope="col">{words.conversation}</th>
                            <th scope="col">{all.held.round}</th>
                            <th scope="col">{words.outcome}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        </section>
    }
}

fn key(outcome: RescueOutcome) -> &'static str {
    match outcome {
        RescueOutcome::Stored => "stored",
        RescueOutcome::Unchanged => "unchanged",
        RescueOutcome::Held => "held",
        RescueOutcome::Erased => "erased",
        RescueOutcome::Refused => "refused",
    }
}
