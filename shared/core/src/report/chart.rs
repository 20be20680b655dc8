//! Charts as inline SVG: bars side by side, and nothing else. In flow numbers; out flows markup whose only text is
//! numbers and labels given by the program, never by data.
use super::amount;
use std::fmt::Write;

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 220.0;
const BASE: f64 = 190.0;
const LEFT: f64 = 60.0;

/// Pairs of bars, one pair a label: predicted and actual.
pub(super) fn pairs(labels: &[String], predicted: &[f64], actual: &[f64]) -> String {
    let highest = predicted.iter().chain(actual).copied().fold(f64::MIN_POSITIVE, f64::max);
    let step = (WIDTH - LEFT) / labels.len().max(1) as f64;
    let bar = step * 0.38;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"predicted and actual spend by tenth of customers\">\n\
         <text x=\"{:.0}\" y=\"14\" class=\"axis\" text-anchor=\"end\">{}</text>\n",
        LEFT - 6.0,
        amount(highest)
    );
    for (place, ((label, predicted), actual)) in labels.iter().zip(predicted).zip(actual).enumerate() {
        let x = LEFT + step * place as f64;
        for (offset, value, class) in [(0.0, predicted, "predicted"), (bar, actual, "actual")] {
            let height = (value.max(0.0) / highest * (BASE - 10.0)).max(0.5);
            let (x, y) = (x + offset, BASE - height);
            let _ = writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{bar:.1}\" height=\"{height:.1}\"><title>{class} {}</title></rect>",
                amount(*value)
            );
        }
        let middle = x + bar;
        let _ = writeln!(svg, "<text x=\"{middle:.1}\" y=\"208\" class=\"axis\" text-anchor=\"middle\">{label}</text>");
    }
    svg.push_str("</svg>\n");
    svg
}
