//! An update expression says which attributes are set and removed.

use std::collections::{BTreeSet, HashMap};

const CLAUSES: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// The top-level attributes that an update expression changes. What it only reads is not among them.
pub fn changed<'a>(expression: &'a str, names: Option<&'a HashMap<String, String>>) -> BTreeSet<&'a str> {
    let mut changed = BTreeSet::new();
    let mut expects_target = false;
    let mut depth = 0_usize;
    for token in tokens(expression) {
        match token {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            "," if depth == 0 => expects_target = true,
            _ if depth == 0 && CLAUSES.iter().any(|clause| token.eq_ignore_ascii_case(clause)) => {
                expects_target = true;
            }
            _ if expects_target => {
                expects_target = false;
                let name = names.and_then(|names| names.get(token)).map_or(token, String::as_str);
                changed.insert(name);
            }
            _ => {}
        }
    }
    changed
}

/// The placeholder that a key condition compares an attribute with for equality.
pub fn compared<'a>(
    condition: &'a str,
    names: Option<&HashMap<String, String>>,
    attribute: &str,
) -> Option<&'a str> {
    let tokens: Vec<&str> = tokens(condition).collect();
    let is_it = |token: &str| {
        names.and_then(|names| names.get(token)).map_or(token == attribute, |name| name == attribute)
    };
    tokens.windows(3).find_map(|part| match part {
        [name, "=", value] if is_it(name) => Some(*value),
        [value, "=", name] if is_it(name) => Some(*value),
        _ => None,
    })
}

/// Whether an expression has that name or placeholder in it.
pub fn mentions(expression: &str, name: &str) -> bool {
    tokens(expression).any(|token| token == name)
}

/// The names and placeholders that the paths of a projection begin with.
pub fn paths(projection: &str) -> impl Iterator<Item = &str> {
    projection.split(',').filter_map(|path| tokens(path).next())
}

/// Names, placeholders and single signs; of a path such as `a.b[1]` the signs and the parts apart.
fn tokens(expression: &str) -> impl Iterator<Item = &str> {
    let mut rest = expression;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let in_word = |sign: char| sign.is_alphanumeric() || sign == '_';
        let after_first = &rest[first.len_utf8()..];
        let length = if in_word(first) || matches!(first, '#' | ':') {
            after_first.find(|sign| !in_word(sign)).map_or(rest.len(), |end| end + first.len_utf8())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(expression: &str) -> Vec<String> {
        let names =
            HashMap::from([("#s".to_owned(), "stock".to_owned()), ("#set".to_owned(), "set".to_owned())]);
        changed(expression, Some(&names)).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn the_value_of_the_partition_key_is_found() {
        let names = HashMap::from([("#k".to_owned(), "id".to_owned())]);
        for condition in
            ["id = :v", "#k=:v AND n BETWEEN :a AND :b", "begins_with(s, :p) and :v = id", "(id = :v)"]
        {
            assert_eq!(compared(condition, Some(&names), "id"), Some(":v"), "{condition}");
        }
        assert_eq!(compared("other = :v", Some(&names), "id"), None);
    }

    #[test]
    fn a_projection_has_paths() {
        assert_eq!(paths("a, #b.c[0] ,d[1].e").collect::<Vec<_>>(), ["a", "#b", "d"]);
        assert!(mentions("#k = :v AND n > :w", ":w") && !mentions("#kk = :v", "#k"));
    }

    #[test]
    fn targets_are_told_from_operands() {
        assert_eq!(of("SET stock = stock - :q"), ["stock"]);
        assert_eq!(of("set #s=#s-:q, price = base"), ["price", "stock"]);
        assert_eq!(
            of("SET a = if_not_exists(b, :c), d.e[0] = :f REMOVE g, h[1] ADD i :j"),
            ["a", "d", "g", "h", "i"]
        );
        assert_eq!(of("DELETE tags :t SET #set = list_append(x, y)"), ["set", "tags"]);
        assert_eq!(of(""), Vec::<String>::new());
    }
}
