//! What this installation is, and what its programme is made of.
//!
//! Every change passes through [`bump`]: it counts, and on PostgreSQL it makes changes of the
//! catalogue wait for each other.

use koffiekar_sync_core::catalogue::{
    ActionLine, Area, AreaLevel, Catalogue, ConsentText, Programme, Theme,
};
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::{LineKey, Millis};
use koffiekar_sync_core::receipt::KeyId;
use koffiekar_sync_core::sealed::SealKey;
use koffiekar_sync_core::wire::Epoch;
use koffiekar_tagging::text::TERMS_VERSION;

use super::quotes::next_derived_place;
use super::{Result, StoreError, Tx, crosswalk, on, rounds};
use crate::random::hex;

/// What this database is.
#[derive(Debug, Clone, PartialEq)]
pub struct Installation {
    /// Renewed when a backup is restored; part of every cursor and receipt.
    pub epoch: Epoch,
    pub programme: Programme,
    /// Counts the changes of themes, lines, areas, consent texts, rounds and their members.
    pub catalogue_version: u64,
    /// The public half of the key in the key file; missing before the first start with one.
    pub seal_key: Option<SealKey>,
    /// The key that signs receipts now; missing before the first start.
    pub receipt_key: Option<KeyId>,
}

/// Makes the one row at the first start; keeps what is there.
pub async fn found(tx: &mut Tx, epoch: Epoch) -> Result<()> {
    let statement = "
        insert into installation (one, epoch, terms_version) values (1, $1, $2)
        on conflict do nothing";
    on!(tx, c => sqlx::query(statement)
        .bind(epoch.0.as_slice())
        .bind(TERMS_VERSION)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Whether there is an installation in this database.
pub async fn is_founded(tx: &mut Tx) -> Result<bool> {
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as("select count(*) from installation").fetch_one(c).await?);
    Ok(count > 0)
}

pub async fn installation(tx: &mut Tx) -> Result<Installation> {
    let statement = "
        select epoch, programme_name, programme_cycle, provisional, note, asks, time_zone,
            catalogue_version, seal_key,
            (select id from receipt_keys where secret is not null order by place desc limit 1)
        from installation where one = 1";
    type Row = (
        Vec<u8>,
        String,
        String,
        bool,
        String,
        String,
        String,
        i64,
        Option<Vec<u8>>,
        Option<Vec<u8>>,
    );
    let row: Option<Row> = on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    let corrupt = || StoreError::Corrupt("the row of the installation".to_owned());
    let (epoch, name, cycle, provisional, note, asks, time_zone, version, seal_key, receipt_key) =
        row.ok_or_else(corrupt)?;
    Ok(Installation {
        epoch: Epoch(epoch.try_into().map_err(|_| corrupt())?),
        programme: Programme {
            name,
            cycle,
            provisional,
            note,
            // Of a purpose that a later version knows nothing is asked here.
            asks: asks.split(' ').filter_map(Purpose::parse).collect(),
            time_zone,
        },
        catalogue_version: version.unsigned_abs(),
        seal_key: seal_key
            .map(|key| key.try_into().map(SealKey).map_err(|_| corrupt()))
            .transpose()?,
        receipt_key: receipt_key
            .map(|id| id.try_into().map(KeyId).map_err(|_| corrupt()))
            .transpose()?,
    })
}

/// This is another database from now on than the one that tablets have cursors of.
pub async fn set_epoch(tx: &mut Tx, epoch: Epoch) -> Result<()> {
    let statement = "update installation set epoch = $1 where one = 1";
    on!(tx, c => sqlx::query(statement).bind(epoch.0.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}

/// Records to which key words are sealed from now on.
pub async fn set_seal_key(tx: &mut Tx, key: SealKey) -> Result<()> {
    bump(tx).await?;
    let statement = "update installation set seal_key = $1 where one = 1";
    on!(tx, c => sqlx::query(statement).bind(key.0.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}

/// From which keys of this installation are made; missing before the first start that knows of it.
pub async fn secret(tx: &mut Tx) -> Result<Option<[u8; 32]>> {
    let statement = "select secret from installation where one = 1";
    let row: Option<(Option<Vec<u8>>,)> =
        on!(tx, c => sqlx::query_as(statement).fetch_optional(c).await?);
    let secret = row.and_then(|(secret,)| secret).map(TryInto::try_into);
    secret
        .transpose()
        .map_err(|_| StoreError::Corrupt("the secret of the installation".to_owned()))
}

/// Where there is none yet: it is never replaced.
pub async fn set_secret(tx: &mut Tx, secret: &[u8; 32]) -> Result<()> {
    let statement = "update installation set secret = $1 where one = 1 and secret is null";
    on!(tx, c => sqlx::query(statement).bind(secret.as_slice()).execute(c).await.map(drop)?);
    Ok(())
}

/// Counts a change of the catalogue, and holds the row until the transaction ends.
pub async fn bump(tx: &mut Tx) -> Result<()> {
    let statement = "
        update installation set catalogue_version = catalogue_version + 1 where one = 1";
    on!(tx, c => sqlx::query(statement).execute(c).await.map(drop)?);
    Ok(())
}

/// All of it, with all rounds: whoever answers somebody keeps only theirs.
pub async fn read(tx: &mut Tx) -> Result<Catalogue> {
    let installation = installation(tx).await?;
    Ok(Catalogue {
        programme: installation.programme,
        themes: themes(tx).await?,
        action_lines: action_lines(tx).await?,
        areas: areas(tx).await?,
        consent_texts: consent_texts(tx).await?,
        rounds: rounds::list(tx).await?,
        seal_key: installation.seal_key.map(|key| hex(&key.0)),
    })
}

pub async fn themes(tx: &mut Tx) -> Result<Vec<Theme>> {
    let statement = "select key, title from themes order by position, key";
    let rows: Vec<(String, String)> = on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(key, title)| {
            Ok(Theme {
                key: key.parse()?,
                title,
            })
        })
        .collect()
}

/// In the order of the programme, those that ended as well.
pub async fn action_lines(tx: &mut Tx) -> Result<Vec<ActionLine>> {
    let crosswalk = crosswalk::read(tx, None).await?;
    let statement = "
        select action_lines.key, theme, action_lines.title, description, synonyms
        from action_lines join themes on themes.key = action_lines.theme
        order by themes.position, action_lines.position, action_lines.key";
    let rows: Vec<(String, String, String, String, String)> =
        on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(key, theme, title, description, synonyms)| {
            let synonyms = serde_json::from_str(&synonyms)
                .map_err(|_| StoreError::Corrupt(format!("synonyms of {key}")))?;
            let key: LineKey = key.parse()?;
            Ok(ActionLine {
                ended: crosswalk.ended(&key).cloned(),
                key,
                theme: theme.parse()?,
                title,
                description,
                synonyms,
            })
        })
        .collect()
}

/// Those that take tags now.
pub async fn open_lines(tx: &mut Tx, now: Millis) -> Result<Vec<ActionLine>> {
    let mut lines = action_lines(tx).await?;
    lines.retain(|line| line.is_open(now));
    Ok(lines)
}

pub async fn areas(tx: &mut Tx) -> Result<Vec<Area>> {
    let statement = "select code, level, part_of, name from areas order by code";
    let rows: Vec<(String, String, String, Option<String>)> =
        on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(code, level, part_of, name)| {
            let level = area_level(&level)?;
            Ok(Area {
                code,
                level,
                part_of,
                name,
            })
        })
        .collect()
}

pub async fn consent_texts(tx: &mut Tx) -> Result<Vec<ConsentText>> {
    let statement = "
        select version, language, purpose, question from consent_texts
        order by version, language, purpose";
    let rows: Vec<(String, String, String, String)> =
        on!(tx, c => sqlx::query_as(statement).fetch_all(c).await?);
    rows.into_iter()
        .map(|(version, language, purpose, question)| {
            let purpose = Purpose::parse(&purpose)
                .ok_or_else(|| StoreError::Corrupt(format!("purpose `{purpose}`")))?;
            Ok(ConsentText {
                version,
                language,
                purpose,
                question,
            })
        })
        .collect()
}

pub async fn set_programme(tx: &mut Tx, programme: &Programme) -> Result<()> {
    let statement = "
        update installation
        set programme_name = $1, programme_cycle = $2, provisional = $3, note = $4, asks = $5,
            time_zone = $6
        where one = 1";
    let asks: Vec<&str> = programme
        .asks
        .iter()
        .map(|purpose| purpose.as_str())
        .collect();
    on!(tx, c => sqlx::query(statement)
        .bind(&programme.name)
        .bind(&programme.cycle)
        .bind(programme.provisional)
        .bind(&programme.note)
        .bind(asks.join(" "))
        .bind(&programme.time_zone)
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn put_theme(tx: &mut Tx, theme: &Theme, position: usize) -> Result<()> {
    let statement = "
        insert into themes (key, title, position) values ($1, $2, $3)
        on conflict (key) do update set title = excluded.title, position = excluded.position";
    on!(tx, c => sqlx::query(statement)
        .bind(theme.key.as_str())
        .bind(&theme.title)
        .bind(place(position))
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Its theme must exist. Without a position a line that exists stays where it is, and a new one
/// comes last.
pub async fn put_action_line(
    tx: &mut Tx,
    line: &ActionLine,
    position: Option<usize>,
) -> Result<()> {
    let synonyms =
        serde_json::to_string(&line.synonyms).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let statement = "
        insert into action_lines (key, theme, title, description, synonyms, position)
        values ($1, $2, $3, $4, $5,
            coalesce($6, (select coalesce(max(position), -1) + 1 from action_lines)))
        on conflict (key) do update set
            theme = excluded.theme,
            title = excluded.title,
            description = excluded.description,
            synonyms = excluded.synonyms,
            position = coalesce($6, action_lines.position)";
    on!(tx, c => sqlx::query(statement)
        .bind(line.key.as_str())
        .bind(line.theme.as_str())
        .bind(&line.title)
        .bind(&line.description)
        .bind(&synonyms)
        .bind(position.map(place))
        .execute(c).await.map(drop)?);
    Ok(())
}

pub async fn put_area(tx: &mut Tx, area: &Area) -> Result<()> {
    let statement = "
        insert into areas (code, level, part_of, wijk, name) values ($1, $2, $3, $4, $5)
        on conflict (code) do update set
            level = excluded.level,
            part_of = excluded.part_of,
            wijk = excluded.wijk,
            name = excluded.name";
    let wijk = match area.level {
        AreaLevel::District => None,
        AreaLevel::Wijk => Some(&area.code),
        AreaLevel::Buurt => Some(&area.part_of),
    };
    on!(tx, c => sqlx::query(statement)
        .bind(&area.code)
        .bind(area_level_text(area.level))
        .bind(&area.part_of)
        .bind(wijk)
        .bind(&area.name)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// Whatever was said somewhere lies in the wijk in which that area lies now; servers that keep counts of
/// quotes learn of it. Returns how many quotes it moved.
pub async fn follow_areas(tx: &mut Tx) -> Result<u64> {
    let statement = "
        select count(*) from quotes
        where area is not null and wijk is distinct from
            (select a.wijk from areas a where a.code = quotes.area)";
    let (moved,): (i64,) = on!(tx, c => sqlx::query_as(statement).fetch_one(c).await?);
    if moved == 0 {
        return Ok(0);
    }
    let place = next_derived_place(tx).await?;
    let statement = "
        update quotes
        set wijk = (select a.wijk from areas a where a.code = quotes.area), derived_place = $1
        where area is not null and wijk is distinct from
            (select a.wijk from areas a where a.code = quotes.area)";
    on!(tx, c => sqlx::query(statement).bind(place).execute(c).await.map(drop)?);
    Ok(moved.unsigned_abs())
}

/// A text that was asked keeps its wording: one that is there already stays as it is.
pub async fn add_consent_text(tx: &mut Tx, text: &ConsentText) -> Result<()> {
    let statement = "
        insert into consent_texts (version, language, purpose, question) values ($1, $2, $3, $4)
        on conflict do nothing";
    on!(tx, c => sqlx::query(statement)
        .bind(&text.version)
        .bind(&text.language)
        .bind(text.purpose.as_str())
        .bind(&text.question)
        .execute(c).await.map(drop)?);
    Ok(())
}

/// How many quotes, now or before, sections of publications and acts refer to this line.
pub async fn uses_of_line(tx: &mut Tx, line: &LineKey) -> Result<u64> {
    let statement = "
        select (select count(*) from quote_lines where line = $1)
             + (select count(*) from line_history where line = $1)
             + (select count(*) from sections where action_line = $1)
             + (select count(*) from crosswalk
                where line = $1 or into_line = $1 and undone_at is null)";
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as(statement).bind(line.as_str()).fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

pub async fn remove_action_line(tx: &mut Tx, line: &LineKey) -> Result<()> {
    let statement = "delete from action_lines where key = $1";
    on!(tx, c => sqlx::query(statement).bind(line.as_str()).execute(c).await.map(drop)?);
    Ok(())
}

/// How many sections of publications refer to this theme.
pub async fn uses_of_theme(tx: &mut Tx, theme: &LineKey) -> Result<u64> {
    let statement = "select count(*) from sections where theme = $1";
    let (count,): (i64,) =
        on!(tx, c => sqlx::query_as(statement).bind(theme.as_str()).fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// No line may belong to it any more.
pub async fn remove_theme(tx: &mut Tx, theme: &LineKey) -> Result<()> {
    let statement = "delete from themes where key = $1";
    on!(tx, c => sqlx::query(statement).bind(theme.as_str()).execute(c).await.map(drop)?);
    Ok(())
}

fn place(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

fn area_level_text(level: AreaLevel) -> &'static str {
    match level {
        AreaLevel::District => "district",
        AreaLevel::Wijk => "wijk",
        AreaLevel::Buurt => "buurt",
    }
}

fn area_level(text: &str) -> Result<AreaLevel> {
    match text {
        "district" => Ok(AreaLevel::District),
        "wijk" => Ok(AreaLevel::Wijk),
        "buurt" => Ok(AreaLevel::Buurt),
        other => Err(StoreError::Corrupt(format!("level of an area `{other}`"))),
    }
}
