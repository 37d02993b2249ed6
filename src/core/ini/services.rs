//! The `[services NAME]` sections of a config file: settings of one service, indented below its name.
//!
//! Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>

use crate::core::ini::lines::{LineKind, Lines, trim};

/// The endpoint of a service in the section with that name, and its line; `None` if there is no such section, `Some(None)`
/// if it has no endpoint.
pub fn endpoint<'a>(config: &'a [u8], name: &[u8], service: &str) -> Option<Option<(&'a [u8], usize)>> {
    let (mut found, mut in_section, mut in_service) = (None, false, false);
    for line in Lines::of(config) {
        match line.kind {
            LineKind::Header(header) => {
                in_section = services_name(header.name) == Some(name);
                in_service = false;
                if in_section {
                    found.get_or_insert(None);
                }
            }
            LineKind::Property(property) => {
                let is_meant = property.key.eq_ignore_ascii_case(service.as_bytes());
                in_service = in_section && is_meant && property.value().is_empty();
            }
            LineKind::Continuation(text) if in_service => {
                if let Some((key, value)) = split(text)
                    && key.eq_ignore_ascii_case(b"endpoint_url")
                {
                    found = Some((!value.is_empty()).then_some((value, line.number)));
                }
            }
            _ => {}
        }
    }
    found
}

fn services_name(section: &[u8]) -> Option<&[u8]> {
    let name = section.strip_prefix(b"services")?;
    name.first().is_some_and(u8::is_ascii_whitespace).then(|| trim(name))
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr2(b'=', b':', text)?;
    Some((trim(&text[..at]), trim(&text[at + 1..])))
}

/// The line of an endpoint that belongs to no section: below a header without its `]`, or above the first header.
pub fn stray_endpoint(config: &[u8]) -> Option<usize> {
    let mut is_stray = true;
    Lines::of(config).find_map(|line| match line.kind {
        LineKind::Header(header) => {
            is_stray = !header.closed;
            None
        }
        LineKind::Property(property) => {
            let names_an_endpoint =
                ["endpoint_url", "services"].iter().any(|key| property.key.eq_ignore_ascii_case(key.as_bytes()));
            (is_stray && names_an_endpoint).then_some(line.number)
        }
        _ => None,
    })
}
