//! What updsts knows: the file, the block, the session, STS. No command line and no protocol.

pub mod credentials_file;
pub mod environment;
pub mod error;
pub mod grammar;
pub mod managed_block;
pub mod profile;
pub mod secret;
pub mod session;
pub mod splice;
pub mod text;
pub mod verify;

pub use error::{CodeSpent, Error, ErrorCode, Result};
