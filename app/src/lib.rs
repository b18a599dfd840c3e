//! The app in the browser: one page, drawn here, in two halves.
//!
//! [`field`] is what a worker holds at the door. It needs no server: its screens come from the
//! service worker, its words stay encrypted on the tablet until a signed receipt covers them.
//! [`office`] is what the editor, the analyst and the administrator sit behind. It speaks JSON with
//! the server ([`api`]), in the types of `koffiekar_sync_core::office`, and keeps nothing.
//!
//! Underneath lies little: the address bar ([`route`]), who is signed in ([`session`]), all texts in
//! two languages ([`words`]), light and dark ([`theme`]), the notice of a new version ([`update`]), the
//! script that outlives the app ([`page`]), what hands do without meaning it ([`press`]), and the parts
//! that every screen is put together from ([`parts`]). [`shell`] joins them.
//!
//! Texts are read when a screen is drawn; choosing another language draws the page anew. Signals that
//! belong to the page as a whole live in thread-locals, those of a screen in that screen.
//! Nothing here writes a `style` attribute or inline script: the server's policy forbids both.

#![expect(
    unreachable_pub,
    reason = "the component macro of Leptos writes `pub` of its own accord"
)]

mod api;
mod field;
mod keep;
mod office;
mod page;
mod parts;
mod press;
mod route;
mod session;
mod shell;
mod theme;
mod update;
mod words;

#[wasm_bindgen::prelude::wasm_bindgen(start)]
fn start() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(shell::App);
}
