//! Axes: ranges, readable units and ticks in steps of 1, 2 and 5.

use super::text;

pub(crate) const TICK_SIZE: f64 = 8.0;
pub(crate) const LABEL_SIZE: f64 = 9.0;
/// From one line of a name at an axis to the next.
pub(crate) const TICK_LINE: f64 = TICK_SIZE + 1.0;
/// Names at an axis have no more lines.
pub(crate) const NAME_LINES: usize = 3;
/// What a name at an axis may take on a page of ordinary width; longer ones are broken.
pub(crate) const NAME_ROOM: f64 = 75.0;
/// The unit of times that are counted: between whole ones is nothing.
pub(crate) const STEPS: &str = "steps";

/// An interval of data; `from` may lie above `to` (rows counted from the top).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Range {
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Range {
    pub(crate) fn new(from: f64, to: f64) -> Self {
        Range { from, to }
    }

    /// The smallest interval with all values; `None` without values. Values are finite.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        values.into_iter().fold(None, |r, v| Some(r.map_or(Range::new(v, v), |r| r.with(v))))
    }

    pub(crate) fn with(self, v: f64) -> Self {
        Range::new(self.from.min(v), self.to.max(v))
    }

    pub(crate) fn union(self, o: Range) -> Self {
        self.with(o.from).with(o.to)
    }

    /// Widened by `share` of its length on both sides; constant data get room around their value.
    pub(crate) fn padded(self, share: f64) -> Self {
        if self.from > self.to {
            let Range { from, to } = Range::new(self.to, self.from).padded(share);
            return Range::new(to, from);
        }
        let size = self.from.abs().max(self.to.abs());
        let room = match self.to - self.from {
            d if d > 1e-9 * size && d > 1e-90 => d * share,
            _ if size > 1e-90 => size * 0.1,
            _ => 1.0,
        };
        Range::new(self.from - room, self.to + room)
    }

    /// Unchanged unless it has no length.
    pub(crate) fn open(self) -> Self {
        self.padded(0.0)
    }

    pub(crate) fn size(self) -> f64 {
        (self.to - self.from).abs()
    }

    pub(crate) fn magnitude(self) -> f64 {
        self.from.abs().max(self.to.abs())
    }
}

/// What is measured along an axis and how its ticks are chosen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) label: String,
    pub(crate) unit: String,
    pub(crate) range: Range,
    pub(crate) ticks: Ticks,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ticks {
    Auto,
    /// Only at whole numbers: neurons, epochs.
    Whole,
    /// At these places with these names; every n-th where not all fit.
    Named(Vec<(f64, String)>),
    /// No axis at all.
    Hidden,
}

impl Axis {
    pub(crate) fn new(label: &str, unit: &str, range: Range) -> Self {
        Axis { label: label.into(), unit: unit.into(), range: range.open(), ticks: Ticks::Auto }
    }
    pub(crate) fn whole(label: &str, range: Range) -> Self {
        Axis { ticks: Ticks::Whole, ..Axis::new(label, "", range) }
    }
    pub(crate) fn named(label: &str, range: Range, names: Vec<(f64, String)>) -> Self {
        Axis { ticks: Ticks::Named(names), ..Axis::new(label, "", range) }
    }
    pub(crate) fn hidden(range: Range) -> Self {
        Axis { ticks: Ticks::Hidden, ..Axis::new("", "", range) }
    }

    /// The factor by which values are multiplied for display, and the unit that then applies.
    fn display(&self) -> (f64, String) {
        let size = self.range.magnitude();
        if matches!(self.ticks, Ticks::Whole | Ticks::Named(_) | Ticks::Hidden) {
            return (1.0, self.unit.clone());
        }
        let group = (size.log10() / 3.0 + 1e-9).floor() as i32;
        let prefixes = [(-4, "p"), (-3, "n"), (-2, "µ"), (-1, "m"), (1, "k"), (2, "M"), (3, "G")];
        let takes_prefix = match self.unit.as_str() {
            "s" => group < 0,
            "V" | "A" | "F" | "S" | "Ω" => true,
            _ => false,
        };
        if takes_prefix {
            let group = group.max(-4);
            let prefix = prefixes.iter().find(|(g, _)| *g == group).map(|(_, p)| *p);
            if let Some(prefix) = prefix {
                return (power_of_ten(-3 * group), format!("{prefix}{}", self.unit));
            }
        }
        if (1e-3..1e5).contains(&size) {
            return (1.0, self.unit.clone());
        }
        let exponent = if takes_prefix || size >= 1e5 { 3 * group } else { size.log10().floor() as i32 };
        let unit = format!("×10{} {}", superscript(exponent), self.unit);
        (power_of_ten(-exponent), unit.trim_end().to_string())
    }

    /// The label with its unit: `membrane potential (mV)`.
    pub(crate) fn text(&self) -> String {
        match (self.label.is_empty(), self.display().1) {
            (_, unit) if unit.is_empty() => self.label.clone(),
            (true, unit) => unit,
            (false, unit) => format!("{} ({unit})", self.label),
        }
    }

