//! Tablets: when they last called, what waits on them, and ending one.

use koffiekar_sync_core::office::Device;
use leptos::{prelude::*, task::spawn_local};

use super::{keyed, list_of, listed, put};
use crate::{
    api,
    parts::{Confirm, Empty, Scroll, Source, Tone, UnderWay, announce, day, moment, title},
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
    let under_way = UnderWay::new();
    let revoke = move |device: Device| {
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let answer = api::order("POST", &format!("{PATH}/{}/revoke", device.number)).await;
            under_way.end();
            match answer {
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
    let list = list_of(devices);
    let row = move |device: Memo<Device>| view! { <Row device asked/> }.into_any();
    let table = move || {
        if list.with_untracked(Vec::is_empty) {
            return view! { <Empty title=words.devices.empty text=words.devices.empty_hint/> }
                .into_any();
        }
        view! {
            <Scroll label=words.devices.title.to_owned()>
                <table class="stacks">
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
                    <tbody>{keyed(list, |device| device.number, row)}</tbody>
                </table>
            </Scroll>
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
fn Row(device: Memo<Device>, asked: RwSignal<Option<Device>>) -> impl IntoView {
    let words = &words().devices;
    let is_revoked = Memo::new(move |_| device.with(|device| device.revoked));
    let label = move || device.with(|device| device.label.clone());
    let last = move || {
        let last = device.with(|device| device.last_contact);
        last.map_or_else(|| words.never.to_owned(), moment)
    };
    let state = move || match is_revoked.get() {
        true => ("\u{2715} ", words.revoked),
        false => ("\u{2713} ", words.active),
    };
    let revoke = move || {
        (!is_revoked.get()).then(|| {
            view! {
                <button
                    type="button"
                    class="button quiet small"
                    aria-label=format!("{}: {}", words.revoke, untrack(label))
                    on:click=move |_| asked.set(Some(device.get_untracked()))
                >
                    {words.revoke}
                </button>
            }
        })
    };
    view! {
        <tr class:off=is_revoked>
            <th scope="row">
                {label}
                <div class="under">{move || device.with(|device| device.number.to_string())}</div>
            </th>
            <td data-label=words.user>{move || device.with(|device| device.user_name.clone())}</td>
            <td data-label=words.enrolled>{move || device.with(|device| day(device.enrolled_at))}</td>
            <td data-label=words.last_contact>{last}</td>
            <td data-label=words.waiting class="number">{move || device.with(|device| number(device.waiting))}</td>
            <td data-label=words.state class="state">
                <span aria-hidden="true">{move || state().0}</span>{move || state().1}
            </td>
            <td class="number">{revoke}</td>
        </tr>
    }
}
