//! The header of a `.npy` file: element type, order and shape, as text in Python's notation.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. The notation is a single flat
//! dictionary with three known keys, so a strict parser of exactly that is small and has no recursion that a hostile
//! header could exhaust.

use std::io::Read;

use rheobase_base::shape::checked_len;

/// Longest header accepted. NumPy itself stops at 10,000 bytes unless told otherwise.
const HEADER_MAX: usize = 65_535;
/// Most axes accepted, as in NumPy 2.
const AXES_MAX: usize = 64;

/// What a header says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) big_endian: bool,
    pub(super) fortran: bool,
    pub(super) shape: Vec<usize>,
    /// Product of `shape`.
    pub(super) len: usize,
    /// Bytes before the first element.
    pub(super) bytes: u64,
}

/// The element types that are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Bool,
    Int(usize),
    Uint(usize),
    Float(usize),
    /// Characters of four bytes each.
    Text(usize),
}

impl Kind {
    pub(super) fn bytes(self) -> Option<usize> {
        match self {
            Kind::Bool => Some(1),
            Kind::Int(n) | Kind::Uint(n) | Kind::Float(n) => Some(n),
            Kind::Text(n) => n.checked_mul(4),
        }
    }
}

impl Header {
    /// Reads magic, version and header, leaving `reader` at the first element.
    pub(super) fn read(reader: &mut impl Read) -> Result<Header, String> {
        let mut start = [0_u8; 8];
        fill(reader, &mut start)?;
        if &start[..6] != b"\x93NUMPY" {
            return Err("is not in NumPy's npy format (its first bytes are not \\x93NUMPY)".into());
        }
        let (size, before) = match start[6] {
            1 => {
                let mut b = [0_u8; 2];
                fill(reader, &mut b)?;
                (usize::from(u16::from_le_bytes(b)), 10)
            }
            2 | 3 => {
                let mut b = [0_u8; 4];
                fill(reader, &mut b)?;
                (usize::try_from(u32::from_le_bytes(b)).unwrap_or(usize::MAX), 12)
            }
            v => return Err(format!("npy format version {v} is not known (1, 2 and 3 are)")),
        };
        if size > HEADER_MAX {
            return Err(format!("its header declares {size} bytes; at most {HEADER_MAX} are accepted"));
        }
        let mut text = vec![0_u8; size];
        fill(reader, &mut text)?;
        let text = String::from_utf8(text).map_err(|_| "its header is not text".to_string())?;
        let mut header = Text { rest: &text }.header()?;
        header.bytes = (before + size) as u64;
        Ok(header)
    }
}

fn fill(reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), String> {
    reader.read_exact(bytes).map_err(|e| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => "ends within its header: the file is cut off".to_string(),
        _ => e.to_string(),
    })
}

/// The header's text, read from the left.
struct Text<'a> {
    rest: &'a str,
}

impl<'a> Text<'a> {
    fn header(mut self) -> Result<Header, String> {
        let (mut kind, mut fortran, mut shape) = (None, None, None);
        self.expect("{")?;
        while !self.eat("}") {
            let key = self.quoted()?;
            self.expect(":")?;
            let known = match key {
                "descr" => kind.replace(self.element_type()?).is_none(),
                "fortran_order" => fortran.replace(self.truth()?).is_none(),
                "shape" => shape.replace(self.shape()?).is_none(),
                _ => return Err(format!("its header has the unknown key `{}`", shown(key))),
            };
            if !known {
                return Err(format!("its header says `{key}` twice"));
            }
            if !self.eat(",") {
                self.expect("}")?;
                break;
            }
        }
        if !self.rest.trim_start().is_empty() {
            return Err(format!("its header goes on with `{}` after its end", shown(self.rest)));
        }
        let missing = |key: &str| format!("its header lacks `{key}`");
        let (kind, big_endian) = kind.ok_or_else(|| missing("descr"))?;
        let fortran = fortran.ok_or_else(|| missing("fortran_order"))?;
        let shape = shape.ok_or_else(|| missing("shape"))?;
        let len = checked_len(&shape).ok_or_else(|| {
            format!("its header declares the shape {shape:?}, more than memory can address")
        })?;
        Ok(Header { kind, big_endian, fortran, shape, len, bytes: 0 })
    }

    fn eat(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) {
            return Ok(());
        }
        Err(format!("its header is malformed: `{token}` expected before `{}`", shown(self.rest.trim_start())))
    }

    fn quoted(&mut self) -> Result<&'a str, String> {
        let quote = if self.eat("\"") {
            '"'
        } else {
            self.expect("'")?;
            '\''
        };
        let (inside, rest) = self
            .rest
            .split_once(quote)
            .ok_or_else(|| "its header is malformed: a quoted text does not end".to_string())?;
        self.rest = rest;
        Ok(inside)
    }

    fn truth(&mut self) -> Result<bool, String> {
        if self.eat("True") {
            return Ok(true);
        }
        self.expect("False").map(|()| false)
    }

    fn shape(&mut self) -> Result<Vec<usize>, String> {
        let mut shape = Vec::new();
        self.expect("(")?;
        while !self.eat(")") {
            if shape.len() == AXES_MAX {
                return Err(format!("its header declares more than {AXES_MAX} axes"));
            }
            shape.push(self.axis()?);
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(shape)
    }

    fn axis(&mut self) -> Result<usize, String> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        let axis = digits
            .parse()
            .map_err(|_| format!("its header declares `{}` as the length of an axis", shown(text)))?;
        // Python 2 wrote its long integers with this letter.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        Ok(axis)
    }

    /// The element type and whether it is big-endian.
    fn element_type(&mut self) -> Result<(Kind, bool), String> {
        if self.rest.trim_start().starts_with(['[', '(', '{']) {
            return Err(
                "has a structured element type (records); save each field as an array of its own".into()
            );
        }
        parse_type(self.quoted()?)
    }
}

