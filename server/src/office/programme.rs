//! The programme file: what an installation is about, in TOML.
//!
//! ```toml
//! [programme]        # name, cycle; provisional, note, asks, time_zone
//! [[themes]]         # key, title
//! [[action_lines]]   # key, theme, title; description, synonyms
//! [[areas]]          # code, level (district, wijk, buurt), part_of; name, certainty
//! [[consent_texts]]  # version, language, purpose, question
//! ```
//!
//! The file is the whole programme: a theme or line that it lacks goes, unless something refers to
//! it. A line that ended needs not stand in the file any more; it stays readable. A consent text never changes or goes, because it was asked: a new wording is a new version.
//!
//! `asks` names the purposes that residents are asked about, of those in `consent_texts`; left out, it is
//! `["analysis", "anonymous_publication"]`. `named_publication` and `follow_up_contact` belong there only
//! where somebody records names and numbers apart from Koffiekar: it has no place for them yet.
//! Nothing is written unless all of it is right.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use koffiekar_sync_core::catalogue::{
    ActionLine, Area, AreaLevel, Catalogue, ConsentText, Programme, Theme, asked_unless_said,
};
use koffiekar_sync_core::codes::is_code;
use koffiekar_sync_core::consent::Purpose;
use koffiekar_sync_core::ids::LineKey;
use koffiekar_sync_core::visible::is_blank;
use serde::Deserialize;

use crate::calendar::Calendar;
use crate::store::{StoreError, Tx, catalogue};

/// What a programme may hold at most.
pub mod bounds {
    pub const FILE_BYTES: usize = 1024 * 1024;
    pub const THEMES: usize = 50;
    pub const ACTION_LINES: usize = 300;
    pub const AREAS: usize = 2_000;
    pub const CONSENT_TEXTS: usize = 1_000;
    pub const SYNONYMS: usize = 100;
    pub const SYNONYM_CHARS: usize = 80;
    pub const TITLE_CHARS: usize = 120;
    /// A description, a note, a question.
    pub const TEXT_CHARS: usize = 2_000;
}

