//! A restricted reader of Python's pickles: plain data and tensors. Nothing is ever called; every other name is refused.
//!
//! Opcodes are those of `pickletools` (protocols 0 to 5) that `torch.save` writes.

use std::collections::HashMap;

/// A value, by its number among all values of a pickle.
pub(crate) type Id = usize;

/// What a pickle holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Nothing,
    Flag(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Id>),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A name that may be used.
    Name(String),
    /// Memory of a tensor: the kind of its elements, and which piece of the file it is.
    Storage {
        kind: String,
        key: String,
    },
    /// A tensor.
    View {
        storage: Id,
        offset: i64,
        shape: Id,
        strides: Id,
    },
}

/// The values of a pickle; [`Pickle::root`] is the whole.
pub(crate) struct Pickle {
    pub(crate) nodes: Vec<Node>,
    pub(crate) root: Id,
    /// Bytes that were read.
    pub(crate) length: usize,
}

/// The most values of a pickle.
const NODES: usize = 1 << 22;

/// Names that stand for data; everything else would be code.
const NAMES: [&str; 5] = [
    "collections.OrderedDict",
    "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_parameter",
    "torch.Size",
];

type Done<T> = Result<T, String>;

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    nodes: Vec<Node>,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
}

/// Reads the pickle at the beginning of `bytes`.
///
/// # Errors
/// Names of anything but tensors and plain data; opcodes that `torch.save` does not write; damage.
pub(crate) fn read(bytes: &[u8]) -> Done<Pickle> {
    let mut machine = Machine {
        bytes,
        at: 0,
        nodes: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let at = machine.at;
        let code = machine.byte()?;
        if code == b'.' {
            break;
        }
        machine.step(code).map_err(|e| format!("{e} (byte {at} of the pickle)"))?;
    }
    let root = machine.pop()?;
    Ok(Pickle { nodes: machine.nodes, root, length: machine.at })
}

