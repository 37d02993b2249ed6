//! What can be wrong with a setting. The value itself is never repeated: it may contain a password.

use std::path::Path;

use thiserror::Error as ThisError;

use crate::core::error::{Error, ErrorCode};
use crate::core::text;

/// Where a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Option(&'static str),
    Variable(&'static str),
    Profile {
        key: &'static str,
        profile: String,
        file: String,
    },
    /// A key of the `services` section that a profile names.
    Services {
        key: &'static str,
        file: String,
    },
}

impl Place {
    pub(super) fn profile(key: &'static str, profile: &str, file: &Path) -> Self {
        Self::Profile { key, profile: profile.to_owned(), file: shown_path(file) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Option(name) | Self::Variable(name) => write!(f, "`{name}`"),
            Self::Profile { key, profile, file } => write!(f, "`{key}` of profile `{profile}` ({file})"),
            Self::Services { key, file } => write!(f, "`{key}` of the `sts` service ({file})"),
        }
    }
}

pub(super) fn shown_path(path: &Path) -> String {
    text::shown(path.as_os_str().as_encoded_bytes())
}

/// A setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub(crate) enum SettingsError {
    #[error("`{key}` is not a single line of UTF-8 ({place})")]
    NotOneLine { key: &'static str, place: String },
    #[error("an endpoint in the config file belongs to no profile ({0})")]
    StrayEndpoint(String),
    #[error("the settings of the source profile cannot be read ({0})")]
    Unparsable(String),
    #[error("profile `{profile}` names the section `[services {section}]`, which does not exist ({place})")]
    ServicesMissing { profile: String, section: String, place: String },
    #[error("{0} is not valid Unicode")]
    NotUnicode(Place),
    #[error("{0} is neither `true` nor `false`")]
    NotBoolean(Place),
    #[error("{0} is not an http:// or https:// URL")]
    NotUrl(Place),
    #[error("the URL in {0} contains a user name or a password")]
    UrlHasUser(Place),
    #[error("the URL in {0} contains a query or a fragment")]
    UrlHasQuery(Place),
    #[error("{switch} asks for {what}, which a custom endpoint ({endpoint}) does not have")]
    SwitchWithCustomEndpoint { switch: String, what: &'static str, endpoint: String },
    #[error("there is no STS endpoint for region `{region}` with these FIPS and dual-stack switches")]
    NoEndpoint { region: String },
    #[error("{0} is not the name of a region")]
    NotRegion(Place),
    #[error("{place} is `{region}`, which does not stand for a single region")]
    PseudoRegion { place: Place, region: String },
    #[error("the region `{region}` ({origin}) is in the partition `{partition}`, the device in `{device}`")]
    OtherPartition { region: String, origin: String, partition: String, device: String },
    #[error("the device is in the partition `{0}`, for which updsts knows no default region")]
    UnknownPartition(String),
    #[error("{0} is not an http:// or https:// URL")]
    NotProxy(Place),
    #[error("{place} names a file that cannot be read: {reason} ({file})")]
    BundleUnreadable { place: Place, file: String, reason: String },
    #[error("{place} names a file that contains a damaged certificate ({file}:{line})")]
    BundleDamaged { place: Place, file: String, line: usize },
    #[error("{place} names a file without a valid certificate ({file})")]
    BundleEmpty { place: Place, file: String },
    #[error("no valid root certificate was found {0}")]
    NoRoots(&'static str),
}

impl SettingsError {
    fn code(&self) -> ErrorCode {
        match self {
            // An endpoint that is not a URL is unusable wherever it comes from (GET-9).
            Self::NotRegion(place) | Self::PseudoRegion { place, .. } if matches!(place, Place::Option(_)) => {
                ErrorCode::Usage
            }
            _ => ErrorCode::ConfigUnusable,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::NotOneLine { key, .. } => format!("write the value of `{key}` on one line"),
            Self::StrayEndpoint(_) => "close the header above it with `]`, or remove the line".to_owned(),
            Self::Unparsable(_) => "check the endpoint settings of the source profile in the config file".to_owned(),
            Self::ServicesMissing { section, .. } => {
                format!("add the section `[services {section}]`, or remove `services` from the profile")
            }
            Self::NotUnicode(place) | Self::NotBoolean(place) => format!("correct {place}, or unset it"),
            Self::NotUrl(_) | Self::UrlHasUser(_) | Self::UrlHasQuery(_) => {
                "give a URL such as `https://sts.us-east-1.amazonaws.com` or `http://127.0.0.1:4566`".to_owned()
            }
            Self::SwitchWithCustomEndpoint { switch, endpoint, .. } => format!("unset {switch} or {endpoint}"),
            Self::NoEndpoint { .. } => {
                "unset `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, or give another `--region`".to_owned()
            }
            Self::NotRegion(_) => "give a region such as `us-east-1`".to_owned(),
            Self::PseudoRegion { .. } => {
                "give a region such as `us-east-1`; for a FIPS endpoint, set `AWS_USE_FIPS_ENDPOINT=true`".to_owned()
            }
            Self::OtherPartition { device, .. } => {
                format!("give a region in `{device}` with `--region`, or the device of this account")
            }
            Self::UnknownPartition(_) => "name a region in that partition with `--region`".to_owned(),
            Self::NotProxy(Place::Variable(name)) => {
                format!("set `{name}` to a URL such as `http://proxy.example.com:8080`, special characters of a password percent-encoded, or name the endpoint's host in `NO_PROXY`")
            }
            Self::NotProxy(_) => "give a URL such as `http://proxy.example.com:8080`".to_owned(),
            Self::BundleUnreadable { place, .. } => format!("correct {place}, or unset it to trust the system's certificates"),
            Self::BundleDamaged { .. } | Self::BundleEmpty { .. } => {
                "the file must contain root certificates in PEM format, each between `-----BEGIN CERTIFICATE-----` and `-----END CERTIFICATE-----`".to_owned()
            }
            Self::NoRoots(_) => {
                "install the system's certificates (often the package `ca-certificates`), or name a PEM file in `SSL_CERT_FILE` or `AWS_CA_BUNDLE`".to_owned()
            }
        }
    }
}

impl From<SettingsError> for Error {
    fn from(error: SettingsError) -> Self {
        Self::new(error.code(), error.to_string(), error.hint())
    }
}
