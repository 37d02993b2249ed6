//! Bytes → lines → profiles, by the grammar of the AWS SDKs. Pure.

pub mod lines;
pub mod profiles;
pub mod services;
