//! The three products of a linear map, with lanes: out of events or of all inputs, back to the inputs, and to the
//! weights.
//!
//! Every sum has one order, whatever the form, the SIMD level or the threads: outputs add their inputs in ascending
//! index; errors of inputs are sums in 16 virtual lanes with a fixed tree; a weight adds its gradient with time
//! descending and samples ascending. A term of 0 changes no sum, so leaving it out gives the same bits.

use rheobase_models::lanes::{Elem, Kernel, Lanes, Level};

use super::operator::History;
use super::signal::{Reach, Signal};

/// A step of the product `input · weights + bias` for a tile.
pub(crate) struct Product<'a> {
    /// `[input, output]`.
    pub(crate) weights: &'a [f32],
    pub(crate) bias: Option<&'a [f32]>,
    pub(crate) input: &'a Signal,
    pub(crate) outputs: usize,
    /// `[sample, output]`: written.
    pub(crate) out: &'a mut [f32],
}

/// Out of events where the signal has them, out of all values otherwise.
pub(crate) fn forward(level: Level, product: Product<'_>) {
    match &product.input.events {
        Some(_) => f32::dispatch_wide(level, FromEvents(product)),
        None => f32::dispatch_wide(level, FromAll(product)),
    }
}

/// Registers that are filled side by side.
const WIDE: usize = 8;

/// Calls `$body` for blocks of outputs: `$n` registers from output `$o` on.
macro_rules! blocks {
    ($V:ident, $outputs:expr, |$o:ident, $n:ident| $body:block) => {{
        let mut $o = 0;
        while $o + WIDE * $V::WIDTH <= $outputs {
            const $n: usize = WIDE;
            $body
            $o += WIDE * $V::WIDTH;
        }
        while $o < $outputs {
            const $n: usize = 1;
            $body
            $o += $V::WIDTH;
        }
    }};
}

struct FromEvents<'a>(Product<'a>);

impl Kernel<f32> for FromEvents<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let p = self.0;
        let Some(events) = &p.input.events else { return };
        for sample in 0..p.input.samples {
            let (index, value) = events.of(sample);
            let out = &mut p.out[sample * p.outputs..(sample + 1) * p.outputs];
            blocks!(V, p.outputs, |o, N| {
                let mut sums = [V::zero(); N];
                for e in 0..index.len() {
                    let v = V::broadcast(value[e]);
                    let row = &p.weights[index[e] as usize * p.outputs..][..p.outputs];
                    for r in 0..N {
                        sums[r] = sums[r] + v * V::load(&row[o + r * V::WIDTH..]);
                    }
                }
                finish::<V, N>(sums, p.bias, o, out);
            });
        }
    }
}

/// Adds the bias and writes the sums.
#[inline(always)]
fn finish<V: Lanes<Elem = f32>, const N: usize>(
    sums: [V; N],
    bias: Option<&[f32]>,
    o: usize,
    out: &mut [f32],
) {
    for r in 0..N {
        let at = o + r * V::WIDTH;
        let sum = match bias {
            Some(bias) => sums[r] + V::load(&bias[at..]),
            None => sums[r],
        };
        sum.store(&mut out[at..]);
    }
}

/// Samples that share a loaded weight.
const TALL: usize = 4;

struct FromAll<'a>(Product<'a>);

impl Kernel<f32> for FromAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let p = self.0;
        let (samples, inputs) = (p.input.samples, p.input.width);
        let mut sample = 0;
        while sample + TALL <= samples {
            all::<V, TALL>(&p, sample, inputs).store_into(p.out);
            sample += TALL;
        }
        while sample < samples {
            all::<V, 1>(&p, sample, inputs).store_into(p.out);
            sample += 1;
        }
    }
}

/// Nothing to do any more: `all` has to read `p` and write `p.out`.
struct Rows<const T: usize> {
    first: usize,
    outputs: usize,
    values: Vec<f32>,
}

impl<const T: usize> Rows<T> {
    #[inline(always)]
    fn store_into(self, out: &mut [f32]) {
        let start = self.first * self.outputs;
        out[start..start + T * self.outputs].copy_from_slice(&self.values);
    }
}

