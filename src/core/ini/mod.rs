//! Bytes → lines → profiles, by the grammar of the AWS SDKs; and a second reading, by the rules of botocore. Pure.

pub mod botocore;
pub mod foreign;
pub mod key;
pub mod lines;
pub mod oddity;
pub mod profiles;
pub mod services;
