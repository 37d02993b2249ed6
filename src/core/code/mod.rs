//! Where a code comes from (given, a command, a person), and that none is sent twice.

pub mod command;
pub mod origin;
mod printed;
pub mod sent_codes;
pub mod source;
mod standard_input;
