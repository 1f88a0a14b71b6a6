//! Decimals are exact, immutable, and refuse to become floating-point numbers.

use super::desk::say;

/// What an expression of decimals is.
fn is(expression: &str, expected: &str) {
    assert_eq!(
        say(&format!("console.log(tell(() => {expression}))"), "http://127.0.0.1:1"),
        expected,
        "{expression}"
    );
}

#[test]
fn arithmetic_is_exact() {
    is("new Decimal('0.1').plus('0.2')", "0.3");
    is("new Decimal('19.90').minus(new Decimal('20'))", "-0.1");
    is("new Decimal('19.90').times(3)", "59.7");
    is("new Decimal('19.90').times('0.15').round(2)", "2.99");
    is("new Decimal('-2.985').round(2)", "-2.99");
    is("new Decimal(10n ** 20n).plus(1)", "100000000000000000001");
    is(
        "new Decimal('99999999999999999999999999999999999999').minus('1')",
        "99999999999999999999999999999999999998",
    );
    is("['3', '10', '-1'].map((n) => new Decimal(n)).sort((a, b) => a.compare(b)).join()", r#""-1,3,10""#);
    is("[new Decimal('1.0').equals(1), new Decimal('1').equals('1.01')]", "[true,false]");
    is("[new Decimal(1).compare(2), new Decimal(2).compare(2), new Decimal(3).compare('2.9')]", "[-1,0,1]");
}

#[test]
fn texts_are_as_they_are_asked_for() {
    is("new Decimal('1e2').toString()", r#""100""#);
    is(
        "['19.9', '19.999', '5', '-0.004'].map((n) => new Decimal(n).toFixed(2))",
        r#"["19.90","20.00","5.00","0.00"]"#,
    );
    is("new Decimal('2.5').toFixed(0)", r#""3""#);
    is("({ total: new Decimal('19.90') })", r#"{"total":"19.9"}"#);
    is("`${new Decimal('19.90')} won`", r#""19.9 won""#);
    is("new Decimal('42').toInteger()", "42");
    assert_eq!(
        say("console.log({ price: new Decimal('19.90') }, new Decimal(1))", "http://127.0.0.1:1"),
        "{ price: Decimal(19.9) } Decimal(1)"
    );
}

#[test]
fn no_floating_point_number_gets_in_or_out() {
    let operators = "TypeError: operators do not work on a Decimal: use plus(), minus(), times(), compare() or \
                     equals(), and toString() for its text";
    for expression in [
        "new Decimal(1) + new Decimal(2)",
        "new Decimal(1) + 1",
        "1 - new Decimal(1)",
        "new Decimal(2) * 2",
        "new Decimal(1) < new Decimal(2)",
        "new Decimal(1) == 1",
        "+new Decimal(1)",
        "Number(new Decimal(1))",
        "Math.round(new Decimal('1.5'))",
        "new Decimal(1) + ' won'",
    ] {
        is(expression, operators);
    }
    is(
        "new Decimal(19.9)",
        "TypeError: 19.9 is a floating-point number, which is not exact: write new Decimal('19.9')",
    );
    is(
        "new Decimal('1').times(0.1)",
        "TypeError: 0.1 is a floating-point number, which is not exact: write new Decimal('0.1')",
    );
    is(
        "new Decimal(2 ** 53)",
        "TypeError: 9007199254740992 is larger than JavaScript keeps exactly: write new Decimal('...') with its digits",
    );
    is("new Decimal(NaN)", "TypeError: NaN is not a number that DynamoDB keeps");
    is(
        "new Decimal('1.5').toInteger()",
        "RangeError: 1.5 is not a whole number that JavaScript keeps exactly",
    );
    is(
        "new Decimal('9007199254740993').toInteger()",
        "RangeError: 9007199254740993 is not a whole number that JavaScript keeps exactly",
    );
}

#[test]
fn what_is_no_number_is_refused() {
    let made = "TypeError: a Decimal is made of text such as '19.90', a whole number or another Decimal";
    for expression in [
        "new Decimal()",
        "new Decimal(null)",
        "new Decimal(true)",
        "new Decimal({})",
        "new Decimal(1).plus()",
    ] {
        is(expression, made);
    }
    is("new Decimal('1,50')", "TypeError: '1,50' is not a decimal number: write one such as 19.90");
    is(
        "new Decimal('1e126')",
        "TypeError: '1e126' is out of range: DynamoDB keeps 38 digits from 1E-130 to 9.99E+125",
    );
    is("new Decimal(1).round()", "TypeError: say how many decimal places as a whole number: 2 for cents");
    is("new Decimal(1).toFixed(-1)", "TypeError: say how many decimal places as a whole number: 2 for cents");
    is(
        "new Decimal('1.2345678901234567890').times('1.2345678901234567890123')",
        "RangeError: the result has more than the 38 digits that DynamoDB keeps: round() before",
    );
}

#[test]
fn nothing_changes_a_decimal() {
    is("(() => { const a = new Decimal('1'); a.plus(1); a.round(0); return a; })()", "1");
}
