//! What stands around every screen: the header, the notice of a new version, what just happened.

use koffiekar_sync_core::office::{Role, Session};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::Failure,
    field::{self, Field},
    office::{Office, SignIn, SignInAgain},
    parts::{Announcer, Busy, Tone, Trouble, announce, keep_focus},
    press,
    route::{self, Administration, Route},
    session::{self, State},
    theme::{self, Theme},
    update::{self, UpdateNotice},
    words::{self, Language, words},
};

#[component]
pub(crate) fn App() -> impl IntoView {
    theme::apply();
    press::start();
    keep_focus();
    route::start();
    update::start();
    field::listen_for_handover();
    if field::is_handed_over().get_untracked() && untrack(route::current) != Route::Field {
        route::replace(&Route::Field.path());
    }
    if untrack(route::current) != Route::Field {
        session::ask();
    }
    let language = words::language();
    move || {
        let language = language.get();
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", language.code());
        }
        view! { <Page/> }
    }
}

#[component]
fn Page() -> impl IntoView {
    let handed_over = field::is_handed_over();
    let notice = handed_over.clone();
    let in_field = Memo::new(move |_| handed_over.get() || route::current() == Route::Field);
    Effect::new(move || {
        if !in_field.get() {
            field::left();
        }
    });
    move || {
        let notice = notice.clone();
        if in_field.get() {
            view! {
                {move || (!notice.get()).then(|| view! { <UpdateNotice/> })}
                <Field/>
            }
            .into_any()
        } else {
            view! { <OfficePage/> }.into_any()
        }
    }
}

/// Which screen of the office, without what it shows: a step within a screen keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    Home,
    SignIn,
    Office,
    Unknown,
}

#[component]
fn OfficePage() -> impl IntoView {
    let screen = Memo::new(|_| match route::current() {
        Route::Home => Screen::Home,
        Route::SignIn => Screen::SignIn,
        Route::Unknown => Screen::Unknown,
        _ => Screen::Office,
    });
    // Coming out of the field screens, nobody has asked yet.
    if *session::state().read_untracked() == State::Asking {
        session::ask();
    }
    let now = session::state();
    // A session that ends while a form was filled in does not take the form away: who it is signs in again
    // over it.
    let state = Memo::new(move |before: Option<&State>| match (now.get(), before) {
        (State::SignedOut { expired: true }, Some(before @ State::SignedIn(_)))
            if route::is_filled_in() =>
        {
            before.clone()
        }
        (State::SignedIn(now), Some(before @ State::SignedIn(was)))
            if (now.user, now.role) == (was.user, was.role) =>
        {
            before.clone()
        }
        (now, _) => now,
    });
    let now = session::state();
    let again = move || match (now.get(), state.get()) {
        (State::SignedOut { .. }, State::SignedIn(session)) => {
            Some(view! { <SignInAgain login=session.login/> })
        }
        _ => None,
    };
    let body = move || {
        let screen = screen.get();
        match state.get() {
            _ if screen == Screen::Unknown => view! { <NotFound/> }.into_any(),
            _ if screen == Screen::Home && session::has_two_uses() => {
                view! { <TwoUses/> }.into_any()
            }
            _ if screen == Screen::Home && session::is_enrolled() => go_to(Route::Field),
            State::Asking => view! { <main id="main" tabindex="-1"><Busy/></main> }.into_any(),
            // Without a server the field screens are the only ones that work.
            State::Failed(Failure::Offline) if screen == Screen::Home => go_to(Route::Field),
            State::Failed(failure) => {
                let retry = Callback::new(|()| session::ask());
                view! { <main id="main" class="page narrow" tabindex="-1"><Trouble failure retry/></main> }
                    .into_any()
            }
            State::SignedOut { expired } => view! { <SignIn expired/> }.into_any(),
            // A field worker came in by this door before, and somebody else wants to sign in.
            State::SignedIn(session)
                if session.role == Role::Field
                    && screen == Screen::SignIn
                    && session::is_enrolled() =>
            {
                spawn_local(async {
                    if session::end_quietly().await.is_err() {
                        route::go(&Route::Field.path());
                    }
                });
                view! { <main id="main" tabindex="-1"><Busy/></main> }.into_any()
            }
            State::SignedIn(session) if screen != Screen::Office => {
                go_to(session::home(session.role))
            }
            State::SignedIn(_) => view! { <Office/> }.into_any(),
        }
    };
    view! {
        <a class="skip" href="#main">{words().shell.to_content}</a>
        <Header/>
        <UpdateNotice/>
        {body}
        {again}
        <Announcer/>
    }
}

fn go_to(route: Route) -> AnyView {
    request_animation_frame(move || {
        route::replace(&route.path());
        request_animation_frame(route::focus_heading);
    });
    view! { <main id="main" tabindex="-1"><Busy/></main> }.into_any()
}

/// Who has a tablet and a desk in one browser says which.
#[component]
fn TwoUses() -> impl IntoView {
    let words = &words().shell;
    crate::parts::title(words.two_uses);
    let desk = move || match session::signed_in() {
        Some(session) => session::home(session.role).path(),
        None => Route::SignIn.path(),
    };
    view! {
        <main id="main" class="page narrow" tabindex="-1">
            <h1 tabindex="-1">{words.two_uses}</h1>
            <ul class="ruled uses">
                <li><a href=Route::Field.path() data-testid="use-field">{words.use_field}</a></li>
                <li><a href=desk data-testid="use-desk">{words.use_desk}</a></li>
            </ul>
        </main>
    }
}

