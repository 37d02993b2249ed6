//! Faults to inject: what networks, proxies and AWS itself sometimes get wrong.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::refusal::KNOWN_CODES;

#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// `latency=MS`: delays the response by that much; other requests are not held up.
    Latency(Duration),
    /// `error=CODE`: refuses with this AWS error code, its status and its message; the request is not examined, so no
    /// code is spent. A code that AWS does not have gets status 400.
    Error(String),
    /// `5xx`: AWS's `ServiceUnavailable`, status 503, in XML. No code is spent.
    Unavailable,
    /// `5xx-html`: a proxy's error page, status 502. No code is spent.
    UnavailableHtml,
    /// `drop`: closes the connection without a response, after the code was spent.
    Drop,
    /// `skew=SECONDS`: the mock's clock, also in `Date`, is that far ahead (behind, if negative).
    Skew(i64),
    /// `malformed`: instead of a success, status 200 with a body that is not XML. The code is spent.
    Malformed,
    /// `incomplete`: a success response without some of its fields. The code is spent.
    Incomplete,
}

/// A fault, and how often it happens: `KIND[:N]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultRule {
    pub fault: Fault,
    /// How many of the next requests it affects; `None`: all.
    pub times: Option<u64>,
}

/// The text does not name a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a fault: give KIND or KIND:N, KIND one of latency=MS, error=CODE, 5xx, 5xx-html, drop, \
     skew=SECONDS, malformed, incomplete, N the number of requests, at least 1, CODE one of {codes}",
    codes = KNOWN_CODES.join(", ")
)]
pub struct InvalidFault(String);

impl FromStr for FaultRule {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidFault(text.to_owned());
        let (kind, times) = match text.split_once(':') {
            Some((kind, times)) => (kind, Some(times.parse().ok().filter(|&times| times > 0).ok_or_else(invalid)?)),
            None => (text, None),
        };
        let fault = match kind.split_once('=').unwrap_or((kind, "")) {
            ("latency", milliseconds) => {
                Fault::Latency(Duration::from_millis(milliseconds.parse().map_err(|_| invalid())?))
            }
            ("skew", seconds) => Fault::Skew(seconds.parse().map_err(|_| invalid())?),
            ("error", code) if KNOWN_CODES.contains(&code) => Fault::Error(code.to_owned()),
            _ => match kind {
                "5xx" => Fault::Unavailable,
                "5xx-html" => Fault::UnavailableHtml,
                "drop" => Fault::Drop,
                "malformed" => Fault::Malformed,
                "incomplete" => Fault::Incomplete,
                _ => return Err(invalid()),
            },
        };
        Ok(Self { fault, times })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(latency) => write!(f, "latency={}", latency.as_millis()),
            Self::Error(code) => write!(f, "error={code}"),
            Self::Unavailable => f.write_str("5xx"),
            Self::UnavailableHtml => f.write_str("5xx-html"),
            Self::Drop => f.write_str("drop"),
            Self::Skew(seconds) => write!(f, "skew={seconds}"),
            Self::Malformed => f.write_str("malformed"),
            Self::Incomplete => f.write_str("incomplete"),
        }
    }
}

/// The active faults.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<FaultRule>);

/// The faults that affect one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FaultPlan {
    pub(crate) latency: Duration,
    pub(crate) skew_seconds: i64,
    /// The fault that decides the response.
    pub(crate) answer: Option<Fault>,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self(rules)
    }

    pub(crate) fn add(&mut self, rule: FaultRule) {
        self.0.push(rule);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Takes the faults of the next request: latencies and skews add up; of the others, the first one decides.
    pub(crate) fn take(&mut self) -> FaultPlan {
        let mut plan = FaultPlan::default();
        for rule in &mut self.0 {
            match &rule.fault {
                Fault::Latency(latency) => plan.latency = plan.latency.saturating_add(*latency),
                Fault::Skew(seconds) => plan.skew_seconds = plan.skew_seconds.saturating_add(*seconds),
                _ if plan.answer.is_some() => continue,
                fault => plan.answer = Some(fault.clone()),
            }
            rule.times = rule.times.map(|times| times.saturating_sub(1));
        }
        self.0.retain(|rule| rule.times != Some(0));
        plan
    }

    /// Whether the next request gets no response.
    pub(crate) fn drop_next(&self) -> bool {
        let deciding = self.0.iter().find(|rule| !matches!(rule.fault, Fault::Latency(_) | Fault::Skew(_)));
        deciding.is_some_and(|rule| rule.fault == Fault::Drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &[&str]) -> Faults {
        Faults::new(rules.iter().map(|rule| rule.parse().unwrap()).collect())
    }

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        let kinds =
            ["latency=250", "error=Throttling", "5xx", "5xx-html", "drop", "skew=-600", "malformed", "incomplete"];
        for kind in kinds {
            let rule: FaultRule = kind.parse().unwrap();
            assert_eq!((rule.fault.to_string().as_str(), rule.times), (kind, None));
            let counted: FaultRule = format!("{kind}:3").parse().unwrap();
            assert_eq!((counted.fault, counted.times), (rule.fault, Some(3)));
        }
    }

    #[test]
    fn what_is_no_fault_is_refused_by_name() {
        for text in [
            "",
            "5XX",
            "latency",
            "latency=x",
            "latency=-1",
            "error",
            "error=",
            "error=a b",
            "error=NoSuchThing",
            "error=throttling",
            "drop:0",
            "drop:x",
            "drop=1",
            "skew=",
        ] {
            let message = text.parse::<FaultRule>().unwrap_err().to_string();
            assert!(message.starts_with(&format!("`{text}` is not a fault: ")), "{message}");
            assert!(message.contains("CODE one of AccessDenied, ") && message.contains(", Throttling"), "{message}");
        }
    }

    #[test]
    fn a_counted_fault_happens_so_many_times() {
        let mut faults = faults(&["5xx:2", "drop:1"]);
        let answers: Vec<_> = (0..4).map(|_| faults.take().answer).collect();
        assert_eq!(answers, [Some(Fault::Unavailable), Some(Fault::Unavailable), Some(Fault::Drop), None]);
    }

    #[test]
    fn latency_and_skew_add_up_beside_the_answer() {
        let mut faults = faults(&["latency=100", "malformed", "latency=50:1", "skew=-10", "skew=4"]);
        let plan = faults.take();
        assert_eq!(plan.latency, Duration::from_millis(150));
        assert_eq!((plan.skew_seconds, plan.answer), (-6, Some(Fault::Malformed)));
        assert_eq!(faults.take().latency, Duration::from_millis(100));
    }

    #[test]
    fn a_drop_is_known_before_it_is_taken() {
        let mut faults = faults(&["latency=1", "5xx:1", "drop:1"]);
        let known: Vec<bool> = (0..3).map(|_| (faults.drop_next(), faults.take()).0).collect();
        assert_eq!(known, [false, true, false]);
    }
}
