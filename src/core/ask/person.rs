//! Whether a person can be asked, and how.

use std::io;
use std::sync::Arc;

use crate::core::secret::SecretString;

/// Asks a person for a code.
pub trait Prompt: Send + Sync {
    /// Shows the question and reads a line; blocks until there is one.
    fn ask(&self, question: &str) -> io::Result<SecretString>;
}

#[derive(Clone)]
pub enum Person {
    Present(Arc<dyn Prompt>),
    Absent(String),
}
