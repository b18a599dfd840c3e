//! How good the tagger is, what it may do by itself, and which version of it is at work.

mod acceptance;
mod lines;
mod pictures;
mod versions;

use koffiekar_sync_core::office::{Role, Share, TaggerQuality, TaggerState};
use leptos::prelude::*;

use crate::{
    parts::{Busy, Empty, Fetched, Source, Trouble, title},
    session,
    words::{chosen, counted, fill, number, words},
};

use acceptance::Acceptance;
use lines::{Confusions, Lines};
use pictures::{Curve, Weeks};
use versions::Versions;

const STATE: &str = "/api/v1/tagger";
const QUALITY: &str = "/api/v1/tagger/quality";

#[component]
pub(super) fn Quality() -> impl IntoView {
    let words = words();
    title(words.quality.title);
    let (quality, state) = (Source::<TaggerQuality>::new(), Source::<TaggerState>::new());
    quality.fetch(QUALITY.to_owned());
    state.fetch(STATE.to_owned());
    let manages = session::signed_in().is_some_and(|who| who.role == Role::Administrator);
    let measured = move || match quality.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| quality.fetch(QUALITY.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(quality) if quality.right.of == 0 => {
            view! { <Empty title=words.quality.none text=words.quality.none_hint/> }.into_any()
        }
        Fetched::Ready(quality) => view! { <Measured quality/> }.into_any(),
    };
    let managed = move || match state.value.get() {
        Fetched::Busy => view! { <Busy/> }.into_any(),
        Fetched::Failed(failure) => {
            let retry = Callback::new(move |()| state.fetch(STATE.to_owned()));
            view! { <Trouble failure retry/> }.into_any()
        }
        Fetched::Ready(now) => {
            let changed = Callback::new(move |now| state.value.set(Fetched::Ready(now)));
            view! {
                <Acceptance state=now.clone() manages on_change=changed/>
                <Versions state=now manages on_change=changed/>
            }
            .into_any()
        }
    };
    view! {
        <main id="main" class="page quality" tabindex="-1">
            <div class="page-head"><h1 tabindex="-1">{words.quality.title}</h1></div>
            <p class="lead">{words.quality.intro}</p>
            {measured}
            {managed}
        </main>
    }
}

#[component]
fn Measured(quality: TaggerQuality) -> impl IntoView {
    let words = &words().quality;
    let right = quality.right;
    let agreement = quality.agreement.map(decimal);
    view! {
        <ul class="figures">
            <li>
                <strong>{percent(right.share)}</strong>
                <span>{words.right}</span>
                <span class="under">{counted(words.right_of, right.of, &[&number(right.hits), &number(right.of)])}", "
                    {fill(words.between, &[&percent(right.low), &percent(right.high)])}</span>
            </li>
            <li>
                <strong>{percent(quality.calibration_error)}</strong>
                <span>{words.error}</span>
                <span class="under">{fill(words.error_of, &[&percent(quality.calibration_error_before)])}</span>
            </li>
            <li>
                <strong>{agreement.unwrap_or_else(|| "\u{2013}".to_owned())}</strong>
                <span>{words.agreement}</span>
                <span class="under">
                    {match quality.judged_twice {
                        0 => words.agreement_none.to_owned(),
                        twice => counted(words.agreement_of, twice, &[&number(twice)]),
                    }}
                </span>
            </li>
        </ul>
        <div class="pictures">
            <Weeks weeks=quality.weeks/>
            <Curve points=quality.curve/>
        </div>
        <Lines lines=quality.lines/>
        <Confusions confused=quality.confused/>
    }
}

/// `87,5%` in Dutch, `87.5%` in English.
fn percent(share: f64) -> String {
    let whole = share == 0.0 || share == 1.0;
    let text = if whole {
        format!("{:.0}%", share * 100.0)
    } else {
        format!("{:.1}%", share * 100.0)
    };
    in_language(text)
}

fn decimal(value: f64) -> String {
    in_language(format!("{value:.2}"))
}

fn in_language(text: String) -> String {
    match chosen() {
        crate::words::Language::Dutch => text.replace('.', ","),
        crate::words::Language::English => text,
    }
}

fn interval(share: &Share) -> String {
    format!("{} \u{2013} {}", percent(share.low), percent(share.high))
}
