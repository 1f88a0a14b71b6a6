//! Decimals as scripts see them: exact, immutable, and never turned into floating-point numbers unasked.

use std::cmp::Ordering;

use flashcrowd_dynamodb::Decimal;
use rquickjs::class::Trace;
use rquickjs::function::{Constructor, Opt};
use rquickjs::{Class, Ctx, Exception, JsLifetime, Object, Value};

use crate::quickjs::convert;

/// The largest whole number that JavaScript keeps exactly.
const SAFE: f64 = 9_007_199_254_740_991.0;

/// The most places that a number of DynamoDB's can have.
const PLACES: f64 = 130.0;

/// `Decimal`
#[derive(Clone, JsLifetime, Trace)]
#[rquickjs::class(rename = "Decimal", frozen)]
pub struct ScriptDecimal {
    #[qjs(skip_trace)]
    number: Decimal,
}

impl ScriptDecimal {
    /// The number itself.
    pub fn number(&self) -> &Decimal {
        &self.number
    }
}

#[rquickjs::methods]
impl ScriptDecimal {
    #[qjs(constructor)]
    pub fn new(ctx: Ctx<'_>, value: Opt<Value<'_>>) -> rquickjs::Result<Self> {
        number(&ctx, value.0.as_ref()).map(|number| Self { number })
    }

    /// The sum.
    pub fn plus(&self, ctx: Ctx<'_>, other: Opt<Value<'_>>) -> rquickjs::Result<Self> {
        kept(&ctx, self.number.clone() + &number(&ctx, other.0.as_ref())?)
    }

    /// The difference.
    pub fn minus(&self, ctx: Ctx<'_>, other: Opt<Value<'_>>) -> rquickjs::Result<Self> {
        kept(&ctx, self.number.clone() - &number(&ctx, other.0.as_ref())?)
    }

    /// The product.
    pub fn times(&self, ctx: Ctx<'_>, other: Opt<Value<'_>>) -> rquickjs::Result<Self> {
        kept(&ctx, self.number.clone() * &number(&ctx, other.0.as_ref())?)
    }

    /// Rounded half up to so many places.
    pub fn round(&self, ctx: Ctx<'_>, places: Opt<Value<'_>>) -> rquickjs::Result<Self> {
        let places = self::places(&ctx, places.0.as_ref())?;
        Ok(Self { number: self.number.round(places) })
    }

    /// Below zero, zero or above it, as functions that sort want it.
    pub fn compare(&self, ctx: Ctx<'_>, other: Opt<Value<'_>>) -> rquickjs::Result<i32> {
        Ok(match self.number.cmp(&number(&ctx, other.0.as_ref())?) {
            Ordering::Less => -1,
            Ordering::Equal => 0,
            Ordering::Greater => 1,
        })
    }

    /// Whether both are the same number.
    pub fn equals(&self, ctx: Ctx<'_>, other: Opt<Value<'_>>) -> rquickjs::Result<bool> {
        Ok(self.number == number(&ctx, other.0.as_ref())?)
    }

    /// A whole number of JavaScript's, such as a quantity; a fraction is refused.
    #[qjs(rename = "toInteger")]
    pub fn to_integer(&self, ctx: Ctx<'_>) -> rquickjs::Result<f64> {
        let text = self.number.to_string();
        let whole = text.parse::<i64>().map(|whole| whole as f64).ok().filter(|whole| whole.abs() <= SAFE);
        whole.ok_or_else(|| {
            Exception::throw_range(
                &ctx,
                &format!("{text} is not a whole number that JavaScript keeps exactly"),
            )
        })
    }

    /// Its shortest text.
    #[qjs(rename = "toString")]
    pub fn text(&self) -> String {
        self.number.to_string()
    }

    /// Its text with exactly so many places, rounded half up.
    #[qjs(rename = "toFixed")]
    pub fn to_fixed(&self, ctx: Ctx<'_>, places: Opt<Value<'_>>) -> rquickjs::Result<String> {
        let places = self::places(&ctx, places.0.as_ref())?;
        Ok(fixed(&self.number.round(places), places as usize))
    }

