//! NIR graphs in HDF5 files: groups become nodes, nested graphs one flat graph.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use rheobase_base::{Error, Result};

use super::node::{Graph, NirNode};
use crate::hdf5::{self, Group, Item};
use crate::ours::GROUP;

/// Reads the graph of a file.
///
/// # Errors
/// A file that is not a NIR graph; edges to nodes that are not there.
pub(crate) fn read_graph(path: &Path) -> Result<Graph> {
    let root = hdf5::read(path)?;
    let fault = |what: String| Error::file(path, what);
    let version = root.word("version").unwrap_or_default().to_string();
    let node =
        root.group("node").ok_or_else(|| fault("is not a NIR graph: it has no group `node`".into()))?;
    if node.word("type") != Some("NIRGraph") {
        return Err(fault(format!(
            "/node/type is {:?}; `NIRGraph` is needed",
            node.word("type").unwrap_or("")
        )));
    }
    let mut flat = Flat::default();
    flat.graph(node, "", "/node").map_err(fault)?;
    let own = root.group(GROUP).into_iter().flat_map(|group| &group.items);
    let words = own.filter_map(|(key, item)| match item {
        Item::Words(_, words) => Some((key.clone(), words.join(" "))),
        _ => None,
    });
    Ok(Graph { own: words.collect(), ..flat.finish(version).map_err(fault)? })
}

type Done<T> = std::result::Result<T, String>;

/// Nodes and edges so far; a nested graph is known by its own input and output.
#[derive(Default)]
struct Flat {
    nodes: Vec<NirNode>,
    edges: Vec<(usize, usize)>,
    /// Inputs and outputs of nested graphs, which only pass on.
    passing: Vec<usize>,
}

/// Where edges to and from a name of a graph go.
#[derive(Clone)]
struct Ends {
    into: Vec<usize>,
    out: Vec<usize>,
}

impl Flat {
    /// Adds a graph; `prefix` stands before the names of its nodes.
    fn graph(&mut self, graph: &Group, prefix: &str, place: &str) -> Done<Ends> {
        let nodes = graph.group("nodes").ok_or_else(|| format!("{place}: has no group `nodes`"))?;
        let mut ends: BTreeMap<&str, Ends> = BTreeMap::new();
        let mut own = Ends { into: Vec::new(), out: Vec::new() };
        for (name, item) in &nodes.items {
            let Item::Group(node) = item else {
                return Err(format!("{place}/nodes/{name}: must be a group"));
            };
            let inner = format!("{place}/nodes/{name}");
            let kind = node.word("type").ok_or_else(|| format!("{inner}: has no `type`"))?;
            // Some exporters put the outer name before the inner ones themselves.
            let full = match prefix {
                "" => name.clone(),
                prefix if name.starts_with(&format!("{prefix}.")) => name.clone(),
                prefix => format!("{prefix}.{name}"),
            };
            if kind == "NIRGraph" {
                ends.insert(name, self.graph(node, &full, &inner)?);
                continue;
            }
            let number = self.nodes.len();
            self.nodes.push(NirNode::read(&full, kind, node));
            ends.insert(name, Ends { into: vec![number], out: vec![number] });
            match kind {
                "Input" => own.into.push(number),
                "Output" => own.out.push(number),
                _ => continue,
            }
            if !prefix.is_empty() {
                self.passing.push(number);
            }
        }
        for (from, to) in edges(graph, place)? {
            let known = |name: &str| {
                // An edge may name a port: `node.input`.
                let bare =
                    name.strip_suffix(".input").or_else(|| name.strip_suffix(".output")).unwrap_or(name);
                let found = ends.get(name).or_else(|| ends.get(bare));
                found.ok_or_else(|| format!("{place}/edges: `{name}` is not a node of this graph"))
            };
            let (from, to) = (known(&from)?, known(&to)?);
            for a in &from.out {
                self.edges.extend(to.into.iter().map(|b| (*a, *b)));
            }
        }
        if !prefix.is_empty() && (own.into.is_empty() || own.out.is_empty()) {
            return Err(format!("{place}: a graph within a graph needs an Input and an Output"));
        }
        Ok(own)
    }

    /// Joins what passes on, and drops edges that are there twice.
    fn finish(self, version: String) -> Done<Graph> {
        let mut edges = self.edges;
        for pass in &self.passing {
            let into: Vec<usize> = edges.iter().filter(|(_, b)| b == pass).map(|(a, _)| *a).collect();
            let out: Vec<usize> = edges.iter().filter(|(a, _)| a == pass).map(|(_, b)| *b).collect();
            if into.len().saturating_mul(out.len()) > 1 << 20 {
                return Err("more edges through a nested graph than 2^20".into());
            }
            edges.retain(|(a, b)| a != pass && b != pass);
            edges.extend(into.iter().flat_map(|a| out.iter().map(move |b| (*a, *b))));
        }
        edges.sort_unstable();
        edges.dedup();
        // Numbers without those that passed on.
        let mut numbers = vec![None; self.nodes.len()];
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for (n, node) in self.nodes.into_iter().enumerate() {
            if !self.passing.contains(&n) {
                numbers[n] = Some(nodes.len());
                nodes.push(node);
            }
        }
        let edges = edges.iter().filter_map(|(a, b)| Some((numbers[*a]?, numbers[*b]?))).collect();
        Ok(Graph { version, nodes, edges, own: BTreeMap::new() })
    }
}

impl NirNode {
    fn read(name: &str, kind: &str, group: &Group) -> NirNode {
        let mut node = NirNode {
            name: name.into(),
            kind: kind.into(),
            fields: BTreeMap::new(),
            words: BTreeMap::new(),
            used: RefCell::default(),
        };
        for (field, item) in &group.items {
            match item {
                Item::Numbers(tensor) => {
                    node.fields.insert(field.clone(), tensor.clone());
                }
                Item::Words(_, words) if field != "type" => {
                    node.words.insert(field.clone(), words.join(" "));
                }
                Item::Group(inner) => {
                    for (key, item) in &inner.items {
                        if let Item::Words(_, words) = item {
                            node.words.insert(format!("{field}.{key}"), words.join(" "));
                        }
                    }
                }
                Item::Words(..) => {}
            }
        }
        node
    }
}

/// Pairs of names.
fn edges(graph: &Group, place: &str) -> Done<Vec<(String, String)>> {
    match graph.items.get("edges") {
        None => Ok(Vec::new()),
        Some(Item::Words(shape, words)) if shape.len() == 2 && shape[1] == 2 => {
            Ok(words.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
        }
        // A graph without edges is written as an array of numbers without any.
        Some(Item::Numbers(tensor)) if tensor.is_empty() => Ok(Vec::new()),
        Some(_) => Err(format!("{place}/edges: must be pairs of names")),
    }
}
