//! Action lines: their names and the words that suggestions start from.

use koffiekar_sync_core::catalogue::ActionLine;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::WriteLine;
use leptos::{ev, prelude::*, task::spawn_local};

use super::preview::Preview;
use super::refuse;
use crate::{
    api,
    office::names::names,
    parts::{
        Choice, Dialog, Empty, ErrorSummary, Errors, Notice, Select, TextArea, TextField, Tone,
        announce, title,
    },
    words::{fill, words},
};

#[component]
pub(super) fn Lines() -> impl IntoView {
    let words = words();
    title(words.lines.title);
    let themes = RwSignal::new(names().themes());
    let asked = RwSignal::new(None::<ActionLine>);
    let close = Callback::new(move |()| asked.set(None));
    let done = Callback::new(move |line: ActionLine| {
        names().change(|catalogue| {
            if let Some(place) = catalogue
                .action_lines
                .iter_mut()
                .find(|other| other.key == line.key)
            {
                *place = line;
            }
        });
        themes.set(names().themes());
        asked.set(None);
    });
    let row = move |line: ActionLine| {
        let label = fill(words.lines.edit, &[&line.title]);
        let shown = line.clone();
        view! {
            <tr>
                <th scope="row">{shown.title}<div class="under">{shown.key.to_string()}</div></th>
                <td>
                    {shown.description}
                    <div class="under">{shown.synonyms.join(", ")}</div>
                </td>
                <td class="number">
                    <button
                        type="button"
                        class="button quiet small"
                        aria-label=label
                        on:click=move |_| asked.set(Some(line.clone()))
                    >
                        {words.common.edit}
                    </button>
                </td>
            </tr>
        }
    };
    let theme = move |(key, theme, lines): (LineKey, String, Vec<ActionLine>)| {
        let id = format!("theme-{key}");
        view! {
            <h2 class="group-title" id=id.clone()>{theme}</h2>
            <div class="scroll">
                <table class="lines-table" aria-labelledby=id>
                    <thead class="unseen">
                        <tr>
                            <th scope="col">{words.lines.line}</th>
                            <th scope="col">{words.lines.description}</th>
                            <th scope="col">{words.people.actions}</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        }
    };
    let body = move || {
        let list = themes.get();
        if list.is_empty() {
            return view! { <Empty title=words.lines.title text=words.lines.empty/> }.into_any();
        }
        list.into_iter().map(theme).collect_view().into_any()
    };
    let provisional = names().catalogue().programme.provisional;
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.lines.title}</h1></div>
        <p class="lead">{words.lines.intro}</p>
        {provisional.then(|| view! { <Notice tone=Tone::Plain>{words.shell.provisional}</Notice> })}
        {body}
        {move || asked.get().map(|line| view! { <LineForm line on_done=done on_close=close/> })}
    }
}

#[component]
fn LineForm(
    line: ActionLine,
    on_done: Callback<ActionLine>,
    on_close: Callback<()>,
) -> impl IntoView {
    let words = words();
    let errors = Errors::new();
    let busy = RwSignal::new(false);
    let heading = fill(words.lines.edit, &[&line.title]);
    let name = RwSignal::new(line.title);
    let description = RwSignal::new(line.description);
    let synonyms = RwSignal::new(line.synonyms.join("\n"));
    let theme = RwSignal::new(line.theme);
    let key = StoredValue::new(line.key);
    let written = Signal::derive(move || WriteLine {
        theme: theme.get(),
        title: name.with(|name| name.trim().to_owned()),
        description: description.with(|text| text.trim().to_owned()),
        synonyms: synonyms.with(|text| {
            let lines = text.lines().map(str::trim);
            lines
                .filter(|line| !line.is_empty())
                .map(str::to_owned)
                .collect()
        }),
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let asked = untrack(|| written.get());
        let mut wrong = Vec::new();
        if asked.title.is_empty() {
            wrong.push(("line-title", words.lines.title_wrong.to_owned()));
        }
        if !errors.judge(wrong) || busy.get_untracked() {
            return;
        }
        busy.set(true);
        spawn_local(async move {
            let path = format!("/api/v1/action-lines/{}", key.get_value());
            let answer = api::send::<ActionLine>("PUT", &path, &asked).await;
            busy.set(false);
            match answer {
                Ok(line) => {
                    announce(Tone::Good, fill(words.lines.changed, &[&line.title]));
                    on_done.run(line);
                }
                Err(failure) => refuse(errors, &failure),
            }
        });
    };
    let catalogue = names().catalogue();
    let themes = catalogue
        .themes
        .iter()
        .map(|theme| Choice::new(theme.key.to_string(), theme.title.clone()));
    let themes: Vec<Choice> = themes.collect();
    let choose = Callback::new(move |value: String| {
        if let Ok(chosen) = value.parse() {
            theme.set(chosen);
        }
    });
    view! {
        <Dialog title=heading on_close wide=true>
            <form on:submit=submit novalidate>
                <ErrorSummary errors/>
                <TextField id="line-title" label=words.lines.line value=name errors/>
                <Select id="line-theme" label=words.lines.theme choices=themes on_choose=choose
                    value=Signal::derive(move || theme.get().to_string())/>
                <TextArea id="line-description" label=words.lines.description hint=words.lines.description_hint
                    value=description errors/>
                <TextArea id="line-synonyms" label=words.lines.synonyms hint=words.lines.synonyms_hint rows=6
                    value=synonyms errors/>
                <Preview line=key.get_value() written/>
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || busy.get().then_some("true")>
                        {words.common.save}
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| on_close.run(())>
                        {words.common.cancel}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
