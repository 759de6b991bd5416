//! Checkpoints come back to the bit, and whatever is broken about a file is an error.

use proptest::prelude::*;
use serde_json::json;

use super::file::Stored;
use super::*;
use crate::learn::fingerprint::fingerprint;

fn sample() -> Checkpoint {
    let header = Header {
        kind: "training".into(),
        architecture: json!({"dt": 0.001, "nodes": {"hidden": {"neurons": 3}}}),
        epoch: 4,
        step: u64::MAX,
        random: BTreeMap::from([("shuffle".to_string(), u64::MAX - 1)]),
        extra: json!({"history": [0.1, 1.0 / 3.0]}),
    };
    let mut checkpoint = Checkpoint::new(header);
    let weights = vec![1.0, -0.0, f32::MIN_POSITIVE / 8.0, f32::MAX, 1.0 / 3.0, -2.5];
    checkpoint.insert("weights", "hidden.weight", Tensor::f32(&[2, 3], weights).unwrap()).unwrap();
    checkpoint.insert("weights", "hidden.bias", Tensor::f32(&[0], vec![]).unwrap()).unwrap();
    checkpoint.insert("data", "order", Tensor::u64(&[2], vec![u64::MAX, 3]).unwrap()).unwrap();
    checkpoint
}

fn text(result: std::result::Result<Checkpoint, String>) -> String {
    result.unwrap_err()
}

fn bytes(checkpoint: &Checkpoint) -> Vec<u8> {
    to_bytes(checkpoint).unwrap_or_else(|_| panic!("it is finite"))
}

/// The checkpoint as version 1 of the file had it, without a checksum.
fn bytes_of_format_1(checkpoint: &Checkpoint) -> Vec<u8> {
    let new = bytes(checkpoint);
    let (length, rest) = new.split_first_chunk::<8>().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Value = serde_json::from_slice(header).unwrap();
    let mut entry: Value =
        serde_json::from_str(header["__metadata__"]["rheobase"].as_str().unwrap()).unwrap();
    entry["format"] = json!(1);
    entry.as_object_mut().unwrap().remove("checksum");
    header["__metadata__"]["rheobase"] = json!(entry.to_string());
    file(&header.to_string(), data)
}

/// What is said of these bytes, which must be refused as damaged, with what to do.
fn refused(bytes: &[u8]) -> String {
    let what = text(from_bytes(bytes));
    assert!(what.contains("the file is damaged") && what.contains("use a copy of it"), "{what}");
    what
}

/// A safetensors file with this JSON header.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn a_file_comes_back_to_the_bit_and_is_made_of_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    sample().write(&path).unwrap();
    let read = Checkpoint::read(&path).unwrap();
    assert_eq!(read, sample());
    assert_eq!(fingerprint(read.tensors()), fingerprint(sample().tensors()));
    assert_eq!(bytes(&read), std::fs::read(&path).unwrap());
    assert_eq!(read.f32("weights", "hidden.weight").unwrap()[1].to_bits(), (-0.0f32).to_bits());
    assert_eq!(read.u64("data", "order").unwrap(), [u64::MAX, 3]);
    let names: Vec<_> = read.group("weights").map(|(name, _)| name).collect();
    assert_eq!(names, ["hidden.bias", "hidden.weight"]);
}

#[test]
fn any_reader_of_safetensors_reads_it() {
    let bytes = bytes(&sample());
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(tensors.tensor("weights/hidden.weight").unwrap().shape(), [2, 3]);
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let whole = bytes(&sample());
    for length in 0..whole.len() {
        assert!(refused(&whole[..length]).contains("cut off"), "{length} of {}", whole.len());
    }
    let mut longer = whole;
    longer.push(0);
    refused(&longer);
    let mut longer = bytes_of_format_1(&sample());
    longer.push(0);
    assert!(refused(&longer).contains("follow its last tensor"));
}

#[test]
fn any_flipped_bit_is_noticed() {
    let whole = bytes(&sample());
    assert_eq!(from_bytes(&whole).unwrap().protection(), Protection::Whole);
    let mut damaged = whole.clone();
    for bit in 0..8 * whole.len() {
        damaged[bit / 8] ^= 1 << (bit % 8);
        refused(&damaged);
        damaged[bit / 8] = whole[bit / 8];
    }
    from_bytes(&damaged).unwrap();
}

