//! Regions and the partitions that they belong to.

/// Partitions, with how their regions begin and the pseudo-region of their global endpoints.
///
/// Source: `partitions.json` of the AWS SDKs.
const PARTITIONS: [(&str, &[&str], &str); 8] = [
    ("aws", &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"], "aws-global"),
    ("aws-cn", &["cn"], "aws-cn-global"),
    ("aws-us-gov", &["us-gov"], "aws-us-gov-global"),
    ("aws-iso", &["us-iso"], "aws-iso-global"),
    ("aws-iso-b", &["us-isob"], "aws-iso-b-global"),
    ("aws-iso-e", &["eu-isoe"], "aws-iso-e-global"),
    ("aws-iso-f", &["us-isof"], "aws-iso-f-global"),
    ("aws-eusc", &["eusc-de"], "aws-eusc-global"),
];
/// Where in its part of the world a region lies.
const PLACES: [&str; 9] =
    ["north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest", "central"];

/// The partition of a region (`us-east-1`, `us-gov-west-1`, the SDKs' `aws-global`); `None` if AWS has no such region.
pub(crate) fn partition_of(region: &str) -> Option<&'static str> {
    let prefix = region.rsplit_once('-').and_then(|(rest, number)| {
        let (prefix, place) = rest.rsplit_once('-')?;
        let is_number = matches!(number.as_bytes(), [b'1'..=b'9']);
        (is_number && PLACES.contains(&place)).then_some(prefix)
    });
    let fits = |(_, prefixes, global): &&(&str, &[&str], &str)| {
        region == *global || prefix.is_some_and(|prefix| prefixes.contains(&prefix))
    };
    PARTITIONS.iter().find(fits).map(|(partition, ..)| *partition)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_names_its_partition() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("ap-northeast-3", "aws"),
            ("mx-central-1", "aws"),
            ("aws-global", "aws"),
            ("cn-north-1", "aws-cn"),
            ("aws-cn-global", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(region), Some(partition), "{region}");
        }
    }

    #[test]
    fn what_is_no_region_has_no_partition() {
        for text in [
            "",
            "-",
            "1",
            "us",
            "us-east",
            "us--1",
            "US-EAST-1",
            "us-east-1a",
            "us east-1",
            "us-east-0",
            "us-east-01",
            "xx-foo-1",
            "us-foo-1",
            "xx-east-1",
            "gov-west-1",
            "global",
            "xx-global",
            "us-east-1-",
            "-us-east-1",
        ] {
            assert_eq!(partition_of(text), None, "{text}");
        }
    }
}
