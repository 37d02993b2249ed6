//! updsts: temporary AWS sessions from an MFA code, kept in the shared credentials file.

pub mod core;
