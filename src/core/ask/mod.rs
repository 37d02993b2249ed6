//! Asking a person for a code, wherever updsts is called from, and out of reach of whoever calls it.
//!
//! - [`person`]: a question, its three answers, and what a way to reach a person is.
//! - [`terminal`], [`dialog`], [`page`]: the ways; [`chooser`] picks.
//! - [`conversation`]: one question for all processes, in up to three tries.

pub mod asker;
pub mod chooser;
pub mod conversation;
pub mod dialog;
mod line;
pub mod page;
pub mod person;
#[cfg_attr(not(unix), path = "terminal_by_console.rs")]
pub mod terminal;
