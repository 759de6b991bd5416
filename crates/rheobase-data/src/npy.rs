//! NumPy's `.npy` files: one array each.
//!
//! Read: bool, (u)int of every width, float16 to float64 and text, either byte order, C and Fortran order, format
//! versions 1 to 3. Written: little-endian, C order, version 1. Objects (pickles), records, complex numbers, bytes,
//! dates and extended precision are refused by name.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::array::{Array, ArrayData};
use super::npy_header::{Header, Kind};
use rheobase_base::{Error, Result, memory};
use rheobase_files::atomic_write;

/// Elements are taken from the stream in pieces of this many bytes, so that memory grows with what is really there.
const PIECE: usize = 1 << 16;

/// Once so small a part of the elements has arrived, memory is taken for all.
const PART: usize = 16;

/// Reads the array in the `.npy` file `path`.
///
/// # Errors
/// [`Error::File`] if the file cannot be read, is not an npy file, is cut off, goes on after its array, declares more
/// than it holds (nothing is allocated for it), or holds an element type that is not read.
pub fn read_npy(path: impl AsRef<Path>) -> Result<Array> {
    let path = path.as_ref();
    let (mut file, size) = open(path)?;
    read_array(&mut file, size).map_err(|what| Error::file(path, what))
}

/// Reads an array from the bytes of an `.npy` file; `label` names them in errors.
///
/// # Errors
/// As [`read_npy`].
pub fn read_npy_bytes(label: impl AsRef<Path>, mut bytes: &[u8]) -> Result<Array> {
    let size = bytes.len() as u64;
    read_array(&mut bytes, size).map_err(|what| Error::file(label.as_ref(), what))
}

/// Writes `array` as the `.npy` file `path`, whole or not at all.
///
/// # Errors
/// [`Error::File`] if the file cannot be written or a text ends in NUL, which the format cannot store.
pub fn write_npy(path: impl AsRef<Path>, array: &Array) -> Result<()> {
    let path = path.as_ref();
    check_writable(array).map_err(|what| Error::file(path, what))?;
    atomic_write(path, |out| write_array(out, array))
}

/// Opens a regular file and says how many bytes it has.
pub(super) fn open(path: &Path) -> Result<(BufReader<File>, u64)> {
    let fault = |e: io::Error| Error::file(path, format!("cannot be read: {e}"));
    let file = File::open(path).map_err(fault)?;
    let about = file.metadata().map_err(fault)?;
    if !about.is_file() {
        return Err(Error::file(path, "cannot be read: it is a folder or a device, not a file"));
    }
    Ok((BufReader::new(file), about.len()))
}

/// Reads the one array in `reader`, which claims to hold `size` bytes. Errors carry no path.
///
/// Never reads more than the header's shape needs and one byte, which must not exist.
pub(super) fn read_array(reader: &mut impl Read, size: u64) -> std::result::Result<Array, String> {
    let header = Header::read(reader)?;
    check_size(&header, size)?;
    let n = header.len;
    let big = header.big_endian;
    let data = match header.kind {
        Kind::Bool => ArrayData::I64(numbers(reader, n, big, |[b]: [u8; 1]| i64::from(b != 0))?),
        Kind::Int(1) => ArrayData::I64(numbers(reader, n, big, |b| i64::from(i8::from_le_bytes(b)))?),
        Kind::Int(2) => ArrayData::I64(numbers(reader, n, big, |b| i64::from(i16::from_le_bytes(b)))?),
        Kind::Int(4) => ArrayData::I64(numbers(reader, n, big, |b| i64::from(i32::from_le_bytes(b)))?),
        Kind::Int(_) => ArrayData::I64(numbers(reader, n, big, i64::from_le_bytes)?),
        Kind::Uint(1) => ArrayData::I64(numbers(reader, n, big, |[b]: [u8; 1]| i64::from(b))?),
        Kind::Uint(2) => ArrayData::I64(numbers(reader, n, big, |b| i64::from(u16::from_le_bytes(b)))?),
        Kind::Uint(4) => ArrayData::I64(numbers(reader, n, big, |b| i64::from(u32::from_le_bytes(b)))?),
        Kind::Uint(_) => ArrayData::I64(signed(numbers(reader, n, big, u64::from_le_bytes)?)?),
        Kind::Float(2) => ArrayData::F32(numbers(reader, n, big, |b| half(u16::from_le_bytes(b)))?),
        Kind::Float(4) => ArrayData::F32(numbers(reader, n, big, f32::from_le_bytes)?),
        Kind::Float(_) => ArrayData::F64(numbers(reader, n, big, f64::from_le_bytes)?),
        Kind::Text(width) => ArrayData::Text(texts(reader, n, width, big)?),
    };
    // Reading to the end also lets a zip archive check its checksum.
    if reader.read(&mut [0]).map_err(cut_off)? != 0 {
        return Err("goes on after its last element; one array per file is read".into());
    }
    let data = if header.fortran { c_order(data, &header.shape) } else { data };
    Array::new(header.shape, data).map_err(|e| e.to_string())
}

