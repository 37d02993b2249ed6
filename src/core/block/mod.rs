//! The managed blocks: where they are, an edit of one, its preview, its check. Pure.

pub mod change;
pub mod check;
mod device_line;
pub mod edit;
pub mod error;
pub mod layout;
pub mod preview;
mod second_reading;
pub mod stored_session;
mod tag;
