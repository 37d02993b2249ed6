//! Commands that the operator's files name: run with a time limit, on the terminal if they may use it (GET-6).

#[cfg(unix)]
mod foreground;
pub mod lookup;
pub mod own;
pub mod run;
pub mod shell;
#[cfg_attr(windows, path = "tree_by_job.rs")]
mod tree;
mod words;
