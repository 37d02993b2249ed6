//! The profile that holds the long-term key, and how other programs use its session.

pub mod command;
pub mod device;
pub mod key;
pub mod source_profile;
pub mod target;
pub mod unnamed;
pub mod usage;
