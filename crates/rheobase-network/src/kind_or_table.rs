//! Tables that choose a kind: the kind's name alone stands for one with its defaults, `loss = "rate_error"`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{Error as Plain, MapAccessDeserializer, MapDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer as _, MapAccess, Visitor,
};

/// Reads a table whose key `kind` says its kind, or the kind's name.
///
/// # Errors
/// Those of the table; without a kind, all there are.
pub fn kind<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Table::new("kind"))
}

/// As [`kind`], of what may be missing.
///
/// # Errors
/// Those of [`kind`].
pub fn kind_or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<Kind<T>>::deserialize(deserializer).map(|read| read.map(|kind| kind.0))
}

/// As [`kind`], where the key is `name`.
///
/// # Errors
/// Those of [`kind`].
pub fn name<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_any(Table::new("name"))
}

/// As [`name`], of what may be missing.
///
/// # Errors
/// Those of [`name`].
pub fn name_or_none<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::<Name<T>>::deserialize(deserializer).map(|read| read.map(|name| name.0))
}

struct Kind<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Kind<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind(deserializer).map(Kind)
    }
}

struct Name<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Name<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        name(deserializer).map(Name)
    }
}

struct Table<T> {
    tag: &'static str,
    read: PhantomData<T>,
}

impl<T> Table<T> {
    fn new(tag: &'static str) -> Self {
        Table { tag, read: PhantomData }
    }
}

impl<'de, T: Deserialize<'de>> Table<T> {
    /// The kind called `word`, with its defaults.
    fn called<E: Error>(&self, word: &str) -> Result<T, E> {
        T::deserialize(MapDeserializer::new([(self.tag, word)].into_iter()))
    }

    /// All kinds, each between grave accents, as their reader lists them when it is given none.
    fn kinds(&self) -> String {
        let said = self.called::<Plain>("").err().map(|e| e.to_string()).unwrap_or_default();
        said.split_once(", expected one of ").map_or(String::new(), |(_, kinds)| kinds.to_string())
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Table<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "a table with its `{}`, or that alone: one of {}", self.tag, self.kinds())
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        self.called(word)
    }

    fn visit_map<A: MapAccess<'de>>(self, keys: A) -> Result<T, A::Error> {
        let mut seen = Vec::new();
        let read = T::deserialize(MapAccessDeserializer::new(Seen { keys, seen: &mut seen }));
        read.map_err(|error| {
            let said = error.to_string();
            // Tables within have their own words.
            let is_here = |key: &str| seen.iter().any(|k| k == key);
            let unknown = said.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
            // The reader of the kind does not know the key that chose it.
            if unknown.is_some_and(is_here) {
                return A::Error::custom(format!("{}, `{}`", said.trim_end(), self.tag));
            }
            if !is_here(self.tag) && said.trim_end() == format!("missing field `{}`", self.tag) {
                return A::Error::custom(format!(
                    "the table has no `{}`, which is one of {}",
                    self.tag,
                    self.kinds()
                ));
            }
            error
        })
    }
}

/// A table whose keys are noted.
struct Seen<'a, A> {
    keys: A,
    seen: &'a mut Vec<String>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Seen<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        let Some(key) = self.keys.next_key::<String>()? else { return Ok(None) };
        self.seen.push(key.clone());
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.keys.next_value_seed(seed)
    }
}
