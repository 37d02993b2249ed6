//! Whether the file can be replaced (GET-3). Nothing is written to find out.

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::text;

impl CredentialsFile {
    /// Checks that the file could be replaced now, and returns warnings.
    pub fn check_replaceable(&self, snapshot: &Snapshot) -> Result<Vec<String>> {
        if snapshot.metadata.permissions().readonly() {
            let message = format!("`{}` is read-only", text::path(&self.path));
            let hint = format!("clear the attribute: `attrib -r \"{}\"`", snapshot.target.display());
            return Err(Error::new(ErrorCode::NotWritable, message, hint));
        }
        Ok(Vec::new())
    }
}
