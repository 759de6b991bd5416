//! Lists in files: a single value stands for a list of one, `from = "input"`, `kernel = 3`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

/// Reads a list, or a value that stands for a list of one.
///
/// # Errors
/// Those of the list's values.
pub fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_any(Lists(PhantomData))
}

/// A list that may be written as its only value.
pub struct Listed<T>(pub Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        list(deserializer).map(Listed)
    }
}

struct Lists<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Lists<T> {
    type Value = Vec<T>;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a list, or a single value for a list of one")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<Vec<T>, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, keys: A) -> Result<Vec<T>, A::Error> {
        one(MapAccessDeserializer::new(keys))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        one(text.into_deserializer())
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Vec<T>, E> {
        one(value.into_deserializer())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Vec<T>, E> {
        one(value.into_deserializer())
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Vec<T>, E> {
        one(value.into_deserializer())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Vec<T>, E> {
        one(value.into_deserializer())
    }
}

fn one<'de, T: Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<Vec<T>, D::Error> {
    T::deserialize(value).map(|value| vec![value])
}
