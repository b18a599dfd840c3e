//! Tablets: when they last called, what waits on them, and ending one.

use koffiekar_sync_core::office::{Device, DevicePage};
use leptos::{prelude::*, task::spawn_local};

use super::keyed;
use crate::{
    api,
    parts::{
        Busy, Confirm, Empty, Fetched, Scroll, Source, Tone, Trouble, UnderWay, announce, day,
        moment, title,
    },
    route,
    words::{fill, number, words},
};

const PATH: &str = "/api/v1/devices";

#[component]
pub(super) fn Devices() -> impl IntoView {
    let words = words();
    title(words.devices.title);
    let devices = Source::<DevicePage>::new();
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
                    devices.value.update(|page| {
                        if let Fetched::Ready(page) = page {
                            let mut all = page.devices.iter_mut();
                            if let Some(one) = all.find(|one| one.number == device.number) {
                                one.revoked = true;
                            }
                        }
                    });
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
    let stage = Memo::new(move |_| match &*devices.value.read() {
        Fetched::Busy => Fetched::Busy,
        Fetched::Failed(failure) => Fetched::Failed(failure.clone()),
        Fetched::Ready(page) => Fetched::Ready(page.devices.is_empty()),
    });
    let body = move || match stage.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| devices.fetch(PATH.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(true) => {
            view! { <Empty title=words.devices.empty text=words.devices.empty_hint/> }.into_any()
        }
        Fetched::Ready(false) => view! { <Table devices asked/> }.into_any(),
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.devices.title}</h1></div>
        <p class="lead">{words.devices.intro}</p>
        {body}
        {dialog}
    }
}

#[component]
fn Table(devices: Source<DevicePage>, asked: RwSignal<Option<Device>>) -> impl IntoView {
    let words = words();
    let page = Signal::derive(move || match &*devices.value.read() {
        Fetched::Ready(page) => Some(page.clone()),
        _ => None,
    });
    let list = Signal::derive(move || page.get().map(|page| page.devices).unwrap_or_default());
    let next = Memo::new(move |_| page.get().and_then(|page| page.next));
    let under_way = UnderWay::new();
    let more = move |_| {
        let Some(next) = next.get_untracked() else {
            return;
        };
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let path = format!("{PATH}?{}", route::to_query([("after", next)]));
            let answer = api::get::<DevicePage>(&path).await;
            under_way.end();
            match answer {
                Ok(more) => devices.value.update(|value| {
                    if let Fetched::Ready(page) = value {
                        page.devices.extend(more.devices);
                        page.next = more.next;
                    }
                }),
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    };
    let shown = move || {
        let total = page.get().map_or(0, |page| page.total);
        let here = list.with(Vec::len) as u64;
        fill(words.held.shown, &[&number(here), &number(total)])
    };
    let row = move |device: Memo<Device>| view! { <Row device asked/> }.into_any();
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
        {move || next.get().is_some().then(|| view! {
            <p class="held-more">
                <button type="button" class="button" aria-disabled=move || under_way.disabled() on:click=more>
                    {words.common.more}
                </button>
                " "
                <span class="under">{shown}</span>
            </p>
        })}
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
