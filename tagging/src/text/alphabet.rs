//! Letters: which are the same letter for a searcher, and how other scripts are written in `[a-z0-9]`.

use std::fmt::Write as _;

/// Characters that join or stretch a word without being heard: tatweel, soft hyphen, joiners and direction marks.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{0640}' | '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}'
    )
}

/// A letter of the Arabic script, in whatever language.
pub(crate) fn is_arabic(c: char) -> bool {
    matches!(c, '\u{0620}'..='\u{06FF}' | '\u{0750}'..='\u{077F}' | '\u{08A0}'..='\u{08FF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}')
}

/// An emoji or another picture that stands for itself; not the colours of skin, which only change one.
pub(crate) fn is_picture(c: char) -> bool {
    match c {
        '\u{1F3FB}'..='\u{1F3FF}' => false,
        '\u{231A}'..='\u{23FF}'
        | '\u{25A0}'..='\u{27BF}'
        | '\u{2B05}'..='\u{2B55}'
        | '\u{1F000}'..='\u{1FAFF}' => !c.is_alphanumeric(),
        _ => false,
    }
}

/// Writes a decomposed lower-case character in its plain form: letters that Unicode does not decompose but people
/// type without their stroke or dot, the Arabic spelling variants, and digits.
pub(crate) fn push_plain(c: char, out: &mut String) {
    match c {
        'ı' => out.push('i'),
        'ß' => out.push_str("ss"),
        'æ' => out.push_str("ae"),
        'œ' => out.push_str("oe"),
        'ø' => out.push('o'),
        'đ' | 'ð' => out.push('d'),
        'ł' => out.push('l'),
        'þ' => out.push_str("th"),
        // Alef with hamza or madda is decomposed before it comes here; wasla and the Quranic forms are not.
        'ٱ' | 'ٲ' | 'ٳ' => out.push('ا'),
        'ى' | 'ی' => out.push('ي'),
        'ة' | 'ہ' | 'ە' => out.push('ه'),
        'ک' => out.push('ك'),
        '٠'..='٩' => push_digit(c, '٠', out),
        '۰'..='۹' => push_digit(c, '۰', out),
        // A fold may bring a capital back (compatibility forms such as the modifier letters).
        _ if c.is_uppercase() => out.extend(c.to_lowercase()),
        _ => out.push(c),
    }
}

fn push_digit(c: char, zero: char, out: &mut String) {
    let digit = c as u32 - zero as u32;
    out.extend(char::from_digit(digit, 10));
}

/// Writes a folded character in `[a-z0-9]`. A letter of a script without a table becomes `x` and its code point in
/// hexadecimal, so that no resident's word is lost to the search, and so does a picture; what is none of these is left
/// out.
pub(crate) fn push_latin(c: char, out: &mut String) {
    if c.is_ascii_lowercase() || c.is_ascii_digit() {
        out.push(c);
    } else if let Some(latin) = arabic(c).or_else(|| tifinagh(c)) {
        out.push_str(latin);
    } else if c.is_alphanumeric() || is_picture(c) {
        let written = write!(out, "x{:x}", c as u32);
        debug_assert!(written.is_ok(), "a string takes any text");
    }
}

/// A transliteration for searching, not for reading: every letter has its own spelling, without marks.
fn arabic(c: char) -> Option<&'static str> {
    Some(match c {
        'ا' => "a",
        'ب' => "b",
        'ت' => "t",
        'ث' => "th",
        'ج' => "j",
        'ح' => "h7",
        'خ' => "kh",
        'د' => "d",
        'ذ' => "dh",
        'ر' => "r",
        'ز' => "z",
        'س' => "s",
        'ش' => "sh",
        'ص' => "s9",
        'ض' => "d9",
        'ط' => "t6",
        'ظ' => "z6",
        'ع' => "3",
        'غ' => "gh",
        'ف' => "f",
        'ق' => "q",
        'ك' => "k",
        'ل' => "l",
        'م' => "m",
        'ن' => "n",
        'ه' => "h",
        'و' => "w",
        'ي' => "y",
        'ء' => "2",
        'پ' => "p",
        'چ' => "ch",
        'ژ' => "zh",
        'ڤ' => "v",
        'گ' | 'ڭ' => "g",
        _ => return None,
    })
}

/// The letters of Berber (Amazigh) as the Moroccan institute IRCAM writes them.
fn tifinagh(c: char) -> Option<&'static str> {
    Some(match c {
        'ⴰ' => "a",
        'ⴱ' => "b",
        'ⴳ' => "g",
        'ⴷ' => "d",
        'ⴹ' => "d9",
        'ⴻ' => "e",
        'ⴼ' => "f",
        'ⴽ' => "k",
        'ⵀ' => "h",
        'ⵃ' => "h7",
        'ⵄ' => "3",
        'ⵅ' => "kh",
        'ⵇ' => "q",
        'ⵉ' => "i",
        'ⵊ' => "j",
        'ⵍ' => "l",
        'ⵎ' => "m",
        'ⵏ' => "n",
        'ⵓ' => "u",
        'ⵔ' => "r",
        'ⵕ' => "r9",
        'ⵖ' => "gh",
        'ⵙ' => "s",
        'ⵚ' => "s9",
        'ⵛ' => "sh",
        'ⵜ' => "t",
        'ⵟ' => "t6",
        'ⵡ' => "w",
        'ⵢ' => "y",
        'ⵣ' => "z",
        'ⵥ' => "z6",
        _ => return None,
    })
}
