//! How well the tagger does on MASSIVE (FitzGerald et al. 2022; columns `id,partition,scenario,intent,text`), whose
//! scenarios stand for action lines.
//!
//! `cargo run --release -p koffiekar-tagging --example evaluate -- massive_nl.csv`
//!
//! Learns from the train part and prints the accuracy of the first answer on the dev part: over the lines only, as in
//! published figures, and with "no action line" among the answers, which is always wrong here. The last block takes
//! one scenario at a time away and asks how often its quotes are answered with "no action line".
//!
//! For choosing constants, give `hold-out` after the file: then every sixth quote of the train part takes the place of
//! the dev part, which stays unseen.

#![expect(
    clippy::disallowed_methods,
    reason = "an example reads a file and a clock; the crate does not"
)]

use std::time::Instant;

use koffiekar_tagging::{Labelled, LineDescription, Tagger};

/// Written from the names of the scenarios and the train part alone.
const DESCRIPTIONS: &[(&str, &str, &str)] = &[
    (
        "alarm",
        "Wekker",
        "wekker of alarm zetten, instellen, verwijderen of annuleren; wakker worden, wek mij 's ochtends vroeg",
    ),
    (
        "audio",
        "Geluid",
        "geluid en volume harder, zachter, luider, hoger of lager zetten, dempen, stil zijn, luidspreker pauzeren",
    ),
    (
        "calendar",
        "Agenda",
        "afspraak, vergadering, evenement, verjaardag of herinnering in de kalender zetten, plannen, verwijderen of bekijken",
    ),
    (
        "cooking",
        "Koken",
        "koken, recept zoeken, ingrediënten, bakken, bereiden van een gerecht, soep, taart, oven, keuken, hoelang koken",
    ),
    (
        "datetime",
        "Datum en tijd",
        "hoe laat is het, welke dag en datum is het vandaag, tijdzone, tijdsverschil, klok, tijd in een stad",
    ),
    (
        "email",
        "E-mail",
        "e-mail, mail, bericht of inbox lezen, sturen, beantwoorden; nieuwe mails, contact, adres en telefoonnummer toevoegen",
    ),
    (
        "general",
        "Praatje",
        "hallo, hoe gaat het, vertel een mop of grap, goedemorgen, dank je, ik ben moe, wat vind jij",
    ),
    (
        "iot",
        "Slim huis",
        "lamp, licht en verlichting aan, uit, dimmen, kleur veranderen; stofzuiger, koffiezetapparaat, stopcontact in huis",
    ),
    (
        "lists",
        "Lijsten",
        "lijst maken, item toevoegen of verwijderen, boodschappenlijst, to-do lijst, takenlijst, wat staat op mijn lijst",
    ),
    (
        "music",
        "Muziekvoorkeur",
        "welk nummer speelt nu, wie is de zanger of artiest, ik vind dit lied leuk, muziek willekeurig, herhalen",
    ),
    (
        "news",
        "Nieuws",
        "laatste nieuws, krantenkoppen, nieuwsberichten, actueel, wat gebeurt er in de wereld, politiek, krant, headlines",
    ),
    (
        "play",
        "Afspelen",
        "speel muziek, liedje, album, playlist, radio, zender, podcast, aflevering, luisterboek of spel af; start, luisteren",
    ),
    (
        "qa",
        "Vragen",
        "wie is, wat betekent, definitie, hoeveel is, wisselkoers, aandelen, beurs, euro dollar, hoofdstad, geboren, rekenen, beroemd persoon",
    ),
    (
        "recommendation",
        "Aanbevelingen",
        "aanbevelen, raad me een goed restaurant, film, bioscoop, winkel, café of evenement in de buurt aan",
    ),
    (
        "social",
        "Sociale media",
        "twitter, tweet, facebook, instagram, post plaatsen, status, klacht indienen bij klantenservice, trending, vrienden",
    ),
    (
        "takeaway",
        "Bezorgd eten",
        "eten bestellen, pizza, afhalen, bezorgen, bezorging, thuisbezorgd, bestelling status, restaurant levert, chinees, sushi",
    ),
    (
        "transport",
        "Vervoer",
        "trein, bus, taxi, uber, kaartje boeken, ticket, verkeer, file, route, rijden naar, station, vertrekt",
    ),
    (
        "weather",
        "Weer",
        "weer, regen, zon, sneeuw, temperatuur, graden, weerbericht, voorspelling, paraplu nodig, warm, koud buiten, wind",
    ),
];

struct Row {
    is_dev: bool,
    quote: Labelled,
}

fn main() {
    let path = std::env::args()
        .nth(1)
        .expect("usage: evaluate massive_nl.csv");
    let language = ["tr", "ar", "en"]
        .into_iter()
        .find(|code| path.contains(&format!("_{code}.")))
        .unwrap_or("nl");
    let file = std::fs::read_to_string(&path).expect("a readable file");
    let mut rows: Vec<Row> = file
        .lines()
        .skip(1)
        .filter(|line| !line.is_empty())
        .map(|line| row(line, language))
        .collect();
    if std::env::args()
        .nth(2)
        .is_some_and(|part| part == "hold-out")
    {
        rows.retain(|row| !row.is_dev);
        rows.iter_mut().step_by(6).for_each(|row| row.is_dev = true);
    }
    let (dev, train): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.is_dev);
    let (dev, train) = (quotes(dev), quotes(train));
    let lines: Vec<LineDescription> = DESCRIPTIONS
        .iter()
        .map(|(key, title, description)| LineDescription {
            key: (*key).into(),
            title: (*title).into(),
            description: (*description).into(),
            synonyms: vec![],
        })
        .collect();

    println!("labels a class | lines only | with none | mean probability | bytes");
    for each in [0, 5, 20, usize::MAX] {
        // Few labels: five disjoint draws, to even out the luck of the draw.
        let draws = if (1..100).contains(&each) { 5 } else { 1 };
        let mut sums = [0.0; 3];
        let mut bytes = 0;
        for draw in 0..draws {
            let tagger = Tagger::train(&lines, &some_of_each(&train, each, draw));
            let result = accuracy(&tagger, &dev);
            sums = std::array::from_fn(|i| sums[i] + result[i] / draws as f64);
            bytes = tagger.to_bytes().len();
        }
        let each = if each == usize::MAX {
            "all".to_owned()
        } else {
            each.to_string()
        };
        println!(
            "{each:>14} | {:>10.1} | {:>9.1} | {:>16.1} | {bytes}",
            sums[0], sums[1], sums[2]
        );
    }
    speed(&lines, &train, &dev);
    outside(&lines, &train, &dev);
}

