//! The input of `get` and of the update tool.

use std::time::Duration;

use crate::core::code::sent_codes::SentCodes;
use crate::core::code::source::GivenCode;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::session::SessionDuration;

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
    pub region: Option<String>,
    pub endpoint_url: Option<String>,
}
