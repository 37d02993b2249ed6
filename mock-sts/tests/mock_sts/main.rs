//! The mock over HTTP: with the AWS SDK as its client, with raw bytes, and as a program.

mod client;
mod sessions;
