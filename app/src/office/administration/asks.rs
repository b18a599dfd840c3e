//! What residents are asked: which purposes, of those that the programme has questions for.

use koffiekar_sync_core::catalogue::Programme;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::office::AskPurposes;
use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    api,
    office::names::names,
    parts::{Tone, announce},
    words::words,
};

#[component]
pub(super) fn Asks() -> impl IntoView {
    let words = words();
    let asks = RwSignal::new(names().catalogue().programme.asks.clone());
    let busy = RwSignal::new(false);
    let texts = names().catalogue().consent_texts.clone();
    let check = move |purpose: Purpose| {
        let has_text = texts.iter().any(|text| text.purpose == purpose);
        // Nothing here records what an answer to these would be about.
        let hint = match purpose {
            _ if !has_text => Some(words.asks.no_question),
            Purpose::NamedPublication => Some(words.asks.no_names),
            Purpose::FollowUpContact => Some(words.asks.no_numbers),
            Purpose::Analysis | Purpose::AnonymousPublication => None,
        };
        let hint_id = format!("asks-{}-hint", purpose.as_str());
        let toggle = move |event| {
            let is_on = event_target_checked(&event);
            asks.update(|asks| {
                asks.retain(|other| *other != purpose);
                if is_on {
                    asks.push(purpose);
                }
            });
        };
        view! {
            <label class="check">
                <input
                    type="checkbox"
                    data-testid=format!("asks-{}", purpose.as_str())
                    disabled=!has_text
                    aria-describedby=hint.map(|_| hint_id.clone())
                    prop:checked=move || asks.with(|asks| asks.contains(&purpose))
                    on:change=toggle
                />
                {words.names.purpose(purpose)}
            </label>
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        }
    };
    let checks = Purpose::ALL.into_iter().map(check).collect_view();
    let save = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let wanted = AskPurposes {
                asks: asks.get_untracked(),
            };
            let answer = api::send::<Programme>("PUT", "/api/v1/programme/asks", &wanted).await;
            busy.set(false);
            match answer {
                Ok(programme) => {
                    asks.set(programme.asks.clone());
                    names().change(|catalogue| catalogue.programme = programme);
                    announce(Tone::Good, words.asks.saved);
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    view! {
        <section class="asks" aria-labelledby="asks-title">
            <h2 id="asks-title">{words.asks.title}</h2>
            <p>{words.asks.intro}</p>
            <form on:submit=save>
                <fieldset>
                    <legend>{words.asks.which}</legend>
                    {checks}
                </fieldset>
                <button type="submit" class="button" data-testid="save-asks"
                    aria-disabled=move || busy.get().then_some("true")>
                    {words.common.save}
                </button>
            </form>
        </section>
    }
}
