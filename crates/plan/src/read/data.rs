//! Data is where the values of placeholders come from: ranges, lists, files, sequences.

use std::path::Path;

use flashcrowd_test::{LARGEST_DATA, read_text};
use serde_json::{Map, Value};

use super::names::{BUILT_IN, Names, is_name};
use super::object::Object;
use super::reader::{Reader, suggestion};
use super::template::Written;
use crate::fields::{FILE, PICKS, SEQUENCE, SOURCES_OF_DATA, Shape, VALUES};
use crate::model::{Data, Json, Pick, Values};
use crate::yaml::{Content, Entry, Node, Place, plain_value};

impl Reader<'_> {
    /// All data of a plan. Those that are wrong are reported, and known by name nevertheless.
    pub(crate) fn data(&mut self, node: Option<&Node>, names: &mut Names) -> Vec<Data> {
        let Some(node) = node else { return Vec::new() };
        let Some(entries) = node.map() else {
            self.wrong(
                node.place,
                format!("{} is no data: write names with values, such as 'product: 1..10'", node.told()),
            );
            return Vec::new();
        };
        let mut all = Vec::new();
        for entry in entries {
            self.check_name(entry);
            let values = self.values(&entry.value);
            names.data.push((entry.name.clone(), values.as_ref().map(columns).unwrap_or_default()));
            // A stand-in keeps positions right; nothing runs with it, for a problem was reported.
            let values = values.unwrap_or(Values::Range(0..=0));
            all.push(Data { name: entry.name.clone(), values });
        }
        all
    }

    fn check_name(&mut self, entry: &Entry) {
        let name = &entry.name;
        if BUILT_IN.contains(&name.as_str()) {
            self.wrong(entry.place, format!("{{{name}}} stands for something already: choose another name"));
        } else if !is_name(name) {
            self.wrong(
                entry.place,
                format!("'{name}' is no name for data: write letters, digits, '_' and '-', a letter first"),
            );
        }
    }

    fn values(&mut self, node: &Node) -> Option<Values> {
        match &node.content {
            Content::Scalar(_) => {
                let written = Written::of(node).filter(|written| written.text.contains(".."));
                let Some(written) = written else {
                    let told = node.told();
                    self.wrong(
                        node.place,
                        format!(
                            "{told} is no data: write a range such as 1..10, \
                    a list such as [red, blue], or {{file: users.csv}}"
                        ),
                    );
                    return None;
                };
                self.range(node.place, written.text).map(Values::Range)
            }
            Content::List(items) => self.listed(node.place, items, Pick::default()),
            Content::Map(entries) => {
                let told = SOURCES_OF_DATA.iter().find(|(name, _)| node.field(name).is_some());
                match told {
                    Some((_, shape)) => self.described(node, shape),
                    None => {
                        let names = SOURCES_OF_DATA.map(|(name, _)| name);
                        let first = entries.first().map_or("", |entry| entry.name.as_str());
                        let near = suggestion(first, names);
                        self.wrong(
                            node.place,
                            format!("'{first}' describes no data: write one of {}{near}", names.join(", ")),
                        );
                        if let Some(pick) = node.field("pick") {
                            self.word(pick, &PICKS);
                        }
                        None
                    }
                }
            }
        }
    }

    fn described(&mut self, node: &Node, shape: &'static Shape) -> Option<Values> {
        let object = Object::open(self, node, shape)?;
        if std::ptr::eq(shape, &raw const SEQUENCE) {
            let start = object.get("sequence").and_then(|start| self.whole(start));
            let step = object.get("step").map_or(Some(1), |step| self.whole(step))?;
            if step == 0 {
                self.wrong(object.place, "a step of 0 gives the same number again and again: write 1");
            }
            return Some(Values::Sequence { start: start?, step });
        }
        let pick = match object.get("pick").and_then(|pick| self.word(pick, &PICKS)) {
            Some("sequence") => Pick::Sequence,
            Some("user") => Pick::User,
            _ => Pick::Random,
        };
        if std::ptr::eq(shape, &raw const VALUES) {
            let values = object.get("values")?;
            let Some(items) = values.list() else {
                self.wrong(
                    values.place,
                    format!("{} is no list of values: write one such as [red, blue]", values.told()),
                );
                return None;
            };
            return self.listed(values.place, items, pick);
        }
        debug_assert!(std::ptr::eq(shape, &raw const FILE));
        let file = object.get("file")?;
        let name = self.text(file, "name of a file")?;
        let path = self.beside(file.place, &name);
        let rows = read_rows(&path).map_err(|message| self.wrong(file.place, message)).ok()?;
        Some(Values::Rows { rows: rows.into(), pick })
    }

    fn listed(&mut self, place: Place, items: &[Node], pick: Pick) -> Option<Values> {
        if items.is_empty() {
            self.wrong(place, "the list has no values: write at least one");
            return None;
        }
        let none = Names::default();
        let value = |reader: &mut Self, item: &Node| match reader.json(item, &none) {
            Json::Plain(value) => Some(value),
            _ => {
                reader.wrong(item.place, "values of data have no placeholders");
                None
            }
        };
        let rows: Vec<Option<Value>> = items.iter().map(|item| value(self, item)).collect();
        let rows: Option<Vec<Value>> = rows.into_iter().collect();
        Some(Values::Rows { rows: rows?.into(), pick })
    }
}

