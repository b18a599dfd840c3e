//! What a tagger may know that is handed to somebody who may not read all that it learnt from.
//!
//! A model says of every word whether it was learnt from: whoever has a list of names finds those that were said. So a
//! feature stays only where enough conversations of enough people hold it, or where a description does, which
//! everybody may read. The weights of those that stay are the trained ones.

use crate::features::Features;
use crate::model::Model;
use crate::suggesting::Weighed;
use crate::tagger::LineDescription;
use crate::training::in_one_text;
use crate::vocabulary::Vocabulary;

/// Conversations that must hold a feature. One resident speaks in each.
pub const CONVERSATIONS: usize = 3;
/// People who must have recorded them.
pub const PEOPLE: usize = 2;

/// Where a text comes from: numbers that tell conversations and people apart, and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub conversation: u128,
    /// Who recorded it.
    pub person: u128,
}

/// The first conversations and people that hold a feature.
#[derive(Clone, Default)]
struct Held {
    conversations: Vec<u128>,
    people: Vec<u128>,
}

impl Held {
    fn note(&mut self, origin: Origin) {
        note(&mut self.conversations, origin.conversation, CONVERSATIONS);
        note(&mut self.people, origin.person, PEOPLE);
    }

    fn is_enough(&self) -> bool {
        self.conversations.len() >= CONVERSATIONS && self.people.len() >= PEOPLE
    }
}

fn note(seen: &mut Vec<u128>, one: u128, enough: usize) {
    if seen.len() < enough && !seen.contains(&one) {
        seen.push(one);
    }
}

pub(crate) fn narrow<'t>(
    model: &Model,
    lines: &[LineDescription],
    texts: impl IntoIterator<Item = (&'t str, Origin)>,
) -> Model {
    let vocabulary = &model.vocabulary;
    let rows = |features: &Features<'_>| -> Vec<usize> {
        let weighed = Weighed::of(features, vocabulary);
        weighed.vector().map(|(row, _)| row).collect()
    };
    let mut is_described = vec![false; vocabulary.len()];
    for line in lines {
        let text = in_one_text(line);
        for row in rows(&Features::of_content(&text, model.key)) {
            is_described[row] = true;
        }
    }
    let mut held = vec![Held::default(); vocabulary.len()];
    for (text, origin) in texts {
        for row in rows(&Features::of(text, model.key)) {
            if !is_described[row] {
                held[row].note(origin);
            }
        }
    }
    let kept: Vec<usize> = (0..vocabulary.len())
        .filter(|row| is_described[*row] || held[*row].is_enough())
        .collect();
    let weights = kept.iter().flat_map(|row| model.row(*row));
    Model {
        weights: weights.copied().collect(),
        vocabulary: Vocabulary::keep(vocabulary, &kept),
        ..model.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{CONVERSATIONS, Origin, PEOPLE};
    use crate::{Labelled, LineDescription, Tagger};

    fn lines() -> Vec<LineDescription> {
        let line = |key: &str, title: &str| LineDescription {
            key: key.to_owned(),
            title: title.to_owned(),
            ..LineDescription::default()
        };
        vec![
            line("homes", "Schimmel in de woning"),
            line("play", "Speeltuin"),
        ]
    }

    fn label(text: &str, line: &str) -> Labelled {
        Labelled {
            text: text.to_owned(),
            language: "nl".to_owned(),
            lines: vec![line.to_owned()],
            not: vec![],
        }
    }

    /// The tagger that a reader gets who may not read these texts.
    fn handed_over(said: &[(&str, Origin)]) -> (Tagger, Tagger) {
        let labelled = said.iter().map(|(text, _)| label(text, "homes"));
        let others = ["Een glijbaan voor de kleintjes", "De schommel is stuk"];
        let others = others.iter().map(|text| label(text, "play"));
        let labelled: Vec<Labelled> = labelled.chain(others).collect();
        let tagger = Tagger::train_under(77, &lines(), &labelled);
        let shared = tagger.shared(&lines(), said.iter().copied());
        (tagger, shared)
    }

    fn speaks(tagger: &Tagger, word: &str) -> bool {
        let answers = tagger.suggest(word, "nl", 3);
        answers.iter().any(|answer| !answer.because.is_empty())
    }

    #[test]
    fn a_word_of_few_conversations_or_of_one_person_is_not_known() {
        let origin = |conversation: u128, person: u128| Origin {
            conversation,
            person,
        };
        let text = "Zwxqvk hielp ons";
        for (origins, known) in [
            (&[origin(1, 1), origin(1, 2), origin(1, 3)][..], false),
            (&[origin(1, 1), origin(2, 2)], false),
            (
                &[origin(1, 1), origin(2, 1), origin(3, 1), origin(4, 1)],
                false,
            ),
            (&[origin(1, 1), origin(2, 1), origin(3, 2)], true),
        ] {
            let said: Vec<(&str, Origin)> = origins.iter().map(|from| (text, *from)).collect();
            let (tagger, shared) = handed_over(&said);
            assert!(speaks(&tagger, "Zwxqvk"));
            assert_eq!(speaks(&shared, "Zwxqvk"), known, "{origins:?}");
            assert!(
                speaks(&shared, "schimmel"),
                "what descriptions say is known"
            );
        }
        assert_eq!((CONVERSATIONS, PEOPLE), (3, 2));
    }

    #[test]
    fn it_travels_as_any_tagger_and_one_of_before_keys_is_read() {
        let (_, shared) = handed_over(&[]);
        assert_eq!(Tagger::from_bytes(&shared.to_bytes()), Ok(shared));
        let before = Tagger::train(&lines(), &[]);
        assert_eq!(Tagger::from_bytes(&before.to_bytes()), Ok(before));
    }
}
