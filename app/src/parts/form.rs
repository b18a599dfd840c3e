use leptos::prelude::*;

use crate::{parts::focus, words::words};

/// What is wrong in a form: the id of the field and what to do.
#[derive(Clone, Copy)]
pub(crate) struct Errors(RwSignal<Vec<(&'static str, String)>>);

impl Errors {
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }
    /// Replaces what was wrong; true when all is well. Otherwise the focus goes to the summary.
    pub(crate) fn judge(self, errors: Vec<(&'static str, String)>) -> bool {
        let fine = errors.is_empty();
        self.0.set(errors);
        if !fine {
            focus("error-summary");
        }
        fine
    }
    fn of(self, id: &'static str) -> Option<String> {
        self.0.with(|errors| {
            errors
                .iter()
                .find(|(field, _)| *field == id)
                .map(|(_, text)| text.clone())
        })
    }
}

/// All that is wrong, with a link to each field. An error whose id is empty belongs to the whole form.
#[component]
pub(crate) fn ErrorSummary(errors: Errors) -> impl IntoView {
    let items = move || {
        let jump = |id: &'static str, text: String| {
            if id.is_empty() {
                return view! { <li>{text}</li> }.into_any();
            }
            let href = format!("#{id}");
            let follow = move |event: leptos::ev::MouseEvent| {
                event.prevent_default();
                focus(id);
            };
            view! { <li><a href=href on:click=follow>{text}</a></li> }.into_any()
        };
        errors
            .0
            .get()
            .into_iter()
            .map(|(id, text)| jump(id, text))
            .collect_view()
    };
    move || {
        let none = errors.0.with(Vec::is_empty);
        (!none).then(|| {
            view! {
                <div id="error-summary" class="notice bad" role="alert" tabindex="-1">
                    <p class="notice-title">{words().common.errors}</p>
                    <ul>{items()}</ul>
                </div>
            }
        })
    }
}

/// What belongs to every field: label, hint above it, error beside it, and how they are tied.
#[derive(Clone, Copy)]
struct Frame {
    id: &'static str,
    label: &'static str,
    hint: &'static str,
    errors: Option<Errors>,
}

impl Frame {
    fn error(self) -> Option<String> {
        self.errors.and_then(|errors| errors.of(self.id))
    }
    fn described_by(self) -> Option<String> {
        let mut ids = Vec::new();
        if !self.hint.is_empty() {
            ids.push(format!("{}-hint", self.id));
        }
        if self.error().is_some() {
            ids.push(format!("{}-error", self.id));
        }
        (!ids.is_empty()).then(|| ids.join(" "))
    }
    fn around(self, input: AnyView) -> impl IntoView {
        let hint = (!self.hint.is_empty())
            .then(|| view! { <p class="hint" id=format!("{}-hint", self.id)>{self.hint}</p> });
        let error = move || {
            self.error().map(
                |text| view! { <p class="field-error" id=format!("{}-error", self.id)>{text}</p> },
            )
        };
        view! {
            <div class="field" class:wrong=move || self.error().is_some()>
                <label for=self.id>{self.label}</label>
                {hint}
                {error}
                {input}
            </div>
        }
    }
}

#[component]
pub(crate) fn TextField(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] errors: Option<Errors>,
    /// `text` when missing.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
) -> impl IntoView {
    let frame = Frame {
        id,
        label,
        hint,
        errors,
    };
    let plain = if autocomplete == "username" {
        Some("none")
    } else {
        None
    };
    frame.around(
        view! {
            <input
                id=id
                type=kind
                dir="auto"
                autocomplete=autocomplete
                autocapitalize=plain
                spellcheck=plain.map(|_| "false")
                aria-invalid=move || frame.error().is_some().then_some("true")
                aria-describedby=move || frame.described_by()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            />
        }
        .into_any(),
    )
}

#[component]
pub(crate) fn TextArea(
    id: &'static str,
    label: &'static str,
    value: RwSignal<String>,
    #[prop(optional)] hint: &'static str,
    #[prop(optional)] errors: Option<Errors>,
    #[prop(default = 4)] rows: u32,
) -> impl IntoView {
    let frame = Frame {
        id,
        label,
        hint,
        errors,
    };
    frame.around(
        view! {
            <textarea
                id=id
                rows=rows
                dir="auto"
                aria-invalid=move || frame.error().is_some().then_some("true")
                aria-describedby=move || frame.described_by()
                prop:value=move || value.get()
                on:input=move |event| value.set(event_target_value(&event))
            ></textarea>
        }
        .into_any(),
    )
}

/// One of a list: its value, and how it reads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
    /// Stands one step below the choice before it.
    pub(crate) below: bool,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            below: false,
        }
    }
    pub(crate) fn below(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            below: true,
            ..Self::new(value, label)
        }
    }
}

/// A choice out of a list, by the browser's own control.
#[component]
pub(crate) fn Select(
    id: &'static str,
    label: &'static str,
    #[prop(into)] value: Signal<String>,
    on_choose: Callback<String>,
    choices: Vec<Choice>,
) -> impl IntoView {
    let options = choices
        .into_iter()
        .map(|choice| {
            let own = choice.value.clone();
            let indent = if choice.below { "\u{2003}" } else { "" };
            view! {
                <option value=choice.value prop:selected=move || value.with(|value| *value == own)>
                    {format!("{indent}{}", choice.label)}
                </option>
            }
        })
        .collect_view();
    Frame {
        id,
        label,
        hint: "",
        errors: None,
    }
    .around(
        view! {
            <select id=id on:change=move |event| on_choose.run(event_target_value(&event))>
                {options}
            </select>
        }
        .into_any(),
    )
}
