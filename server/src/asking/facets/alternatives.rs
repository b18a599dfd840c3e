//! What may have been meant where words are found in few quotes or none.
//!
//! Words to propose are taken from quotes that the asker may see and that the filter leaves, of all of them or of some
//! spread evenly over all: so nothing is told of others, nothing is kept, and it costs the same however many there are.

use koffiekar_sync_core::office::{Alternative, ByState, QuoteFilter};
use koffiekar_tagging::text::spelling::Vocabulary;

use super::{Facets, Question};
use crate::store::Tx;
use crate::store::quotes::{self, FilterError};

/// Words that are found in so many quotes are meant as they were typed.
const ENOUGH: u64 = 10;
/// Quotes that are read for their words.
const READ: usize = 3_000;
/// Proposed at most.
const MOST: usize = 2;

impl Facets {
    /// `found`: what the words of the question are found in, whatever the tags.
    pub(super) async fn alternatives(
        &self,
        tx: &mut Tx,
        question: Question<'_>,
        found: ByState,
    ) -> Result<Vec<Alternative>, FilterError> {
        let text = question.filter.text.as_deref().unwrap_or_default().trim();
        if text.is_empty() || found.total() >= ENOUGH {
            return Ok(Vec::new());
        }
        let mut filter = QuoteFilter {
            text: None,
            ..question.filter.clone()
        };
        let any = Question {
            filter: &filter,
            ..question
        };
        let ids = self.work_out(tx, any, |_, wanted, _| wanted.some(READ));
        let ids = ids.await?;
        let words = quotes::words(tx, question.sight, &ids).await?;
        let asked = text.to_owned();
        let texts = tokio::task::spawn_blocking(move || {
            let mut vocabulary = Vocabulary::default();
            for (verbatim, language) in &words {
                vocabulary.add(verbatim, language);
            }
            vocabulary.alternatives(&asked, MOST)
        });
        let texts = texts.await;
        let texts = texts.map_err(|panic| FilterError::Panic(panic.to_string()))?;
        let mut alternatives = Vec::new();
        for text in texts {
            filter.text = Some(text.clone());
            let meant = Question {
                filter: &filter,
                ..question
            };
            let counted = self
                .work_out(tx, meant, |_, wanted, _| wanted.count())
                .await;
            let (total, by_state) = match counted {
                Ok(counted) => counted,
                // Longer than what may be asked for.
                Err(FilterError::Text) => continue,
                Err(error) => return Err(error),
            };
            let anywhere = by_state.total();
            if anywhere > found.total() {
                alternatives.push(Alternative {
                    text,
                    total,
                    anywhere,
                });
            }
        }
        Ok(alternatives)
    }
}
