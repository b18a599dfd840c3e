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

/// One line of text without control characters; the blanks around it are dropped.
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
    if text.chars().any(char::is_control) {
        return Err(ApiError::invalid(
            format!(
                "{} bevat een regeleinde of stuurteken. Haal dat weg.",
                field.nl
            ),
            format!(
                "{} holds a line break or control character. Remove it.",
                field.en
            ),
        ));
    }
    Ok(text.to_owned())
}

/// Text of several lines.
pub(crate) fn paragraph(
    field: Field,
    text: &str,
    chars: RangeInclusive<usize>,
) -> Result<String, ApiError> {
    let text = text.trim();
    let unwanted = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !chars.contains(&text.chars().count()) || text.chars().any(unwanted) {
        return Err(wrong_length(field, &chars));
    }
    if is_blank(text) {
        return blank(field, &chars);
    }
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

/// As it was typed: every character of a password counts.
pub(crate) fn password(text: String) -> Result<String, ApiError> {
    let chars = crate::passwords::MIN_CHARS..=crate::passwords::MAX_CHARS;
    if chars.contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(wrong_length(PASSWORD, &chars))
    }
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

fn wrong_length(field: Field, chars: &RangeInclusive<usize>) -> ApiError {
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
