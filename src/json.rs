//! JSON written straight to bytes, in the order the fields are named.

use serde::Serialize;
use serde_json::Result;

/// An object being written.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object at the end of `out`.
    pub fn open(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes a field.
    pub fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Result<()> {
        serde_json::to_writer(self.value(name)?, value)
    }

    /// Writes a field unless it is `None`.
    pub fn known(&mut self, name: &str, value: Option<&(impl Serialize + ?Sized)>) -> Result<()> {
        value.map_or(Ok(()), |value| self.field(name, value))
    }

    /// Writes a field whose value is an array with what `write` puts there for each item.
    pub fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        write: impl FnMut(T, &mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        array(self.value(name)?, items, write)
    }

    /// Writes a field's name and gives the place for its value, which the caller must write whole.
    pub fn value(&mut self, name: &str) -> Result<&mut Vec<u8>> {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.push(b',');
        }
        serde_json::to_writer(&mut *self.out, name)?;
        self.out.push(b':');
        Ok(self.out)
    }

    /// Writes a field if `write` says that it wrote its value.
    pub fn optional(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>) -> Result<bool>) -> Result<()> {
        let (length, empty) = (self.out.len(), self.empty);
        if !write(self.value(name)?)? {
            self.out.truncate(length);
            self.empty = empty;
        }
        Ok(())
    }

    /// Closes the object.
    pub fn close(self) -> Result<()> {
        self.out.push(b'}');
        Ok(())
    }
}

/// Writes an array with what `write` puts there for each item.
pub fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out)?;
    }
    out.push(b']');
    Ok(())
}

/// A score with four decimals, so that the last bits of a float do not make two records differ.
pub fn score(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
