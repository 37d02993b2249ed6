//! The arguments of a call, parsed by hand: rmcp's own parser repeats its input in errors, including codes.

use std::path::PathBuf;
use std::time::Duration;

use rmcp::model::JsonObject;
use serde_json::Value;
use zeroize::Zeroize;

use super::named_file;
use crate::core::code::source::GivenCode;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::renew::lifetime;
use crate::core::session::{SessionDuration, TokenCode, parse_seconds};

/// The arguments of one call, all of them known.
pub struct Arguments(JsonObject);

impl Drop for Arguments {
    fn drop(&mut self) {
        if let Some(Value::String(code)) = self.0.get_mut("totp_token") {
            code.zeroize();
        }
    }
}

impl Arguments {
    /// The arguments of a tool with these parameters, without those that frameworks add. `hidden` is a parameter that
    /// this server does not offer, with an error of its own.
    ///
    /// Errors: an argument that the tool does not have.
    pub fn new(given: Option<JsonObject>, known: &[&str], hidden: Option<&str>) -> Result<Self> {
        let mut given = given.unwrap_or_default();
        given.retain(|name, _| !is_stray(name));
        let is_known = |name: &str| known.contains(&name) || hidden == Some(name);
        let Some(unknown) = given.keys().find(|name| !is_known(name)) else { return Ok(Self(given)) };
        let message = if is_harmless(unknown) {
            format!("this tool has no argument `{unknown}`")
        } else {
            "an argument is unknown".to_owned()
        };
        let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = if known.is_empty() {
            "this tool has no arguments".to_owned()
        } else {
            format!("the arguments of this tool are {known}")
        };
        Err(usage(&message, &hint))
    }

    /// A string; `None` if it is missing, null or empty.
    fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.is_empty())),
            Some(_) => Err(usage(&format!("`{name}` is not a string"), &format!("give `{name}` as a JSON string"))),
        }
    }

    /// A number of seconds, also in a string; `None` if it is missing, null or empty.
    fn seconds(&self, name: &str) -> Result<Option<u64>> {
        let wrong = || usage(&format!("`{name}` is not a whole number of seconds"), "give seconds, such as 3600");
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) => parse_seconds(text).map(Some).map_err(|_| wrong()),
            Some(Value::Number(number)) => whole(number).map(Some).ok_or_else(wrong),
            Some(_) => Err(wrong()),
        }
    }

    /// `profile_name`: a name that a section of the file can have.
    pub fn profile_name(&self) -> Result<ProfileName> {
        let list = "`updsts_get_credential_info_list` shows the names";
        let name = self.text("profile_name")?.ok_or_else(|| usage("`profile_name` is missing", list))?;
        if name.contains(['[', ']']) || name.chars().count() > crate::core::text::MAX_SHOWN {
            return Err(usage("`profile_name` is not a name that a profile can have", list));
        }
        ProfileName::parse(name).map_err(|error| usage(error.message(), list))
    }

    /// `sts_profile_name`: a name that every AWS SDK accepts (BLK-7).
    pub fn sts_profile_name(&self) -> Result<Option<SessionProfileName>> {
        let Some(name) = self.text("sts_profile_name")? else { return Ok(None) };
        SessionProfileName::parse(name.as_bytes()).map(Some).ok_or_else(|| {
            usage(
                "`sts_profile_name` is not a name that every AWS SDK accepts",
                "leave it empty, or choose one of letters, digits and `_-/.%@:+`",
            )
        })
    }

    pub fn totp_token(&self) -> Result<GivenCode> {
        let hint = "leave `totp_token` empty, or give the six digits of the device's current code as a JSON string";
        if let Some(Value::Number(_)) = self.0.get("totp_token") {
            return Err(usage("`totp_token` is a number, in which leading zeros are lost", hint));
        }
        match self.text("totp_token")?.filter(|text| !text.trim().is_empty()) {
            None => Ok(GivenCode::None),
            Some(text) => TokenCode::parse(text).map(GivenCode::Code).map_err(|error| usage(&error.to_string(), hint)),
        }
    }

    /// `duration`: how long the session should last.
    pub fn duration(&self) -> Result<Option<SessionDuration>> {
        let Some(seconds) = self.seconds("duration")?.filter(|&seconds| seconds > 0) else { return Ok(None) };
        // The value is not repeated: it may be a code in the wrong place.
        SessionDuration::from_seconds(seconds).map(Some).map_err(|_| {
            usage("`duration` is outside the limits of AWS", "give seconds from 900 to 129600, or leave it out")
        })
    }

    /// `min_validity`: with 0 the session is always renewed.
    pub fn min_validity(&self) -> Result<Option<Duration>> {
        let min_validity = self.seconds("min_validity")?.filter(|&seconds| seconds > 0).map(Duration::from_secs);
        lifetime::check(self.duration()?, min_validity, ["duration", "min_validity"])?;
        Ok(min_validity)
    }

    /// `cred_file`: the path of another file.
    pub fn cred_file(&self) -> Result<Option<PathBuf>> {
        self.text("cred_file")?.map(named_file::parse).transpose()
    }
}

