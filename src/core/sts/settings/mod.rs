//! Where and how STS is called: region, endpoint, proxy, certificates.

mod endpoint;
mod place;
pub(in crate::core::sts) mod proxy;
mod region;
pub mod request;
pub mod resolved;
mod shared_config;
mod trust;
