//! Positions lead from code that was generated to the file that somebody wrote.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oxc_sourcemap::SourceMap;

use crate::specifier::{is_remote, name_of, normalise, path_of};

/// A line and a column, from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl Place {
    /// The place of a byte of a text.
    pub fn of_offset(text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[start..].chars().count() + 1;
        Self { line: to_u32(line), column: to_u32(column) }
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A place in the code, and where that comes from: a source and a place in it.
#[derive(Clone, Copy, Debug)]
struct Mark {
    code: Place,
    source: u32,
    written: Place,
}

/// Where the parts of generated code come from.
#[derive(Clone, Debug)]
pub struct Positions {
    sources: Vec<String>,
    /// By their place in the code.
    marks: Vec<Mark>,
}

/// How the comment that names a map begins.
const COMMENT: &str = "//# sourceMappingURL=";
/// The largest map that is read.
const MOST: u64 = 64 << 20;

impl Positions {
    /// Those of a source map; sources without a name are the file itself.
    pub(crate) fn of_map(map: &SourceMap<'_>, name: impl Fn(&str) -> String) -> Self {
        let sources = map.get_sources().map(name).collect();
        let place = |line: u32, column: u32| Place { line: line + 1, column: column + 1 };
        let mut marks: Vec<Mark> = map
            .get_tokens()
            .filter_map(|token| {
                Some(Mark {
                    code: place(token.get_dst_line(), token.get_dst_col()),
                    source: token.get_source_id()?,
                    written: place(token.get_src_line(), token.get_src_col()),
                })
            })
            .collect();
        marks.sort_by_key(|mark| mark.code);
        Self { sources, marks }
    }

    /// Those of the map that a script names in its last lines: in the comment itself, or a file beside it.
    pub(crate) fn of_map_beside(name: &str, code: &str) -> Option<Self> {
        let at = code.rfind(COMMENT)?;
        let url = code[at + COMMENT.len()..].lines().next()?.trim();
        let text = match url.strip_prefix("data:application/json;") {
            Some(rest) => {
                let (_, encoded) = rest.split_once("base64,")?;
                String::from_utf8(BASE64_STANDARD.decode(encoded).ok()?).ok()?
            }
            None if is_remote(name) || url.contains(':') => return None,
            None => {
                let path = path_of(name).parent()?.join(url);
                if std::fs::metadata(&path).ok()?.len() > MOST {
                    return None;
                }
                std::fs::read_to_string(path).ok()?
            }
        };
        let map = SourceMap::from_json_string(&text).ok()?;
        Some(Self::of_map(&map, |source| sibling(name, source)))
    }

    /// The source and the place in it that code comes from; none where nobody knows.
    pub fn written(&self, code: Place) -> Option<(&str, Place)> {
        let after = self.marks.partition_point(|mark| mark.code <= code);
        let mark = self.marks[..after].last().filter(|mark| mark.code.line == code.line)?;
        Some((self.sources.get(mark.source as usize)?, mark.written))
    }
}

/// The name of a source that a map gives: one beside the code, or whatever it says.
fn sibling(name: &str, source: &str) -> String {
    if source.contains("://") || is_remote(name) {
        return source.to_owned();
    }
    match path_of(name).parent() {
        Some(folder) => name_of(&normalise(&folder.join(source))),
        None => source.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_lines_and_columns() {
        let place = |offset| {
            let Place { line, column } = Place::of_offset("aé\nb😀c\n", offset);
            (line, column)
        };
        assert_eq!(place(0), (1, 1));
        assert_eq!(place(3), (1, 3));
        assert_eq!(place(4), (2, 1));
        assert_eq!(place(9), (2, 3));
        assert_eq!(place(11), (3, 1));
    }

    #[test]
    fn maps_in_a_comment_lead_to_the_source() {
        // Two lines; the second comes from line 5 of ./src/a.ts, column 3.
        let map = r#"{"version":3,"sources":["./src/a.ts"],"names":[],"mappings":";AAIE"}"#;
        let code = format!(
            "var x;\nthrow x;\n{COMMENT}data:application/json;charset=utf-8;base64,{}\n",
            BASE64_STANDARD.encode(map)
        );
        let positions = Positions::of_map_beside("file:///project/dist/a.js", &code).unwrap();
        assert_eq!(
            positions.written(Place { line: 2, column: 7 }),
            Some(("file:///project/dist/src/a.ts", Place { line: 5, column: 3 }))
        );
        assert_eq!(positions.written(Place { line: 1, column: 1 }), None);
        assert_eq!(positions.written(Place { line: 3, column: 1 }), None);
    }

    #[test]
    fn maps_that_cannot_be_read_are_none() {
        for url in ["a.js.map", "data:application/json;base64,!!", "data:application/json;base64,e30=", "x:y"]
        {
            let code = format!("1\n{COMMENT}{url}");
            let found = Positions::of_map_beside("file:///no/such/folder/a.js", &code);
            assert!(found.is_none_or(|positions| positions.marks.is_empty()), "{url}");
        }
        assert!(
            Positions::of_map_beside("https://x.test/a.js", "1\n//# sourceMappingURL=a.js.map").is_none()
        );
    }
}
