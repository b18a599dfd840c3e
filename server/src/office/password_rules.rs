//! Which passwords anybody would try first. A refusal says why.

use std::collections::BTreeSet;

use crate::office::fields::{self, PASSWORD};
use crate::office::passwords::{MAX_CHARS, MIN_CHARS};
use crate::problem::ApiError;

/// Fewer different characters are a pattern.
const DIFFERENT: usize = 5;
/// The longest piece that makes a password by being repeated.
const REPEATED: usize = 6;
/// Neighbours on a keyboard or in the alphabet that make a sequence.
const IN_SEQUENCE: usize = 6;
/// A shorter name stands in too many words.
const NAME_CHARS: usize = 4;

const SEQUENCES: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "azertyuiop",
];

/// What stands in most passwords that were ever guessed, here and elsewhere, without the digits and signs
/// around it.
const COMMON: [&str; 72] = [
    "aanmelden",
    "admin",
    "administrator",
    "ajax",
    "amsterdam",
    "april",
    "augustus",
    "baseball",
    "beheerder",
    "bewoner",
    "buurtronde",
    "changeme",
    "december",
    "donderdag",
    "dragon",
    "feyenoord",
    "february",
    "februari",
    "football",
    "geheim",
    "geheimwachtwoord",
    "gemeente",
    "hallo",
    "herfst",
    "iloveyou",
    "ikhouvanjou",
    "inloggen",
    "januari",
    "january",
    "juli",
    "juni",
    "koffie",
    "koffiekar",
    "lente",
    "letmein",
    "login",
    "maandag",
    "maart",
    "master",
    "mei",
    "mijnwachtwoord",
    "monkey",
    "nederland",
    "nieuwwest",
    "november",
    "oktober",
    "paaswoord",
    "passw",
    "password",
    "passwort",
    "princess",
    "qwerty",
    "qwertyuiop",
    "redactie",
    "samen",
    "september",
    "sommer",
    "summer",
    "sunshine",
    "superman",
    "tablet",
    "test",
    "testtest",
    "veldwerker",
    "vrijdag",
    "wachtwoord",
    "welcome",
    "welkom",
    "winter",
    "woensdag",
    "zaterdag",
    "zomer",
];

/// A password that its person may have from now on.
pub(crate) fn checked(password: String, login: &str, name: &str) -> Result<String, ApiError> {
    let chars = MIN_CHARS..=MAX_CHARS;
    if !chars.contains(&password.chars().count()) {
        return Err(fields::wrong_length(PASSWORD, &chars));
    }
    if let Some(c) = password
        .chars()
        .find(|c| c.is_control() || *c == '\u{feff}')
    {
        let code = u32::from(c);
        return Err(ApiError::invalid(
            format!("Het wachtwoord bevat een onzichtbaar teken (U+{code:04X}). Typ het opnieuw."),
            format!("The password holds an invisible character (U+{code:04X}). Type it again."),
        ));
    }
    if password.trim() != password {
        return Err(ApiError::invalid(
            "Het wachtwoord begint of eindigt met een spatie. Haal die weg: bij het aanmelden ziet niemand haar.",
            "The password begins or ends with a space. Remove it: nobody sees it when signing in.",
        ));
    }
    match weakness(&password, login, name) {
        None => Ok(password),
        Some(why) => Err(ApiError::invalid(
            format!(
                "Dit wachtwoord is te makkelijk te raden: {}. Kies er een met bijvoorbeeld drie of vier losse woorden.",
                why.0
            ),
            format!(
                "This password is too easy to guess: {}. Choose one of, for instance, three or four words.",
                why.1
            ),
        )),
    }
}

/// Why it would be guessed, in Dutch and in English.
fn weakness(password: &str, login: &str, name: &str) -> Option<(&'static str, &'static str)> {
    let lower = password.to_lowercase();
    let letters: Vec<char> = lower.chars().collect();
    let different: BTreeSet<&char> = letters.iter().collect();
    if different.len() < DIFFERENT {
        return Some((
            "het bestaat uit te weinig verschillende tekens",
            "it is made of too few different characters",
        ));
    }
    let repeats = |piece: usize| letters.iter().zip(&letters[piece..]).all(|(a, b)| a == b);
    if (1..=REPEATED).any(repeats) {
        return Some(("het herhaalt hetzelfde stuk", "it repeats one piece"));
    }
    if in_sequence(&letters) {
        return Some((
            "het is een rij letters, cijfers of toetsen",
            "it is a row of letters, digits or keys",
        ));
    }
    let names = name.split(|c: char| !c.is_alphanumeric());
    let names = names.filter(|word| word.chars().count() >= NAME_CHARS);
    let own = names.map(str::to_lowercase).chain([login.to_lowercase()]);
    if own
        .into_iter()
        .any(|word| !word.is_empty() && lower.contains(&word))
    {
        return Some((
            "de naam of de aanmeldnaam staat erin",
            "the name or the login stands in it",
        ));
    }
    if COMMON.contains(&core(&letters).as_str()) {
        return Some((
            "het is een van de meest gekozen woorden met iets eromheen",
            "it is one of the words chosen most, with something around it",
        ));
    }
    None
}

/// Is more than half of it one step on, or one back, in a row that everybody knows?
fn in_sequence(letters: &[char]) -> bool {
    let step = |a: char, b: char| {
        SEQUENCES.iter().any(|row| {
            let at = |c: char| row.chars().position(|other| other == c);
            at(a).zip(at(b)).is_some_and(|(a, b)| a.abs_diff(b) == 1)
        })
    };
    let mut run = 1;
    let mut in_runs = 0;
    let ends = letters.windows(2).map(|pair| step(pair[0], pair[1]));
    for goes_on in ends.chain([false]) {
        if goes_on {
            run += 1;
            continue;
        }
        if run >= IN_SEQUENCE {
            in_runs += run;
        }
        run = 1;
    }
    in_runs * 2 > letters.len()
}

/// Its letters without the digits and signs around them, and with letters for the signs that stand for them.
fn core(letters: &[char]) -> String {
    let is_edge = |c: &char| !c.is_alphabetic();
    let core: String = letters
        .iter()
        .map(|c| match c {
            '@' | '4' => 'a',
            '3' => 'e',
            '1' | '!' => 'i',
            '0' => 'o',
            '$' | '5' => 's',
            other => *other,
        })
        .collect();
    let plain: String = letters.iter().collect();
    // `w3lk0m2026`: the digits behind the word are no letters.
    let from = plain.chars().take_while(is_edge).count();
    let until = letters.len() - plain.chars().rev().take_while(is_edge).count();
    let inner = core.chars().skip(from).take(until.saturating_sub(from));
    inner.filter(|c| c.is_alphabetic()).collect()
}
