//! The questions about consent, in a language that there are texts in: what stands is filled in, what
//! changes is marked. The same questions are read aloud by a worker ([`super::form_end`],
//! [`super::consent`]) and read by a resident who holds the tablet ([`super::handover`]).

use koffiekar_sync_core::{
    asking::{Before, Question, Sheet},
    catalogue::ConsentText,
    consent::{Consent, Decision, Purpose},
};
use leptos::prelude::*;

use super::{
    clock,
    draft::Answer,
    resident::{RESIDENTS, Resident, resident},
    tablet::{self, Open},
    words::words,
};
use crate::words::fill;

/// The language that is asked in where there is no text in the one that is spoken.
const INSTEAD: &str = "nl";

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

/// The language to ask in: the conversation's, where there are questions in it.
pub(crate) fn language_for(spoken: &str) -> String {
    let code = if languages().contains(&spoken) {
        spoken
    } else {
        INSTEAD
    };
    code.to_owned()
}

/// The newest wording of a question: in this language, or in another where this one has none.
fn text_of(open: &Open, purpose: Purpose, language: &str) -> Option<ConsentText> {
    let texts = &open.catalogue.consent_texts;
    let newest = |is_it: &dyn Fn(&ConsentText) -> bool| {
        texts
            .iter()
            .filter(|text| text.purpose == purpose && is_it(text))
            .max_by(|a, b| a.version.cmp(&b.version))
            .cloned()
    };
    newest(&|text| text.language == language)
        .or_else(|| newest(&|text| text.language == INSTEAD))
        .or_else(|| newest(&|_| true))
}

/// What the programme asks about, as far as there is a question for it on this tablet.
fn asks(open: &Open) -> Vec<Purpose> {
    let asks = open.catalogue.programme.asks.iter().copied();
    asks.filter(|purpose| text_of(open, *purpose, INSTEAD).is_some())
        .collect()
}

pub(crate) fn is_asked(purpose: Purpose) -> bool {
    tablet::peek(|open| asks(open).contains(&purpose)).unwrap_or_default()
}

/// The sheet with these answers, as it was opened over this consent.
pub(crate) fn sheet(seen: &Consent, answers: &[Answer]) -> Sheet {
    let given: Vec<(Purpose, Decision)> = answers
        .iter()
        .map(|answer| (answer.purpose, answer.decision))
        .collect();
    tablet::peek(|open| Sheet::of(seen, &asks(open), &given)).unwrap_or_default()
}

/// An answer to the question as it stands on the screen in this language.
pub(crate) fn answer_to(purpose: Purpose, decision: Decision, language: &str) -> Option<Answer> {
    let text = tablet::peek(|open| text_of(open, purpose, language)).flatten()?;
    let time = clock::time();
    Some(Answer {
        purpose,
        decision,
        text: text.version,
        language: text.language,
        at: time.at,
        clock_doubtful: time.doubtful,
    })
}

/// Replaces an answer to the same question.
pub(crate) fn put(answers: &mut Vec<Answer>, answer: Answer) {
    answers.retain(|earlier| earlier.purpose != answer.purpose);
    answers.push(answer);
}

/// One asking while it goes on, wherever its answers are kept.
#[derive(Clone, Copy)]
pub(crate) struct Asking {
    pub(crate) sheet: Memo<Sheet>,
    pub(crate) on_answer: Callback<Answer>,
    /// Somebody said what they mean by "not without my name, but with it".
    pub(crate) only_with_name: Signal<bool>,
    pub(crate) on_only_with_name: Callback<()>,
}

impl Asking {
    /// Has to be settled before anything is recorded.
    pub(crate) fn is_contradictory(self) -> bool {
        self.sheet.with(Sheet::is_contradictory) && !self.only_with_name.get()
    }
}

