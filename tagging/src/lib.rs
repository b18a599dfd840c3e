//! Tagging: which action line does a resident's quote concern?
//!
//! A [`Tagger`] is trained from two things: what each action line says of itself ([`LineDescription`]) and the quotes
//! about which people have decided ([`Labelled`]). It answers with [`Suggestion`]s that a person confirms or not. "No
//! action line" is one of its answers, from the first day on, not a failure to answer.
//!
//! 1. A text becomes a sparse vector of its words, word pairs and pieces of words (`features`), each weighed by how
//!    rare it is (`vocabulary`), scaled to length 1.
//! 2. Each line gets one weight per feature (`training`): from its description as long as nobody confirmed a quote for
//!    it, and more and more from a support vector machine (`svm`) over the confirmed ones, in which lines that are
//!    taken for each other yield (`rivals`). All of it is linear, so the mixture is one matrix, and a suggestion is one
//!    product of a sparse vector with it (`suggesting`).
//! 3. Because the model is linear, the words that spoke for an answer are simply those with the largest share in its
//!    sum; they come with the suggestion.
//! 4. A model is rounded to one byte a weight and bounded in size (`rounding`), so that a tablet gets it (`stored`) and
//!    answers nearly as the server does: it knows only what several people's conversations hold ([`shared`]), so
//!    that nobody reads out of it what was said where they may not read.
//! 5. People look at a random share of the quotes, whatever the tagger said: the audit ([`Audited`]). It turns
//!    probabilities into ones that hold ([`calibration`]), tells which first answers may stand without a person
//!    ([`acceptance`]), and, with what people said of the same quotes, how good tags are ([`quality`]).
//!
//! What always holds: no clock, no chance, no input or output, no arithmetic that differs between platforms. The same
//! lines and labels in the same order give the same bytes and the same [`Tagger::version`], on a server and in a
//! browser. Text of any length, language or malice is answered, and bytes that are not a model are refused.
//!
//! What is not here: which quotes are audited, who may see which quote, and which theme a line belongs to (it is asked
//! for with the question, `themes`).
//!
//! [`text`] folds and stems words for the full-text index, with the same idea of what a word is.

pub mod acceptance;
mod arithmetic;
mod audit;
pub mod calibration;
mod features;
mod model;
mod proportion;
pub mod quality;
mod rivals;
mod rounding;
pub mod shared;
mod stop_words;
mod stored;
mod suggesting;
mod svm;
mod tagger;
pub mod text;
mod themes;
mod training;
mod vocabulary;

pub use audit::Audited;
pub use proportion::Proportion;
pub use stored::TaggerError;
pub use tagger::{Labelled, LineDescription, Suggestion, Tagger};
pub use themes::ThemeSuggestion;
