//! How AWS is called, and whether it is reached.

use crate::core::doctor::files::Setup;
use crate::core::doctor::report::Report;
use crate::core::environment::Environment;
use crate::core::reporter::{Reporter, or_after_a_second};
use crate::core::source::key::LongTermKey;
use crate::core::source::source_profile::SourceProfile;
use crate::core::sts::client::StsClient;
use crate::core::sts::settings::request::SettingsRequest;
use crate::core::sts::settings::resolved::StsSettings;
use crate::core::text;

/// Region, endpoint, proxy and certificates.
pub(super) async fn settings(
    report: &mut Report,
    setup: &Setup,
    source: &SourceProfile,
    environment: &Environment,
) -> Option<StsSettings> {
    let profiles = setup.config.profiles();
    for warning in profiles.warnings_of(source.name.as_bytes()) {
        let place = text::place(setup.config.path(), Some(warning.line));
        report.warning("config_file", format!("{place}: {}", warning.oddity), warning.oddity.hint());
    }
    let settings = StsSettings::resolve(&SettingsRequest {
        environment,
        source_profile: &source.name,
        config: &setup.config,
        credentials_region: source.credentials_region.as_deref(),
        config_region: source.config_region.as_deref(),
        config_ca_bundle: source.ca_bundle.as_deref(),
        region_option: None,
        endpoint_option: None,
        device: Some(&source.device),
    })
    .await;
    let settings = settings.map_err(|error| report.error("settings", &error)).ok()?;
    report.ok("region", format!("{}, from {}", settings.region(), settings.region_origin()));
    report.ok("endpoint", settings.endpoint());
    report.ok("proxy", settings.proxy().unwrap_or_else(|| "none".into()));
    report.ok("certificates", settings.certificates());
    report.others("settings", settings.warnings());
    Some(settings)
}

/// Asks AWS whose the key is, which spends nothing.
pub(super) async fn reach(
    report: &mut Report,
    settings: &StsSettings,
    source: &SourceProfile,
    reporter: &dyn Reporter,
) {
    let waiting = || reporter.waiting(&format!("AWS ({})", settings.endpoint()));
    let LongTermKey::Stored(key) = &source.key else {
        return report.ok("aws", "not asked, because the command that gives the key is not run now");
    };
    let caller = match StsClient::new(settings, key) {
        Ok(client) => or_after_a_second(client.get_caller_identity(), waiting).await,
        Err(error) => Err(error),
    };
    match caller {
        Err(error) => report.error("aws", &error),
        Ok(caller) => {
            report.ok("aws", format!("the key belongs to `{}`, account {}", caller.user, caller.account));
            match caller.clock {
                None => report.ok("clock", "within 30 s of AWS's"),
                Some(clock) => report.warning("clock", clock, "set this machine's clock (NTP does)"),
            }
        }
    }
}