fn parse_type(text: &str) -> Result<(Kind, bool), String> {
    let refuse = |what: &str| Err(format!("has the element type `{}`: {what}", shown(text)));
    let unknown = "bool, int8 to int64, uint8 to uint64, float16 to float64 and str are read";
    let mut letters = text.chars();
    let big_endian = match letters.next() {
        Some('<' | '|') => false,
        Some('>') => true,
        _ => return refuse(unknown),
    };
    let letter = letters.next();
    let size = letters.as_str().parse::<usize>();
    let kind = match (letter, size) {
        (Some('O'), _) => {
            return refuse(
                "it holds pickled Python objects, which are never loaded because they can run code; \
                 save it as numbers or text",
            );
        }
        (Some('c'), _) => return refuse("complex numbers; save real and imaginary part as two arrays"),
        (Some('V'), _) => return refuse("raw bytes; save it as numbers"),
        (Some('S' | 'a'), _) => return refuse("bytes; save it as str"),
        (Some('M' | 'm'), _) => return refuse("dates or durations; save seconds as float64"),
        (Some('f'), Ok(12 | 16)) => {
            return refuse("extended precision, which differs between machines; save it as float64");
        }
        (Some('b'), Ok(1)) => Kind::Bool,
        (Some('i'), Ok(n @ (1 | 2 | 4 | 8))) => Kind::Int(n),
        (Some('u'), Ok(n @ (1 | 2 | 4 | 8))) => Kind::Uint(n),
        (Some('f'), Ok(n @ (2 | 4 | 8))) => Kind::Float(n),
        // Text of no characters would let a few bytes declare any number of elements.
        (Some('U'), Ok(n)) if n > 0 => Kind::Text(n),
        _ => return refuse(unknown),
    };
    Ok((kind, big_endian))
}

/// The first characters of `text`, printable.
fn shown(text: &str) -> String {
    text.chars().take(40).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Header, String> {
        Text { rest: text }.header()
    }

    #[test]
    fn reads_what_numpy_writes() {
        let h = parse("{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }      \n").unwrap();
        assert_eq!((h.kind, h.big_endian, h.fortran, h.len), (Kind::Float(8), false, false, 12));
        assert_eq!(h.shape, [3, 4]);
        let h = parse("{\"shape\":(),\"fortran_order\":True,\"descr\":\">U7\"}").unwrap();
        assert_eq!((h.kind, h.big_endian, h.fortran, h.len), (Kind::Text(7), true, true, 1));
        assert_eq!(parse("{'descr':'|b1','fortran_order':False,'shape':(5L,)}").unwrap().shape, [5]);
        assert_eq!(parse("{'descr':'|u1','fortran_order':False,'shape':(0, 9)}").unwrap().len, 0);
    }

    #[test]
    fn refuses_with_a_reason() {
        let with = |descr: &str, shape: &str| {
            parse(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")).unwrap_err()
        };
        for (descr, shape, reason) in [
            ("'|O'", "(1,)", "pickled"),
            ("'<c16'", "(1,)", "complex"),
            ("[('a', '<f4')]", "(1,)", "structured"),
            ("'<f16'", "(1,)", "extended"),
            ("'<M8[ns]'", "(1,)", "dates"),
            ("'|S5'", "(1,)", "bytes"),
            ("'|V5'", "(1,)", "raw"),
            ("'<U0'", "(1,)", "<U0"),
            ("'<i3'", "(1,)", "<i3"),
            ("'f8'", "(1,)", "f8"),
            ("''", "(1,)", "are read"),
            ("'<f8'", "(-1,)", "-1"),
            ("'<f8'", "(99999999999999999999,)", "9999"),
            ("'<f8'", "(9223372036854775808, 9223372036854775808)", "memory"),
            ("'<f8'", "(0, 9223372036854775808, 4)", "memory"),
            ("'<f8'", "(1", "axis"),
            ("'<f8'", "3", "expected"),
        ] {
            let text = with(descr, shape);
            assert!(text.contains(reason), "{descr} {shape}: {text}");
        }
        let axes = format!("({})", "1,".repeat(65));
        assert!(with("'<f8'", &axes).contains("64 axes"));
        assert!(parse("{'descr': '<f8', 'shape': (1,)}").unwrap_err().contains("fortran_order"));
        assert!(parse("{'descr': '<f8', 'descr': '<f8'}").unwrap_err().contains("twice"));
        assert!(parse("{'a': 1}").unwrap_err().contains("unknown key"));
        assert!(parse(&"(".repeat(60_000)).is_err());
        assert!(
            parse("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x").unwrap_err().contains("after")
        );
    }
}
