//! The island is the figures behind the charts as JSON inside the page, for the script that shows them.

use serde_json::{Map, Value, json};

use crate::chart::{HEIGHT, Layer, Over, PLOT, Picture, Shape, WIDTH};

/// Figures are kept to so many digits.
const DIGITS: i32 = 4;

/// The figures of all charts; what a browser could take for markup is escaped.
pub(crate) fn island(pictures: &[&Picture]) -> String {
    let over_time = pictures.iter().find(|picture| picture.over == Over::Time);
    let charts: Map<String, Value> =
        pictures.iter().enumerate().map(|(at, picture)| (at.to_string(), of_picture(picture))).collect();
    let (left, top, right, bottom) = PLOT;
    let island = json!({
        "plot": [left, top, right, bottom, WIDTH, HEIGHT],
        "times": over_time.map_or_else(Vec::new, |picture| picture.xs.iter().map(|x| rounded(*x)).collect()),
        "end": over_time.map_or(Value::Null, |picture| rounded(picture.x.high())),
        "charts": charts,
    });
    island.to_string().replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e")
}

fn of_picture(picture: &Picture) -> Value {
    let shown = |layer: &&Layer| !matches!(layer.shape, Shape::Curve(_));
    let series: Vec<Value> = picture.layers.iter().rev().filter(shown).map(of_layer).collect();
    let unit = picture.unit.split(',').next().unwrap_or_default();
    match &picture.over {
        Over::Time => json!({ "unit": unit, "series": series }),
        Over::Other { labels, .. } => {
            let places: Vec<Value> = picture.xs.iter().map(|x| rounded(picture.x.fraction(*x))).collect();
            json!({ "unit": unit, "series": series, "places": places, "labels": labels })
        }
    }
}

fn of_layer(layer: &Layer) -> Value {
    let values: Vec<Value> = layer.values.iter().map(|value| value.map_or(Value::Null, rounded)).collect();
    json!([layer.name, layer.ink.class(), values])
}

/// A number with as many digits as are worth keeping.
fn rounded(value: f64) -> Value {
    if value == 0.0 || !value.is_finite() {
        return json!(0);
    }
    let decimals = (DIGITS - 1 - value.abs().log10().floor() as i32).max(0);
    let text = format!("{value:.0$}", usize::try_from(decimals).unwrap_or_default());
    let number: f64 = text.parse().unwrap_or(value);
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Axis, Ink};

    #[test]
    fn figures_are_short() {
        for (value, text) in
            [(398.123_4, "398.1"), (0.012_345_6, "0.01235"), (12_345.6, "12346"), (3.0, "3"), (0.0, "0")]
        {
            assert_eq!(rounded(value).to_string(), text);
        }
    }

    #[test]
    fn names_cannot_end_the_island() {
        let picture = Picture {
            title: String::new(),
            about: String::new(),
            unit: "ms, logarithmic".into(),
            x: Axis::time(2.0),
            y: Axis::values(1.0),
            over: Over::Time,
            xs: vec![0.5, 1.5],
            bands: Vec::new(),
            layers: vec![Layer::line("</script><b>&".into(), Ink::Blue, vec![Some(1.0), None])],
            marks: Vec::new(),
        };
        let text = island(&[&picture]);
        assert!(!text.contains(['<', '>', '&']), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back["charts"]["0"]["series"][0][0], "</script><b>&");
        assert_eq!(back["charts"]["0"]["series"][0][2], json!([1, null]));
        assert_eq!(back["charts"]["0"]["unit"], "ms");
    }
}
