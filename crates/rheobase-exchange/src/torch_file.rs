//! Checkpoints of torch: `.pt` and `.pth`, the zip archives of today and the rows of pickles of before torch 1.6.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use rheobase_base::{Error, Result, memory};
use zip::ZipArchive;

use crate::layer::Weights;
use crate::pickle::{self, Id, Node, Pickle};
use crate::tensor::Tensor;
use crate::weights::Kind;

type Done<T> = std::result::Result<T, String>;

/// The longest pickle, in bytes: names and shapes, never numbers.
const PICKLE: u64 = 1 << 28;

/// Names of tensors that optimisers of torch keep.
const OPTIMISER: [&str; 10] = [
    "step",
    "exp_avg",
    "exp_avg_sq",
    "max_exp_avg_sq",
    "exp_inf",
    "momentum_buffer",
    "square_avg",
    "grad_avg",
    "acc_delta",
    "sum",
];

/// How the old format begins.
const OLD: [u8; 2] = [0x80, 0x02];

/// Where the bytes of storages come from.
trait Storages {
    fn bytes(&mut self, key: &str) -> Done<Vec<u8>>;
}

/// Reads the tensors of a checkpoint, by their names in the dictionary that holds them.
///
/// # Errors
/// A file that is none, or damaged; anything in it that is neither a tensor nor plain data.
pub(crate) fn read(path: &Path) -> Result<Weights> {
    let fault = |what: String| Error::file(path, what);
    let io = |e: std::io::Error| fault(format!("cannot be read: {e}"));
    let mut start = [0u8; 2];
    File::open(path).map_err(io)?.read_exact(&mut start).map_err(io)?;
    let place = path.display().to_string();
    match start {
        [b'P', b'K'] => zipped(path, &place).map_err(fault),
        OLD => old(path, &place).map_err(fault),
        _ => Err(fault("is not a checkpoint of torch: neither a zip archive nor a pickle".into())),
    }
}

struct Zipped {
    archive: ZipArchive<BufReader<File>>,
    folder: String,
}

impl Storages for Zipped {
    fn bytes(&mut self, key: &str) -> Done<Vec<u8>> {
        let name = format!("{}data/{key}", self.folder);
        let mut entry = self.archive.by_name(&name).map_err(|e| format!("{name}: {e}"))?;
        let size = entry.size();
        memory::check(size as f64).map_err(|rule| format!("{name}: {rule}"))?;
        let mut bytes = Vec::new();
        entry.by_ref().take(size).read_to_end(&mut bytes).map_err(|e| format!("{name}: {e}"))?;
        Ok(bytes)
    }
}

fn zipped(path: &Path, place: &str) -> Done<Weights> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    let mut archive =
        ZipArchive::new(BufReader::new(file)).map_err(|e| format!("is not a zip archive: {e}"))?;
    let names = archive.file_names().filter_map(|n| n.ok().map(std::borrow::Cow::into_owned));
    let name = names.into_iter().find(|n| n == "data.pkl" || n.ends_with("/data.pkl"));
    let name = name.ok_or("holds no `data.pkl`: it is not a checkpoint of torch")?;
    let folder = name.strip_suffix("data.pkl").unwrap_or_default().to_string();
    let order = format!("{folder}byteorder");
    if let Ok(mut entry) = archive.by_name(&order) {
        let mut word = String::new();
        entry.by_ref().take(16).read_to_string(&mut word).map_err(|e| format!("{order}: {e}"))?;
        if word.trim() != "little" {
            return Err(format!("its byte order is `{}`; `little` is needed", word.trim()));
        }
    }
    let mut text = Vec::new();
    let mut entry = archive.by_name(&name).map_err(|e| format!("{name}: {e}"))?;
    if entry.size() > PICKLE {
        return Err(format!("{name}: has {} bytes; at most {PICKLE} are read", entry.size()));
    }
    entry.by_ref().take(PICKLE).read_to_end(&mut text).map_err(|e| format!("{name}: {e}"))?;
    drop(entry);
    let pickle = pickle::read(&text).map_err(|e| format!("{name}: {e}"))?;
    tensors(&pickle, &mut Zipped { archive, folder }, place)
}

struct Old(HashMap<String, Vec<u8>>);

impl Storages for Old {
    fn bytes(&mut self, key: &str) -> Done<Vec<u8>> {
        self.0.get(key).cloned().ok_or_else(|| format!("storage {key} is not there"))
    }
}

