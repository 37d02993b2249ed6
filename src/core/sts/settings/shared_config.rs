//! The config file and the variables beside it, as the SDK reads them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error as _;

use aws_config::profile::{ProfileFileLoadError, ProfileSet};
use aws_runtime::env_config::EnvConfigValue;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::origin::Origin;
use aws_types::os_shim_internal::{Env, Fs};

use crate::core::sts::settings::error::{Place, SettingsError, shown_path};
use crate::core::sts::settings::request::SettingsRequest;

/// Every variable that the lookup may see. The rest of the environment (`AWS_PROFILE`, keys) is
/// not shown to it.
const VARIABLES: [&str; 5] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_USE_FIPS_ENDPOINT",
];

/// A setting that the SDKs read from a variable and, under another name, from a profile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    pub(super) variable: &'static str,
    pub(super) sts_variable: Option<&'static str>,
    pub(super) key: &'static str,
}

/// The source profile's part of the config file, and the variables that outrank it.
#[derive(Debug)]
pub(super) struct ConfigFile {
    environment: Env,
    sections: ProfileSet,
    profile: String,
    file: String,
}

impl ConfigFile {
    pub(super) async fn load(request: &SettingsRequest<'_>) -> Result<Self, SettingsError> {
        let mut variables = HashMap::new();
        for name in VARIABLES {
            if let Some(value) = request.environment.var_os(name) {
                let Ok(value) = value.into_string() else {
                    // The SDK would take it for unset, and call public AWS.
                    return Err(SettingsError::NotUnicode(Place::Variable(name)));
                };
                variables.insert(name.to_owned(), value);
            }
        }
        let environment = Env::from(variables);
        let file = shown_path(request.config_path);
        let text = decode(request.config_file.unwrap_or_default(), &file)?;
        let (text, selected) = make_selectable(text, request.source_profile);
        let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Config, &*text).build();
        let sections = aws_config::profile::load(&Fs::default(), &environment, &files, Some(selected.into()))
            .await
            .map_err(|error| SettingsError::Unparsable(place_of(&error, &file)))?;
        let config = Self { environment, sections, profile: request.source_profile.to_owned(), file };
        config.check_services_section(&text)?;
        Ok(config)
    }

    /// The SDK skips a `services` section that does not exist, and so the endpoint in it.
    fn check_services_section(&self, text: &str) -> Result<(), SettingsError> {
        let Some(section) = self.sections.get("services").filter(|section| !section.is_empty()) else {
            return Ok(());
        };
        if headers(text).any(|header| header.prefix == "services" && header.name == section) {
            return Ok(());
        }
        Err(SettingsError::ServicesMissing {
            profile: self.profile.clone(),
            section: crate::core::text::shown(section.as_bytes()),
            file: self.file.clone(),
        })
    }

    /// The value that the SDK would use, and where it is. Empty counts as unset.
    pub(super) fn get(&self, setting: Setting) -> Option<(String, Place)> {
        let shared = || EnvConfigValue::new().env(setting.variable).profile(setting.key);
        let load = |lookup: EnvConfigValue<'static>| {
            let (value, source) = lookup.load(&self.environment, Some(&self.sections))?;
            let origin: Origin = (&source).into();
            (!value.is_empty()).then(|| (value.into_owned(), origin))
        };
        let for_sts = setting.sts_variable.and_then(|_| load(shared().service_id("sts")));
        let (value, origin) = for_sts.or_else(|| load(shared()))?;
        let place = if origin == Origin::service_environment_variable() {
            Place::Variable(setting.sts_variable.unwrap_or(setting.variable))
        } else if origin == Origin::shared_environment_variable() {
            Place::Variable(setting.variable)
        } else if origin == Origin::service_profile_file() {
            Place::Services { key: setting.key, file: self.file.clone() }
        } else {
            Place::Profile { key: setting.key, profile: self.profile.clone(), file: self.file.clone() }
        };
        Some((value, place))
    }

    /// A switch, and where it is set. Anything but `true` and `false` is refused; the SDK would
    /// take it for `false`.
    pub(super) fn switch(&self, setting: Setting) -> Result<Option<(bool, Place)>, SettingsError> {
        match self.get(setting) {
            None => Ok(None),
            Some((value, place)) if value.eq_ignore_ascii_case("true") => Ok(Some((true, place))),
            Some((value, place)) if value.eq_ignore_ascii_case("false") => Ok(Some((false, place))),
            Some((_, place)) => Err(SettingsError::NotBoolean(place)),
        }
    }
}

fn decode<'a>(bytes: &'a [u8], file: &str) -> Result<&'a str, SettingsError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(SettingsError::ByteOrderMark { file: file.to_owned() });
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = 1 + memchr::memchr_iter(b'\n', before).count();
        SettingsError::NotUtf8 { file: file.to_owned(), line }
    })
}

/// `file:line` of a parse error. The SDK keeps the line private, and its text repeats nothing of
/// the file; so the number is taken from the text, and left out where the text is another.
fn place_of(error: &ProfileFileLoadError, file: &str) -> String {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let line: Option<usize> = text.split_once(" on line ").and_then(|(_, rest)| rest.split(':').next()?.parse().ok());
    match line {
        Some(line) => format!("{file}:{line}"),
        None => file.to_owned(),
    }
}

/// A section's header, `[prefix name]`, as the SDK splits it.
struct Header<'a> {
    line: &'a str,
    prefix: &'a str,
    name: &'a str,
}

fn headers(text: &str) -> impl Iterator<Item = Header<'_>> {
    text.lines().filter_map(|line| {
        let inner = line.strip_prefix('[')?.split(['#', ';']).next()?;
        let inner = inner.trim_matches([' ', '\t']).strip_suffix(']')?;
        let (prefix, name) = inner.trim_matches([' ', '\t']).split_once([' ', '\t'])?;
        Some(Header { line, prefix: prefix.trim(), name: name.trim() })
    })
}

/// The SDK ignores a profile whose name has a blank, a quote or a letter beyond ASCII, and with it
/// the profile's endpoint. Such a profile gets another name in the text that the SDK sees.
fn make_selectable<'a>(text: &'a str, profile: &str) -> (Cow<'a, str>, String) {
    let readable = |c: char| c.is_ascii_alphanumeric() || "_-/.%@:+".contains(c);
    if profile.chars().all(readable) {
        return (Cow::Borrowed(text), profile.to_owned());
    }
    let mut alias = "source".to_owned();
    while text.contains(&alias) {
        alias.push('_');
    }
    let renamed: String = text
        .split_inclusive('\n')
        .map(|line| match headers(line).next() {
            // The AWS CLI wants such a name in quotes.
            Some(Header { line: header, prefix: "profile", name })
                if [name, name.trim_matches('"'), name.trim_matches('\'')].contains(&profile) =>
            {
                Cow::Owned(line.replacen(header, &format!("[profile {alias}]"), 1))
            }
            _ => Cow::Borrowed(line),
        })
        .collect();
    (Cow::Owned(renamed), alias)
}
