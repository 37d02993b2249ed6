//! STS and IAM: where to call them, `GetSessionToken`, and who a key belongs to. The only SDK code.

mod answer;
mod bounded;
pub mod client;
mod clock;
mod device_list;
mod exchange;
mod failure;
pub mod iam;
pub mod identity;
mod refusal;
mod retry;
mod route;
pub mod settings;
mod transport;
mod tunnel;
mod without_code;
