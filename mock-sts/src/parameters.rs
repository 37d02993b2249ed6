//! The parameters of a request in AWS's query protocol.

use std::borrow::Cow;

use wiremock::Request;
use wiremock::http::Method;

/// The parameters of the query string and, for `POST`, of the form in the body.
pub(crate) struct Parameters<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Parameters<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        let query = form_urlencoded::parse(request.url.query().unwrap_or_default().as_bytes());
        let body: &[u8] = if request.method == Method::POST { &request.body } else { &[] };
        Self(query.chain(form_urlencoded::parse(body)).collect())
    }

    #[cfg(test)]
    pub(crate) fn of_form(body: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(body).collect())
    }

    /// The first value with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_ref())
    }
}
