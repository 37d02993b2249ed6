//! A signature in the query of a request: a presigned URL.

use percent_encoding::percent_decode_str;

use crate::refusal::Refusal;

/// The parameters that a signature needs, decoded, and the session token.
///
/// `X-Amz-Expires` is not among them: STS takes a URL for fifteen minutes, whatever it says (see aws-iam-authenticator,
/// `pkg/token/token.go`).
///
/// Source: IAM user guide, "Authentication methods" of Signature Version 4.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Presigned {
    pub(crate) algorithm: String,
    pub(crate) credential: String,
    pub(crate) date: String,
    pub(crate) signed_headers: String,
    pub(crate) signature: String,
    pub(crate) session_token: Option<String>,
}

impl Presigned {
    /// `None` if nothing in the query belongs to a signature.
    ///
    /// # Errors
    ///
    /// `IncompleteSignature` if a parameter is missing, empty or repeated.
    pub(crate) fn of(query: &str) -> Option<Result<Self, Refusal>> {
        let pairs: Vec<(String, String)> = pairs(query).collect();
        let is_named = |name: &str| pairs.iter().any(|(given, _)| given == name);
        let marks = ["X-Amz-Algorithm", "X-Amz-Credential", SIGNATURE];
        marks.iter().any(|mark| is_named(mark)).then(|| Self::of_pairs(&pairs))
    }

    fn of_pairs(pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let optional = |name: &str| {
            let mut values = pairs.iter().filter(|(given, _)| given == name).map(|(_, value)| value.clone());
            match (values.next(), values.next()) {
                (value, None) => Ok(value),
                _ => Err(Refusal::incomplete_signature(format!("AWS query-string parameters repeat '{name}'."))),
            }
        };
        let required = |name| {
            optional(name)?.filter(|value| !value.is_empty()).ok_or_else(|| {
                Refusal::incomplete_signature(format!(
                    "AWS query-string parameters must include '{name}'. Re-examine the query-string parameters."
                ))
            })
        };
        Ok(Self {
            algorithm: required("X-Amz-Algorithm")?,
            credential: required("X-Amz-Credential")?,
            date: required("X-Amz-Date")?,
            signed_headers: required("X-Amz-SignedHeaders")?,
            signature: required(SIGNATURE)?,
            session_token: optional("X-Amz-Security-Token")?,
        })
    }
}

/// The only parameter that is not signed.
pub(crate) const SIGNATURE: &str = "X-Amz-Signature";

/// The parameters of a query, decoded. A `+` is a plus sign here, not a space; it means a space only in forms.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(move |(name, value)| (decoded(name), decoded(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &str =
        "X-Amz-Algorithm=A&X-Amz-Credential=id%2F1&X-Amz-Date=D&X-Amz-SignedHeaders=host&X-Amz-Signature=S";

    fn message(query: &str) -> String {
        Presigned::of(query).unwrap().unwrap_err().message.into_owned()
    }

    #[test]
    fn the_parts_are_decoded_and_the_token_is_optional() {
        let presigned = Presigned::of(QUERY).unwrap().unwrap();
        assert_eq!((presigned.credential.as_str(), presigned.session_token), ("id/1", None));
        let presigned = Presigned::of(&format!("{QUERY}&X-Amz-Security-Token=a%2Bb+c")).unwrap().unwrap();
        assert_eq!(presigned.session_token.as_deref(), Some("a+b+c"));
    }

    #[test]
    fn what_is_missing_or_repeated_is_named() {
        for name in ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Signature"] {
            let expected = format!("AWS query-string parameters must include '{name}'. ");
            assert!(message(&QUERY.replace(name, "X")).starts_with(&expected), "{name}");
            let repeated = message(&format!("{QUERY}&{name}=x"));
            assert_eq!(repeated, format!("AWS query-string parameters repeat '{name}'."));
        }
        assert!(message(&QUERY.replace("=S", "=")).contains("'X-Amz-Signature'"));
        assert!(Presigned::of("Action=GetCallerIdentity&X-Amz-Date=D").is_none());
    }
}
