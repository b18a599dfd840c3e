//! One window writes. Two would each write their own picture of the same conversations over the
//! other's, so a window holds a lock of the browser (Web Locks) as long as it is unlocked.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Object, Promise, Reflect};
use koffiekar_sync_core::ids::UserId;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;

/// Held until it is dropped, or the window is closed.
pub(crate) struct Hold {
    release: Function,
}

impl Drop for Hold {
    fn drop(&mut self) {
        let _ = self.release.call0(&JsValue::NULL);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoHold {
    /// Another window has it.
    Taken,
    /// This browser has no locks, or the address is not a secure one.
    Unavailable,
}

/// The lock, if nobody has it.
pub(crate) async fn take(user: UserId) -> Result<Hold, NoHold> {
    request(user, true).await
}

/// Waits until the window that has it lets go.
pub(crate) async fn wait(user: UserId) -> Option<Hold> {
    request(user, false).await.ok()
}

async fn request(user: UserId, if_available: bool) -> Result<Hold, NoHold> {
    let locks =
        Reflect::get(&window().navigator(), &"locks".into()).map_err(|_| NoHold::Unavailable)?;
    let ask: Function = Reflect::get(&locks, &"request".into())
        .and_then(JsCast::dyn_into)
        .map_err(|_| NoHold::Unavailable)?;
    let options = Object::new();
    let _ = Reflect::set(&options, &"ifAvailable".into(), &if_available.into());

    let granted: Rc<RefCell<Option<Function>>> = Rc::default();
    let answer = Promise::new(&mut |answered, failed| {
        let granted = granted.clone();
        // The browser holds the lock until the promise that this returns is fulfilled.
        let on_grant = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            let until_released = if lock.is_null() {
                JsValue::UNDEFINED
            } else {
                Promise::new(&mut |release, _| drop(granted.replace(Some(release)))).into()
            };
            let _ = answered.call0(&JsValue::NULL);
            until_released
        });
        let name = format!("koffiekar-field-{user}");
        match ask.call3(&locks, &name.into(), &options, &on_grant) {
            Ok(request) => {
                let on_failure = Closure::once(move |error: JsValue| {
                    let _ = failed.call1(&JsValue::NULL, &error);
                });
                let _ = request.unchecked_into::<Promise>().catch(&on_failure);
                on_failure.forget();
            }
            Err(error) => drop(failed.call1(&JsValue::NULL, &error)),
        }
    });
    JsFuture::from(answer)
        .await
        .map_err(|_| NoHold::Unavailable)?;
    granted
        .take()
        .map(|release| Hold { release })
        .ok_or(NoHold::Taken)
}