fn check_size(header: &Header, size: u64) -> std::result::Result<(), String> {
    let needed = header
        .kind
        .bytes()
        .and_then(|b| b.checked_mul(header.len))
        .and_then(|b| u64::try_from(b).ok())
        .and_then(|b| b.checked_add(header.bytes));
    match needed {
        // Whole numbers and values are held in up to 8 bytes, texts in at least as many.
        Some(needed) if needed <= size => match memory::check(8.0 * header.len as f64) {
            Err(rule) => Err(format!("has the shape {:?}, which {rule}", header.shape)),
            Ok(()) => Ok(()),
        },
        Some(needed) => Err(format!(
            "declares the shape {:?}, for which {needed} bytes are needed, but only {size} are there: \
             it is cut off or false",
            header.shape
        )),
        None => Err(format!("declares the shape {:?}, more than memory can address", header.shape)),
    }
}

/// `n` numbers of `K` bytes each.
pub(super) fn numbers<const K: usize, T>(
    reader: &mut impl Read,
    n: usize,
    big_endian: bool,
    from_le: impl Fn([u8; K]) -> T,
) -> std::result::Result<Vec<T>, String> {
    let mut out: Vec<T> = Vec::new();
    let mut piece = vec![0_u8; PIECE.min(n.saturating_mul(K))];
    while out.len() < n {
        let now = (PIECE / K).min(n - out.len());
        let bytes = &mut piece[..now * K];
        reader.read_exact(bytes).map_err(cut_off)?;
        // Memory grows with what has arrived: to all of it at once as soon as a part has, so that little is copied.
        let room = if out.len() >= n / PART { n - out.len() } else { now };
        out.try_reserve(room).map_err(|_| no_memory(n))?;
        let (elements, _) = bytes.as_chunks::<K>();
        out.extend(elements.iter().map(|&b| {
            let mut b = b;
            if big_endian {
                b.reverse();
            }
            from_le(b)
        }));
    }
    Ok(out)
}

/// `n` texts of `width` characters each, padded with NUL.
fn texts(
    reader: &mut impl Read,
    n: usize,
    width: usize,
    big_endian: bool,
) -> std::result::Result<Vec<String>, String> {
    let mut out: Vec<String> = Vec::new();
    let mut bytes = Vec::new();
    for i in 0..n {
        bytes.clear();
        // Grows with what is there, whatever the header claims.
        reader.by_ref().take(width as u64 * 4).read_to_end(&mut bytes).map_err(cut_off)?;
        if bytes.len() != width * 4 {
            return Err(format!("ends within its element {i}: the file is cut off"));
        }
        let (letters, _) = bytes.as_chunks::<4>();
        let code = |b: &[u8; 4]| if big_endian { u32::from_be_bytes(*b) } else { u32::from_le_bytes(*b) };
        let end = letters.iter().rposition(|b| code(b) != 0).map_or(0, |last| last + 1);
        let text: Option<String> = letters[..end].iter().map(|b| char::from_u32(code(b))).collect();
        out.push(text.ok_or_else(|| format!("element {i} holds a code that is not a character"))?);
    }
    Ok(out)
}

