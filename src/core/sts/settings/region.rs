//! The region (GET-8).

use std::fmt;

use crate::core::misplaced::is_like_a_secret;
use crate::core::session::{Partition, SerialNumber};
use crate::core::sts::settings::error::{Place, SettingsError};
use crate::core::sts::settings::request::SettingsRequest;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionOrigin {
    Option,
    AwsRegion,
    AwsDefaultRegion,
    CredentialsFile,
    ConfigFile,
    /// The partition in the device's ARN.
    Device,
    Default,
}

impl fmt::Display for RegionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "`--region`",
            Self::AwsRegion => "`AWS_REGION`",
            Self::AwsDefaultRegion => "`AWS_DEFAULT_REGION`",
            Self::CredentialsFile => "`region` in the credentials file",
            Self::ConfigFile => "`region` in the config file",
            Self::Device => "the partition of the device",
            Self::Default => "the default",
        })
    }
}

/// A region by its name, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    name: String,
    origin: RegionOrigin,
}

impl Region {
    pub(super) fn resolve(request: &SettingsRequest<'_>) -> Result<Self, SettingsError> {
        if let Some(text) = request.region_option {
            return Self::parse(text, RegionOrigin::Option, Place::Option("--region"));
        }
        for (name, origin) in
            [("AWS_REGION", RegionOrigin::AwsRegion), ("AWS_DEFAULT_REGION", RegionOrigin::AwsDefaultRegion)]
        {
            if let Some(text) = request.environment.var_os(name) {
                // Bytes that are not Unicode are not a region either.
                return Self::parse(&text.to_string_lossy(), origin, Place::Variable(name));
            }
        }
        for (text, origin, file) in [
            (request.credentials_region, RegionOrigin::CredentialsFile, "the credentials file".to_owned()),
            (
                request.config_region,
                RegionOrigin::ConfigFile,
                crate::core::sts::settings::error::shown_path(request.config.path()),
            ),
        ] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                let profile = request.source_profile.to_string();
                return Self::parse(text, origin, Place::Profile { key: "region", profile, file });
            }
        }
        let (name, origin) = match request.device.partition() {
            None => ("us-east-1", RegionOrigin::Default),
            Some(Partition::Aws) => ("us-east-1", RegionOrigin::Device),
            Some(Partition::AwsUsGov) => ("us-gov-west-1", RegionOrigin::Device),
            Some(Partition::AwsCn) => ("cn-north-1", RegionOrigin::Device),
            Some(Partition::Other(id)) => return Err(SettingsError::UnknownPartition(id)),
        };
        Ok(Self { name: name.to_owned(), origin })
    }

    fn parse(text: &str, origin: RegionOrigin, place: Place) -> Result<Self, SettingsError> {
        let label = (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !is_like_a_secret(text.as_bytes());
        if !label {
            return Err(SettingsError::NotRegion(place));
        }
        let name = match text {
            // Newer regions refuse the global endpoint's tokens, so these names of old SDKs get the regional endpoint
            // of the same place.
            "aws-global" => "us-east-1",
            "aws-us-gov-global" => "us-gov-west-1",
            "aws-cn-global" => "cn-north-1",
            pseudo
                if pseudo.starts_with("aws-")
                    || pseudo.starts_with("fips-")
                    || pseudo.ends_with("-fips")
                    || pseudo.ends_with("-global") =>
            {
                return Err(SettingsError::PseudoRegion { place, region: pseudo.to_owned() });
            }
            name => name,
        };
        Ok(Self { name: name.to_owned(), origin })
    }

    pub(super) fn check_partition(&self, device: &SerialNumber) -> Result<(), SettingsError> {
        match device.partition() {
            Some(expected) if expected != self.partition() => Err(SettingsError::OtherPartition {
                region: self.name.clone(),
                origin: self.origin.to_string(),
                partition: self.partition().id().to_owned(),
                device: expected.id().to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// The partition, by the region's prefix.
    ///
    /// Source: the `regionRegex` of each partition in the SDK's endpoint rules.
    fn partition(&self) -> Partition {
        let by_prefix = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"),
            ("us-isof-", "aws-iso-f"),
            ("eusc-", "aws-eusc"),
        ];
        let found = by_prefix.iter().find(|(prefix, _)| self.name.starts_with(prefix));
        Partition::from(found.map_or("aws", |(_, id)| id))
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn origin(&self) -> RegionOrigin {
        self.origin
    }
}
