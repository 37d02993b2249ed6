//! How long a session lasts: what is asked for, so that it covers the minimum validity, and what AWS granted (GET-7).

use std::time::Duration;

use jiff::Timestamp;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::expiry::in_words;
use crate::core::name::SessionProfileName;
use crate::core::session::{SessionCredentials, SessionDuration};

/// How much longer than the minimum validity a session has to last: typing a code and sending the request take time.
const MARGIN: u64 = 60;
/// The longest minimum validity that a session can have, in seconds.
const MAX_MIN_VALIDITY: u64 = SessionDuration::MAX_SECONDS as u64 - MARGIN;
/// What a grant may fall short of the request before that is worth a warning: the response took time.
const TOLERANCE: u64 = 60;

/// Refuses a minimum validity that no session has, or none of the duration that was given. `names` are what the caller
/// calls the two.
pub fn check(duration: Option<SessionDuration>, min_validity: Option<Duration>, names: [&str; 2]) -> Result<()> {
    let [duration_name, min_validity_name] = names;
    let Some(min_validity) = min_validity else { return Ok(()) };
    if min_validity.as_secs() > MAX_MIN_VALIDITY {
        let message = format!("`{min_validity_name}` is above {MAX_MIN_VALIDITY} s (35h59m), and AWS allows no more");
        return Err(Error::new(ErrorCode::Usage, message, format!("give {MAX_MIN_VALIDITY} s or less")));
    }
    if duration.is_some_and(|duration| duration < covering(min_validity)) {
        let message = format!("`{duration_name}` is not a minute longer than `{min_validity_name}`");
        let hint = format!("leave out `{duration_name}`, which is raised as needed, or make it that long");
        return Err(Error::new(ErrorCode::Usage, message, hint));
    }
    Ok(())
}

/// The duration of a profile, raised to cover the minimum validity.
pub fn raised(duration: SessionDuration, min_validity: Option<Duration>) -> SessionDuration {
    min_validity.map_or(duration, |min_validity| duration.max(covering(min_validity)))
}

/// The shortest duration that AWS allows and that covers the minimum validity; the longest if none does.
fn covering(min_validity: Duration) -> SessionDuration {
    let shortest = u64::from(SessionDuration::MIN_SECONDS);
    let seconds = min_validity.as_secs().saturating_add(MARGIN).clamp(shortest, SessionDuration::MAX_SECONDS.into());
    SessionDuration::from_seconds(seconds).expect("the seconds are within the limits")
}

/// The warning about a session that AWS granted for less than was asked for.
pub fn warning(session: &SessionCredentials, asked: SessionDuration) -> Option<String> {
    let granted = session.time_left(Timestamp::now()).as_secs();
    let asked = u64::from(asked.seconds());
    (granted + TOLERANCE < asked).then(|| {
        format!("AWS granted a session of {} instead of the {} that were requested", words(granted), words(asked))
    })
}

/// The error about a session that AWS granted for less than the minimum validity. It is stored, and good until then.
pub fn too_short(
    session: &SessionCredentials,
    session_profile: &SessionProfileName,
    min_validity: Option<Duration>,
) -> Option<Error> {
    let (granted, wanted) = (session.time_left(Timestamp::now()), min_validity?);
    (granted < wanted).then(|| {
        let message = format!(
            "the session of `{session_profile}` that AWS granted lasts only {}, less than the {} that were requested; \
             it is stored",
            words(granted.as_secs()),
            words(wanted.as_secs())
        );
        let hint = "use it until it expires, or renew with the key of an IAM user: the sessions of a root user last an \
                    hour at most";
        Error::new(ErrorCode::SessionTooShort, message, hint)
    })
}

fn words(seconds: u64) -> String {
    in_words(seconds.cast_signed())
}
