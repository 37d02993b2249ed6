//! How a client starts the server: by its absolute path, and with the variables that it needs. Clients pass on few.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::core::clients::client::Client;
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::platform::Platform;

/// The name under which the server is registered.
pub const SERVER: &str = "updsts";

/// What a dialog needs, certificates, and the operator's files.
const VARIABLES: [&str; 12] = [
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "XAUTHORITY",
    "UPDSTS_DIALOG",
    "AWS_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
];

/// In both cases, where that makes two variables. Their URLs may hold a password.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub program: String,
    pub arguments: Vec<String>,
    pub variables: Vec<(String, String)>,
    /// The variables that are set and left out, because they hold a password.
    pub left_out: Vec<String>,
}

impl Entry {
    /// This program as a server. `file` is the credentials file that was named.
    pub fn of_this_program(file: Option<&Path>, refuses_files: bool, environment: &Environment) -> Result<Self> {
        let unusable = |what: &str| Error::new(ErrorCode::Internal, what, "install updsts in another place");
        let program = std::env::current_exe().map_err(|_| unusable("the path of this program is not known"))?;
        let text = |path: PathBuf| path.into_os_string().into_string();
        let mut arguments = Vec::new();
        if let Some(file) = file {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            let file = text(dunce::simplified(&file).to_owned()).map_err(|_| {
                Error::new(ErrorCode::Usage, "the path of `-c` is not Unicode", "name the file by another path")
            })?;
            arguments.extend(["-c".to_owned(), file]);
        }
        arguments.extend(["mcp", "--mcp-server"].map(str::to_owned));
        arguments.extend(refuses_files.then(|| "--refuse-cred-file".to_owned()));
        let program = text(program).map_err(|_| unusable("the path of this program is not Unicode"))?;
        let (variables, left_out) = variables(environment);
        Ok(Self { program, arguments, variables, left_out })
    }

    /// The members of the entry in a JSON file.
    pub fn json(&self, client: Client) -> Map<String, Value> {
        let mut entry = Map::new();
        if client.names_kind() {
            entry.insert("type".into(), json!("stdio"));
        }
        entry.insert("command".into(), json!(self.program));
        entry.insert("args".into(), json!(self.arguments));
        if !self.variables.is_empty() {
            let variables = self.variables.iter().map(|(name, value)| (name.clone(), json!(value)));
            entry.insert("env".into(), Value::Object(variables.collect()));
        }
        entry
    }
}

fn variables(environment: &Environment) -> (Vec<(String, String)>, Vec<String>) {
    let (mut variables, mut left_out) = (Vec::new(), Vec::new());
    let plain = VARIABLES.into_iter().map(str::to_owned);
    for name in plain.chain(proxies_on(Platform::HERE)) {
        let Some(value) = environment.var(&name) else { continue };
        // What stands before an `@` in a URL is a user and a password.
        if name.to_uppercase().ends_with("_PROXY") && value.contains('@') {
            left_out.push(name);
        } else {
            variables.push((name, value));
        }
    }
    (variables, left_out)
}

fn proxies_on(platform: Platform) -> impl Iterator<Item = String> {
    let small = move |name: &str| (platform == Platform::Unix).then(|| name.to_lowercase());
    PROXIES.into_iter().flat_map(move |name| std::iter::once(name.to_owned()).chain(small(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_3_a_proxy_is_registered_once_where_its_names_are_one() {
        assert_eq!(proxies_on(Platform::Windows).collect::<Vec<_>>(), PROXIES);
        assert_eq!(proxies_on(Platform::Unix).take(2).collect::<Vec<_>>(), ["HTTPS_PROXY", "https_proxy"]);
    }
}
