//! A new version of the app waits until the person chooses it: no update interrupts a conversation.

use std::{cell::Cell, time::Duration};

use js_sys::{Object, Reflect};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState,
};

use crate::{field, page, words::words};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NewVersion {
    /// It is kept on the device, and waits.
    Waits,
    /// Another window chose it. This one goes on with the version before until it is loaded anew.
    RunsElsewhere,
}

thread_local! {
    static NEW: ArcRwSignal<Option<NewVersion>> = ArcRwSignal::new(None);
    static CHOSEN: Cell<bool> = const { Cell::new(false) };
    /// A worker serves this page: the next one that takes over is a new version.
    static IS_SERVED: Cell<bool> = const { Cell::new(false) };
}

/// A window that stays lit for days asks this often whether there is a new version.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// Call once. `boot.js` registers the worker after the start, so this waits for it.
pub(crate) fn start() {
    let Some(container) = container() else {
        return;
    };
    IS_SERVED.set(container.controller().is_some());
    let taken_over = Closure::<dyn Fn()>::new(|| {
        if CHOSEN.get() {
            load_anew();
        } else if IS_SERVED.replace(true) {
            NEW.with(|new| new.set(Some(NewVersion::RunsElsewhere)));
        }
    });
    container.set_oncontrollerchange(Some(taken_over.as_ref().unchecked_ref()));
    taken_over.forget();
    spawn_local(async {
        let Some(registration) = registration().await else {
            return;
        };
        look(&registration);
        // It may have begun before anybody listened.
        if let Some(worker) = registration.installing() {
            watch(registration.clone(), worker);
        }
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
        let again = registration.clone();
        let _ = window_event_listener(ev::focus, move |_| ask(&again));
        let again = registration.clone();
        let _ = window_event_listener(ev::visibilitychange, move |_| ask(&again));
        let _ = set_interval_with_handle(move || ask(&registration), LOOK_EVERY);
    });
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = window().navigator();
    // Missing where the address is not a secure one.
    let is_there = Reflect::has(&navigator, &"serviceWorker".into()).unwrap_or(false);
    is_there.then(|| navigator.service_worker())
}

async fn registration() -> Option<ServiceWorkerRegistration> {
    let ready = container()?.ready().ok()?;
    JsFuture::from(ready).await.ok()?.dyn_into().ok()
}

fn ask(registration: &ServiceWorkerRegistration) {
    if let Ok(promise) = registration.update() {
        spawn_local(async move {
            let _ = JsFuture::from(promise).await;
        });
    }
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
    let waits = registration.waiting().is_some() && registration.active().is_some();
    NEW.with(|new| match new.get_untracked() {
        Some(NewVersion::RunsElsewhere) => {}
        now => {
            let next = waits.then_some(NewVersion::Waits);
            if next != now {
                new.set(next);
            }
        }
    });
}

/// Lets the waiting worker take over and loads its page, once all that was typed is on the disk.
fn activate() {
    spawn_local(async {
        if !field::is_all_kept().await {
            return;
        }
        let waiting = registration()
            .await
            .and_then(|registration| registration.waiting());
        let Some(worker) = waiting else {
            return load_anew();
        };
        CHOSEN.set(true);
        let message = Object::new();
        let _ = Reflect::set(&message, &"type".into(), &JsValue::from_str("activate"));
        let _ = worker.post_message(&message);
    });
}

/// What is typed while the worker takes over is kept as well.
fn load_anew() {
    spawn_local(async {
        if field::is_all_kept().await {
            page::leave_here();
        } else {
            CHOSEN.set(false);
        }
    });
}

/// "There is a new version", with the choice.
#[component]
pub(crate) fn UpdateNotice() -> impl IntoView {
    let new = NEW.with(Clone::clone);
    let words = &words().update;
    view! {
        <div class="update" role="status">
            {move || {
                let later = new.clone();
                new.get().map(|new| view! {
                    <p>{match new {
                        NewVersion::Waits => words.there_is,
                        NewVersion::RunsElsewhere => words.runs_elsewhere,
                    }}</p>
                    <button type="button" class="button small" data-testid="update-now" on:click=move |_| activate()>
                        {words.now}
                    </button>
                    <button type="button" class="button quiet small" on:click=move |_| later.set(None)>
                        {words.later}
                    </button>
                })
            }}
        </div>
    }
}
