//! The tagger as others see it.

use serde::{Deserialize, Serialize};

use crate::model::Model;
use crate::shared::{self, Origin};
use crate::stored::{self, TaggerError};
use crate::training;

/// What an action line says of itself: all that is known of it before anyone confirmed a quote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDescription {
    /// The line's key in the programme; no two lines share one.
    pub key: String,
    pub title: String,
    pub description: String,
    /// Words and phrases of residents for the same thing, in any language.
    #[serde(default)]
    pub synonyms: Vec<String>,
}

/// One quote about which people decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labelled {
    pub text: String,
    /// ISO 639-1: "nl", "tr", "en", "ar" or another.
    pub language: String,
    /// Keys of the lines it concerns. Empty means that people found that it concerns no action line. A quote whose
    /// keys are all unknown (of lines that were retired, say) teaches nothing and is left out.
    pub lines: Vec<String>,
    /// Keys of lines that it does not concern (`none`: it does concern one), where that is all that people said of it; then `lines` is empty and says
    /// nothing. Of a line that nobody confirmed for any quote it teaches nothing either.
    #[serde(default)]
    pub not: Vec<String>,
}

/// One answer that the tagger proposes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The key of the line, or `None` for "no action line".
    pub line: Option<String>,
    /// From 0 to 1; over all answers together they add up to 1. Not calibrated on audited quotes.
    pub probability: f32,
    /// At most three words of the quote, as written there, that spoke for this answer; the strongest first.
    pub because: Vec<String>,
}

/// A trained tagger.
#[derive(Clone, Debug, PartialEq)]
pub struct Tagger {
    pub(crate) model: Model,
    version: String,
}

impl Tagger {
    /// Trains from the lines of a programme and the quotes about which people decided, of which there may be none yet.
    /// Equal input in equal order gives an equal tagger. Lines beyond the thousandth are never suggested; of two lines
    /// with one key the first is meant.
    pub fn train(lines: &[LineDescription], labelled: &[Labelled]) -> Tagger {
        Self::train_under(0, lines, labelled)
    }

    /// The same with numbers of features that are of this key alone. Whoever has the model has its key.
    pub fn train_under(key: u64, lines: &[LineDescription], labelled: &[Labelled]) -> Tagger {
        Self::of(training::train(key, lines, labelled))
    }

    /// What of it may be handed to somebody who may not read all the texts that it learnt from: it knows the features
    /// of the descriptions, and of the texts those that [`shared::CONVERSATIONS`] conversations hold which
    /// [`shared::PEOPLE`] people recorded. Of all others, names say, it does not tell whether they occur.
    pub fn shared<'t>(
        &self,
        lines: &[LineDescription],
        texts: impl IntoIterator<Item = (&'t str, Origin)>,
    ) -> Tagger {
        Self::of(shared::narrow(&self.model, lines, texts))
    }

    /// Sixteen hexadecimal digits, a hash of all parameters: equal for equal taggers.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How many decided quotes it was trained on.
    pub fn labels_seen(&self) -> usize {
        self.model.labels_seen as usize
    }

    /// The best answers for a quote, the best first, at most `most` of them; "no action line" is one of the answers.
    /// A text without a single word concerns no line. `language` is that of the quote; today's model judges by the
    /// words alone, thresholds per language will need it.
    pub fn suggest(&self, text: &str, language: &str, most: usize) -> Vec<Suggestion> {
        let _ = language;
        self.model.suggest(text, most)
    }

    /// As [`Tagger::suggest`], and beside each answer the probability of its theme: of all lines with the same number
    /// together. `themes` has a number for each of [`Tagger::lines`]; "no action line" stands for itself.
    pub fn suggest_in_themes(
        &self,
        text: &str,
        language: &str,
        most: usize,
        themes: &[u32],
    ) -> Vec<(Suggestion, f32)> {
        let _ = language;
        self.model.suggest_grouped(text, most, themes)
    }

    /// The keys of the lines that it knows.
    pub fn lines(&self) -> &[String] {
        &self.model.lines
    }

    /// The model for a tablet or the database. Thirty lines after 11,500 labels: gzip leaves 670 kB.
    pub fn to_bytes(&self) -> Vec<u8> {
        stored::seal(&stored::encode(&self.model), self.model.key)
    }

    /// Reads what [`Tagger::to_bytes`] wrote. Any other bytes are an error, never a panic, and never take more memory
    /// than the largest model.
    pub fn from_bytes(bytes: &[u8]) -> Result<Tagger, TaggerError> {
        let (payload, has_key) = stored::open(bytes)?;
        let model = stored::decode(payload)?;
        match has_key == (model.key != 0) {
            true => Ok(Self::of(model)),
            false => Err(TaggerError::Damaged),
        }
    }

    fn of(model: Model) -> Self {
        let version = format!("{:016x}", stored::checksum(&stored::encode(&model)));
        Self { model, version }
    }
}

#[cfg(test)]
mod tests;
