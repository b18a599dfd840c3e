//! Four digits that bring the worker back after a resident held the tablet.
//!
//! They lie sealed on the tablet as all else does, and open nothing: whoever loads the page anew needs the
//! password. After a few wrong tries the password alone is asked, so nobody tries all of them.

use std::cell::Cell;

use leptos::{ev, prelude::*, task::spawn_local};
use zeroize::Zeroizing;

use super::{form_end::explain, phase::wait, tablet, vault::PASSWORD_MOST_CHARS, words::words};
use crate::{
    parts::{Dialog, Tone, announce, focus, title},
    words::fill,
};

const DIGITS: usize = 4;
const MOST_TRIES: u32 = 5;

thread_local! {
    /// Wrong ones since the last right one.
    static TRIES: Cell<u32> = const { Cell::new(0) };
}

fn is_set() -> bool {
    tablet::peek(|open| open.return_code.is_some()).unwrap_or_default()
}

/// Others try these first: all the same, or counting up or down.
fn is_easy(code: &str) -> bool {
    let digits = code.as_bytes();
    let step = |pair: &[u8]| i32::from(pair[1]) - i32::from(pair[0]);
    let mut steps = digits.windows(2).map(step);
    let first = steps.next().unwrap_or_default();
    matches!(first, -1..=1) && steps.all(|step| step == first)
}

/// The digits typed so far, by the keys on the screen or those of a keyboard.
#[component]
fn Keypad(
    typed: RwSignal<String>,
    /// Nobody looks on.
    #[prop(optional)]
    is_shown: bool,
    #[prop(into)] label: Signal<String>,
    /// Called with all of them.
    #[prop(optional)]
    on_full: Option<Callback<String>>,
) -> impl IntoView {
    let words = words();
    let press = move |digit: char| {
        if typed.with_untracked(String::len) >= DIGITS {
            return;
        }
        typed.update(|typed| typed.push(digit));
        let code = typed.get_untracked();
        if let Some(on_full) = on_full.filter(|_| code.len() == DIGITS) {
            on_full.run(code);
        }
    };
    let take_back = move || {
        typed.update(|typed| {
            let _ = typed.pop();
        })
    };
    let by_key = move |event: &ev::KeyboardEvent| {
        if event.repeat() || event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        match event.key().as_str() {
            "Backspace" => take_back(),
            key if key.len() == 1 => {
                if let Some(digit) = key.chars().next().filter(char::is_ascii_digit) {
                    press(digit);
                }
            }
            _ => {}
        }
    };
    // A dialog lets no key through to the window.
    let listening = window_event_listener(ev::keydown, move |event| by_key(&event));
    on_cleanup(move || listening.remove());
    let pressed = move |event: ev::KeyboardEvent| {
        event.stop_propagation();
        by_key(&event);
    };
    let key = move |digit: char| {
        view! {
            <button type="button" class="f-key" data-testid=format!("key-{digit}") autofocus={is_shown && digit == '1'}
                on:click=move |_| press(digit)>
                {digit.to_string()}
            </button>
        }
    };
    let places = move || {
        let typed = typed.get();
        let place = |place: usize| match typed.as_bytes().get(place) {
            Some(digit) if is_shown => char::from(*digit),
            Some(_) => '●',
            None => '○',
        };
        (0..DIGITS).map(place).collect::<String>()
    };
    let progress = move || {
        let count = typed.with(String::len).to_string();
        fill(words.code_typed, &[&count, &DIGITS.to_string()])
    };
    view! {
        <div class="f-keypad" role="group" aria-label=move || label.get() on:keydown=pressed>
            <p class="f-places" aria-hidden="true" data-testid="code-places">{places}</p>
            <p class="unseen" role="status">{progress}</p>
            <div class="f-keys">
                {['1', '2', '3', '4', '5', '6', '7', '8', '9'].map(key).into_iter().collect_view()}
                <span></span>
                {key('0')}
                <button type="button" class="f-key" data-testid="key-back" aria-label=words.code_back
                    on:click=move |_| take_back()>
                    <span aria-hidden="true">"⌫"</span>
                </button>
            </div>
        </div>
    }
}

/// Choosing the digits; nobody else should look on.
#[component]
fn ChooseCode(on_close: Callback<()>, on_chosen: Callback<()>) -> impl IntoView {
    let words = words();
    let typed = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let save = move |_| {
        let code = typed.get_untracked();
        if code.len() < DIGITS {
            return wrong.set(Some(fill(words.code_short, &[&DIGITS.to_string()])));
        }
        if is_easy(&code) {
            return wrong.set(Some(words.code_easy.to_owned()));
        }
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let kept = tablet::keep_return_code(code).await;
            busy.try_set(false);
            match kept {
                Ok(()) => {
                    TRIES.set(0);
                    on_chosen.run(());
                }
                Err(error) => drop(wrong.try_set(Some(explain(&error)))),
            }
        });
    };
    view! {
        <Dialog title=words.code_choose on_close>
            <p>{words.code_choose_text}</p>
            <Keypad typed is_shown=true label=Signal::stored(words.code_choose.to_owned())/>
            <p class="field-error" role="alert">{move || wrong.get()}</p>
            <div class="row f-choice-row">
                <button type="button" class="button main f-big" data-testid="keep-code"
                    aria-disabled=move || busy.get().then_some("true") on:click=save>
                    {words.code_keep}
                </button>
            </div>
        </Dialog>
    }
}

