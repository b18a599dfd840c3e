//! The session ended while a form was filled in: signing in again over it, and the form is still there.

use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    parts::{Dialog, TextField, UnderWay, with_blank_told},
    route, session,
    words::words,
};

#[component]
pub(crate) fn SignInAgain(login: String) -> impl IntoView {
    let words = words();
    let password = RwSignal::new(String::new());
    let wrong = RwSignal::new(None::<String>);
    let under_way = UnderWay::new();
    let login = StoredValue::new(login);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if password.with_untracked(String::is_empty) {
            return wrong.set(Some(words.sign_in.no_password.to_owned()));
        }
        if !under_way.begin() {
            return;
        }
        spawn_local(async move {
            let answer = session::sign_in(login.get_value(), password.get_untracked()).await;
            under_way.end();
            if let Err(failure) = answer {
                let text = match failure.status() {
                    Some(401) => {
                        password.with_untracked(|typed| with_blank_told(words.sign_in.wrong, typed))
                    }
                    _ => failure.to_string(),
                };
                let _ = wrong.try_set(Some(text));
            }
        });
    };
    // Then the form under it goes as well.
    let leave = Callback::new(|()| {
        route::ask_no_more();
        session::leave_expired();
    });
    view! {
        <Dialog title=words.sign_in.title on_close=leave finds_only=true ends_work=true>
            <form on:submit=submit novalidate data-testid="sign-in-again">
                <p>{words.sign_in.again}</p>
                <p class="field-error" role="alert" hidden=move || wrong.with(Option::is_none)>
                    {move || wrong.get()}
                </p>
                <TextField id="again-password" label=words.sign_in.password kind="password" value=password
                    autocomplete="current-password"/>
                <div class="row">
                    <button type="submit" class="button main" aria-disabled=move || under_way.disabled()>
                        {words.sign_in.submit}
                    </button>
                    <button type="button" class="button quiet" on:click=move |_| leave.run(())>
                        {words.common.throw_away}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
