//! A fingerprint of named tensors: equal if and, for all purposes short of an attack, only if every bit is.

use std::hash::Hasher;

use twox_hash::XxHash3_64;

use super::tensor::{Element, Tensor};

/// 16 hexadecimal digits over names, shapes, kinds and bits of all tensors, whatever order they come in.
///
/// XXH3 (64 bits, seed 0) of, for each tensor in ascending order of its name's bytes: the name's length and bytes, 0 for
/// `f32` or 1 for `u64`, the number of axes, each axis, and the elements; all numbers little-endian, lengths as 64 bits.
/// +0 and −0 differ. The value is the same on every machine and stays so from version to version.
pub fn fingerprint<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> String {
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    tensors.sort_by_key(|(name, _)| *name);
    let mut hash = XxHash3_64::with_seed(0);
    // `Hasher::write_u64` follows the machine's byte order.
    let number = |hash: &mut XxHash3_64, n: usize| hash.write(&(n as u64).to_le_bytes());
    for (name, tensor) in tensors {
        number(&mut hash, name.len());
        hash.write(name.as_bytes());
        hash.write(&[u8::from(tensor.element() == Element::U64)]);
        number(&mut hash, tensor.shape().len());
        for axis in tensor.shape() {
            number(&mut hash, *axis);
        }
        hash.write(&tensor.bytes());
    }
    format!("{:016x}", hash.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32s(shape: &[usize], data: &[f32]) -> Tensor {
        Tensor::f32(shape, data.to_vec()).unwrap()
    }

    #[test]
    fn the_value_is_fixed() {
        let (a, b) = (f32s(&[2, 2], &[1.0, -2.5, 0.0, 1e-40]), Tensor::u64(&[], vec![7]).unwrap());
        assert_eq!(fingerprint([("hidden.weight", &a), ("step", &b)]), "160612a0827004ee");
        assert_eq!(fingerprint([("step", &b), ("hidden.weight", &a)]), "160612a0827004ee");
        assert_eq!(fingerprint([]), "2d06800538d394c2");
    }

    #[test]
    fn every_part_counts() {
        let a = f32s(&[2, 3], &[0.0; 6]);
        let print = |name: &str, t: &Tensor| fingerprint([(name, t)]);
        let mut minus = [0.0f32; 6];
        minus[5] = -0.0;
        let mut seen = vec![
            print("a", &a),
            print("b", &a),
            print("a", &f32s(&[3, 2], &[0.0; 6])),
            print("a", &f32s(&[6], &[0.0; 6])),
            print("a", &f32s(&[2, 3], &minus)),
            print("a", &Tensor::u64(&[3], vec![0; 3]).unwrap()),
            print("a", &f32s(&[0], &[])),
            print("a", &f32s(&[0, 5], &[])),
        ];
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