    /// Ticks for an axis of `length` points, whose names are no wider than `room`.
    pub(crate) fn ticks(&self, length: f64, horizontal: bool, room: f64) -> Vec<Tick> {
        match &self.ticks {
            Ticks::Hidden => Vec::new(),
            Ticks::Named(names) => self.thinned(names, length, horizontal, room),
            Ticks::Auto | Ticks::Whole => {
                let tick = |(at, number)| Tick { at, lines: vec![number] };
                self.round(length, horizontal).into_iter().map(tick).collect()
            }
        }
    }

    /// Every n-th name, with the smallest n at which neighbours do not touch.
    fn thinned(&self, names: &[(f64, String)], length: f64, horizontal: bool, room: f64) -> Vec<Tick> {
        let closest = names.windows(2).map(|w| (w[1].0 - w[0].0).abs()).fold(f64::INFINITY, f64::min);
        let apart = closest * length / self.range.size();
        // Names that cannot be shown are not measured: of a hundred thousand, that takes seconds.
        let mut need = if horizontal { TICK_SIZE } else { TICK_LINE };
        let mut every = 0usize;
        loop {
            every = ((need / apart).ceil() as usize).max(every.saturating_add(1));
            let shown = || names.iter().step_by(every);
            let room = match horizontal {
                true => narrowest(shown().map(|n| &n.1[..]), apart * every as f64 - 4.0, room),
                false => room,
            };
            let ticks: Vec<Tick> = shown().map(|(at, name)| Tick::new(*at, name, room)).collect();
            need = if horizontal { widest(&ticks) + 4.0 } else { tallest(&ticks) };
            if need <= apart * every as f64 || ticks.len() < 2 {
                return ticks;
            }
        }
    }

    /// Multiples of 1, 2 or 5 times a power of ten: the densest that leave room between labels.
    fn round(&self, length: f64, horizontal: bool) -> Vec<(f64, String)> {
        let (factor, _) = self.display();
        let (lo, hi) =
            (self.range.from.min(self.range.to) * factor, self.range.from.max(self.range.to) * factor);
        let start = ((hi - lo) / (length / 12.0).max(1.0)).log10().floor() as i32;
        let whole = self.ticks == Ticks::Whole;
        let counted = whole || (self.unit == STEPS && factor == 1.0 && hi - lo >= 1.0);
        let mut best = Vec::new();
        for (exponent, mantissa) in (start..start + 4).flat_map(|e| [1.0, 2.0, 5.0].map(|m| (e, m))) {
            if counted && exponent < 0 {
                continue;
            }
            let step = mantissa * power_of_ten(exponent);
            let labels = multiples(lo, hi, step, exponent, if whole { 0.0 } else { 1.1e-3 });
            let widest = labels.iter().map(|l| text::width(&l.1, TICK_SIZE)).fold(0.0, f64::max);
            let need = if horizontal { (widest + 10.0).max(28.0) } else { 16.0 };
            if best.is_empty() || labels.len() >= 2 {
                best = labels;
            }
            if step * length / (hi - lo) >= need {
                break;
            }
        }
        // Where not even two have room side by side, every n-th of them is shown.
        let widest = best.iter().map(|l| text::width(&l.1, TICK_SIZE)).fold(0.0, f64::max);
        let need = if horizontal { widest + 3.0 } else { TICK_SIZE };
        let apart = best.windows(2).map(|w| w[1].0 - w[0].0).fold(0.0, f64::max) * length / (hi - lo);
        let every = (need / apart).ceil().max(1.0) as usize;
        best.into_iter().step_by(every).map(|(v, l)| (v / factor, l)).collect()
    }
}

/// A place on an axis and what stands there, line by line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) at: f64,
    pub(crate) lines: Vec<String>,
}

impl Tick {
    fn new(at: f64, name: &str, room: f64) -> Self {
        Tick { at, lines: text::wrap_to(name, TICK_SIZE, room, NAME_LINES) }
    }

    pub(crate) fn width(&self) -> f64 {
        self.lines.iter().map(|line| text::width(line, TICK_SIZE)).fold(0.0, f64::max)
    }
}

/// What names of so many lines need from one to the next.
fn name_height(lines: usize) -> f64 {
    lines as f64 * TICK_LINE + if lines > 1 { 2.0 } else { 0.0 }
}

/// What rows with these names need from one to the next.
pub(crate) fn row_height<'a>(names: impl IntoIterator<Item = &'a str>) -> f64 {
    let lines = |name| text::wrap_to(name, TICK_SIZE, NAME_ROOM, NAME_LINES).len();
    name_height(names.into_iter().map(lines).fold(1, usize::max))
}

pub(crate) fn widest(ticks: &[Tick]) -> f64 {
    ticks.iter().map(Tick::width).fold(0.0, f64::max)
}

fn tallest(ticks: &[Tick]) -> f64 {
    name_height(ticks.iter().map(|t| t.lines.len()).fold(1, usize::max))
}

