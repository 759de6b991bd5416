//! Units of time: by name, in the name of a column, and what a whole or broken number says of them.

use std::str::FromStr;

/// What times in a file are counted in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
    /// Steps of a simulation; their length is `dt`.
    Steps,
    /// Samples of a recording, so many in a second; 0 where a file names samples without their rate.
    Samples(f64),
}

impl Unit {
    /// A unit by one of its usual names; `None` for any other word.
    pub fn named(word: &str) -> Option<Unit> {
        Some(match word.trim().to_lowercase().trim_end_matches('.') {
            "s" | "sec" | "secs" | "second" | "seconds" => Unit::Seconds,
            "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => Unit::Milliseconds,
            "us" | "usec" | "usecs" | "µs" | "μs" | "microsecond" | "microseconds" => Unit::Microseconds,
            "ns" | "nsec" | "nanosecond" | "nanoseconds" => Unit::Nanoseconds,
            "step" | "steps" | "timestep" | "timesteps" => Unit::Steps,
            "sample" | "samples" | "frame" | "frames" => Unit::Samples(0.0),
            _ => return None,
        })
    }

    /// `x` in seconds, or in steps where these have no length.
    pub(super) fn time(self, x: f64, dt: Option<f64>) -> f64 {
        match self {
            Unit::Seconds => x,
            Unit::Milliseconds => x / 1e3,
            Unit::Microseconds => x / 1e6,
            Unit::Nanoseconds => x / 1e9,
            Unit::Steps => x * dt.unwrap_or(1.0),
            Unit::Samples(rate) => x / rate,
        }
    }

    /// A short name.
    pub fn text(self) -> String {
        match self {
            Unit::Seconds => "s".into(),
            Unit::Milliseconds => "ms".into(),
            Unit::Microseconds => "us".into(),
            Unit::Nanoseconds => "ns".into(),
            Unit::Steps => "steps".into(),
            Unit::Samples(0.0) => "samples".into(),
            Unit::Samples(rate) => format!("samples of 1/{rate} s"),
        }
    }
}

impl FromStr for Unit {
    type Err = String;

    /// `s`, `ms`, `us`, `ns`, `steps`, or `samples=RATE` with the rate in Hz.
    fn from_str(text: &str) -> Result<Unit, String> {
        let rule = "is not a unit of time: s, ms, us, ns, steps, or samples=RATE with the rate in Hz, such as samples=30000";
        let (word, rate) = text.split_once('=').map_or((text, None), |(w, r)| (w, Some(r)));
        match (Unit::named(word), rate) {
            (Some(Unit::Samples(_)), Some(rate)) => match rate.trim().parse::<f64>() {
                Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(Unit::Samples(rate)),
                _ => Err(format!("`{text}`: the rate must be a finite number above 0, in Hz")),
            },
            (Some(Unit::Samples(_)), None) => Err(format!(
                "`{text}`: says no rate; write samples=RATE with the rate in Hz, such as samples=30000"
            )),
            (Some(unit), None) => Ok(unit),
            _ => Err(format!("`{text}` {rule}")),
        }
    }
}

/// A name without the unit at its end, in small letters, and that unit: `time (ms)`, `time [s]`, `spike_time_us`, `t/ms`.
pub(super) fn split_name(name: &str) -> (String, Option<Unit>) {
    let name = name.trim().trim_start_matches('\u{feff}').to_lowercase();
    let inner = name.trim_end_matches([')', ']', '}', ' ']);
    let Some(at) = inner.rfind(['(', '[', '{', '_', '/', ' ', '.', ',', '-']) else { return (name, None) };
    let separator = inner[at..].chars().next().map_or(1, char::len_utf8);
    let base = inner[..at].trim_end_matches(['_', '/', ' ', '.', ',', '-', '(', '[']);
    match Unit::named(&inner[at + separator..]) {
        // `time_step` is a name of its own, not a time in steps of something.
        Some(unit) if !base.is_empty() => {
            let base = base.strip_suffix(" in").or_else(|| base.strip_suffix("_in")).unwrap_or(base);
            (base.trim().to_string(), Some(unit))
        }
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_found_in_names() {
        for (name, base, unit) in [
            ("time (ms)", "time", Some(Unit::Milliseconds)),
            ("time [s]", "time", Some(Unit::Seconds)),
            ("Spike_Time_us", "spike_time", Some(Unit::Microseconds)),
            ("t/ms", "t", Some(Unit::Milliseconds)),
            ("time in ms", "time", Some(Unit::Milliseconds)),
            ("\u{feff}time (s)", "time", Some(Unit::Seconds)),
            ("time", "time", None),
            ("ms", "ms", None),
            ("neuron_id", "neuron_id", None),
        ] {
            assert_eq!(split_name(name), (base.to_string(), unit), "{name}");
        }
    }

    #[test]
    fn units_are_read_as_options() {
        assert_eq!("samples=30000".parse(), Ok(Unit::Samples(30_000.0)));
        assert_eq!("µs".parse(), Ok(Unit::Microseconds));
        for bad in ["samples", "samples=0", "samples=nan", "samples=x", "h", "", "ms=3"] {
            assert!(bad.parse::<Unit>().is_err(), "{bad}");
        }
    }
}
