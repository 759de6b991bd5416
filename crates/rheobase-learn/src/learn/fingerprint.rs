//! Fingerprints of named tensors and of data sets: equal if and, for all purposes short of an attack, only if every bit
//! is.

use std::hash::Hasher;

use twox_hash::XxHash3_64;

use rheobase_data::{Dataset, EventInputs, Inputs};
use rheobase_signals::tensor::{Element, Tensor};

/// 16 hexadecimal digits over names, shapes, kinds and bits of all tensors, whatever order they come in.
///
/// XXH3 (64 bits, seed 0) of, for each tensor in ascending order of its name's bytes: the name's length and bytes, 0 for
/// `f32` or 1 for `u64`, the number of axes, each axis, and the elements; all numbers little-endian, lengths as 64 bits.
/// +0 and −0 differ. The value is the same on every machine and stays so from version to version.
pub fn fingerprint<'a>(tensors: impl IntoIterator<Item = (&'a str, &'a Tensor)>) -> String {
    let mut tensors: Vec<_> = tensors.into_iter().collect();
    tensors.sort_by_key(|(name, _)| *name);
    let mut hash = XxHash3_64::with_seed(0);
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

/// 16 hexadecimal digits over what can be learned from data sets: shapes, inputs, labels, names of classes. The names
/// of the data sets themselves, files say, do not count.
///
/// The value is the same on every machine and stays so from version to version.
pub fn fingerprint_of_data<'a>(parts: impl IntoIterator<Item = &'a Dataset>) -> String {
    let mut hash = XxHash3_64::with_seed(0);
    for part in parts {
        numbers(&mut hash, part.shape());
        words(&mut hash, part.labels(), |label| label.to_le_bytes());
        number(&mut hash, part.class_names().len());
        for name in part.class_names() {
            number(&mut hash, name.len());
            hash.write(name.as_bytes());
        }
        inputs(&mut hash, part.inputs());
    }
    format!("{:016x}", hash.finish())
}

fn inputs(hash: &mut XxHash3_64, inputs: &Inputs) {
    let bytes = |x: &f32| x.to_le_bytes();
    match inputs {
        Inputs::Static(values) => {
            hash.write(&[0]);
            words(hash, values, bytes);
        }
        Inputs::Series { starts, values } => {
            hash.write(&[1]);
            numbers(hash, starts);
            words(hash, values, bytes);
        }
        Inputs::Events(EventInputs { lengths, starts, step, feature, value }) => {
            hash.write(&[2]);
            numbers(hash, starts);
            [lengths, step, feature].into_iter().for_each(|list| words(hash, list, |n| n.to_le_bytes()));
            words(hash, value, bytes);
        }
    }
}

/// `Hasher::write_u64` follows the machine's byte order.
fn number(hash: &mut XxHash3_64, n: usize) {
    hash.write(&(n as u64).to_le_bytes());
}

fn numbers(hash: &mut XxHash3_64, list: &[usize]) {
    number(hash, list.len());
    list.iter().for_each(|n| number(hash, *n));
}

fn words<T>(hash: &mut XxHash3_64, list: &[T], bytes: impl Fn(&T) -> [u8; 4]) {
    number(hash, list.len());
    let mut buffer = Vec::with_capacity(4096);
    for piece in list.chunks(1024) {
        buffer.clear();
        piece.iter().for_each(|x| buffer.extend(bytes(x)));
        hash.write(&buffer);
    }
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

    fn data(inputs: Inputs) -> Dataset {
        Dataset::new("a.csv", [2], inputs, vec![0, 1]).unwrap()
    }

    #[test]
    fn every_part_of_the_data_counts_but_for_their_name() {
        let values = || vec![0.5, 1.0, -2.0, 0.0];
        let plain = data(Inputs::Static(values()));
        let print = |part: &Dataset| fingerprint_of_data([part]);
        assert_eq!(print(&plain), "d7493dd28ffd8a33");
        let renamed = Dataset::new("b.csv", [2], Inputs::Static(values()), vec![0, 1]).unwrap();
        assert_eq!(print(&renamed), print(&plain));
        let events = |value| EventInputs {
            lengths: vec![3, 3],
            starts: vec![0, 1, 1],
            step: vec![2],
            feature: vec![1],
            value: vec![value],
        };
        let mut seen = vec![
            print(&plain),
            fingerprint_of_data([&plain, &plain]),
            print(&data(Inputs::Static(vec![0.5, 1.0, -2.0, -0.0]))),
            print(&Dataset::new("a.csv", [2], Inputs::Static(values()), vec![1, 0]).unwrap()),
            print(&Dataset::new("a.csv", [1, 2], Inputs::Static(values()), vec![0, 1]).unwrap()),
            print(&plain.clone().with_class_names(vec!["a".into(), "b".into()]).unwrap()),
            print(&data(Inputs::Series { starts: vec![0, 1, 2], values: values() })),
            print(&data(Inputs::Events(events(1.0)))),
            print(&data(Inputs::Events(events(2.0)))),
        ];
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), count);
    }
}
