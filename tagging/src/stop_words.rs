//! Words that say nothing about what a quote is about: Dutch, English, Turkish and Arabic together, because one
//! conversation mixes them.

/// Whether a folded word is a stop word.
pub(crate) fn contains(folded: &str) -> bool {
    STOP_WORDS.binary_search(&folded).is_ok()
}

/// Folded, in ascending order of bytes.
#[rustfmt::skip] // One word a line would make a page of every language.
const STOP_WORDS: &[&str] = &[
    "a", "aan", "about", "al", "all", "alle", "als", "alsjeblieft", "alstublieft", "altijd", "am", "ama",
    "an", "ancak", "and", "are", "as", "at", "bana", "be", "been", "ben", "beni", "benim", "bij", "bir",
    "biz", "bu", "bunu", "but", "by", "can", "cok", "could", "da", "daar", "daha", "dan", "dat", "de",
    "degil", "den", "der", "deze", "did", "die", "dit", "diye", "do", "doen", "does", "door", "dus", "een",
    "en", "er", "erg", "even", "for", "from", "ga", "gaan", "gibi", "graag", "had", "has", "have", "he",
    "heb", "hebben", "heeft", "heel", "hem", "her", "het", "hier", "hij", "him", "his", "hoe", "how", "hun",
    "i", "icin", "if", "ik", "ile", "in", "into", "is", "ise", "it", "its", "je", "jij", "jou", "jullie",
    "kadar", "kan", "ki", "kun", "kunnen", "lutfen", "maar", "mag", "me", "meer", "men", "met", "mi", "mij",
    "mijn", "moet", "moeten", "mogen", "mu", "my", "na", "naar", "ne", "niet", "no", "nog", "not", "nu",
    "o", "of", "olan", "olarak", "om", "omdat", "on", "onder", "ons", "onu", "onze", "ook", "op", "or",
    "our", "over", "please", "s", "sana", "sen", "seni", "senin", "sey", "she", "should", "siz", "so",
    "some", "su", "t", "te", "ten", "ter", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "those", "to", "toch", "toen", "tot", "u", "uit", "up", "us", "uw", "van", "var", "ve",
    "veel", "very", "veya", "voor", "waar", "want", "waren", "was", "wat", "we", "wel", "werd", "were",
    "what", "when", "where", "which", "who", "why", "wie", "wij", "wil", "will", "willen", "with", "word",
    "worden", "wordt", "would", "ya", "yok", "you", "your", "zal", "ze", "zich", "zij", "zijn", "zo", "zou",
    "zullen", "التي", "الذي", "الي", "ان", "انا", "انت", "او", "اي", "بعد", "ثم", "ذلك", "علي", "عن", "عند",
    "في", "قبل", "قد", "كان", "كانت", "كل", "لا", "لك", "لم", "لن", "له", "لي", "ما", "مع", "من", "نحن",
    "هذا", "هذه", "هل", "هم", "هو", "هي", "و", "يا",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_folded() {
        assert!(STOP_WORDS.is_sorted_by(|a, b| a < b));
        assert!(
            STOP_WORDS
                .iter()
                .all(|word| crate::text::fold(word) == *word)
        );
        assert!(contains("de") && contains("من") && !contains("woning"));
    }
}
