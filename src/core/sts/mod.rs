//! STS: where to call it, and `GetSessionToken`. The only SDK code.

mod answer;
mod bounded;
pub mod client;
mod clock;
mod exchange;
mod failure;
mod refusal;
mod retry;
mod route;
pub mod settings;
mod tunnel;
