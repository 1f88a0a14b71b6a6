//! An import is a module that a file asks for before it runs, and the names that it wants of it.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_parser::Parser;
use oxc_span::SourceType;
use oxc_syntax::module_record::{ExportImportName, ImportImportName, ModuleRecord};

use crate::positions::Place;
use crate::room::with_room;

/// Bytes of stack that the parser needs for a token at most.
pub(crate) const PARSING: usize = 4 << 10;

/// A static import or export of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The specifier.
    pub specifier: String,
    /// Where it stands.
    pub place: Place,
    /// The names that are wanted, without `default` and the whole.
    pub names: Vec<String>,
}

/// The static imports of an ES module, in the order of the text; none of a text that cannot be read as one.
///
/// A text that is nested deeper than any stack has none either: what runs it says so.
pub fn imports(code: &str) -> Vec<Import> {
    with_room(code, PARSING, || parse(code)).unwrap_or_default()
}

fn parse(code: &str) -> Vec<Import> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, code, SourceType::mjs()).parse();
    let mut names = wanted(&parsed.module_record);
    let mut found: Vec<(u32, Import)> = Vec::new();
    for (specifier, requests) in &parsed.module_record.requested_modules {
        let Some(first) = requests.iter().map(|request| request.span.start).min() else { continue };
        let specifier = specifier.to_string();
        let names = names.remove(&specifier).unwrap_or_default();
        found.push((first, Import { specifier, place: Place::of_offset(code, first as usize), names }));
    }
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, import)| import).collect()
}

/// The names that are wanted of each module.
fn wanted(record: &ModuleRecord<'_>) -> BTreeMap<String, Vec<String>> {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut add = |specifier: &str, name: &str| {
        if name != "default" {
            names.entry(specifier.to_owned()).or_default().push(name.to_owned());
        }
    };
    for entry in &record.import_entries {
        if let ImportImportName::Name(name) = &entry.import_name {
            add(&entry.module_request.name, &name.name);
        }
    }
    for entry in &record.indirect_export_entries {
        if let (Some(request), ExportImportName::Name(name)) = (&entry.module_request, &entry.import_name) {
            add(&request.name, &name.name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_stand_in_the_order_of_the_text() {
        let code = "import a, { b, c as d, default as e } from './x.js';\n\
                    import * as f from 'k6';\n  export { g } from './y.js';\nexport * from './z.js';\n\
                    const text = \"import h from './not.js'\"; import './w.js';\n\
                    import { i } from './x.js'; export const lazy = () => import('./lazy.js');";
        let found: Vec<String> = imports(code)
            .iter()
            .map(|import| {
                let Import { specifier, place, names } = import;
                format!("{specifier}:{}:{} {}", place.line, place.column, names.join(","))
            })
            .collect();
        assert_eq!(found, ["./x.js:1:44 b,c,i", "k6:2:20 ", "./y.js:3:21 g", "./z.js:4:15 ", "./w.js:5:49 "]);
    }

    #[test]
    fn what_is_no_module_has_none() {
        assert_eq!(imports("const a = ;"), []);
        assert_eq!(imports(""), []);
    }
}
