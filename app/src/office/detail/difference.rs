//! What stands in one wording and not in the other, by words.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    Same(String),
    /// Only in this wording.
    Own(String),
}

/// Words beyond which the wordings are shown without marks: the table of comparison is square.
const MOST_WORDS: usize = 600;

/// `text` in parts, by its longest common sequence of words with `other`.
pub(super) fn difference(text: &str, other: &str) -> Vec<Part> {
    let own: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    let others: Vec<&str> = other.split_inclusive(char::is_whitespace).collect();
    if own.len().max(others.len()) > MOST_WORDS {
        return vec![Part::Same(text.to_owned())];
    }
    let equal = |a: &str, b: &str| a.trim_end() == b.trim_end();
    // common[i][j]: how many words the ends from own[i] and others[j] on have in common.
    let mut common = vec![vec![0_u16; others.len() + 1]; own.len() + 1];
    for i in (0..own.len()).rev() {
        for j in (0..others.len()).rev() {
            common[i][j] = if equal(own[i], others[j]) {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let mut parts: Vec<Part> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < own.len() {
        let is_same = j < others.len() && equal(own[i], others[j]);
        if !is_same && j < others.len() && common[i][j + 1] > common[i + 1][j] {
            j += 1;
            continue;
        }
        match (parts.last_mut(), is_same) {
            (Some(Part::Same(part)), true) | (Some(Part::Own(part)), false) => {
                part.push_str(own[i])
            }
            (_, true) => parts.push(Part::Same(own[i].to_owned())),
            (_, false) => parts.push(Part::Own(own[i].to_owned())),
        }
        i += 1;
        j += usize::from(is_same);
    }
    parts
}
