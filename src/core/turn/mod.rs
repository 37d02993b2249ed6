//! Taking turns: of many callers that want the same session at once, one renews it (GET-7); for one device at a time a
//! person is asked (ASK-6).

pub mod device;
pub mod folder;
mod pause;
pub mod queue;
mod refusal;
mod wait;
