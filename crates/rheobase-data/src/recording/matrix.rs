//! A matrix without names: what it may be beside values per step, and its columns as fields.

use super::field::{Field, Values};
use super::found::Said;
use super::options::{Role, TrainOptions};

/// Rows and columns of numbers, last axis fastest.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: &'a [f64],
}

impl Matrix<'_> {
    fn row(&self, row: usize) -> impl Iterator<Item = f64> + Clone {
        self.values[row * self.columns..(row + 1) * self.columns].iter().copied()
    }

    fn column(&self, column: usize) -> impl Iterator<Item = f64> + Clone {
        (0..self.rows).map(move |row| self.values[row * self.columns + column])
    }

    /// Refuses numbers that may as well be times, or pairs of a neuron and a time, with the options that decide.
    pub(super) fn check_per_step(&self) -> Said<()> {
        if !self.values.iter().any(|v| v.fract() != 0.0) {
            return Ok(());
        }
        let mut may = Vec::new();
        let pair = match (self.rows, self.columns) {
            (_, 2) => is_pair(self.column(0), self.column(1)),
            (2, _) => is_pair(self.row(0), self.row(1)),
            _ => false,
        };
        if pair {
            may.push("a neuron and a time each: --columns neuron,time, or time,neuron");
        }
        if self.columns > 2 && (0..self.rows).all(|r| rises(self.row(r))) {
            may.push("a train for each row, which rises as times do: --as trains");
        }
        if self.rows > 2 && (0..self.columns).all(|c| rises(self.column(c))) {
            may.push("a train for each column, which rises as times do: --as trains-in-columns");
        }
        match may.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "has {} rows and {} columns and does not say what they are: {}; with --unit s|ms|us|samples=RATE",
                self.rows,
                self.columns,
                may.join("; or ")
            )),
        }
    }
}

/// Whether numbers rise from 0 on and are missing at the end alone.
fn rises(mut lane: impl Iterator<Item = f64> + Clone) -> bool {
    let mut last = 0.0;
    let there = lane.clone().take_while(|x| !x.is_nan());
    for x in there {
        if x < last {
            return false;
        }
        last = x;
        lane.next();
    }
    lane.all(f64::is_nan)
}

/// Whether one lane may be of neurons and the other of times.
fn is_pair(a: impl Iterator<Item = f64> + Clone, b: impl Iterator<Item = f64> + Clone) -> bool {
    let whole = |mut lane: &mut dyn Iterator<Item = f64>| (&mut lane).all(|x| x.fract() == 0.0 && x >= 0.0);
    let from_zero = a.clone().chain(b.clone()).all(|x| x >= 0.0);
    from_zero && whole(&mut a.clone()) != whole(&mut b.clone())
}

/// The columns of the only matrix, where the caller says in order what they are.
pub(super) fn described_columns(fields: Vec<Field>, options: &TrainOptions) -> Vec<Field> {
    let described = options.columns.len();
    let in_order = described > 1 && options.columns.iter().all(|(name, _)| name.is_none());
    let flat =
        |f: &Field| f.shape.len() == 2 && matches!(f.data, Values::Numbers(_)) && !f.shape.contains(&1);
    let matrices = fields.iter().filter(|f| flat(f)).count();
    if !in_order || matrices != 1 || !options.columns.iter().any(|(_, role)| *role == Role::Time) {
        return fields;
    }
    let mut out = Vec::new();
    let mut rest = Vec::new();
    for field in fields {
        match (flat(&field), &field.data) {
            (true, Values::Numbers(values)) if field.shape.contains(&described) => {
                let matrix = Matrix { rows: field.shape[0], columns: field.shape[1], values };
                let lane = |i: usize| -> Vec<f64> {
                    if matrix.columns == described {
                        matrix.column(i).collect()
                    } else {
                        matrix.row(i).collect()
                    }
                };
                out.extend((0..described).map(|i| Field::numbers(format!("column_{}", i + 1), lane(i))));
            }
            _ => rest.push(field),
        }
    }
    out.extend(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(rows: usize, columns: usize, values: &[f64]) -> String {
        Matrix { rows, columns, values }.check_per_step().err().unwrap_or_default()
    }

    #[test]
    fn what_rises_may_be_times() {
        let nan = f64::NAN;
        assert_eq!(said(2, 3, &[0.0, 1.0, 0.0, 2.0, 0.0, 0.0]), "");
        let rows = said(2, 3, &[0.1, 0.2, 0.4, 0.3, 0.5, nan]);
        assert!(rows.contains("--as trains;") && !rows.contains("in-columns"), "{rows}");
        let columns = said(3, 2, &[0.5, 0.1, 0.6, 0.2, nan, 0.3]);
        assert!(columns.contains("trains-in-columns") && !columns.contains("each row"), "{columns}");
        assert!(said(3, 2, &[1.0, 0.4, 0.0, 0.2, 1.0, 0.3]).contains("--columns neuron,time"));
        assert_eq!(said(2, 3, &[0.5, 0.2, 0.1, -0.3, 0.5, 0.2]), "");
        assert_eq!(said(2, 3, &[0.5, nan, 0.7, 0.3, 0.5, 0.9]), "");
    }
}
