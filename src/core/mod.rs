//! What updsts knows: the file, the block, the session, STS. No command line and no protocol.

// The vocabulary that the rest uses.
pub mod core_dump;
pub mod environment;
pub mod error;
pub mod expiry;
pub mod guard;
pub mod misplaced;
pub mod name;
pub mod platform;
pub mod quote;
pub mod reporter;
pub mod secret;
pub mod session;
pub mod text;

// The parts.
pub mod ask;
pub mod block;
pub mod clients;
pub mod code;
pub mod command;
pub mod file;
pub mod ini;
pub mod source;
pub mod sts;
pub mod turn;

// The use cases.
pub mod clear;
pub mod doctor;
pub mod exec;
pub mod export;
pub mod init;
pub mod list;
pub mod register;
pub mod renew;
