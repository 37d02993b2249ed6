//! The tests of updsts, one binary by theme.

mod editor;
mod editor_laws;
mod get;
mod list;
mod refusals;
mod sandbox;
