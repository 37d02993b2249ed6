//! The keys that updsts reads.

use strum::{EnumString, IntoStaticStr};

/// A key by its name in the file, regardless of case. All other keys are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case", ascii_case_insensitive)]
pub enum Key {
    AwsAccessKeyId,
    AwsSecretAccessKey,
    AwsSessionToken,
    MfaDeviceArn,
    /// The name that aws-mfa has for it.
    AwsMfaDevice,
    MfaSerial,
    TotpSecretName,
    MfaProcess,
    Region,
    DurationSeconds,
    ExpirationDatetime,
    CaBundle,
    RoleArn,
    SourceProfile,
    CredentialSource,
    CredentialProcess,
    WebIdentityTokenFile,
    SsoSession,
    SsoStartUrl,
    SsoAccountId,
    LoginSession,
    Services,
    EndpointUrl,
    UseFipsEndpoint,
    UseDualstackEndpoint,
    IgnoreConfiguredEndpointUrls,
}

impl Key {
    /// The keys of a session profile that updsts writes, in the order of a new block.
    pub const OF_A_SESSION: [Self; 4] =
        [Self::AwsAccessKeyId, Self::AwsSecretAccessKey, Self::AwsSessionToken, Self::ExpirationDatetime];

    /// The keys of a profile whose credentials another program renews.
    pub const OF_ELSEWHERE: [Self; 7] = [
        Self::SsoSession,
        Self::SsoStartUrl,
        Self::SsoAccountId,
        Self::LoginSession,
        Self::WebIdentityTokenFile,
        Self::CredentialSource,
        Self::CredentialProcess,
    ];

    pub(super) const OF_CREDENTIALS_ONLY: &[Self] =
        &[Self::MfaDeviceArn, Self::AwsMfaDevice, Self::TotpSecretName, Self::ExpirationDatetime];

    pub(super) const OF_CONFIG_ONLY: &[Self] = &[
        Self::CaBundle,
        Self::Services,
        Self::EndpointUrl,
        Self::UseFipsEndpoint,
        Self::UseDualstackEndpoint,
        Self::IgnoreConfiguredEndpointUrls,
    ];

    /// The key as written.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The key with that name.
    pub fn find(name: &[u8]) -> Option<Self> {
        std::str::from_utf8(name).ok()?.parse().ok()
    }
}
