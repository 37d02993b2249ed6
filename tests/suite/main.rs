//! The tests of updsts, one binary by theme.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking, and says what it skips")]

mod asking;
mod clients;
mod codes;
mod commands;
mod crowd;
mod device_line;
mod doctor;
mod editor;
mod editor_laws;
mod endpoints;
mod exec;
mod files;
mod first_use;
mod foreground;
mod get;
mod hints;
mod init;
mod key;
mod leaks;
mod limits;
mod list;
mod mcp;
mod meanwhile;
mod misplaced;
mod odd_files;
mod prompt;
mod reader;
mod readme;
mod refusals;
mod release;
mod renewing;
mod sandbox;
mod settings;
mod shells;
mod spec;
mod stand_in;
mod stored;
mod structure;
mod targets;
mod terminal;
mod texts;
mod usage;
mod windows;
mod windows_commands;
