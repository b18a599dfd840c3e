//! Short codes in a document: of a language, an area, the version of a consent text. They name
//! something that is written down elsewhere, so they have no room for a resident's words, which would
//! outlive the erasure of their quote there.

use crate::limits::SHORT_CHARS;

/// ISO 639 for a language that is not known.
pub const UNDETERMINED: &str = "und";

/// The code of an area, the version of a consent text: 1 to 40 ASCII letters, digits, dots, hyphens
/// and underscores.
pub fn is_code(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=SHORT_CHARS).contains(&text.len()) && text.bytes().all(allowed)
}

/// The code of a language: as ISO 639 and BCP 47 write it, `nl`, `ber`, `zh-Hant`; at most 40.
pub fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let language = parts.next().unwrap_or_default();
    let lower_case = language.bytes().all(|byte| byte.is_ascii_lowercase());
    let follows = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (2..=8).contains(&language.len())
        && lower_case
        && text.len() <= SHORT_CHARS
        && parts.all(follows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_no_room_for_words() {
        for code in ["2026-1", "FB03", "WK0363FB", "v1.2_a", &"a".repeat(40)] {
            assert!(is_code(code), "{code}");
        }
        for other in [
            "",
            " ",
            "twee woorden",
            "é",
            "2026\n1",
            "\u{200b}",
            &"a".repeat(41),
        ] {
            assert!(!is_code(other), "{other:?}");
        }
    }

    #[test]
    fn a_language_is_written_as_the_standards_write_it() {
        for code in ["nl", "ber", "und", "zh-Hant", "de-CH-1996"] {
            assert!(is_language(code), "{code}");
        }
        let long = format!("nl{}", "-abcdefgh".repeat(5));
        for other in [
            "",
            "n",
            "NL",
            "nl_BE",
            "nl-",
            "n l",
            "nederlands",
            "é",
            &long,
        ] {
            assert!(!is_language(other), "{other:?}");
        }
    }
}
