//! HDF5 files written: a tree of groups and arrays with their attributes, as bytes.

type Said<T> = std::result::Result<T, String>;

/// What an array or an attribute of a file to be written holds.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// One text.
    Text(String),
    /// Texts along one axis.
    Texts(Vec<String>),
    /// Numbers along one axis.
    Floats(Vec<f64>),
    /// Numbers in rows and columns.
    Matrix([usize; 2], Vec<f64>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Whole numbers from 0.
    Unsigned(Vec<u64>),
    /// One whole number of 32 bits.
    Word(u32),
    /// Whole numbers of 32 bits from 0.
    Words(Vec<u32>),
    /// An attribute that points to the array of this path.
    Reference(String),
}

/// A file to be written: groups and arrays with attributes.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    attributes: Vec<(String, Value)>,
    holds: Holds,
}

#[derive(Debug, Clone)]
enum Holds {
    Group(Vec<(String, Tree)>),
    Array(Value),
}

impl Tree {
    /// A group.
    pub(crate) fn group(parts: Vec<(&str, Tree)>) -> Tree {
        Tree::named(parts.into_iter().map(|(name, tree)| (name.to_string(), tree)).collect())
    }

    /// A group whose names were put together.
    pub(crate) fn named(parts: Vec<(String, Tree)>) -> Tree {
        Tree { attributes: Vec::new(), holds: Holds::Group(parts) }
    }

    /// An array.
    pub(crate) fn array(value: Value) -> Tree {
        Tree { attributes: Vec::new(), holds: Holds::Array(value) }
    }

    /// The same with an attribute.
    pub(crate) fn with(mut self, name: &str, value: Value) -> Tree {
        self.attributes.push((name.into(), value));
        self
    }

    /// The bytes of a file of which this is the root.
    ///
    /// # Errors
    /// If this is not a group, or the library refuses a name.
    pub(crate) fn bytes(&self) -> Said<Vec<u8>> {
        let Holds::Group(parts) = &self.holds else { return Err("the root of a file is a group".into()) };
        let mut file = hdf5_pure::FileBuilder::new();
        let mut pointers = Vec::new();
        for (name, value) in &self.attributes {
            file.set_attr(name, attribute(value, &mut pointers));
        }
        for (name, tree) in parts {
            match &tree.holds {
                Holds::Array(value) => {
                    fill(file.create_dataset(name), value, &tree.attributes, &mut pointers)
                }
                Holds::Group(inner) => {
                    let group = file.create_group(name);
                    file.add_group(grown(group, inner, &tree.attributes, &mut pointers));
                }
            }
        }
        let mut bytes = file.finish().map_err(|e| format!("cannot be written as HDF5: {e}"))?;
        for (place, (mark, target)) in pointers.iter().enumerate() {
            let identity =
                self.identity(target).ok_or_else(|| format!("points to `{target}`, which is not there"))?;
            point(&mut bytes, mark, &identity)
                .ok_or_else(|| format!("reference {place} could not be set"))?;
        }
        Ok(bytes)
    }

    /// The attribute `object_id` of the array at a path, by which its place in the file is found.
    fn identity(&self, path: &str) -> Option<String> {
        let mut tree = self;
        for name in path.split('/') {
            let Holds::Group(parts) = &tree.holds else { return None };
            tree = &parts.iter().find(|p| p.0 == name)?.1;
        }
        tree.attributes.iter().find_map(|(n, v)| match v {
            Value::Text(text) if n == "object_id" => Some(text.clone()),
            _ => None,
        })
    }
}

fn grown(
    mut group: hdf5_pure::GroupBuilder,
    parts: &[(String, Tree)],
    attributes: &[(String, Value)],
    pointers: &mut Vec<(String, String)>,
) -> hdf5_pure::FinishedGroup {
    for (name, value) in attributes {
        group.set_attr(name, attribute(value, pointers));
    }
    for (name, tree) in parts {
        match &tree.holds {
            Holds::Array(value) => fill(group.create_dataset(name), value, &tree.attributes, pointers),
            Holds::Group(inner) => {
                let part = group.create_group(name);
                group.add_group(grown(part, inner, &tree.attributes, pointers));
            }
        }
    }
    group.finish()
}