/// Which language the questions are in, for the worker to choose; told where it is not the one that is
/// spoken.
#[component]
pub(crate) fn LanguageOfQuestions(
    language: RwSignal<String>,
    #[prop(into)] spoken: Signal<String>,
) -> impl IntoView {
    let words = words();
    let missing = move || {
        let spoken = spoken.get();
        (!languages().contains(&spoken.as_str())).then(|| {
            let shown = words.language_name(&language.get());
            let text = match spoken.as_str() {
                "und" => fill(words.questions_not_in_this, &[&shown]),
                _ => fill(
                    words.questions_not_in,
                    &[&words.language_name(&spoken), &shown],
                ),
            };
            view! { <p class="notice f-notice" role="note" data-testid="consent-language-missing">{text}</p> }
        })
    };
    view! {
        {missing}
        <LanguageChoice language/>
    }
}

#[component]
pub(crate) fn LanguageChoice(language: RwSignal<String>) -> impl IntoView {
    let options = languages()
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
    view! { <div class="f-chips" role="group" aria-label=words().consent_language>{options}</div> }
}

/// The questions to read aloud, in the worker's own screen.
#[component]
pub(crate) fn Questions(
    language: RwSignal<String>,
    #[prop(into)] spoken: Signal<String>,
    asking: Asking,
) -> impl IntoView {
    let words = words();
    if languages().is_empty() {
        return view! { <p class="notice" data-testid="no-consent-texts">{words.no_consent_texts}</p> }.into_any();
    }
    let asked = move || {
        let texts = resident(&language.get());
        view! {
            <div class="f-asked" lang=texts.code dir=texts.direction()>
                <h3>{texts.title}</h3>
                <p>{texts.explanation}</p>
                <Rows language=texts.code asking/>
            </div>
        }
    };
    view! {
        <div class="f-questions">
            <LanguageOfQuestions language spoken/>
            {asked}
        </div>
    }
    .into_any()
}

/// Question by question, and the way out of a contradiction.
#[component]
pub(crate) fn Rows(language: &'static str, asking: Asking) -> impl IntoView {
    let texts = resident(language);
    let questions = asking.sheet.with_untracked(|sheet| sheet.questions.clone());
    let rows = questions
        .into_iter()
        .map(|question| view! { <Row question texts asking/> })
        .collect_view();
    let contradiction = Memo::new(move |_| asking.is_contradictory());
    view! {
        {rows}
        {move || contradiction.get().then(|| view! { <Contradiction texts asking/> })}
    }
}

#[component]
fn Row(question: Question, texts: &'static Resident, asking: Asking) -> impl IntoView {
    let Question {
        purpose,
        before,
        only_to_withdraw,
        ..
    } = question;
    let text = tablet::peek(|open| text_of(open, purpose, texts.code)).flatten();
    // One that was asked has a text; whoever lost it still sees what it is about.
    let (wording, spoken) = match text {
        Some(text) => (text.question, text.language),
        None => (words().purpose(purpose).to_owned(), texts.code.to_owned()),
    };
    let direction = resident(&spoken).direction();
    let now = Memo::new(move |_| {
        asking.sheet.with(|sheet| {
            let mut questions = sheet.questions.iter();
            questions.find(|one| one.purpose == purpose).copied()
        })
    });
    let given = move || now.get().and_then(|question| question.now);
    let name = format!("consent-{}", purpose.as_str());
    let choice = |decision: Decision, label: &'static str, end: &'static str| {
        let answer = move |_| {
            if let Some(answer) = answer_to(purpose, decision, texts.code) {
                asking.on_answer.run(answer);
            }
        };
        view! {
            <label class="f-answer">
                <input type="radio" name=name.clone() data-testid=format!("{}-{end}", testid(purpose))
                    prop:checked=move || given() == Some(decision) on:change=answer/>
                <span>{label}</span>
            </label>
        }
    };
    let note = if before == Before::Disputed {
        Some(texts.disputed)
    } else {
        only_to_withdraw.then_some(texts.said_yes_before)
    };
    let changed = move || {
        let question = now.get()?;
        let change = question.change().filter(|_| before != Before::NotAsked)?;
        let testid = format!("{}-changes", testid(purpose));
        let text = before_and_after(texts, before, Some(change));
        Some(view! { <p class="f-changes" data-testid=testid>{text}</p> })
    };
    view! {
        <fieldset class="f-question">
            <legend lang=spoken dir=direction>{wording}</legend>
            {note.map(|note| view! { <p class="hint">{note}</p> })}
            <div class="f-answers">
                {choice(Decision::Given, texts.yes, "yes")}
                {choice(Decision::Withdrawn, texts.no, "no")}
            </div>
            {changed}
        </fieldset>
    }
}