/// Magic number, protocol, system, the object, keys of storages, then these, each with its length.
fn old(path: &Path, place: &str) -> Done<Weights> {
    let size = path.metadata().map_err(|e| e.to_string())?.len();
    memory::check(2.0 * size as f64)?;
    let bytes = std::fs::read(path).map_err(|e| e.to_string())?;
    let mut rest = &bytes[..];
    let mut next = || -> Done<Pickle> {
        let read = pickle::read(rest)?;
        rest = &rest[read.length..];
        Ok(read)
    };
    let (_magic, protocol, _system, object, keys) = (next()?, next()?, next()?, next()?, next()?);
    if protocol.nodes[protocol.root] != Node::Int(1001) {
        return Err("is a pickle, but no checkpoint of torch".into());
    }
    let kinds: HashMap<&str, &str> = object
        .nodes
        .iter()
        .filter_map(|n| if let Node::Storage { kind, key } = n { Some((&key[..], &kind[..])) } else { None })
        .collect();
    let Node::List(ids) = &keys.nodes[keys.root] else {
        return Err("its list of storages is damaged".into());
    };
    let mut storages = HashMap::new();
    for id in ids {
        let Node::Text(key) = &keys.nodes[*id] else { return Err("its list of storages is damaged".into()) };
        let kind = kinds.get(&key[..]).copied().unwrap_or("torch.FloatStorage");
        let kind = kind_of(kind).ok_or_else(|| format!("holds elements of {kind}"))?;
        let count =
            rest.first_chunk::<8>().map(|b| u64::from_le_bytes(*b)).ok_or("ends within its storages")?;
        let length = usize::try_from(count).ok().and_then(|n| n.checked_mul(kind.size()));
        let body =
            length.and_then(|n| rest.get(8..8usize.checked_add(n)?)).ok_or("ends within its storages")?;
        storages.insert(key.clone(), body.to_vec());
        rest = &rest[8 + body.len()..];
    }
    tensors(&object, &mut Old(storages), place)
}

fn kind_of(storage: &str) -> Option<Kind> {
    Some(match storage.strip_prefix("torch.")? {
        "DoubleStorage" => Kind::F64,
        "FloatStorage" => Kind::F32,
        "HalfStorage" => Kind::F16,
        "BFloat16Storage" => Kind::Bf16,
        "LongStorage" => Kind::I64,
        "IntStorage" => Kind::I32,
        "ShortStorage" => Kind::I16,
        "CharStorage" => Kind::I8,
        "ByteStorage" => Kind::U8,
        "BoolStorage" => Kind::Bool,
        _ => return None,
    })
}

/// The dictionary that holds the tensors, and these.
fn tensors(pickle: &Pickle, storages: &mut dyn Storages, place: &str) -> Done<Weights> {
    let mut found = Vec::new();
    dictionaries(pickle, pickle.root, "", 0, &mut found)?;
    // Neither what optimisers keep for each weight, nor numbers beside the weights.
    let is_array = |id: Id| {
        let Node::View { shape, .. } = &pickle.nodes[id] else { return false };
        pickle.wholes(*shape).is_some_and(|shape| !shape.is_empty())
    };
    found.retain(|(_, pairs)| pairs.iter().any(|(key, id)| !OPTIMISER.contains(&&key[..]) && is_array(*id)));
    let (name, pairs) = match &found[..] {
        [] => return Err("holds no dictionary of tensors: save `module.state_dict()`".into()),
        [one] => one,
        several => {
            let usual = ["model", "state_dict", "model_state_dict", "net", "module"];
            let is_usual = |(name, _): &&(String, Vec<(String, Id)>)| usual.contains(&&name[..]);
            let mut known = several.iter().filter(is_usual);
            match (known.next(), known.next()) {
                (Some(one), None) => one,
                _ => {
                    let names: Vec<&str> = several.iter().map(|(name, _)| &name[..]).collect();
                    return Err(format!(
                        "holds several dictionaries of tensors, {names:?}; save the model's alone"
                    ));
                }
            }
        }
    };
    let mut weights = Weights::new();
    let mut read: HashMap<String, Vec<u8>> = HashMap::new();
    // Storages that several tensors share are kept until the last one.
    let mut uses: HashMap<String, usize> = HashMap::new();
    for (_, id) in pairs {
        if let Some(key) = storage_of(pickle, *id) {
            *uses.entry(key).or_default() += 1;
        }
    }
    for (key, id) in pairs {
        let tensor = view(pickle, *id, storages, &mut read, &mut uses, place);
        let at = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
        weights.insert(key.clone(), tensor.map_err(|e| format!("tensor `{at}`: {e}"))?);
    }
    Ok(weights)
}

