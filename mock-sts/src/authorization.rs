//! Who signed a request, and how: Signature Version 4 in a header, or in the query.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use wiremock::Request;
use wiremock::http::HeaderMap;

use crate::presigned::Presigned;
use crate::refusal::Refusal;

/// The only supported algorithm.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A parsed `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…` header, or the parameters of a presigned URL.
///
/// Source: IAM user guide, "Create a signed AWS API request".
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    pub(crate) scope: Scope,
    /// As sent.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
    /// The date and session token of a presigned URL; those of another request are in its headers.
    pub(crate) in_query: Option<InQuery>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InQuery {
    pub(crate) date: String,
    pub(crate) session_token: Option<String>,
}

/// The scope of a signature: `20261123/us-east-1/sts/aws4_request`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// `YYYYMMDD`
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    pub(crate) terminator: String,
}

impl Authorization {
    /// # Errors
    ///
    /// `MissingAuthenticationToken` if there is none, `IncompleteSignature` if it cannot be parsed.
    pub(crate) fn of(request: &Request) -> Result<Self, Refusal> {
        match Presigned::of(request.url.query().unwrap_or_default()) {
            None => Self::of_headers(&request.headers),
            Some(_) if request.headers.contains_key("authorization") => Err(Refusal::incomplete_signature(
                "A request is signed by its Authorization header or by its query, not by both.".to_owned(),
            )),
            Some(presigned) => Self::of_presigned(presigned?),
        }
    }

    fn of_presigned(presigned: Presigned) -> Result<Self, Refusal> {
        let Presigned { algorithm, credential, date, signed_headers, signature, session_token } = presigned;
        if algorithm != ALGORITHM {
            return Err(Refusal::incomplete_signature(format!("Unsupported AWS 'algorithm': '{algorithm}'.")));
        }
        let authorization = Self::new(&credential, &signed_headers, &signature)?;
        Ok(Self { in_query: Some(InQuery { date, session_token }), ..authorization })
    }

    fn of_headers(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut values = headers.get_all("authorization").iter();
        let value = values.next().ok_or_else(Refusal::missing_authentication_token)?;
        let text = value.to_str().unwrap_or_default();
        if values.next().is_some() {
            return Err(Refusal::incomplete_signature("A request has one Authorization header.".to_owned()));
        }
        let (algorithm, fields) = text.split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            // AWS treats a header with another scheme (`Basic`, `Bearer`) as missing.
            return Err(if algorithm.starts_with("AWS4-") {
                Refusal::incomplete_signature(format!("Unsupported AWS 'algorithm': '{algorithm}'. {}", hashed(text)))
            } else {
                Refusal::missing_authentication_token()
            });
        }

        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        let twice =
            |key| Refusal::incomplete_signature(format!("Authorization header repeats '{key}'. {}", hashed(text)));
        for field in fields.split(',').map(str::trim).filter(|field| !field.is_empty()) {
            let Some((key, value)) = field.split_once('=') else {
                return Err(Refusal::incomplete_signature(format!(
                    "'{field}' not a valid key=value pair (missing equal-sign) in Authorization header {}",
                    hashed(text)
                )));
            };
            let part = match key {
                "Credential" => &mut credential,
                "SignedHeaders" => &mut signed_headers,
                "Signature" => &mut signature,
                _ => continue,
            };
            if part.replace(value).is_some() {
                return Err(twice(key));
            }
        }
        let missing: Vec<String> =
            [("Credential", credential), ("Signature", signature), ("SignedHeaders", signed_headers)]
                .iter()
                .filter(|(_, value)| value.is_none_or(str::is_empty))
                .map(|(name, _)| format!("Authorization header requires '{name}' parameter."))
                .collect();
        let (Some(credential), Some(signed_headers), Some(signature), true) =
            (credential, signed_headers, signature, missing.is_empty())
        else {
            return Err(Refusal::incomplete_signature(format!("{} {}", missing.join(" "), hashed(text))));
        };
        Self::new(credential, signed_headers, signature)
    }

    fn new(credential: &str, signed_headers: &str, signature: &str) -> Result<Self, Refusal> {
        let elements: Vec<&str> = credential.split('/').collect();
        let [access_key_id, date, region, service, terminator] = elements[..] else {
            return Err(Refusal::incomplete_signature(format!(
                "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, \
                 got '{credential}'"
            )));
        };
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            scope: Scope {
                date: date.to_owned(),
                region: region.to_owned(),
                service: service.to_owned(),
                terminator: terminator.to_owned(),
            },
            signed_headers: signed_headers.split(';').map(str::to_owned).collect(),
            signature: signature.to_owned(),
            in_query: None,
        })
    }
}

/// AWS shows a hash of the header, so the signature itself never ends up in a log.
fn hashed(header: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(header));
    format!("(hashed with SHA-256 and encoded with Base64): '{hash}'.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &str) -> Result<Authorization, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", value.parse().unwrap());
        Authorization::of_headers(&headers)
    }

    fn refusal(value: &str) -> (String, String) {
        let refusal = parse(value).unwrap_err();
        (refusal.code.into_owned(), refusal.message.into_owned())
    }

    const SCOPED: &str = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261123/us-east-1/sts/aws4_request";

    #[test]
    fn reads_the_three_fields_with_and_without_blanks() {
        let with = parse(&format!("{SCOPED}, SignedHeaders=host;x-amz-date, Signature=ab")).unwrap();
        assert_eq!(with.access_key_id, "AKIAIOSFODNN7EXAMPLE");
        assert_eq!(with.scope.region, "us-east-1");
        assert_eq!(with.signed_headers, ["host", "x-amz-date"]);
        assert_eq!(parse(&format!("{SCOPED},SignedHeaders=host;x-amz-date,Signature=ab")), Ok(with));
    }

    #[test]
    fn a_missing_field_is_named() {
        let (code, message) = refusal(SCOPED);
        assert_eq!(code, "IncompleteSignature");
        assert!(message.starts_with(
            "Authorization header requires 'Signature' parameter. \
             Authorization header requires 'SignedHeaders' parameter. (hashed"
        ));
        assert!(refusal("AWS4-HMAC-SHA256").1.starts_with("Authorization header requires 'Credential' parameter. "));
    }

    #[test]
    fn a_field_without_equal_sign_and_a_short_credential_are_incomplete() {
        let (code, message) = refusal("AWS4-HMAC-SHA256 Credential");
        assert_eq!(code, "IncompleteSignature");
        assert!(message.starts_with("'Credential' not a valid key=value pair (missing equal-sign)"));

        let (code, message) = refusal("AWS4-HMAC-SHA256 Credential=AKIA/sts, SignedHeaders=host, Signature=ab");
        assert_eq!(code, "IncompleteSignature");
        assert!(message.ends_with("got 'AKIA/sts'"));
    }

    #[test]
    fn no_header_and_another_scheme_are_missing_authentication() {
        assert_eq!(Authorization::of_headers(&HeaderMap::new()).unwrap_err().code, "MissingAuthenticationToken");
        assert_eq!(refusal("Basic dXNlcjpwYXNz").0, "MissingAuthenticationToken");
        assert_eq!(refusal("AWS4-ECDSA-P256-SHA256 Credential=x").0, "IncompleteSignature");
    }
}
