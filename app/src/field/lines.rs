//! Which action line a quote concerns: three suggestions within reach, the rest behind "Andere…".

use std::time::Duration;

use koffiekar_sync_core::ids::LineKey;
use leptos::{ev, leptos_dom::helpers::TimeoutHandle, prelude::*};

use super::{
    picker::{Group, PickOption, Picker},
    suggest, tablet,
    words::words,
};

/// How long the words stand still before they are judged.
const PAUSE: Duration = Duration::from_millis(400);

pub(crate) fn title_of(line: &LineKey) -> String {
    if line.is_none() {
        return words().no_line.to_owned();
    }
    tablet::peek(|open| {
        let lines = &open.catalogue.action_lines;
        lines
            .iter()
            .find(|known| known.key == *line)
            .map(|known| known.title.clone())
    })
    .flatten()
    .unwrap_or_else(|| line.to_string())
}

/// What a tap does to the lines of a quote: "geen actielijn" and a line exclude each other.
pub(crate) fn toggled(lines: &[LineKey], line: &LineKey) -> Vec<LineKey> {
    if lines.contains(line) {
        return lines
            .iter()
            .filter(|other| *other != line)
            .cloned()
            .collect();
    }
    let stays = |other: &&LineKey| !line.is_none() && !other.is_none();
    let mut now: Vec<LineKey> = lines.iter().filter(stays).cloned().collect();
    now.push(line.clone());
    now
}

fn groups() -> Vec<Group> {
    let now = tablet::now();
    tablet::peek(|open| {
        let of_theme = |theme: &LineKey| {
            let lines = open
                .catalogue
                .action_lines
                .iter()
                .filter(|line| line.theme == *theme && line.is_open(now));
            let option = |line: &koffiekar_sync_core::catalogue::ActionLine| PickOption {
                value: line.key.as_str().to_owned(),
                label: line.title.clone(),
                also: format!("{} {}", line.description, line.synonyms.join(" ")),
            };
            lines.map(option).collect::<Vec<_>>()
        };
        let themes = open.catalogue.themes.iter();
        let groups = themes.map(|theme| Group {
            title: theme.title.clone(),
            options: of_theme(&theme.key),
        });
        groups.filter(|group| !group.options.is_empty()).collect()
    })
    .unwrap_or_default()
}

#[component]
pub(crate) fn LineChips(
    #[prop(into)] words_said: Signal<String>,
    #[prop(into)] language: Signal<String>,
    #[prop(into)] chosen: Signal<Vec<LineKey>>,
    on_toggle: Callback<LineKey>,
    #[prop(into)] label: Signal<String>,
) -> impl IntoView {
    let words = words();
    let suggested = RwSignal::new(Vec::<LineKey>::new());
    let box_of_lines = NodeRef::<leptos::html::Div>::new();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    Effect::new(move |before: Option<()>| {
        let (said, language) = (words_said.get(), language.get());
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
        let judge = move || {
            let lines = suggest::lines_for(&said, &language);
            // Nothing moves under a finger when the answer is the same.
            if suggested
                .try_with_untracked(|now| *now != lines)
                .unwrap_or_default()
            {
                suggested.set(lines);
            }
            request_animation_frame(move || keep_in_sight(box_of_lines));
        };
        // What stands there when the screen is drawn is judged at once.
        let pause = if before.is_none() {
            Duration::from_millis(30)
        } else {
            PAUSE
        };
        timer.set_value(set_timeout_with_handle(judge, pause).ok());
    });
    // The keyboard of the screen comes or goes.
    let resized = window_event_listener(ev::resize, move |_| keep_in_sight(box_of_lines));
    on_cleanup(move || resized.remove());
    let picking = RwSignal::new(false);

    let chip = move |line: LineKey, testid: String| {
        let (own, tapped) = (line.clone(), line.clone());
        let pressed = move || chosen.with(|chosen| chosen.contains(&own)).to_string();
        view! {
            <button type="button" class="f-chip" data-testid=testid data-line=line.as_str().to_owned()
                aria-pressed=pressed on:click=move |_| on_toggle.run(tapped.clone())>
                {title_of(&line)}
            </button>
        }
    };
    // Lines chosen from the whole list, which are no suggestion, keep their own chip.
    let others = Memo::new(move |_| {
        let suggested = suggested.get();
        chosen
            .get()
            .into_iter()
            .filter(|line| !line.is_none() && !suggested.contains(line))
            .collect::<Vec<_>>()
    });
    let chips = move || {
        let suggested = suggested.get();
        let hint = suggested.is_empty() && others.with(Vec::is_empty);
        let offered = suggested
            .into_iter()
            .enumerate()
            .map(|(place, line)| chip(line, format!("suggestion-{place}")))
            .collect_view();
        view! {
            {others.get().into_iter().map(|line| chip(line, "chosen-line".to_owned())).collect_view()}
            {offered}
            {hint.then(|| view! { <span class="hint f-chip-hint">{words.lines_wait}</span> })}
        }
    };
    let pick = Callback::new(move |value: String| {
        picking.set(false);
        if let Ok(line) = value.parse() {
            on_toggle.run(line);
        }
    });
    let keys = Signal::derive(move || {
        chosen.with(|chosen| chosen.iter().map(ToString::to_string).collect())
    });
    view! {
        <div class="f-lines" role="group" aria-label=move || label.get() node_ref=box_of_lines>
            <span class="f-label" aria-hidden="true">{words.lines}</span>
            <div class="f-chips">
                {chips}
                {chip(LineKey::none(), "no-line".to_owned())}
                <button type="button" class="f-chip f-chip-other" data-testid="other-line"
                    on:click=move |_| picking.set(true)>
                    {words.other_line}
                </button>
            </div>
            {move || picking.get().then(|| view! {
                <Picker title=words.choose_line groups=groups() chosen=keys on_pick=pick
                    on_close=Callback::new(move |()| picking.set(false))/>
            })}
        </div>
    }
}

/// The first suggestion stands where it can be seen while somebody types: the keyboard of the screen may leave
/// little room under the words. No more of them than that: the words have to stay in sight as well.
fn keep_in_sight(lines: NodeRef<leptos::html::Div>) {
    let Some(lines) = lines.try_get_untracked().flatten() else {
        return;
    };
    let typed = document().active_element();
    let is_typed_here = typed.is_some_and(|typed| {
        typed.tag_name() == "TEXTAREA" && typed.parent_element() == lines.parent_element()
    });
    if is_typed_here {
        let options = web_sys::ScrollIntoViewOptions::new();
        options.set_block(web_sys::ScrollLogicalPosition::Nearest);
        if let Ok(Some(first)) = lines.query_selector(".f-chip") {
            first.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }
}
