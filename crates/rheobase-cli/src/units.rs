//! Numbers with units: `300ms`, `0.8nA`, `10 mV`, turned into the unit that a field has.

use std::str::FromStr;

use rheobase::models::neuron::Time;

use crate::failure::{Failure, Outcome};

/// A number and the unit behind it; none if it is plain.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Amount {
    pub(crate) value: f64,
    pub(crate) unit: String,
}

const PREFIXES: [(&str, i32); 9] =
    [("f", -15), ("p", -12), ("n", -9), ("u", -6), ("µ", -6), ("m", -3), ("k", 3), ("M", 6), ("G", 9)];
const BASES: [&str; 8] = ["s", "V", "A", "F", "S", "Hz", "Ω", "Ohm"];

/// A unit as a base with a power of ten.
fn parts(unit: &str) -> Option<(&str, i32)> {
    if BASES.contains(&unit) {
        return Some((unit, 0));
    }
    PREFIXES.iter().find_map(|(prefix, power)| {
        let base = unit.strip_prefix(prefix)?;
        BASES.contains(&base).then_some((base, *power))
    })
}

impl FromStr for Amount {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(value) = text.parse() {
            return Ok(Amount { value, unit: String::new() });
        }
        let number = text.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let unit = text[number.len()..].trim();
        match number.parse() {
            Ok(value) if parts(unit).is_some() => Ok(Amount { value, unit: unit.into() }),
            _ => Err(format!(
                "`{text}` is not a number; write it plainly, such as 0.02 or 2e-2, in the field's unit, or with a unit, \
                 such as 20ms, 0.8nA or 10mV"
            )),
        }
    }
}

impl Amount {
    /// The number in `unit`; a plain one is in it already. `place` is what errors call it.
    pub(crate) fn in_unit(&self, place: &str, unit: &str) -> Outcome<f64> {
        if self.unit.is_empty() || self.unit == unit {
            return Ok(self.value);
        }
        match (parts(&self.unit), parts(unit)) {
            // Decimal powers: 300 ms are the number that 0.3 is.
            (Some((a, from)), Some((b, to))) if a == b => {
                Ok(format!("{}e{}", self.value, from - to).parse().unwrap_or(self.value))
            }
            _ => {
                let is = if unit == "1" || unit.is_empty() {
                    "has no unit".into()
                } else {
                    format!("is in {unit}")
                };
                Err(Failure::bad(format!(
                    "{place} = {} {}: {is}; give a plain number",
                    self.value, self.unit
                )))
            }
        }
    }

    /// Whether it is a plain whole number of things, from 1 on.
    pub(crate) fn is_count(&self) -> bool {
        self.unit.is_empty() && self.value.fract() == 0.0 && (1.0..1e9).contains(&self.value)
    }

    /// The number without prefix: 300 ms are 0.3, so that numbers of one kind can be compared.
    pub(crate) fn in_base(&self) -> f64 {
        let power = parts(&self.unit).map_or(0, |(_, power)| power);
        format!("{}e{power}", self.value).parse().unwrap_or(self.value)
    }

    /// The time in seconds, or in steps where that is what a model or a recording counts.
    pub(crate) fn time(&self, place: &str, clock: Time) -> Outcome<f64> {
        match clock {
            Time::Seconds => self.in_unit(place, "s"),
            Time::Steps if self.unit.is_empty() => Ok(self.value),
            Time::Steps => {
                let rule = "counts steps here; give a plain number of them";
                Err(Failure::bad(format!("{place} {} {}: {rule}", self.value, self.unit)))
            }
        }
    }
}

/// The seconds that `text` is, for options that are in seconds whatever the model.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let amount: Amount = text.parse()?;
    amount.in_unit(text, "s").map_err(|_| format!("`{text}` is not a time; write it as 0.3, 300ms or 0.3s"))
}

/// The rate in Hz that `text` is.
pub(crate) fn hertz(text: &str) -> Result<f64, String> {
    let amount: Amount = text.parse()?;
    amount
        .in_unit(text, "Hz")
        .map_err(|_| format!("`{text}` is not a rate; write it as 200, 200Hz or 0.2kHz"))
}

/// The time that an option gives, if it is given.
pub(crate) fn time_of(option: &str, given: &Option<Amount>, clock: Time) -> Outcome<Option<f64>> {
    given.as_ref().map(|amount| amount.time(option, clock)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_become_the_fields_own_to_the_bit() {
        let value = |text: &str, unit: &str| text.parse::<Amount>().unwrap().in_unit("x", unit).unwrap();
        assert_eq!((value("300ms", "s"), value("0.3", "s"), value("0.3s", "s")), (0.3, 0.3, 0.3));
        assert_eq!((value("0.8nA", "pA"), value("10 mV", "mV"), value("-0.07V", "mV")), (800.0, 10.0, -70.0));
        assert_eq!((value("5us", "s"), value("5µs", "ms"), value("2e-3s", "ms")), (5e-6, 5e-3, 2.0));
        assert_eq!((value("inf", "s"), value("1e3", "pA")), (f64::INFINITY, 1000.0));
    }

    #[test]
    fn what_is_no_unit_of_the_field_is_refused() {
        assert!(["", "ms", "3 apples", "1.2.3ms", "20 m s"].iter().all(|t| t.parse::<Amount>().is_err()));
        for (text, unit) in [("3mV", "s"), ("3ms", "1"), ("3nA", "threshold current")] {
            assert!(text.parse::<Amount>().unwrap().in_unit("x", unit).is_err(), "{text}");
        }
        assert!("3ms".parse::<Amount>().unwrap().time("--time", Time::Steps).is_err());
        assert!(seconds("3mV").is_err() && seconds("3ms") == Ok(0.003));
        assert!(hertz("3ms").is_err() && hertz("0.2 kHz") == Ok(200.0));
    }
}
