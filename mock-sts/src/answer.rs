//! Responses in AWS's XML.

use std::time::Duration;

use http_body_util::Full;
use hyper::body::Bytes;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use wiremock::ResponseTemplate;

use crate::api::Api;
use crate::refusal::Refusal;
use crate::session::IssuedSession;

/// When every user was made.
const CREATED: &str = "2015-08-30T12:36:00Z";

/// The result of a successful request.
pub(crate) enum Grant {
    /// `GetSessionToken`
    Session(IssuedSession),
    /// `AssumeRole`
    AssumedRole {
        session: IssuedSession,
        /// `AROA…:NAME`
        id: String,
        arn: String,
    },
    /// `ListMFADevices`
    Devices { user_name: String, serials: Vec<String> },
    /// `GetUser`
    User {
        /// A root has none.
        name: Option<String>,
        id: String,
        arn: String,
    },
    /// `GetCallerIdentity`
    Caller { arn: String, user_id: String, account: String },
}

impl Grant {
    /// The action, and its result in XML.
    fn result(&self, complete: bool) -> (&'static str, String) {
        match self {
            Self::Session(session) => ("GetSessionToken", credentials(session, complete)),
            Self::AssumedRole { session, id, arn } => {
                let user = elements(&[("AssumedRoleId", id), ("Arn", arn)]);
                let user = if complete { format!("<AssumedRoleUser>{user}</AssumedRoleUser>") } else { String::new() };
                ("AssumeRole", user + &credentials(session, complete))
            }
            Self::Caller { arn, user_id, account } => {
                let fields = [("Account", account), ("Arn", arn), ("UserId", user_id)];
                ("GetCallerIdentity", elements(if complete { &fields } else { &fields[..1] }))
            }
            Self::Devices { user_name, serials } => {
                let created = CREATED.to_owned();
                let member = |serial| {
                    let fields = [("UserName", user_name), ("SerialNumber", serial), ("EnableDate", &created)];
                    format!("<member>{}</member>", elements(if complete { &fields } else { &fields[..1] }))
                };
                let members: String = serials.iter().map(member).collect();
                ("ListMFADevices", format!("<IsTruncated>false</IsTruncated><MFADevices>{members}</MFADevices>"))
            }
            Self::User { name, id, arn } => {
                let (path, created) = ("/".to_owned(), CREATED.to_owned());
                let mut fields = vec![("UserId", id), ("Path", &path), ("CreateDate", &created)];
                if complete {
                    fields.push(("Arn", arn));
                    fields.extend(name.iter().map(|name| ("UserName", name)));
                }
                ("GetUser", format!("<User>{}</User>", elements(&fields)))
            }
        }
    }

    fn api(&self) -> Api {
        match self {
            Self::Session(_) | Self::AssumedRole { .. } | Self::Caller { .. } => Api::Sts,
            Self::Devices { .. } | Self::User { .. } => Api::Iam,
        }
    }
}

fn credentials(session: &IssuedSession, complete: bool) -> String {
    let expiration = session.expiration.to_string();
    let fields = [
        ("AccessKeyId", &session.access_key_id),
        ("SecretAccessKey", &session.secret_access_key),
        ("SessionToken", &session.session_token),
        ("Expiration", &expiration),
    ];
    format!("<Credentials>{}</Credentials>", elements(if complete { &fields } else { &fields[..2] }))
}

/// A response as the gate sends it.
pub(crate) type Reply = hyper::Response<Full<Bytes>>;

/// A response that is not yet HTTP.
pub(crate) struct Answer {
    status: u16,
    content_type: &'static str,
    body: String,
}

impl Answer {
    pub(crate) fn granted(grant: &Grant, request_id: &str) -> Self {
        Self::success(grant, true, request_id)
    }

    /// A success response that lacks fields: a session's token and expiry, a caller's ARN and user id, a
    /// device's serial number.
    pub(crate) fn incomplete(grant: &Grant, request_id: &str) -> Self {
        Self::success(grant, false, request_id)
    }

