//! The list of quotes on the desk and everything that hangs on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use koffiekar_sync_core::ids::QuoteId;
use koffiekar_sync_core::office::{
    self, Alternative, ByState, Publication, QuotePage, QuoteRow, Review, ReviewItem, WhyReviewed,
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    address::{Address, View},
    decide::Done,
    questions::Question,
};
use crate::{
    api::{self, Failure},
    office::{filter, undo},
    parts::{Busy, Empty, Source, Tone, Trouble, announce},
    route::{self, Route},
    words::words,
};

/// One quote in the list. Its row changes, its place does not.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) id: QuoteId,
    pub(crate) row: ArcRwSignal<QuoteRow>,
    /// Why it is shown, in the review.
    pub(crate) why: Option<WhyReviewed>,
    /// Why the last decision on it was not saved.
    pub(super) trouble: ArcRwSignal<Option<String>>,
    /// Which decision is the last: the answer to an earlier one no longer counts.
    pub(super) turn: Arc<AtomicU32>,
}

impl Entry {
    pub(crate) fn of(row: QuoteRow) -> Self {
        Self {
            id: row.id,
            row: ArcRwSignal::new(row),
            why: None,
            trouble: ArcRwSignal::new(None),
            turn: Arc::default(),
        }
    }
    fn reviewed(item: ReviewItem) -> Self {
        Self {
            why: Some(item.why),
            ..Self::of(item.quote)
        }
    }
    /// It is judged without suggestions.
    pub(super) fn is_unseen(&self) -> bool {
        self.why.is_some_and(WhyReviewed::is_unseen)
    }
    pub(super) fn next_turn(&self) -> u32 {
        self.turn.fetch_add(1, Ordering::Relaxed) + 1
    }
    pub(super) fn is_last(&self, turn: u32) -> bool {
        self.turn.load(Ordering::Relaxed) == turn
    }
    /// The id of the card on the page.
    pub(crate) fn element(id: QuoteId) -> String {
        format!("quote-{}", id.key())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Loading {
    Busy,
    Done,
    Failed(Failure),
}

#[derive(Clone, Copy)]
pub(crate) struct List {
    pub(crate) address: Memo<Address>,
    pub(crate) entries: RwSignal<Vec<Entry>>,
    pub(crate) total: RwSignal<Option<u64>>,
    /// What the filters find in all lists together.
    pub(super) by_state: RwSignal<Option<ByState>>,
    /// Other words that may have been meant.
    pub(super) alternatives: RwSignal<Vec<Alternative>>,
    /// The card that shortcuts act on.
    pub(crate) active: RwSignal<Option<QuoteId>>,
    pub(crate) numbers: Source<office::Desk>,
    /// The publications with their sections, once they are here.
    pub(crate) publications: RwSignal<Option<Vec<Publication>>>,
    pub(crate) question: RwSignal<Option<Question>>,
    /// The quote that is open by itself; it need not be in the list.
    pub(crate) opened: RwSignal<Option<Entry>>,
    /// Goes up with every decision that the server took.
    pub(crate) judged: RwSignal<u32>,
    pub(super) done: RwSignal<Vec<Done>>,
    loading: RwSignal<Loading>,
    next: RwSignal<Option<String>>,
    loading_more: RwSignal<bool>,
    turn: StoredValue<u32>,
}

impl List {
    pub(super) fn new() -> Self {
        // While a quote is open the list behind it stays as it was.
        let address = Memo::new(
            |before: Option<&Address>| match (route::current(), before) {
                (Route::Desk, _) | (_, None) => Address::parse(&route::query(), route::words()),
                (_, Some(before)) => before.clone(),
            },
        );
        Self {
            address,
            entries: RwSignal::new(Vec::new()),
            total: RwSignal::new(None),
            by_state: RwSignal::new(None),
            alternatives: RwSignal::new(Vec::new()),
            active: RwSignal::new(None),
            numbers: Source::new(),
            publications: RwSignal::new(None),
            question: RwSignal::new(None),
            opened: RwSignal::new(None),
            judged: RwSignal::new(0),
            done: undo::kept(undo::Of::Decisions),
            loading: RwSignal::new(Loading::Busy),
            next: RwSignal::new(None),
            loading_more: RwSignal::new(false),
            turn: StoredValue::new(0),
        }
    }

    pub(super) fn load(self, address: Address) {
        let turn = self.turn.with_value(|turn| turn.wrapping_add(1));
        self.turn.set_value(turn);
        self.loading.set(Loading::Busy);
        // No key decides about a card that is not shown any more.
        self.active.set(None);
        self.entries.set(Vec::new());
        spawn_local(async move {
            let page = Page::get(&address, None).await;
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            match page {
                Ok(page) => {
                    self.active.set(page.entries.first().map(|entry| entry.id));
                    self.entries.set(page.entries);
                    self.next.set(page.next);
                    self.total.set(page.total);
                    self.by_state.set(page.by_state);
                    self.alternatives.set(page.alternatives);
                    self.loading.set(Loading::Done);
                }
                Err(failure) => {
                    self.entries.set(Vec::new());
                    self.total.set(None);
                    self.by_state.set(None);
                    self.alternatives.set(Vec::new());
                    self.loading.set(Loading::Failed(failure));
                }
            }
        });
    }

    pub(super) fn load_more(self) {
        let address = self.address.get_untracked();
        // What waits most is asked for again: it is something else by now.
        if address.view == View::Review && !self.entries.with_untracked(Vec::is_empty) {
            return self.load(address);
        }
        let Some(after) = self.next.get_untracked() else {
            return;
        };
        if self.loading_more.get_untracked() {
            return;
        }
        self.loading_more.set(true);
        let turn = self.turn.get_value();
        spawn_local(async move {
            let page = Page::get(&address, Some(after)).await;
            self.loading_more.set(false);
            if self.turn.try_get_value() != Some(turn) {
                return;
            }
            match page {
                Ok(page) => {
                    self.entries.update(|entries| entries.extend(page.entries));
                    self.next.set(page.next);
                }
                Err(failure) => announce(Tone::Bad, failure.to_string()),
            }
        });
    }

    pub(crate) fn load_numbers(self) {
        self.numbers.refresh("/api/v1/desk".to_owned());
    }

    /// After a decision; several in a row ask once.
    pub(super) fn load_numbers_soon(self) {
        let done = self.done.with_untracked(Vec::len);
        let later = move || {
            if self.done.try_with_untracked(Vec::len) == Some(done) {
                self.load_numbers();
            }
        };
        set_timeout(later, Duration::from_millis(700));
    }

    pub(super) fn load_sections(self) {
        spawn_local(async move {
            let Ok(list) = api::get::<Vec<Publication>>("/api/v1/publications").await else {
                return;
            };
            let mut whole = Vec::new();
            for publication in list {
                let path = format!("/api/v1/publications/{}", publication.id);
                // Some alone would be taken for all.
                let Ok(publication) = api::get::<Publication>(&path).await else {
                    return;
                };
                whole.push(publication);
            }
            self.publications.set(Some(whole));
        });
    }

    pub(crate) fn entry(self, id: QuoteId) -> Option<Entry> {
        let find = |entries: &Vec<Entry>| entries.iter().find(|entry| entry.id == id).cloned();
        let opened = || self.opened.get_untracked().filter(|entry| entry.id == id);
        self.entries.with_untracked(find).or_else(opened)
    }

    /// A row that came back from the server, wherever it was changed.
    pub(crate) fn take(self, row: QuoteRow) {
        if let Some(entry) = self.entry(row.id) {
            entry.row.set(row);
        }
    }

    pub(super) fn ask(self, question: Question) {
        self.question.set(Some(question));
    }

    /// Makes this the card that shortcuts act on, and moves the focus to it.
    pub(super) fn activate(self, id: QuoteId) {
        self.active.set(Some(id));
        request_animation_frame(move || {
            let card = document().get_element_by_id(&Entry::element(id));
            if let Some(card) = card.and_then(|card| card.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = card.focus();
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                card.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    }

    /// `step` places up or down; the first press goes to the card that is marked already.
    pub(super) fn step(self, step: isize) {
        let active = self.active.get_untracked();
        match active.filter(|id| !has_focus(*id)) {
            Some(id) => self.activate(id),
            None => self.advance(step),
        }
    }

    /// The card `step` places further, from the one that is active.
    pub(super) fn advance(self, step: isize) {
        let ids = self
            .entries
            .with_untracked(|entries| entries.iter().map(|entry| entry.id).collect::<Vec<_>>());
        let now = self
            .active
            .get_untracked()
            .and_then(|active| ids.iter().position(|id| *id == active));
        let next = now.map_or(Some(0), |now| now.checked_add_signed(step));
        match next.and_then(|next| ids.get(next)) {
            Some(id) => self.activate(*id),
            None if step > 0 => self.load_more(),
            None => {}
        }
    }

    /// The list, or what stands in its place.
    pub(super) fn state_view<V: IntoView + 'static>(self, cards: impl FnOnce() -> V) -> AnyView {
        let words = words();
        match self.loading.get() {
            Loading::Busy => view! { <Busy/> }.into_any(),
            Loading::Failed(failure) => {
                let retry = Callback::new(move |()| self.load(self.address.get_untracked()));
                view! { <Trouble failure retry/> }.into_any()
            }
            Loading::Done if self.entries.with(Vec::is_empty) => {
                let address = self.address.get_untracked();
                let text = match &address.view {
                    _ if address.is_filtered() => words.desk.empty_filter,
                    View::Line(..) => words.desk.empty_line,
                    _ => words.desk.empty_done,
                };
                let title = if address.is_filtered() { words.analysis.none } else { words.desk.empty_title };
                view! { <Empty title text/> }.into_any()
            }
            Loading::Done => view! {
                {cards()}
                <div class="list-end">
                    {move || match self.next.get() {
                        Some(_) => view! {
                            <button
                                type="button"
                                class="button"
                                aria-disabled=move || self.loading_more.get().then_some("true")
                                on:click=move |_| self.load_more()
                            >
                                {move || if self.loading_more.get() { words.common.busy } else { words.desk.more }}
                            </button>
                        }
                        .into_any(),
                        None if self.address.get().view == View::Review => view! {
                            <button type="button" class="button" on:click=move |_| self.load_more()>
                                {words.desk.review_more}
                            </button>
                        }
                        .into_any(),
                        None => view! { <p class="hint">{words.desk.everything_loaded}</p> }.into_any(),
                    }}
                </div>
            }
            .into_any(),
        }
    }
}

/// A piece of the list.
struct Page {
    entries: Vec<Entry>,
    next: Option<String>,
    /// Unknown in the review, which has no end.
    total: Option<u64>,
    by_state: Option<ByState>,
    alternatives: Vec<Alternative>,
}

impl Page {
    async fn get(address: &Address, after: Option<String>) -> Result<Page, Failure> {
        let filter = office::QuoteFilter {
            limit: Some(50),
            after,
            ..address.filter()
        };
        let query = filter::to_query(&filter);
        if address.view == View::Review {
            let path = filter::with_query("/api/v1/review", &query);
            let review = api::get::<Review>(&path).await?;
            let (by_state, alternatives) = match address.is_filtered() {
                true => Self::by_state(filter).await?,
                false => Default::default(),
            };
            return Ok(Page {
                entries: review.items.into_iter().map(Entry::reviewed).collect(),
                next: None,
                total: None,
                by_state,
                alternatives,
            });
        }
        let path = filter::with_query("/api/v1/quotes", &query);
        let page = api::get::<QuotePage>(&path).await?;
        Ok(Page {
            entries: page.quotes.into_iter().map(Entry::of).collect(),
            next: page.next,
            total: Some(page.total),
            by_state: Some(page.by_state),
            alternatives: page.alternatives,
        })
    }

    async fn by_state(
        filter: office::QuoteFilter,
    ) -> Result<(Option<ByState>, Vec<Alternative>), Failure> {
        let one = office::QuoteFilter {
            limit: Some(1),
            ..filter
        };
        let path = filter::with_query("/api/v1/quotes", &filter::to_query(&one));
        let page = api::get::<QuotePage>(&path).await?;
        Ok((Some(page.by_state), page.alternatives))
    }
}

/// Is the focus on this card or on something in it?
fn has_focus(id: QuoteId) -> bool {
    let card = document().get_element_by_id(&Entry::element(id));
    card.is_some_and(|card| card.contains(document().active_element().as_deref()))
}
