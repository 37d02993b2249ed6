//! What updsts knows: the file, the block, the session, STS. No command line and no protocol.

pub mod environment;
pub mod error;
pub mod secret;
pub mod session;
pub mod settings;
pub mod sts;
pub mod text;

pub use error::{CodeSpent, Error, ErrorCode, Result};
