//! To fit is to keep of some sentences those that matter most, as long as there is room, and to leave their order.

/// A sentence, and how soon it is left out.
#[derive(Clone, Debug)]
pub(super) struct Sentence {
    /// The text.
    text: String,
    /// The smallest is kept first.
    rank: usize,
    /// What stands between it and the one before.
    gap: &'static str,
}

impl Sentence {
    /// A sentence of that rank.
    pub(super) fn new(rank: usize, text: String) -> Self {
        Self { text, rank, gap: " " }
    }

    /// The same at the beginning of a line.
    pub(super) fn on_new_line(self) -> Self {
        Self { gap: "\n", ..self }
    }
}

/// The sentences that fit into so many characters, by rank, in the order they were given.
pub(super) fn fit(sentences: &[Sentence], most: usize) -> String {
    let mut by_rank: Vec<usize> = (0..sentences.len()).collect();
    by_rank.sort_by_key(|&at| sentences[at].rank);
    let mut kept = vec![false; sentences.len()];
    for at in by_rank {
        kept[at] = !sentences[at].text.is_empty();
        if joined(sentences, &kept).chars().count() > most {
            kept[at] = false;
        }
    }
    joined(sentences, &kept)
}

fn joined(sentences: &[Sentence], kept: &[bool]) -> String {
    let mut text = String::new();
    for (sentence, _) in sentences.iter().zip(kept).filter(|(_, kept)| **kept) {
        if !text.is_empty() {
            text += sentence.gap;
        }
        text += &sentence.text;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_matters_most_is_kept_in_its_order() {
        let sentences = [
            Sentence::new(1, "가나다라.".into()),
            Sentence::new(2, "Left out.".into()),
            Sentence::new(0, "First.".into()).on_new_line(),
        ];
        assert_eq!(fit(&sentences, 12), "가나다라.\nFirst.");
        assert_eq!(fit(&sentences, 6), "First.");
        assert_eq!(fit(&sentences, 4), "");
    }

    proptest! {
        #[test]
        fn it_always_fits(texts in prop::collection::vec("[가-힣a-z]{0,20}", 0..9), most in 0..99_usize) {
            let sentences: Vec<_> =
                texts.iter().enumerate().map(|(at, text)| Sentence::new(at % 3, text.clone())).collect();
            let text = fit(&sentences, most);
            prop_assert!(text.chars().count() <= most);
            prop_assert!(text.split(' ').all(|one| one.is_empty() || texts.iter().any(|text| text == one)));
        }
    }
}
