use super::*;

fn line(key: &str, title: &str, description: &str) -> LineDescription {
    LineDescription {
        key: key.into(),
        title: title.into(),
        description: description.into(),
        synonyms: vec![],
    }
}

fn lines() -> Vec<LineDescription> {
    let mut play = line(
        "play",
        "Meer speelplekken",
        "speeltuinen en sportveldjes voor kinderen in elke buurt",
    );
    play.synonyms = vec!["çocuk parkı".into(), "ملعب للأطفال".into()];
    vec![
        line(
            "homes",
            "Betaalbare woningen",
            "sociale huur, renovatie, vocht en schimmel, doorstroming van gezinnen",
        ),
        play,
        line(
            "work",
            "Werk en inkomen",
            "hulp bij schulden, banen, stages en opleidingen voor bewoners",
        ),
    ]
}

fn label(text: &str, lines: &[&str]) -> Labelled {
    Labelled {
        text: text.into(),
        language: "nl".into(),
        lines: lines.iter().map(|key| (*key).into()).collect(),
        not: vec![],
    }
}

fn some_labels() -> Vec<Labelled> {
    vec![
        label(
            "Er zit schimmel in de slaapkamer van mijn dochter",
            &["homes"],
        ),
        label("De glijbaan is al een jaar kapot", &["play"]),
        label("Ik zoek al maanden een stage", &["work"]),
        label("Geen werk en ook nog een te duur huis", &["work", "homes"]),
        label("Lekker weer vandaag, dank voor de koffie", &[]),
    ]
}

fn first(tagger: &Tagger, text: &str) -> Option<String> {
    tagger.suggest(text, "nl", 1).remove(0).line
}

#[test]
fn a_description_alone_is_enough_to_begin() {
    let tagger = Tagger::train(&lines(), &[]);
    assert_eq!(tagger.labels_seen(), 0);
    for (text, key) in [
        ("Mijn woning is vol schimmel en de huur stijgt", "homes"),
        ("Er is geen speeltuin voor de kinderen", "play"),
        ("Çocuklar için park yok", "play"),
        ("ما في ملعب للأطفال هنا", "play"),
        (
            "Door mijn schulden durf ik de post niet open te doen",
            "work",
        ),
    ] {
        assert_eq!(first(&tagger, text).as_deref(), Some(key), "{text}");
    }
}

#[test]
fn what_was_rejected_is_suggested_less_and_nothing_else_changes() {
    let text = "De huur van de zaal voor het buurtfeest is te duur geworden";
    let labels = some_labels();
    let mut rejected = labels.clone();
    rejected.push(Labelled {
        not: vec!["homes".into()],
        ..label(text, &[])
    });
    let (before, after) = (
        Tagger::train(&lines(), &labels),
        Tagger::train(&lines(), &rejected),
    );
    let homes = |tagger: &Tagger| {
        let all = tagger.suggest(text, "nl", 9).into_iter();
        let mut all = all.filter(|answer| answer.line.as_deref() == Some("homes"));
        all.next().unwrap().probability
    };
    assert!(homes(&after) < homes(&before));
    assert_eq!(after.labels_seen(), before.labels_seen());
    // Not that it concerns no line, and nothing about a line that is not there.
    let mut unknown = labels;
    unknown.push(Labelled {
        not: vec!["gone".into()],
        ..label(text, &[])
    });
    assert_eq!(Tagger::train(&lines(), &unknown), before);
}

#[test]
fn nonsense_concerns_no_action_line() {
    for labelled in [vec![], some_labels()] {
        let tagger = Tagger::train(&lines(), &labelled);
        for text in [
            "qwrtz plfnk",
            "xx yy zz 12345",
            "🙂🙂",
            "",
            "   ",
            "жжж ххх",
        ] {
            assert_eq!(
                first(&tagger, text),
                None,
                "{text:?} with {} labels",
                labelled.len()
            );
        }
    }
    assert_eq!(first(&Tagger::train(&[], &[]), "Mijn woning"), None);
}

#[test]
fn a_label_moves_the_suggestion() {
    let quote = "De lift is alweer stuk";
    let of_homes = |tagger: &Tagger| {
        let answers = tagger.suggest(quote, "nl", 9);
        answers
            .into_iter()
            .find(|answer| answer.line.as_deref() == Some("homes"))
            .unwrap()
            .probability
    };
    let after = |labels: usize| {
        Tagger::train(
            &lines(),
            &vec![label("De lift is altijd stuk", &["homes"]); labels],
        )
    };
    assert_eq!(first(&after(0), quote), None);
    assert!(
        of_homes(&after(1)) > of_homes(&after(0)),
        "one label says something"
    );
    assert_eq!(
        first(&after(5), quote).as_deref(),
        Some("homes"),
        "five decide"
    );
    assert_ne!(after(1).version(), after(0).version());
}

#[test]
fn labels_of_one_line_alone_do_not_draw_everything_to_it() {
    let of_homes = [
        "De lift is stuk",
        "Vocht in de muur",
        "Huur te hoog",
        "Te kleine kamers",
        "Ratten in de kelder",
    ];
    let labels: Vec<Labelled> = of_homes
        .iter()
        .cycle()
        .take(40)
        .map(|text| label(text, &["homes"]))
        .collect();
    let tagger = Tagger::train(&lines(), &labels);
    assert_eq!(first(&tagger, "qwrtz plfnk"), None);
    assert_eq!(
        first(&tagger, "Er is geen speeltuin voor de kinderen").as_deref(),
        Some("play")
    );
    assert_eq!(first(&tagger, "De lift is kapot").as_deref(), Some("homes"));
}

