//! Tiles: how many samples go through time together.

use rheobase_network::network::{Program, Table};

/// Samples that go through time together, at most.
pub(crate) const TILE: usize = 16;

/// Numbers of a step that a tape keeps for a tile, where that is not more than it takes to read the weights: so many that steps
/// that follow each other find them in the second cache.
const STEP: usize = 64 << 10;

/// The same of a network that has so many numbers in a step of a sample, counting what gradients go back through, and so many parameters: fewer than [`TILE`] where
/// layers are large and weights few, as convolutions have them. Nothing else decides, neither threads nor the machine, as the order in which
/// gradients are added depends on it.
fn samples(numbers: usize, parameters: usize) -> usize {
    let mut tile = TILE;
    while tile > 1 && tile * numbers > STEP && parameters <= tile / 2 * numbers {
        tile /= 2;
    }
    tile
}

/// [`TILE`] samples of `program`, or as few as fit.
pub(super) fn of_program(program: &Program) -> usize {
    samples(program.taped_width(), program.parameters().tensors.iter().map(|t| t.values.len()).sum())
}

/// The same of a program that is not made yet, of which all layers learn by gradients.
pub(super) fn of_table(table: &Table) -> usize {
    let nodes = table.nodes.iter().map(|node| node.shape.iter().product::<usize>());
    samples(nodes.sum(), table.parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rheobase_network::network::{Sequential, conv, flatten, linear, lower, neurons, outline};

    #[test]
    fn tiles_are_smaller_where_layers_are_large_and_weights_few() {
        let lif = || neurons("lif_subtract");
        let of = |network: Sequential, shape: &[usize]| {
            let network = network.input(shape).unwrap();
            let tile = of_program(&lower(&network, 0).unwrap());
            assert_eq!(tile, of_table(&outline(&network).unwrap()));
            tile
        };
        assert_eq!(of(Sequential::new([linear(128), lif(), linear(10), lif()]), &[64]), TILE);
        // A step has 24,192 numbers, four samples more than fit.
        let images = Sequential::new([conv(16, 5), lif(), flatten(), linear(10), lif()]);
        assert!(of(images, &[1, 32, 32]) < TILE / 2);
        // Reading the weights takes longer than reading what a tile has.
        assert_eq!(of(Sequential::new([linear(6000), lif()]), &[700]), TILE);
    }
}
