//! What in the environment and in the config file keeps other programs from using the session (GET-14).

use crate::core::block::layout::Layout;
use crate::core::doctor::files::Setup;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::name::{ProfileName, SessionProfileName};
use crate::core::source::usage::{Usage, notes};

pub(super) fn check(report: &mut Report, setup: &Setup, source: &ProfileName, environment: &Environment) {
    let layout = Layout::of(&setup.snapshot.bytes);
    let stored = layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref());
    let session =
        stored.map_or_else(|| SessionProfileName::default_of(source), |header| SessionProfileName::parse(header.name));
    // `get` says what is wrong with such a name.
    let Some(session) = session else { return };
    let notes = notes(environment, &setup.config.profiles(), &session, None);
    for note in &notes {
        report.advised("environment", note);
    }
    if notes.is_empty() {
        let prefix = Usage::of(&setup.file, session.as_str()).prefix();
        report.ok("environment", format!("nothing outranks `{}`", prefix.trim_end_matches(';')));
    }
}
