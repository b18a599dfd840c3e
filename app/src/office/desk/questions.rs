//! What the desk asks in a dialog: another line, which to reject, a place in the text, the shortcuts.

use koffiekar_sync_core::ids::{LineKey, QuoteId, SectionId};
use koffiekar_sync_core::office::{ChooseQuote, LineStanding, QuoteRow, Section};
use leptos::{prelude::*, task::spawn_local};

use super::{keys, list::List};
use crate::{
    api,
    office::{names::names, quote::may_publish},
    parts::{Dialog, Pick, Picker, Tone, announce},
    words::{fill, words},
};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Question {
    Line(QuoteId),
    Reject(QuoteId),
    Section(QuoteId),
    Help,
}

impl List {
    /// One line to reject is rejected; with several the editor says which.
    pub(super) fn ask_reject(self, row: &QuoteRow) {
        let standing: Vec<&LineKey> = row
            .tags
            .iter()
            .filter(|tag| tag.standing != LineStanding::Rejected)
            .map(|tag| &tag.line)
            .collect();
        match standing.as_slice() {
            [] => announce(Tone::Plain, words().desk.nothing_to_reject),
            [line] => self.reject(row.id, (*line).clone()),
            _ => self.ask(Question::Reject(row.id)),
        }
    }

    fn choose(self, id: QuoteId, section: SectionId) {
        spawn_local(async move {
            let path = format!("/api/v1/sections/{section}/selections");
            match api::send::<Section>(
                "POST",
                &path,
                &ChooseQuote {
                    quote: id,
                    before: None,
                },
            )
            .await
            {
                Ok(section) => {
                    announce(Tone::Good, fill(words().desk.chosen, &[&section.title]));
                    if let Some(entry) = self.entry(id) {
                        entry.row.update(|row| {
                            if !row.selected_in.contains(&section.id) {
                                row.selected_in.push(section.id);
                            }
                        });
                    }
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    }
}

#[component]
pub(super) fn Questions(desk: List) -> impl IntoView {
    let close = Callback::new(move |()| desk.question.set(None));
    move || {
        let question = desk.question.get()?;
        Some(match question {
            Question::Help => view! { <Help on_close=close/> }.into_any(),
            Question::Line(id) => view! { <WhichLine desk id close/> }.into_any(),
            Question::Reject(id) => view! { <WhichToReject desk id close/> }.into_any(),
            Question::Section(id) => view! { <WhichSection desk id close/> }.into_any(),
        })
    }
}

#[component]
fn WhichLine(desk: List, id: QuoteId, close: Callback<()>) -> impl IntoView {
    let words = words();
    let mut picks = Vec::new();
    for (_, group, lines) in names().open_themes() {
        picks.extend(lines.into_iter().map(|line| Pick {
            value: line.key.to_string(),
            label: line.title,
            note: String::new(),
            group: group.clone(),
            refused: None,
        }));
    }
    picks.push(Pick {
        value: LineKey::NONE.to_owned(),
        label: words.names.none_line.to_owned(),
        note: String::new(),
        group: words.names.none_line.to_owned(),
        refused: None,
    });
    let on_pick = Callback::new(move |line: String| {
        close.run(());
        if let Ok(line) = line.parse() {
            desk.confirm(id, line);
        }
    });
    view! { <Picker title=words.desk.pick_line hint=words.desk.pick_line_hint picks on_pick on_close=close/> }
}

#[component]
fn WhichToReject(desk: List, id: QuoteId, close: Callback<()>) -> impl IntoView {
    let words = &words().desk;
    let row = desk.entry(id).map(|entry| entry.row.get_untracked());
    let tags = row.map(|row| row.tags).unwrap_or_default();
    let standing = tags
        .into_iter()
        .filter(|tag| tag.standing != LineStanding::Rejected);
    let picks = standing.map(|tag| Pick {
        value: tag.line.to_string(),
        label: names().line(&tag.line),
        note: String::new(),
        group: String::new(),
        refused: None,
    });
    let on_pick = Callback::new(move |line: String| {
        close.run(());
        if let Ok(line) = line.parse() {
            desk.reject(id, line);
        }
    });
    view! {
        <Picker title=words.pick_reject hint=words.pick_line_hint picks=picks.collect() on_pick on_close=close/>
    }
}

#[component]
fn WhichSection(desk: List, id: QuoteId, close: Callback<()>) -> impl IntoView {
    let words = &words().desk;
    let Some(row) = desk.entry(id).map(|entry| entry.row.get_untracked()) else {
        return ().into_any();
    };
    let nothing = |text: &'static str| {
        view! { <Dialog title=words.pick_section on_close=close><p>{text}</p></Dialog> }.into_any()
    };
    if !may_publish(&row.consent) {
        return nothing(words.may_not_choose);
    }
    let Some(publications) = desk.publications.get_untracked() else {
        desk.load_sections();
        return nothing(words.sections_missing);
    };
    let mut fitting = Vec::new();
    let mut others = Vec::new();
    for publication in publications {
        for section in publication.sections {
            let fits = concerns(&row, &section);
            let is_there = row.selected_in.contains(&section.id);
            let pick = Pick {
                value: section.id.to_string(),
                label: section.title,
                note: publication.title.clone(),
                group: if fits { words.fitting } else { words.others }.to_owned(),
                refused: is_there.then_some(words.already_chosen),
            };
            if fits {
                fitting.push(pick)
            } else {
                others.push(pick)
            }
        }
    }
    fitting.append(&mut others);
    if fitting.is_empty() {
        return nothing(words.no_sections);
    }
    let on_pick = Callback::new(move |section: String| {
        close.run(());
        if let Ok(section) = section.parse() {
            desk.choose(id, section);
        }
    });
    view! {
        <Picker title=words.pick_section hint=words.pick_section_hint picks=fitting on_pick on_close=close/>
    }
    .into_any()
}

/// Does the section's line or theme match what people said, or what the tagger says while nobody did?
fn concerns(row: &QuoteRow, section: &Section) -> bool {
    let said: Vec<&LineKey> = row
        .tags
        .iter()
        .filter(|tag| tag.standing != LineStanding::Rejected)
        .flat_map(|tag| [&tag.line].into_iter().chain(&tag.became))
        .collect();
    let lines = if said.is_empty() {
        row.suggestions
            .iter()
            .take(1)
            .map(|one| &one.line)
            .collect()
    } else {
        said
    };
    let catalogue = names().catalogue();
    lines.into_iter().any(|line| {
        let theme = catalogue
            .action_lines
            .iter()
            .find(|one| one.key == *line)
            .map(|one| &one.theme);
        section.action_line.as_ref() == Some(line)
            || (section.theme.is_some() && section.theme.as_ref() == theme)
    })
}

#[component]
fn Help(on_close: Callback<()>) -> impl IntoView {
    let words = &words().shortcuts;
    let rows = [
        (&["j", "\u{2193}"][..], words.next),
        (&["k", "\u{2191}"], words.previous),
        (&["1", "2", "3"], words.suggestion),
        (&["0"], words.none),
        (&["l"], words.other),
        (&["x"], words.reject),
        (&["u"], words.undo),
        (&["c"], words.choose),
        (&["Enter"], words.open),
        (&["/"], words.search),
        (&["?"], words.help),
    ];
    let rows = rows.map(|(keys, does)| {
        let keys = keys
            .iter()
            .map(|key| view! { <kbd>{*key}</kbd> " " })
            .collect_view();
        view! { <tr><th scope="row">{keys}</th><td>{does}</td></tr> }
    });
    let on = RwSignal::new(keys::are_on());
    let switch = move |_| {
        on.update(|on| *on = !*on);
        keys::turn(on.get_untracked());
    };
    view! {
        <Dialog title=words.title on_close>
            <p class="hint">{words.intro}</p>
            <table class="keys">
                <thead class="unseen"><tr><th scope="col">{words.key}</th><th scope="col">{words.does}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <button type="button" class="button small" on:click=switch>
                {move || if on.get() { words.off } else { words.on }}
            </button>
        </Dialog>
    }
}
