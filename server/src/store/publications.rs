//! Publications, their sections, and the quotes chosen for them.
//!
//! A selection refers to a quote by its id alone: it outlives the quote, so that an editor sees that
//! a chosen quote was removed instead of missing it.

use koffiekar_sync_core::ids::{
    LineKey, Millis, PublicationId, QuoteId, RoundId, SectionId, UserId,
};
use koffiekar_sync_core::office::Publication;

use super::{Result, Tx, on};

/// A place in a publication, without its quotes.
#[derive(Debug, Clone, PartialEq)]
pub struct SectionHead {
    pub id: SectionId,
    pub title: String,
    pub theme: Option<LineKey>,
    pub action_line: Option<LineKey>,
}

/// A quote chosen for a section.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    pub section: SectionId,
    pub quote: QuoteId,
    /// The editor's name.
    pub chosen_by: String,
    pub chooser: UserId,
    pub chosen_at: Millis,
    /// The round of the quote, also after that is gone; missing where it was gone before rounds stood here.
    pub round: Option<RoundId>,
}

/// id, title, form, state
type PublicationRow = (Vec<u8>, String, String, String);

fn publication((id, title, form, state): PublicationRow) -> Result<Publication> {
    Ok(Publication {
        id: PublicationId::from_slice(&id)?,
        title,
        form,
        state,
        sections: vec![],
        tally: None,
    })
}

/// id, title, theme, action_line
type SectionRow = (Vec<u8>, String, Option<String>, Option<String>);

fn section((id, title, theme, action_line): SectionRow) -> Result<SectionHead> {
    Ok(SectionHead {
        id: SectionId::from_slice(&id)?,
        title,
        theme: theme.map(|key| key.parse()).transpose()?,
        action_line: action_line.map(|key| key.parse()).transpose()?,
    })
}

/// section, quote, name and id of who chose it, chosen_at, round
type SelectionRow = (Vec<u8>, Vec<u8>, String, Vec<u8>, i64, Option<Vec<u8>>);

fn selection(row: SelectionRow) -> Result<Selection> {
    let (section, quote, chosen_by, chooser, chosen_at, round) = row;
    Ok(Selection {
        section: SectionId::from_slice(&section)?,
        quote: QuoteId::from_slice(&quote)?,
        chosen_by,
        chooser: UserId::from_slice(&chooser)?,
        chosen_at: Millis(chosen_at),
        round: round.map(|id| RoundId::from_slice(&id)).transpose()?,
    })
}

/// All publications in their order, without sections.
pub async fn list(tx: &mut Tx) -> Result<Vec<Publication>> {
    let statement = "select id, title, form, state from publications order by position, id";
    let rows: Vec<PublicationRow> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter().map(publication).collect()
}

/// Without sections.
pub async fn find(tx: &mut Tx, id: PublicationId) -> Result<Option<Publication>> {
    let statement = "select id, title, form, state from publications where id = $1";
    let row: Option<PublicationRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(publication).transpose()
}

pub async fn sections(tx: &mut Tx, id: PublicationId) -> Result<Vec<SectionHead>> {
    let statement = "
        select id, title, theme, action_line from sections
        where publication = $1 order by position, id";
    let rows: Vec<SectionRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_all(c).await?);
    rows.into_iter().map(section).collect()
}

pub async fn find_section(tx: &mut Tx, id: SectionId) -> Result<Option<SectionHead>> {
    let statement = "select id, title, theme, action_line from sections where id = $1";
    let row: Option<SectionRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_optional(c).await?);
    row.map(section).transpose()
}

/// Everything chosen for a publication, section by section, in the order of choosing.
pub async fn selections(tx: &mut Tx, id: PublicationId) -> Result<Vec<Selection>> {
    let statement = "
        select section, quote, name, chosen_by, chosen_at, round
        from selections
        join sections on sections.id = selections.section
        join users on users.id = selections.chosen_by
        where sections.publication = $1
        order by sections.position, section, selections.position, quote";
    let rows: Vec<SelectionRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_all(c).await?);
    rows.into_iter().map(selection).collect()
}

