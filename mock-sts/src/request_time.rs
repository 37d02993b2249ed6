//! The time of a request.

use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use wiremock::http::HeaderMap;

use crate::refusal::Refusal;

/// How far the request's time may be ahead of the mock's.
const MINUTES_AHEAD: i64 = 5;
/// ISO 8601, basic format.
const BASIC_FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// When a request claims to have been signed.
#[derive(Debug)]
pub(crate) struct RequestTime {
    /// `20261123T181945Z`
    pub(crate) text: String,
    pub(crate) timestamp: Timestamp,
}

impl RequestTime {
    /// The date of a presigned URL, else `X-Amz-Date`, else `Date`.
    ///
    /// # Errors
    ///
    /// `IncompleteSignature` if there is none, or it cannot be parsed.
    pub(crate) fn of(in_query: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let text = |name| {
            // The values of a repeated header are joined into one text, which is not a date.
            let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
            let values: Vec<_> = values.collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        let (given, timestamp) = if let Some(given) = in_query.map(str::to_owned).or_else(|| text("x-amz-date")) {
            let timestamp =
                DateTime::strptime(BASIC_FORMAT, &given).ok().and_then(|time| TimeZone::UTC.to_timestamp(time).ok());
            // The parser is more generous than AWS.
            let timestamp = timestamp.filter(|&timestamp| basic(timestamp) == given);
            (given, timestamp)
        } else if let Some(given) = text("date") {
            let timestamp = DateTimeParser::new().parse_timestamp(&given).ok();
            (given, timestamp)
        } else {
            return Err(Refusal::incomplete_signature(
                "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned(),
            ));
        };
        match timestamp {
            Some(timestamp) => Ok(Self { text: basic(timestamp), timestamp }),
            None => Err(Refusal::incomplete_signature(format!(
                "Date must be in ISO-8601 'basic format'. Got '{given}'. See http://en.wikipedia.org/wiki/ISO_8601"
            ))),
        }
    }

    /// # Errors
    ///
    /// `SignatureDoesNotMatch` if it is more than that many minutes before `now`, or five after.
    pub(crate) fn check(&self, now: Timestamp, minutes: i64) -> Result<(), Refusal> {
        let earliest = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MIN);
        let latest = now.checked_add(SignedDuration::from_mins(MINUTES_AHEAD)).unwrap_or(Timestamp::MAX);
        let (text, now) = (&self.text, basic(now));
        if self.timestamp < earliest {
            let earliest = basic(earliest);
            return Err(Refusal::signature(format!(
                "Signature expired: {text} is now earlier than {earliest} ({now} - {minutes} min.)"
            )));
        }
        if self.timestamp > latest {
            let latest = basic(latest);
            return Err(Refusal::signature(format!(
                "Signature not yet current: {text} is still later than {latest} ({now} + {MINUTES_AHEAD} min.)"
            )));
        }
        Ok(())
    }
}

fn basic(time: Timestamp) -> String {
    strtime::format(BASIC_FORMAT, time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use wiremock::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn the_clock_is_five_minutes_wide() {
        let now: Timestamp = "2026-11-23T18:00:00Z".parse().unwrap();
        let check = |text: &str| {
            let timestamp = text.parse().unwrap();
            RequestTime { text: basic(timestamp), timestamp }.check(now, 5).map_err(|refusal| refusal.message)
        };
        assert_eq!(check("2026-11-23T17:55:00Z"), Ok(()));
        assert_eq!(check("2026-11-23T18:05:00Z"), Ok(()));
        assert_eq!(
            check("2026-11-23T17:54:59Z").unwrap_err(),
            "Signature expired: 20261123T175459Z is now earlier than 20261123T175500Z (20261123T180000Z - 5 min.)"
        );
        assert_eq!(
            check("2026-11-23T18:05:01Z").unwrap_err(),
            "Signature not yet current: 20261123T180501Z is still later than 20261123T180500Z \
             (20261123T180000Z + 5 min.)"
        );
    }

    #[test]
    fn the_date_header_stands_in_for_its_own_and_nonsense_is_named() {
        let time = |name: &'static str, value: &'static str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))]);
            RequestTime::of(None, &headers).map(|time| time.text).map_err(|refusal| refusal.message.into_owned())
        };
        assert_eq!(time("date", "Mon, 23 Nov 2026 18:00:00 GMT").unwrap(), "20261123T180000Z");
        for text in ["", "2026-11-23T18:00:00Z", "20261123", "20261399T000000Z"] {
            let message = time("x-amz-date", text).unwrap_err();
            assert!(
                message.starts_with(&format!("Date must be in ISO-8601 'basic format'. Got '{text}'.")),
                "{message}"
            );
        }
        assert!(time("host", "x").unwrap_err().contains("existence of either a 'X-Amz-Date' or a 'Date' header"));
    }
}
