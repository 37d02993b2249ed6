//! The canonical form of a request, which is signed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use wiremock::Request;

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
    canonical.extend(utf8_percent_encode(request.url.path(), RESERVED_IN_PATH).flat_map(str::bytes));
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

fn canonical_query(query: &str) -> String {
    // A `+` is a plus sign here, not a space; it means a space only in forms.
    let encode = |text: &str| percent_encode(&percent_decode_str(text).collect::<Vec<u8>>(), RESERVED).to_string();
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (encode(name), encode(value)))
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
    fn queries_are_encoded_strictly_and_sorted() {
        assert_eq!(canonical_query("b=2&a=x%20y&a=%7e&c&d=1+2&e=a=b&&"), "a=x%20y&a=~&b=2&c=&d=1%2B2&e=a%3Db");
    }
}
