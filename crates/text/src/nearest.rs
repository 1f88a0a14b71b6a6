//! The nearest word is the known one that an unknown word was probably meant to be.

/// The candidate with the fewest edits to `word`, if they are few enough for a typing error.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    nearest_within(word, 1 + word.chars().count() / 3, candidates)
}

/// The candidate with the fewest edits to `word`, if there are at most `most` of them.
pub fn nearest_within<'a>(
    word: &str,
    most: usize,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let ranked =
        candidates.into_iter().map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate));
    let (edits, candidate) = ranked.min_by_key(|(edits, _)| *edits)?;
    (edits <= most).then_some(candidate)
}

/// The Levenshtein distance, over one row of its table.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_refuses_strangers() {
        let known = ["duration", "maxVUs", "preAllocatedVUs", "rate"];
        for (word, expected) in [
            ("duraton", Some("duration")),
            ("maxVus", Some("maxVUs")),
            ("preAlocatedVus", Some("preAllocatedVUs")),
            ("rates", Some("rate")),
            ("elephant", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(nearest("x", []), None);
        assert_eq!(nearest_within("ftp", 1, ["http"]), None);
    }
}
