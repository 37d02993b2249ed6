//! `updsts export`: one of the two places that show a session, because that is its purpose.

use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use super::args::{Export, ExportFormat};
use super::output::Output;
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::export::export;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::name::ProfileName;
use crate::core::quote;
use crate::core::secret::ExposeSecret;
use crate::core::session::SessionCredentials;

pub fn run(options: &Export, file: &CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    let name = ProfileName::parse(options.named.get().unwrap_or_default())?;
    let session = export(file, &name, environment, Timestamp::now())?;
    output.result(&text(options.format, &session))
}

fn text(format: ExportFormat, session: &SessionCredentials) -> Zeroizing<String> {
    let expiration = session.expiration.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let id = &*session.access_key_id;
    let (secret, token) = (session.secret_access_key.expose_secret(), session.session_token.expose_secret());
    if format == ExportFormat::Process {
        let document = json!({
            "Version": 1,
            "AccessKeyId": id,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": expiration,
        });
        return Zeroizing::new(format!("{document:#}\n"));
    }
    let variables = [
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", token),
        ("AWS_CREDENTIAL_EXPIRATION", &expiration),
    ];
    let line = |(name, value): (&str, &str)| match format {
        ExportFormat::Env => format!("export {name}={}\n", quote::posix(value)),
        ExportFormat::EnvNoExport => format!("{name}={}\n", quote::posix(value)),
        ExportFormat::Fish => format!("set -gx {name} {}\n", quote::fish(value)),
        ExportFormat::Powershell => format!("$Env:{name}={}\n", quote::powershell(value)),
        ExportFormat::Process => String::new(),
    };
    Zeroizing::new(variables.into_iter().map(line).collect())
}
