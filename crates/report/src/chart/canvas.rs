//! The canvas draws pictures as SVG.

use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontFamily, IntoFont, ShapeStyle, TextStyle};

use super::axis::Axis;
use super::palette::Ink;
use super::picture::{Band, Layer, Mark, Picture, Shape};

/// Coordinates of the drawing for one point of the page: they are whole numbers.
const SCALE: u32 = 4;
/// The size of a chart in points.
pub(crate) const WIDTH: u32 = 560;
/// See `WIDTH`.
pub(crate) const HEIGHT: u32 = 250;
/// Where values are drawn, in points: left, top, right, bottom.
pub(crate) const PLOT: (u32, u32, u32, u32) = (64, 24, 536, 222);
/// The size of text, in points, unless the style sheet has another.
const TEXT: f64 = 12.0;
/// What the drawing library divides sizes of text by.
const TEXT_RATIO: f64 = 1.24;
/// The room that a character takes at most, in points: on a phone text is larger than elsewhere.
const CHARACTER: f64 = 9.5;
/// The room between two labels.
const GAP: f64 = 8.0;
/// Of bands that are too narrow for their labels, one in so many has one, at least.
const MOST_STRIDE: usize = 6;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws a picture; what is inside the element `svg`.
pub(crate) fn draw(picture: &Picture) -> String {
    let mut text = String::new();
    let drawn = draw_on(&mut text, picture);
    drawn.expect("the drawing is text in memory, and writing to that cannot fail");
    let inside = text.split_once('>').map_or("", |(_, rest)| rest);
    inside.trim_end().trim_end_matches("</svg>").replace(" opacity=\"1\"", "").replace(" \"/>", "\"/>")
}

/// The size of the drawing's coordinate system.
pub(crate) fn view_box() -> String {
    format!("0 0 {} {}", WIDTH * SCALE, HEIGHT * SCALE)
}

fn draw_on(text: &mut String, picture: &Picture) -> Drawn {
    let (left, top, right, bottom) = PLOT;
    let root = SVGBackend::with_string(text, (WIDTH * SCALE, HEIGHT * SCALE)).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin_top(top * SCALE)
        .margin_right((WIDTH - right) * SCALE)
        .x_label_area_size((HEIGHT - bottom) * SCALE)
        .y_label_area_size(left * SCALE)
        .build_cartesian_2d(picture.x.clone(), picture.y.clone())?;
    bands(&mut chart, &root, picture)?;
    mesh(&mut chart)?;
    for layer in &picture.layers {
        series(&mut chart, picture, layer)?;
    }
    marks(&mut chart, &root, picture)?;
    drop(chart);
    root.present()
}

fn bands(chart: &mut Chart<'_, '_>, root: &Area<'_>, picture: &Picture) -> Drawn {
    let (low, high) = (picture.y.low(), picture.y.high());
    let shaded = picture.bands.iter().skip(1).step_by(2);
    chart.draw_series(
        shaded.map(|band| Rectangle::new([(band.from, high), (band.to, low)], Ink::Band.color().filled())),
    )?;
    for (label, middle) in band_labels(picture) {
        write(root, label, (middle, f64::from(PLOT.1) - 13.0), (HPos::Center, Ink::Text))?;
    }
    Ok(())
}

/// The labels of bands with the middle of each: all of them, or every second and so on, or else those that there is
/// room for.
fn band_labels(picture: &Picture) -> Vec<(&str, f64)> {
    let place = |band: &Band| (across(&picture.x, band.from) + across(&picture.x, band.to)) / 2.0;
    let all: Vec<(&str, f64)> = picture.bands.iter().map(|band| (band.label.as_str(), place(band))).collect();
    let is_apart = |left: &(&str, f64), right: &(&str, f64)| {
        left.1 + room(left.0) / 2.0 + GAP <= right.1 - room(right.0) / 2.0
    };
    for stride in 1..=MOST_STRIDE {
        let some: Vec<_> = all.iter().copied().step_by(stride).collect();
        if some.windows(2).all(|pair| is_apart(&pair[0], &pair[1])) {
            return some;
        }
    }
    let mut fitting: Vec<(&str, f64)> = Vec::new();
    for label in all {
        if fitting.last().is_none_or(|before| is_apart(before, &label)) {
            fitting.push(label);
        }
    }
    fitting
}

fn mesh(chart: &mut Chart<'_, '_>) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(stroke(Ink::Grid, 1))
        .light_line_style(Ink::Grid.color().mix(0.0))
        .axis_style(stroke(Ink::Axis, 1))
        .set_all_tick_mark_size(3 * SCALE)
        .label_style(style(Ink::Text))
        .draw()
}

