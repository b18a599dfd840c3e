//! What was erased, and how far each erasure has come.

use koffiekar_sync_core::office::{Erasure, ErasurePage, ErasureStage};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api,
    parts::{Busy, Empty, Fetched, Scroll, Source, Tone, Trouble, announce, moment},
    route,
    words::{count, fill, number, words},
};

pub(super) const PATH: &str = "/api/v1/erasures";

#[component]
pub(super) fn Erasures(erasures: Source<ErasurePage>) -> impl IntoView {
    let words = &words().erasing;
    let body = move || match erasures.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| erasures.fetch(PATH.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(page) if page.erasures.is_empty() => {
            view! { <Empty title=words.none text=words.none_hint/> }.into_any()
        }
        Fetched::Ready(page) => view! { <Table page erasures/> }.into_any(),
    };
    view! {
        <section aria-labelledby="erasures-title">
            <h2 id="erasures-title" class="group-title">{words.list}</h2>
            <p class="hint erase-about">{words.list_hint}</p>
            {body}
        </section>
    }
}

#[component]
fn Table(page: ErasurePage, erasures: Source<ErasurePage>) -> impl IntoView {
    let all = words();
    let words = &all.erasing;
    let (shown, total) = (page.erasures.len() as u64, page.total);
    let busy = RwSignal::new(false);
    let next = page.next.clone();
    let more = move |_| {
        let Some(next) = next.clone().filter(|_| !busy.get_untracked()) else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let path = format!("{PATH}?{}", route::to_query([("after", next)]));
            match api::get::<ErasurePage>(&path).await {
                Ok(more) => erasures.value.update(|value| {
                    if let Fetched::Ready(page) = value {
                        page.erasures.extend(more.erasures);
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
        <Scroll label=words.list.to_owned()>
            <table class="stacks">
                <thead>
                    <tr>
                        <th scope="col">{words.when}</th>
                        <th scope="col">{words.what}</th>
                        <th scope="col">{words.by}</th>
                        <th scope="col">{words.stage}</th>
                    </tr>
                </thead>
                <tbody>
                    {page.erasures.into_iter().map(|erasure| view! { <Row erasure/> }).collect_view()}
                </tbody>
            </table>
        </Scroll>
        {page.next.is_some().then(|| view! {
            <p class="held-more">
                <button type="button" class="button" aria-disabled=move || busy.get().then_some("true") on:click=more>
                    {all.common.more}
                </button>
                " "
                <span class="under">{fill(all.held.shown, &[&number(shown), &number(total)])}</span>
            </p>
        })}
    }
}

#[component]
fn Row(erasure: Erasure) -> impl IntoView {
    let words = &words().erasing;
    let what = match erasure.replaced_by {
        None => words.whole.to_owned(),
        Some(_) => count(
            erasure.quotes.len() as u64,
            (words.quote_one, words.quote_many),
        ),
    };
    let by = erasure
        .erased_by
        .unwrap_or_else(|| words.by_restore.to_owned());
    let (sign, stage) = match (erasure.stage, erasure.gone_at) {
        (ErasureStage::Unreachable, _) => ("\u{25d0} ", words.unreachable.to_owned()),
        (ErasureStage::GoneFromFiles, Some(at)) => {
            ("\u{2713} ", fill(words.gone_from_files_at, &[&moment(at)]))
        }
        (ErasureStage::GoneFromFiles, None) => ("\u{2713} ", words.gone_from_files.to_owned()),
    };
    view! {
        <tr data-testid="erasure">
            <th scope="row">{moment(erasure.erased_at)}</th>
            <td data-label=words.what>
                {what}
                <div class="under number-of">{erasure.conversation.to_string()}</div>
            </td>
            <td data-label=words.by>{by}</td>
            <td data-label=words.stage><span aria-hidden="true">{sign}</span>{stage}</td>
        </tr>
    }
}
