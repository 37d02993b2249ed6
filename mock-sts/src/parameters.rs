//! The parameters of a request in AWS's query protocol.

use std::borrow::Cow;
use std::collections::BTreeMap;

use percent_encoding::percent_decode;
use wiremock::Request;
use wiremock::http::{HeaderMap, Method};

use crate::refusal::Refusal;

const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of the query string and, for `POST`, of the form in the body.
#[derive(Default)]
pub(crate) struct Parameters<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

impl<'a> Parameters<'a> {
    /// # Errors
    ///
    /// `InvalidQueryParameter` if they cannot be read in one way only, `MethodNotAllowed` for other methods.
    pub(crate) fn of(request: &'a Request) -> Result<Self, Refusal> {
        let mut parameters = Self::default();
        parameters.add(request.url.query().unwrap_or_default().as_bytes())?;
        match request.method {
            Method::GET => {}
            Method::POST if request.body.is_empty() => {}
            Method::POST if is_form(&request.headers) => parameters.add(&request.body)?,
            Method::POST => return Err(Refusal::malformed_query("the body is not sent as a form")),
            _ => return Err(Refusal::method_not_allowed()),
        }
        Ok(parameters)
    }

    #[cfg(test)]
    pub(crate) fn of_form(body: &'a [u8]) -> Self {
        let mut parameters = Self::default();
        parameters.add(body).map(|()| parameters).unwrap()
    }

    fn add(&mut self, form: &'a [u8]) -> Result<(), Refusal> {
        if !is_well_formed(form) {
            return Err(Refusal::malformed_query("it is not URL-encoded UTF-8"));
        }
        for (name, value) in form_urlencoded::parse(form) {
            if self.0.insert(name, value).is_some() {
                return Err(Refusal::malformed_query("a parameter is repeated"));
            }
        }
        Ok(())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all("content-type").iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let media_type = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case(FORM)
}

/// Whether it is visible ASCII that decodes to UTF-8, with two hexadecimal digits behind each percent sign.
fn is_well_formed(form: &[u8]) -> bool {
    let is_escape =
        |rest: &[u8]| matches!(rest, [first, second, ..] if first.is_ascii_hexdigit() && second.is_ascii_hexdigit());
    form.iter().all(u8::is_ascii_graphic)
        && form.split(|&byte| byte == b'%').skip(1).all(is_escape)
        && percent_decode(form).decode_utf8().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_strict() {
        for good in ["", "a=b&c=%e3%81%82", "a=1+2&b=&c", "a=*-._~!'()"] {
            assert!(is_well_formed(good.as_bytes()), "{good}");
        }
        for bad in ["a=%", "a=%1", "a=%zz", "a=%ff", "a=%e3%81", "a=b c", "a=b\n", "a=\u{e9}"] {
            assert!(!is_well_formed(bad.as_bytes()), "{bad}");
        }
    }
}
