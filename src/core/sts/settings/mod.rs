//! Where and how STS is called: region, endpoint, proxy, certificates.

mod endpoint;
mod error;
mod proxy;
mod region;
pub mod request;
pub mod resolved;
mod shared_config;
mod trust;
