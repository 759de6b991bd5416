//! `TomlValue`: a parsed value of a TOML text as serde sees it.
//!
//! What reads settings is compiled once for every type of value that it may be read from, of which the library's own reader
//! has one for tables, one for dates and one for spans.

use std::fmt::Display;
use std::ops::Range;

use serde::de::{self, Deserializer, Error, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Why a value was refused, and where in the text it stands.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) message: String,
    pub(super) at: Option<Range<usize>>,
}

impl Refused {
    /// Of values within values the innermost is named.
    fn within(mut self, at: Range<usize>) -> Refused {
        self.at.get_or_insert(at);
        self
    }
}

impl Error for Refused {
    fn custom<T: Display>(message: T) -> Refused {
        Refused { message: message.to_string(), at: None }
    }
}

impl Display for Refused {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str(&self.message)
    }
}

impl std::error::Error for Refused {}

/// A value, and where it stands.
#[derive(Clone)]
pub(super) struct TomlValue<'a> {
    value: Value<'a>,
    at: Range<usize>,
}

#[derive(Clone, Copy)]
enum Value<'a> {
    /// A table: the whole text is one, too.
    Table(&'a DeTable<'a>),
    Other(&'a DeValue<'a>),
    Key(&'a str),
}

impl<'a> TomlValue<'a> {
    /// A whole text.
    pub(super) fn of_text(table: &'a Spanned<DeTable<'a>>) -> Self {
        TomlValue { value: Value::Table(table.get_ref()), at: table.span() }
    }

    fn new(value: &'a Spanned<DeValue<'a>>) -> Self {
        let at = value.span();
        match value.get_ref() {
            DeValue::Table(table) => TomlValue { value: Value::Table(table), at },
            other => TomlValue { value: Value::Other(other), at },
        }
    }

    fn key(key: &'a Spanned<DeString<'a>>) -> Self {
        TomlValue { value: Value::Key(key.get_ref()), at: key.span() }
    }

    /// What serde calls it where it is not what was expected.
    fn unexpected(&self) -> Unexpected<'a> {
        match self.value {
            Value::Table(_) => Unexpected::Map,
            Value::Key(text) => Unexpected::Str(text),
            Value::Other(DeValue::String(text)) => Unexpected::Str(text),
            Value::Other(DeValue::Boolean(value)) => Unexpected::Bool(*value),
            Value::Other(DeValue::Array(_)) => Unexpected::Seq,
            Value::Other(DeValue::Integer(_)) => Unexpected::Other("a number"),
            Value::Other(DeValue::Float(_)) => Unexpected::Other("a number"),
            Value::Other(_) => Unexpected::Other("a date"),
        }
    }

    fn given<V: Visitor<'a>>(&self, visitor: V) -> Result<V::Value, Refused> {
        match self.value {
            Value::Table(table) => visitor.visit_map(Entries { entries: table.iter(), value: None }),
            Value::Key(text) => visitor.visit_str(text),
            Value::Other(DeValue::String(text)) => visitor.visit_str(text),
            Value::Other(DeValue::Boolean(value)) => visitor.visit_bool(*value),
            Value::Other(DeValue::Integer(number)) => {
                let of = |digits: &str| i64::from_str_radix(digits, number.radix()).ok();
                match of(number.as_str()) {
                    Some(whole) => visitor.visit_i64(whole),
                    None => {
                        Err(Refused::custom(format!("{number} is larger than whole numbers of TOML are")))
                    }
                }
            }
            Value::Other(DeValue::Float(number)) => match number.as_str().parse::<f64>() {
                Ok(x) if x.is_finite() || number.as_str().contains("inf") || x.is_nan() => {
                    visitor.visit_f64(x)
                }
                _ => Err(Refused::custom(format!("{number} is larger than numbers of 64 bits are"))),
            },
            Value::Other(DeValue::Array(array)) => {
                let mut items = Items(array.iter());
                let whole = visitor.visit_seq(&mut items)?;
                match items.0.len() {
                    0 => Ok(whole),
                    more => Err(Refused::custom(format!("{more} of {} values are too many", array.len()))),
                }
            }
            Value::Other(DeValue::Datetime(_)) => {
                Err(Refused::custom("a date stands where a number, a text, a list or a table belongs"))
            }
            Value::Other(DeValue::Table(table)) => {
                TomlValue { value: Value::Table(table), at: self.at.clone() }.given(visitor)
            }
        }
    }
}

