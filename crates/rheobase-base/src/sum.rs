//! Sums over neurons in one fixed order, whatever the register width.

use rheobase_models::lanes::Elem;

/// The sum in 16 virtual lanes and a fixed tree: the same bits at every register width.
#[inline(always)]
pub fn virtual_lane_sum<E: Elem>(numbers: &[E]) -> E {
    let mut lanes = [E::zero(); 16];
    for chunk in numbers.chunks(16) {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = *lane + *x;
        }
    }
    let mut width = 8;
    while width > 0 {
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}
