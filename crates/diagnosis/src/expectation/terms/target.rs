//! A target is what a value has to be: a bound such as `< 500ms`, or `true`.

use super::error::ExpectationError;

/// What is measured, and so which units a target may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A short time; judged in milliseconds.
    Millis,
    /// A long time; judged in seconds.
    Seconds,
    /// A part of a whole, from 0% to 100%.
    Share,
    /// A change relative to what was; can be more than 100%.
    Growth,
    /// How often per second.
    PerSecond,
    /// A number of virtual users, or of iterations a second where the load is one.
    Users,
    /// A number of iterations, or their share.
    Iterations,
    /// Yes or no.
    Switch,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Below,
    AtMost,
    Above,
    AtLeast,
    Equal,
}

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    /// A bound, in the unit in which its form is judged.
    Bound { op: Op, limit: f64, percent: bool },
    /// Yes or no.
    Truth(bool),
}

/// The operators, longest first, so that none hides behind a shorter one.
const OPERATORS: [(&str, Op); 8] = [
    ("<=", Op::AtMost),
    (">=", Op::AtLeast),
    ("==", Op::Equal),
    ("≤", Op::AtMost),
    ("≥", Op::AtLeast),
    ("<", Op::Below),
    (">", Op::Above),
    ("=", Op::Equal),
];

impl Form {
    /// Units that can be written, with what they are in the unit in which it is judged.
    fn units(self) -> &'static [(&'static str, f64)] {
        match self {
            Self::Millis => &[
                ("ms", 1.0),
                ("s", 1000.0),
                ("us", 0.001),
                ("µs", 0.001),
                ("μs", 0.001),
                ("ns", 0.000_001),
                ("m", 60_000.0),
            ],
            Self::Seconds => &[("s", 1.0), ("ms", 0.001), ("m", 60.0), ("h", 3600.0)],
            Self::Share | Self::Growth => &[("%", 1.0)],
            Self::PerSecond => &[("", 1.0), ("/s", 1.0), ("tps", 1.0), ("rps", 1.0), ("/m", 1.0 / 60.0)],
            Self::Users => &[("", 1.0), ("users", 1.0), ("VUs", 1.0), ("/s", 1.0), ("명", 1.0)],
            Self::Iterations => &[("", 1.0), ("iterations", 1.0), ("%", 1.0)],
            Self::Switch => &[],
        }
    }
}

impl Target {
    /// Reads a target. A bare value is the bound on the good side: at least, if `more_is_better`, else at most.
    pub(crate) fn parse(
        name: &str,
        text: &str,
        form: Form,
        more_is_better: bool,
    ) -> Result<Self, ExpectationError> {
        let written = text.trim();
        let found = OPERATORS.iter().find_map(|(sign, op)| Some((*op, written.strip_prefix(sign)?.trim())));
        let (op, value) = match found {
            Some((op, value)) => (Some(op), value),
            None => (None, written),
        };
        if form == Form::Switch {
            return match (op, value) {
                (None | Some(Op::Equal), "true") => Ok(Self::Truth(true)),
                (None | Some(Op::Equal), "false") => Ok(Self::Truth(false)),
                _ => Err(wrong(format!("{name} is true or false, not '{written}'"))),
            };
        }
        let bare = if more_is_better { Op::AtLeast } else { Op::AtMost };
        let (limit, percent) = quantity(name, written, value, form)?;
        Ok(Self::Bound { op: op.unwrap_or(bare), limit, percent })
    }
}

/// A number with its unit, in the unit in which the form is judged, and whether that was percent.
fn quantity(name: &str, written: &str, value: &str, form: Form) -> Result<(f64, bool), ExpectationError> {
    let end =
        value.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '_'))).unwrap_or(value.len());
    let (digits, unit) = (&value[..end], value[end..].trim());
    let example = example(form);
    let number = number(digits).ok_or_else(|| {
        wrong(format!(
            "'{written}' is not a target of {name}: write an operator (<, <=, >, >=, ==) and a value, such as {example}"
        ))
    })?;
    let known = form.units().iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
    let (unit, scale) = match known {
        Some((unit, scale)) => (*unit, *scale),
        // Nothing is nothing in every unit.
        None if unit.is_empty() && number == 0.0 => ("", 1.0),
        None => return Err(wrong(wrong_unit(name, unit, form))),
    };
    let limit = number * scale;
    let percent = unit == "%" || form == Form::Share;
    if percent && form != Form::Growth && limit > 100.0 {
        return Err(wrong(format!("{name} is a share: write a value from 0% to 100%, not '{value}'")));
    }
    Ok((limit, percent))
}

