//! The canonical form of a request, which is signed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use wiremock::Request;

use crate::presigned::SIGNATURE;

/// Everything but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// For services other than S3 the path is encoded a second time, except for slashes.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// What is signed of a request; `body_hash` is the lower-case hexadecimal SHA-256 of the body.
///
/// Source: IAM user guide, "Create a signed AWS API request", step 1.
pub(crate) fn canonical_request(request: &Request, signed_headers: &[String], body_hash: &str) -> Vec<u8> {
    let mut canonical = Vec::new();
    canonical.extend_from_slice(request.method.as_str().as_bytes());
    canonical.push(b'\n');
    canonical.extend(utf8_percent_encode(&single_slashes(request.url.path()), RESERVED_IN_PATH).flat_map(str::bytes));
    canonical.push(b'\n');
    canonical.extend_from_slice(canonical_query(request.url.query().unwrap_or_default()).as_bytes());
    canonical.push(b'\n');
    for name in signed_headers {
        canonical.extend_from_slice(name.as_bytes());
        canonical.push(b':');
        canonical.extend(canonical_header(request, name));
        canonical.push(b'\n');
    }
    canonical.push(b'\n');
    canonical.extend_from_slice(signed_headers.join(";").as_bytes());
    canonical.push(b'\n');
    canonical.extend_from_slice(body_hash.as_bytes());
    canonical
}

/// Services other than S3 read `//` in a path as `/`; the URL has no `.` and `..` any more.
fn single_slashes(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}", parts.join("/"))
}

/// Without the signature that a presigned URL has in its query.
fn canonical_query(query: &str) -> String {
    // A `+` is a plus sign here, not a space; it means a space only in forms.
    let encode = |text: &str| percent_encode(&percent_decode_str(text).collect::<Vec<u8>>(), RESERVED).to_string();
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
        .filter(|(name, _)| name != SIGNATURE)
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    pairs.join("&")
}

/// Trims values, collapses runs of spaces, and joins several values with commas.
fn canonical_header(request: &Request, name: &str) -> Vec<u8> {
    let values = request.headers.get_all(name).iter().map(|value| squeeze(value.as_bytes()));
    values.collect::<Vec<_>>().join(b",".as_slice())
}

fn squeeze(value: &[u8]) -> Vec<u8> {
    let words: Vec<&[u8]> = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty()).collect();
    words.join(b" ".as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_single_slashes() {
        for (path, expected) in [("/", "/"), ("//", "/"), ("//example//", "/example/"), ("/a//b", "/a/b"), ("", "/")] {
            assert_eq!(single_slashes(path), expected);
        }
    }

    #[test]
    fn queries_are_encoded_strictly_and_sorted() {
        assert_eq!(canonical_query("b=2&a=x%20y&a=%7e&c&d=1+2&e=a=b&&"), "a=x%20y&a=~&b=2&c=&d=1%2B2&e=a%3Db");
    }
}
