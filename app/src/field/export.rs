//! The last resort: everything that is not on the server as one file, which the office alone can open.
//!
//! It is made on the tablet, without a server and also where the server does not know the tablet any
//! more. Nothing is erased by it, and what is in it may be sent as well.

use js_sys::{Array, Uint8Array};
use koffiekar_sync_core::replica::Rescue;
use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{Blob, BlobPropertyBag};

use super::{
    clock, pause,
    sign::many,
    tablet::{self, Open},
    vault,
    words::words,
};
use crate::parts::save_file;
use crate::words::{counted, fill};

#[derive(Debug, Clone, PartialEq)]
enum Made {
    Not,
    /// Name, conversations in it, those for which there was no room.
    File(String, usize, usize),
    Failed,
}

/// `koffiekar-redding-tablet-7-2026-01-24-1405.koffiekar`
pub(super) fn file_name(label: &str) -> String {
    let mut device = String::new();
    for c in label.chars().take(40) {
        match c {
            'a'..='z' | '0'..='9' => device.push(c),
            'A'..='Z' => device.push(c.to_ascii_lowercase()),
            _ if device.is_empty() || device.ends_with('-') => {}
            _ => device.push('-'),
        }
    }
    let device = device.trim_end_matches('-');
    let now = js_sys::Date::new_0();
    format!(
        "koffiekar-redding-{device}{}{}-{:02}-{:02}-{:02}{:02}.koffiekar",
        if device.is_empty() { "" } else { "-" },
        now.get_full_year(),
        now.get_month() + 1,
        now.get_date(),
        now.get_hours(),
        now.get_minutes()
    )
}

fn rescue() -> Option<(String, Rescue)> {
    let fresh = vault::random().ok()?;
    tablet::touch(|open| {
        let key = open.catalogue.seal_key()?;
        let rescue = open.replica.rescue(&key, fresh, clock::reading());
        Some((file_name(&open.person.label), rescue))
    })
    .flatten()
}

/// To the browser's downloads.
pub(super) fn download(name: &str, bytes: &[u8]) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type("application/octet-stream");
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options)?;
    save_file(name, &blob)
}

#[component]
pub(crate) fn Export() -> impl IntoView {
    let words = words();
    let count = Memo::new(|_| tablet::see(Open::count).unwrap_or_default());
    let unsynced = Memo::new(move |_| count.with(|count| count.unsynced()));
    let drafts = Memo::new(move |_| count.with(|count| count.drafts));
    let has_key =
        Memo::new(|_| tablet::see(|open| open.catalogue.seal_key().is_some()) == Some(true));
    let made = RwSignal::new(Made::Not);
    let make = move |_| {
        pause::flush();
        let done = rescue().and_then(|(name, rescue)| {
            download(&name, &rescue.file).ok()?;
            Some(Made::File(name, rescue.conversations, rescue.left_out))
        });
        made.set(done.unwrap_or(Made::Failed));
    };
    let told = move || match made.get() {
        Made::Not => None,
        Made::Failed => Some(
            view! {
                <p class="notice bad" data-testid="export-failed">{words.export_failed}</p>
            }
            .into_any(),
        ),
        Made::File(name, conversations, left_out) => {
            let of = many(
                conversations,
                words.conversation_one,
                words.conversation_many,
            );
            let left = (left_out > 0).then(|| {
                let left = left_out.to_string();
                view! { <p class="notice-title">{counted(words.export_left_out, left_out as u64, &[&left])}</p> }
            });
            Some(view! {
                <div class="notice good" data-testid="exported" data-conversations=conversations.to_string()>
                    <p class="notice-title"><span class="f-mark" aria-hidden="true">"✓"</span>" "{fill(words.exported, &[&of])}</p>
                    {left}
                    <p class="f-file">{name}</p>
                    <p>{words.exported_text}</p>
                </div>
            }
            .into_any())
        }
    };
    let body = move || {
        if unsynced.get() == 0 {
            return view! { <p data-testid="nothing-to-export">{words.export_nothing}</p> }
                .into_any();
        }
        if !has_key.get() {
            return view! { <p data-testid="export-too-early">{words.export_too_early}</p> }
                .into_any();
        }
        view! {
            <button type="button" class="button f-big" data-testid="export" on:click=make>
                {move || {
                    let of = many(unsynced.get(), words.conversation_one, words.conversation_many);
                    fill(words.export, &[&of])
                }}
            </button>
        }
        .into_any()
    };
    view! {
        <section class="f-part" aria-labelledby="export-title">
            <h2 id="export-title">{words.export_title}</h2>
            <p>{words.export_text}</p>
            {move || (drafts.get() > 0).then(|| {
                let of = many(drafts.get(), words.drafts_one, words.drafts_many);
                view! { <p class="f-strong" data-testid="export-drafts">{fill(words.export_drafts, &[&of])}</p> }
            })}
            {body}
            <div role="status">{told}</div>
        </section>
    }
}
