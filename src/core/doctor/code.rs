//! Where a code would come from (GET-5). No command of the profile is run, and nobody is asked.

use crate::core::ask::person::Person;
use crate::core::code::command::CodeCommand;
use crate::core::code::sent_codes::SentCodes;
use crate::core::code::source::{CodeSource, GivenCode, Wanted};
use crate::core::command::lookup::missing_program;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::session::SessionDuration;
use crate::core::source::source_profile::SourceProfile;

pub(super) fn check(
    report: &mut Report,
    file: &CredentialsFile,
    source: &SourceProfile,
    person: &Person,
    environment: &Environment,
) {
    if let Some(process) = &source.mfa_process {
        return match missing_program(&process.text, environment) {
            Some(program) => report.error("code", &not_found(&program, environment)),
            None => report.ok("code", "the profile's `mfa_process` gives it (not run now)"),
        };
    }
    let mktotp = source.totp_secret_name.as_deref().and_then(|name| CodeCommand::mktotp(name, environment));
    if mktotp.is_some() {
        return report.ok("code", "`mktotp` gives it (not run now)");
    }
    if source.totp_secret_name.is_some() {
        let hint = "install mktotp, or start updsts with a PATH that contains it";
        report.warning("code", "the profile has `totp_secret_name`, and `mktotp` is not on the PATH", hint);
    }
    if let Some(how) = asking(person) {
        return report.ok("code", how);
    }
    let (duration, sent_codes) = (SessionDuration::DEFAULT, SentCodes::default());
    let wanted = Wanted { given: &GivenCode::None, source, duration, file, sent_codes: &sent_codes };
    if let Err(error) = CodeSource::choose(&wanted, person, environment) {
        report.warning("code", error.message(), error.hint());
    }
}

/// How a person would be asked.
fn asking(person: &Person) -> Option<&'static str> {
    match person {
        Person::Present(asking) if asking.channels.first()?.opens_a_window() => Some("a person is asked in a window"),
        Person::Present(_) => Some("a person is asked on this terminal"),
        Person::Absent(_) => None,
    }
}

fn not_found(program: &str, environment: &Environment) -> Error {
    let path =
        environment.var_os("PATH").map_or("PATH is not set".into(), |path| format!("the PATH is `{}`", path.display()));
    let message = format!("the program of `mfa_process` is not found: `{program}`; {path}");
    Error::new(
        ErrorCode::CodeUnavailable,
        message,
        "start updsts with a PATH that contains it, or write its absolute path",
    )
}
