//! What was done. It contains no secret.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::core::block::preview::ChangedLine;
use crate::core::block::stored_session::GoodSession;
use crate::core::expiry;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::misplaced::shown_key_id;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::session::SessionCredentials;
use crate::core::source::usage::Usage;
use crate::core::text::shown;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenewReport {
    pub session_profile: SessionProfileName,
    /// The role over the session that was named instead.
    pub role: Option<ProfileName>,
    /// `ASIA…`; not a secret.
    pub access_key_id: String,
    /// When AWS stops accepting the session.
    pub expiration: Timestamp,
    /// The expiry as written in the file.
    pub expiration_text: String,
    /// Whether the session is new, rather than the stored one.
    pub refreshed: bool,
    /// The previous name of the session profile.
    pub renamed_from: Option<String>,
    /// Problems that did not prevent it.
    pub warnings: Vec<String>,
    /// What prevents other tools from using the session as the user may expect.
    pub notes: Vec<String>,
}

impl RenewReport {
    /// The stored session is valid for long enough.
    pub fn kept(session_profile: SessionProfileName, good: &GoodSession<'_>) -> Self {
        Self {
            session_profile,
            role: None,
            access_key_id: shown_key_id(good.access_key_id.as_bytes()),
            expiration: good.expiration,
            expiration_text: shown(good.expiration_text.as_bytes()),
            refreshed: false,
            renamed_from: None,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A new session was stored.
    pub fn renewed(session_profile: SessionProfileName, session: &SessionCredentials) -> Self {
        Self {
            session_profile,
            role: None,
            access_key_id: session.access_key_id.clone(),
            expiration: session.expiration,
            expiration_text: expiry::written(session.expiration, &TimeZone::system()),
            refreshed: true,
            renamed_from: None,
            warnings: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// How a command uses the session, or the role that was named.
    pub fn usage(&self, file: &CredentialsFile) -> Usage {
        let profile = self.role.as_ref().map_or_else(|| self.session_profile.to_string(), ToString::to_string);
        Usage::of(file, &profile)
    }

    /// The result as JSON, with the keys that the command line and the MCP server share (CLI-7, MCP-3).
    pub fn document(&self, usage: &Usage, now: Timestamp) -> Value {
        json!({
            "updated_profile_name": self.session_profile.as_str(),
            "aws_access_key_id": self.access_key_id,
            "aws_token_expiration": self.expiration_text,
            "expires_in_seconds": expiry::seconds_left(self.expiration, now),
            "refreshed": self.refreshed,
            "renamed_from": self.renamed_from,
            "usage": usage.prefix(),
        })
    }
}

/// What would be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    pub session_profile: SessionProfileName,
    /// The lines that would change; none if the stored session is valid for long enough.
    pub changes: Vec<ChangedLine>,
    pub warnings: Vec<String>,
}
