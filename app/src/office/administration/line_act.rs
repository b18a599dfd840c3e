//! Retiring, splitting or merging an action line, and what that comes to, before it is recorded.

use koffiekar_sync_core::catalogue::{ActionLine, Ending};
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{ActOnLines, IntoLine, LineAct, LineActPreview, WriteLine};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::line_acts::{PATH, kind_of};
use super::refuse;
use crate::{
    api,
    office::names::names,
    parts::{Choice, Dialog, ErrorSummary, Errors, Select, TextArea, TextField, Tone, announce},
    words::{counted, fill, number, words},
};

/// Stands for a line that is made with the act. No key has such a character.
const NEW: &str = "+";
/// Lines that one can be split into here; the API takes more.
const PARTS: [[&str; 3]; 4] = [
    ["part-1", "part-1-title", "part-1-words"],
    ["part-2", "part-2-title", "part-2-words"],
    ["part-3", "part-3-title", "part-3-words"],
    ["part-4", "part-4-title", "part-4-words"],
];

/// A line that follows, as it is being chosen or written.
#[derive(Clone, Copy)]
struct Part {
    chosen: RwSignal<String>,
    title: RwSignal<String>,
    words: RwSignal<String>,
}

impl Part {
    fn empty() -> Self {
        let text = || RwSignal::new(String::new());
        Self {
            chosen: text(),
            title: text(),
            words: text(),
        }
    }

    /// `None` where nothing was chosen. A new line has the theme of the one that ends.
    fn written(self, theme: &LineKey, taken: &mut Vec<String>) -> Option<IntoLine> {
        let chosen = self.chosen.get_untracked();
        if chosen != NEW {
            let key = chosen.parse().ok()?;
            return Some(IntoLine { key, new: None });
        }
        let title = self.title.get_untracked().trim().to_owned();
        let key = key_for(&title, taken)?;
        taken.push(key.to_string());
        let new = WriteLine {
            theme: theme.clone(),
            title,
            description: self.words.get_untracked().trim().to_owned(),
            synonyms: Vec::new(),
        };
        Some(IntoLine {
            key,
            new: Some(new),
        })
    }
}

/// A key that nobody has, out of the letters of a title.
fn key_for(title: &str, taken: &[String]) -> Option<LineKey> {
    let letters = title.to_lowercase();
    let letters: Vec<&str> = letters
        .split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit())
        .filter(|word| !word.is_empty())
        .collect();
    let stem: String = letters.join("-").chars().take(36).collect();
    let stem = if stem.is_empty() {
        "lijn"
    } else {
        stem.trim_end_matches('-')
    };
    if is_blank(title) {
        return None;
    }
    let keys = (1..1_000).map(|n| match n {
        1 => stem.to_owned(),
        n => format!("{stem}-{n}"),
    });
    let mut keys = keys.filter(|key| !taken.contains(key) && key != LineKey::NONE);
    keys.next()?.parse().ok()
}

