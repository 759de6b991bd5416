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
        Field { name: name.into(), shape: vec![values.len()], data: Values::Numbers(values), unit: None }
    }

    pub(super) fn lists(name: impl Into<String>, lists: Vec<Vec<f64>>) -> Field {
        Field { name: name.into(), shape: vec![lists.len()], data: Values::Lists(lists), unit: None }
    }

    pub(super) fn words(name: impl Into<String>, words: Words) -> Field {
        Field { name: name.into(), shape: vec![words.which.len()], data: Values::Texts(words), unit: None }
    }

    /// The same as an array of NumPy, whose columns of one entry per row count as vectors.
    pub(super) fn of_array(name: impl Into<String>, array: Array) -> Said<Field> {
        let (shape, data) = array.into_parts();
        let data = match data {
            ArrayData::Text(texts) => Values::Texts(texts.iter().map(String::as_str).collect()),
            numbers => Values::Numbers(numbers.into_f64()?),
        };
        Ok(Field { name: name.into(), shape, data, unit: None })
    }

    /// Name, shape and kind, for people.
    pub(super) fn described(&self) -> String {
        let name = if self.name.is_empty() { "(no name)" } else { &self.name };
        let kind = match &self.data {
            Values::Numbers(v) if v.is_empty() => "empty".to_string(),
            Values::Numbers(v) => {
                let (low, high) = v
                    .iter()
                    .filter(|x| !x.is_nan())
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(*x), h.max(*x)));
                let whole = if are_whole(v) { "whole numbers" } else { "numbers" };
                if low == high { format!("{low}") } else { format!("{whole} from {low} to {high}") }
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

/// Whether a number is whole, and finite: faster than by its fraction. Beyond the range of integers all are.
pub(super) fn is_whole(x: f64) -> bool {
    x as i64 as f64 == x || (x.abs() > 9e18 && x.is_finite())
}

/// Whether numbers never fall.
pub(super) fn rises(values: &[f64]) -> bool {
    values.windows(2).all(|w| w[0] <= w[1])
}