impl<'a> Deserializer<'a> for TomlValue<'a> {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.given(visitor).map_err(|refused| refused.within(self.at))
    }

    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    /// A name, or a table of the name alone with what belongs to it.
    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let variant = match self.value {
            Value::Key(_) | Value::Other(DeValue::String(_)) => {
                Ok(Variant { name: self.clone(), content: None })
            }
            Value::Table(table) => match table.iter().next() {
                Some((name, value)) if table.len() == 1 => {
                    Ok(Variant { name: TomlValue::key(name), content: Some(TomlValue::new(value)) })
                }
                _ => {
                    Err(Refused::custom(format!("a table of one name was expected, not of {}", table.len())))
                }
            },
            _ => Err(Refused::invalid_type(self.unexpected(), &"a name, or a table of one")),
        };
        variant.and_then(|variant| visitor.visit_enum(variant)).map_err(|refused| refused.within(self.at))
    }

    forward_to_deserialize_any! {
        <W: Visitor<'a>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a>(std::slice::Iter<'a, Spanned<DeValue<'a>>>);

impl<'a> de::SeqAccess<'a> for Items<'a> {
    type Error = Refused;

    fn next_element_seed<T: de::DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        self.0.next().map(|value| seed.deserialize(TomlValue::new(value))).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'a, I> {
    entries: I,
    value: Option<&'a Spanned<DeValue<'a>>>,
}

impl<'a, I> de::MapAccess<'a> for Entries<'a, I>
where
    I: Iterator<Item = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>)>,
{
    type Error = Refused;

    fn next_key_seed<K: de::DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(TomlValue::key(key)).map(Some)
    }

    fn next_value_seed<T: de::DeserializeSeed<'a>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        let value =
            self.value.take().ok_or_else(|| Refused::custom("a value was asked for before its key"))?;
        seed.deserialize(TomlValue::new(value))
    }
}

/// A name, and what belongs to it.
struct Variant<'a> {
    name: TomlValue<'a>,
    content: Option<TomlValue<'a>>,
}

impl<'a> de::EnumAccess<'a> for Variant<'a> {
    type Error = Refused;
    type Variant = Content<'a>;

    fn variant_seed<T: de::DeserializeSeed<'a>>(self, seed: T) -> Result<(T::Value, Content<'a>), Refused> {
        Ok((seed.deserialize(self.name)?, Content(self.content)))
    }
}

struct Content<'a>(Option<TomlValue<'a>>);

impl<'a> Content<'a> {
    fn needed(self, expected: &str) -> Result<TomlValue<'a>, Refused> {
        self.0.ok_or_else(|| Refused::invalid_type(Unexpected::UnitVariant, &expected))
    }
}

impl<'a> de::VariantAccess<'a> for Content<'a> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        match self.0 {
            None => Ok(()),
            Some(TomlValue { value: Value::Table(table), .. }) if table.is_empty() => Ok(()),
            Some(value) => {
                Err(Refused::invalid_type(value.unexpected(), &"nothing but the name").within(value.at))
            }
        }
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'a>>(self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(self.needed("newtype variant")?)
    }

    fn tuple_variant<V: Visitor<'a>>(self, _: usize, visitor: V) -> Result<V::Value, Refused> {
        self.needed("tuple variant")?.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'a>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let content = self.needed("struct variant")?;
        if let Value::Table(table) = content.value
            && let Some(key) = table.keys().find(|key| !fields.contains(&key.get_ref().as_ref()))
        {
            return Err(Refused::unknown_field(key.get_ref(), fields).within(key.span()));
        }
        content.deserialize_any(visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::toml_text::read;

    #[test]
    fn what_does_not_fit_is_refused_by_its_line() {
        let pairs = |text: &str| read::<BTreeMap<String, [i64; 2]>>(text, "a.toml");
        assert_eq!(pairs("a = [1, 0x10]").unwrap()["a"], [1, 16]);
        for (text, wanted) in [
            ("a = [1, 2]\nb = [1, 2, 3]", "line 2: 1 of 3 values are too many"),
            ("a = [1, 9223372036854775808]", "line 1: 9223372036854775808 is larger than"),
            ("a = [1, 2026-01-01]", "line 1: a date stands where a number"),
        ] {
            let said = pairs(text).unwrap_err().to_string();
            assert!(said.contains(wanted), "{said}");
        }
    }
}
