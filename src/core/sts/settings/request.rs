//! The input for resolving the settings.

use crate::core::environment::Environment;
use crate::core::file::config_file::ConfigFile;
use crate::core::name::ProfileName;
use crate::core::session::SerialNumber;

/// What is known before the settings are resolved. All of it comes from the operator.
#[derive(Clone, Copy)]
pub struct SettingsRequest<'a> {
    /// The profile whose key signs.
    pub source_profile: &'a ProfileName,
    pub config: &'a ConfigFile,
    pub credentials_region: Option<&'a str>,
    pub config_region: Option<&'a str>,
    pub config_ca_bundle: Option<&'a str>,
    pub region_option: Option<&'a str>,
    pub endpoint_option: Option<&'a str>,
    /// `None` before `init` has found it.
    pub device: Option<&'a SerialNumber>,
    pub environment: &'a Environment,
}
