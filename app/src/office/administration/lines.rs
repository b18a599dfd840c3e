//! Action lines: their names and the words that suggestions start from.

use koffiekar_sync_core::catalogue::{ActionLine, Catalogue, Ended, Ending};
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{LineAct, WriteLine};
use koffiekar_sync_core::visible::is_blank;
use leptos::{ev, prelude::*, task::spawn_local};

use super::line_act::ActForm;
use super::line_acts::{self, LineActs};
use super::preview::Preview;
use super::refuse;
use crate::{
    api,
    office::names::names,
    parts::{
        Choice, Dialog, Empty, ErrorSummary, Errors, Notice, Scroll, Select, Source, TextArea,
        TextField, Tone, announce, day, title,
    },
    words::{fill, words},
};

#[component]
pub(super) fn Lines() -> impl IntoView {
    let words = words();
    title(words.lines.title);
    let themes = RwSignal::new(names().themes());
    let asked = RwSignal::new(None::<ActionLine>);
    let acting = RwSignal::new(None::<ActionLine>);
    let acts = Source::<Vec<LineAct>>::new();
    acts.fetch(line_acts::PATH.to_owned());
    // What an act did to the lines is the server's to say.
    let acted = Callback::new(move |()| {
        acting.set(None);
        acts.refresh(line_acts::PATH.to_owned());
        spawn_local(async move {
            if let Ok(catalogue) = api::get::<Catalogue>("/api/v1/programme").await {
                names().load(catalogue);
                themes.set(names().themes());
            }
        });
    });
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
        let act_label = format!("{}: {}", words.lines.act, line.title);
        let shown = line.clone();
        let ended = shown.ended.as_ref().map(ended);
        let to_act = line.clone();
        let act = shown.ended.is_none().then(|| {
            view! {
                <button
                    type="button"
                    class="button quiet small"
                    aria-label=act_label
                    on:click=move |_| acting.set(Some(to_act.clone()))
                >
                    {words.lines.act}
                </button>
            }
        });
        view! {
            <tr class:off=shown.ended.is_some()>
                <th scope="row">
                    {shown.title}
                    {ended.map(|text| view! { <div class="under">{text}</div> })}
                </th>
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
                    {act}
                </td>
            </tr>
        }
    };
    let theme = move |(key, theme, lines): (LineKey, String, Vec<ActionLine>)| {
        let id = format!("theme-{key}");
        view! {
            <h2 class="group-title" id=id.clone()>{theme.clone()}</h2>
            <Scroll label=theme>
                <table class="lines-table stacks" aria-labelledby=id>
                    <thead class="unseen">
                        <tr>
                            <th scope="col">{words.lines.line}</th>
                            <th scope="col">{words.lines.description}</th>
                            <th scope="col">{words.people.actions}</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
                </table>
            </Scroll>
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
        <LineActs acts on_done=acted/>
        {move || asked.get().map(|line| view! { <LineForm line on_done=done on_close=close/> })}
        {move || acting.get().map(|line| view! {
            <ActForm line on_done=acted on_close=Callback::new(move |()| acting.set(None))/>
        })}
    }
}

/// Since when a line takes no tags, and what follows it.
fn ended(ended: &Ended) -> String {
    let words = &words().lines;
    let into: Vec<String> = ended.into.iter().map(|line| names().line(line)).collect();
    let text = match ended.how {
        Ending::Retired => words.ended_retired,
        Ending::Split => words.ended_split,
        Ending::Merged => words.ended_merged,
    };
    fill(text, &[&day(ended.at), &into.join(", ")])
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
                .filter(|line| !is_blank(line))
                .map(str::to_owned)
                .collect()
        }),
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let asked = untrack(|| written.get());
        let mut wrong = Vec::new();
        if is_blank(&asked.title) {
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
