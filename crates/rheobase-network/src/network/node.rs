//! Reading a [`Node`]: the key that is not a property of every node says its kind.
//!
//! Written by hand because serde's flattening forgets where in a file a value stood, and lets unknown keys pass.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::describe::{Combine, Kind, Link, Node};
use crate::one_or_many::Listed;

/// The keys that a node may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    Name,
    From,
    Combine,
    Linear,
    Conv,
    FirstSpikeConv,
    Pool,
    Pad,
    Fire,
    Cumulate,
    PointwiseInhibition,
    LateralInhibition,
    FeatureInhibition,
    KWinners,
    Flatten,
    Scale,
    Synapse,
    Dropout,
    Relu,
    Sigmoid,
    Tanh,
    Identity,
    Neurons,
    Network,
    Custom,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a node: `name`, `from`, `combine` and one kind such as `linear`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let (mut name, mut from, mut combine) = (None, None, None);
        let mut kind: Option<Kind> = None;
        while let Some(key) = map.next_key()? {
            let found = match key {
                Key::Name => {
                    once(&mut name, "name", map.next_value()?)?;
                    continue;
                }
                Key::From => {
                    once(&mut from, "from", map.next_value()?)?;
                    continue;
                }
                Key::Combine => {
                    once(&mut combine, "combine", map.next_value()?)?;
                    continue;
                }
                Key::Linear => Kind::Linear(map.next_value()?),
                Key::Conv => Kind::Conv(map.next_value()?),
                Key::FirstSpikeConv => Kind::FirstSpikeConv(map.next_value()?),
                Key::Pool => Kind::Pool(map.next_value()?),
                Key::Pad => Kind::Pad(map.next_value()?),
                Key::Fire => Kind::Fire(map.next_value()?),
                Key::Cumulate => Kind::Cumulate(map.next_value()?),
                Key::PointwiseInhibition => Kind::PointwiseInhibition(map.next_value()?),
                Key::LateralInhibition => Kind::LateralInhibition(map.next_value()?),
                Key::FeatureInhibition => Kind::FeatureInhibition(map.next_value()?),
                Key::KWinners => Kind::KWinners(map.next_value()?),
                Key::Flatten => Kind::Flatten(map.next_value()?),
                Key::Scale => Kind::Scale(map.next_value()?),
                Key::Synapse => Kind::Synapse(map.next_value()?),
                Key::Dropout => Kind::Dropout(map.next_value()?),
                Key::Relu => Kind::Relu(map.next_value()?),
                Key::Sigmoid => Kind::Sigmoid(map.next_value()?),
                Key::Tanh => Kind::Tanh(map.next_value()?),
                Key::Identity => Kind::Identity(map.next_value()?),
                Key::Neurons => Kind::Neurons(map.next_value()?),
                Key::Network => Kind::Network(map.next_value()?),
                Key::Custom => Kind::Custom(map.next_value()?),
            };
            if let Some(before) = kind.replace(found) {
                let both = format!("`{}` and `{}`", before.word(), kind.map_or("", |k| k.word()));
                return Err(A::Error::custom(format!("{both} in one node: a node has exactly one kind")));
            }
        }
        let name: String = name.ok_or_else(|| A::Error::missing_field("name"))?;
        let kind = kind.ok_or_else(|| {
            A::Error::custom(format!(
                "node `{name}` has no kind: say what it computes, such as `linear = {{ outputs = 10 }}`"
            ))
        })?;
        let from: Option<Listed<Link>> = from;
        let combine: Option<Combine> = combine;
        Ok(Node {
            name,
            from: from.map(|links| links.0).unwrap_or_default(),
            combine: combine.unwrap_or_default(),
            kind,
        })
    }
}

/// JSON allows a key twice, TOML does not.
fn once<T, E: Error>(slot: &mut Option<T>, key: &'static str, value: T) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}

impl Kind {
    /// The kind's name in files.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Linear(_) => "linear",
            Kind::Conv(_) => "conv",
            Kind::FirstSpikeConv(_) => "first_spike_conv",
            Kind::Pool(_) => "pool",
            Kind::Pad(_) => "pad",
            Kind::Fire(_) => "fire",
            Kind::Cumulate(_) => "cumulate",
            Kind::PointwiseInhibition(_) => "pointwise_inhibition",
            Kind::LateralInhibition(_) => "lateral_inhibition",
            Kind::FeatureInhibition(_) => "feature_inhibition",
            Kind::KWinners(_) => "k_winners",
            Kind::Flatten(_) => "flatten",
            Kind::Scale(_) => "scale",
            Kind::Synapse(_) => "synapse",
            Kind::Dropout(_) => "dropout",
            Kind::Relu(_) => "relu",
            Kind::Sigmoid(_) => "sigmoid",
            Kind::Tanh(_) => "tanh",
            Kind::Identity(_) => "identity",
            Kind::Neurons(_) => "neurons",
            Kind::Network(_) => "network",
            Kind::Custom(_) => "custom",
        }
    }
}
