//! All quotes that match, and counts of them, as tables for programs and for spreadsheets.
//!
//! Read and sent piece by piece: a million of them take no more memory than a few thousand, but for their
//! ids. Each piece is read when its turn comes, so what was erased or withdrawn meanwhile is not in it. A client
//! that does not read is waited for without a connection to the database, and only for a while.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use koffiekar_sync_core::catalogue::{AreaLevel, Catalogue, RoundKind};
use koffiekar_sync_core::ids::{LineKey, Millis, QuoteId, RoundId};
use koffiekar_sync_core::office::Counts;
use serde_json::{Map, Value};
use tracing::Instrument;

use super::quotes::{By, filter_of, moment, sight};
use crate::Koffiekar;
use crate::asking::facets::{Question, label};
use crate::calendar::{Calendar, timestamp};
use crate::policy::Action;
use crate::problem::ApiError;
use crate::store::quotes::{self, Sight, TableRow};
use crate::web::bounds::ExportShare;
use crate::web::caller::Caller;
use crate::web::extract::Asked;
use crate::web::readings::ReadingEntry;
use crate::web::table_file::{self, Form};

/// Quotes that are read at a time.
const PIECE: usize = 1_000;
/// Pieces that are made, at most, before they can be sent.
const AHEAD: usize = 2;

/// Tells the moment that a table is about; what was erased or withdrawn since is not in it.
const AS_OF: &str = "koffiekar-as-of";

/// `GET` and `POST /api/v1/quotes.csv?form=spreadsheet`: the same quotes as the list, all of them.
pub async fn csv(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Asked(mut parameters): Asked<Map<String, Value>>,
) -> Result<Response, ApiError> {
    caller.may(Action::ReadQuotes)?;
    let form = form(&mut parameters)?;
    let filter = filter_of(parameters)?;
    let sight = sight(&caller);
    let as_of = moment(&koffiekar, &filter).await?;
    let share = koffiekar.shares.export(caller.user)?;
    let turn = koffiekar.shares.ask(caller.user, as_of).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, as_of).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let calendar = Calendar::of(&catalogue.programme);
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let ids = koffiekar.facets.all(&mut tx, question).await?;
    drop(tx);
    drop(turn);
    let reading = ReadingEntry {
        action: "export quotes",
        object: "all",
        filter: Some(&filter),
        rows: ids.len() as u64,
        each_time: true,
    };
    koffiekar.note_reading(&caller, reading).await?;
    let today = calendar.date(koffiekar.clock.now());
    let name = table_file::file_name("citaten", question, &today);

    let table = Arc::new(Table {
        koffiekar,
        sight,
        titles: Titles::of(&catalogue),
        calendar,
        form,
        ids,
        as_of,
        _share: share,
    });
    let starts = (0..table.ids.len()).step_by(PIECE);
    let pieces = stream::iter(starts.collect::<Vec<_>>())
        .map(move |start| read_whole(table.clone().piece(start)))
        .buffered(AHEAD);
    let head = stream::once(async move { head(form, COLUMNS.map(|column| column.named(form))) });
    // What fails on the way breaks the transfer off: nobody takes half a table for a whole one.
    Ok(file(name, as_of, Body::from_stream(head.chain(pieces))))
}

/// `GET` and `POST /api/v1/quotes/counts.csv`: the same numbers as `/quotes/counts`.
pub async fn counts_csv(
    State(koffiekar): State<Koffiekar>,
    caller: Caller,
    Asked(mut parameters): Asked<Map<String, Value>>,
) -> Result<Response, ApiError> {
    caller.may(Action::Aggregate)?;
    let form = form(&mut parameters)?;
    let by = By::take(&mut parameters)?;
    let filter = filter_of(parameters)?;
    let as_of = moment(&koffiekar, &filter).await?;
    let _turn = koffiekar.shares.ask(caller.user, as_of).await?;
    let mut tx = koffiekar.facets.read(&koffiekar.store, as_of).await?;
    let catalogue = koffiekar.references.catalogue(&mut tx).await?;
    let calendar = Calendar::of(&catalogue.programme);
    let now = koffiekar.clock.now();
    let sight = sight(&caller);
    let question = Question {
        sight: &sight,
        filter: &filter,
        catalogue: &catalogue,
        as_of,
    };
    let counts = koffiekar
        .facets
        .count_by(&mut tx, question, by.rows, by.columns);
    let counts = counts.await?;
    drop(tx);
    let reading = ReadingEntry {
        action: "export counts",
        object: "all",
        filter: Some(&filter),
        rows: counts.rows.len() as u64,
        each_time: true,
    };
    koffiekar.note_reading(&caller, reading).await?;
    let what = [Some(by.rows), by.columns].into_iter().flatten();
    let what: Vec<&str> = what.map(table_file::dimension).collect();
    let what = format!(
        "aantallen-per-{}",
        what.join("-en-").to_lowercase().replace(' ', "-")
    );
    let name = table_file::file_name(&what, question, &calendar.date(now));
    let mut bytes = head(form, columns_of(&counts, &by, form)).map_err(ApiError::internal)?;
    bytes.extend(form.lines(rows_of(&counts)).map_err(ApiError::internal)?);
    Ok(file(name, as_of, Body::from(bytes)))
}

