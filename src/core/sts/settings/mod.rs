//! Where and how STS and IAM are called: region, endpoint, proxy, certificates.

mod endpoint;
mod place;
pub(in crate::core::sts) mod proxy;
mod region;
pub mod request;
pub mod resolved;
mod service;
mod shared_config;
mod trust;
