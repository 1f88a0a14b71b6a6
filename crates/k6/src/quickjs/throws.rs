//! A throw of a text or object tells its place: unlike an error, what is thrown has no stack to tell it by.
//!
//! Such statements are rewritten before a file is compiled: `throw 'no stock'` notes its place in a global, and then
//! throws as before. Nothing else of the file changes, and no line moves.

use flashcrowd_modules::{Kind, Place, throws};
use rquickjs::{Ctx, object::Property};

/// The global in which the place of the last such statement is.
const PLACE: &str = "__flashcrowd_thrown_at";

/// How a statement begins that throws something.
const THROW: &str = "throw";

/// Source code whose throws of anything but new errors note their places; `name` is the module's.
pub fn noting(code: &str, name: &str, kind: Kind) -> String {
    let places = throws(code, kind);
    if places.is_empty() {
        return code.to_owned();
    }
    let mut noting = String::with_capacity(code.len() + places.len() * (name.len() + 48));
    let mut from = 0;
    for at in places {
        let before = &code[..at];
        let Place { line, column } = Place::of_offset(code, before.rfind(THROW).unwrap_or(at));
        noting.push_str(&code[from..at]);
        let place = serde_json::Value::from(format!("{name}:{line}:{column}"));
        noting.push_str(&format!(" {PLACE}={place}, "));
        from = at;
    }
    noting.push_str(&code[from..]);
    noting
}

/// Gives a VM the global.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    ctx.globals().prop(PLACE, Property::from("").writable())
}

/// The place of the last such statement, as a line below what was thrown; empty where there was none.
pub fn last(ctx: &Ctx<'_>) -> String {
    let place: String = ctx.globals().get(PLACE).unwrap_or_default();
    if place.is_empty() { place } else { format!("\n\tat {place}") }
}

/// Forgets the place: what is thrown from now on was not thrown there.
pub fn forget(ctx: &Ctx<'_>) {
    // Only a script that has made the global its own keeps this from being done.
    let _ = ctx.globals().set(PLACE, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_file_stays_as_it_is() {
        let noted = |code| noting(code, "file:///a \"b\".js", Kind::Module);
        assert_eq!(noted("throw new Error('x');"), "throw new Error('x');");
        assert_eq!(
            noted("f();\nthrow 'x';\n"),
            "f();\nthrow  __flashcrowd_thrown_at=\"file:///a \\\"b\\\".js:2:1\", 'x';\n"
        );
        assert_eq!(
            noted("throw a(), b"),
            "throw  __flashcrowd_thrown_at=\"file:///a \\\"b\\\".js:1:1\", a(), b"
        );
    }
}