/// A number that may have its thousands marked: `1,000` or `1_000`.
fn number(digits: &str) -> Option<f64> {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let groups: Vec<&str> = whole.split([',', '_']).collect();
    let grouped = groups.len() == 1
        || (matches!(groups[0].len(), 1..=3) && groups[1..].iter().all(|group| group.len() == 3));
    let plain = grouped && !whole.is_empty() && !fraction.contains([',', '_', '.']);
    plain.then(|| format!("{}.{fraction}0", groups.concat()).parse().ok()).flatten()
}

fn wrong_unit(name: &str, unit: &str, form: Form) -> String {
    let units: Vec<&str> = form
        .units()
        .iter()
        .map(|(unit, _)| *unit)
        .filter(|unit| unit.is_ascii() && !unit.is_empty())
        .collect();
    let (units, example) = (units.join(", "), example(form));
    match unit {
        "" => format!("the value of {name} needs a unit ({units}): write {example}"),
        _ => format!("{name} has no unit '{unit}': write one of {units}, such as {example}"),
    }
}

fn example(form: Form) -> &'static str {
    match form {
        Form::Millis => "< 500ms",
        Form::Seconds => "< 10s",
        Form::Share => "< 1%",
        Form::Growth => "< 10%",
        Form::PerSecond => "> 100/s",
        Form::Users => "> 500",
        Form::Iterations => "< 1%",
        Form::Switch => "true",
    }
}

fn wrong(text: String) -> ExpectationError {
    ExpectationError::Target(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(op: Op, limit: f64, percent: bool) -> Target {
        Target::Bound { op, limit, percent }
    }

    #[test]
    fn bounds_are_read_with_operator_and_unit() {
        for (text, form, expected) in [
            ("< 500ms", Form::Millis, bound(Op::Below, 500.0, false)),
            ("<=0.5s", Form::Millis, bound(Op::AtMost, 500.0, false)),
            ("≤ 250 µs", Form::Millis, bound(Op::AtMost, 0.25, false)),
            ("< 1.5 m", Form::Seconds, bound(Op::Below, 90.0, false)),
            ("0%", Form::Share, bound(Op::AtMost, 0.0, true)),
            ("0", Form::Share, bound(Op::AtMost, 0.0, true)),
            ("== 100 %", Form::Share, bound(Op::Equal, 100.0, true)),
            ("< 150%", Form::Growth, bound(Op::Below, 150.0, true)),
            ("> 1,000", Form::PerSecond, bound(Op::Above, 1000.0, false)),
            (">=1_000_000 rps", Form::PerSecond, bound(Op::AtLeast, 1_000_000.0, false)),
            ("> 500 users", Form::Users, bound(Op::Above, 500.0, false)),
            ("< 1%", Form::Iterations, bound(Op::Below, 1.0, true)),
            ("0", Form::Iterations, bound(Op::AtMost, 0.0, false)),
            ("true", Form::Switch, Target::Truth(true)),
            ("== false", Form::Switch, Target::Truth(false)),
        ] {
            assert_eq!(Target::parse("it", text, form, false), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_bare_value_is_the_bound_on_the_good_side() {
        assert_eq!(Target::parse("tps", "100", Form::PerSecond, true), Ok(bound(Op::AtLeast, 100.0, false)));
        assert_eq!(Target::parse("p", "5ms", Form::Millis, false), Ok(bound(Op::AtMost, 5.0, false)));
    }

    #[test]
    fn errors_say_what_to_write() {
        let texts: Vec<String> = [
            ("< 500", Form::Millis),
            ("< 500 parsecs", Form::Millis),
            ("fast", Form::Millis),
            ("< 1,00ms", Form::Millis),
            ("< -1ms", Form::Millis),
            ("< 0.01", Form::Share),
            ("< 101%", Form::Share),
            ("< 5", Form::Switch),
            ("true", Form::Seconds),
            ("", Form::PerSecond),
        ]
        .into_iter()
        .map(|(text, form)| Target::parse("it", text, form, false).unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(texts.join("\n"), @r"
        the value of it needs a unit (ms, s, us, ns, m): write < 500ms
        it has no unit 'parsecs': write one of ms, s, us, ns, m, such as < 500ms
        'fast' is not a target of it: write an operator (<, <=, >, >=, ==) and a value, such as < 500ms
        '< 1,00ms' is not a target of it: write an operator (<, <=, >, >=, ==) and a value, such as < 500ms
        '< -1ms' is not a target of it: write an operator (<, <=, >, >=, ==) and a value, such as < 500ms
        the value of it needs a unit (%): write < 1%
        it is a share: write a value from 0% to 100%, not '101%'
        it is true or false, not '< 5'
        'true' is not a target of it: write an operator (<, <=, >, >=, ==) and a value, such as < 10s
        '' is not a target of it: write an operator (<, <=, >, >=, ==) and a value, such as > 100/s
        ");
    }
}