    /// Its shortest text: numbers in JSON are floating-point numbers to most readers.
    #[qjs(rename = "toJSON")]
    pub fn json(&self) -> String {
        self.number.to_string()
    }

    /// Refuses: whoever asks is about to make a floating-point number of it.
    #[qjs(rename = "valueOf")]
    pub fn value_of(&self, ctx: Ctx<'_>) -> rquickjs::Result<f64> {
        Err(Exception::throw_type(
            &ctx,
            "operators do not work on a Decimal: use plus(), minus(), times(), compare() or equals(), and \
             toString() for its text",
        ))
    }
}

/// The class, for `new Decimal('19.90')`.
pub fn class<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Option<Constructor<'js>>> {
    Class::<ScriptDecimal>::create_constructor(ctx)
}

/// A script's value of a number.
pub fn value<'js>(ctx: &Ctx<'js>, number: Decimal) -> rquickjs::Result<Value<'js>> {
    Class::instance(ctx.clone(), ScriptDecimal { number }).map(Class::into_value)
}

/// The Decimal that a value is, if it is one.
pub fn of<'js>(value: &Value<'js>) -> Option<Class<'js, ScriptDecimal>> {
    value.as_object().and_then(Object::as_class::<ScriptDecimal>).cloned()
}

/// The number that a script means by a value.
fn number(ctx: &Ctx<'_>, value: Option<&Value<'_>>) -> rquickjs::Result<Decimal> {
    let value = value.filter(|value| convert::is_some(value));
    let exact = value.ok_or_else(|| MEANT.to_owned()).and_then(exact);
    exact.map_err(|why| Exception::throw_type(ctx, &why))
}

const MEANT: &str = "a Decimal is made of text such as '19.90', a whole number or another Decimal";

/// The number that a value is exactly, or why there is none.
pub fn exact(value: &Value<'_>) -> Result<Decimal, String> {
    if let Some(decimal) = of(value) {
        return Ok(decimal.borrow().number.clone());
    }
    if let Some(number) = value.as_number() {
        whole(number)?;
    } else if !value.is_string() && !value.is_big_int() {
        return Err(MEANT.to_owned());
    }
    convert::to_text(value).unwrap_or_default().parse().map_err(|error| format!("{error}"))
}

/// A number of JavaScript's as the whole number that it surely is, or why it is none.
pub fn whole(number: f64) -> Result<i64, String> {
    if !number.is_finite() {
        return Err(format!("{number} is not a number that DynamoDB keeps"));
    }
    if number.fract() != 0.0 {
        return Err(format!(
            "{number} is a floating-point number, which is not exact: write new Decimal('{number}')"
        ));
    }
    if number.abs() > SAFE {
        return Err(format!(
            "{number} is larger than JavaScript keeps exactly: write new Decimal('...') with its digits"
        ));
    }
    Ok(number as i64)
}

fn kept(ctx: &Ctx<'_>, number: Decimal) -> rquickjs::Result<ScriptDecimal> {
    if number.is_kept() {
        return Ok(ScriptDecimal { number });
    }
    Err(Exception::throw_range(
        ctx,
        "the result has more than the 38 digits that DynamoDB keeps: round() before",
    ))
}

fn places(ctx: &Ctx<'_>, value: Option<&Value<'_>>) -> rquickjs::Result<u32> {
    let places = value.and_then(|value| value.as_number());
    match places.filter(|places| places.fract() == 0.0 && (0.0..=PLACES).contains(places)) {
        Some(places) => Ok(places as u32),
        None => Err(Exception::throw_type(ctx, "say how many decimal places as a whole number: 2 for cents")),
    }
}

/// The text of a number that has no more places than these, with zeros up to them.
fn fixed(number: &Decimal, places: usize) -> String {
    let mut text = number.to_string();
    let has = text.find('.').map_or(0, |dot| text.len() - dot - 1);
    if has == 0 && places > 0 {
        text.push('.');
    }
    text.extend(std::iter::repeat_n('0', places.saturating_sub(has)));
    text
}
