//! A password while it is chosen: shown or not, typed or made up.

use leptos::prelude::*;

use super::{Errors, TextField, Tone, announce, focus};
use crate::words::words;

/// A consonant and a vowel are told over the phone without spelling.
const CONSONANTS: &[u8] = b"bdfghjklmnprstvwz";
const VOWELS: &[u8] = b"aeiou";
/// Twelve pairs of one of 17 and one of 5: 76 bits.
const GROUPS: usize = 6;
const PAIRS_IN_GROUP: usize = 2;

/// `None` where the browser gives no random numbers.
fn made_up() -> Option<String> {
    let mut bytes = [0u8; GROUPS * PAIRS_IN_GROUP * 4];
    getrandom::fill(&mut bytes).ok()?;
    let pick = |from: &[u8], two: &[u8]| {
        let number = usize::from(u16::from_le_bytes([two[0], two[1]]));
        char::from(from[number % from.len()])
    };
    let pairs: Vec<String> = bytes
        .chunks_exact(4)
        .map(|four| {
            let pair = [pick(CONSONANTS, &four[..2]), pick(VOWELS, &four[2..])];
            pair.into_iter().collect()
        })
        .collect();
    let groups = pairs.chunks(PAIRS_IN_GROUP).map(<[String]>::concat);
    Some(groups.collect::<Vec<String>>().join("-"))
}

/// A blank at an end of a password that is not right is told: nobody sees it in the field.
pub(crate) fn with_blank_told(wrong: &str, typed: &str) -> String {
    match typed.trim() == typed {
        true => wrong.to_owned(),
        false => format!("{wrong} {}", words().password.blank),
    }
}

/// The password that somebody gives or gets, with a button that shows it and one that makes one up.
#[component]
pub(crate) fn NewPassword(
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    value: RwSignal<String>,
    errors: Errors,
) -> impl IntoView {
    let words = &words().password;
    let shown = RwSignal::new(false);
    let make = move |_| {
        if let Some(password) = made_up() {
            value.set(password);
            shown.set(true);
            announce(Tone::Good, words.made.to_owned());
            focus(id);
        }
    };
    view! {
        {move || {
            let kind = if shown.get() { "text" } else { "password" };
            view! { <TextField id label hint value errors kind autocomplete="new-password"/> }
        }}
        <div class="row">
            <ShowPassword shown/>
            <button type="button" class="button quiet small" on:click=make>{words.make}</button>
        </div>
    }
}

#[component]
pub(crate) fn ShowPassword(shown: RwSignal<bool>) -> impl IntoView {
    let words = &words().password;
    view! {
        <button type="button" class="button quiet small" on:click=move |_| shown.update(|shown| *shown = !*shown)>
            {move || if shown.get() { words.hide } else { words.show }}
        </button>
    }
}