impl Machine<'_> {
    fn take(&mut self, count: usize) -> Done<&[u8]> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len());
        let end = end.ok_or("the pickle ends too early")?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Done<u8> {
        Ok(self.take(1)?[0])
    }

    /// A little-endian whole number of `count` bytes.
    fn whole(&mut self, count: usize) -> Done<u64> {
        let mut bytes = [0u8; 8];
        bytes[..count].copy_from_slice(self.take(count)?);
        Ok(u64::from_le_bytes(bytes))
    }

    fn length(&mut self, count: usize) -> Done<usize> {
        usize::try_from(self.whole(count)?).map_err(|e| e.to_string())
    }

    fn text(&mut self, length: usize) -> Done<String> {
        String::from_utf8(self.take(length)?.to_vec()).map_err(|_| "text that is not UTF-8".into())
    }

    fn line(&mut self) -> Done<String> {
        let rest = &self.bytes[self.at..];
        let length = rest.iter().position(|b| *b == b'\n').ok_or("the pickle ends too early")?;
        let line = self.text(length)?;
        self.at += 1;
        Ok(line)
    }

    fn push(&mut self, node: Node) -> Done<()> {
        if self.nodes.len() >= NODES {
            return Err(format!("more than {NODES} values"));
        }
        self.stack.push(self.nodes.len());
        self.nodes.push(node);
        Ok(())
    }

    fn pop(&mut self) -> Done<Id> {
        let least = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= least {
            return Err("an empty stack".into());
        }
        self.stack.pop().ok_or_else(|| "an empty stack".into())
    }

    fn top(&self) -> Done<Id> {
        self.stack.last().copied().ok_or_else(|| "an empty stack".into())
    }

    fn since_mark(&mut self) -> Done<Vec<Id>> {
        let mark = self.marks.pop().ok_or("no mark")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn memoize(&mut self, key: u64) -> Done<()> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u64) -> Done<()> {
        let id = *self.memo.get(&key).ok_or("a reference to nothing")?;
        self.stack.push(id);
        Ok(())
    }

    fn step(&mut self, code: u8) -> Done<()> {
        match code {
            0x80 => drop(self.byte()?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'N' => self.push(Node::Nothing)?,
            0x88 | 0x89 => self.push(Node::Flag(code == 0x88))?,
            b'K' | b'M' | b'J' | 0x8a | b'G' => self.number(code)?,
            b'X' | 0x8c | 0x8d => {
                let length = self.length(match code {
                    b'X' => 4,
                    0x8c => 1,
                    _ => 8,
                })?;
                let text = self.text(length)?;
                self.push(Node::Text(text))?;
            }
            b'}' => self.push(Node::Dict(Vec::new()))?,
            b']' => self.push(Node::List(Vec::new()))?,
            b')' => self.push(Node::Tuple(Vec::new()))?,
            0x85..=0x87 => {
                let mut items: Vec<Id> = (0x84..code).map(|_| self.pop()).collect::<Done<_>>()?;
                items.reverse();
                self.push(Node::Tuple(items))?;
            }
            b't' => {
                let items = self.since_mark()?;
                self.push(Node::Tuple(items))?;
            }
            b'q' | b'r' => {
                let key = self.whole(if code == b'q' { 1 } else { 4 })?;
                self.memoize(key)?;
            }
            0x94 => self.memoize(self.memo.len() as u64)?,
            b'h' | b'j' => {
                let key = self.whole(if code == b'h' { 1 } else { 4 })?;
                self.recall(key)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.append(vec![item])?;
            }
            b'e' => {
                let items = self.since_mark()?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.since_mark()?;
                self.set(&items)?;
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.name(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Node::Text(module), Node::Text(name)) =
                    (self.nodes[module].clone(), self.nodes[name].clone())
                else {
                    return Err("a name that is not text".into());
                };
                self.name(&module, &name)?;
            }
            b'Q' => self.storage()?,
            b'R' => self.reduce()?,
            // State of an ordered dictionary or a parameter: attributes, of which nothing is needed.
            b'b' => drop(self.pop()?),
            b'0' => drop(self.pop()?),
            other => {
                return Err(format!("opcode {other:#04x}, which stands for neither plain data nor a tensor"));
            }
        }
        Ok(())
    }

    fn number(&mut self, code: u8) -> Done<()> {
        let node = match code {
            b'K' => Node::Int(self.whole(1)? as i64),
            b'M' => Node::Int(self.whole(2)? as i64),
            b'J' => Node::Int(i64::from(self.whole(4)? as u32 as i32)),
            0x8a => {
                let length = self.length(1)?;
                let bytes = self.take(length)?;
                // Longer ones are marks of a file, never sizes.
                let mut wide = [if bytes.last().is_some_and(|b| b >> 7 == 1) { 255u8 } else { 0 }; 8];
                for (to, from) in wide.iter_mut().zip(bytes) {
                    *to = *from;
                }
                Node::Int(i64::from_le_bytes(wide))
            }
            _ => Node::Float(f64::from_bits(self.whole(8)?.swap_bytes())),
        };
        self.push(node)
    }

    fn append(&mut self, items: Vec<Id>) -> Done<()> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::List(list) => list.extend(items),
            _ => return Err("something is appended to what is not a list".into()),
        }
        Ok(())
    }

    fn set(&mut self, items: &[Id]) -> Done<()> {
        let top = self.top()?;
        match &mut self.nodes[top] {
            Node::Dict(pairs) => pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1]))),
            _ => return Err("keys are set in what is not a dictionary".into()),
        }
        Ok(())
    }

    fn name(&mut self, module: &str, name: &str) -> Done<()> {
        let full = format!("{module}.{name}");
        let storage = module == "torch" && name.ends_with("Storage");
        if storage || NAMES.contains(&&full[..]) {
            return self.push(Node::Name(full));
        }
        Err(format!(
            "holds `{full}`: only tensors and plain data are read, as anything else would run code; save `module.state_dict()`"
        ))
    }

    /// `("storage", kind, key, location, count)`.
    fn storage(&mut self) -> Done<()> {
        let id = self.pop()?;
        let wrong = || "a reference that is not a storage of a tensor".to_string();
        let Node::Tuple(items) = &self.nodes[id] else { return Err(wrong()) };
        let [tag, kind, key, ..] = items[..] else { return Err(wrong()) };
        match (&self.nodes[tag], &self.nodes[kind], &self.nodes[key]) {
            (Node::Text(tag), Node::Name(kind), Node::Text(key)) if tag == "storage" => {
                let node = Node::Storage { kind: kind.clone(), key: key.clone() };
                self.push(node)
            }
            _ => Err(wrong()),
        }
    }

    /// A call, of which there are four harmless ones.
    fn reduce(&mut self) -> Done<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let (Node::Tuple(arguments), Node::Name(function)) =
            (self.nodes[arguments].clone(), self.nodes[function].clone())
        else {
            return Err("a call of what is not a name".into());
        };
        match (&function[..], &arguments[..]) {
            ("collections.OrderedDict", []) => self.push(Node::Dict(Vec::new())),
            ("torch._utils._rebuild_parameter", [data, ..]) => {
                self.stack.push(*data);
                Ok(())
            }
            ("torch.Size", [shape]) => {
                self.stack.push(*shape);
                Ok(())
            }
            (name, [storage, offset, shape, strides, ..])
                if name.starts_with("torch._utils._rebuild_tensor") =>
            {
                let Node::Int(offset) = self.nodes[*offset] else {
                    return Err("a tensor without an offset".into());
                };
                self.push(Node::View { storage: *storage, offset, shape: *shape, strides: *strides })
            }
            _ => Err(format!("`{function}` is called with {} values", arguments.len())),
        }
    }
}

impl Pickle {
    /// The whole numbers of a tuple or list.
    pub(crate) fn wholes(&self, id: Id) -> Option<Vec<i64>> {
        let (Node::Tuple(items) | Node::List(items)) = &self.nodes[id] else { return None };
        let int = |i: &Id| if let Node::Int(x) = self.nodes[*i] { Some(x) } else { None };
        items.iter().map(int).collect()
    }
}
