//! Held work: what came in while it was not permitted. Whose it is stands here, never what it says.

use koffiekar_sync_core::ids::DeviceNumber;
use koffiekar_sync_core::office::{HeldPage, HeldWork};
use leptos::{prelude::*, task::spawn_local};

use super::held_decision::{Decide, Decision};
use crate::{
    api,
    parts::{Busy, Empty, Fetched, Scroll, Source, Tone, Trouble, announce, moment, title},
    route,
    words::{count, fill, number, words},
};

pub(super) const PATH: &str = "/api/v1/held";
const TURNED_DOWN: &str = "afgewezen";

fn address_of(turned_down: bool) -> String {
    if turned_down {
        format!("{PATH}?decided=true")
    } else {
        PATH.to_owned()
    }
}

fn shows_turned_down() -> bool {
    route::pairs(&route::query()).contains(&("toon".to_owned(), TURNED_DOWN.to_owned()))
}

/// What came from one tablet, in the order of the list.
fn by_device(held: Vec<HeldWork>) -> Vec<Vec<HeldWork>> {
    let mut groups: Vec<(DeviceNumber, Vec<HeldWork>)> = Vec::new();
    for work in held {
        match groups.iter_mut().find(|(device, _)| *device == work.device) {
            Some((_, group)) => group.push(work),
            None => groups.push((work.device, vec![work])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

#[component]
pub(super) fn Held(
    /// What waits: the tab counts it too.
    waiting: Source<HeldPage>,
) -> impl IntoView {
    let words = words();
    title(words.held.title);
    let turned_down = Memo::new(|_| shows_turned_down());
    let decided = Source::<HeldPage>::new();
    let source = move |turned_down| if turned_down { decided } else { waiting };
    Effect::new(move || {
        let turned_down = turned_down.get();
        source(turned_down).refresh(address_of(turned_down));
    });
    let asked = RwSignal::new(None::<Decide>);
    let done = Callback::new(move |()| {
        // Two administrators may decide at once: the list is what the server says.
        waiting.refresh(address_of(false));
        if turned_down.get_untracked() {
            decided.refresh(address_of(true));
        }
    });
    let body = move || {
        let turned_down = turned_down.get();
        let source = source(turned_down);
        match source.value.get() {
            Fetched::Busy => view! { <Busy/> }.into_any(),
            Fetched::Failed(failure) => {
                let retry = Callback::new(move |()| source.fetch(address_of(turned_down)));
                view! { <Trouble failure retry/> }.into_any()
            }
            Fetched::Ready(page) => view! { <Groups page source turned_down asked/> }.into_any(),
        }
    };
    let tab = move |to_turned_down: bool, href: &'static str, label: &'static str| {
        let here = move || (turned_down.get() == to_turned_down).then_some("page");
        view! { <li><a href=href aria-current=here>{label}</a></li> }
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.held.title}</h1></div>
        <p class="lead">{words.held.intro}</p>
        <nav class="subnav held-views" aria-label=words.held.views>
            <ul>
                {tab(false, "/beheer/vastgehouden", words.held.waits)}
                {tab(true, "/beheer/vastgehouden?toon=afgewezen", words.held.turned_down)}
            </ul>
        </nav>
        {body}
        {move || asked.get().map(|decide| view! {
            <Decision decide on_done=done on_close=Callback::new(move |()| asked.set(None))/>
        })}
    }
}

#[component]
fn Groups(
    page: HeldPage,
    source: Source<HeldPage>,
    turned_down: bool,
    asked: RwSignal<Option<Decide>>,
) -> impl IntoView {
    let (words, common) = (&words().held, &words().common);
    if page.held.is_empty() {
        let (title, text) = if turned_down {
            (words.none_turned_down, words.none_turned_down_hint)
        } else {
            (words.empty, words.empty_hint)
        };
        return view! { <Empty title text/> }.into_any();
    }
    let shown = page.held.len() as u64;
    let next = page.next.clone();
    let busy = RwSignal::new(false);
    let more = move |_| {
        let Some(next) = next.clone().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let joint = if turned_down { '&' } else { '?' };
            let path = format!(
                "{}{joint}{}",
                address_of(turned_down),
                route::to_query([("after", next)])
            );
            match api::get::<HeldPage>(&path).await {
                Ok(more) => source.value.update(|value| {
                    if let Fetched::Ready(page) = value {
                        page.held.extend(more.held);
                        page.next = more.next;
                    }
                }),
                Err(failure) => {
                    let _ = busy.try_set(false);
                    announce(Tone::Bad, failure.to_string());
                }
            }
        });
    };
    let total = page.total;
    let groups = by_device(page.held)
        .into_iter()
        .map(|group| view! { <Group group turned_down asked/> })
        .collect_view();
    view! {
        {groups}
        {page.next.is_some().then(|| view! {
            <p class="held-more">
                <button type="button" class="button" aria-disabled=move || busy.get().then_some("true") on:click=more>
                    {common.more}
                </button>
                " "
                <span class="under">{fill(words.shown, &[&number(shown), &number(total)])}</span>
            </p>
        })}
    }
    .into_any()
}

#[component]
fn Group(
    group: Vec<HeldWork>,
    turned_down: bool,
    asked: RwSignal<Option<Decide>>,
) -> impl IntoView {
    let words = words();
    let Some(first) = group.first() else {
        return ().into_any();
    };
    let heading = format!("{} \u{00b7} {}", first.label, first.user_name);
    let id = format!("held-{}", first.device);
    let of = count(
        group.len() as u64,
        (words.held.conversation, words.held.conversations),
    );
    let accept_all = group.clone();
    let decline_all = group.clone();
    let all = (!turned_down && group.len() > 1).then(|| {
        view! {
            <div class="admin-actions">
                <button type="button" class="button" data-testid="accept-all"
                    on:click=move |_| asked.set(Some(Decide::Accept(accept_all.clone())))>
                    {words.held.accept_all}
                </button>
                <button type="button" class="button quiet"
                    on:click=move |_| asked.set(Some(Decide::TurnDown(decline_all.clone())))>
                    {words.held.turn_down_all}
                </button>
            </div>
        }
    });
    let rows = group
        .into_iter()
        .map(|work| view! { <Row work asked/> })
        .collect_view();
    let last_column = if turned_down {
        words.held.text
    } else {
        words.held.size
    };
    view! {
        <section class="held-group" aria-labelledby=id>
            <div class="held-head">
                <h2 id=id.clone()>{heading.clone()} <span class="under">{of}</span></h2>
                {all}
            </div>
            <Scroll label=heading>
                <table class="stacks">
                    <thead>
                        <tr>
                            <th scope="col">{words.held.round}</th>
                            <th scope="col">{words.held.why}</th>
                            <th scope="col">{words.held.received}</th>
                            <th scope="col">{last_column}</th>
                            <th scope="col"><span class="unseen">{words.people.actions}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </Scroll>
        </section>
    }
    .into_any()
}

#[component]
fn Row(work: HeldWork, asked: RwSignal<Option<Decide>>) -> impl IntoView {
    let words = words();
    let round = work
        .round_name
        .clone()
        .unwrap_or_else(|| words.held.no_round.to_owned());
    let what = if work.is_new {
        words.held.is_new
    } else {
        words.held.is_edit
    };
    let last = match &work.turned_down {
        Some(said) => view! {
            <td data-label=words.held.text class="held-text">
                {said.text.clone()}
                <div class="under">{format!("{}, {}", said.by, moment(said.at))}</div>
            </td>
        }
        .into_any(),
        None => view! { <td data-label=words.held.size>{what}<div class="under">{size(work.bytes)}</div></td> }.into_any(),
    };
    let about = format!("{}, {round}, {}", work.user_name, moment(work.received_at));
    let label = move |deed: &str| format!("{deed}: {about}");
    let accept = work.clone();
    let decline = work.turned_down.is_none().then(|| work.clone());
    view! {
        <tr data-testid="held-work">
            <th scope="row">{round}</th>
            <td data-label=words.held.why>{words.names.reason(work.why)}</td>
            <td data-label=words.held.received>{moment(work.received_at)}</td>
            {last}
            <td>
                <div class="admin-actions">
                    <button type="button" class="button small" aria-label=label(words.held.accept)
                        data-testid="accept"
                        on:click=move |_| asked.set(Some(Decide::Accept(vec![accept.clone()])))>
                        {words.held.accept}
                    </button>
                    {decline.map(|work| view! {
                        <button type="button" class="button quiet small" aria-label=label(words.held.turn_down)
                            data-testid="turn-down"
                            on:click=move |_| asked.set(Some(Decide::TurnDown(vec![work.clone()])))>
                            {words.held.turn_down}
                        </button>
                    })}
                </div>
            </td>
        </tr>
    }
}

/// `900 B`, `2 kB`.
fn size(bytes: u64) -> String {
    if bytes < 1_000 {
        format!("{bytes} B")
    } else {
        format!("{} kB", number(bytes.div_ceil(1_000)))
    }
}
