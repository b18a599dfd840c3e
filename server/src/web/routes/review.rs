//! The editor's decisions: which line a quote concerns, and which wording stands.

use std::collections::BTreeMap;

use axum::extract::State;
use koffiekar_sync_core::conversation::{Command, Conversation, Stance};
use koffiekar_sync_core::ids::{LineKey, QuoteId};
use koffiekar_sync_core::office::{
    Desk, QuoteFilter, QuoteRow, Review, ReviewItem, SettleWording, TagDecision, TagState,
    WhyReviewed,
};

use super::quotes::{in_sight, sight};
use crate::Koffiekar;
use crate::asking::facets::Question;
use crate::calendar::Calendar;
use crate::office::edit;
use crate::office::line_acts;
use crate::policy::Action;
use crate::problem::ApiError;
use crate::projection::Said;
use crate::store::answers::{self, Answer};
use crate::store::audit::{DONE, Entry};
use crate::store::{catalogue, quotes};
use crate::tagger::audited::{ONE_IN, draw, is_drawn};
use crate::tagger::suggest::line_of;
use crate::web::caller::Caller;
use crate::web::extract::{Asked, Json, Path};
use crate::web::readings::ReadingEntry;

/// Lines in one decision.
const MOST_LINES: usize = 10;
/// Quotes in one answer of the review.
const MOST_REVIEWED: u32 = 50;
/// The newest audited quotes among which one is looked for that nobody else judged yet.
const LOOKED_AT_AGAIN: u32 = 200;

/// `GET /api/v1/desk`
pub async fn desk(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
) -> Result<Json<Desk>, ApiError> {
    caller.may(Action::Tag)?;
    let _turn = koffiekar.shares.ask(caller.user, None).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, None).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let sight = sight(&caller);
    let desk = koffiekar.facets.desk(&mut tx, &sight, &catalogue).await?;
    Ok(Json(desk))
}

/// `GET /api/v1/review`: where somebody chooses among quotes by a filter, none of them is drawn by chance.
pub async fn queue(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Asked(filter): Asked<QuoteFilter>,
) -> Result<Json<Review>, ApiError> {
    caller.may(Action::Tag)?;
    if filter.as_of.is_some() {
        return Err(ApiError::invalid(
            "Wat nu te beoordelen is, heeft geen verleden: laat `as_of` weg.",
            "What is to be judged now has no past: leave `as_of` out.",
        ));
    }
    let limit = filter.limit.unwrap_or(20).clamp(1, MOST_REVIEWED) as usize;
    let any = QuoteFilter {
        limit: filter.limit,
        ..QuoteFilter::default()
    };
    let is_chosen = filter != any;
    let sight = sight(&caller);
    let _turn = koffiekar.shares.ask(caller.user, None).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, None).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of: None,
    };
    let facets = &koffiekar.facets;
    let [mut drawn, unsure] = facets.to_review(&mut tx, question, limit).await?;
    let mut twice = answers::drawn(&mut tx, LOOKED_AT_AGAIN).await?;
    if is_chosen {
        drawn.clear();
        twice.clear();
    }
    let twice = twice.iter().filter(|judged| {
        let people = &judged.people;
        people.len() == 1 && !people.contains_key(&caller.user)
    });
    let twice: Vec<QuoteId> = twice.map(|judged| judged.answer.quote).collect();
    let twice = quotes::in_order(&mut tx, &sight, &twice, None).await?;
    let twice = twice.iter().map(|row| row.id).take(1).collect();
    let order = mixed(unsure, drawn, twice, limit);
    let ids: Vec<QuoteId> = order.iter().map(|(id, _)| *id).collect();
    let rows = quotes::in_order(&mut tx, &sight, &ids, None).await?;
    let why: BTreeMap<QuoteId, WhyReviewed> = order.into_iter().collect();
    drop(tx);
    let reading = ReadingEntry {
        action: "read review",
        object: "all",
        filter: Some(&filter),
        rows: rows.len() as u64,
        each_time: false,
    };
    koffiekar.note_reading(&caller, reading).await?;
    let items = rows.into_iter().filter_map(|quote| {
        let why = *why.get(&quote.id)?;
        Some(item(quote, why))
    });
    Ok(Json(Review {
        items: items.collect(),
    }))
}

