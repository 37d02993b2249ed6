//! The services that are called, and what differs between their settings.

use crate::core::session::Partition;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    Sts,
    Iam,
}

impl Service {
    /// The name in a `services` section.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }

    /// The variable of its endpoint.
    pub(super) const fn variable(self) -> &'static str {
        match self {
            Self::Sts => "AWS_ENDPOINT_URL_STS",
            Self::Iam => "AWS_ENDPOINT_URL_IAM",
        }
    }
}

/// The region that requests to IAM are signed for; it has one for each partition.
pub(super) const fn iam_region(partition: &Partition) -> Option<&'static str> {
    match partition {
        Partition::Aws => Some("us-east-1"),
        Partition::AwsCn => Some("cn-north-1"),
        Partition::AwsUsGov => Some("us-gov-west-1"),
        Partition::Other(_) => None,
    }
}

/// The host of IAM; `None` if the partition has none of that kind.
///
/// Source: the endpoint rules of IAM in botocore.
pub(super) const fn iam_host(partition: &Partition, fips: bool, dual_stack: bool) -> Option<&'static str> {
    Some(match (partition, fips, dual_stack) {
        (Partition::Aws, false, false) => "iam.amazonaws.com",
        (Partition::Aws, true, false) => "iam-fips.amazonaws.com",
        (Partition::Aws, false, true) => "iam.global.api.aws",
        (Partition::Aws, true, true) => "iam-fips.global.api.aws",
        (Partition::AwsCn, false, false) => "iam.cn-north-1.amazonaws.com.cn",
        (Partition::AwsCn, false, true) => "iam.global.api.amazonwebservices.com.cn",
        (Partition::AwsUsGov, _, false) => "iam.us-gov.amazonaws.com",
        (Partition::AwsUsGov, _, true) => "iam.us-gov.api.aws",
        (Partition::AwsCn, true, _) | (Partition::Other(_), ..) => return None,
    })
}
