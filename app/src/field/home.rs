//! A round: begin a conversation, go on with a draft, look what is where. And the choice of a round.

use koffiekar_sync_core::{
    catalogue::{Round, RoundTime},
    ids::RoundId,
};
use leptos::prelude::*;

use super::{
    Screen, area, form,
    list::Conversations,
    orphan::{OrphanItem, orphans},
    round_time::{self, AskFirst},
    sign::{AsideNotice, SignedOut},
    storage::StorageWarning,
    suggest, tablet,
    told::Told,
    words::words,
};
use crate::{
    keep,
    parts::{iso_day, moment, title},
    route,
};

fn kept_name() -> String {
    let user = tablet::peek(|open| open.user().key()).unwrap_or_default();
    format!("field-round-{user}")
}

fn rounds() -> Vec<Round> {
    tablet::see(|open| open.catalogue.rounds.clone()).unwrap_or_default()
}

/// The round chosen last, or the only one, or that of a draft: a small choice may be forgotten by a
/// browser that was killed, and words that wait must be in sight. The draft's is chosen from then on, so
/// that nobody has to choose again when it is finished.
fn current(rounds: &[Round]) -> Option<Round> {
    let kept: Option<RoundId> = keep::read(&kept_name()).and_then(|id| id.parse().ok());
    let drafted = || tablet::peek(|open| open.drafts.values().next_back().map(|draft| draft.round));
    let id = match rounds {
        [only] => Some(only.id),
        _ => kept.or_else(|| {
            let drafted = drafted().flatten()?;
            keep::write(&kept_name(), &drafted.to_string());
            Some(drafted)
        }),
    };
    rounds.iter().find(|round| Some(round.id) == id).cloned()
}

/// `24 jan 2026 – 31 jan 2026`, or the one day.
fn period(round: &Round) -> String {
    if round.starts_on == round.ends_on {
        iso_day(&round.starts_on)
    } else {
        format!(
            "{} – {}",
            iso_day(&round.starts_on),
            iso_day(&round.ends_on)
        )
    }
}

#[component]
pub(crate) fn Home() -> impl IntoView {
    let rounds = Memo::new(|_| rounds());
    let revision = tablet::revision();
    let round = Memo::new(move |_| {
        // A choice does not change the rounds.
        revision.track();
        rounds.with(|rounds| current(rounds))
    });
    move || {
        let several = rounds.with(|rounds| rounds.len() > 1);
        match round.get() {
            Some(round) => view! { <RoundHome round several/> }.into_any(),
            None => view! { <Rounds/> }.into_any(),
        }
    }
}

#[component]
pub(crate) fn Rounds() -> impl IntoView {
    let words = words();
    title(words.rounds_title);
    let rounds = Memo::new(|_| {
        let mut rounds = rounds();
        // What runs now first, then what is still to come, then what is over; closed ones last.
        rounds.sort_by_key(|round| (round.closed, round_time::time_of(round)));
        rounds
    });
    let item = move |round: Round| {
        let id = round.id;
        let choose = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            keep::write(&kept_name(), &id.to_string());
            // The address may be this one already: the memo of the home reads the choice anew.
            tablet::changed();
            route::go(&Screen::Home.path());
        };
        let names = &crate::words::words().names;
        let about = format!("{} · {}", names.kind(round.kind), period(&round));
        let time = round_time::describe(&round).filter(|_| !round.closed);
        view! {
            <li>
                <a class="f-item f-round" href="/veld" data-testid="round-item" on:click=choose>
                    <span class="f-item-words">{round.name}</span>
                    <span class="f-item-meta">
                        {about}
                        {round.closed.then(|| format!(" · {}", words.round_closed))}
                    </span>
                    {time.map(|time| view! {
                        <span class="f-item-signs"><span class="f-flag" data-testid="round-time">{time}</span></span>
                    })}
                </a>
            </li>
        }
    };
    view! {
        <main id="main" class="f-page" tabindex="-1">
            <h1 tabindex="-1">{words.rounds_title}</h1>
            {move || rounds.with(Vec::is_empty).then(|| view! {
                <div class="f-empty" data-testid="no-rounds">
                    <p>{words.no_rounds}</p>
                    <p>{words.no_rounds_text}</p>
                </div>
            })}
            <ul class="f-list">{move || rounds.get().into_iter().map(item).collect_view()}</ul>
        </main>
    }
}

