//! Bytes → lines → profiles, by the grammar of the AWS SDKs. Pure.

pub mod key;
pub mod lines;
pub mod oddity;
pub mod profiles;
pub mod services;