/// All outputs of `T` samples.
#[inline(always)]
fn all<V: Lanes<Elem = f32>, const T: usize>(p: &Product<'_>, first: usize, inputs: usize) -> Rows<T> {
    let mut values = vec![0.0; T * p.outputs];
    let mut o = 0;
    while o < p.outputs {
        let mut sums = [[V::zero(); 2]; T];
        for i in 0..inputs {
            let row = &p.weights[i * p.outputs..][..p.outputs];
            let w = [V::load(&row[o..]), V::load(&row[(o + V::WIDTH).min(p.outputs)..])];
            for s in 0..T {
                let x = V::broadcast(p.input.values[(first + s) * inputs + i]);
                sums[s][0] = sums[s][0] + x * w[0];
                sums[s][1] = sums[s][1] + x * w[1];
            }
        }
        for s in 0..T {
            let out = &mut values[s * p.outputs..(s + 1) * p.outputs];
            finish::<V, 1>([sums[s][0]], p.bias, o, out);
            if o + V::WIDTH < p.outputs {
                finish::<V, 1>([sums[s][1]], p.bias, o + V::WIDTH, out);
            }
        }
        o += 2 * V::WIDTH;
    }
    Rows { first, outputs: p.outputs, values }
}

/// Adds dL/d input to `gradient` `[sample, input]` where it is wanted: the dot product of a weight row with the error.
pub(crate) fn backward(
    level: Level,
    weights: &[f32],
    outputs: usize,
    reach: &Reach,
    upstream: &[f32],
    gradient: &mut [f32],
) {
    f32::dispatch_wide(level, ToInputs { weights, outputs, reach, upstream, gradient });
}

struct ToInputs<'a> {
    weights: &'a [f32],
    outputs: usize,
    reach: &'a Reach,
    upstream: &'a [f32],
    gradient: &'a mut [f32],
}

impl Kernel<f32> for ToInputs<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let inputs = self.weights.len() / self.outputs.max(1);
        for (sample, error) in self.upstream.chunks_exact(self.outputs.max(1)).enumerate() {
            let gradient = &mut self.gradient[sample * inputs..(sample + 1) * inputs];
            match self.reach {
                Reach::Nowhere => {}
                Reach::Everywhere => {
                    for (i, g) in gradient.iter_mut().enumerate() {
                        *g += dot::<V>(&self.weights[i * self.outputs..][..self.outputs], error);
                    }
                }
                Reach::Bits(bits) => {
                    let words = inputs.div_ceil(64);
                    for (w, word) in bits[sample * words..(sample + 1) * words].iter().enumerate() {
                        let mut word = *word;
                        while word != 0 {
                            let i = w * 64 + word.trailing_zeros() as usize;
                            word &= word - 1;
                            gradient[i] += dot::<V>(&self.weights[i * self.outputs..][..self.outputs], error);
                        }
                    }
                }
            }
        }
    }
}

/// The dot product in 16 virtual lanes: lane l sums the products l, l + 16, l + 32…; then halves are added.
#[inline(always)]
fn dot<V: Lanes<Elem = f32>>(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [V::zero(); 16];
    let registers = 16 / V::WIDTH;
    let mut i = 0;
    while i < a.len() {
        for r in 0..registers {
            let at = (i + r * V::WIDTH).min(a.len());
            sums[r] = sums[r] + V::load(&a[at..]) * V::load(&b[at..]);
        }
        i += 16;
    }
    let mut lanes = [0.0f32; 16];
    for r in 0..registers {
        sums[r].store(&mut lanes[r * V::WIDTH..]);
    }
    for half in [8, 4, 2, 1] {
        for l in 0..half {
            lanes[l] += lanes[l + half];
        }
    }
    lanes[0]
}

/// Adds the gradient of the weights to `gradient` `[input, output]`: `Σ_t Σ_s in[t, s, i]·error[t, s, o]`.
///
/// Events are sorted by input first, so that a row of weights is written once.
pub(crate) fn gather(
    level: Level,
    history: &dyn History,
    inputs: usize,
    outputs: usize,
    gradient: &mut [f32],
) {
    let steps = history.steps();
    if steps > 1 && (1..steps).all(|t| history.input(t).constant) {
        gather_constant(level, history, inputs, outputs, gradient);
        return;
    }
    let mut terms = Terms::new(inputs);
    for t in (0..steps).rev() {
        let signal = history.input(t);
        terms.for_each(signal, |terms, i, _, _| terms.starts[i + 1] += 1);
    }
    terms.accumulate();
    for t in (0..steps).rev() {
        let signal = history.input(t);
        terms.for_each(signal, |terms, i, sample, value| {
            terms.place(i, [t as u32, (sample * outputs) as u32], value)
        });
    }
    let rows: Vec<&[f32]> = (0..steps).map(|t| history.upstream(t)).collect();
    f32::dispatch_wide(level, ToWeights { terms: &terms, rows: &rows, outputs, gradient });
}

