//! Taking turns (GET-7): of many callers that want the same session at once, one renews it.

mod folder;
pub mod queue;
mod refusal;