#[derive(Debug, thiserror::Error)]
pub enum ProgrammeError {
    #[error("the file is larger than {} bytes", bounds::FILE_BYTES)]
    TooLarge,
    #[error("the file cannot be read as a programme\n{0}")]
    Syntax(#[from] toml::de::Error),
    /// Where it stands and what is wrong with it.
    #[error("{place}: {what}")]
    Invalid { place: String, what: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    programme: ProgrammeTable,
    themes: Vec<ThemeTable>,
    action_lines: Vec<LineTable>,
    #[serde(default)]
    areas: Vec<AreaTable>,
    #[serde(default)]
    consent_texts: Vec<ConsentTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgrammeTable {
    name: String,
    cycle: String,
    #[serde(default)]
    provisional: bool,
    #[serde(default)]
    note: String,
    #[serde(default = "asked_unless_said")]
    asks: Vec<Purpose>,
    time_zone: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeTable {
    key: LineKey,
    title: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineTable {
    key: LineKey,
    theme: LineKey,
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    synonyms: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AreaTable {
    code: String,
    level: AreaLevel,
    part_of: String,
    name: Option<String>,
    /// How sure the name is; for whoever edits the file.
    #[serde(rename = "certainty")]
    _certainty: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentTable {
    version: String,
    language: String,
    purpose: Purpose,
    question: String,
}

/// Reads and checks a programme file. The catalogue has no rounds.
pub fn parse(text: &str) -> Result<Catalogue, ProgrammeError> {
    if text.len() > bounds::FILE_BYTES {
        return Err(ProgrammeError::TooLarge);
    }
    let file: File = toml::from_str(text)?;
    let ProgrammeTable {
        name,
        cycle,
        provisional,
        note,
        asks,
        time_zone,
    } = file.programme;
    let themes = file
        .themes
        .into_iter()
        .map(|ThemeTable { key, title }| Theme { key, title });
    let action_lines = file.action_lines.into_iter().map(|table| {
        let LineTable {
            key,
            theme,
            title,
            description,
            synonyms,
        } = table;
        ActionLine {
            key,
            theme,
            title,
            description,
            synonyms,
            ended: None,
        }
    });
    let areas = file.areas.into_iter().map(|table| {
        let AreaTable {
            code,
            level,
            part_of,
            name,
            ..
        } = table;
        Area {
            code,
            level,
            part_of,
            name,
        }
    });
    let consent_texts = file.consent_texts.into_iter().map(|table| {
        let ConsentTable {
            version,
            language,
            purpose,
            question,
        } = table;
        ConsentText {
            version,
            language,
            purpose,
            question,
        }
    });
    let catalogue = Catalogue {
        programme: Programme {
            name,
            cycle,
            provisional,
            note,
            asks,
            time_zone: time_zone.unwrap_or_else(|| Programme::TIME_ZONE.to_owned()),
        },
        themes: themes.collect(),
        action_lines: action_lines.collect(),
        areas: areas.collect(),
        consent_texts: consent_texts.collect(),
        rounds: Vec::new(),
        seal_key: None,
    };
    check(&catalogue)?;
    Ok(catalogue)
}

/// Makes this the programme of the installation.
pub async fn write(tx: &mut Tx, new: &Catalogue) -> Result<(), ProgrammeError> {
    catalogue::bump(tx).await?;
    let old = catalogue::read(tx).await?;

    catalogue::set_programme(tx, &new.programme).await?;
    for (position, theme) in new.themes.iter().enumerate() {
        catalogue::put_theme(tx, theme, position).await?;
    }
    for (position, line) in new.action_lines.iter().enumerate() {
        catalogue::put_action_line(tx, line, Some(position)).await?;
    }
    for line in &old.action_lines {
        if !new.action_lines.iter().any(|other| other.key == line.key) && line.ended.is_none() {
            let uses = catalogue::uses_of_line(tx, &line.key).await?;
            let instead = "retire, split or merge it on the screen of action lines first";
            ensure_unused(uses, format!("action_lines `{}`", line.key), instead)?;
            catalogue::remove_action_line(tx, &line.key).await?;
        }
    }
    let kept = catalogue::action_lines(tx).await?;
    for theme in &old.themes {
        let has_lines = kept.iter().any(|line| line.theme == theme.key);
        if !new.themes.iter().any(|other| other.key == theme.key) && !has_lines {
            let uses = catalogue::uses_of_theme(tx, &theme.key).await?;
            ensure_unused(
                uses,
                format!("themes `{}`", theme.key),
                "keep it in the file",
            )?;
            catalogue::remove_theme(tx, &theme.key).await?;
        }
    }
    for area in &new.areas {
        catalogue::put_area(tx, area).await?;
    }
    let lies = |area: &Area| (area.level, area.part_of.clone());
    // Also where one was not in the programme before: conversations may name it already.
    let is_as_before = |area: &Area| {
        let before = old.areas.iter().find(|other| other.code == area.code);
        before.is_some_and(|before| lies(before) == lies(area))
    };
    if !new.areas.iter().all(is_as_before) {
        catalogue::follow_areas(tx).await?;
    }
    for text in &new.consent_texts {
        let asked = old
            .consent_texts
            .iter()
            .find(|other| identity(other) == identity(text));
        if asked.is_some_and(|asked| asked.question != text.question) {
            let what = "this text may have been asked and keeps its wording; give the new wording a new version";
            return Err(invalid(consent_place(text), what));
        }
        catalogue::add_consent_text(tx, text).await?;
    }
    Ok(())
}

fn ensure_unused(uses: u64, place: String, instead: &str) -> Result<(), ProgrammeError> {
    if uses == 0 {
        return Ok(());
    }
    Err(invalid(
        place,
        format!("quotes or sections refer to it ({uses}), and the file lacks it; {instead}"),
    ))
}

fn check(catalogue: &Catalogue) -> Result<(), ProgrammeError> {
    let programme = &catalogue.programme;
    check_chars("programme, name", &programme.name, 1..=bounds::TITLE_CHARS)?;
    check_chars("programme, cycle", &programme.cycle, 1..=40)?;
    check_chars("programme, note", &programme.note, 0..=bounds::TEXT_CHARS)?;
    check_time_zone(&programme.time_zone)?;
    check_lines(&catalogue.themes, &catalogue.action_lines)?;
    check_areas(&catalogue.areas)?;
    check_consent_texts(&catalogue.consent_texts)?;
    check_asks(&programme.asks, &catalogue.consent_texts)
}

/// A purpose without a question would be asked in silence.
fn check_asks(asks: &[Purpose], texts: &[ConsentText]) -> Result<(), ProgrammeError> {
    for (place, purpose) in asks.iter().enumerate() {
        let name = format!("programme, asks `{}`", purpose.as_str());
        if asks[..place].contains(purpose) {
            return Err(invalid(name, "this purpose stands there twice"));
        }
        // A file without any question asks nothing; its tablets say so.
        if !texts.is_empty() && !texts.iter().any(|text| text.purpose == *purpose) {
            let what =
                "there is no question about it in consent_texts; add one, or leave it out of asks";
            return Err(invalid(name, what));
        }
    }
    Ok(())
}

fn check_time_zone(name: &str) -> Result<(), ProgrammeError> {
    if Calendar::of_zone(name).is_some() {
        return Ok(());
    }
    let name: String = name.chars().take(40).collect();
    Err(invalid(
        "programme, time_zone".to_owned(),
        format!("there is no time zone `{name}`; write one such as `Europe/Amsterdam`"),
    ))
}

fn check_lines(themes: &[Theme], lines: &[ActionLine]) -> Result<(), ProgrammeError> {
    check_count("themes", themes.len(), 1..=bounds::THEMES)?;
    check_count("action_lines", lines.len(), 1..=bounds::ACTION_LINES)?;

    let mut theme_keys = BTreeSet::new();
    for theme in themes {
        let place = format!("themes `{}`", theme.key);
        check_key(&place, &theme.key, theme_keys.insert(&theme.key))?;
        check_chars(
            &format!("{place}, title"),
            &theme.title,
            1..=bounds::TITLE_CHARS,
        )?;
    }
    let mut line_keys = BTreeSet::new();
    for line in lines {
        let place = format!("action_lines `{}`", line.key);
        check_key(&place, &line.key, line_keys.insert(&line.key))?;
        if !theme_keys.contains(&line.theme) {
            return Err(invalid(
                place,
                format!("there is no theme `{}`", line.theme),
            ));
        }
        check_chars(
            &format!("{place}, title"),
            &line.title,
            1..=bounds::TITLE_CHARS,
        )?;
        check_chars(
            &format!("{place}, description"),
            &line.description,
            0..=bounds::TEXT_CHARS,
        )?;
        check_count(
            &format!("{place}, synonyms"),
            line.synonyms.len(),
            0..=bounds::SYNONYMS,
        )?;
        for synonym in &line.synonyms {
            let place = format!(
                "{place}, synonym `{}`",
                synonym.chars().take(20).collect::<String>()
            );
            check_chars(&place, synonym, 1..=bounds::SYNONYM_CHARS)?;
        }
    }
    Ok(())
}

fn check_areas(areas: &[Area]) -> Result<(), ProgrammeError> {
    check_count("areas", areas.len(), 0..=bounds::AREAS)?;
    let mut levels = BTreeMap::new();
    for area in areas {
        let place = format!("areas `{}`", area.code);
        let allowed = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        if !(1..=12).contains(&area.code.len()) || !area.code.chars().all(allowed) {
            return Err(invalid(place, "a code has 1 to 12 of A-Z and 0-9"));
        }
        if levels.insert(&*area.code, area.level).is_some() {
            return Err(invalid(place, "this code stands in the file twice"));
        }
        check_chars(&format!("{place}, part_of"), &area.part_of, 1..=12)?;
        if let Some(name) = &area.name {
            check_chars(&format!("{place}, name"), name, 1..=bounds::TITLE_CHARS)?;
        }
    }
    for area in areas {
        let (part_of, whole) = match area.level {
            // Of a municipality, which is no area here.
            AreaLevel::District => continue,
            AreaLevel::Wijk => (AreaLevel::District, "district"),
            AreaLevel::Buurt => (AreaLevel::Wijk, "wijk"),
        };
        if levels.get(&*area.part_of) != Some(&part_of) {
            let what = format!(
                "it is part of `{}`, which is no {whole} of this file",
                area.part_of
            );
            return Err(invalid(format!("areas `{}`", area.code), what));
        }
    }
    Ok(())
}

fn check_consent_texts(texts: &[ConsentText]) -> Result<(), ProgrammeError> {
    check_count("consent_texts", texts.len(), 0..=bounds::CONSENT_TEXTS)?;
    let mut seen = BTreeSet::new();
    for text in texts {
        let place = consent_place(text);
        if text.version.len() > 20 || !is_code(&text.version) {
            let what = "a version has 1 to 20 letters, digits, dots, hyphens and underscores";
            return Err(invalid(place, what));
        }
        let letters = text.language.chars().all(|c| c.is_ascii_lowercase());
        if !(2..=3).contains(&text.language.len()) || !letters {
            return Err(invalid(place, "a language is an ISO 639 code such as `nl`"));
        }
        if !seen.insert(identity(text)) {
            return Err(invalid(place, "this text stands in the file twice"));
        }
        check_chars(
            &format!("{place}, question"),
            &text.question,
            1..=bounds::TEXT_CHARS,
        )?;
    }
    Ok(())
}

fn identity(text: &ConsentText) -> (&str, &str, Purpose) {
    (&text.version, &text.language, text.purpose)
}

fn consent_place(text: &ConsentText) -> String {
    format!(
        "consent_texts `{}` {} {}",
        text.version,
        text.language,
        text.purpose.as_str()
    )
}

fn check_key(place: &str, key: &LineKey, new: bool) -> Result<(), ProgrammeError> {
    if key.is_none() {
        return Err(invalid(
            place,
            "the key `none` is reserved for \"geen actielijn\"",
        ));
    }
    if new {
        Ok(())
    } else {
        Err(invalid(place, "this key stands in the file twice"))
    }
}

fn check_chars(
    place: &str,
    text: &str,
    chars: RangeInclusive<usize>,
) -> Result<(), ProgrammeError> {
    let count = text.trim().chars().count();
    if !chars.contains(&count) {
        let (min, max) = (chars.start(), chars.end());
        return Err(invalid(
            place,
            format!("it has {count} characters; {min} to {max} are allowed"),
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err(invalid(place, "it holds a control character"));
    }
    if *chars.start() > 0 && is_blank(text) {
        return Err(invalid(place, "it holds nothing that can be seen"));
    }
    Ok(())
}

fn check_count(
    place: &str,
    count: usize,
    allowed: RangeInclusive<usize>,
) -> Result<(), ProgrammeError> {
    if allowed.contains(&count) {
        return Ok(());
    }
    let (min, max) = (allowed.start(), allowed.end());
    Err(invalid(
        place,
        format!("there are {count}; {min} to {max} are allowed"),
    ))
}

fn invalid(place: impl Into<String>, what: impl Into<String>) -> ProgrammeError {
    ProgrammeError::Invalid {
        place: place.into(),
        what: what.into(),
    }
}
