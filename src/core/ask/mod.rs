//! Asking a person for a code.

pub mod person;
pub mod terminal;
