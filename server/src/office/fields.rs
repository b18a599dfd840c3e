//! Bounds of what people type, and the words in which a field that breaks them is refused.

use std::ops::RangeInclusive;

use koffiekar_sync_core::visible::is_blank;

use crate::problem::ApiError;

/// A field's name for people, with its article: `De naam`, `The name`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) nl: &'static str,
    pub(crate) en: &'static str,
}

pub(crate) const LOGIN: Field = Field {
    nl: "De aanmeldnaam",
    en: "The login",
};
pub(crate) const NAME: Field = Field {
    nl: "De naam",
    en: "The name",
};
pub(crate) const PASSWORD: Field = Field {
    nl: "Het wachtwoord",
    en: "The password",
};
pub(crate) const LABEL: Field = Field {
    nl: "De naam van de tablet",
    en: "The device's label",
};
pub(crate) const TITLE: Field = Field {
    nl: "De titel",
    en: "The title",
};
pub(crate) const DESCRIPTION: Field = Field {
    nl: "De omschrijving",
    en: "The description",
};
pub(crate) const SYNONYM: Field = Field {
    nl: "Elk trefwoord",
    en: "Each synonym",
};
pub(crate) const NOTE: Field = Field {
    nl: "De toelichting",
    en: "The note",
};
pub(crate) const TEXT: Field = Field {
    nl: "De tekst",
    en: "The text",
};

/// One line of text in which every character can be seen; the blanks around it are dropped.
pub(crate) fn line(
    field: Field,
    text: &str,
    chars: RangeInclusive<usize>,
) -> Result<String, ApiError> {
    let text = text.trim();
    if !chars.contains(&text.chars().count()) {
        return Err(wrong_length(field, &chars));
    }
    if is_blank(text) {
        return blank(field, &chars);
    }
    all_visible(field, text, |c| c.is_control())?;
    Ok(text.to_owned())
}

/// Text of several lines.
pub(crate) fn paragraph(
    field: Field,
    text: &str,
    chars: RangeInclusive<usize>,
) -> Result<String, ApiError> {
    let text = text.trim();
    if !chars.contains(&text.chars().count()) {
        return Err(wrong_length(field, &chars));
    }
    if is_blank(text) {
        return blank(field, &chars);
    }
    all_visible(field, text, |c| c.is_control() && c != '\n' && c != '\t')?;
    Ok(text.to_owned())
}

/// Nothing can be seen of it: empty where that is allowed, whatever it is made of.
fn blank(field: Field, chars: &RangeInclusive<usize>) -> Result<String, ApiError> {
    if chars.contains(&0) {
        return Ok(String::new());
    }
    Err(ApiError::invalid(
        format!("{} bevat niets dat te zien is. Vul iets in.", field.nl),
        format!(
            "{} holds nothing that can be seen. Fill something in.",
            field.en
        ),
    ))
}

/// Refuses what nobody sees and what turns the direction of the text around it: two names that look the same
/// are the same. A joiner between letters or pictures belongs to the writing of some languages.
fn all_visible(
    field: Field,
    text: &str,
    is_control: impl Fn(char) -> bool,
) -> Result<(), ApiError> {
    let letters: Vec<char> = text.chars().collect();
    for (at, c) in letters.iter().copied().enumerate() {
        let joins = |other: Option<&char>| other.is_some_and(|c| !c.is_ascii() && !is_unseen(*c));
        let belongs = matches!(c, '\u{200c}' | '\u{200d}')
            && joins(at.checked_sub(1).and_then(|before| letters.get(before)))
            && joins(letters.get(at + 1));
        if is_control(c) || is_unseen(c) && !belongs {
            let (place, code) = (at + 1, u32::from(c));
            return Err(ApiError::invalid(
                format!(
                    "{} bevat op plaats {place} een teken dat niemand ziet (U+{code:04X}): een regeleinde, een stuurteken of een teken dat de leesrichting draait. Haal het weg of typ de tekst opnieuw.",
                    field.nl
                ),
                format!(
                    "{} holds at place {place} a character that nobody sees (U+{code:04X}): a line break, a control character or one that turns the direction of text. Remove it or type the text again.",
                    field.en
                ),
            ));
        }
    }
    Ok(())
}

/// Characters without a shape of their own, but for those that change the look of the one before them.
fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
            | '\u{f0000}'..='\u{10ffff}'
    )
}

/// 3 to 40 of a-z, 0-9, dot and hyphen.
pub(crate) fn login(text: &str) -> Result<String, ApiError> {
    if is_login(text) {
        return Ok(text.to_owned());
    }
    Err(ApiError::invalid(
        format!(
            "{} moet 3 tot 40 tekens hebben: kleine letters a-z, cijfers, punt en koppelteken. Kies een andere.",
            LOGIN.nl
        ),
        format!(
            "{} must have 3 to 40 characters: lower case a-z, digits, dot and hyphen. Choose another.",
            LOGIN.en
        ),
    ))
}

pub(crate) fn is_login(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
    (3..=40).contains(&text.len()) && text.chars().all(allowed)
}

pub(crate) fn wrong_length(field: Field, chars: &RangeInclusive<usize>) -> ApiError {
    let (min, max) = (chars.start(), chars.end());
    ApiError::invalid(
        format!(
            "{} moet {min} tot {max} tekens hebben. Pas de lengte aan.",
            field.nl
        ),
        format!(
            "{} must have {min} to {max} characters. Change its length.",
            field.en
        ),
    )
}