/// The width from `least` to `most` at which names stand side by side: broken between words where that makes room, and whole.
fn narrowest<'a>(names: impl Iterator<Item = &'a str> + Clone, least: f64, most: f64) -> f64 {
    let words = names.clone().flat_map(text::words).map(|word| text::width(word, TICK_SIZE));
    let mut room = words.fold(least, f64::max).min(most);
    while room < most && names.clone().any(|name| text::wrap(name, TICK_SIZE, room).len() > NAME_LINES) {
        room = (1.2 * room).min(most);
    }
    room
}

/// Multiples of `step` from `lo` to `hi`, or beyond by a `share` of the range: a run of 1000 samples ends one step
/// short of its round duration, and the tick at its end is still shown.
fn multiples(lo: f64, hi: f64, step: f64, exponent: i32, share: f64) -> Vec<(f64, String)> {
    let slack = (share * (hi - lo) / step).clamp(1e-6, 0.1);
    let decimals = (-exponent).clamp(0, 17) as usize;
    let (first, last) = ((lo / step - slack).ceil(), (hi / step + slack).floor());
    let count = ((last - first).max(-1.0) as usize + 1).min(1000);
    (0..count)
        .map(|i| {
            let v = (first + i as f64) * step;
            (v.clamp(lo, hi), signed(v, decimals))
        })
        .collect()
}

/// A number with a true minus sign and without a negative zero.
pub(crate) fn signed(v: f64, decimals: usize) -> String {
    let s = format!("{:.decimals$}", v.abs());
    let zero = !s.bytes().any(|b| b.is_ascii_digit() && b != b'0');
    if v < 0.0 && !zero { format!("−{s}") } else { s }
}

/// A number with about three significant digits, for notes beside a picture.
pub(crate) fn short(v: f64) -> String {
    let size = v.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{v:.2e}").replace('-', "−");
    }
    let digits = if size == 0.0 { 0 } else { (2 - size.log10().floor() as i32).clamp(0, 5) };
    signed(v, digits as usize)
}

/// A whole number with thin spaces between groups of three digits, from five digits on.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let head = digits.len() % 3;
    let mut out = digits[..head].to_string();
    for i in (head..digits.len()).step_by(3) {
        if !out.is_empty() {
            out.push('\u{2009}');
        }
        out.push_str(&digits[i..i + 3]);
    }
    out
}

/// Exact for the powers that decimal notation can name.
fn power_of_ten(e: i32) -> f64 {
    format!("1e{e}").parse().unwrap_or(1.0)
}

fn superscript(n: i32) -> String {
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32(0x2070 + c as u32 - '0' as u32).unwrap_or(c),
    };
    n.to_string().chars().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::super::clock::time_axis;
    use super::*;
    use rheobase_models::neuron::Time;

    fn labels(axis: &Axis, length: f64) -> Vec<String> {
        axis.ticks(length, true, NAME_ROOM).into_iter().flat_map(|t| t.lines).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let a = Axis::new("x", "", Range::new(-1.03, 3.7));
        assert_eq!(labels(&a, 250.0), ["−1", "0", "1", "2", "3"]);
        let a = time_axis(Time::Seconds, "time", Range::new(0.0, 0.5));
        assert_eq!(
            (a.text(), labels(&a, 250.0).join(" ")),
            ("time (ms)".into(), "0 100 200 300 400 500".into())
        );
        let time = |clock, to| time_axis(clock, "time", Range::new(0.0, to)).text();
        assert_eq!(time(Time::Seconds, 20.0), "time (s)");
        assert_eq!(time(Time::Steps, 0.5), "time (steps)");
        assert_eq!(time(Time::Steps, 2000.0), "time (steps)");
        assert_eq!(Axis::new("I", "A", Range::new(0.0, 3e-10)).text(), "I (pA)");
        assert_eq!(Axis::new("I", "nA", Range::new(0.0, 3e-10)).text(), "I (×10⁻¹⁰ nA)");
    }

    #[test]
    fn ranges_without_length_get_room() {
        for v in [0.0, 3.0, -70.0, 1e-300, 1e90, -1e-12] {
            let a = Axis::new("v", "", Range::new(v, v));
            assert!(a.range.from < v && v < a.range.to, "{v}: {:?}", a.range);
            for length in [10.0, 100.0, 500.0] {
                let t = a.ticks(length, true, NAME_ROOM);
                assert!(!t.is_empty() && t.len() < 60, "{v} over {length}: {t:?}");
            }
        }
        let nearly = Range::new(1.0, 1.0 + f64::EPSILON).open();
        assert!(nearly.size() > 0.1);
    }

    #[test]
    fn whole_axes_never_show_fractions() {
        for n in [1.0, 2.0, 7.0, 1e6] {
            let a = Axis::whole("neuron", Range::new(-0.5, n - 0.5));
            assert!(labels(&a, 300.0).iter().all(|l| !l.contains('.')));
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [short(0.0), short(12.3456), short(-0.5), short(1e-7)],
            ["0", "12.3", "−0.500", "1.00e−7"]
        );
        assert_eq!([grouped(1234), grouped(1234567)], ["1234", "1\u{2009}234\u{2009}567"]);
        assert_eq!(signed(-0.001, 1), "0.0");
    }
}
