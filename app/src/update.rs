//! A new version of the app waits until the person chooses it: no update interrupts a conversation.

use std::cell::Cell;

use js_sys::{Object, Reflect};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ServiceWorker, ServiceWorkerRegistration, ServiceWorkerState};

use crate::words::words;

thread_local! {
    static WAITING: ArcRwSignal<bool> = ArcRwSignal::new(false);
    static CHOSEN: Cell<bool> = const { Cell::new(false) };
}

/// Call once. `boot.js` registers the worker after the start, so this waits for it.
pub(crate) fn start() {
    spawn_local(async {
        let Some(registration) = registration().await else {
            return;
        };
        look(&registration);
        let on_found = {
            let registration = registration.clone();
            Closure::<dyn Fn()>::new(move || {
                if let Some(worker) = registration.installing() {
                    watch(registration.clone(), worker);
                }
            })
        };
        registration.set_onupdatefound(Some(on_found.as_ref().unchecked_ref()));
        on_found.forget();
        // A page that stays open for days would otherwise never hear of a new version.
        let _ = window_event_listener(ev::focus, move |_| {
            if let Ok(promise) = registration.update() {
                spawn_local(async move {
                    let _ = JsFuture::from(promise).await;
                });
            }
        });
    });
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    let navigator = window().navigator();
    // Missing where the address is not a secure one.
    if !Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false) {
        return None;
    }
    let ready = navigator.service_worker().ready().ok()?;
    JsFuture::from(ready).await.ok()?.dyn_into().ok()
}

fn watch(registration: ServiceWorkerRegistration, worker: ServiceWorker) {
    let installing = worker.clone();
    let changed = Closure::<dyn Fn()>::new(move || {
        if installing.state() == ServiceWorkerState::Installed {
            look(&registration);
        }
    });
    worker.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
    changed.forget();
}

fn look(registration: &ServiceWorkerRegistration) {
    let is_update = registration.waiting().is_some() && registration.active().is_some();
    WAITING.with(|waiting| waiting.set(is_update));
}

/// Lets the waiting worker take over and loads its page.
fn activate() {
    spawn_local(async {
        let Some(worker) = registration()
            .await
            .and_then(|registration| registration.waiting())
        else {
            return reload();
        };
        if !CHOSEN.replace(true) {
            let taken_over = Closure::<dyn Fn()>::new(reload);
            let container = window().navigator().service_worker();
            container.set_oncontrollerchange(Some(taken_over.as_ref().unchecked_ref()));
            taken_over.forget();
        }
        let message = Object::new();
        let _ = Reflect::set(&message, &"type".into(), &JsValue::from_str("activate"));
        let _ = worker.post_message(&message);
    });
}

fn reload() {
    let _ = window().location().reload();
}

/// "There is a new version", with the choice.
#[component]
pub(crate) fn UpdateNotice() -> impl IntoView {
    let waiting = WAITING.with(Clone::clone);
    let words = &words().update;
    let later = waiting.clone();
    view! {
        <div class="update" role="status">
            {move || {
                let later = later.clone();
                waiting.get().then(|| view! {
                    <p>{words.there_is}</p>
                    <button type="button" class="button small" on:click=move |_| activate()>{words.now}</button>
                    <button type="button" class="button quiet small" on:click=move |_| later.set(false)>
                        {words.later}
                    </button>
                })
            }}
        </div>
    }
}
