//! What the settings are resolved from.

use std::path::Path;

use crate::core::environment::Environment;
use crate::core::session::SerialNumber;

/// What is known before the settings are resolved. All of it is the operator's own.
#[derive(Clone, Copy)]
pub struct SettingsRequest<'a> {
    pub source_profile: &'a str,
    /// The bytes of the config file; `None` where it does not exist.
    pub config_file: Option<&'a [u8]>,
    pub config_path: &'a Path,
    /// `region` of the source profile in the credentials file.
    pub credentials_region: Option<&'a str>,
    /// `region` of the source profile in the config file.
    pub config_region: Option<&'a str>,
    /// `ca_bundle` of the source profile in the config file.
    pub config_ca_bundle: Option<&'a str>,
    pub region_option: Option<&'a str>,
    pub endpoint_option: Option<&'a str>,
    /// The device, whose ARN names a partition.
    pub device: &'a SerialNumber,
    /// Where variables are looked up.
    pub environment: &'a Environment,
}
