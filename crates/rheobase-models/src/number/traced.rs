//! `Traced`: a number that writes down what is computed with it. Equations over it become a [`Formula`], which other
//! programs can carry out with numbers of their own.

use std::cell::RefCell;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::fire::{Drive, Firing};
use super::real::{Mask, Real, Slope};

thread_local! {
    static WRITTEN: RefCell<Vec<Instruction>> = const { RefCell::new(Vec::new()) };
}

/// What an instruction takes: a constant, or a value that stands before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Traced {
    /// A constant.
    Known(f64),
    /// Value number so many: first come the inputs, then the results of the instructions.
    At(usize),
}

/// The outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Truth {
    /// The same for all numbers.
    Known(bool),
    /// Value number so many.
    At(usize),
}

/// One operation.
///
/// Names are those of the methods of [`Real`] and of the operators' traits (`add`, `exp_m1`, `select`), those of masks
/// `and`, `or`, `not`. Three more decide what derivatives do: `fire_strict` and `fire_inclusive` (margin, through, slope
/// of the surrogate there) are 1 where the margin is above 0, or at least 0, and go back through `through` by the slope;
/// `count` (margin, through) truncates and goes straight through; `gate` (own, yes, no) selects by `own > ½` and goes back
/// to `own` by `yes − no`.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction {
    /// What is done.
    pub name: &'static str,
    /// With what.
    pub arguments: Vec<Traced>,
}

/// Equations as a list of instructions.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    /// How many inputs there are.
    pub inputs: usize,
    /// The instructions, in order; the result of number `n` is value `inputs + n`.
    pub instructions: Vec<Instruction>,
    /// Where the results stand.
    pub outputs: Vec<Traced>,
}

impl Formula {
    /// What `equations` computes from so many numbers.
    ///
    /// ```
    /// use rheobase_models::{Real, number::traced::{Formula, Traced}};
    /// let leak = Formula::of(2, |x| vec![x[0] + (x[1] - x[0]) * Traced::splat(0.5)]);
    /// let names: Vec<&str> = leak.instructions.iter().map(|i| i.name).collect();
    /// assert_eq!(names, ["sub", "mul", "add"]);
    /// assert_eq!(leak.outputs, [Traced::At(4)]);
    /// ```
    pub fn of(inputs: usize, equations: impl FnOnce(&[Traced]) -> Vec<Traced>) -> Formula {
        // The places of inputs are kept free by instructions that are taken out again.
        let free = Instruction { name: "", arguments: Vec::new() };
        let outer = WRITTEN.replace(vec![free; inputs]);
        let numbers: Vec<Traced> = (0..inputs).map(Traced::At).collect();
        let outputs = equations(&numbers);
        let all = WRITTEN.replace(outer);
        only_needed(inputs, &all[inputs..], outputs)
    }
}

/// Leaves out instructions that no output depends on.
fn only_needed(inputs: usize, all: &[Instruction], outputs: Vec<Traced>) -> Formula {
    let mut needed = vec![false; inputs + all.len()];
    let mark = |needed: &mut Vec<bool>, arguments: &[Traced]| {
        for argument in arguments {
            if let Traced::At(n) = argument {
                needed[*n] = true;
            }
        }
    };
    mark(&mut needed, &outputs);
    for (n, instruction) in all.iter().enumerate().rev() {
        if needed[inputs + n] {
            mark(&mut needed, &instruction.arguments);
        }
    }
    let mut place: Vec<usize> = (0..inputs).collect();
    let mut instructions = Vec::new();
    let moved = |place: &[usize], arguments: &[Traced]| -> Vec<Traced> {
        let to = |argument: &Traced| match argument {
            Traced::At(n) => Traced::At(place[*n]),
            known => *known,
        };
        arguments.iter().map(to).collect()
    };
    for (n, Instruction { name, arguments }) in all.iter().enumerate() {
        place.push(inputs + instructions.len());
        if needed[inputs + n] {
            instructions.push(Instruction { name, arguments: moved(&place, arguments) });
        }
    }
    let outputs = moved(&place, &outputs);
    Formula { inputs, instructions, outputs }
}

/// Writes an instruction down, unless the same stands there already, and says where.
fn write(name: &'static str, arguments: &[Traced]) -> usize {
    WRITTEN.with_borrow_mut(|written| {
        let new = Instruction { name, arguments: arguments.to_vec() };
        written.iter().position(|old| *old == new).unwrap_or_else(|| {
            written.push(new);
            written.len() - 1
        })
    })
}

/// The result of an operation: computed at once if all that it takes is known.
fn apply<const N: usize>(
    name: &'static str,
    given: [Traced; N],
    known: impl FnOnce([f64; N]) -> f64,
) -> Traced {
    match given.map(Traced::known) {
        numbers if numbers.iter().all(Option::is_some) => {
            Traced::Known(known(numbers.map(Option::unwrap_or_default)))
        }
        _ => Traced::At(write(name, &given)),
    }
}

