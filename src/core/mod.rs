//! What updsts knows: the file, the block, the session, STS. No command line and no protocol.

pub mod block_error;
pub mod clear;
pub mod config_file;
pub mod credentials_file;
pub mod environment;
pub mod error;
pub mod expiry;
pub mod export;
pub mod grammar;
pub mod inspect;
pub mod managed_block;
pub mod preview;
pub mod profile;
pub mod refresh;
pub mod secret;
pub mod sent_codes;
pub mod session;
pub mod settings;
pub mod source_profile;
pub mod splice;
pub mod store;
pub mod sts;
pub mod text;
pub mod token;
pub mod turn;
pub mod usage;
pub mod verify;

pub use error::{CodeSpent, Error, ErrorCode, Result};
