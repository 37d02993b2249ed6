//! The input of `get` and of the update tool.

use std::time::Duration;

use crate::core::code::sent_codes::SentCodes;
use crate::core::code::source::GivenCode;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::session::SessionDuration;

/// SDKs come back for another session 15 to 10 minutes before theirs expires.
const USUAL_MIN_VALIDITY: Duration = Duration::from_mins(15);

#[derive(Clone)]
pub struct RenewRequest {
    /// The file that holds the key and receives the session.
    pub file: CredentialsFile,
    /// The source profile, or the session profile of its block.
    pub profile: ProfileName,
    /// Another name for the session profile; `None` for the block's own, else `<profile>_sts`.
    pub session_profile: Option<SessionProfileName>,
    /// Make a section of that name, which holds a session, the block (BLK-6).
    pub adopts: bool,
    /// The MFA device, instead of that of the files.
    pub mfa_serial: Option<String>,
    pub code: GivenCode,
    /// The codes that were sent before; none of them is sent again.
    pub sent_codes: SentCodes,
    /// How long the session should last; `None` for `duration_seconds`, else one hour, raised to cover `min_validity`.
    pub duration: Option<SessionDuration>,
    /// Keep the stored session if it is valid for at least that much longer. Checked, with the duration, by
    /// [`crate::core::renew::lifetime::check`].
    pub min_validity: Option<Duration>,
    /// For a program that asks again and again (REN-1): there is a minimum validity if none is given, and a pause after a
    /// question that nobody answered.
    pub is_polled: bool,
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}

impl RenewRequest {
    /// A new session under the usual name, with a code of the profile's own source.
    pub fn new(file: CredentialsFile, profile: ProfileName) -> Self {
        Self {
            file,
            profile,
            session_profile: None,
            adopts: false,
            mfa_serial: None,
            code: GivenCode::None,
            sent_codes: SentCodes::default(),
            duration: None,
            min_validity: None,
            is_polled: false,
            region: None,
            endpoint_url: None,
        }
    }

    /// How much longer the stored session has to be valid to be kept, if a new one would last this long.
    pub fn min_validity(&self, duration: SessionDuration) -> Option<Duration> {
        let usual = || USUAL_MIN_VALIDITY.min(Duration::from_secs(u64::from(duration.seconds()) / 2));
        self.min_validity.or_else(|| self.is_polled.then(usual))
    }
}