/// The columns of a data source: the names of its objects' fields.
fn columns(values: &Values) -> Vec<String> {
    let Values::Rows { rows, .. } = values else { return Vec::new() };
    let mut columns: Vec<String> = Vec::new();
    for row in rows.iter().filter_map(Value::as_object).take(1000) {
        for name in row.keys() {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
    }
    columns
}

fn read_rows(path: &Path) -> Result<Vec<Value>, String> {
    let shown = path.display();
    let extension = path.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("csv" | "json")) {
        return Err(format!("{shown} is neither .csv nor .json: give the file one of these names"));
    }
    let text = read_text(path, LARGEST_DATA)
        .map_err(|error| format!("cannot read the data file {shown}: {error}"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let rows = match extension {
        Some("csv") => read_csv(text).map_err(|error| format!("{shown} is no CSV: {error}"))?,
        _ => match serde_json::from_str(text) {
            Ok(Value::Array(rows)) => rows,
            Ok(_) => return Err(format!("{shown} is no list: write a JSON file with [...] in it")),
            Err(error) => return Err(format!("{shown} is no JSON: {error}")),
        },
    };
    if rows.is_empty() { Err(format!("{shown} has no rows: write at least one")) } else { Ok(rows) }
}

/// Rows as objects. Where all values of a column are numbers they are read as such, for the sake of JSON bodies.
fn read_csv(text: &str) -> Result<Vec<Value>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let names = reader.headers()?.clone();
    let records = reader.records().collect::<Result<Vec<_>, _>>()?;
    let number = |text: &str| match plain_value(text) {
        Value::Number(number) if number.to_string() == text => Some(Value::Number(number)),
        _ => None,
    };
    let numeric: Vec<bool> = (0..names.len())
        .map(|at| records.iter().all(|record| record.get(at).is_some_and(|text| number(text).is_some())))
        .collect();
    let row = |record: &csv::StringRecord| {
        let fields = names.iter().zip(record).zip(&numeric).map(|((name, text), numeric)| {
            let value = number(text).filter(|_| *numeric).unwrap_or_else(|| Value::String(text.to_owned()));
            (name.to_owned(), value)
        });
        Value::Object(fields.collect::<Map<_, _>>())
    };
    Ok(records.iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_of_numbers_are_numbers_and_others_are_text() {
        let text = "id,name,zip,phone\r\n1,\"김, 철수\",01234,010-1\n2, Ann ,99999,\n";
        assert_eq!(
            read_csv(text).unwrap(),
            [
                json!({"id": 1, "name": "김, 철수", "zip": "01234", "phone": "010-1"}),
                json!({"id": 2, "name": "Ann", "zip": "99999", "phone": ""}),
            ]
        );
    }

    #[test]
    fn rows_of_another_length_are_refused() {
        assert!(read_csv("a,b\n1\n").is_err());
    }
}
