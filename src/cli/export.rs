//! `updsts export`: one of the two places that show a session, because that is its purpose.

use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::args::{Export, ExportFormat};
use super::get::lasting;
use super::output::Output;
use crate::core::ask::chooser::{self, Ask};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::export::{QUESTION_TIME, export, export_renewed};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;
use crate::core::quote;
use crate::core::renew::request::RenewRequest;
use crate::core::secret::ExposeSecret;
use crate::core::session::SessionCredentials;

pub fn run(options: &Export, file: &CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    if options.asks.get().is_some() {
        let message = "`--ask` is only for `--renew`: nobody is asked otherwise";
        return Err(Error::new(ErrorCode::Usage, message, "add `--renew`, or leave `--ask` out"));
    }
    let name = ProfileName::parse(options.named.get().unwrap_or_default())?;
    let session = export(file, &name, environment, Timestamp::now())?;
    output.result(&text(options.format, &session)?)
}

/// With `--renew`.
pub async fn renewed(
    options: &Export,
    file: CredentialsFile,
    environment: &Environment,
    output: &Output,
) -> Result<()> {
    let (duration, min_validity) = lasting(options.duration.as_deref(), options.min_validity.as_deref())?;
    let request = RenewRequest {
        mfa_serial: options.mfa_serial.clone().filter(|serial| !serial.is_empty()),
        duration,
        min_validity,
        is_polled: true,
        ..RenewRequest::new(file, ProfileName::parse(options.named.get().unwrap_or_default())?)
    };
    let person = chooser::person(options.asks.get(), &[Ask::Dialog, Ask::Terminal], None, environment);
    let person = person.within(QUESTION_TIME);
    let renewed = export_renewed(&request, &person, environment, output).await?;
    for warning in &renewed.warnings {
        output.warning(warning);
    }
    output.result(&text(options.format, &renewed.session)?)
}

fn text(format: ExportFormat, session: &SessionCredentials) -> Result<Zeroizing<String>> {
    let expiration = session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let id = &*session.access_key_id;
    let (secret, token) = (session.secret_access_key.expose_secret(), session.session_token.expose_secret());
    let document = match format {
        ExportFormat::Process => json!({
            "Version": 1,
            "AccessKeyId": id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expiration,
        }),
        ExportFormat::Sts => json!({"Credentials": {
            "AccessKeyId": id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expiration,
        }}),
        _ => return variables(format, [id, secret, token, &expiration]),
    };
    Ok(Zeroizing::new(format!("{document:#}\n")))
}

/// One line for each variable that AWS tools read.
fn variables(format: ExportFormat, values: [&str; 4]) -> Result<Zeroizing<String>> {
    let keys = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_credential_expiration"];
    let mut text = Zeroizing::new(String::with_capacity(values.map(str::len).iter().sum::<usize>() * 4 + 256));
    for (key, value) in keys.into_iter().zip(values) {
        let name = key.to_uppercase();
        let line = Zeroizing::new(match format {
            ExportFormat::Env => format!("export {name}={}\n", quote::posix(value)),
            ExportFormat::Fish => format!("set -gx {name} {}\n", quote::fish(value)),
            ExportFormat::Powershell => format!("$Env:{name}={}\n", quote::powershell(value)),
            ExportFormat::WindowsCmd => {
                format!("set {}\n", quote::cmd(&name, value).ok_or_else(|| not_for_cmd(key))?)
            }
            _ => format!("{name}={}\n", quote::posix(value)),
        });
        text.push_str(&line);
    }
    Ok(text)
}

fn not_for_cmd(key: &str) -> Error {
    let message = format!("the stored session has a character in `{key}` that cmd.exe would interpret");
    Error::new(ErrorCode::SessionMissing, message, "AWS's own sessions have none: renew it with `updsts get`")
}
