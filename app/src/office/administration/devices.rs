//! Tablets: when they last called, what waits on them, and ending one.

use koffiekar_sync_core::office::Device;
use leptos::{prelude::*, task::spawn_local};

use super::{listed, put};
use crate::{
    api,
    parts::{Confirm, Empty, Source, Tone, announce, day, moment, title},
    words::{fill, number, words},
};

const PATH: &str = "/api/v1/devices";

#[component]
pub(super) fn Devices() -> impl IntoView {
    let words = words();
    title(words.devices.title);
    let devices = Source::<Vec<Device>>::new();
    devices.fetch(PATH.to_owned());
    let asked = RwSignal::new(None::<Device>);
    let close = Callback::new(move |()| asked.set(None));
    let revoke = move |device: Device| {
        spawn_local(async move {
            match api::order("POST", &format!("{PATH}/{}/revoke", device.number)).await {
                Ok(()) => {
                    announce(Tone::Good, fill(words.devices.done, &[&device.label]));
                    put(
                        devices,
                        Device {
                            revoked: true,
                            ..device
                        },
                        |a, b| a.number == b.number,
                    );
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    let dialog = move || {
        asked.get().map(|device| {
            let title = fill(words.devices.confirm, &[&device.label]);
            let on_yes = Callback::new(move |()| revoke(device.clone()));
            view! {
                <Confirm title text=words.devices.confirm_text deed=words.devices.revoke on_yes on_close=close/>
            }
        })
    };
    let table = move |list: Vec<Device>| {
        if list.is_empty() {
            return view! { <Empty title=words.devices.empty text=words.devices.empty_hint/> }
                .into_any();
        }
        view! {
            <div class="scroll">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">{words.devices.label}</th>
                            <th scope="col">{words.devices.user}</th>
                            <th scope="col">{words.devices.enrolled}</th>
                            <th scope="col">{words.devices.last_contact}</th>
                            <th scope="col" class="number">{words.devices.waiting}</th>
                            <th scope="col">{words.devices.state}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{list.into_iter().map(|device| view! { <Row device asked/> }).collect_view()}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.devices.title}</h1></div>
        <p class="lead">{words.devices.intro}</p>
        {listed(devices, PATH, table)}
        {dialog}
    }
}

#[component]
fn Row(device: Device, asked: RwSignal<Option<Device>>) -> impl IntoView {
    let words = &words().devices;
    let shown = device.clone();
    let label = format!("{}: {}", words.revoke, shown.label);
    let last = shown
        .last_contact
        .map_or_else(|| words.never.to_owned(), moment);
    let (sign, state) = if shown.revoked {
        ("\u{2715} ", words.revoked)
    } else {
        ("\u{2713} ", words.active)
    };
    let revoke = (!shown.revoked).then(|| {
        view! {
            <button
                type="button"
                class="button quiet small"
                aria-label=label
                on:click=move |_| asked.set(Some(device.clone()))
            >
                {words.revoke}
            </button>
        }
    });
    view! {
        <tr class:off=shown.revoked>
            <th scope="row">{shown.label}<div class="under">{shown.number.to_string()}</div></th>
            <td>{shown.user_name}</td>
            <td>{day(shown.enrolled_at)}</td>
            <td>{last}</td>
            <td class="number">{number(shown.waiting)}</td>
            <td class="state"><span aria-hidden="true">{sign}</span>{state}</td>
            <td class="number">{revoke}</td>
        </tr>
    }
}