proptest! {
    #[test]
    fn any_damage_is_noticed(
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..20),
    ) {
        let whole = bytes(&sample());
        let mut damaged = whole.clone();
        changes.iter().for_each(|(at, flips)| damaged[at.index(whole.len())] ^= flips);
        prop_assume!(damaged != whole);
        refused(&damaged);
    }
}

#[test]
fn files_without_a_checksum_are_read_and_known_as_such() {
    let old = bytes_of_format_1(&sample());
    let read = from_bytes(&old).unwrap();
    assert_eq!(read.protection(), Protection::Tensors);
    assert_eq!(read.header, sample().header);
    assert!(read.tensors().eq(sample().tensors()));
    // Their tensors are protected, and nothing in them leads to a panic.
    let data = old.len() - 6 * 4 - 2 * 8;
    for i in 0..old.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = old.clone();
            damaged[i] ^= flip;
            let result = from_bytes(&damaged);
            assert!(i < data || result.is_err(), "byte {i} of {}", old.len());
        }
    }
    // Written again, the file is protected.
    assert_eq!(bytes(&read), bytes(&sample()));
}

#[test]
fn a_file_written_anew_by_another_tool_has_lost_its_checksum() {
    let mut header: Value = {
        let new = bytes(&sample());
        let (length, rest) = new.split_first_chunk::<8>().unwrap();
        serde_json::from_slice(&rest[..u64::from_le_bytes(*length) as usize]).unwrap()
    };
    header["__metadata__"]["other"] = json!("entry");
    let data = bytes(&sample()).split_off(bytes(&sample()).len() - 40);
    assert!(refused(&file(&header.to_string(), &data)).contains("its checksum is not where"));
}

