//! The use case of `doctor`: everything that `get` checks, and what keeps other programs from using its session, each with
//! what to do about it (FIRST-2). No code is used, no command of a profile run, nothing changed.

mod agents;
mod aws;
mod code;
mod files;
mod profile;
pub mod report;
mod variables;

use crate::core::ask::person::Person;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::error::{ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;
use crate::core::renew::dry_run;
use crate::core::renew::request::RenewRequest;
use crate::core::reporter::Reporter;

pub struct Examination<'a> {
    /// The operator's file, or why there is none.
    pub file: Result<CredentialsFile>,
    /// The profile that was named, or why the name is none.
    pub name: Option<Result<ProfileName>>,
    /// Nothing is sent.
    pub offline: bool,
    pub person: &'a Person,
    pub environment: &'a Environment,
    pub reporter: &'a dyn Reporter,
}

/// Looks at everything, in the order in which it matters: what depends on a fault is left out.
pub async fn examine(examination: &Examination<'_>) -> Report {
    let mut report = Report::default();
    of_profile(examination, &mut report).await;
    agents::check(&mut report, examination.environment);
    report
}

async fn of_profile(examination: &Examination<'_>, report: &mut Report) -> Option<()> {
    let environment = examination.environment;
    let setup = files::check(report, &examination.file, environment).await?;
    let target = profile::target(report, &setup, examination.name.as_ref(), environment).await?;
    let source = profile::source(report, &setup, &target.source, environment);
    variables::check(report, &setup, &target.source, environment);
    let source = source?;
    profile::session(report, &setup, &source.name);
    let settings = aws::settings(report, &setup, &source, environment).await?;
    code::check(report, &setup.file, &source, examination.person, environment);
    renewal(report, &setup.file, target.role.unwrap_or(target.source), examination).await;
    if !examination.offline && !report.has_error() {
        aws::reach(report, &settings, &source, examination.reporter).await;
    }
    Some(())
}

/// What the checks before did not find, as `get` itself would say it.
async fn renewal(report: &mut Report, file: &CredentialsFile, profile: ProfileName, examination: &Examination<'_>) {
    let request = RenewRequest::new(file.clone(), profile);
    match dry_run(&request, examination.environment, examination.reporter).await {
        Ok(would) => {
            report.others("file", &would.warnings);
            report.ok("get", format!("would store the session as `{}`", would.session_profile));
        }
        Err(error) if error.code() == ErrorCode::Internal => {}
        Err(error) => report.error("get", &error),
    }
}
