//! Whether a person can be asked, and by what.

use std::io;
use std::sync::Arc;

use crate::core::secret::SecretString;

/// Asks a person for a code.
pub trait Prompt: Send + Sync {
    /// Shows the question and reads a line; blocks until there is one.
    fn ask(&self, question: &str) -> io::Result<SecretString>;
}

/// Whether a person can be asked.
#[derive(Clone)]
pub enum Person {
    /// By this prompt.
    Present(Arc<dyn Prompt>),
    /// Not, for this reason.
    Absent(String),
}