/// "Give the tablet to the resident": where no digits were chosen yet, that comes first.
#[component]
pub(crate) fn GiveTablet(on_give: Callback<()>) -> impl IntoView {
    let words = words();
    let choosing = RwSignal::new(false);
    let give = move |_| {
        if is_set() {
            on_give.run(());
        } else {
            choosing.set(true);
        }
    };
    view! {
        <button type="button" class="button main f-big f-wide" data-testid="give-tablet" on:click=give>
            {words.give_tablet}
        </button>
        <p class="hint">{words.give_tablet_hint}</p>
        {move || choosing.get().then(|| view! {
            <ChooseCode on_close=Callback::new(move |()| choosing.set(false))
                on_chosen=Callback::new(move |()| {
                    choosing.set(false);
                    on_give.run(());
                })/>
        })}
    }
}

/// On the page of the tablet: other digits.
#[component]
pub(crate) fn ReturnCode() -> impl IntoView {
    let words = words();
    let choosing = RwSignal::new(false);
    view! {
        <section class="f-part">
            <h2>{words.code_title}</h2>
            <p>{words.code_hint}</p>
            <button type="button" class="button" data-testid="choose-code" on:click=move |_| choosing.set(true)>
                {move || {
                    // Drawn anew when the dialog closes.
                    choosing.track();
                    if is_set() { words.code_other } else { words.code_choose }
                }}
            </button>
            {move || choosing.get().then(|| view! {
                <ChooseCode on_close=Callback::new(move |()| choosing.set(false))
                    on_chosen=Callback::new(move |()| {
                        choosing.set(false);
                        announce(Tone::Good, words.saved);
                    })/>
            })}
        </section>
    }
}

/// The way back to the worker's screens.
#[component]
pub(crate) fn Return(on_back: Callback<()>, on_done: Callback<()>) -> impl IntoView {
    let words = words();
    title(words.return_title);
    let by_password = RwSignal::new(TRIES.get() >= MOST_TRIES || !is_set());
    let typed = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let busy = RwSignal::new(false);
    let on_full = Callback::new(move |code: String| {
        let is_right = tablet::peek(|open| open.return_code.as_deref() == Some(code.as_str()))
            .unwrap_or_default();
        if is_right {
            TRIES.set(0);
            return on_done.run(());
        }
        TRIES.set(TRIES.get() + 1);
        typed.set(String::new());
        if TRIES.get() >= MOST_TRIES {
            wrong.set(Some(words.code_wrong_often.to_owned()));
            by_password.set(true);
            focus("return-password");
        } else {
            wrong.set(Some(words.code_wrong.to_owned()));
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let secret = Zeroizing::new(password.get_untracked());
        if busy.get_untracked() || secret.is_empty() {
            return;
        }
        if secret.chars().count() > PASSWORD_MOST_CHARS {
            return wrong.set(Some(words.wrong_password.to_owned()));
        }
        busy.set(true);
        spawn_local(async move {
            // Stretching the password stops everything for a moment: what is on the screen comes first.
            wait(40).await;
            let is_right =
                tablet::peek(|open| open.person.open(&secret).is_ok()).unwrap_or_default();
            if busy.try_set(false).is_some() {
                return;
            }
            if is_right {
                TRIES.set(0);
                on_done.run(());
            } else {
                password.set(String::new());
                wrong.set(Some(words.wrong_password.to_owned()));
            }
        });
    };
    focus("return-title");
    view! {
        <main id="main" class="f-page f-gate f-return" tabindex="-1" data-testid="return">
            <h1 id="return-title" tabindex="-1">{words.return_title}</h1>
            {move || if by_password.get() {
                view! {
                    <form on:submit=submit novalidate>
                        <div class="field">
                            <label for="return-password">{words.password}</label>
                            <p class="hint" id="return-password-hint">{words.return_password_hint}</p>
                            <input id="return-password" data-testid="return-password" type="password"
                                autocomplete="current-password" aria-describedby="return-password-hint return-wrong"
                                prop:value=move || password.get()
                                on:input=move |event| password.set(event_target_value(&event))/>
                        </div>
                        <button type="submit" class="button main f-big" data-testid="return-unlock"
                            aria-disabled=move || busy.get().then_some("true")>
                            {move || if busy.get() { words.busy } else { words.return_deed }}
                        </button>
                    </form>
                }
                .into_any()
            } else {
                let use_password = move |_| {
                    wrong.set(None);
                    by_password.set(true);
                    focus("return-password");
                };
                view! {
                    <p>{words.return_code_hint}</p>
                    <Keypad typed on_full label=Signal::stored(words.return_title.to_owned())/>
                    <button type="button" class="button quiet f-big" data-testid="use-password" on:click=use_password>
                        {words.return_by_password}
                    </button>
                }
                .into_any()
            }}
            <p class="field-error" role="alert" id="return-wrong" data-testid="return-wrong">{move || wrong.get()}</p>
            <button type="button" class="button f-big f-wide" data-testid="return-back" on:click=move |_| on_back.run(())>
                {words.return_back}
            </button>
        </main>
    }
}