#[test]
fn crafted_lengths_neither_panic_nor_allocate() {
    let half = usize::MAX / 4;
    let tensor = |from: usize, len: usize| {
        let to = from.wrapping_add(len);
        format!(r#"{{"dtype":"U8","shape":[{len}],"data_offsets":[{from},{to}]}}"#)
    };
    let eighth = usize::MAX / 8;
    let many: Vec<_> = (0..8).map(|i| format!(r#""t{i}":{}"#, tensor(i * eighth, eighth))).collect();
    for header in [
        format!(r#"{{"a":{}}}"#, tensor(0, eighth)),
        format!(r#"{{"a":{}}}"#, tensor(half, half)),
        format!("{{{}}}", many.join(",")),
        r#"{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#.into(),
        r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#.into(),
        r#"{"a":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#.into(),
        "[".repeat(100_000),
        "{}".into(),
        "null".into(),
        "\u{0}".into(),
        String::new(),
    ] {
        assert!(from_bytes(&file(&header, &[0; 4])).is_err());
        assert!(from_bytes(&file(&header, &[])).is_err());
    }
    for length in [u64::MAX, u64::MAX - 7, 1 << 40, 9] {
        assert!(text(from_bytes(&length.to_le_bytes())).contains("cut off"));
    }
}

#[test]
fn other_files_and_other_formats_say_what_they_are() {
    assert!(text(from_bytes(b"PK\x03\x04 a zip archive, not this")).contains("not a checkpoint"));
    assert!(text(from_bytes(&file("{}", &[]))).contains("without the entry `rheobase`"));
    let with = |entry: &str| {
        let header = json!({"__metadata__": {"rheobase": entry}}).to_string();
        text(from_bytes(&file(&header, &[])))
    };
    assert!(with(r#"{"format": 3, "new": 1}"#).contains("format 3, but this version reads 1 and 2"));
    assert!(with("{}").contains("states no format"));
    assert!(with("7").contains("states no format"));
    assert!(with(r#"{"format": 1}"#).contains("does not parse"));
    assert!(with("{").contains("does not parse"));
    let (fingerprint, header) = (String::new(), Header::default());
    let entry = serde_json::to_string(&Stored { format: 1, checksum: None, fingerprint, header });
    let header = json!({
        "__metadata__": {"rheobase": entry.unwrap()},
        "weights/a": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]},
    });
    let error = text(from_bytes(&file(&header.to_string(), &[0; 8])));
    assert!(error.contains("tensor `weights/a` holds F64"), "{error}");
}

#[test]
fn what_is_not_finite_is_neither_written_nor_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.safetensors");
    sample().write(&path).unwrap();
    let mut broken = sample();
    broken.insert("weights", "z", Tensor::f32(&[3], vec![0.0, 1.0, f32::NAN]).unwrap()).unwrap();
    let error = broken.write(&path).unwrap_err().to_string();
    assert!(error.starts_with("checkpoint.weights/z[2] = NaN"), "{error}");
    assert_eq!(Checkpoint::read(&path).unwrap(), sample());

    let mut bytes = bytes_of_format_1(&sample());
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let error = text(from_bytes(&bytes));
    assert!(error.contains("tensor `weights/hidden.weight`[5] = inf"), "{error}");
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none.safetensors");
    assert!(Checkpoint::read(&missing).unwrap_err().to_string().contains("none.safetensors: cannot be read"));
    assert!(Checkpoint::read(folder.path()).is_err());
    assert!(sample().write(folder.path()).is_err());
}

#[test]
fn tensors_of_another_architecture_are_named_with_the_nearest() {
    let path = Path::new("a.safetensors");
    let want = |name: &str, shape: &[usize]| ExpectedTensor {
        name: name.into(),
        element: Element::F32,
        shape: shape.into(),
    };
    let right = [want("hidden.weight", &[2, 3]), want("hidden.bias", &[0])];
    sample().expect(path, "weights", &right).unwrap();
    let error = |wanted: &[ExpectedTensor]| sample().expect(path, "weights", wanted).unwrap_err().to_string();
    let missing = error(&[want("hiden.weight", &[2, 3]), want("hidden.bias", &[0])]);
    assert!(
        missing.contains("`weights/hiden.weight` is missing (it has `weights/hidden.weight`)"),
        "{missing}"
    );
    let shape = error(&[want("hidden.weight", &[3, 2]), want("hidden.bias", &[0])]);
    assert!(shape.contains("is float32 [2, 3], but float32 [3, 2] is needed"), "{shape}");
    let extra = error(&[want("hidden.weight", &[2, 3])]);
    assert!(extra.contains("unknown tensor `hidden.bias`"), "{extra}");
    let kind = [ExpectedTensor { element: Element::U64, ..want("hidden.bias", &[0]) }];
    assert!(error(&kind).contains("uint64 [0] is needed"));
    assert!(sample().u64("weights", "hidden.bias").unwrap_err().to_string().contains("must hold uint64"));
    assert!(sample().f32("weight", "hidden.bias").is_err());
}

#[test]
fn another_architecture_is_explained_by_its_first_difference() {
    let path = Path::new("a.safetensors");
    let mut other = sample().header.architecture;
    sample().expect_header(path, "training", &other).unwrap();
    assert!(
        sample().expect_header(path, "weights", &other).unwrap_err().to_string().contains("kind `training`")
    );
    other["nodes"]["hidden"]["neurons"] = json!(128);
    let error = sample().expect_header(path, "training", &other).unwrap_err().to_string();
    assert!(
        error.contains("architecture.nodes.hidden.neurons is 3 in the file, but 128 is wanted"),
        "{error}"
    );
    other["nodes"] = json!([1, 2]);
    assert!(sample().expect_header(path, "training", &other).is_err());
}

#[test]
fn names_are_group_and_name() {
    let mut checkpoint = sample();
    let tensor = || Tensor::f32(&[], vec![1.0]).unwrap();
    for (group, name) in [("", "a"), ("weights", ""), ("a/b", "c"), ("weights", "hidden.weight")] {
        assert!(checkpoint.insert(group, name, tensor()).is_err(), "{group} {name}");
    }
    checkpoint.insert("weights", "sub/net.weight", tensor()).unwrap();
    assert_eq!(from_bytes(&bytes(&checkpoint)).unwrap(), checkpoint);
    assert!(Tensor::f32(&[2, usize::MAX], vec![1.0]).is_err());
}