fn compare(name: &'static str, a: Traced, b: Traced, known: impl FnOnce(f64, f64) -> bool) -> Truth {
    match (a, b) {
        (Traced::Known(a), Traced::Known(b)) => Truth::Known(known(a, b)),
        _ => Truth::At(write(name, &[a, b])),
    }
}

impl Traced {
    fn known(self) -> Option<f64> {
        match self {
            Traced::Known(x) => Some(x),
            Traced::At(_) => None,
        }
    }
}

macro_rules! operator {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for Traced {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                apply(stringify!($method), [self, other], |[a, b]| a.$method(b))
            }
        }
    )*};
}
operator!(Add add, Sub sub, Mul mul, Div div);

impl Neg for Traced {
    type Output = Self;
    fn neg(self) -> Self {
        apply("neg", [self], |[x]| -x)
    }
}

macro_rules! functions {
    ($($name:ident),*) => {$(
        fn $name(self) -> Self {
            apply(stringify!($name), [self], |[x]| Real::$name(x))
        }
    )*};
}

impl BitAnd for Truth {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Known(false), _) | (_, Truth::Known(false)) => Truth::Known(false),
            (Truth::Known(true), same) | (same, Truth::Known(true)) => same,
            (Truth::At(a), Truth::At(b)) => Truth::At(write("and", &[Traced::At(a), Traced::At(b)])),
        }
    }
}

impl BitOr for Truth {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        match (self, other) {
            (Truth::Known(true), _) | (_, Truth::Known(true)) => Truth::Known(true),
            (Truth::Known(false), same) | (same, Truth::Known(false)) => same,
            (Truth::At(a), Truth::At(b)) => Truth::At(write("or", &[Traced::At(a), Traced::At(b)])),
        }
    }
}

impl Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Truth::Known(truth) => Truth::Known(!truth),
            Truth::At(n) => Truth::At(write("not", &[Traced::At(n)])),
        }
    }
}

impl Mask for Truth {
    fn splat(truth: bool) -> Self {
        Truth::Known(truth)
    }
    /// Some number may be one that it holds for, unless it is known that none is.
    fn any(self) -> bool {
        self != Truth::Known(false)
    }
}

impl Real for Traced {
    type Mask = Truth;
    fn splat(x: f64) -> Self {
        Traced::Known(x)
    }
    fn lt(self, other: Self) -> Truth {
        compare("lt", self, other, |a, b| a < b)
    }
    fn le(self, other: Self) -> Truth {
        compare("le", self, other, |a, b| a <= b)
    }
    fn select(mask: Truth, yes: Self, no: Self) -> Self {
        match mask {
            Truth::Known(true) => yes,
            Truth::Known(false) => no,
            Truth::At(_) if yes == no => yes,
            Truth::At(n) => Traced::At(write("select", &[Traced::At(n), yes, no])),
        }
    }
    functions!(abs, floor, trunc, sqrt, exp, exp_m1, ln, ln_1p, softplus, tanh, cosh, detach);

    fn fire(drive: Drive<Self>, firing: Firing, surrogate: &impl Slope) -> Self {
        let Drive { margin, through } = drive;
        let name = match firing {
            Firing::Never => return Traced::Known(0.0),
            Firing::Count => return Traced::At(write("count", &[margin, through])),
            Firing::Strict => "fire_strict",
            Firing::Inclusive => "fire_inclusive",
        };
        Traced::At(write(name, &[margin, through, surrogate.slope(through)]))
    }
    fn gate(own: Self, yes: Self, no: Self) -> Self {
        match own {
            Traced::Known(own) => Self::select(Truth::Known(own > 0.5), yes, no),
            Traced::At(_) => Traced::At(write("gate", &[own, yes, no])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_computed_and_what_nobody_needs_is_left_out() {
        let formula = Formula::of(2, |x| {
            let unused = x[0].exp();
            let known = Traced::splat(2.0) * Traced::splat(3.0);
            let same = [x[0] + x[1], x[0] + x[1]];
            assert_ne!(unused, x[0]);
            vec![same[0] * same[1], known, Traced::select(Truth::Known(false), x[0], x[1])]
        });
        let add = Instruction { name: "add", arguments: vec![Traced::At(0), Traced::At(1)] };
        let mul = Instruction { name: "mul", arguments: vec![Traced::At(2), Traced::At(2)] };
        assert_eq!(formula.instructions, [add, mul]);
        assert_eq!(formula.outputs, [Traced::At(3), Traced::Known(6.0), Traced::At(1)]);
    }

    #[test]
    fn both_sides_of_what_is_rare_are_written_down() {
        let formula = Formula::of(1, |x| vec![Traced::rare(x[0].gt(Traced::zero()), x[0], || x[0].sqrt())]);
        let names: Vec<&str> = formula.instructions.iter().map(|i| i.name).collect();
        assert_eq!(names, ["lt", "sqrt", "select"]);
    }
}
