//! The licences of everything that is compiled into this program; `.ci/licenses` makes the text.

/// One part for each text, with the packages that it is the licence of.
pub const TEXT: &str = include_str!("licenses.txt");

/// Whether a command line asks for the licences, and for nothing else.
pub fn are_asked_for(mut args: impl Iterator<Item = String>) -> bool {
    args.nth(1).as_deref() == Some("--licenses") && args.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_asked_for_alone() {
        for (line, is_so) in [
            ("flashcrowd --licenses", true),
            ("flashcrowd", false),
            ("flashcrowd run --licenses", false),
            ("flashcrowd --licenses x", false),
        ] {
            assert_eq!(are_asked_for(line.split(' ').map(str::to_owned)), is_so, "{line}");
        }
    }
}