/// Whether agent frameworks add it to every call.
fn is_stray(name: &str) -> bool {
    name.starts_with('_') || ["toolCallId", "sessionId", "random_string"].contains(&name)
}

/// Whether an unknown name can be repeated: it is a word, not a code or a secret in the wrong place.
fn is_harmless(name: &str) -> bool {
    name.len() <= 32 && name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

fn usage(message: &str, hint: &str) -> Error {
    Error::new(ErrorCode::Usage, message, hint)
}

/// A whole number of seconds; some clients write 3600 as `3600.0`.
fn whole(number: &serde_json::Number) -> Option<u64> {
    number.as_u64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && (0.0..=1e9).contains(float))?;
        format!("{float}").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn arguments(given: Value) -> Arguments {
        let Value::Object(given) = given else { panic!("not an object") };
        Arguments(given)
    }

    #[test]
    fn mcp_2_empty_and_null_mean_the_default() {
        for given in [json!({}), json!({"a": 1}), json!(null)] {
            let names = ["totp_token", "sts_profile_name", "cred_file", "duration", "min_validity"];
            let given = match given {
                Value::Null => names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<JsonObject>(),
                Value::Object(object) if object.is_empty() => object,
                _ => names.iter().map(|name| ((*name).to_owned(), json!(""))).collect(),
            };
            let given = Arguments(given);
            assert!(matches!(given.totp_token().unwrap(), GivenCode::None));
            assert_eq!(given.sts_profile_name().unwrap(), None);
            assert_eq!(given.cred_file().unwrap(), None);
            assert_eq!(given.duration().unwrap(), None);
            assert_eq!(given.min_validity().unwrap(), None);
        }
    }

    #[test]
    fn mcp_2_a_duration_is_taken_from_a_string_and_kept_inside_the_limits() {
        for given in [json!(0), json!("0"), json!(0.0)] {
            assert_eq!(arguments(json!({"duration": given})).duration().unwrap(), None);
        }
        for given in [json!(900), json!("900"), json!(900.0), json!("15m")] {
            let duration = arguments(json!({"duration": given})).duration().unwrap();
            assert_eq!(duration.map(SessionDuration::seconds), Some(900));
        }
        for given in [json!(899), json!(129_601), json!(-1), json!(1.5), json!("soon"), json!([]), json!(true)] {
            let error = arguments(json!({"duration": given.clone()})).duration().unwrap_err();
            assert_eq!(error.code(), ErrorCode::Usage, "{given}");
        }
    }

    #[test]
    fn mcp_2_a_code_that_is_no_string_of_six_digits_is_refused_and_not_repeated() {
        for given in [json!(123_456), json!("12345"), json!("-"), json!("canary"), json!(["123456"]), json!(1.5)] {
            let error = arguments(json!({"totp_token": given.clone()})).totp_token().unwrap_err();
            assert_eq!(error.code(), ErrorCode::Usage, "{given}");
            let said = format!("{} {}", error.message(), error.hint());
            assert!(!said.contains("12345") && !said.contains("canary"), "{said}");
        }
        assert!(matches!(arguments(json!({"totp_token": "123 456"})).totp_token().unwrap(), GivenCode::Code(_)));
    }

    #[test]
    fn mcp_2_an_unknown_argument_is_named_but_not_its_value_and_no_name_that_may_be_a_secret() {
        let refused = |given: Value| {
            let Value::Object(given) = given else { panic!("not an object") };
            Arguments::new(Some(given), &["profile_name"], None).err().unwrap()
        };
        let error = refused(json!({"profile_name": "a", "region": "canary"}));
        assert!(error.message().contains("`region`") && error.hint().contains("`profile_name`"));
        assert!(!format!("{error:?}").contains("canary"));
        for name in ["123456", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "a`b", "a b"] {
            let error = refused(json!({name: 1}));
            assert!(!format!("{error:?}").contains(name), "{error:?}");
        }
    }

    #[test]
    fn mcp_2_c47_what_frameworks_add_is_passed_over() {
        let strays = json!({"toolCallId": "1", "sessionId": 2, "random_string": "", "_meta": {}, "_": null});
        let Value::Object(strays) = strays else { return };
        assert!(Arguments::new(Some(strays), &[], None).is_ok());
        for name in ["toolcallid", "tool_call_id", "session", "meta"] {
            let Value::Object(given) = json!({name: 1}) else { return };
            assert_eq!(Arguments::new(Some(given), &[], None).err().unwrap().code(), ErrorCode::Usage, "{name}");
        }
    }

    #[test]
    fn mcp_10_names_with_line_breaks_or_brackets_are_refused() {
        for name in ["a\nb", "a\r", "a]b", "[a]", "a\u{0}", "a\u{202e}b", ""] {
            let given = arguments(json!({"profile_name": name, "sts_profile_name": name}));
            assert_eq!(given.profile_name().unwrap_err().code(), ErrorCode::Usage, "{name:?}");
            assert!(name.is_empty() || given.sts_profile_name().is_err(), "{name:?}");
        }
        assert_eq!(
            arguments(json!({"profile_name": "key with blanks"})).profile_name().unwrap().to_string(),
            "key with blanks"
        );
    }
}
