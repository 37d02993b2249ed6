//! Commands that the operator's files name: run with a time limit, on the terminal if they may use it (GET-6).

#[cfg(unix)]
mod foreground;
pub mod own;
pub mod run;
pub mod shell;
