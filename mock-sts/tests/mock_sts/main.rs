//! The mock over HTTP: with the AWS SDK as its client, with requests signed by hand, and as a program.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod admin;
mod client;
mod codes;
mod connections;
mod faults;
mod iam;
mod load;
mod presigned;
mod program;
mod raw;
mod requests;
mod roles;
mod sessions;
mod signatures;
mod users;
mod variants;
