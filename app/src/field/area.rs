//! Where a conversation is about, and in which language it was held.

use koffiekar_sync_core::{
    catalogue::{Area, AreaLevel},
    ids::{Millis, RoundId},
};
use leptos::prelude::*;

use super::{
    picker::{Group, PickOption, Picker},
    round_time::start_of_today,
    tablet,
    words::words,
};
use crate::words::fill;

/// Languages offered first; `und` is the code for one that is not named.
pub(crate) const LANGUAGES: [&str; 6] = ["nl", "tr", "ar", "ber", "en", "und"];

/// How an empty field for text in this language runs. What is typed runs the way of its letters.
pub(crate) fn direction(language: &str) -> &'static str {
    match language {
        "ar" => "rtl",
        _ => "auto",
    }
}

pub(crate) fn label_of(code: &str) -> String {
    tablet::peek(|open| {
        open.catalogue
            .areas
            .iter()
            .find(|area| area.code == code)
            .map(|area| area.label())
    })
    .flatten()
    .unwrap_or_else(|| code.to_owned())
}

/// The area of the last conversation of today: probably the next one's too. Where somebody stood another
/// day says nothing.
pub(crate) fn proposed(round: RoundId) -> Option<String> {
    last_since(round, start_of_today())
}

/// The area of the last conversation that was recorded or begun here since then.
fn last_since(round: RoundId, since: Millis) -> Option<String> {
    const LOOK_BACK: usize = 20;
    tablet::peek(|open| {
        let is_since = |at: Millis| at >= since;
        let begun = open
            .drafts
            .values()
            .rev()
            .filter(|draft| draft.round == round && is_since(draft.started_at));
        let begun = begun.map(|draft| (draft.id, draft.area.clone())).next();
        let recorded = open
            .replica
            .conversations()
            .rev()
            .filter(|(_, held)| held.round() == round)
            .take(LOOK_BACK)
            .filter_map(|(id, _)| Some((id, open.digest(id)?)))
            .find(|(_, conversation)| conversation.recorded_by == open.user())
            .filter(|(_, conversation)| conversation.recorded_at >= since)
            .map(|(id, conversation)| (id, conversation.area.clone()));
        // Ids sort by time.
        begun
            .into_iter()
            .chain(recorded)
            .max_by_key(|(id, _)| *id)
            .and_then(|(_, area)| area)
    })
    .flatten()
}

/// By wijk: a worker knows in which one they stand, and not every buurt has a public name.
fn groups(recent: Option<String>) -> Vec<Group> {
    let words = words();
    tablet::peek(|open| {
        let areas = &open.catalogue.areas;
        let option = |area: &Area, also: &str| PickOption {
            value: area.code.clone(),
            label: area.label(),
            // Some know the codes.
            also: format!("{also} {}", area.code),
        };
        let none = PickOption {
            value: String::new(),
            label: words.area_none.to_owned(),
            also: String::new(),
        };
        let last = recent.and_then(|code| areas.iter().find(|area| area.code == code));
        let mut groups = vec![Group {
            title: words.recent.to_owned(),
            options: last
                .map(|area| option(area, ""))
                .into_iter()
                .chain([none])
                .collect(),
        }];
        for wijk in areas.iter().filter(|area| area.level == AreaLevel::Wijk) {
            let title = wijk.label();
            let whole = PickOption {
                value: wijk.code.clone(),
                label: fill(words.whole_wijk, &[&title]),
                also: format!("{title} {}", wijk.code),
            };
            let inside = areas.iter().filter(|area| area.part_of == wijk.code);
            let options = inside
                .map(|area| option(area, &title))
                .chain([whole])
                .collect();
            groups.push(Group { title, options });
        }
        let rest = areas.iter().filter(|area| match area.level {
            AreaLevel::District => true,
            AreaLevel::Wijk => false,
            AreaLevel::Buurt => !areas
                .iter()
                .any(|wijk| wijk.level == AreaLevel::Wijk && wijk.code == area.part_of),
        });
        let options: Vec<PickOption> = rest.map(|area| option(area, "")).collect();
        if !options.is_empty() {
            groups.push(Group {
                title: words.elsewhere.to_owned(),
                options,
            });
        }
        groups
    })
    .unwrap_or_default()
}

#[component]
pub(crate) fn AreaField(
    #[prop(into)] area: Signal<Option<String>>,
    round: RoundId,
    on_choose: Callback<Option<String>>,
    /// Comes from the conversation before; nobody chose it.
    #[prop(optional, into)]
    is_proposed: Signal<bool>,
) -> impl IntoView {
    let words = words();
    let picking = RwSignal::new(false);
    let shown = move || match area.get() {
        Some(code) => label_of(&code),
        None => words.area_choose.to_owned(),
    };
    let pick = Callback::new(move |code: String| {
        picking.set(false);
        on_choose.run(Some(code).filter(|code| !code.is_empty()));
    });
    let chosen = Signal::derive(move || vec![area.get().unwrap_or_default()]);
    view! {
        <div class="f-setting">
            <span class="f-label" id="area-label">{words.area}</span>
            <button type="button" class="f-select" id="area" data-testid="area" aria-labelledby="area-label area"
                class:f-proposed=move || is_proposed.get() aria-describedby="area-proposed"
                on:click=move |_| picking.set(true)>
                <span>{shown}</span>
                <span aria-hidden="true">"▾"</span>
            </button>
            <p class="hint" id="area-proposed">{move || is_proposed.get().then(|| view! {
                <span data-testid="area-proposed">{words.area_proposed}</span>
            })}</p>
            {move || picking.get().then(|| view! {
                <Picker title=words.area_choose groups=groups(last_since(round, Millis(0))) chosen on_pick=pick
                    on_close=Callback::new(move |()| picking.set(false))/>
            })}
        </div>
    }
}

#[component]
pub(crate) fn LanguageField(
    #[prop(into)] language: Signal<String>,
    on_choose: Callback<String>,
) -> impl IntoView {
    let words = words();
    let mut codes: Vec<String> = LANGUAGES.iter().map(|code| (*code).to_owned()).collect();
    let now = language.get_untracked();
    if !codes.contains(&now) {
        codes.push(now);
    }
    let options = codes
        .into_iter()
        .map(|code| {
            let own = code.clone();
            let name = words.language_name(&code);
            view! { <option value=code selected=move || language.with(|now| *now == own)>{name}</option> }
        })
        .collect_view();
    view! {
        <div class="f-setting">
            <label class="f-label" for="language">{words.language}</label>
            <select class="f-select" id="language" data-testid="language"
                on:change=move |event| on_choose.run(event_target_value(&event))>
                {options}
            </select>
        </div>
    }
}
