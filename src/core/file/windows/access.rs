//! Whether the file can be replaced (GET-3). Nothing is written to find out.

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::{CredentialsFile, Snapshot};
use crate::core::file::system::For;
use crate::core::quote::word;
use crate::core::text;

impl CredentialsFile {
    /// Checks that the file could be replaced now, and returns warnings.
    pub fn check_replaceable(&self, snapshot: &Snapshot) -> Result<Vec<String>> {
        if snapshot.metadata.permissions().readonly() {
            let message = format!("`{}` is read-only", text::path(&self.path));
            let hint = format!("clear the attribute: `attrib -r {}`", word(&snapshot.target.display().to_string()));
            return Err(Error::new(ErrorCode::NotWritable, message, hint));
        }
        let opened = snapshot.folder.open_file(snapshot.name(), For::Reading);
        let links = opened.and_then(winapi_util::file::information).map_or(1, |file| file.number_of_links());
        Ok((links > 1).then(|| self.has_links()).into_iter().collect())
    }
}