fn columns_of(counts: &Counts, by: &By, form: Form) -> Vec<String> {
    let (code, name) = match form {
        Form::Program => (by.rows.as_str().to_owned(), "label".to_owned()),
        Form::Spreadsheet => {
            let name = table_file::dimension(by.rows);
            (format!("{name} (code)"), name.to_owned())
        }
    };
    let mut columns = vec![code, name];
    match (by.columns, form) {
        (None, Form::Program) => columns.push("quotes".to_owned()),
        (None, Form::Spreadsheet) => columns.push("Citaten".to_owned()),
        (Some(_), Form::Program) => {
            columns.extend(counts.columns.iter().map(|bucket| bucket.key.clone()));
            columns.push("sum".to_owned());
        }
        (Some(_), Form::Spreadsheet) => {
            columns.extend(counts.columns.iter().map(|bucket| bucket.label.clone()));
            columns.push("Totaal".to_owned());
        }
    }
    columns
}

fn rows_of(counts: &Counts) -> impl Iterator<Item = Vec<String>> {
    let is_split = counts.columns.len() != 1 || counts.columns[0].key != "all";
    counts
        .rows
        .iter()
        .zip(&counts.cells)
        .zip(&counts.totals)
        .map(move |((bucket, cells), total)| {
            let mut row = vec![bucket.key.clone(), bucket.label.clone()];
            row.extend(cells.iter().map(u64::to_string));
            if is_split {
                row.push(total.to_string());
            }
            row
        })
}

fn form(parameters: &mut Map<String, Value>) -> Result<Form, ApiError> {
    let form = parameters.remove("form");
    let form = form.as_ref().map(|form| form.as_str().unwrap_or("?"));
    Form::parse(form).ok_or_else(|| {
        ApiError::invalid(
            "De vorm van het bestand is `program` of `spreadsheet`. Verbeter `form`.",
            "The form of the file is `program` or `spreadsheet`. Correct `form`.",
        )
    })
}

fn head(form: Form, columns: impl IntoIterator<Item = String>) -> Result<Vec<u8>, csv::Error> {
    let mut bytes = form.mark().to_vec();
    bytes.extend(form.lines([columns])?);
    Ok(bytes)
}

/// `name` is plain ASCII.
fn file(name: String, as_of: Option<Millis>, body: Body) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            "text/csv; charset=utf-8; header=present".to_owned(),
        ),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    let mut answer = (headers, body).into_response();
    if let Some(Millis(at)) = as_of {
        answer.headers_mut().insert(AS_OF, at.into());
    }
    answer
}

/// A piece is read to its end whether or not the client takes what was sent before: it keeps no connection
/// to the database for somebody who does not read.
fn read_whole(
    piece: impl Future<Output = Result<Vec<u8>, csv::Error>> + Send + 'static,
) -> impl Future<Output = Result<Vec<u8>, csv::Error>> {
    let reading = tokio::spawn(piece.in_current_span());
    async {
        reading
            .await
            .unwrap_or_else(|panic| Err(std::io::Error::other(panic).into()))
    }
}

struct Table {
    koffiekar: Koffiekar,
    sight: Sight,
    titles: Titles,
    calendar: Calendar,
    form: Form,
    ids: Vec<QuoteId>,
    as_of: Option<Millis>,
    /// Until the last of it was sent.
    _share: ExportShare,
}

impl Table {
    async fn piece(self: Arc<Self>, start: usize) -> Result<Vec<u8>, csv::Error> {
        let ids = &self.ids[start..self.ids.len().min(start + PIECE)];
        let rows = self.rows(ids).await.map_err(|error| {
            tracing::error!(%error, "an export was broken off");
            std::io::Error::other("the database did not answer")
        })?;
        self.form.lines(rows.iter().map(|row| self.record(row)))
    }

    /// As [`COLUMNS`] has them.
    fn record(&self, quote: &TableRow) -> [String; COLUMNS.len()] {
        let titles = &self.titles;
        let words = |key: &str| match self.form {
            Form::Program => key.to_owned(),
            Form::Spreadsheet => label(key).to_owned(),
        };
        let (themes, theme_titles) = titles.themes_of(&quote.lines);
        let (round, kind) = match titles.rounds.get(&quote.round) {
            Some((name, kind)) => (name.clone(), words(kind.as_str())),
            None => Default::default(),
        };
        let area = quote.area.clone().unwrap_or_default();
        let place = titles.areas.get(&area).cloned().unwrap_or_default();
        let (suggested, probability) = quote.suggested.clone().unzip();
        let consent = quote.consent.iter().map(|purpose| words(purpose.as_str()));
        let consent: Vec<String> = consent.collect();
        let between = match self.form {
            Form::Program => " ",
            Form::Spreadsheet => ", ",
        };
        [
            quote.id.to_string(),
            quote.conversation.to_string(),
            timestamp(quote.recorded_at),
            self.calendar.date(quote.recorded_at),
            self.calendar.time_of_day(quote.recorded_at),
            round,
            kind,
            area,
            place.name,
            place.wijk,
            place.wijk_name,
            words(&quote.language),
            quote.verbatim.clone(),
            words(quote.tag_state.as_str()),
            quote.lines.clone(),
            titles.of_lines(&quote.lines),
            themes,
            theme_titles,
            titles.of_lines(suggested.as_deref().unwrap_or_default()),
            suggested.unwrap_or_default(),
            probability.map(|p| self.form.number(p)).unwrap_or_default(),
            consent.join(between),
            quote.tagged_as.clone(),
            titles.of_lines(&quote.tagged_as),
        ]
    }