#[test]
fn no_action_line_is_learned_too() {
    let quote = "Lekkere koffie hebben jullie";
    let of_none = |tagger: Tagger| {
        let answers = tagger.suggest(quote, "nl", 9);
        answers
            .into_iter()
            .find(|answer| answer.line.is_none())
            .unwrap()
            .probability
    };
    let without: Vec<Labelled> = some_labels()
        .into_iter()
        .filter(|quote| !quote.lines.is_empty())
        .collect();
    let with = [
        without.clone(),
        vec![label("Dank voor de lekkere koffie", &[]); 8],
    ]
    .concat();
    assert!(of_none(Tagger::train(&lines(), &with)) > of_none(Tagger::train(&lines(), &without)));
}

#[test]
fn two_lines_of_one_quote_are_both_learned() {
    let both = vec![label("huurschuld door de verhuizing", &["homes", "work"]); 6];
    let answers = Tagger::train(&lines(), &both).suggest("huurschuld na de verhuizing", "nl", 2);
    let mut keys: Vec<_> = answers
        .into_iter()
        .filter_map(|answer| answer.line)
        .collect();
    keys.sort();
    assert_eq!(keys, ["homes", "work"]);
}

#[test]
fn a_label_of_a_retired_line_teaches_nothing() {
    let retired = [
        some_labels(),
        vec![label("De tram komt nooit", &["transport"])],
    ]
    .concat();
    assert_eq!(
        Tagger::train(&lines(), &retired).to_bytes(),
        Tagger::train(&lines(), &some_labels()).to_bytes()
    );
}

#[test]
fn the_words_that_spoke_are_named_as_they_were_written() {
    let answers = Tagger::train(&lines(), &some_labels()).suggest(
        "En dan nog die SCHIMMEL, overal schimmel",
        "nl",
        1,
    );
    assert_eq!(answers[0].line.as_deref(), Some("homes"));
    assert_eq!(answers[0].because[0].to_lowercase(), "schimmel");
    assert!(answers[0].because.len() <= 3 && !answers[0].because.contains(&"die".to_owned()));
}

#[test]
fn the_strongest_word_is_named_first() {
    let quote = "De huurders in onze straat hebben een probleem met schimmel";
    let answers = Tagger::train(&lines(), &some_labels()).suggest(quote, "nl", 1);
    assert_eq!(answers[0].line.as_deref(), Some("homes"));
    assert_eq!(
        answers[0].because[0], "schimmel",
        "{:?}",
        answers[0].because
    );
}

#[test]
fn probabilities_add_up_and_descend() {
    let tagger = Tagger::train(&lines(), &some_labels());
    let answers = tagger.suggest("De huur van mijn woning", "nl", usize::MAX);
    assert_eq!(answers.len(), 4, "three lines and none");
    assert!(answers.is_sorted_by(|a, b| a.probability >= b.probability));
    assert!((answers.iter().map(|answer| answer.probability).sum::<f32>() - 1.0).abs() < 1e-5);
    assert!(tagger.suggest("De huur", "nl", 0).is_empty());
    assert_eq!(tagger.suggest("De huur", "nl", 2).len(), 2);
}

#[test]
fn equal_input_gives_equal_bytes() {
    let [one, two] = [0; 2].map(|_| Tagger::train(&lines(), &some_labels()));
    assert_eq!(one.to_bytes(), two.to_bytes());
    assert_eq!(one.version(), two.version());
    assert_eq!(one.version().len(), 16);
    assert_eq!(one.labels_seen(), 5);
}

/// Whoever changes features, training or format on purpose puts the new version here: every installation's model
/// changes with it. The same number on every platform shows that none computes differently.
#[test]
fn the_version_of_a_known_model_stands() {
    assert_eq!(
        Tagger::train(&lines(), &some_labels()).version(),
        "c090a497af3e6628"
    );
}

#[test]
fn a_model_read_back_suggests_the_same() {
    for labelled in [vec![], some_labels()] {
        let tagger = Tagger::train(&lines(), &labelled);
        let read = Tagger::from_bytes(&tagger.to_bytes()).unwrap();
        assert_eq!(read, tagger);
        let quote = "Te weinig woningen en geen werk voor de kinderen";
        assert_eq!(read.suggest(quote, "nl", 9), tagger.suggest(quote, "nl", 9));
    }
}

#[test]
fn a_very_long_text_is_answered() {
    let tagger = Tagger::train(&lines(), &some_labels());
    let long = "mijn huur is te hoog en de speeltuin is kapot ".repeat(2_200);
    assert!(long.len() > 100_000);
    assert_eq!(tagger.suggest(&long, "nl", 2).len(), 2);
    let one_word = "a".repeat(100_000);
    assert_eq!(tagger.suggest(&one_word, "nl", 2).len(), 2);
    let learned = Tagger::train(&lines(), &[label(&long, &["homes"])]);
    assert_eq!(learned.labels_seen(), 1);
}

#[test]
fn more_lines_than_fit_are_left_out() {
    let many: Vec<LineDescription> = (0..1_200)
        .map(|n| line(&format!("line {n}"), &format!("onderwerp{n}"), ""))
        .collect();
    let tagger = Tagger::train(&many, &[]);
    assert_eq!(tagger.suggest("onderwerp7", "nl", usize::MAX).len(), 1_001);
    assert_eq!(Tagger::from_bytes(&tagger.to_bytes()), Ok(tagger));
}