/// `Yes`, `No`, or that there is no answer, which counts as no.
pub(crate) fn answer_text(texts: &Resident, answer: Option<Decision>) -> &'static str {
    match answer {
        Some(Decision::Given) => texts.yes,
        Some(Decision::Withdrawn) => texts.no,
        None => texts.no_answer,
    }
}

/// `before: no → now: yes`; where nothing stood before, the answer alone.
pub(crate) fn before_and_after(texts: &Resident, before: Before, now: Option<Decision>) -> String {
    if before == Before::NotAsked || before.answer() == now {
        return answer_text(texts, now).to_owned();
    }
    // The arrow turns with the direction of the text.
    let arrow = if texts.right_to_left { "←" } else { "→" };
    let earlier = answer_text(texts, before.answer());
    format!(
        "{}: {earlier} {arrow} {}: {}",
        texts.first,
        texts.now,
        answer_text(texts, now)
    )
}

/// The answers of a sheet, each with what it was before.
#[component]
pub(crate) fn Answers(language: &'static str, sheet: Sheet) -> impl IntoView {
    let texts = resident(language);
    let row = |question: Question| {
        let text = tablet::peek(|open| text_of(open, question.purpose, texts.code)).flatten();
        let (wording, spoken) = match text {
            Some(text) => (text.question, text.language),
            None => (
                words().purpose(question.purpose).to_owned(),
                texts.code.to_owned(),
            ),
        };
        let direction = resident(&spoken).direction();
        let is_change = question.change().is_some();
        let answer = before_and_after(texts, question.before, question.now);
        view! {
            <div class="f-consent-row" class:f-changed=is_change data-testid=format!("{}-said", testid(question.purpose))>
                <dt lang=spoken dir=direction>{wording}</dt>
                <dd>{answer}</dd>
            </div>
        }
    };
    view! {
        <dl class="f-consent-rows" lang=texts.code dir=texts.direction()>
            {sheet.questions.into_iter().map(row).collect_view()}
        </dl>
    }
}

#[component]
fn Contradiction(texts: &'static Resident, asking: Asking) -> impl IntoView {
    let answer = move |purpose: Purpose, decision: Decision| {
        if let Some(answer) = answer_to(purpose, decision, texts.code) {
            asking.on_answer.run(answer);
        }
    };
    let both = move |_| answer(Purpose::AnonymousPublication, Decision::Given);
    let neither = move |_| answer(Purpose::NamedPublication, Decision::Withdrawn);
    view! {
        <div class="f-conflict" role="alert" data-testid="contradiction">
            <p class="f-conflict-title">{texts.contradiction}</p>
            <div class="f-ways">
                <button type="button" class="button f-big" data-testid="only-with-name"
                    on:click=move |_| asking.on_only_with_name.run(())>
                    {texts.only_with_name}
                </button>
                <button type="button" class="button f-big" data-testid="without-name-too" on:click=both>
                    {texts.without_name_too}
                </button>
                <button type="button" class="button f-big" data-testid="neither" on:click=neither>
                    {texts.neither}
                </button>
            </div>
        </div>
    }
}

pub(crate) fn testid(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Analysis => "consent-analysis",
        Purpose::AnonymousPublication => "consent-anonymous",
        Purpose::NamedPublication => "consent-named",
        Purpose::FollowUpContact => "consent-contact",
    }
}
