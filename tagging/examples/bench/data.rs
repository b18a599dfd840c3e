//! The quotes to learn from and to be measured on, and what the lines say of themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use koffiekar_tagging::{Labelled, LineDescription};
use serde::Deserialize;

pub(crate) const LANGUAGES: [&str; 4] = ["nl", "tr", "ar", "en"];
/// Of the train part, the share that `hold-out` measures on.
const HOLD_OUT: u64 = 5;

/// Which labels stand for action lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Labels {
    Scenario,
    Intent,
}

impl Labels {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Intent => "intent",
        }
    }
}

#[derive(Clone, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: u64,
    partition: String,
    scenario: String,
    intent: String,
    pub(crate) text: String,
    #[serde(skip)]
    pub(crate) language: &'static str,
}

impl Row {
    pub(crate) fn label(&self, labels: Labels) -> &str {
        match labels {
            Labels::Scenario => &self.scenario,
            Labels::Intent => &self.intent,
        }
    }

    pub(crate) fn labelled(&self, labels: Labels) -> Labelled {
        Labelled {
            text: self.text.clone(),
            language: self.language.into(),
            lines: vec![self.label(labels).into()],
            not: Vec::new(),
        }
    }
}

pub(crate) struct Data {
    pub(crate) train: Vec<Row>,
    pub(crate) evaluate: Vec<Row>,
    descriptions: BTreeMap<String, BTreeMap<String, String>>,
}

impl Data {
    /// Reads `massive_{nl,tr,ar,en}.csv` from a folder. What is measured on is never learned from.
    pub(crate) fn read(folder: &Path, part: &str, descriptions: Option<&Path>) -> Self {
        let descriptions = match descriptions {
            Some(file) => std::fs::read_to_string(file)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display())),
            None => include_str!("descriptions.toml").to_owned(),
        };
        let (mut train, mut evaluate) = (Vec::new(), Vec::new());
        for language in LANGUAGES {
            let file = folder.join(format!("massive_{language}.csv"));
            let mut reader = csv::Reader::from_path(&file)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
            for row in reader.deserialize() {
                let row: Row = row.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                let row = Row { language, ..row };
                let held_out =
                    row.partition == "train" && spread(row.id, 0).is_multiple_of(HOLD_OUT);
                if row.partition == part || part == "hold-out" && held_out {
                    evaluate.push(row);
                } else if row.partition == "train" {
                    train.push(row);
                }
            }
        }
        assert!(
            !evaluate.is_empty(),
            "{} has no rows of the part `{part}`; there are train, dev, perhaps test, and `hold-out` of train",
            folder.display()
        );
        Self {
            train,
            evaluate,
            descriptions: toml::from_str(&descriptions)
                .unwrap_or_else(|error| panic!("the descriptions: {error}")),
        }
    }

    /// A line for each label; one without a description has its name only.
    pub(crate) fn lines(&self, labels: Labels) -> Vec<LineDescription> {
        let keys: BTreeSet<&str> = self.train.iter().map(|row| row.label(labels)).collect();
        let described = self.descriptions.get(labels.name());
        keys.into_iter()
            .map(|key| LineDescription {
                key: key.to_owned(),
                title: key.replace('_', " "),
                description: described
                    .and_then(|lines| lines.get(key))
                    .cloned()
                    .unwrap_or_default(),
                synonyms: vec![],
            })
            .collect()
    }

    pub(crate) fn theme_of(&self) -> BTreeMap<&str, &str> {
        let pairs = self
            .train
            .iter()
            .map(|row| (row.intent.as_str(), row.scenario.as_str()));
        pairs.collect()
    }

    pub(crate) fn train_of(&self, language: Option<&str>) -> Vec<&Row> {
        of(&self.train, language)
    }

    pub(crate) fn evaluate_of(&self, language: Option<&str>) -> Vec<&Row> {
        of(&self.evaluate, language)
    }
}

fn of<'r>(rows: &'r [Row], language: Option<&str>) -> Vec<&'r Row> {
    rows.iter()
        .filter(|row| language.is_none_or(|language| row.language == language))
        .collect()
}

/// The rows in an order that means nothing, another for each draw.
pub(crate) fn shuffled<'r>(rows: &[&'r Row], draw: u64) -> Vec<&'r Row> {
    let mut rows = rows.to_vec();
    rows.sort_by_key(|row| (spread(row.id, 1 + draw), row.language));
    rows
}

/// So many quotes of each label, drawn at random; all of them for `None`.
pub(crate) fn some_of_each(
    rows: &[&Row],
    labels: Labels,
    each: Option<usize>,
    draw: u64,
) -> Vec<Labelled> {
    let Some(each) = each else {
        return rows.iter().map(|row| row.labelled(labels)).collect();
    };
    let mut taken: BTreeMap<&str, usize> = BTreeMap::new();
    shuffled(rows, draw)
        .into_iter()
        .filter(|row| {
            let taken = taken.entry(row.label(labels)).or_default();
            *taken += 1;
            *taken <= each
        })
        .map(|row| row.labelled(labels))
        .collect()
}

/// A number that looks random, for each id and draw (the finaliser of SplitMix64).
fn spread(id: u64, draw: u64) -> u64 {
    let x = id
        .wrapping_add(draw << 32)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}
