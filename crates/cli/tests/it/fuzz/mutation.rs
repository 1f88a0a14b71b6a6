//! A mutation makes another input out of known ones.

use crate::chaos::Dice;

/// An input is no longer than this: what is long is a matter of other tests.
const LONGEST: usize = 64 << 10;

/// What breaks parsers in general; each target has words of its own besides.
const WORDS: [&str; 34] = [
    "\0",
    "\n",
    "\r\n",
    "\t",
    " ",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "=",
    "&",
    "%",
    "%00",
    "-1",
    "0",
    "1e999",
    "-0",
    "NaN",
    "18446744073709551616",
    "9223372036854775807",
    "0.1",
    "null",
    "true",
    "한",
    "\u{202e}",
    "\u{feff}",
    "/../",
];

/// Another input.
pub fn mutated(dice: &mut Dice, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(5) {
        change(dice, &mut input, corpus, words);
    }
    input.truncate(LONGEST);
    input
}

fn change(dice: &mut Dice, input: &mut Vec<u8>, corpus: &[Vec<u8>], words: &[&str]) {
    let at = dice.below(input.len() + 1);
    let end = at + dice.below((input.len() - at).min(40) + 1);
    match dice.below(9) {
        0 => {
            let word =
                if dice.below(2) == 0 || words.is_empty() { dice.one(&WORDS) } else { dice.one(words) };
            input.splice(at..end, word.bytes());
        }
        1 => {
            let word =
                if dice.below(2) == 0 || words.is_empty() { dice.one(&WORDS) } else { dice.one(words) };
            input.splice(at..at, word.bytes());
        }
        2 => drop(input.drain(at..end)),
        3 => input.truncate(at),
        4 if at < input.len() => input[at] ^= 1 << dice.below(8),
        5 if at < input.len() => input[at] = dice.bytes(1)[0],
        6 => {
            // The same again, up to a thousand times: depth and length.
            let part = input[at..end].to_vec();
            let times = 1 << dice.below(11);
            input.splice(at..at, part.repeat(times));
        }
        7 => {
            let other = &corpus[dice.below(corpus.len())];
            let from = dice.below(other.len() + 1);
            input.splice(at.., other[from..].iter().copied());
        }
        _ => {
            let noise = dice.below(20);
            let noise = dice.bytes(noise);
            input.splice(at..at, noise);
        }
    }
}
