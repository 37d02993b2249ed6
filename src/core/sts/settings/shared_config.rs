//! The settings that the SDKs share, from the variables and from the source profile in the config file.
//!
//! The SDK's lookup decides which one applies. It is given only what concerns it, as our reader reads it: its own
//! parser rejects the whole file because of a line in another profile that the AWS CLI accepts.

use std::collections::HashMap;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::origin::Origin;
use aws_types::os_shim_internal::{Env, Fs};

use crate::core::error::{Error, Result};
use crate::core::ini::key::Key;
use crate::core::ini::profiles::Profile;
use crate::core::sts::settings::place::{Place, unusable};
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::service::Service;
use crate::core::text::{self, shown};

/// Every variable that the lookup may see, but for the service's own. The rest of the environment (`AWS_PROFILE`, keys) is
/// hidden from it.
const VARIABLES: [&str; 4] =
    ["AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT"];

/// A setting that the SDKs read from a variable and, under another name, from a profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) variable: &'static str,
    /// Whether each service has a variable and a key of its own.
    pub(super) is_for_services: bool,
    pub(super) key: Key,
}

const KEYS: [Key; 4] =
    [Key::EndpointUrl, Key::UseFipsEndpoint, Key::UseDualstackEndpoint, Key::IgnoreConfiguredEndpointUrls];

/// The source profile's part of the config file, and the variables that take precedence over it.
#[derive(Debug)]
pub(super) struct SharedConfig {
    service: Service,
    environment: Env,
    sections: ProfileSet,
    profile: String,
    file: String,
    /// What some SDK rejects in the source profile's section.
    pub(super) warnings: Vec<String>,
}

impl SharedConfig {
    pub(super) async fn load(request: &SettingsRequest<'_>, service: Service) -> Result<Self> {
        let mut variables = HashMap::new();
        for name in VARIABLES.into_iter().chain([service.variable()]) {
            if let Some(value) = request.environment.var_os(name) {
                // The SDK would treat it as unset and call public AWS.
                let not_unicode = |_| not(&Place::Variable(name), "is not valid Unicode");
                let value = value.into_string().map_err(not_unicode)?;
                variables.insert(name.to_owned(), value);
            }
        }
        let environment = Env::from(variables);
        let place = |line| text::place(request.config.path(), Some(line));
        if let Some(line) = request.config.stray_endpoint() {
            // It may belong to the source profile; without it the request would go to public AWS.
            let message = format!("an endpoint in the config file belongs to no profile ({})", place(line));
            return Err(unusable(message, "close the header above it with `]`, or remove the line"));
        }
        let profiles = request.config.profiles();
        let profile = profiles.get(request.source_profile.as_bytes());
        let text = profile.map_or(Ok(String::new()), |profile| clean_text(request, profile, service))?;
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, text).build();
        let sections = aws_config::profile::load(&Fs::default(), &environment, &files, Some("source".into()))
            .await
            .map_err(|_| {
                let file = text::path(request.config.path());
                let message = format!("the settings of the source profile cannot be read ({file})");
                unusable(message, "check the endpoint settings of the source profile in the config file")
            })?;
        let warnings = profiles.warnings_of(request.source_profile.as_bytes());
        Ok(Self {
            service,
            environment,
            sections,
            profile: request.source_profile.to_string(),
            file: text::path(request.config.path()),
            warnings: warnings.map(|warning| format!("{}: {}", place(warning.line), warning.oddity)).collect(),
        })
    }

    /// The value that the SDK would use, and its location. Empty counts as unset.
    pub(super) fn get(&self, setting: Setting) -> Option<(String, Place)> {
        let key = setting.key.as_str();
        let shared = || EnvConfigValue::new().env(setting.variable).profile(key);
        let load = |lookup: EnvConfigValue<'static>| {
            let (value, source) = lookup.load(&self.environment, Some(&self.sections))?;
            let origin: Origin = (&source).into();
            (!value.is_empty()).then(|| (value.into_owned(), origin))
        };
        let service = self.service;
        let own = if setting.is_for_services { load(shared().service_id(service.id())) } else { None };
        let (value, origin) = own.or_else(|| load(shared()))?;
        let place = if origin == Origin::service_environment_variable() {
            Place::Variable(service.variable())
        } else if origin == Origin::shared_environment_variable() {
            Place::Variable(setting.variable)
        } else if origin == Origin::service_profile_file() {
            Place::Services { key, service: service.id(), file: self.file.clone() }
        } else {
            Place::Profile { key, profile: self.profile.clone(), file: self.file.clone() }
        };
        Some((value, place))
    }

    /// A switch, and where it is set. Anything but `true` and `false` is refused; the SDK would read it as `false`.
    pub(super) fn switch(&self, setting: Setting) -> Result<Option<(bool, Place)>> {
        match self.get(setting) {
            None => Ok(None),
            Some((value, place)) if value.eq_ignore_ascii_case("true") => Ok(Some((true, place))),
            Some((value, place)) if value.eq_ignore_ascii_case("false") => Ok(Some((false, place))),
            Some((value, place)) => place.check(&value).and(Err(not(&place, "is neither `true` nor `false`"))),
        }
    }
}

fn not(place: &Place, what: &str) -> Error {
    place.unusable(what, format!("correct {place}, or unset it"))
}

/// The settings of the source profile as a config file that the SDK's parser accepts.
fn clean_text(request: &SettingsRequest<'_>, profile: &Profile<'_>, service: Service) -> Result<String> {
    let mut text = "[profile source]\n".to_owned();
    for key in KEYS {
        if let Some(value) = profile.get(key) {
            text.extend([key.as_str(), " = ", one_line(request, key, &value.bytes, value.line)?, "\n"]);
        }
    }
    if let Some(services) = profile.get(Key::Services) {
        let Some(endpoint) = request.config.service_endpoint(&services.bytes, service.id()) else {
            let (profile, section) = (request.source_profile, shown(&services.bytes));
            let place = text::place(request.config.path(), Some(services.line));
            return Err(unusable(
                format!("profile `{profile}` names the section `[services {section}]`, which does not exist ({place})"),
                format!("add the section `[services {section}]`, or remove `services` from the profile"),
            ));
        };
        if let Some((url, line)) = endpoint {
            let url = one_line(request, Key::EndpointUrl, url, line)?;
            text.extend(["services = own\n[services own]\n", service.id(), " =\n  endpoint_url = ", url, "\n"]);
        }
    }
    Ok(text)
}

/// A value that the SDK's parser reads unchanged.
fn one_line<'v>(request: &SettingsRequest<'_>, key: Key, value: &'v [u8], line: usize) -> Result<&'v str> {
    let plain = |text: &&str| !text.chars().any(char::is_control);
    std::str::from_utf8(value).ok().filter(plain).ok_or_else(|| {
        let (key, place) = (key.as_str(), text::place(request.config.path(), Some(line)));
        let message = format!("`{key}` is not a single line of UTF-8 ({place})");
        unusable(message, format!("write the value of `{key}` on one line"))
    })
}