/// What was chosen for one section, in the order of choosing.
pub async fn selections_of_section(tx: &mut Tx, id: SectionId) -> Result<Vec<Selection>> {
    let statement = "
        select section, quote, name, chosen_by, chosen_at, round
        from selections join users on users.id = selections.chosen_by
        where section = $1 order by position, quote";
    let rows: Vec<SelectionRow> = on!(tx, c => sqlx::query_as(statement)
        .bind(id.as_bytes().as_slice())
        .fetch_all(c).await?);
    rows.into_iter().map(selection).collect()
}

/// Adds a quote at the end of a section. `false` where it stood there already.
pub async fn choose(
    tx: &mut Tx,
    section: SectionId,
    quote: QuoteId,
    round: RoundId,
    user: UserId,
    now: Millis,
) -> Result<bool> {
    let statement = "
        insert into selections (section, quote, chosen_by, chosen_at, round, position)
        values ($1, $2, $3, $4, $5,
            (select coalesce(max(position), -1) + 1 from selections where section = $1))
        on conflict (section, quote) do nothing";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(section.as_bytes().as_slice())
        .bind(quote.as_bytes().as_slice())
        .bind(user.as_bytes().as_slice())
        .bind(now.0)
        .bind(round.as_bytes().as_slice())
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// Moves a chosen quote to just before another one; nothing happens where that is not there.
pub async fn put_before(
    tx: &mut Tx,
    section: SectionId,
    quote: QuoteId,
    before: QuoteId,
) -> Result<()> {
    let statement = "select position from selections where section = $1 and quote = $2";
    let place: Option<(i64,)> = on!(tx, c => sqlx::query_as(statement)
        .bind(section.as_bytes().as_slice())
        .bind(before.as_bytes().as_slice())
        .fetch_optional(c).await?);
    let Some((place,)) = place else {
        return Ok(());
    };
    let make_room = "
        update selections set position = position + 1 where section = $1 and position >= $2";
    on!(tx, c => sqlx::query(make_room)
        .bind(section.as_bytes().as_slice())
        .bind(place)
        .execute(c).await.map(drop)?);
    let put = "update selections set position = $3 where section = $1 and quote = $2";
    on!(tx, c => sqlx::query(put)
        .bind(section.as_bytes().as_slice())
        .bind(quote.as_bytes().as_slice())
        .bind(place)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// `false` where it did not stand there.
pub async fn take_back(tx: &mut Tx, section: SectionId, quote: QuoteId) -> Result<bool> {
    let statement = "delete from selections where section = $1 and quote = $2";
    let rows = on!(tx, c => sqlx::query(statement)
        .bind(section.as_bytes().as_slice())
        .bind(quote.as_bytes().as_slice())
        .execute(c).await?.rows_affected());
    Ok(rows == 1)
}

/// Adds a publication at the end; its sections follow with [`insert_section`].
pub async fn insert(tx: &mut Tx, publication: &Publication) -> Result<()> {
    let statement = "
        insert into publications (id, title, form, state, position)
        values ($1, $2, $3, $4, (select coalesce(max(position), -1) + 1 from publications))";
    on!(tx, c => sqlx::query(statement)
        .bind(publication.id.as_bytes().as_slice())
        .bind(&publication.title)
        .bind(&publication.form)
        .bind(&publication.state)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Adds a section at the end of a publication.
pub async fn insert_section(
    tx: &mut Tx,
    publication: PublicationId,
    section: &SectionHead,
) -> Result<()> {
    let statement = "
        insert into sections (id, publication, title, theme, action_line, position)
        values ($1, $2, $3, $4, $5,
            (select coalesce(max(position), -1) + 1 from sections where publication = $2))";
    on!(tx, c => sqlx::query(statement)
        .bind(section.id.as_bytes().as_slice())
        .bind(publication.as_bytes().as_slice())
        .bind(&section.title)
        .bind(section.theme.as_ref().map(LineKey::as_str))
        .bind(section.action_line.as_ref().map(LineKey::as_str))
        .execute(c).await.map(drop)?);
    Ok(())
}
