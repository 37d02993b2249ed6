//! The command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;
use mock_sts::{
    Builder, DEFAULT_ACCESS_KEY_ID, DEFAULT_MFA_SERIAL, DEFAULT_SECRET_ACCESS_KEY, DEFAULT_TOKEN_CODE, FaultRule,
    MockSts, TotpSecret,
};

use crate::config::{self, Config};
use crate::failure::Failure;

/// A faithful AWS STS on loopback, for testing MFA code.
///
/// Answers `GetSessionToken`, `AssumeRole` and `GetCallerIdentity`, IAM's `ListMFADevices` and `GetUser`, and refuses what AWS refuses. Without a COMMAND it prints its URL
/// and runs until Ctrl-C. With one it runs the command against itself, with a private credentials file, and ends with
/// its exit code.
#[derive(Parser)]
#[command(version, bin_name = "mock-sts", after_help = "Example:\n  mock-sts -- aws sts get-caller-identity")]
pub(crate) struct Options {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,

    /// The user's access key id
    #[arg(long, value_name = "ID", default_value = DEFAULT_ACCESS_KEY_ID, value_parser = config::plain)]
    access_key_id: String,

    /// The user's secret access key
    #[arg(long, value_name = "SECRET", default_value = DEFAULT_SECRET_ACCESS_KEY, value_parser = config::plain)]
    secret_access_key: String,

    /// The user's MFA device; an ARN names user, account and partition too
    #[arg(long, value_name = "ARN", default_value = DEFAULT_MFA_SERIAL, value_parser = config::plain)]
    mfa_serial: String,

    /// The device shows the TOTP codes of this secret, each valid once
    #[arg(long, value_name = "BASE32", conflicts_with = "token_code", value_parser = totp_secret)]
    totp_secret: Option<String>,

    /// The device always shows this code, which can be used repeatedly
    #[arg(long, value_name = "CODE", default_value = DEFAULT_TOKEN_CODE, value_parser = config::token_code)]
    token_code: String,

    /// The same seed gives the same sessions
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,

    /// Users and roles, in TOML: `[[users]]` with `name`, `account`, `partition`, `mfa_serial`, `totp_secret` or
    /// `token_code`, `root`, `denied`, `[[users.devices]]` with `serial`, `totp_secret` or `token_code`, and
    /// `[[users.keys]]` with `access_key_id`, `secret_access_key`, `active`; `[[roles]]` with
    /// `name`, `account`, `partition`, `principals`, `mfa`, `external_id`, `max_duration`
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["access_key_id", "secret_access_key", "mfa_serial", "totp_secret", "token_code"]
    )]
    config: Option<PathBuf>,

    /// A fault for the first N requests, else for all: latency=MS, error=CODE, 5xx, 5xx-html, drop, skew=SECONDS,
    /// malformed, incomplete; may be given several times
    #[arg(long = "fault", value_name = "KIND[:N]")]
    faults: Vec<FaultRule>,

    /// Serve nothing at `/_mock/`, where programs on this machine read the log, set faults and end sessions
    #[arg(long)]
    no_admin: bool,

    /// What to run against the mock
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

impl Options {
    pub(crate) fn builder(self) -> Result<Builder, Failure> {
        let mut builder = MockSts::builder().listen(self.listen).admin(!self.no_admin);
        builder = match &self.config {
            Some(path) => {
                let Config { users, roles } = config::read(path)?;
                roles.into_iter().fold(builder.users(users), Builder::role)
            }
            None => builder
                .access_key_id(self.access_key_id)
                .secret_access_key(self.secret_access_key)
                .mfa_serial(self.mfa_serial)
                .token_code(self.token_code),
        };
        if let Some(base32) = self.totp_secret {
            builder = builder.totp_secret(base32);
        }
        if let Some(seed) = self.seed {
            builder = builder.seed(seed);
        }
        Ok(self.faults.into_iter().fold(builder, |builder, FaultRule { fault, times }| builder.fault(fault, times)))
    }
}

/// Checked here so the error names the option.
fn totp_secret(text: &str) -> Result<String, String> {
    match text.parse::<TotpSecret>() {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn everything_after_two_dashes_is_the_command() {
        let options = Options::parse_from(["mock-sts", "--seed", "1", "--", "aws", "--seed", "2"]);
        assert_eq!(options.command, ["aws", "--seed", "2"]);
        assert_eq!(options.seed, Some(1));
    }

    #[test]
    fn one_source_of_codes_and_of_users() {
        let refused = |arguments: &[&str]| Options::try_parse_from(arguments).is_err();
        assert!(refused(&["mock-sts", "--totp-secret", "JBSWY3DPEHPK3PXP", "--token-code", "123456"]));
        assert!(refused(&["mock-sts", "--config", "users.toml", "--access-key-id", DEFAULT_ACCESS_KEY_ID]));
        assert!(refused(&["mock-sts", "--token-code", "12345"]));
        assert!(refused(&["mock-sts", "--totp-secret", "1"]));
        assert!(refused(&["mock-sts", "aws"]));
    }
}