fn series(chart: &mut Chart<'_, '_>, picture: &Picture, layer: &Layer) -> Drawn {
    let points = picture.xs.iter().copied().zip(layer.values.iter().copied());
    match &layer.shape {
        Shape::Line => lines(chart, points, layer.ink),
        Shape::Dots => {
            let dots: Vec<(f64, f64)> = points.clone().filter_map(|(x, y)| Some((x, y?))).collect();
            lines(chart, points, layer.ink)?;
            let filled = layer.ink.color().filled();
            chart.draw_series(dots.into_iter().map(|at| Circle::new(at, 3 * SCALE, filled)))?;
            Ok(())
        }
        Shape::Stacked(base) => {
            let tops = points.zip(base).map(|((x, y), base)| (x, base + y.unwrap_or_default()));
            let back = picture.xs.iter().copied().zip(base.iter().copied()).rev();
            let outline: Vec<(f64, f64)> = tops.chain(back).collect();
            chart.draw_series([Polygon::new(outline, layer.ink.color().mix(0.8).filled())])?;
            Ok(())
        }
        Shape::Bars(places) => {
            let low = picture.y.low();
            let bars =
                places.iter().zip(&layer.values).filter_map(|(&(from, to), y)| Some((from, to, (*y)?)));
            let filled = layer.ink.color().mix(0.75).filled();
            chart.draw_series(bars.map(|(from, to, y)| Rectangle::new([(from, y), (to, low)], filled)))?;
            Ok(())
        }
        Shape::Curve(points) => {
            chart.draw_series([PathElement::new(points.clone(), stroke(layer.ink, 2))])?;
            Ok(())
        }
    }
}

/// A line through all that have a value; one that stands alone is a dot.
fn lines(chart: &mut Chart<'_, '_>, points: impl Iterator<Item = (f64, Option<f64>)>, ink: Ink) -> Drawn {
    let mut part: Vec<(f64, f64)> = Vec::new();
    let mut parts = Vec::new();
    for (x, y) in points {
        match y {
            Some(y) => part.push((x, y)),
            None => parts.push(std::mem::take(&mut part)),
        }
    }
    parts.push(part);
    for part in parts {
        match part.as_slice() {
            [] => {}
            [alone] => {
                chart.draw_series([Circle::new(*alone, 3 * SCALE / 2, ink.color().filled())])?;
            }
            _ => {
                chart.draw_series([PathElement::new(part, stroke(ink, 2))])?;
            }
        }
    }
    Ok(())
}

/// Upright lines, each with its label on the side where no other line crosses it; labels that would meet all the same
/// stand in rows below each other.
fn marks(chart: &mut Chart<'_, '_>, root: &Area<'_>, picture: &Picture) -> Drawn {
    let (low, high) = (picture.y.low(), picture.y.high());
    let places: Vec<f64> = picture.marks.iter().map(|mark| across(&picture.x, mark.at)).collect();
    let mut taken: Vec<(usize, f64, f64)> = Vec::new();
    for (Mark { at, label, ink }, &x) in picture.marks.iter().zip(&places) {
        chart.draw_series([PathElement::new(vec![(*at, low), (*at, high)], stroke(*ink, 1))])?;
        let (left, right) = ((x - room(label), x), (x, x + room(label)));
        let is_free = |(from, to): (f64, f64)| {
            let crosses = places.iter().any(|other| *other != x && (from..to).contains(other));
            !crosses && from >= f64::from(PLOT.0) && to <= f64::from(WIDTH)
        };
        let goes_left = !is_free(right) && (is_free(left) || right.1 > f64::from(WIDTH));
        let (from, to) = if goes_left { left } else { right };
        let meets =
            |row: usize| taken.iter().any(|(other, start, end)| *other == row && *end > from && *start < to);
        let row = (0..places.len()).find(|row| !meets(*row)).unwrap_or_default();
        taken.push((row, from, to));
        let (side, x) = if goes_left { (HPos::Right, x - 4.0) } else { (HPos::Left, x + 4.0) };
        write(root, label, (x, f64::from(PLOT.1) + 10.0 + row as f64 * 17.0), (side, *ink))?;
    }
    Ok(())
}

/// Where a value lies on the page, in points.
fn across(x: &Axis, value: f64) -> f64 {
    f64::from(PLOT.0) + x.fraction(value) * f64::from(PLOT.2 - PLOT.0)
}

/// The room that a label takes, in points. Letters of Korean are wide.
fn room(label: &str) -> f64 {
    label.chars().map(|c| if c.is_ascii() { CHARACTER } else { 2.0 * CHARACTER }).sum()
}

fn write(root: &Area<'_>, text: &str, (x, y): (f64, f64), (side, ink): (HPos, Ink)) -> Drawn {
    let scale = f64::from(SCALE);
    let at = ((x * scale) as i32, (y * scale) as i32);
    root.draw(&Text::new(text.to_owned(), at, style(ink).pos(Pos::new(side, VPos::Center))))
}

fn style(ink: Ink) -> TextStyle<'static> {
    let font = (FontFamily::SansSerif, TEXT * TEXT_RATIO * f64::from(SCALE)).into_font();
    let mut style = TextStyle::from(font);
    style.color = ink.color().to_backend_color();
    style
}

fn stroke(ink: Ink, width: u32) -> ShapeStyle {
    ink.color().stroke_width(width * SCALE)
}
