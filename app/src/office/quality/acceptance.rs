//! Which of the tagger's answers stand without a person, and why the others do not.

use koffiekar_sync_core::office::{LineAcceptance, TaggerState, WantPrecision};
use leptos::{ev, prelude::*, task::spawn_local};

use super::{lines::bar, percent};
use crate::{
    api,
    office::names::names,
    parts::{ErrorSummary, Errors, Scroll, TextField, Tone, announce},
    words::{fill, number, words},
};

const PATH: &str = "/api/v1/tagger/acceptance";

#[component]
pub(super) fn Acceptance(
    state: TaggerState,
    manages: bool,
    on_change: Callback<TaggerState>,
) -> impl IntoView {
    let all = words();
    let words = &all.quality;
    let wanted = state.wanted_precision;
    let now = match wanted {
        None => words.acceptance_off.to_owned(),
        Some(wanted) => fill(words.acceptance_on, &[&percent(f64::from(wanted) / 1000.0)]),
    };
    let enough = state.audited_from;
    // Each language proves its answers by all of its lines together.
    let of_language = |language: &str| -> u64 {
        let lines = state.acceptance.iter();
        let lines = lines.filter(|line| line.language == language);
        lines.map(|line| line.right.of).sum()
    };
    let row = |line: &LineAcceptance| {
        let stands = match line.from {
            Some(from) => percent(f64::from(from)),
            None => match of_language(&line.language) {
                few if few < enough => fill(words.too_few, &[&number(few), &number(enough)]),
                _ => words.stands_not.to_owned(),
            },
        };
        view! {
            <tr>
                <th scope="row">{names().line(&line.line)}</th>
                <td>{all.names.language(&line.language)}</td>
                <td>{bar(&line.right)}</td>
                <td>{stands}</td>
            </tr>
        }
    };
    let rows = state.acceptance.iter().map(row).collect_view();
    let table = (!state.acceptance.is_empty()).then(|| {
        view! {
            <Scroll label=words.acceptance.to_owned()>
                <table class="shares" aria-labelledby="acceptance">
                    <thead><tr>
                        <th scope="col">{words.line}</th>
                        <th scope="col">{words.language}</th>
                        <th scope="col">{words.share}</th>
                        <th scope="col">{words.stands_from}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        }
    });
    view! {
        <section aria-labelledby="acceptance">
            <h2 class="group-title" id="acceptance">{words.acceptance}</h2>
            <p class="hint">{fill(words.acceptance_hint, &[&number(enough)])}</p>
            <p><strong>{now}</strong></p>
            {manages.then(|| view! { <Wanted wanted on_change/> })}
            {table}
        </section>
    }
}

#[component]
fn Wanted(wanted: Option<u16>, on_change: Callback<TaggerState>) -> impl IntoView {
    let words = &words().quality;
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let shown = wanted.map(|wanted| super::in_language(format!("{}", f64::from(wanted) / 10.0)));
    let value = RwSignal::new(shown.unwrap_or_else(|| "95".to_owned()));
    let send = move |wanted_precision: Option<u16>, said: &'static str| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let asked = WantPrecision { wanted_precision };
            let answer = api::send::<TaggerState>("PUT", PATH, &asked).await;
            busy.set(false);
            match answer {
                Ok(state) => {
                    announce(Tone::Good, said);
                    on_change.run(state);
                }
                Err(failure) => {
                    errors.judge(vec![("", failure.to_string())]);
                }
            }
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        match thousandths(&value.get_untracked()) {
            Some(asked) => {
                errors.judge(Vec::new());
                send(Some(asked), words.acceptance_saved);
            }
            None => {
                errors.judge(vec![("wanted", words.acceptance_wrong.to_owned())]);
            }
        }
    };
    let stop = move |_| send(None, words.acceptance_stopped);
    view! {
        <form class="wanted" on:submit=submit novalidate>
            <ErrorSummary errors/>
            <TextField id="wanted" label=words.acceptance_wanted hint=words.acceptance_wanted_hint value errors/>
            <div class="row">
                <button type="submit" class="button" aria-disabled=move || busy.get().then_some("true")>
                    {words.acceptance_save}
                </button>
                {wanted.is_some().then(|| view! {
                    <button type="button" class="button quiet" on:click=stop>{words.acceptance_stop}</button>
                })}
            </div>
        </form>
    }
}

/// `95` or `99,5`, from 80 to 99.9.
fn thousandths(text: &str) -> Option<u16> {
    let percent: f64 = text
        .trim()
        .trim_end_matches('%')
        .trim()
        .replace(',', ".")
        .parse()
        .ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is held against its bounds"
    )]
    (80.0..=99.9)
        .contains(&percent)
        .then(|| (percent * 10.0).round() as u16)
}
