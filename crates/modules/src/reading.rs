//! Reading a file's code tells where it throws, and which variables of the environment it asks for.

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    BindingPattern, ComputedMemberExpression, Expression, StaticMemberExpression, ThrowStatement,
    VariableDeclarator,
};
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::{GetSpan as _, SourceType};

use crate::positions::Place;
use crate::room::with_room;
use crate::source::Kind;

/// Bytes of stack that reading needs for a token at most.
const READING: usize = 16 << 10;

/// What scripts find the environment under.
const ENVIRONMENT: &str = "__ENV";

/// Where statements throw something that is no new error, and no value with a name, which may be one: the offsets of what
/// they throw. Unlike an error, such a value has no stack to tell its place by. None of a text that cannot be read.
pub fn throws(code: &str, kind: Kind) -> Vec<usize> {
    if !code.contains("throw") {
        return Vec::new();
    }
    let kind = if kind == Kind::Module { SourceType::mjs() } else { SourceType::cjs() };
    read(code, kind).unwrap_or_default().throws
}

/// The variables of the environment that a text asks for by their names, and where each is first asked for; `name` is
/// the file's, and tells TypeScript.
pub fn variables(name: &str, code: &str) -> Vec<(String, Place)> {
    if !code.contains(ENVIRONMENT) {
        return Vec::new();
    }
    let is_typescript = [".ts", ".mts", ".cts"].iter().any(|ending| name.ends_with(ending));
    let kinds =
        if is_typescript { vec![SourceType::ts()] } else { vec![SourceType::mjs(), SourceType::cjs()] };
    let mut found = kinds.into_iter().find_map(|kind| read(code, kind)).unwrap_or_default().variables;
    found.sort_by_key(|(_, at)| *at);
    let mut variables: Vec<(String, Place)> = Vec::new();
    for (name, at) in found {
        if !variables.iter().any(|(known, _)| *known == name) {
            variables.push((name, Place::of_offset(code, at)));
        }
    }
    variables
}

#[derive(Default)]
struct Found {
    throws: Vec<usize>,
    variables: Vec<(String, usize)>,
}

/// What a text has; none of one that cannot be read as this kind.
fn read(code: &str, kind: SourceType) -> Option<Found> {
    let read = || {
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, code, kind).parse();
        let mut found = Found::default();
        if !parsed.panicked {
            found.visit_program(&parsed.program);
        }
        (!parsed.panicked).then_some(found)
    };
    with_room(code, READING, read).flatten()
}

impl<'a> Visit<'a> for Found {
    fn visit_throw_statement(&mut self, statement: &ThrowStatement<'a>) {
        let argument = statement.argument.without_parentheses();
        if !matches!(argument, Expression::NewExpression(_) | Expression::Identifier(_)) {
            self.throws.push(statement.argument.span().start as usize);
        }
        walk::walk_throw_statement(self, statement);
    }

    fn visit_static_member_expression(&mut self, member: &StaticMemberExpression<'a>) {
        if is_environment(&member.object) {
            self.variables.push((member.property.name.to_string(), member.span.start as usize));
        }
        walk::walk_static_member_expression(self, member);
    }

    fn visit_computed_member_expression(&mut self, member: &ComputedMemberExpression<'a>) {
        if let (true, Expression::StringLiteral(name)) = (is_environment(&member.object), &member.expression)
        {
            self.variables.push((name.value.to_string(), member.span.start as usize));
        }
        walk::walk_computed_member_expression(self, member);
    }

    fn visit_variable_declarator(&mut self, declarator: &VariableDeclarator<'a>) {
        if let (BindingPattern::ObjectPattern(pattern), Some(true)) =
            (&declarator.id, declarator.init.as_ref().map(is_environment))
        {
            for property in &pattern.properties {
                if let Some(name) = property.key.static_name() {
                    self.variables.push((name.to_string(), property.span.start as usize));
                }
            }
        }
        walk::walk_variable_declarator(self, declarator);
    }
}

fn is_environment(expression: &Expression<'_>) -> bool {
    matches!(expression, Expression::Identifier(name) if name.name == ENVIRONMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_of_what_is_no_new_error_are_found() {
        for (code, expected) in [
            ("throw 'a'", vec!["1:7"]),
            ("if (x) {\n  throw `a${b}`; }", vec!["2:9"]),
            (
                "throw { code: 1 }; throw 7; throw\"x\"; throw (e); throw (7)",
                vec!["1:7", "1:26", "1:34", "1:56"],
            ),
            ("throw new Error('throw \"x\"'); throw error;", vec![]),
            ("it.throw('x'); const o = { throw: 'x' }; function throws() { throw f() }", vec!["1:68"]),
            ("'throw \"x\"'; `throw 'x'`; // throw 'x'\n/* throw 'x' */ /throw 'x'/", vec![]),
            ("const r = /['\"`]/; a / b; throw 'z' / d", vec!["1:33"]),
            ("`${(() => { throw 'in a template' })()}`", vec!["1:19"]),
            ("x = a\n/b/g; throw 'c'", vec!["2:13"]),
            ("const = ; throw 'x'", vec![]),
        ] {
            let shown = |at: usize| {
                let Place { line, column } = Place::of_offset(code, at);
                format!("{line}:{column}")
            };
            let found: Vec<String> = throws(code, Kind::Module).into_iter().map(shown).collect();
            assert_eq!(found, expected, "{code}");
        }
        assert_eq!(throws("if (a) return; throw 'x'", Kind::CommonJs), [21]);
    }

    #[test]
    fn variables_are_found_by_their_names() {
        let code = "const { A, B: b = 1, ...rest } = __ENV;\nget(`${__ENV.URL}/${__ENV['KEY']}`, __ENV.URL, __ENV[name], env.NO, '__ENV.NO');";
        let found: Vec<String> = variables("a.js", code)
            .iter()
            .map(|(name, place)| format!("{name}:{}:{}", place.line, place.column))
            .collect();
        assert_eq!(found, ["A:1:9", "B:1:12", "URL:2:8", "KEY:2:21"]);
        assert_eq!(variables("a.ts", "const a: string = __ENV.A as string;").len(), 1);
        assert_eq!(variables("a.js", "if (__ENV.A) return;").len(), 1);
    }
}
