//! The audit log: who did what and who read what.

use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::office::{ACTS, AuditLine, AuditPage, Person};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    office::names::names,
    parts::{
        Busy, Choice, Empty, Fetched, Scroll, Select, Source, TextField, Tone, Trouble, announce,
        moment, title,
    },
    route,
    words::{count, counted, number, words},
};

const PATH: &str = "/api/v1/audit";
const PEOPLE: &str = "/api/v1/people";

/// What is asked for.
#[derive(Clone, Copy)]
struct Wanted {
    person: RwSignal<String>,
    act: RwSignal<String>,
    from: RwSignal<String>,
    until: RwSignal<String>,
}

impl Wanted {
    fn path(self, after: Option<String>) -> String {
        let pairs = [
            ("person", self.person.get()),
            ("act", self.act.get()),
            ("from", self.from.get()),
            ("until", self.until.get()),
            ("after", after.unwrap_or_default()),
        ];
        match route::to_query(pairs) {
            query if query.is_empty() => PATH.to_owned(),
            query => format!("{PATH}?{query}"),
        }
    }
}

#[component]
pub(super) fn Audit() -> impl IntoView {
    let words = words();
    title(words.audit.title);
    let text = || RwSignal::new(String::new());
    let wanted = Wanted {
        person: text(),
        act: text(),
        from: text(),
        until: text(),
    };
    let people = Source::<Vec<Person>>::new();
    people.fetch(PEOPLE.to_owned());
    let log = Source::<AuditPage>::new();
    Effect::new(move |_| log.fetch(wanted.path(None)));

    let persons = move || {
        let mut choices = vec![Choice::new("", words.audit.everybody)];
        if let Fetched::Ready(people) = people.value.get() {
            let one = |person: Person| {
                let label = format!("{} ({})", person.name, person.login);
                Choice::new(person.id.to_string(), label)
            };
            choices.extend(people.into_iter().map(one));
        }
        let on_choose = Callback::new(move |value| wanted.person.set(value));
        view! {
            <Select id="audit-person" label=words.audit.person choices on_choose
                value=Signal::derive(move || wanted.person.get())/>
        }
    };
    let mut acts = vec![Choice::new("", words.audit.every_act)];
    let mut named: Vec<(&str, &str)> = ACTS.into_iter().zip(words.acts).collect();
    named.sort_by_key(|(_, name)| *name);
    acts.extend(named.into_iter().map(|(act, name)| Choice::new(act, name)));
    let choose_act = Callback::new(move |value| wanted.act.set(value));

    let body = move || match log.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| log.fetch(untrack(|| wanted.path(None))));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(page) if page.lines.is_empty() => {
            view! { <Empty title=words.audit.empty text=words.audit.empty_hint/> }.into_any()
        }
        Fetched::Ready(page) => view! { <Table page log wanted/> }.into_any(),
    };
    view! {
        <div class="page-head"><h1 tabindex="-1">{words.audit.title}</h1></div>
        <p class="lead">{words.audit.intro}</p>
        <div class="audit-filters">
            {persons}
            <Select id="audit-act" label=words.audit.act choices=acts on_choose=choose_act
                value=Signal::derive(move || wanted.act.get())/>
            <TextField id="audit-from" label=words.audit.from kind="date" value=wanted.from/>
            <TextField id="audit-until" label=words.audit.until kind="date" value=wanted.until/>
        </div>
        {body}
    }
}

#[component]
fn Table(page: AuditPage, log: Source<AuditPage>, wanted: Wanted) -> impl IntoView {
    let all = words();
    let words = &all.audit;
    let busy = RwSignal::new(false);
    let next = page.next.clone();
    let more = move |_| {
        let Some(next) = next.clone().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        let path = untrack(|| wanted.path(Some(next.clone())));
        spawn_local(async move {
            match api::get::<AuditPage>(&path).await {
                Ok(more) => log.value.update(|value| {
                    // Unless something else was asked for meanwhile.
                    if let Fetched::Ready(page) = value
                        && page.next.as_ref() == Some(&next)
                    {
                        page.lines.extend(more.lines);
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
    view! {
        <Scroll label=words.title.to_owned()>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{words.when}</th>
                        <th scope="col">{words.person}</th>
                        <th scope="col">{words.act}</th>
                        <th scope="col">{words.object}</th>
                        <th scope="col">{words.origin}</th>
                        <th scope="col">{words.result}</th>
                    </tr>
                </thead>
                <tbody>{page.lines.into_iter().map(|line| view! { <Row line/> }).collect_view()}</tbody>
            </table>
        </Scroll>
        {page.next.is_some().then(|| view! {
            <p class="held-more">
                <button type="button" class="button" aria-disabled=move || busy.get().then_some("true") on:click=more>
                    {all.common.more}
                </button>
            </p>
        })}
    }
}

/// Names where the log has codes, as far as the programme knows them.
fn filter_in_words(name: &str, value: &str) -> String {
    let line = || value.parse::<LineKey>().map(|line| names().line(&line));
    let value = match name {
        "area" => names().area(Some(value)),
        "action_line" | "tagged_as" | "suggested" => line().unwrap_or_else(|_| value.to_owned()),
        "language" => words().names.language(value),
        _ => value.to_owned(),
    };
    format!("{name}: {value}")
}

#[component]
fn Row(line: AuditLine) -> impl IntoView {
    let all = words();
    let words = &all.audit;
    let place = ACTS.iter().position(|act| *act == line.act);
    let act = place
        .and_then(|place| all.acts.get(place))
        .map_or_else(|| line.act.clone(), |name| (*name).to_owned());
    let person = line.name.or(line.person.map(|person| person.to_string()));
    let result = match line.result.as_str() {
        "done" => words.done.to_owned(),
        "refused" => words.refused.to_owned(),
        _ => line.result,
    };
    let of_log = line.act == "read audit log";
    let read = line.read.map(|read| {
        let names = match of_log {
            true => (words.lines_one, words.lines_many),
            false => (words.rows_one, words.rows_many),
        };
        let mut told = vec![count(read.rows, names)];
        let filters = read
            .filter
            .iter()
            .map(|(name, value)| filter_in_words(name, value));
        told.extend(filters);
        if read.words > 0 {
            let searched = u64::from(read.words);
            told.push(counted(words.searched, searched, &[&number(searched)]));
        }
        told.join(", ")
    });
    let object = match line.object.as_str() {
        "all" => String::new(),
        _ => line.object,
    };
    view! {
        <tr>
            <th scope="row">{moment(line.at)}</th>
            <td>{person.unwrap_or_else(|| words.nobody.to_owned())}</td>
            <td>{act}</td>
            <td><span class="number-of">{object}</span>{read.map(|read| view! { <div class="under">{read}</div> })}</td>
            <td>{line.origin}</td>
            <td>{result}</td>
        </tr>
    }
}