pub(super) fn cut_off(e: io::Error) -> String {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => "ends before its last element: the file is cut off".into(),
        _ => format!("cannot be read: {e}"),
    }
}

fn no_memory(n: usize) -> String {
    format!("holds {n} elements, for which there is not enough memory")
}

fn signed(v: Vec<u64>) -> std::result::Result<Vec<i64>, String> {
    v.iter()
        .enumerate()
        .map(|(i, &x)| i64::try_from(x).map_err(|_| format!("element {i} is {x}, beyond the largest int64")))
        .collect()
}

/// The single-precision value of an IEEE half: every half is one exactly.
pub(crate) fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let (exponent, fraction) = (u32::from(bits >> 10) & 31, u32::from(bits) & 1023);
    match exponent {
        // Subnormal halves are normal singles: fraction · 2⁻²⁴.
        0 => f32::from_bits((fraction as f32 / 16_777_216.0).to_bits() | sign),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        e => f32::from_bits(sign | (e + 112) << 23 | fraction << 13),
    }
}

fn c_order(data: ArrayData, shape: &[usize]) -> ArrayData {
    match data {
        ArrayData::F32(v) => ArrayData::F32(last_axis_fastest(v, shape)),
        ArrayData::F64(v) => ArrayData::F64(last_axis_fastest(v, shape)),
        ArrayData::I64(v) => ArrayData::I64(last_axis_fastest(v, shape)),
        ArrayData::Text(v) => ArrayData::Text(last_axis_fastest(v, shape)),
    }
}

/// Reorders elements stored with the first axis fastest.
fn last_axis_fastest<T: Clone>(v: Vec<T>, shape: &[usize]) -> Vec<T> {
    if shape.len() < 2 || v.is_empty() {
        return v;
    }
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut from = 0;
    let mut out = Vec::with_capacity(v.len());
    for _ in 0..v.len() {
        out.push(v[from].clone());
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}

/// What keeps `array` from being stored as it is.
pub(super) fn check_writable(array: &Array) -> std::result::Result<(), String> {
    if let ArrayData::Text(v) = array.data()
        && let Some(i) = v.iter().position(|t| t.ends_with('\0'))
    {
        return Err(format!("element {i} ends in NUL, which NumPy's files cannot store"));
    }
    Ok(())
}

/// Writes `array` in npy format.
pub(super) fn write_array(out: &mut impl Write, array: &Array) -> io::Result<()> {
    let width = match array.data() {
        ArrayData::Text(v) => v.iter().map(|t| t.chars().count()).max().unwrap_or(0).max(1),
        _ => 0,
    };
    out.write_all(&header_of(array, width)?)?;
    match array.data() {
        ArrayData::F32(v) => put(out, v, f32::to_le_bytes),
        ArrayData::F64(v) => put(out, v, f64::to_le_bytes),
        ArrayData::I64(v) => put(out, v, i64::to_le_bytes),
        ArrayData::Text(v) => v.iter().try_for_each(|t| {
            let padded = t.chars().map(u32::from).chain(std::iter::repeat(0)).take(width);
            padded.into_iter().try_for_each(|c| out.write_all(&c.to_le_bytes()))
        }),
    }
}

fn put<const K: usize, T: Copy>(
    out: &mut impl Write,
    v: &[T],
    to_le: impl Fn(T) -> [u8; K],
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE);
    for part in v.chunks(PIECE / K) {
        piece.clear();
        piece.extend(part.iter().flat_map(|&x| to_le(x)));
        out.write_all(&piece)?;
    }
    Ok(())
}

