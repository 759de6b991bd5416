//! What readers say beside what they read.

/// What is wrong with a file; the caller puts the file's name before it.
pub(super) type Said<T> = std::result::Result<T, String>;

/// What a reader says beside the content.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The kind of file.
    pub(super) form: String,
    /// What its numbers were taken for.
    pub(super) understood: String,
    pub(super) notes: Vec<String>,
    /// Columns, arrays, variables: name, shape and kind of each.
    pub(super) parts: Vec<String>,
}

impl Found {
    pub(super) fn say(&mut self, what: String) {
        if !self.understood.is_empty() {
            self.understood += "; ";
        }
        self.understood += &what;
    }
}
