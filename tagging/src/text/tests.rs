use super::*;
use crate::arithmetic::Sequence;

fn terms(text: &str, language: &str) -> String {
    search_terms(text, language).join(" ")
}

#[test]
fn folding_removes_what_searchers_leave_out() {
    for (text, folded) in [
        ("Één Café in GEUZENVELD", "een cafe in geuzenveld"),
        ("İSTANBUL'da çocuğum ışık", "istanbul'da cocugum isik"),
        ("أحمد إلى مدرسةٌ كـــبيرة", "احمد الي مدرسه كبيره"),
        ("e\u{301}e\u{301}n ﬁets", "een fiets"),
        ("٢٠٢٤ ۲۰", "2024 20"),
        ("straße", "strasse"),
        ("", ""),
    ] {
        assert_eq!(fold(text), folded);
        assert_eq!(fold(folded), folded, "folding twice changes nothing");
    }
}

#[test]
fn a_quote_is_indexed_under_its_words_and_their_stems() {
    assert_eq!(
        terms("Te weinig woningen!", "nl"),
        "te weinig won woningen woning".replace("won ", "")
    );
    assert_eq!(terms("Evler çok pahalı", "tr"), "evler ev cok pahali pahal");
    assert_eq!(terms("the neighbours", "en-GB"), "the neighbours neighbour");
    assert_eq!(terms("المدرسة بعيدة", "ar"), "almdrsh mdrsh b3ydh");
    assert_eq!(terms("Woningen", "unknown"), "woningen");
}

#[test]
fn plural_and_singular_find_each_other() {
    for (said, asked, language) in [
        ("huizen", "huis", "nl"),
        ("huis", "huizen", "nl"),
        ("brieven", "brief", "nl"),
        ("brief", "brieven", "nl"),
        ("beurzen", "beurs", "nl"),
        ("glazen", "glas", "nl"),
        ("verhuizen", "verhuis", "nl"),
        ("lieve", "lief", "nl"),
        ("kinderen", "kind", "nl"),
        ("steden", "stad", "nl"),
        ("stad", "steden", "nl"),
        // Said in Arabic or in Dutch, whatever the text says of itself.
        ("المدرسة", "مدرسة", "nl"),
        ("مدرسة", "المدرسة", "tr"),
        ("المدرسة", "مدرسة", "ber"),
        ("woningen", "woning", "ar"),
        ("woning", "woningen", "nl"),
        ("woningen", "woning", "nl"),
        ("evler", "ev", "tr"),
        ("مدرسة", "المدرسة", "ar"),
    ] {
        let index = search_terms(said, language);
        let query = query_terms(asked);
        assert!(
            query[0]
                .variants
                .iter()
                .any(|variant| index.contains(variant)),
            "{asked} must find {said}"
        );
    }
}

#[test]
fn the_first_variant_of_a_query_word_is_the_word_itself() {
    let query = query_terms("Speelplekken buurt");
    assert_eq!(query.len(), 2);
    assert_eq!(query[0].variants[0], "speelplekken");
    assert_eq!(query[1].variants[0], "buurt");
}

#[test]
fn punctuation_leaves_no_terms_and_each_emoji_one_of_its_own() {
    assert!(search_terms(" … -- !", "nl").is_empty());
    assert!(query_terms("").is_empty());
    assert_eq!(terms("blij🙂❤️", "nl"), "blij x1f642 x2764");
    // Neither the colour of a skin nor what joins several to one changes what is found.
    assert_eq!(terms("👍🏽", "nl"), terms("👍", "nl"));
    assert_eq!(terms("👩‍👧", "nl"), terms("👩👧", "nl"));
    assert_eq!(
        terms("🇹🇷", "nl"),
        query_terms("🇹🇷")
            .iter()
            .map(|w| &*w.variants[0])
            .collect::<Vec<_>>()
            .join(" ")
    );
}

#[test]
fn only_a_last_word_that_may_go_on_is_a_beginning() {
    for (asked, is_beginning) in [
        ("speelpl", true),
        ("'s", false),
        ("\u{2019}s", false),
        ("s", false),
        ("foto's", false),
        ("İstanbul'da", false),
        ("'s avonds", true),
        ("'huur'", true),
        ("huur 🙂", false),
        ("مدر", true),
    ] {
        let query = query_terms(asked);
        assert_eq!(query.last().unwrap().is_beginning, is_beginning, "{asked}");
        let others = &query[..query.len() - 1];
        assert!(others.iter().all(|word| !word.is_beginning), "{asked}");
    }
}

#[test]
fn every_term_is_short_and_plain_whatever_is_typed() {
    let ranges = [
        0x20..0x250,
        0x370..0x530,
        0x600..0x700,
        0x1e00..0x2100,
        0x2d30..0x2d80,
        0x3040..0x4e80,
        0x1f300..0x1fb00,
    ];
    let mut sequence = Sequence::new(7);
    for _ in 0..3_000 {
        let range = &ranges[sequence.below(ranges.len())];
        let text: String = (0..sequence.below(80))
            .filter_map(|_| char::from_u32(range.start + sequence.below(range.len()) as u32))
            .collect();
        for language in ["nl", "tr", "en", "ar", "ber"] {
            let indexed = search_terms(&text, language);
            let asked: Vec<String> = query_terms(&text)
                .into_iter()
                .flat_map(|word| word.variants)
                .collect();
            for term in indexed.iter().chain(&asked) {
                assert!(
                    (1..=LONGEST_TERM).contains(&term.len()),
                    "{text:?} gave {term:?}"
                );
                assert!(
                    term.bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
                    "{text:?} gave {term:?}"
                );
            }
            assert!(
                indexed.iter().all(|term| asked.contains(term)),
                "a quote's own words find it: {text:?}"
            );
        }
    }
}

#[test]
fn a_word_of_a_script_without_a_table_is_still_found() {
    assert_eq!(terms("жильё", "ru"), terms("ЖИЛЬЁ", "ru"));
    assert!(!terms("жильё", "ru").is_empty());
}
