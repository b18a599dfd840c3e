//! How often the first line is the right one, by how many labels there are.

use koffiekar_tagging::quality::{Judged, by_line, macro_f1};
use koffiekar_tagging::shared::Origin;
use koffiekar_tagging::{LineDescription, Tagger};

use crate::data::{Data, LANGUAGES, Labels, Row, some_of_each};
use crate::tell;

/// Labels of each line; `None` for all.
const EACH: [Option<usize>; 8] = [
    Some(0),
    Some(1),
    Some(2),
    Some(5),
    Some(10),
    Some(20),
    Some(50),
    None,
];
/// Means are over so many draws where labels are drawn.
pub(crate) const DRAWS: u64 = 5;

pub(crate) fn measure(data: &Data) {
    for labels in [Labels::Scenario, Labels::Intent] {
        let lines = data.lines(labels);
        for language in LANGUAGES {
            let name = format!("{language}_{}", labels.name());
            alone(data, &name, labels, &lines, language);
        }
    }
    mixed(data);
    themes(data);
}

fn alone(data: &Data, name: &str, labels: Labels, lines: &[LineDescription], language: &str) {
    let train = data.train_of(Some(language));
    let evaluate = data.evaluate_of(Some(language));
    for each in EACH {
        let draws = draws(each);
        let scores: Vec<Score> = (0..draws)
            .map(|draw| {
                let tagger = Tagger::train(lines, &some_of_each(&train, labels, each, draw));
                Score::of(&tagger, &evaluate, labels)
            })
            .collect();
        Score::mean(&scores).tell(&format!("tagging_{name}_{}", called(each)));
    }
}

fn mixed(data: &Data) {
    let lines = data.lines(Labels::Scenario);
    let train = data.train_of(None);
    for each in EACH {
        let taggers: Vec<Tagger> = (0..draws(each))
            .map(|draw| {
                let labelled = some_of_each(&train, Labels::Scenario, each, draw);
                Tagger::train(&lines, &labelled)
            })
            .collect();
        if each.is_none() {
            shared(data, &lines, &taggers[0]);
        }
        for language in LANGUAGES {
            let evaluate = data.evaluate_of(Some(language));
            let scores: Vec<Score> = taggers
                .iter()
                .map(|tagger| Score::of(tagger, &evaluate, Labels::Scenario))
                .collect();
            // All labels are what is meant where no number is said.
            let number = each.map_or(String::new(), |each| format!("_{each}"));
            Score::mean(&scores).tell(&format!("tagging_mixed_{language}{number}"));
        }
    }
}

/// What tablets get of it: each quote in a conversation of its own, by two people who take turns.
fn shared(data: &Data, lines: &[LineDescription], tagger: &Tagger) {
    let train = data.train_of(None);
    let learnt = some_of_each(&train, Labels::Scenario, None, 0);
    let said = (0u128..).zip(&learnt).map(|(number, one)| {
        let origin = Origin {
            conversation: number,
            person: number % 2,
        };
        (one.text.as_str(), origin)
    });
    let shared = tagger.shared(lines, said);
    for language in LANGUAGES {
        let evaluate = data.evaluate_of(Some(language));
        let score = Score::of(&shared, &evaluate, Labels::Scenario);
        score.tell(&format!("tagging_shared_{language}"));
    }
}

/// Intents as lines, scenarios as their themes.
fn themes(data: &Data) {
    let train = some_of_each(&data.train_of(Some("nl")), Labels::Intent, None, 0);
    let tagger = Tagger::train(&data.lines(Labels::Intent), &train);
    let theme_of = data.theme_of();
    let evaluate = data.evaluate_of(Some("nl"));
    let right = evaluate.iter().filter(|row| {
        let themes = tagger.suggest_themes(
            &row.text,
            row.language,
            |line| theme_of.get(line).copied(),
            2,
        );
        let first = themes.iter().find_map(|theme| theme.theme.as_deref());
        first == Some(row.label(Labels::Scenario))
    });
    let share = right.count() as f64 / evaluate.len() as f64;
    tell("tagging_nl_theme_accuracy", 100.0 * share, "%", None);
}

fn draws(each: Option<usize>) -> u64 {
    if each.is_some_and(|each| each > 0) {
        DRAWS
    } else {
        1
    }
}

fn called(each: Option<usize>) -> String {
    each.map_or("all".to_owned(), |each| each.to_string())
}

#[derive(Default)]
struct Score {
    /// The first line is the right one, "no action line" left out, as in published figures.
    accuracy: f64,
    macro_f1: f64,
    /// The first answer is the right one; "no action line" is one, and always wrong here.
    with_none: f64,
}

impl Score {
    fn of(tagger: &Tagger, rows: &[&Row], labels: Labels) -> Self {
        let mut judged = Vec::with_capacity(rows.len());
        let (mut right, mut with_none) = (0usize, 0usize);
        for row in rows {
            let answers = tagger.suggest(&row.text, row.language, 2);
            let label = row.label(labels);
            let line = answers.iter().find_map(|answer| answer.line.clone());
            right += usize::from(line.as_deref() == Some(label));
            with_none += usize::from(answers[0].line.as_deref() == Some(label));
            judged.push(Judged {
                language: row.language.into(),
                said: Vec::from_iter(line),
                right: vec![label.into()],
            });
        }
        let percent = |count: usize| 100.0 * count as f64 / rows.len() as f64;
        Self {
            accuracy: percent(right),
            macro_f1: 100.0 * macro_f1(&by_line(&judged)),
            with_none: percent(with_none),
        }
    }

    fn mean(scores: &[Self]) -> Self {
        let mean = |of: fn(&Self) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        Self {
            accuracy: mean(|score| score.accuracy),
            macro_f1: mean(|score| score.macro_f1),
            with_none: mean(|score| score.with_none),
        }
    }

    fn tell(&self, name: &str) {
        let accuracy = format!("{name}_accuracy");
        tell(&accuracy, self.accuracy, "%", budget(&accuracy));
        tell(&format!("{name}_macro_f1"), self.macro_f1, "%", None);
        tell(
            &format!("{name}_accuracy_with_none"),
            self.with_none,
            "%",
            None,
        );
    }
}

fn budget(name: &str) -> Option<f64> {
    let budgets = [
        ("tagging_nl_scenario_0_accuracy", 60.0),
        ("tagging_nl_scenario_5_accuracy", 68.0),
        ("tagging_nl_scenario_20_accuracy", 76.0),
        ("tagging_nl_scenario_all_accuracy", 90.5),
        ("tagging_nl_intent_all_accuracy", 86.0),
        ("tagging_mixed_nl_accuracy", 89.5),
        ("tagging_mixed_tr_accuracy", 78.0),
        ("tagging_mixed_ar_accuracy", 71.0),
        ("tagging_mixed_en_accuracy", 82.0),
    ];
    budgets
        .into_iter()
        .find_map(|(of, budget)| (of == name).then_some(budget))
}
