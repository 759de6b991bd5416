//! A named array as a file holds it, before anybody says what it means.

use std::collections::HashMap;

use super::found::Said;
use super::unit::Unit;
use crate::array::{Array, ArrayData};

/// A column, an array, a variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) data: Values,
    /// The unit that stands beside its numbers.
    pub(super) unit: Option<Unit>,
    /// What its numbers are, if it holds numbers.
    pub(super) look: Look,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    /// Numbers, last axis fastest.
    Numbers(Vec<f64>),
    /// Texts, each as the number of one of the names.
    Texts(Words),
    /// Lists of numbers: cells, arrays of arrays.
    Lists(Vec<Vec<f64>>),
}

/// Texts that repeat: the number of a name for each.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Words {
    pub(super) which: Vec<u32>,
    pub(super) names: Vec<String>,
    known: HashMap<String, u32>,
}

impl Words {
    pub(super) fn push(&mut self, word: &str) {
        let next = self.names.len() as u32;
        let number = match self.known.get(word) {
            Some(number) => *number,
            None => {
                self.names.push(word.to_string());
                self.known.insert(word.to_string(), next);
                next
            }
        };
        self.which.push(number);
    }
}

impl<'a> FromIterator<&'a str> for Words {
    fn from_iter<I: IntoIterator<Item = &'a str>>(words: I) -> Self {
        let mut all = Words::default();
        words.into_iter().for_each(|word| all.push(word));
        all
    }
}

impl Field {
    pub(super) fn numbers(name: impl Into<String>, values: Vec<f64>) -> Field {
        let look = Look::at(&values);
        Field {
            name: name.into(),
            shape: vec![values.len()],
            data: Values::Numbers(values),
            unit: None,
            look,
        }
    }

    pub(super) fn lists(name: impl Into<String>, lists: Vec<Vec<f64>>) -> Field {
        Field { shape: vec![lists.len()], data: Values::Lists(lists), ..Field::numbers(name, Vec::new()) }
    }

    pub(super) fn words(name: impl Into<String>, words: Words) -> Field {
        Field {
            shape: vec![words.which.len()],
            data: Values::Texts(words),
            ..Field::numbers(name, Vec::new())
        }
    }

    /// The same as an array of NumPy, whose columns of one entry per row count as vectors.
    pub(super) fn of_array(name: impl Into<String>, array: Array) -> Said<Field> {
        let (shape, data) = array.into_parts();
        let field = match data {
            ArrayData::Text(texts) => Field::words(name, texts.iter().map(String::as_str).collect()),
            numbers => Field::numbers(name, numbers.into_f64()?),
        };
        Ok(Field { shape, ..field })
    }

    /// Name, shape and kind, for people.
    pub(super) fn described(&self) -> String {
        let name = if self.name.is_empty() { "(no name)" } else { &self.name };
        let kind = match &self.data {
            Values::Numbers(v) if v.is_empty() => "empty".to_string(),
            Values::Numbers(_) => {
                let Look { low, high, whole, .. } = self.look;
                let kind = if whole { "whole numbers" } else { "numbers" };
                if low == high { format!("{low}") } else { format!("{kind} from {low} to {high}") }
            }
            Values::Texts(words) => match &words.names[..] {
                [one] => format!("`{one}`"),
                all => format!("text, {} different", all.len()),
            },
            Values::Lists(lists) => {
                format!("{} lists of {} numbers", lists.len(), lists.iter().map(Vec::len).sum::<usize>())
            }
        };
        format!("{name} {:?}: {kind}", self.shape)
    }

    /// The entries along the only axis that is longer than one.
    pub(super) fn vector(&self) -> Option<&[f64]> {
        match &self.data {
            Values::Numbers(values) if self.is_vector() => Some(values),
            _ => None,
        }
    }

    pub(super) fn is_vector(&self) -> bool {
        self.shape.len() == 1 || self.shape.len() == 2 && self.shape.contains(&1) && self.len() > 0
    }

    /// Its only number.
    pub(super) fn one(&self) -> Option<f64> {
        match &self.data {
            Values::Numbers(values) if values.len() == 1 => Some(values[0]),
            _ => None,
        }
    }

    /// Its only text.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.data {
            Values::Texts(words) if words.which.len() == 1 => words.names.first().map(String::as_str),
            _ => None,
        }
    }

    pub(super) fn len(&self) -> usize {
        match &self.data {
            Values::Numbers(values) => values.len(),
            Values::Texts(words) => words.which.len(),
            Values::Lists(lists) => lists.len(),
        }
    }
}