    async fn rows(&self, ids: &[QuoteId]) -> crate::store::Result<Vec<TableRow>> {
        let koffiekar = &self.koffiekar;
        let _turn = koffiekar.shares.read_piece().await;
        let mut tx = koffiekar.store.read().await?;
        quotes::table_rows(&mut tx, &self.sight, ids, self.as_of).await
    }
}

/// A column for programs, and for people.
struct Column(&'static str, &'static str);

impl Column {
    fn named(&self, form: Form) -> String {
        match form {
            Form::Program => self.0.to_owned(),
            Form::Spreadsheet => self.1.to_owned(),
        }
    }
}

const COLUMNS: [Column; 24] = [
    Column("quote", "Citaat (nummer)"),
    Column("conversation", "Gesprek (nummer)"),
    Column("recorded_at_utc", "Opgetekend (UTC)"),
    Column("recorded_on", "Dag"),
    Column("recorded_time", "Tijd"),
    Column("round", "Ronde"),
    Column("kind", "Soort ronde"),
    Column("area", "Gebied (code)"),
    Column("area_name", "Gebied"),
    Column("wijk", "Wijk (code)"),
    Column("wijk_name", "Wijk"),
    Column("language", "Taal"),
    Column("verbatim", "Citaat"),
    Column("tag_state", "Beoordeling"),
    Column("action_lines", "Actielijnen (codes)"),
    Column("action_line_titles", "Actielijnen"),
    Column("themes", "Opgaven (codes)"),
    Column("theme_titles", "Opgaven"),
    Column("suggested_title", "Suggestie"),
    Column("suggested_line", "Suggestie (code)"),
    Column("suggested_probability", "Kans van de suggestie"),
    Column("consent", "Toestemming"),
    Column("tagged_as", "Getagd als (codes)"),
    Column("tagged_as_titles", "Getagd als"),
];

/// What stands behind the keys of the programme.
struct Titles {
    /// The theme of each line, and its title.
    lines: BTreeMap<String, (String, String)>,
    themes: BTreeMap<String, String>,
    areas: BTreeMap<String, Place>,
    /// Name and kind.
    rounds: BTreeMap<RoundId, (String, RoundKind)>,
}

/// An area, and the wijk that it is or lies in.
#[derive(Clone, Default)]
struct Place {
    name: String,
    wijk: String,
    wijk_name: String,
}

impl Titles {
    fn of(catalogue: &Catalogue) -> Self {
        let lines = catalogue.action_lines.iter();
        let themes = catalogue.themes.iter();
        let rounds = catalogue.rounds.iter();
        let name_of = |code: &str| {
            let area = catalogue.areas.iter().find(|area| area.code == code);
            area.map(table_file::name_of).unwrap_or_default()
        };
        let places = catalogue.areas.iter().map(|area| {
            let wijk = match area.level {
                AreaLevel::District => "",
                AreaLevel::Wijk => &area.code,
                AreaLevel::Buurt => &area.part_of,
            };
            let place = Place {
                name: table_file::name_of(area),
                wijk: wijk.to_owned(),
                wijk_name: name_of(wijk),
            };
            (area.code.clone(), place)
        });
        Self {
            lines: lines
                .map(|line| {
                    let (key, theme) = (line.key.to_string(), line.theme.to_string());
                    (key, (theme, line.title.clone()))
                })
                .collect(),
            themes: themes
                .map(|theme| (theme.key.to_string(), theme.title.clone()))
                .collect(),
            areas: places.collect(),
            rounds: rounds
                .map(|round| (round.id, (round.name.clone(), round.kind)))
                .collect(),
        }
    }

    /// Of keys with a space between.
    fn of_lines(&self, keys: &str) -> String {
        let keys = keys.split(' ').filter(|key| !key.is_empty());
        let titles: Vec<&str> = keys
            .map(|key| match self.lines.get(key) {
                Some((_, title)) => title,
                None if key == LineKey::NONE => label(LineKey::NONE),
                None => key,
            })
            .collect();
        titles.join("; ")
    }

    /// The themes of these lines, as keys and as titles, each once.
    fn themes_of(&self, lines: &str) -> (String, String) {
        let lines = lines.split(' ').filter_map(|line| self.lines.get(line));
        let mut keys: Vec<&str> = lines.map(|(theme, _)| theme.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let titles: Vec<&str> = keys
            .iter()
            .map(|key| self.themes.get(*key).map_or(*key, String::as_str))
            .collect();
        (keys.join(" "), titles.join("; "))
    }
}
