//! The tests of updsts, one binary by theme.

mod codes;
mod editor;
mod editor_laws;
mod files;
mod get;
mod leaks;
mod list;
mod prompt;
mod refusals;
mod sandbox;
mod stored;
