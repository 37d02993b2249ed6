//! The MCP clients that updsts registers itself with, and their configuration files (FIRST-3).
//!
//! An entry is inserted into the text of a file and cut out of it again; nothing else is parsed and printed anew.

pub mod by_command;
pub mod client;
pub mod entry;
pub mod json;
pub mod text;
pub mod toml;