fn fill(
    array: &mut hdf5_pure::DatasetBuilder,
    value: &Value,
    attributes: &[(String, Value)],
    pointers: &mut Vec<(String, String)>,
) {
    match value {
        Value::Text(text) => array.with_vlen_strings(&[text]).with_shape(&[]),
        Value::Texts(texts) => array.with_vlen_strings(&texts.iter().map(String::as_str).collect::<Vec<_>>()),
        Value::Floats(values) => array.with_f64_data(values),
        Value::Matrix([rows, columns], values) => {
            array.with_f64_data(values).with_shape(&[*rows as u64, *columns as u64])
        }
        Value::Integers(values) => array.with_i64_data(values),
        Value::Unsigned(values) => array.with_u64_data(values),
        Value::Word(value) => array.with_u32_data(&[*value]).with_shape(&[]),
        Value::Words(values) => array.with_u32_data(values),
        Value::Reference(path) => array.with_path_references(&[path]),
    };
    for (name, value) in attributes {
        // The identity is of fixed length, so that it stands within the array's own header.
        let value = match value {
            Value::Text(text) if name == "object_id" => hdf5_pure::AttrValue::String(text.clone()),
            other => attribute(other, pointers),
        };
        array.set_attr(name, value);
    }
}

fn attribute(value: &Value, pointers: &mut Vec<(String, String)>) -> hdf5_pure::AttrValue {
    use hdf5_pure::AttrValue;
    match value {
        Value::Text(text) => AttrValue::VarLenString(text.clone()),
        Value::Texts(texts) => AttrValue::VarLenStringArray(texts.clone()),
        Value::Floats(values) | Value::Matrix(_, values) => AttrValue::F64Array(values.clone()),
        Value::Integers(values) => AttrValue::I64Array(values.clone()),
        Value::Unsigned(values) => AttrValue::U64Array(values.clone()),
        Value::Word(value) => AttrValue::U32(*value),
        Value::Words(values) => AttrValue::U32Array(values.clone()),
        Value::Reference(path) => {
            // The library writes no attributes that are references: eight letters keep the place.
            let mark = format!("\u{1}REF{:04}", pointers.len());
            pointers.push((mark.clone(), path.clone()));
            AttrValue::AsciiString(mark)
        }
    }
}

/// Makes of the text `mark` of an attribute a reference to the object whose header holds the text `identity`.
fn point(bytes: &mut [u8], mark: &str, identity: &str) -> Option<()> {
    let find = |bytes: &[u8], text: &str| bytes.windows(text.len()).position(|w| w == text.as_bytes());
    let header_of = |bytes: &[u8], at: usize| bytes[..at].windows(4).rposition(|w| w == b"OHDR");
    let target = header_of(bytes, find(bytes, identity)?)? as u64;
    let value = find(bytes, mark)?;
    let header = header_of(bytes, value)?;
    // Before the value stand the type, eight bytes for a text of fixed length, and a dataspace of four.
    let kind = value.checked_sub(12)?;
    (bytes[kind] & 0x0f == 3 && bytes[kind + 4..kind + 8] == 8_u32.to_le_bytes()).then_some(())?;
    bytes[kind] = bytes[kind] & 0xf0 | 7;
    bytes[kind + 1..kind + 4].fill(0);
    bytes[value..value + 8].copy_from_slice(&target.to_le_bytes());
    // The header has its length behind flags and, where they say so, times and limits; a checksum ends it.
    let flags = bytes[header + 5];
    let mut at = header + 6 + if flags & 0x20 != 0 { 16 } else { 0 } + if flags & 0x10 != 0 { 4 } else { 0 };
    let width = 1 << (flags & 3);
    let length = bytes[at..at + width].iter().rev().fold(0_usize, |n, b| n << 8 | usize::from(*b));
    at += width + length;
    let sum = lookup3(bytes.get(header..at)?);
    bytes.get_mut(at..at + 4)?.copy_from_slice(&sum.to_le_bytes());
    Some(())
}

/// Bob Jenkins' hash `lookup3` (public domain, 2006), which HDF5 takes as its checksum of metadata.
fn lookup3(bytes: &[u8]) -> u32 {
    let mut s = [0xdead_beef_u32.wrapping_add(bytes.len() as u32); 3];
    let word = |b: &[u8]| b.iter().rev().fold(0_u32, |n, x| n << 8 | u32::from(*x));
    let mut rest = bytes;
    while rest.len() > 12 {
        for (i, part) in s.iter_mut().enumerate() {
            *part = part.wrapping_add(word(&rest[4 * i..4 * i + 4]));
        }
        for (x, y, turn) in [(0, 2, 4), (1, 0, 6), (2, 1, 8), (0, 2, 16), (1, 0, 19), (2, 1, 4)] {
            s[x] = s[x].wrapping_sub(s[y]) ^ s[y].rotate_left(turn);
            s[y] = s[y].wrapping_add(s[3 - x - y]);
        }
        rest = &rest[12..];
    }
    if rest.is_empty() {
        return s[2];
    }
    for (i, part) in s.iter_mut().enumerate() {
        let from = (4 * i).min(rest.len());
        *part = part.wrapping_add(word(&rest[from..(4 * i + 4).min(rest.len())]));
    }
    for (x, y, turn) in [(2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24)] {
        s[x] = (s[x] ^ s[y]).wrapping_sub(s[y].rotate_left(turn));
    }
    s[2]
}