#[component]
pub(super) fn ActForm(
    line: ActionLine,
    on_done: Callback<()>,
    on_close: Callback<()>,
) -> impl IntoView {
    let words = words();
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let kind = RwSignal::new(Ending::Retired);
    let on = RwSignal::new(String::new());
    let note = RwSignal::new(String::new());
    let parts = PARTS.map(|_| Part::empty());
    let also = RwSignal::new(Vec::<LineKey>::new());
    let shown = RwSignal::new(None::<LineActPreview>);
    let heading = fill(words.lines.act_title, &[&line.title]);
    let own = StoredValue::new(line.clone());
    // What is written is looked at anew.
    Effect::new(move || {
        kind.track();
        also.track();
        for part in parts {
            part.chosen.track();
            part.title.track();
            part.words.track();
        }
        shown.set(None);
    });
    let asked = move || {
        let line = own.get_value();
        let kind = kind.get_untracked();
        let catalogue = names().catalogue();
        let mut taken: Vec<String> = catalogue
            .action_lines
            .iter()
            .map(|l| l.key.to_string())
            .collect();
        let wanted = match kind {
            Ending::Retired => &parts[..0],
            Ending::Split => &parts[..],
            Ending::Merged => &parts[..1],
        };
        let into = wanted
            .iter()
            .filter_map(|part| part.written(&line.theme, &mut taken));
        let into: Vec<IntoLine> = into.collect();
        let mut lines = vec![line.key];
        if kind == Ending::Merged {
            lines.extend(also.get_untracked());
        }
        let day = on.get_untracked();
        ActOnLines {
            kind,
            lines,
            into,
            on: (kind == Ending::Retired && !day.is_empty()).then_some(day),
            note: note.get_untracked().trim().to_owned(),
        }
    };
    let is_whole = move |asked: &ActOnLines| {
        let enough = match asked.kind {
            Ending::Retired => true,
            Ending::Split => asked.into.len() >= 2,
            Ending::Merged => asked.into.len() == 1,
        };
        let wrong = (!enough).then(|| ("part-1", words.lines.act_choose.to_owned()));
        errors.judge(wrong.into_iter().collect()) && !busy.get_untracked()
    };
    let look = move |_| {
        let asked = asked();
        if !is_whole(&asked) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let path = format!("{PATH}/preview");
            let answer = api::send::<LineActPreview>("POST", &path, &asked).await;
            busy.set(false);
            match answer {
                Ok(preview) => shown.set(Some(preview)),
                Err(failure) => refuse(errors, &failure),
            }
        });
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let asked = asked();
        if !is_whole(&asked) {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let answer = api::send::<LineAct>("POST", PATH, &asked).await;
            busy.set(false);
            match answer {
                Ok(_) => {
                    announce(Tone::Good, words.lines.act_done);
                    on_done.run(());
                }
                Err(failure) => refuse(errors, &failure),
            }
        });
    };
    let kinds = Ending::ALL.map(|kind| Choice::new(kind.as_str(), kind_of(kind)));
    let choose_kind = Callback::new(move |value: String| {
        if let Some(chosen) = Ending::parse(&value) {
            kind.set(chosen);
        }
    });
    let hint = move || match kind.get() {
        Ending::Retired => words.lines.act_retired_hint,
        Ending::Split => words.lines.act_split_hint,
        Ending::Merged => words.lines.act_merged_hint,
    };
    let key = line.key;
    let others = names()
        .open_themes()
        .into_iter()
        .flat_map(|(_, _, lines)| lines);
    let others: Vec<ActionLine> = others.filter(|other| other.key != key).collect();
    let others = StoredValue::new(others);
    let fields = move || {
        match kind.get() {
        Ending::Retired => view! {
            <TextField id="act-on" label=words.lines.act_on hint=words.lines.act_on_hint kind="date" value=on errors/>
        }
        .into_any(),
        Ending::Split => PARTS
            .into_iter()
            .zip(parts)
            .zip(1..)
            .map(|((ids, part), place)| {
                let label = fill(words.lines.act_part, &[&number(place)]);
                view! { <PartField ids label part others=others.get_value() errors/> }
            })
            .collect_view()
            .into_any(),
        Ending::Merged => view! {
            <PartField ids=PARTS[0] label=words.lines.act_into.to_owned() part=parts[0] others=others.get_value() errors/>
            <Also others=others.get_value() also/>
        }
        .into_any(),
    }
    };
    view! {
        <Dialog title=heading on_close wide=true>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <Select id="act-kind" label=words.lines.act_kind choices=kinds.to_vec() on_choose=choose_kind
                    value=Signal::derive(move || kind.get().as_str().to_owned())/>
                <p class="hint">{hint}</p>
                {fields}
                <TextArea id="act-note" label=words.lines.act_note hint=words.lines.act_note_hint rows=2 value=note errors/>
                <div aria-live="polite" data-testid="act-preview">
                    {move || shown.get().map(|preview| view! { <Comes preview/> })}
                </div>
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {words.lines.act_save}
                    </button>
                    <button type="button" class="button" on:click=look>{words.lines.act_look}</button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {words.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// A line that is there, or the name and the words of a new one.
#[component]
fn PartField(
    ids: [&'static str; 3],
    label: String,
    part: Part,
    others: Vec<ActionLine>,
    errors: Errors,
) -> impl IntoView {
    let words = words();
    let [id, title, description] = ids;
    let others = others.into_iter();
    let others = others.map(|line| Choice::new(line.key.to_string(), line.title));
    let choices = [
        Choice::new("", "\u{2013}"),
        Choice::new(NEW, words.lines.act_new),
    ];
    let choices: Vec<Choice> = choices.into_iter().chain(others).collect();
    let choose = Callback::new(move |value: String| part.chosen.set(value));
    let is_new = move || part.chosen.with(|chosen| chosen == NEW);
    view! {
        <fieldset class="part">
            <legend>{label}</legend>
            <Select id label=words.filters.action_line choices on_choose=choose value=part.chosen/>
            {move || is_new().then(|| view! {
                <TextField id=title label=words.lines.line value=part.title errors/>
                <TextArea id=description label=words.lines.description hint=words.lines.description_hint rows=2
                    value=part.words errors/>
            })}
        </fieldset>
    }
}

/// Other lines that are merged with it.
#[component]
fn Also(others: Vec<ActionLine>, also: RwSignal<Vec<LineKey>>) -> impl IntoView {
    let words = words();
    let check = move |line: ActionLine| {
        let key = line.key.clone();
        let change = move |_| {
            also.update(|also| match also.iter().position(|other| *other == key) {
                Some(place) => {
                    also.remove(place);
                }
                None => also.push(key.clone()),
            });
        };
        let key = line.key;
        let checked = move || also.with(|also| also.contains(&key));
        view! {
            <label class="check">
                <input type="checkbox" prop:checked=checked on:change=change/>
                {line.title}
            </label>
        }
    };
    view! {
        <details>
            <summary>{words.lines.act_also}</summary>
            <fieldset class="part">
                <legend class="unseen">{words.lines.act_also}</legend>
                {others.into_iter().map(check).collect_view()}
            </fieldset>
        </details>
    }
}

/// Numbers of what stands on the lines now, and how a split would fall.
#[component]
fn Comes(preview: LineActPreview) -> impl IntoView {
    let coarse = words().audit.coarse;
    let words = &words().lines;
    let lines = preview.lines.into_iter().map(|one| {
        let [confirmed, proposed, contested] =
            [one.confirmed, one.proposed, one.contested].map(number);
        let title = names().line(&one.line);
        let text = fill(words.act_use, &[&title, &confirmed, &proposed, &contested]);
        let sections =
            (one.sections > 0).then(|| fill(words.act_sections, &[&number(one.sections)]));
        view! { <p>{text}" "{sections}</p> }
    });
    let spread = preview.suggested.into_iter().map(|moved| {
        let line = names().line(&moved.line);
        let text = counted(
            words.act_spread,
            moved.quotes.into(),
            &[&line, &number(moved.quotes.into())],
        );
        view! { <li>{text}</li> }
    });
    let spread = spread.collect::<Vec<_>>();
    let coarse = (!spread.is_empty()).then(|| view! { <p class="hint">{coarse}</p> });
    view! {
        {lines.collect_view()}
        <ul>{spread.collect_view()}</ul>
        {coarse}
    }
}
