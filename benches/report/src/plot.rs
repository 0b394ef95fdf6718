//! Latency against the number of policies, both logarithmic.

use std::error::Error;
use std::path::Path;

use plotters::prelude::{
    ChartBuilder, Circle, Color as _, IntoDrawingArea as _, IntoFont as _, IntoLogRange as _,
    LineSeries, RGBColor, SVGBackend, Text, WHITE,
};
use plotters::style::TextStyle;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::found::Found;
use crate::text::{grouped, time};

const SIZE: (u32, u32) = (960, 600);
/// Room for names at the right of their lines.
const NAMES: u32 = 210;
/// The least distance between two names.
const LEADING: i32 = 17;

/// Colours that people who see few of them tell apart; names stand beside lines anyway.
const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(0, 158, 115),
    RGBColor(213, 94, 0),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(120, 120, 120),
];

struct Line {
    name: String,
    points: Vec<(f64, f64)>,
    ours: bool,
}

/// Draws the plots of the page into its folder.
pub(crate) fn draw(found: &Found, folder: &Path) -> Result<(), Box<dyn Error>> {
    let path = folder.join("latency-by-policies.svg");
    let root = SVGBackend::new(&path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let lines = lines(found);
    let values = || lines.iter().flat_map(|line| &line.points).map(|(_, nanos)| *nanos);
    let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(1.0, f64::max));
    let range = |value: f64| 10_f64.powf(value.log10().floor())..10_f64.powf(high.log10().ceil());
    let font = |size: i32| ("sans-serif", size).into_font();
    let mut chart = ChartBuilder::on(&root)
        .caption("Mean time of one decision, by the number of policies", font(20))
        .margin(12)
        .margin_right(NAMES)
        .x_label_area_size(44)
        .y_label_area_size(78)
        .build_cartesian_2d((10.0..10_000.0).log_scale(), range(low).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("policies")
        .y_desc("time of one decision")
        .x_label_formatter(&|value| grouped(*value))
        .y_label_formatter(&|value| time(*value).replace(".0 ", " "))
        .label_style(font(14))
        .light_line_style(RGBColor(240, 240, 240))
        .bold_line_style(RGBColor(205, 205, 205))
        .draw()?;
    let mut names = Vec::new();
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(if line.ours { 4 } else { 2 });
        chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        let points = line.points.iter().map(|point| Circle::new(*point, 3, colour.filled()));
        chart.draw_series(points)?;
        if let Some(last) = line.points.last() {
            names.push((chart.plotting_area().map_coordinate(last), &line.name, colour));
        }
    }
    names.sort_by_key(|((_, y), ..)| *y);
    let mut free = i32::MIN;
    for ((x, y), name, colour) in names {
        let y = y.max(free);
        free = y.saturating_add(LEADING);
        let style = TextStyle::from(font(14)).color(colour).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new(name.clone(), (x.saturating_add(10), y), style))?;
    }
    root.present()?;
    Ok(())
}

/// Ours first.
fn lines(found: &Found) -> Vec<Line> {
    let by_policies = |name: &str, ours: bool, mean: &dyn Fn(usize) -> Option<f64>| {
        let worlds = found.by_policies().map(|one| one.spec.policies);
        let points = worlds.filter_map(|policies| Some((policies as f64, mean(policies)?)));
        Line { name: name.to_owned(), points: points.collect(), ours }
    };
    let world = |policies| found.by_policies().find(|one| one.spec.policies == policies);
    let mut lines = vec![
        by_policies("Notegate, from strings", true, &|at| Some(world(at)?.strings.mean_ns)),
        by_policies("Notegate, prepared", true, &|at| Some(world(at)?.prepared.mean_ns)),
        by_policies("Cedar's authorizer", false, &|at| Some(world(at)?.official?.mean_ns)),
    ];
    lines.extend(found.peers.iter().map(|peer| {
        by_policies(&peer.name, false, &|at| {
            Some(peer.worlds.iter().find(|one| one.policies == at)?.figures.mean_ns)
        })
    }));
    lines
}