#[component]
fn RoundHome(round: Round, several: bool) -> impl IntoView {
    let words = words();
    title(&round.name);
    set_timeout(suggest::prepare, std::time::Duration::from_millis(800));
    let id = round.id;
    let asking = RwSignal::new(false);
    let about = period(&round);
    let time = round_time::describe(&round);
    let asked = round.clone();
    let begin = move |_| {
        if round_time::must_ask(&asked) {
            asking.set(true);
        } else {
            form::begin(id);
        }
    };
    let ask = round.clone();
    let dialog = move || {
        let round = ask.clone();
        asking.get().then(move || {
            let runs = rounds().into_iter().find(|other| {
                other.id != id && !other.closed && round_time::time_of(other) == RoundTime::Running
            });
            let on_record = Callback::new(move |()| {
                asking.set(false);
                form::begin(id);
            });
            let on_other = Callback::new(move |other: RoundId| {
                asking.set(false);
                keep::write(&kept_name(), &other.to_string());
                tablet::changed();
            });
            let on_close = Callback::new(move |()| asking.set(false));
            view! { <AskFirst round runs on_close on_record on_other/> }
        })
    };
    let is_demo = tablet::peek(|open| open.person.demo).unwrap_or_default();
    view! {
        <main id="main" class="f-page f-home" tabindex="-1">
            <div class="f-home-head">
                <h1 tabindex="-1">{round.name}</h1>
                {several.then(|| view! {
                    <a class="f-other-round" href="/veld/rondes" data-testid="other-round">{words.other_round}</a>
                })}
            </div>
            <p class="f-item-meta">
                {about}
                {time.map(|time| view! { " " <span class="f-flag" data-testid="round-time">{time}</span> })}
            </p>
            {is_demo.then(|| view! { <p class="f-demo">{words.demo}</p> })}
            <SignedOut/>
            <AsideNotice/>
            <Told/>
            <StorageWarning/>
            <Drafts round=id/>
            <Conversations round=id/>
        </main>
        <footer class="f-foot">
            <div class="f-foot-in">
                {if round.closed {
                    view! { <p class="notice" data-testid="round-closed">{words.round_closed_text}</p> }.into_any()
                } else {
                    view! {
                        <button type="button" class="button main f-primary f-wide" data-testid="new-conversation"
                            on:click=begin>
                            <span aria-hidden="true">"+"</span>
                            {words.new_conversation}
                        </button>
                    }
                    .into_any()
                }}
            </div>
        </footer>
        {dialog}
    }
}

#[component]
fn Drafts(round: RoundId) -> impl IntoView {
    let words = words();
    let drafts = Memo::new(move |_| {
        tablet::see(|open| {
            let drafts = open
                .drafts
                .values()
                .rev()
                .filter(|draft| draft.round == round);
            drafts.cloned().collect::<Vec<_>>()
        })
        .unwrap_or_default()
    });
    let item = move |draft: super::draft::Draft| {
        let first = match draft.first_words() {
            "" => words.draft_empty.to_owned(),
            first => first.chars().take(140).collect(),
        };
        let area = draft
            .area
            .as_deref()
            .map_or(words.no_area.to_owned(), area::label_of);
        view! {
            <li>
                <a class="f-item f-draft" href=Screen::Draft(draft.id).path() data-testid="draft-item">
                    <span class="f-item-words" lang=draft.language.clone() dir="auto">
                        {first}
                    </span>
                    <span class="f-item-meta">{format!("{area} · {}", moment(draft.started_at))}</span>
                    <span class="f-item-signs">
                        <span class="f-standing" data-standing="draft">
                            <span class="f-mark" aria-hidden="true">"✎"</span>
                            {words.draft}
                        </span>
                    </span>
                </a>
            </li>
        }
    };
    let orphans = Memo::new(|_| orphans());
    move || {
        let (drafts, orphans) = (drafts.get(), orphans.get());
        let orphan = |edit| view! { <OrphanItem edit/> };
        (!drafts.is_empty() || !orphans.is_empty()).then(|| {
            view! {
                <section aria-labelledby="drafts-title">
                    <h2 id="drafts-title" class="f-list-title">{words.drafts}</h2>
                    <ul class="f-list">
                        {drafts.into_iter().map(item).collect_view()}
                        {orphans.into_iter().map(orphan).collect_view()}
                    </ul>
                </section>
            }
        })
    }
}