/// Of each five the third is drawn by chance, as long as there are both; a second opinion comes last.
fn mixed(
    unsure: Vec<QuoteId>,
    drawn: Vec<QuoteId>,
    twice: Vec<QuoteId>,
    limit: usize,
) -> Vec<(QuoteId, WhyReviewed)> {
    let with = |why| move |id| (id, why);
    let mut unsure = unsure.into_iter().map(with(WhyReviewed::Unsure));
    let mut drawn = drawn.into_iter().map(with(WhyReviewed::Drawn));
    let twice = twice.into_iter().map(with(WhyReviewed::SecondOpinion));
    let mut all = Vec::new();
    while all.len() < limit {
        let by_chance = all.len() % usize::from(ONE_IN) == 2;
        let next = match by_chance {
            true => drawn.next().or_else(|| unsure.next()),
            false => unsure.next().or_else(|| drawn.next()),
        };
        match next {
            Some(next) => all.push(next),
            None => break,
        }
    }
    all.extend(twice);
    all
}

fn item(mut quote: QuoteRow, why: WhyReviewed) -> ReviewItem {
    if why.is_unseen() {
        quote.suggestions.clear();
        quote.tags.clear();
        quote.tag_state = TagState::Untagged;
    }
    ReviewItem { why, quote }
}

/// What the tagger answers before people first decide.
fn answer(koffiekar: &Koffiekar, row: &QuoteRow, drawn: bool) -> Option<Answer> {
    let is_first = matches!(
        row.tag_state,
        TagState::Untagged | TagState::Proposed | TagState::Accepted
    );
    if !is_first {
        return None;
    }
    let model = koffiekar.suggest.model();
    let first = model
        .tagger
        .suggest(&row.verbatim, &row.language, 1)
        .pop()?;
    Some(Answer {
        quote: row.id,
        at: koffiekar.clock.now(),
        drawn: drawn && is_drawn(draw(row.id)),
        model: model.tagger.version().to_owned(),
        line: line_of(&first)?,
        probability: first.probability,
    })
}

/// `POST /api/v1/quotes/{quote}/tags`
pub async fn tag(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<QuoteId>,
    Json(mut decision): Json<TagDecision>,
) -> Result<Json<QuoteRow>, ApiError> {
    caller.may(Action::Tag)?;
    let mut tx = koffiekar.store.read().await?;
    let row = in_sight(&mut tx, &caller, id).await?;
    let lines = catalogue::action_lines(&mut tx).await?;
    let said = quotes::said(&mut tx, id).await?;
    let calendar = Calendar::of(&catalogue::installation(&mut tx).await?.programme);
    drop(tx);
    check(&decision, |key| {
        key.is_none() || lines.iter().any(|line| line.key == *key)
    })?;
    let own = said.iter().filter(|said| said.by == caller.user);
    decision.retract.extend(outdated(own, &decision));
    let now = koffiekar.clock.now();
    line_acts::ensure_open(&decision.confirm, &lines, now, &calendar)?;

    let answer = answer(&koffiekar, &row, decision.drawn);
    let with = |stance: Stance| {
        move |line: LineKey| Command::Tag {
            quote: id,
            line,
            stance,
        }
    };
    let commands: Vec<Command> = (decision.confirm.into_iter().map(with(Stance::Confirmed)))
        .chain(decision.reject.into_iter().map(with(Stance::Rejected)))
        .chain(decision.retract.into_iter().map(with(Stance::Retracted)))
        .collect();
    let object = id.to_string();
    let entry = Entry {
        at: koffiekar.clock.now(),
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "tag quote",
        object: &object,
        result: DONE,
    };
    edit::execute(
        &koffiekar,
        row.conversation,
        &commands,
        caller.user,
        entry,
        answer.as_ref(),
        |_| Ok(()),
    )
    .await?;
    shown(&koffiekar, &caller, id).await
}