/// With input that stays the same the errors are summed first.
fn gather_constant(level: Level, history: &dyn History, inputs: usize, outputs: usize, gradient: &mut [f32]) {
    let signal = history.input(0);
    let mut errors = vec![0.0f32; signal.samples * outputs];
    for t in (0..history.steps()).rev() {
        for (sum, e) in errors.iter_mut().zip(history.upstream(t)) {
            *sum += e;
        }
    }
    let mut terms = Terms::new(inputs);
    terms.for_each(signal, |terms, i, _, _| terms.starts[i + 1] += 1);
    terms.accumulate();
    terms.for_each(signal, |terms, i, sample, value| terms.place(i, [0, (sample * outputs) as u32], value));
    let rows = [&errors[..]];
    f32::dispatch_wide(level, ToWeights { terms: &terms, rows: &rows, outputs, gradient });
}

/// The values of a signal over time, sorted by input.
struct Terms {
    starts: Vec<u32>,
    next: Vec<u32>,
    /// Step, and where the sample's errors start within it.
    at: Vec<[u32; 2]>,
    value: Vec<f32>,
}

impl Terms {
    fn new(inputs: usize) -> Self {
        Terms { starts: vec![0; inputs + 1], next: Vec::new(), at: Vec::new(), value: Vec::new() }
    }

    fn accumulate(&mut self) {
        for i in 1..self.starts.len() {
            self.starts[i] += self.starts[i - 1];
        }
        self.next = self.starts.clone();
        let total = self.starts.last().map_or(0, |n| *n as usize);
        self.at = vec![[0; 2]; total];
        self.value = vec![0.0; total];
    }

    fn place(&mut self, i: usize, place: [u32; 2], value: f32) {
        let at = self.next[i] as usize;
        self.next[i] += 1;
        (self.at[at], self.value[at]) = (place, value);
    }

    /// Calls `f` with input, sample and value of everything that is not 0.
    fn for_each(&mut self, signal: &Signal, mut f: impl FnMut(&mut Self, usize, usize, f32)) {
        for sample in 0..signal.samples {
            match &signal.events {
                Some(events) => {
                    let (index, value) = events.of(sample);
                    for (i, v) in index.iter().zip(value) {
                        f(self, *i as usize, sample, *v);
                    }
                }
                None => {
                    for (i, v) in signal.sample(sample).iter().enumerate().filter(|(_, v)| **v != 0.0) {
                        f(self, i, sample, *v);
                    }
                }
            }
        }
    }
}

struct ToWeights<'a> {
    terms: &'a Terms,
    /// `[step][sample, output]`.
    rows: &'a [&'a [f32]],
    outputs: usize,
    gradient: &'a mut [f32],
}

impl Kernel<f32> for ToWeights<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let outputs = self.outputs;
        for i in 0..self.terms.starts.len() - 1 {
            let range = self.terms.starts[i] as usize..self.terms.starts[i + 1] as usize;
            if range.is_empty() {
                continue;
            }
            let to = &mut self.gradient[i * outputs..(i + 1) * outputs];
            blocks!(V, outputs, |o, N| {
                let mut sums = [V::zero(); N];
                for r in 0..N {
                    sums[r] = V::load(&to[o + r * V::WIDTH..]);
                }
                for e in range.clone() {
                    let v = V::broadcast(self.terms.value[e]);
                    let [t, start] = self.terms.at[e];
                    let row = &self.rows[t as usize][start as usize..][..outputs];
                    for r in 0..N {
                        sums[r] = sums[r] + v * V::load(&row[o + r * V::WIDTH..]);
                    }
                }
                for r in 0..N {
                    sums[r].store(&mut to[o + r * V::WIDTH..]);
                }
            });
        }
    }
}

/// Adds the gradient of a bias.
pub(crate) fn gather_bias(history: &dyn History, gradient: &mut [f32]) {
    for t in (0..history.steps()).rev() {
        for row in history.upstream(t).chunks_exact(gradient.len().max(1)) {
            for (sum, e) in gradient.iter_mut().zip(row) {
                *sum += e;
            }
        }
    }
}