#[component]
fn NotFound() -> impl IntoView {
    let words = &words().shell;
    view! {
        <main id="main" class="page narrow" tabindex="-1">
            <h1 tabindex="-1">{words.not_found}</h1>
            <p>{words.not_found_hint}</p>
            <p><a href="/">{words.to_start}</a></p>
        </main>
    }
}

/// What the menu offers to this role.
fn menu(role: Role) -> Vec<(Route, &'static str)> {
    let words = &words().shell;
    let desk = (Route::Desk, words.desk);
    let publications = (Route::Publications, words.publications);
    let analysis = (Route::Analysis, words.analysis);
    let quality = (Route::Quality, words.quality);
    let administration = (
        Route::Administration(Administration::People),
        words.administration,
    );
    match role {
        Role::Field => vec![(Route::Field, words.field)],
        Role::Editor => vec![
            desk,
            publications,
            analysis,
            quality,
            (Route::Field, words.field),
        ],
        Role::Analyst => vec![analysis, quality, publications],
        Role::Administrator => vec![administration, quality],
    }
}

/// May somebody of this role be on this screen? The server decides for itself; this spares a refusal.
pub(crate) fn is_open_to(role: Role, screen: Route) -> bool {
    let same = |route: Route| std::mem::discriminant(&route);
    if screen == Route::Password {
        return true;
    }
    let screen = match screen {
        Route::Quote(_) => Route::Desk,
        Route::Publication(_) => Route::Publications,
        other => other,
    };
    menu(role)
        .iter()
        .any(|(route, _)| same(*route) == same(screen))
}

#[component]
fn Header() -> impl IntoView {
    let signed_in = Memo::new(|_| session::signed_in());
    view! {
        <header class="header">
            <a class="mark" href="/">"Koffiekar"</a>
            {move || signed_in.get().map(|session| view! { <Menu session/> })}
            <div class="header-end">
                <Switches/>
                {move || signed_in.get().map(|session| view! { <Account session/> })}
            </div>
        </header>
    }
}

#[component]
fn Menu(session: Session) -> impl IntoView {
    let items = menu(session.role)
        .into_iter()
        .map(|(route, label)| {
            let here = move || {
                let now = match route::current() {
                    Route::Quote(_) => Route::Desk,
                    Route::Publication(_) => Route::Publications,
                    other => other,
                };
                (std::mem::discriminant(&now) == std::mem::discriminant(&route)).then_some("page")
            };
            view! { <li><a href=route.path() aria-current=here>{label}</a></li> }
        })
        .collect_view();
    view! { <nav class="menu" aria-label=words().shell.main_menu><ul>{items}</ul></nav> }
}

#[component]
fn Account(session: Session) -> impl IntoView {
    let own_password = words().password.link;
    let words = &words().shell;
    let leave = |_| {
        spawn_local(async {
            if let Err(failure) = session::sign_out().await {
                announce(Tone::Bad, failure.to_string());
            }
        });
    };
    view! {
        <span class="who">
            {session.name}
            {session.demo.then(|| view! { <span class="chip" title=words.demo_account>{words.demo}</span> })}
        </span>
        <a class="own-password" href=Route::Password.path()>{own_password}</a>
        <button type="button" class="button quiet small" on:click=leave>{words.sign_out}</button>
    }
}

/// Language and colours. The field screens show them too.
#[component]
pub(crate) fn Switches() -> impl IntoView {
    let words = &words().shell;
    let now = words::chosen();
    let languages = [
        (Language::Dutch, "NL", "Nederlands"),
        (Language::English, "EN", "English"),
    ]
    .map(|(language, short, name)| {
        let id = format!("language-{}", language.code());
        let back = id.clone();
        let choose = move |_| {
            words::choose(language);
            crate::parts::focus(back.clone());
        };
        view! {
            <button
                type="button"
                id=id
                class="switch"
                lang=language.code()
                aria-pressed=if language == now { "true" } else { "false" }
                on:click=choose
            >
                <span aria-hidden="true">{short}</span>
                <span class="unseen">{name}</span>
            </button>
        }
    });
    let themes = [
        (Theme::Device, "device", words.theme_device),
        (Theme::Light, "light", words.theme_light),
        (Theme::Dark, "dark", words.theme_dark),
    ];
    let current = theme::theme();
    let options = themes.map(|(theme, value, label)| {
        let current = current.clone();
        view! { <option value=value selected=move || current.get() == theme>{label}</option> }
    });
    let pick = move |event| {
        let value = event_target_value(&event);
        if let Some((theme, ..)) = themes.iter().find(|(_, name, _)| *name == value) {
            theme::choose(*theme);
        }
    };
    view! {
        <div class="switches" role="group" aria-label=words.language>{languages}</div>
        <select class="theme" aria-label=words.theme on:change=pick>{options}</select>
    }
}

/// The words over a demo.
#[component]
pub(crate) fn DemoNotice() -> impl IntoView {
    untrack(session::signed_in)
        .filter(|session| session.demo)
        .map(|_| view! { <p class="demo-notice" role="note">{words().shell.demo_account}</p> })
}

/// For a screen that this role does not use.
#[component]
pub(crate) fn NotForRole() -> impl IntoView {
    let words = &words().shell;
    view! {
        <main id="main" class="page narrow" tabindex="-1">
            <h1 tabindex="-1">{words.not_for_role}</h1>
            <p class="lead">{words.not_for_role_hint}</p>
            <p><a href="/">{words.to_start}</a></p>
        </main>
    }
}
