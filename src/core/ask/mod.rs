//! A person who is asked for a code.

pub mod person;
pub mod terminal;
