//! Emptiness is about what can be seen. A text of blanks, of characters without a width, or of marks
//! that only turn the direction of what follows, looks like nothing; so it is nothing.

/// Whether nothing of this text can be seen.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// Whether this character leaves no ink by itself: blanks, controls, and what Unicode lets a screen
/// ignore (`Default_Ignorable_Code_Point`), with the empty Braille cell.
fn is_invisible(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{00ad}'
            | '\u{034f}'
            | '\u{061c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The one character that cannot be kept: PostgreSQL has no room for it in a text.
pub const NULL: char = '\0';

/// Where the first character stands that cannot be kept, counted in characters from 1, and the last
/// of what stands before it, so that somebody finds the place.
pub fn place_of_null(text: &str) -> Option<(usize, String)> {
    const BEFORE_CHARS: usize = 20;
    let at = text.find(NULL)?;
    let before = &text[..at];
    let chars = before.chars().count();
    let near: String = before
        .chars()
        .skip(chars.saturating_sub(BEFORE_CHARS))
        .collect();
    Some((chars + 1, near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_blank() {
        let blanks = [
            "",
            " \t\r\n",
            "\u{a0}\u{3000}",
            "\u{200b}\u{200b}",
            "\u{2060}\u{feff}",
            "\u{202e}\u{2066}\u{2069}",
            "\u{200f} \u{61c}",
            "\u{ad}",
            "\u{3164}",
            "\u{2800}",
            "\u{fe0f}",
            "\u{e0041}",
            "\0",
        ];
        for blank in blanks {
            assert!(is_blank(blank), "{blank:?}");
        }
    }

    #[test]
    fn what_can_be_seen_is_not_blank() {
        let seen = [
            "a",
            "\u{200b}é",
            "…",
            "👍🏽",
            "نعم",
            "\u{200f}1",
            "❤\u{fe0f}",
            "0",
        ];
        for seen in seen {
            assert!(!is_blank(seen), "{seen:?}");
        }
    }

    #[test]
    fn the_place_of_what_cannot_be_kept_is_told() {
        assert_eq!(place_of_null("héél gewoon"), None);
        assert_eq!(place_of_null("\0a"), Some((1, String::new())));
        let (place, near) = place_of_null("één twee drie vier vijf zes\0\0").unwrap();
        assert_eq!((place, near.as_str()), (28, "e drie vier vijf zes"));
    }
}
