//! The level above action lines: themes.
//!
//! A theme is not learned by itself. Its probability is that of its lines together, so a quote that hangs between two
//! lines of one theme is sure of the theme. Which line belongs to which theme is the programme's word, asked for with
//! each question; a line that moves to another theme needs no new model.

use serde::{Deserialize, Serialize};

use crate::tagger::{Suggestion, Tagger};

/// A theme that the tagger proposes, with the lines of it that spoke.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ThemeSuggestion {
    /// The key of the theme; `None` for "no action line", and for lines that have no theme.
    pub theme: Option<String>,
    /// Of its lines together.
    pub probability: f32,
    /// All answers that belong to it, the best first.
    pub lines: Vec<Suggestion>,
}

impl Tagger {
    /// The best themes for a quote, the best first, at most `most` of them. `theme_of` knows the theme of a line.
    pub fn suggest_themes<'t>(
        &self,
        text: &str,
        language: &str,
        theme_of: impl Fn(&str) -> Option<&'t str>,
        most: usize,
    ) -> Vec<ThemeSuggestion> {
        let mut themes: Vec<ThemeSuggestion> = Vec::new();
        for answer in self.suggest(text, language, usize::MAX) {
            let theme = answer.line.as_deref().and_then(&theme_of);
            let known = themes
                .iter_mut()
                .find(|before| before.theme.as_deref() == theme);
            match known {
                Some(known) => {
                    known.probability += answer.probability;
                    known.lines.push(answer);
                }
                None => themes.push(ThemeSuggestion {
                    theme: theme.map(str::to_owned),
                    probability: answer.probability,
                    lines: vec![answer],
                }),
            }
        }
        themes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        themes.truncate(most);
        themes
    }
}

#[cfg(test)]
mod tests {
    use crate::{Labelled, LineDescription, Tagger};

    fn theme_of(line: &str) -> Option<&'static str> {
        match line {
            "rent" | "repairs" => Some("homes"),
            "jobs" => Some("work"),
            _ => None,
        }
    }

    fn tagger() -> Tagger {
        let line = |key: &str, title: &str| LineDescription {
            key: key.into(),
            title: title.into(),
            ..Default::default()
        };
        let lines = [
            line("rent", "De woning is te duur, de huur"),
            line("repairs", "De woning repareren, schimmel"),
            line("jobs", "Woning zonder werk"),
        ];
        let none = Labelled {
            text: "lekkere koffie".into(),
            ..Default::default()
        };
        Tagger::train(&lines, &[none])
    }

    #[test]
    fn a_theme_has_the_probability_of_its_lines_together() {
        let themes = tagger().suggest_themes("mijn woning", "nl", theme_of, 9);
        assert_eq!(themes[0].theme.as_deref(), Some("homes"));
        assert_eq!(themes.len(), 3, "homes, work and none");
        for theme in &themes {
            let lines: f32 = theme.lines.iter().map(|line| line.probability).sum();
            assert!((theme.probability - lines).abs() < 1e-6);
            assert!(
                theme
                    .lines
                    .is_sorted_by(|a, b| a.probability >= b.probability)
            );
        }
        let all: f32 = themes.iter().map(|theme| theme.probability).sum();
        assert!((all - 1.0).abs() < 1e-5);
        assert!(themes.is_sorted_by(|a, b| a.probability >= b.probability));
    }

    #[test]
    fn an_answer_knows_the_probability_of_its_theme() {
        let tagger = tagger();
        assert_eq!(tagger.lines(), ["rent", "repairs", "jobs"]);
        let text = "mijn woning is schimmel";
        let answers = tagger.suggest_in_themes(text, "nl", 9, &[0, 0, 1]);
        let themes = tagger.suggest_themes(text, "nl", theme_of, 9);
        assert_eq!(answers.len(), 4);
        for (answer, of_theme) in &answers {
            let theme = answer.line.as_deref().and_then(theme_of);
            let told = themes.iter().find(|one| one.theme.as_deref() == theme);
            assert!((told.unwrap().probability - of_theme).abs() < 1e-6);
        }
        let alone: Vec<_> = answers.into_iter().map(|(answer, _)| answer).collect();
        assert_eq!(alone, tagger.suggest(text, "nl", 9));
    }

    #[test]
    fn no_more_themes_than_asked_for_and_none_where_nothing_is_said() {
        assert_eq!(
            tagger().suggest_themes("woning", "nl", theme_of, 1).len(),
            1
        );
        let silent = tagger().suggest_themes("", "nl", theme_of, 9);
        assert_eq!((silent.len(), silent[0].theme.as_deref()), (1, None));
    }
}