/// `POST /api/v1/quotes/{quote}/wording`
pub async fn settle(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Path(id): Path<QuoteId>,
    Json(settled): Json<SettleWording>,
) -> Result<Json<QuoteRow>, ApiError> {
    caller.may(Action::SettleWording)?;
    if !settled.seen.contains(&settled.verbatim) {
        return Err(ApiError::invalid(
            "Alleen een opgetekende lezing kan blijven staan. Kies een van de getoonde lezingen.",
            "Only a recorded wording can stand. Choose one of those shown.",
        ));
    }
    let mut tx = koffiekar.store.read().await?;
    let row = in_sight(&mut tx, &caller, id).await?;
    drop(tx);
    let mut seen = settled.seen;
    seen.sort();
    let still_so = |conversation: &Conversation| match conversation.quote(id) {
        Some(quote) if quote.wording.all() == seen => Ok(()),
        _ => Err(ApiError::conflict(
            "De lezingen zijn intussen veranderd. Bekijk het citaat opnieuw en kies dan.",
            "The wordings changed meanwhile. Look at the quote again and choose then.",
        )),
    };
    let object = id.to_string();
    let entry = Entry {
        at: koffiekar.clock.now(),
        actor: Some(caller.user),
        origin: &caller.origin,
        action: "settle wording",
        object: &object,
        result: DONE,
    };
    let command = Command::CorrectWording {
        quote: id,
        verbatim: settled.verbatim,
    };
    edit::execute(
        &koffiekar,
        row.conversation,
        &[command],
        caller.user,
        entry,
        None,
        still_so,
    )
    .await?;
    shown(&koffiekar, &caller, id).await
}

async fn shown(
    koffiekar: &Koffiekar,
    caller: &Caller,
    id: QuoteId,
) -> Result<Json<QuoteRow>, ApiError> {
    let mut tx = koffiekar.store.read().await?;
    Ok(Json(in_sight(&mut tx, caller, id).await?))
}

/// Who names a line no longer says that it concerns none, and the other way round.
fn outdated<'s>(own: impl Iterator<Item = &'s Said>, decision: &TagDecision) -> Vec<LineKey> {
    let all = [&decision.confirm, &decision.reject, &decision.retract];
    let is_named = |line: &LineKey| all.into_iter().flatten().any(|named| named == line);
    let contradicts =
        |line: &LineKey| (decision.confirm.iter()).any(|named| named.is_none() != line.is_none());
    own.filter(|said| said.stance == "confirmed" && contradicts(&said.line))
        .filter(|said| !is_named(&said.line))
        .map(|said| said.line.clone())
        .collect()
}

fn check(decision: &TagDecision, known: impl Fn(&LineKey) -> bool) -> Result<(), ApiError> {
    let all = [&decision.confirm, &decision.reject, &decision.retract];
    let total: usize = all.iter().map(|lines| lines.len()).sum();
    if total == 0 || total > MOST_LINES {
        return Err(ApiError::invalid(
            format!("Noem 1 tot {MOST_LINES} actielijnen."),
            format!("Name 1 to {MOST_LINES} action lines."),
        ));
    }
    if let Some(unknown) = all.into_iter().flatten().find(|line| !known(line)) {
        return Err(ApiError::invalid(
            format!("De actielijn `{unknown}` bestaat niet. Ververs de lijst en kies opnieuw."),
            format!("There is no action line `{unknown}`. Refresh the list and choose again."),
        ));
    }
    let mut named: Vec<&LineKey> = all.into_iter().flatten().collect();
    named.sort();
    if named.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(ApiError::invalid(
            "Een actielijn staat er twee keer. Noem elke actielijn een keer.",
            "An action line stands twice. Name each action line once.",
        ));
    }
    let with_lines = decision.confirm.iter().any(|line| !line.is_none());
    if with_lines && decision.confirm.iter().any(LineKey::is_none) {
        return Err(ApiError::invalid(
            "Een citaat hoort bij actielijnen of bij geen. Kies een van beide.",
            "A quote concerns action lines or none. Choose one of the two.",
        ));
    }
    Ok(())
}