    fn success(grant: &Grant, complete: bool, request_id: &str) -> Self {
        let (action, result) = grant.result(complete);
        let namespace = grant.api().namespace();
        let id = escape(request_id);
        let body = format!(
            "<{action}Response xmlns=\"{namespace}\"><{action}Result>{result}</{action}Result><ResponseMetadata>\
             <RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
        );
        Self::xml(200, body)
    }

    pub(crate) fn malformed() -> Self {
        Self { status: 200, content_type: "text/xml", body: "{\"this\": \"is no XML\"".to_owned() }
    }

    pub(crate) fn refused(refusal: &Refusal, api: Api, request_id: &str) -> Self {
        let at_fault = if refusal.status < 500 { "Sender" } else { "Receiver" };
        let (code, message) = (refusal.code.to_string(), refusal.message.to_string());
        let error = elements(&[("Type", &at_fault.to_owned()), ("Code", &code), ("Message", &message)]);
        let (namespace, id) = (api.namespace(), escape(request_id));
        let body = format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error>{error}</Error><RequestId>{id}</RequestId></ErrorResponse>"
        );
        Self::xml(refusal.status, body)
    }

    /// What a proxy returns when it cannot reach the server behind it.
    pub(crate) fn proxy_error() -> Self {
        let body = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<h1>502 Bad Gateway</h1>\r\n\
                    </body>\r\n</html>\r\n";
        Self { status: 502, content_type: "text/html", body: body.to_owned() }
    }

    fn xml(status: u16, body: String) -> Self {
        Self { status, content_type: "text/xml", body }
    }

    /// Adds the headers that AWS sends; `now` is the mock's time.
    pub(crate) fn into_response(self, request_id: &str, now: Timestamp) -> Response {
        let mut headers = Vec::new();
        if self.content_type == "text/xml" {
            headers.push(("x-amzn-RequestId", request_id.to_owned()));
        }
        // hyper adds its own `Date` only if there is none.
        if let Ok(date) = DateTimePrinter::new().timestamp_to_rfc9110_string(&now) {
            headers.push(("Date", date));
        }
        Response { answer: self, headers }
    }
}

/// An answer with its headers.
pub(crate) struct Response {
    answer: Answer,
    headers: Vec<(&'static str, String)>,
}

impl Response {
    /// For wiremock.
    pub(crate) fn into_template(self, delay: Duration) -> ResponseTemplate {
        let Self { answer: Answer { status, content_type, body }, headers } = self;
        let response = ResponseTemplate::new(status).set_body_raw(body, content_type).append_headers(headers);
        if delay.is_zero() { response } else { response.set_delay(delay) }
    }

    /// For the gate.
    pub(crate) fn into_reply(self) -> Reply {
        let Self { answer: Answer { status, content_type, body }, headers } = self;
        let mut response = hyper::Response::builder().status(status).header("content-type", content_type);
        for (name, value) in headers {
            response = response.header(name, value);
        }
        response.header("connection", "close").body(Full::from(body)).unwrap_or_default()
    }
}

fn elements(fields: &[(&str, &String)]) -> String {
    let element = |(name, value): &(&str, &String)| format!("<{name}>{}</{name}>", escape(value));
    fields.iter().map(element).collect::<Vec<_>>().concat()
}

/// Escapes text for an element (XML 1.0, 2.4); characters that XML cannot represent become question marks.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' => escaped.push(c),
            '\r' => escaped.push_str("&#xD;"),
            '\0'..='\x1f' | '\u{fffe}' | '\u{ffff}' => escaped.push('?'),
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_break_out_of_its_element() {
        assert_eq!(escape("a<b>&\"c\"]]>\r\n\u{0}é"), "a&lt;b&gt;&amp;&quot;c&quot;]]&gt;&#xD;\n?é");
    }

    #[test]
    fn a_refusal_has_the_shape_of_aws() {
        let answer = Answer::refused(&Refusal::new("AccessDenied", 403, "a & b. "), Api::Sts, "id-1");
        assert_eq!(
            answer.body,
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>AccessDenied</Code><Message>a &amp; b. </Message></Error><RequestId>id-1</RequestId></ErrorResponse>"
        );
        assert!(
            Answer::refused(&Refusal::service_unavailable(), Api::Iam, "id-1").body.contains("<Type>Receiver</Type>")
        );
    }
}
