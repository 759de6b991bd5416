//! `Kernels`: the kernels of a convolution, without their weights.

/// Kernels of a convolution. Lists have one number per axis, or one for all.
#[derive(Debug, Clone, Copy)]
pub struct Kernels<'a> {
    /// Output features.
    pub outputs: usize,
    /// Size of a kernel.
    pub kernel: &'a [usize],
    /// Step between outputs.
    pub stride: &'a [usize],
    /// Places of 0 around the input. What lies there never fires.
    pub padding: &'a [usize],
    /// Distance between the kernel's elements.
    pub dilation: &'a [usize],
    /// Groups of features that do not see each other.
    pub groups: usize,
}

impl<'a> Kernels<'a> {
    /// Kernels of one size without stride, padding, dilation or groups.
    pub fn new(outputs: usize, kernel: &'a [usize]) -> Kernels<'a> {
        Kernels { outputs, kernel, stride: &[1], padding: &[0], dilation: &[1], groups: 1 }
    }
}