fn row(line: &str, language: &str) -> Row {
    let mut columns = line.splitn(5, ',').skip(1);
    let mut next = || columns.next().expect("five columns");
    let (partition, scenario, _intent, text) = (next(), next(), next(), next());
    let text = match text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
    {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => text.to_owned(),
    };
    Row {
        is_dev: partition == "dev",
        quote: Labelled {
            text,
            language: language.into(),
            lines: vec![scenario.into()],
        },
    }
}

fn quotes(rows: Vec<Row>) -> Vec<Labelled> {
    rows.into_iter().map(|row| row.quote).collect()
}

/// The `draw`-th `each` quotes of each line, in an order without meaning: neighbours in the file resemble each other.
fn some_of_each(train: &[Labelled], each: usize, draw: usize) -> Vec<Labelled> {
    let mut chosen = Vec::new();
    for (key, _, _) in DESCRIPTIONS {
        let mut of_line: Vec<(usize, &Labelled)> = train
            .iter()
            .enumerate()
            .filter(|(_, quote)| quote.lines[0] == *key)
            .collect();
        of_line.sort_by_key(|(place, _)| (*place as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        chosen.extend(
            of_line
                .into_iter()
                .skip(draw.saturating_mul(each))
                .take(each)
                .map(|(_, quote)| quote.clone()),
        );
    }
    chosen
}

/// Percentages: right over the lines only, right with "no action line" in play, mean probability of the first answer.
fn accuracy(tagger: &Tagger, dev: &[Labelled]) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for quote in dev {
        let answers = tagger.suggest(&quote.text, &quote.language, 2);
        let is_right = |line: &Option<String>| line.as_ref() == quote.lines.first();
        let best_line = answers
            .iter()
            .find(|answer| answer.line.is_some())
            .expect("a line among two answers");
        sums[0] += f64::from(u8::from(is_right(&best_line.line)));
        sums[1] += f64::from(u8::from(is_right(&answers[0].line)));
        sums[2] += f64::from(answers[0].probability);
    }
    sums.map(|sum| 100.0 * sum / dev.len() as f64)
}

fn speed(lines: &[LineDescription], train: &[Labelled], dev: &[Labelled]) {
    // Thirty lines: further ones share the quotes of the first twelve.
    let mut thirty = lines.to_vec();
    let mut ten_thousand: Vec<Labelled> = train.iter().cycle().take(10_000).cloned().collect();
    for copy in 18..30 {
        let key = format!("{}-{copy}", lines[copy - 18].key);
        thirty.push(LineDescription {
            key: key.clone(),
            ..lines[copy - 18].clone()
        });
        let of_original = ten_thousand
            .iter_mut()
            .filter(|quote| quote.lines[0] == lines[copy - 18].key);
        of_original
            .step_by(2)
            .for_each(|quote| quote.lines[0].clone_from(&key));
    }
    let start = Instant::now();
    let tagger = Tagger::train(&thirty, &ten_thousand);
    println!(
        "refit, 10,000 labels, 30 lines: {:.2} s, {} bytes",
        start.elapsed().as_secs_f64(),
        tagger.to_bytes().len()
    );
    let start = Instant::now();
    let mut answers = 0;
    for _ in 0..10 {
        for quote in dev {
            answers += tagger.suggest(&quote.text, &quote.language, 3).len();
        }
    }
    let each_second = (10 * dev.len()) as f64 / start.elapsed().as_secs_f64();
    println!(
        "{each_second:.0} quotes/s on one core, 30 lines, 3 answers with words ({answers} answers)"
    );
}

fn outside(lines: &[LineDescription], train: &[Labelled], dev: &[Labelled]) {
    for each in [0, 5, 20, usize::MAX] {
        let train = some_of_each(train, each, 0);
        let mut none = 0;
        for away in lines {
            let others: Vec<_> = lines
                .iter()
                .filter(|line| line.key != away.key)
                .cloned()
                .collect();
            let others_said: Vec<_> = train
                .iter()
                .filter(|quote| quote.lines[0] != away.key)
                .cloned()
                .collect();
            let tagger = Tagger::train(&others, &others_said);
            let of_line = dev.iter().filter(|quote| quote.lines[0] == away.key);
            none += of_line
                .filter(|quote| tagger.suggest(&quote.text, "nl", 1)[0].line.is_none())
                .count();
        }
        let each = if each == usize::MAX {
            "all".to_owned()
        } else {
            each.to_string()
        };
        let share = 100.0 * none as f64 / dev.len() as f64;
        println!(
            "quotes of a line that was taken away, {each} labels a class: {share:.1}% answered with none"
        );
    }
}