/// Whether all numbers are whole (missing ones left aside).
pub(super) fn are_whole(values: &[f64]) -> bool {
    values.iter().all(|v| is_whole(*v) || v.is_nan())
}

/// From here on there is no room for a fraction: 2⁵².
const WHOLE: f64 = 4_503_599_627_370_496.0;

/// A number from 0 to [`WHOLE`] rounded to a whole one.
fn without_fraction(size: f64) -> f64 {
    (size + WHOLE) - WHOLE
}

/// Whether a number is whole, and finite: faster than by its fraction.
pub(super) fn is_whole(x: f64) -> bool {
    let size = x.abs();
    if size < WHOLE { without_fraction(size) == size } else { x.is_finite() }
}

/// What one pass over numbers tells: many millions are read from memory more slowly than they are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// The least, missing ones left aside; infinite where there is none.
    pub(super) low: f64,
    /// The greatest; −∞ where there is none.
    pub(super) high: f64,
    /// Whether all are whole, missing ones left aside.
    pub(super) whole: bool,
    /// Whether some are missing.
    pub(super) missing: bool,
}

impl Look {
    pub(super) fn at(values: &[f64]) -> Look {
        // Four at a time, none of which waits for another; bits of 0 stand for whole numbers and those that are there.
        let (mut low, mut high) = ([f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
        let (mut broken, mut missing) = ([0; 4], [false; 4]);
        let mut see = |lane: usize, x: f64| {
            low[lane] = if x < low[lane] { x } else { low[lane] };
            high[lane] = if x > high[lane] { x } else { high[lane] };
            broken[lane] |= x.abs().to_bits() ^ without_fraction(x.abs()).to_bits();
            missing[lane] |= x.is_nan();
        };
        let (fours, rest) = values.as_chunks::<4>();
        for four in fours {
            (0..4).for_each(|lane| see(lane, four[lane]));
        }
        rest.iter().for_each(|x| see(0, *x));
        let low = low.into_iter().fold(f64::INFINITY, f64::min);
        let high = high.into_iter().fold(f64::NEG_INFINITY, f64::max);
        // What seems to have a fraction is looked at again, as large numbers do, too.
        let whole = low.abs().max(high.abs()).is_finite() && broken == [0; 4] || are_whole(values);
        Look { low, high, whole, missing: missing.contains(&true) }
    }

    /// Whether all numbers are there and finite.
    pub(super) fn finite(&self) -> bool {
        !self.missing && self.low > f64::NEG_INFINITY && self.high < f64::INFINITY
    }
}

/// Whether numbers never fall.
pub(super) fn rises(values: &[f64]) -> bool {
    values.windows(2).all(|w| w[0] <= w[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_those_without_a_fraction() {
        let border = WHOLE;
        for x in [
            0.0,
            1.0,
            2.5,
            0.1,
            1e15,
            1e15 + 0.5,
            border - 0.5,
            border,
            border + 1.0,
            9e18,
            1e300,
            f64::MIN_POSITIVE,
        ] {
            assert_eq!(is_whole(x), x.fract() == 0.0, "{x}");
            assert_eq!(is_whole(-x), x.fract() == 0.0, "-{x}");
        }
        assert!(!is_whole(f64::NAN) && !is_whole(f64::INFINITY) && !is_whole(f64::NEG_INFINITY));
    }

    #[test]
    fn a_look_tells_what_going_through_all_tells() {
        let values: Vec<f64> = (0..11).map(|i| f64::from((i * 7) % 11) - 4.0).collect();
        for n in 1..values.len() {
            let low = values[..n].iter().copied().fold(f64::INFINITY, f64::min);
            let high = values[..n].iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let look = Look { low, high, whole: true, missing: false };
            assert_eq!(Look::at(&values[..n]), look);
            let with_gaps: Vec<f64> = values[..n].iter().flat_map(|x| [f64::NAN, *x]).collect();
            assert_eq!(Look::at(&with_gaps), Look { missing: true, ..look });
            for other in [0.5, f64::INFINITY, f64::NEG_INFINITY, WHOLE + 1.0, 3.0 * WHOLE + 2.0, -1e300] {
                let mut with_other = values[..n].to_vec();
                with_other[n / 2] = other;
                let look = Look::at(&with_other);
                assert_eq!((look.whole, look.finite()), (other.fract() == 0.0, other.is_finite()), "{other}");
            }
        }
        let nothing = Look { low: f64::INFINITY, high: f64::NEG_INFINITY, whole: true, missing: false };
        assert_eq!(Look::at(&[]), nothing);
        assert!(nothing.finite());
        assert_eq!(Look::at(&[f64::NAN; 5]), Look { missing: true, ..nothing });
    }
}
