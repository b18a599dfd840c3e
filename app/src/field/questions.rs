//! Asking for consent, in the resident's language. Whatever gets no answer counts as no.

use koffiekar_sync_core::{
    catalogue::ConsentText,
    consent::{Decision, Purpose},
};
use leptos::prelude::*;

use super::{
    draft::Answer,
    resident::{RESIDENTS, resident},
    tablet,
    words::words,
};

/// Languages in which at least one question is on this tablet.
fn languages() -> Vec<&'static str> {
    let has = |code: &str| {
        tablet::peek(|open| {
            open.catalogue
                .consent_texts
                .iter()
                .any(|text| text.language == code)
        })
    };
    RESIDENTS
        .iter()
        .map(|texts| texts.code)
        .filter(|code| has(code).unwrap_or_default())
        .collect()
}

/// The newest wording of each question in this language.
fn questions(language: &str) -> Vec<ConsentText> {
    tablet::peek(|open| {
        let of = |purpose: Purpose| {
            let texts = open.catalogue.consent_texts.iter();
            texts
                .filter(|text| text.purpose == purpose && text.language == language)
                .max_by(|a, b| a.version.cmp(&b.version))
                .cloned()
        };
        Purpose::ALL.into_iter().filter_map(of).collect()
    })
    .unwrap_or_default()
}

/// The language to ask in: the conversation's, where there are questions in it.
pub(crate) fn language_for(spoken: &str) -> String {
    let languages = languages();
    let code = if languages.contains(&spoken) {
        spoken
    } else {
        "nl"
    };
    code.to_owned()
}

/// Purposes that can be asked about and were not answered.
pub(crate) fn unanswered(language: &str, answers: &[Answer]) -> usize {
    let answered = |purpose: Purpose| answers.iter().any(|answer| answer.purpose == purpose);
    questions(language)
        .iter()
        .filter(|question| !answered(question.purpose))
        .count()
}

#[component]
pub(crate) fn Questions(
    language: RwSignal<String>,
    #[prop(into)] answers: Signal<Vec<Answer>>,
    on_answer: Callback<Answer>,
) -> impl IntoView {
    let words = words();
    let offered = languages();
    if offered.is_empty() {
        return view! { <p class="notice" data-testid="no-consent-texts">{words.no_consent_texts}</p> }.into_any();
    }
    let options = offered
        .into_iter()
        .map(|code| {
            let texts = resident(code);
            let pressed = move || language.with(|now| now == code).to_string();
            view! {
                <button type="button" class="f-chip" lang=code data-testid=format!("consent-language-{code}")
                    aria-pressed=pressed on:click=move |_| language.set(code.to_owned())>
                    {texts.name}
                </button>
            }
        })
        .collect_view();
    let asked = move || {
        let code = language.get();
        let texts = resident(&code);
        let rows = questions(&code)
            .into_iter()
            .map(|question| view! { <Question question answers on_answer/> })
            .collect_view();
        view! {
            <div class="f-asked" lang=texts.code dir=if texts.right_to_left { "rtl" } else { "ltr" }>
                <h3>{texts.title}</h3>
                <p>{texts.explanation}</p>
                {rows}
            </div>
        }
    };
    view! {
        <div class="f-questions">
            <div class="f-chips" role="group" aria-label=words.consent_language>{options}</div>
            {asked}
        </div>
    }
    .into_any()
}

#[component]
fn Question(
    question: ConsentText,
    answers: Signal<Vec<Answer>>,
    on_answer: Callback<Answer>,
) -> impl IntoView {
    let purpose = question.purpose;
    let texts = resident(&question.language);
    let given = Memo::new(move |_| {
        answers.with(|answers| {
            answers
                .iter()
                .find(|answer| answer.purpose == purpose)
                .map(|answer| answer.decision)
        })
    });
    let name = format!("consent-{}", purpose.as_str());
    let choice = |decision: Decision, label: &'static str, end: &'static str| {
        let (text, language) = (question.version.clone(), question.language.clone());
        let answer = move |_| {
            on_answer.run(Answer {
                purpose,
                decision,
                text: text.clone(),
                language: language.clone(),
                at: tablet::now(),
            });
        };
        view! {
            <label class="f-answer">
                <input type="radio" name=name.clone() data-testid=format!("{}-{end}", testid(purpose))
                    prop:checked=move || given.get() == Some(decision) on:change=answer/>
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="f-question">
            <legend>{question.question.clone()}</legend>
            <div class="f-answers">
                {choice(Decision::Given, texts.yes, "yes")}
                {choice(Decision::Withdrawn, texts.no, "no")}
            </div>
        </fieldset>
    }
}

fn testid(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Analysis => "consent-analysis",
        Purpose::AnonymousPublication => "consent-anonymous",
        Purpose::NamedPublication => "consent-named",
        Purpose::FollowUpContact => "consent-contact",
    }
}

/// Replaces an answer to the same question.
pub(crate) fn put(answers: &mut Vec<Answer>, answer: Answer) {
    answers.retain(|earlier| earlier.purpose != answer.purpose);
    answers.push(answer);
}
