//! The errors of windows that stand side by side, added to all that they see, in lanes.

use rheobase_models::lanes::{Kernel, Lanes};

/// Maps, and what is added to them.
pub(super) struct ToAll<'a> {
    /// The error of every window, `[map, row, column]`.
    pub(super) errors: &'a [f32],
    /// Rows and columns of a map's windows.
    pub(super) windows: [usize; 2],
    /// Rows and columns of a window.
    pub(super) kernel: [usize; 2],
    /// Rows and columns of a map.
    pub(super) places: [usize; 2],
    /// `[map, row, column]`: added to.
    pub(super) gradient: &'a mut [f32],
}

impl Kernel<f32> for ToAll<'_> {
    type Output = ();
    #[inline(always)]
    fn run<V: Lanes<Elem = f32>>(self) {
        let ([height, width], [down, across], [rows, columns]) = (self.windows, self.kernel, self.places);
        let seen = width * across;
        // What a line of places gets; the same for every line of a row of windows. Windows of two columns need no such line.
        let mut line = vec![0.0; seen];
        for map in 0..self.errors.len() / (height * width) {
            for y in 0..height {
                let errors = &self.errors[(map * height + y) * width..][..width];
                let first = (map * rows + y * down) * columns;
                if across == 2 && V::WIDTH > 1 {
                    for x in (0..width).step_by(V::WIDTH) {
                        let end = width.min(x + V::WIDTH);
                        let (low, high) = V::load(&errors[x..end]).doubled();
                        for row in 0..down {
                            let to = &mut self.gradient[first + row * columns..][2 * x..2 * end];
                            let (lower, upper) = to.split_at_mut(V::WIDTH.min(to.len()));
                            (V::load(lower) + low).store(lower);
                            if !upper.is_empty() {
                                (V::load(upper) + high).store(upper);
                            }
                        }
                    }
                    continue;
                }
                for x in 0..width {
                    for to in &mut line[x * across..(x + 1) * across] {
                        *to = errors[x];
                    }
                }
                for row in 0..down {
                    let to = &mut self.gradient[first + row * columns..][..seen];
                    for x in (0..seen).step_by(V::WIDTH) {
                        let to = &mut to[x..seen.min(x + V::WIDTH)];
                        (V::load(to) + V::load(&line[x..])).store(to);
                    }
                }
            }
        }
    }
}
