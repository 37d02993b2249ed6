//! The region (GET-8).

use crate::core::error::Result;
use crate::core::misplaced::is_like_a_secret;
use crate::core::session::{Partition, SerialNumber};
use crate::core::sts::settings::place::{Place, unusable};
use crate::core::sts::settings::request::SettingsRequest;

/// A region by its name, and where it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Region {
    name: String,
    origin: Place,
}

impl Region {
    pub(super) fn resolve(request: &SettingsRequest<'_>) -> Result<Self> {
        if let Some(text) = request.region_option {
            return Self::parse(text, Place::Option("--region"));
        }
        for name in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
            if let Some(text) = request.environment.var_os(name) {
                // Bytes that are not Unicode are not a region either.
                return Self::parse(&text.to_string_lossy(), Place::Variable(name));
            }
        }
        let in_config = Place::profile("region", request);
        let profile = request.source_profile.to_string();
        let in_credentials = Place::Profile { key: "region", profile, file: "the credentials file".to_owned() };
        for (text, place) in [(request.credentials_region, in_credentials), (request.config_region, in_config)] {
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                return Self::parse(text, place);
            }
        }
        let (name, origin) = match request.device.and_then(SerialNumber::partition) {
            None => ("us-east-1", Place::Default),
            Some(Partition::Aws) => ("us-east-1", Place::Device),
            Some(Partition::AwsUsGov) => ("us-gov-west-1", Place::Device),
            Some(Partition::AwsCn) => ("cn-north-1", Place::Device),
            Some(Partition::Other(id)) => {
                let message =
                    format!("the device is in the partition `{id}`, for which updsts knows no default region");
                return Err(unusable(message, "name a region in that partition with `--region`"));
            }
        };
        Ok(Self { name: name.to_owned(), origin })
    }

    fn parse(text: &str, place: Place) -> Result<Self> {
        place.check(text)?;
        let label = (1..=63).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !is_like_a_secret(text.as_bytes());
        if !label {
            return Err(place.unusable("is not the name of a region", "give a region such as `us-east-1`"));
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
                let what = format!("is `{pseudo}`, which does not stand for a single region");
                let hint = "give a region such as `us-east-1`; for a FIPS endpoint, set `AWS_USE_FIPS_ENDPOINT=true`";
                return Err(place.unusable(&what, hint));
            }
            name => name,
        };
        Ok(Self { name: name.to_owned(), origin: place })
    }

    /// IAM's region in a partition.
    pub(super) fn of_iam(name: &str) -> Self {
        Self { name: name.to_owned(), origin: Place::Account }
    }

    pub(super) fn check_partition(&self, device: Option<&SerialNumber>) -> Result<()> {
        let own = self.partition();
        let Some(expected) = device.and_then(SerialNumber::partition).filter(|expected| *expected != own) else {
            return Ok(());
        };
        let (own, expected) = (own.id(), expected.id());
        Err(unusable(
            format!(
                "the region `{}` from {} is in the partition `{own}`, the device in `{expected}`",
                self.name, self.origin
            ),
            format!("give a region in `{expected}` with `--region`, or the device of this account"),
        ))
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

    pub(crate) fn origin(&self) -> &Place {
        &self.origin
    }
}
