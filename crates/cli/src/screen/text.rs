//! Text on a screen has a width in columns, which is neither its bytes nor its characters: 한 takes two.

use std::time::Duration;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text with blanks behind it, up to that many columns.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// The text's beginning that fits, with an ellipsis where something was cut off. Escape sequences take no room.
pub fn cut(text: &str, columns: usize) -> String {
    if plain_width(text) <= columns {
        return text.to_owned();
    }
    let (mut cut, mut used, mut escape, mut colored) = (String::new(), 0, false, false);
    for c in text.chars() {
        if escape || c == '\x1b' {
            colored = true;
            escape = c != 'm';
            cut.push(c);
            continue;
        }
        used += c.width().unwrap_or(0);
        if used > columns.saturating_sub(1) {
            break;
        }
        cut.push(c);
    }
    if columns > 0 {
        cut.push('…');
    }
    if colored {
        cut.push_str("\x1b[0m");
    }
    cut
}

/// The columns of a text that may have escape sequences in it.
pub fn plain_width(text: &str) -> usize {
    let mut escape = false;
    let seen = text.chars().filter(|&c| {
        let hidden = escape || c == '\x1b';
        escape = hidden && c != 'm';
        !hidden
    });
    seen.map(|c| c.width().unwrap_or(0)).sum()
}

/// Lines of whole words, none wider than the room unless a single word is; hard blanks do not end a word.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(word) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

/// A colour or weight of text.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    /// Good.
    Green,
    /// Bad.
    Red,
    /// Doubtful.
    Yellow,
    /// Of note.
    Cyan,
    /// Of less note.
    Faint,
}

impl Paint {
    /// The text in this colour, or as it is where colours are off.
    pub fn on(self, text: &str, color: bool) -> String {
        let code = match self {
            Self::Green => 32,
            Self::Red => 31,
            Self::Yellow => 33,
            Self::Cyan => 36,
            Self::Faint => 2,
        };
        if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A time so far, with as many digits as the longest one it can become, so that columns stand still.
pub fn clock(time: Duration, longest: Duration) -> String {
    let tenths = time.as_millis() / 100;
    let (hours, minutes, seconds) = (tenths / 36_000, tenths / 600 % 60, tenths / 10 % 60);
    let most = longest.max(time).as_secs();
    let digits = |n: u64| n.to_string().len();
    let seconds = |width: usize| format!("{seconds:0width$}.{}s", tenths % 10);
    if most >= 3600 {
        format!("{hours:0hours_width$}h{minutes:02}m{}", seconds(2), hours_width = digits(most / 3600))
    } else if most >= 60 {
        format!("{minutes:0minutes_width$}m{}", seconds(2), minutes_width = digits(most / 60))
    } else {
        seconds(digits(most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_takes_two_columns_a_letter() {
        assert_eq!(width("장바구니"), 8);
        assert_eq!(pad("주문", 6), "주문  ");
        assert_eq!(cut("장바구니", 8), "장바구니");
        assert_eq!(cut("장바구니", 6), "장바…");
        assert_eq!(cut("\x1b[31m장바구니\x1b[0m", 5), "\x1b[31m장바…\x1b[0m");
        assert_eq!(cut("ab", 0), "");
    }

    #[test]
    fn words_are_kept_whole() {
        assert_eq!(wrap("재고를 읽고 씁니다", 11), ["재고를 읽고", "씁니다"]);
        assert_eq!(wrap("incomprehensible it is", 5), ["incomprehensible", "it is"]);
        assert_eq!(wrap("p99 47.5\u{a0}ms", 9), ["p99", "47.5 ms"]);
        assert_eq!(wrap("", 5), Vec::<String>::new());
    }

    #[test]
    fn clocks_are_as_long_as_they_will_be() {
        let ms = Duration::from_millis;
        for (time, longest, text) in [
            (0, 2_000, "0.0s"),
            (1_049, 2_000, "1.0s"),
            (1_000, 32_000, "01.0s"),
            (5_900, 90_000, "0m05.9s"),
            (65_000, 600_000, "01m05.0s"),
            (3_600_000, 7_200_000, "1h00m00.0s"),
            (61_000, 30_000, "1m01.0s"),
        ] {
            assert_eq!(clock(ms(time), ms(longest)), text);
        }
    }
}