fn storage_of(pickle: &Pickle, id: Id) -> Option<String> {
    let Node::View { storage, .. } = &pickle.nodes[id] else { return None };
    match &pickle.nodes[*storage] {
        Node::Storage { key, .. } => Some(key.clone()),
        _ => None,
    }
}

/// Dictionaries that hold tensors themselves, with the key they stand under.
fn dictionaries(
    pickle: &Pickle,
    id: Id,
    name: &str,
    depth: usize,
    found: &mut Vec<(String, Vec<(String, Id)>)>,
) -> Done<()> {
    let Node::Dict(pairs) = &pickle.nodes[id] else { return Ok(()) };
    if depth > 16 || found.len() > 1000 {
        return Err("dictionaries lie more than 16 deep, or are more than 1000".into());
    }
    let mut own = Vec::new();
    for (key, value) in pairs {
        let key = match &pickle.nodes[*key] {
            Node::Text(key) => key.clone(),
            Node::Int(key) => key.to_string(),
            _ => continue,
        };
        match &pickle.nodes[*value] {
            Node::View { .. } => own.push((key, *value)),
            Node::Dict(_) => dictionaries(pickle, *value, &key, depth + 1, found)?,
            _ => {}
        }
    }
    if !own.is_empty() {
        found.push((name.to_string(), own));
    }
    Ok(())
}

/// The numbers that a tensor shows of its storage.
fn view(
    pickle: &Pickle,
    id: Id,
    storages: &mut dyn Storages,
    read: &mut HashMap<String, Vec<u8>>,
    uses: &mut HashMap<String, usize>,
    place: &str,
) -> Done<Tensor> {
    let Node::View { storage, offset, shape, strides } = &pickle.nodes[id] else {
        return Err("is none".into());
    };
    let Node::Storage { kind, key } = &pickle.nodes[*storage] else { return Err("has no storage".into()) };
    let kind = kind_of(kind).ok_or_else(|| format!("holds elements of {kind}"))?;
    let lengths = |id: Id| -> Option<Vec<usize>> {
        pickle.wholes(id)?.into_iter().map(|x| usize::try_from(x).ok()).collect()
    };
    let (Some(shape), Some(strides)) = (lengths(*shape), lengths(*strides)) else {
        return Err("its shape or strides are not whole numbers of at least 0".into());
    };
    let offset = usize::try_from(*offset).map_err(|_| "its offset is below 0")?;
    let count = shape.iter().try_fold(1usize, |n, d| n.checked_mul(*d)).ok_or("its shape is too large")?;
    memory::check(count as f64 * kind.size() as f64)?;
    if !read.contains_key(key) {
        let bytes = storages.bytes(key)?;
        read.insert(key.clone(), bytes);
    }
    let size = kind.size();
    let bytes = &read[key];
    let held = bytes.len() / size;
    // The last element that is shown must be there.
    let reach = shape
        .iter()
        .zip(&strides)
        .try_fold(offset, |at, (d, s)| at.checked_add(d.saturating_sub(1).checked_mul(*s)?));
    if shape.len() != strides.len() || (count > 0 && reach.is_none_or(|reach| reach >= held)) {
        return Err(format!(
            "shape {shape:?} with strides {strides:?} does not fit into a storage of {held}"
        ));
    }
    let mut plain = 1;
    let mut contiguous = true;
    for (d, s) in shape.iter().zip(&strides).rev() {
        contiguous &= *d == 1 || *s == plain;
        plain *= *d;
    }
    let data = if count == 0 {
        kind.read(&[])
    } else if contiguous {
        kind.read(&bytes[offset * size..(offset + count) * size])
    } else {
        let mut gathered = Vec::with_capacity(count * size);
        for mut i in 0..count {
            let mut at = offset;
            for (d, s) in shape.iter().zip(&strides).rev() {
                at += (i % d) * s;
                i /= d;
            }
            gathered.extend_from_slice(&bytes[at * size..(at + 1) * size]);
        }
        kind.read(&gathered)
    };
    let left = uses.entry(key.clone()).or_default();
    *left = left.saturating_sub(1);
    if *left == 0 {
        read.remove(key);
    }
    Tensor::new(place, key, shape, data).map_err(|e| e.to_string())
}
