//! Pictures of what experiments found, as SVG: the degradation curve of a run, recovery over many, predictions against
//! what happened.
//!
//! Each is a pure function of journals, so the same journals give the same bytes. Colours are those of the pages, and
//! follow the reader's choice of light or dark: what the plotting crate writes as an attribute, a style sheet in the
//! picture overrides.

mod calibration;
mod curve;
mod gallery;
mod trend;

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use crate::error::Error;

pub(crate) use gallery::{Named, gallery};

use calibration::{calibration, recoveries};
use curve::curves;
use trend::{Point, trend};

/// A picture.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// What it shows, in words.
    pub(crate) title: String,
    /// The `<svg>` element.
    pub(crate) svg: String,
}

/// Where is drawn.
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// What can go wrong: writing to a string does not.
type Failed<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

const INK: RGBColor = RGBColor(0x1d, 0x20, 0x25);
const MUTED: RGBColor = RGBColor(0x5f, 0x66, 0x6f);
const LINE: RGBColor = RGBColor(0xde, 0xdf, 0xdb);
const ACCENT: RGBColor = RGBColor(0x1b, 0x5f, 0xc1);
const BAD: RGBColor = RGBColor(0xc4, 0x26, 0x2e);
const OK: RGBColor = RGBColor(0x1c, 0x7a, 0x49);
/// What each of them is in the dark.
const IN_THE_DARK: [(RGBColor, &str); 6] =
    [(INK, "#dfe3e8"), (MUTED, "#98a0ab"), (LINE, "#2b3037"), (ACCENT, "#7db0ff"), (BAD, "#ff7066"), (OK, "#58c48c")];

/// The size of letters, in pixels.
const LETTERS: u32 = 12;
const FONT: &str = "sans-serif";

/// Draws a picture of this size.
fn picture(
    title: String,
    size: (u32, u32),
    draw: impl for<'a> FnOnce(&Area<'a>) -> Result<(), Failed<'a>>,
) -> Result<Picture, Error> {
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
    let drawn = draw(&area).and_then(|()| area.present());
    drawn.map_err(|e| Error::new(format!("draw the picture of {title}: {e}")))?;
    drop(area);
    Ok(Picture { svg: dressed(&svg, &title), title })
}

/// The axes of a chart.
struct Axes<'n> {
    x: Range<f64>,
    y: Range<f64>,
    /// What stands along each.
    names: [&'n str; 2],
    /// So many numbers along the bottom, about.
    labels: usize,
    /// Whether lines go up from those, too.
    x_lines: bool,
}

type Chart<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

impl Axes<'_> {
    /// Draws them, with a title and with the numbers along the bottom as `number` writes them.
    fn chart<'a, 'b>(
        self,
        area: &'b Area<'a>,
        title: &str,
        number: &dyn Fn(&f64) -> String,
    ) -> Result<Chart<'a, 'b>, Failed<'a>> {
        let mut chart = ChartBuilder::on(area)
            .caption(title, letters(INK))
            .margin(10)
            .x_label_area_size(LETTERS * 3)
            .y_label_area_size(LETTERS * 5)
            .build_cartesian_2d(self.x, self.y)?;
        let mut mesh = chart.configure_mesh();
        if !self.x_lines {
            mesh.disable_x_mesh();
        }
        let [x, y] = self.names;
        mesh.light_line_style(LINE.mix(0.0)).bold_line_style(LINE).axis_style(MUTED).label_style(letters(MUTED));
        mesh.x_labels(self.labels).x_desc(x).x_label_formatter(&number).y_desc(y).y_label_formatter(&short).draw()?;
        Ok(chart)
    }
}

/// With its title for those who cannot see it, and its style sheet.
fn dressed(svg: &str, title: &str) -> String {
    let rules = IN_THE_DARK.map(|(RGBColor(r, g, b), dark)| {
        let light = format!("#{r:02X}{g:02X}{b:02X}");
        format!(".tumult [fill=\"{light}\"]{{fill:{dark}}}.tumult [stroke=\"{light}\"]{{stroke:{dark}}}")
    });
    let dark = rules.concat();
    let (head, rest) = svg.split_once('>').unwrap_or((svg, ""));
    let title = escaped(title);
    format!(
        "{head} class=\"tumult\" role=\"img\"><title>{title}</title><style>.tumult{{max-width:100%;height:auto}}\
         @media (prefers-color-scheme: dark){{{dark}}}</style>{rest}"
    )
}

/// As text of XML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text of a colour.
fn letters(colour: RGBColor) -> TextStyle<'static> {
    (FONT, LETTERS).into_font().color(&colour)
}

/// From the lowest value to the highest, with some air; a range that has a length even when there is one value.
fn span(values: impl IntoIterator<Item = f64>) -> Option<Range<f64>> {
    let (low, high) = values.into_iter().filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })?;
    let air = if high > low { (high - low) * 0.06 } else { (high.abs() * 0.1).max(0.5) };
    // A quantity that is never below zero is not shown below it.
    let bottom = if low >= 0.0 { (low - air).max(0.0) } else { low - air };
    Some(bottom..high + air)
}

/// A number in as few letters as tell it.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that the plotting crate calls")]
fn short(value: &f64) -> String {
    let size = value.abs();
    let text = match size {
        s if s >= 1e6 || (s > 0.0 && s < 1e-3) => return format!("{value:.1e}"),
        s if s >= 100.0 => format!("{value:.0}"),
        s if s >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_air_and_a_length() {
        assert_eq!(span([]), None);
        assert_eq!(span([f64::NAN]), None);
        assert_eq!(span([0.0, 100.0]), Some(0.0..106.0));
        assert_eq!(span([-100.0, 0.0]), Some(-106.0..6.0));
        assert_eq!(span([0.0]), Some(0.0..0.5));
        assert_eq!(span([20.0, 20.0]), Some(18.0..22.0));
    }

    #[test]
    fn numbers_are_short() {
        let all = [0.0, 0.25, 1.0, 45.2, 198.4, 1234.5, 2e7, 1e-5].map(|v| short(&v));
        assert_eq!(all, ["0", "0.25", "1", "45.2", "198", "1234", "2.0e7", "1.0e-5"]);
    }

    #[test]
    fn a_title_cannot_leave_its_element() {
        let picture = picture("</title><script>".into(), (100, 50), |_| Ok(())).unwrap();
        assert!(picture.svg.contains("<title>&lt;/title&gt;&lt;script&gt;</title>"), "{}", picture.svg);
        assert!(picture.svg.starts_with("<svg") && picture.svg.contains("class=\"tumult\""), "{}", picture.svg);
        assert!(picture.svg.contains("prefers-color-scheme: dark"), "{}", picture.svg);
    }
}
