//! The profile: whose it is, its key, its device, its session.

use jiff::Timestamp;

use crate::core::block::layout::Layout;
use crate::core::block::stored_session::{SessionFault, StoredSession};
use crate::core::doctor::files::Setup;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::error::{ErrorCode, Result};
use crate::core::expiry;
use crate::core::ini::profiles::Profiles;
use crate::core::misplaced::shown_key_id;
use crate::core::name::ProfileName;
use crate::core::source::command;
use crate::core::source::key::LongTermKey;
use crate::core::source::source_profile::{Files, SourceProfile};
use crate::core::source::target::Target;
use crate::core::source::unnamed::source_if_unnamed;

/// What the name stands for.
pub(super) async fn target(
    report: &mut Report,
    setup: &Setup,
    name: Option<&Result<ProfileName>>,
    environment: &Environment,
) -> Option<Target> {
    let name = match name {
        Some(name) => name.clone(),
        None => source_if_unnamed(&setup.file, environment).await,
    };
    let layout = Layout::of(&setup.snapshot.bytes);
    let target = name.and_then(|name| Target::resolve(&name, &layout, &setup.file, environment));
    let target = target.map_err(|error| report.error("profile", &error)).ok()?;
    if let Some(role) = &target.role {
        report.ok("profile", format!("`{role}` is a role over the session of `{}`", target.source));
    }
    Some(target)
}

/// The key and the device, as `get` reads them.
pub(super) fn source(
    report: &mut Report,
    setup: &Setup,
    name: &ProfileName,
    environment: &Environment,
) -> Option<SourceProfile> {
    let layout = Layout::of(&setup.snapshot.bytes);
    let credentials = Profiles::of_credentials(&setup.snapshot.bytes);
    let config = setup.config.profiles();
    let files = Files {
        credentials_path: setup.file.path(),
        credentials: &credentials,
        layout: &layout,
        config_path: setup.config.path(),
        config: &config,
        is_operators: setup.file.is_operators(),
        mfa_serial: None,
        environment,
    };
    let source = files.source_profile(name);
    match &source {
        Ok(source) => {
            report.ok(
                "key",
                match &source.key {
                    LongTermKey::Stored(key) => {
                        format!("`{name}` has the long-term key {}", shown_key_id(key.id.as_bytes()))
                    }
                    LongTermKey::Command { .. } => format!("`credential_process` of `{name}` gives it (not run now)"),
                },
            );
            report.ok("device", source.device.as_str());
        }
        Err(error) => {
            let name = match error.code() {
                ErrorCode::DeviceMissing | ErrorCode::DeviceInvalid => "device",
                ErrorCode::ProfileNotFound => "profile",
                _ => "key",
            };
            report.error(name, error);
        }
    }
    source.ok()
}

/// The session that is stored now. One that cannot be used is no fault: `get` renews it.
pub(super) fn session(report: &mut Report, setup: &Setup, name: &ProfileName) {
    let layout = Layout::of(&setup.snapshot.bytes);
    let profiles = Profiles::of_credentials(&setup.snapshot.bytes);
    let get = format!("`{}`", command::get(name));
    let found = StoredSession::find(&layout, &profiles, name).and_then(|session| session.good(Timestamp::now()));
    match found {
        Ok(good) => {
            let left = expiry::in_words(i64::try_from(good.seconds_left).unwrap_or(i64::MAX));
            report.ok("session", format!("valid for {left} more"));
        }
        Err(SessionFault::NoSession) => report.ok_but("session", "none is stored yet", format!("{get} stores one")),
        Err(fault) => {
            report.warning("session", fault.at(name, setup.file.path()).message(), format!("{get} renews it"));
        }
    }
}