fn header_of(array: &Array, width: usize) -> io::Result<Vec<u8>> {
    let descr = match array.data() {
        ArrayData::F32(_) => "<f4".to_string(),
        ArrayData::F64(_) => "<f8".to_string(),
        ArrayData::I64(_) => "<i8".to_string(),
        ArrayData::Text(_) => format!("<U{width}"),
    };
    let shape: String = array.shape().iter().map(|d| format!("{d}, ")).collect();
    let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", shape.trim_end());
    // Magic, version, length, text and newline together are a multiple of 64, so that elements are aligned.
    let total = (10 + text.len() + 1).next_multiple_of(64);
    let size = u16::try_from(total - 10).map_err(|_| io::Error::other("too many axes for an npy file"))?;
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    header.extend(size.to_le_bytes());
    header.extend(text.as_bytes());
    header.resize(total - 1, b' ');
    header.push(b'\n');
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn npy(descr: &str, fortran: &str, shape: &str, body: &[u8]) -> Vec<u8> {
        let text = format!("{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
        let mut v = b"\x93NUMPY\x01\x00".to_vec();
        v.extend((text.len() as u16).to_le_bytes());
        v.extend(text.as_bytes());
        v.extend(body);
        v
    }

    fn ints(descr: &str, body: &[u8]) -> Vec<i64> {
        let shape = "(2,)";
        read_npy_bytes("t", &npy(descr, "False", shape, body)).unwrap().to_i64().unwrap()
    }

    #[test]
    fn every_number_type_and_byte_order() {
        assert_eq!(ints("'|b1'", &[0, 2]), [0, 1]);
        assert_eq!(ints("'|i1'", &[255, 1]), [-1, 1]);
        assert_eq!(ints("'|u1'", &[255, 1]), [255, 1]);
        assert_eq!(ints("'<i2'", &[254, 255, 1, 0]), [-2, 1]);
        assert_eq!(ints("'>i2'", &[255, 254, 0, 1]), [-2, 1]);
        assert_eq!(ints("'>u2'", &[255, 254, 0, 1]), [65534, 1]);
        assert_eq!(ints("'>u4'", &[255, 255, 255, 255, 0, 0, 0, 1]), [4_294_967_295, 1]);
        assert_eq!(ints("'<i4'", &[255, 255, 255, 255, 1, 0, 0, 0]), [-1, 1]);
        let eight: Vec<u8> = [(-5_i64).to_be_bytes(), 7_i64.to_be_bytes()].concat();
        assert_eq!(ints("'>i8'", &eight), [-5, 7]);
        let big = [u64::MAX.to_le_bytes(), 7_u64.to_le_bytes()].concat();
        let text = read_npy_bytes("t", &npy("'<u8'", "False", "(2,)", &big)).unwrap_err().to_string();
        assert!(text.contains("element 0 is 18446744073709551615"), "{text}");
        let doubles = [1.5_f64.to_be_bytes(), f64::NAN.to_be_bytes()].concat();
        let a = read_npy_bytes("t", &npy("'>f8'", "False", "(2,)", &doubles)).unwrap();
        assert!(a.to_f64().unwrap()[0] == 1.5 && a.to_f64().unwrap()[1].is_nan());
    }

    #[test]
    fn halves_are_exact() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 2.0_f32.powi(-14)),
            (0x0001, 2.0_f32.powi(-24)),
            (0x83ff, -1023.0 * 2.0_f32.powi(-24)),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), value, "{bits:#x}");
        }
        assert!(half(0x7e00).is_nan());
        assert!(half(0x8000) == 0.0 && half(0x8000).is_sign_negative());
    }

    #[test]
    fn fortran_order_becomes_c_order() {
        let a = read_npy_bytes("t", &npy("'|u1'", "True", "(2, 3)", &[0, 3, 1, 4, 2, 5])).unwrap();
        assert_eq!((a.shape(), a.to_i64().unwrap()), (&[2, 3][..], vec![0, 1, 2, 3, 4, 5]));
        // Element [i, j, k] of shape (2, 3, 4) is 12 i + 4 j + k; the first axis is stored fastest.
        let stored: Vec<u8> = (0..24)
            .map(|s| {
                let (i, j, k) = (s % 2, s / 2 % 3, s / 6);
                12 * i + 4 * j + k
            })
            .collect();
        let a = read_npy_bytes("t", &npy("'|u1'", "True", "(2, 3, 4)", &stored)).unwrap();
        assert_eq!(a.to_i64().unwrap(), (0..24).collect::<Vec<_>>());
    }

    #[test]
    fn text_of_either_byte_order_and_bad_codes() {
        let body: Vec<u8> = ['é', '😀', '\0'].iter().flat_map(|&c| u32::from(c).to_be_bytes()).collect();
        let a = read_npy_bytes("t", &npy("'>U3'", "False", "()", &body)).unwrap();
        assert_eq!(a.as_text(), Some("é😀"));
        let bad = 0x11_0000_u32.to_le_bytes();
        assert!(read_npy_bytes("t", &npy("'<U1'", "False", "()", &bad)).is_err());
    }

    #[test]
    fn false_declarations_are_refused_before_allocating() {
        for (descr, shape) in [
            ("'<f8'", "(1000000000000,)"),
            ("'<f8'", "(4611686018427387904,)"),
            ("'<U1000000000'", "()"),
            ("'<U4611686018427387905'", "()"),
            ("'<U1'", "(1000000000000,)"),
            ("'|b1'", "(1000000, 1000000)"),
        ] {
            let text = read_npy_bytes("t", &npy(descr, "False", shape, &[0; 16])).unwrap_err().to_string();
            assert!(text.contains("declares the shape"), "{text}");
        }
        let longer = read_npy_bytes("t", &npy("'|b1'", "False", "(2,)", &[1; 3])).unwrap_err().to_string();
        assert!(longer.contains("goes on"), "{longer}");
        let mut huge = b"\x93NUMPY\x02\x00".to_vec();
        huge.extend(u32::MAX.to_le_bytes());
        assert!(read_npy_bytes("t", &huge).unwrap_err().to_string().contains("header declares"));
    }

    #[test]
    fn every_truncation_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for a in [
            Array::new([2, 2], vec![1.0_f64, 2.0, 3.0, 4.0]).unwrap(),
            Array::vector(vec!["ab".to_string(), "c".to_string()]),
        ] {
            write_npy(&path, &a).unwrap();
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(bytes.len() % 64, (a.len() * 8) % 64);
            for n in 0..bytes.len() {
                assert!(read_npy_bytes("t", &bytes[..n]).is_err(), "{n} bytes");
            }
            assert_eq!(read_npy(&path).unwrap(), a);
        }
        assert!(write_npy(&path, &Array::text("a\0")).is_err());
        assert!(read_npy(folder.path()).is_err());
        assert!(read_npy(folder.path().join("none.npy")).is_err());
    }

    fn arrays() -> impl Strategy<Value = Array> {
        prop::collection::vec(0_usize..4, 0..4).prop_flat_map(|shape| {
            let n: usize = shape.iter().product();
            let data = prop_oneof![
                prop::collection::vec(-1e30_f32..1e30, n).prop_map(ArrayData::F32),
                prop::collection::vec(-1e300_f64..1e300, n).prop_map(ArrayData::F64),
                prop::collection::vec(any::<i64>(), n).prop_map(ArrayData::I64),
                prop::collection::vec("[^\0]{0,5}", n).prop_map(ArrayData::Text),
            ];
            data.prop_map(move |d| Array::new(shape.clone(), d).unwrap())
        })
    }

    proptest! {
        #[test]
        fn written_arrays_come_back(a in arrays()) {
            let mut bytes = Vec::new();
            write_array(&mut bytes, &a).unwrap();
            prop_assert_eq!(read_npy_bytes("t", &bytes).unwrap(), a);
        }

        #[test]
        fn damaged_bytes_never_panic(a in arrays(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = Vec::new();
            write_array(&mut bytes, &a).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = read_npy_bytes("t", &bytes);
        }
    }
}
