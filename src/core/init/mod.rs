//! The use case of `init`: asks AWS whose key a profile holds and which MFA devices the user has, and writes one of them
//! into the profile (FIRST-1).
//!
//! [`look`] checks and asks, [`crate::core::init::choice`] decides, [`Prospect::write`] writes.

pub mod choice;
pub mod prospect;

use crate::core::block::change::Change;
use crate::core::block::layout::Layout;
use crate::core::environment::Environment;
use crate::core::error::Result;
use crate::core::file::config_file::ConfigFile;
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::ini::profiles::Profiles;
use crate::core::init::prospect::Prospect;
use crate::core::name::ProfileName;
use crate::core::reporter::{Reporter, or_after_a_second};
use crate::core::session::{AccessKey, SerialNumber};
use crate::core::source::key::LongTermKey;
use crate::core::source::source_profile::{Files, Settings};
use crate::core::source::target::Target;
use crate::core::sts::client::StsClient;
use crate::core::sts::iam::IamClient;
use crate::core::sts::identity::Caller;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::text;

/// Long enough for any device, to plan the edit before AWS is asked.
const SOME_DEVICE: &str = "arn:aws:iam::123456789012:mfa/device";

/// Makes every local check, then asks AWS. Nothing is written.
pub async fn look(
    file: CredentialsFile,
    name: &ProfileName,
    environment: &Environment,
    reporter: &dyn Reporter,
) -> Result<Prospect> {
    let read = file.read_at_rest().await;
    let bytes = read.as_ref().map_or(b"".as_slice(), |snapshot| &snapshot.bytes);
    let layout = Layout::of(bytes);
    let target = Target::resolve(name, &layout, &file, environment)?;
    // A key that comes from a command needs no file.
    let snapshot = if target.is_by_command { read.as_ref().ok() } else { Some(read.as_ref().map_err(Clone::clone)?) };
    let profile = target.without_role("init")?;
    let config_file = ConfigFile::read(environment)?;
    let credentials = Profiles::of_sections(bytes, layout.sections_of(&[profile.as_bytes()]));
    let config = config_file.profiles();
    let files = Files {
        credentials_path: file.path(),
        credentials: &credentials,
        layout: &layout,
        config_path: config_file.path(),
        config: &config,
        is_operators: file.is_operators(),
        mfa_serial: None,
        environment,
    };
    let key = files.long_term_key(&profile)?;
    let present = files.device_in_files(&profile);
    let settings = files.settings(&profile);
    let mut warnings = Vec::new();
    let snapshot = snapshot.filter(|_| matches!(key, LongTermKey::Stored(_)));
    if let Some(snapshot) = snapshot {
        warnings.extend(file.check_replaceable(snapshot)?);
        let change = Change::set_device(&layout, profile.as_bytes(), SOME_DEVICE).map_err(|e| e.at(file.path()))?;
        file.check_size(&change.file)?;
        warnings.extend(change.warning(file.path()));
        reporter.detail(&format!("credentials file {}", text::path(&snapshot.target)));
    }
    warnings.extend(environment.missing_file("AWS_CONFIG_FILE"));

    let key = key.get(&profile, reporter.shows_commands()).await?;
    let aws = Aws { profile: &profile, key: &key, config: &config_file, settings: &settings, environment, reporter };
    let caller = aws.caller().await?;
    let devices = aws.devices(&caller).await;
    warnings.extend(caller.clock.as_ref().map(|clock| format!("{clock}; set it (NTP does)")));
    let (key_id, is_in_file, config_path) = (key.id.clone(), snapshot.is_some(), config_file.path().to_owned());
    drop((key, credentials));
    let snapshot = read.ok().filter(|_| is_in_file);
    Ok(Prospect { file, profile, key_id, caller, devices, present, snapshot, config_path, warnings })
}

/// What AWS is asked, and how.
struct Aws<'a> {
    profile: &'a ProfileName,
    key: &'a AccessKey,
    config: &'a ConfigFile,
    settings: &'a Settings,
    environment: &'a Environment,
    reporter: &'a dyn Reporter,
}

impl Aws<'_> {
    async fn caller(&self) -> Result<Caller> {
        let settings = StsSettings::resolve(&self.request()).await?;
        self.detail(&settings);
        self.waited_for(&settings, StsClient::new(&settings, self.key)?.get_caller_identity()).await
    }

    async fn devices(&self, caller: &Caller) -> Result<Vec<String>> {
        let settings = StsSettings::resolve_iam(&self.request(), &caller.partition).await?;
        self.detail(&settings);
        self.waited_for(&settings, IamClient::new(&settings, self.key).list_mfa_devices()).await
    }

    async fn waited_for<T>(&self, settings: &StsSettings, request: impl Future<Output = T>) -> T {
        or_after_a_second(request, || self.reporter.waiting(&format!("AWS ({})", settings.endpoint()))).await
    }

    fn request(&self) -> SettingsRequest<'_> {
        SettingsRequest {
            source_profile: self.profile,
            config: self.config,
            credentials_region: self.settings.credentials_region.as_deref(),
            config_region: self.settings.config_region.as_deref(),
            config_ca_bundle: self.settings.ca_bundle.as_deref(),
            region_option: None,
            endpoint_option: None,
            device: None::<&SerialNumber>,
            environment: self.environment,
        }
    }

    fn detail(&self, settings: &StsSettings) {
        let proxy = settings.proxy().unwrap_or_else(|| "none".into());
        self.reporter.detail(&format!("endpoint {}, region {}, proxy {proxy}", settings.endpoint(), settings.region()));
    }
}
