use std::path::PathBuf;

use super::*;
use crate::core::environment::Environment;
use crate::core::environment::HOME;
use crate::core::error::{Error, ErrorCode};
use crate::core::file::config_file::ConfigFile;
use crate::core::name::ProfileName;
use crate::core::session::SerialNumber;

const ARN: &str = "arn:aws:iam::123456789012:mfa/user";

/// A request with everything left out, to be filled in by each test.
struct Given {
    profile: &'static str,
    config: Option<Vec<u8>>,
    credentials_region: Option<&'static str>,
    config_region: Option<&'static str>,
    ca_bundle: Option<String>,
    region: Option<&'static str>,
    endpoint: Option<&'static str>,
    device: &'static str,
    variables: Vec<(String, std::ffi::OsString)>,
}

fn given() -> Given {
    Given {
        profile: "default",
        config: None,
        credentials_region: None,
        config_region: None,
        ca_bundle: None,
        region: None,
        endpoint: None,
        device: ARN,
        // The machine that runs the tests may have no certificates of its own.
        variables: vec![("SSL_CERT_FILE".into(), one_certificate().into_os_string())],
    }
}

impl Given {
    fn config(mut self, text: &str) -> Self {
        self.config = Some(text.as_bytes().to_vec());
        self
    }

    fn variable(mut self, name: &str, value: impl Into<std::ffi::OsString>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    fn resolve(&self) -> Result<StsSettings> {
        self.resolve_for(None)
    }

    /// Of STS, or of IAM in a partition.
    fn resolve_for(&self, partition: Option<&str>) -> Result<StsSettings> {
        let environment = Environment::fixed(self.variables.clone());
        let device = SerialNumber::parse(self.device).unwrap();
        let request = SettingsRequest {
            source_profile: &ProfileName::parse(self.profile).unwrap(),
            config: &ConfigFile::of("/home/me/.aws/config".into(), self.config.clone().unwrap_or_default()),
            credentials_region: self.credentials_region,
            config_region: self.config_region,
            config_ca_bundle: self.ca_bundle.as_deref(),
            region_option: self.region,
            endpoint_option: self.endpoint,
            device: partition.is_none().then_some(&device),
            environment: &environment,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            match partition {
                None => StsSettings::resolve(&request).await,
                Some(partition) => StsSettings::resolve_iam(&request, &Partition::from(partition)).await,
            }
        })
    }

    fn endpoint(&self) -> String {
        self.resolve().unwrap().endpoint()
    }

    fn refused(&self) -> Error {
        self.resolve().expect_err("these settings cannot be used")
    }

    fn unusable(&self) -> String {
        let error = self.refused();
        assert_eq!(error.code(), ErrorCode::ConfigUnusable, "{error}");
        assert_eq!(error.code_spent(), None);
        portable(error.message())
    }
}

/// A text with the separators of Unix.
fn portable(text: &str) -> String {
    text.replace(std::path::MAIN_SEPARATOR, "/")
}

/// A proxy's variable as the system has it.
fn variable_here(name: &str) -> String {
    if cfg!(windows) { name.to_uppercase() } else { name.to_owned() }
}

/// A file with one root certificate, made once for all tests.
fn one_certificate() -> PathBuf {
    static FILE: std::sync::LazyLock<(tempfile::TempDir, PathBuf)> = std::sync::LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("root.pem");
        std::fs::write(&path, certificate()).unwrap();
        (folder, path)
    });
    FILE.1.clone()
}

fn certificate() -> String {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert.pem()
}

fn file(content: impl AsRef<[u8]>) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    file
}

mod region {
    use super::*;

    #[test]
    fn get_8_each_source_outranks_the_next() {
        let mut given = given().variable("AWS_REGION", "eu-west-1").variable("AWS_DEFAULT_REGION", "eu-west-2");
        given.region = Some("us-west-1");
        given.credentials_region = Some("ap-south-1");
        given.config_region = Some("ap-south-2");
        let found = |given: &Given| {
            let settings = given.resolve().unwrap();
            (settings.region().to_owned(), portable(&settings.region_origin()))
        };
        assert_eq!(found(&given), ("us-west-1".into(), "`--region`".to_owned()));
        given.region = None;
        assert_eq!(found(&given), ("eu-west-1".into(), "`AWS_REGION`".to_owned()));
        given.variables.retain(|(name, _)| name != "AWS_REGION");
        assert_eq!(found(&given), ("eu-west-2".into(), "`AWS_DEFAULT_REGION`".to_owned()));
        given.variables.retain(|(name, _)| name != "AWS_DEFAULT_REGION");
        assert_eq!(
            found(&given),
            ("ap-south-1".into(), "`region` of profile `default` (the credentials file)".to_owned())
        );
        given.credentials_region = None;
        assert_eq!(
            found(&given),
            ("ap-south-2".into(), "`region` of profile `default` (/home/me/.aws/config)".to_owned())
        );
        given.config_region = None;
        assert_eq!(found(&given), ("us-east-1".into(), "the partition of the device".to_owned()));
        given.device = "GAHT12345678";
        assert_eq!(found(&given), ("us-east-1".into(), "the default".to_owned()));
    }

    #[test]
    fn get_8_the_partition_of_the_device_gives_a_region() {
        let mut given = given();
        given.device = "arn:aws-us-gov:iam::123456789012:mfa/user";
        assert_eq!(given.endpoint(), "https://sts.us-gov-west-1.amazonaws.com");
        given.device = "arn:aws-cn:iam::123456789012:mfa/user";
        assert_eq!(given.endpoint(), "https://sts.cn-north-1.amazonaws.com.cn");
        given.device = "arn:aws-iso:iam::123456789012:mfa/user";
        assert!(given.unusable().contains("`aws-iso`"));
        assert!(given.refused().hint().contains("--region"));
        given.region = Some("us-iso-east-1");
        assert_eq!(given.endpoint(), "https://sts.us-iso-east-1.c2s.ic.gov");
    }

    #[test]
    fn get_8_the_endpoint_is_always_a_regional_one() {
        for (name, host) in
            [("us-east-1", "sts.us-east-1.amazonaws.com"), ("aws-global", "sts.us-east-1.amazonaws.com")]
        {
            let given = given().variable("AWS_REGION", name);
            assert_eq!(given.endpoint(), format!("https://{host}"));
            assert_eq!(given.resolve().unwrap().region(), "us-east-1");
        }
    }

    #[test]
    fn get_3_a_region_of_another_partition_is_refused() {
        for (region, device) in [
            ("cn-north-1", ARN),
            ("us-gov-west-1", ARN),
            ("us-isob-east-1", ARN),
            ("us-isof-south-1", ARN),
            ("eu-isoe-west-1", ARN),
            ("eusc-de-east-1", ARN),
            ("us-east-1", "arn:aws-cn:iam::123456789012:mfa/user"),
            ("us-iso-east-1", "arn:aws-iso-b:iam::123456789012:mfa/user"),
        ] {
            let mut given = given().variable("AWS_REGION", region);
            given.device = device;
            assert!(given.unusable().contains("partition"), "{region}");
            given.endpoint = Some("http://127.0.0.1:9");
            assert_eq!(given.resolve().unwrap().region(), region);
        }
        let mut of_no_partition = given().variable("AWS_REGION", "cn-north-1");
        of_no_partition.device = "GAHT12345678";
        assert_eq!(of_no_partition.endpoint(), "https://sts.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn get_8_what_is_no_region_is_refused_by_the_name_of_its_source() {
        for bad in [
            "US-EAST-1",
            "us_east_1",
            "us-east-1.evil.example",
            "us-east-1/",
            " us-east-1",
            "-a",
            "a-",
            "@",
            "us-east-1\n",
            "fips-us-east-1",
            "us-east-1-fips",
            "aws-iso-global",
        ] {
            let of_variable = given().variable("AWS_DEFAULT_REGION", bad);
            assert!(of_variable.unusable().contains("`AWS_DEFAULT_REGION`"), "{bad}");
            let mut of_option = given();
            of_option.region = Some(bad);
            assert_eq!(of_option.refused().code(), ErrorCode::Usage, "{bad}");
            let mut of_file = given();
            of_file.credentials_region = Some(bad);
            assert!(of_file.unusable().contains("the credentials file"), "{bad}");
        }
        let mut of_option = given();
        of_option.region = Some("");
        assert_eq!(of_option.refused().code(), ErrorCode::Usage);
    }

    #[test]
    fn cli_3_an_empty_variable_counts_as_unset() {
        let mut given = given()
            .variable("AWS_REGION", "")
            .variable("AWS_DEFAULT_REGION", "")
            .variable("AWS_ENDPOINT_URL", "")
            .variable("AWS_ENDPOINT_URL_STS", "")
            .variable("AWS_USE_FIPS_ENDPOINT", "")
            .variable("AWS_USE_DUALSTACK_ENDPOINT", "")
            .variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "")
            .variable("AWS_CA_BUNDLE", "")
            .variable("https_proxy", "")
            .variable("HTTPS_PROXY", "");
        given.credentials_region = Some("");
        given.ca_bundle = Some(String::new());
        let settings = given.resolve().unwrap();
        assert_eq!(settings.endpoint(), "https://sts.us-east-1.amazonaws.com");
        assert_eq!(settings.proxy(), None);
        // Empty hides nothing that comes after it.
        let with_config = given.config("[default]\nendpoint_url = http://127.0.0.1:1\n");
        assert_eq!(with_config.endpoint(), "http://127.0.0.1:1");
    }
}

mod endpoint {
    use super::*;

    const CONFIG: &str = "[default]\nservices = mine\nendpoint_url = http://127.0.0.1:4\n\
        [services mine]\nsts =\n  endpoint_url = http://127.0.0.1:3\n";

    #[test]
    fn get_9_each_source_outranks_the_next() {
        let mut given = given()
            .variable("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
            .variable("AWS_ENDPOINT_URL", "http://127.0.0.1:2")
            .config(CONFIG);
        given.endpoint = Some("http://127.0.0.1:0");
        assert_eq!(given.endpoint(), "http://127.0.0.1:0");
        given.endpoint = None;
        assert_eq!(given.endpoint(), "http://127.0.0.1:1");
        given.variables.retain(|(name, _)| name != "AWS_ENDPOINT_URL_STS");
        assert_eq!(given.endpoint(), "http://127.0.0.1:2");
        given.variables.retain(|(name, _)| name != "AWS_ENDPOINT_URL");
        assert_eq!(given.endpoint(), "http://127.0.0.1:3");
        let given = given.config("[default]\nendpoint_url = http://127.0.0.1:4\n");
        assert_eq!(given.endpoint(), "http://127.0.0.1:4");
    }

    #[test]
    fn get_9_an_empty_url_of_the_service_hides_nothing() {
        let given = given().config(
            "[default]\nservices = mine\nendpoint_url = http://127.0.0.1:4\n[services mine]\nsts =\n  endpoint_url =\n",
        );
        assert_eq!(given.endpoint(), "http://127.0.0.1:4");
    }

    #[test]
    fn get_1_aws_profile_and_other_profiles_are_not_read() {
        let mut given = given().variable("AWS_PROFILE", "other").variable("AWS_DEFAULT_PROFILE", "other").config(
            "[profile other]\nendpoint_url = http://127.0.0.1:1\n[profile mine]\nendpoint_url = http://127.0.0.1:2\n",
        );
        assert_eq!(given.endpoint(), "https://sts.us-east-1.amazonaws.com");
        given.profile = "mine";
        assert_eq!(given.endpoint(), "http://127.0.0.1:2");
    }

    #[test]
    fn get_9_configured_urls_can_be_ignored() {
        let by_variable = given()
            .variable("AWS_ENDPOINT_URL", "not a url")
            .variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")
            .config(CONFIG);
        assert_eq!(by_variable.endpoint(), "https://sts.us-east-1.amazonaws.com");
        let mut by_config = given().config("[default]\nignore_configured_endpoint_urls = true\nendpoint_url = x\n");
        assert_eq!(by_config.endpoint(), "https://sts.us-east-1.amazonaws.com");
        by_config.endpoint = Some("http://127.0.0.1:1");
        assert_eq!(by_config.endpoint(), "http://127.0.0.1:1");
    }

    #[test]
    fn get_9_fips_and_dual_stack_have_endpoints_of_their_own() {
        let fips = given().variable("AWS_USE_FIPS_ENDPOINT", "true");
        assert_eq!(fips.endpoint(), "https://sts-fips.us-east-1.amazonaws.com");
        let dual_stack = given().config("[default]\nuse_dualstack_endpoint = true\n");
        assert_eq!(dual_stack.endpoint(), "https://sts.us-east-1.api.aws");
        let neither =
            given().variable("AWS_USE_FIPS_ENDPOINT", "false").config("[default]\nuse_fips_endpoint = true\n");
        assert_eq!(neither.endpoint(), "https://sts.us-east-1.amazonaws.com");
    }

    #[test]
    fn get_9_fips_or_dual_stack_with_a_custom_endpoint_is_refused() {
        for switch in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
            let mut by_option = given().variable(switch, "true");
            by_option.endpoint = Some("http://127.0.0.1:1");
            let message = by_option.unusable();
            assert!(message.contains(switch) && message.contains("--endpoint-url"), "{message}");
            let by_variable = given().variable(switch, "true").variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
            assert!(by_variable.unusable().contains("`AWS_ENDPOINT_URL`"));
        }
    }

    #[test]
    fn get_9_fips_or_dual_stack_and_the_endpoint_may_both_be_in_the_config_file() {
        for switch in ["use_fips_endpoint", "use_dualstack_endpoint"] {
            for (endpoint, place) in [
                ("endpoint_url = http://127.0.0.1:1\n", "`endpoint_url` of profile `default`"),
                (
                    "services = s\n[services s]\nsts =\n  endpoint_url = http://127.0.0.1:1\n",
                    "`endpoint_url` of the `sts`",
                ),
            ] {
                let message = given().config(&format!("[default]\n{switch} = true\n{endpoint}")).unusable();
                assert!(message.contains(&format!("`{switch}`")) && message.contains(place), "{message}");
                let off = given().config(&format!("[default]\n{switch} = False\n{endpoint}"));
                assert_eq!(off.endpoint(), "http://127.0.0.1:1");
            }
        }
    }

    #[test]
    fn cli_15_a_control_character_in_an_endpoint_a_region_or_a_switch_is_named() {
        for (name, value) in [
            ("AWS_ENDPOINT_URL", "http://127.0.0.1\r"),
            ("AWS_ENDPOINT_URL_STS", "https://sts.example.com/\n"),
            ("AWS_REGION", "us-east-1\r"),
            ("AWS_DEFAULT_REGION", "us-east-1\t"),
            ("AWS_USE_FIPS_ENDPOINT", "true\r"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true\u{200b}"),
        ] {
            let message = given().variable(name, value).unusable();
            assert!(message.starts_with(&format!("`{name}` ends with ")), "{message}");
        }
        let mut by_option = given();
        by_option.region = Some("us-east-1\r");
        assert_eq!(by_option.refused().code(), ErrorCode::Usage);
        assert!(by_option.refused().message().contains("`--region` ends with a carriage return"));
        by_option = given();
        by_option.endpoint = Some("http://127.0.0.1\r");
        assert_eq!(by_option.refused().code(), ErrorCode::ConfigUnusable);
    }

    #[test]
    fn get_9_a_switch_that_is_neither_true_nor_false_is_refused() {
        for name in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] {
            let message = given().variable(name, "yes").unusable();
            assert!(message.contains(name), "{message}");
        }
        let message = given().config("[default]\nuse_fips_endpoint = 1\n").unusable();
        assert!(message.contains("`use_fips_endpoint` of profile `default`"), "{message}");
    }

    #[test]
    fn get_9_what_is_no_url_is_refused_and_not_repeated() {
        for bad in [
            "canary",
            "canary:443",
            "http:canary",
            "http:/canary",
            "http://",
            "https://",
            "ftp://canary",
            "://canary",
            "http://[canary",
            "http://canary:99999",
            "http://user:canary@127.0.0.1",
            "http://canary@127.0.0.1",
            "http://127.0.0.1/?canary",
            "http://127.0.0.1/#canary",
            "http://can ary",
        ] {
            for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_STS"] {
                let error = given().variable(name, bad).refused();
                assert_eq!(error.code(), ErrorCode::ConfigUnusable, "{bad}");
                assert!(error.message().contains(&format!("`{name}`")), "{bad}: {error}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            }
            let config = format!("[default]\nendpoint_url = {bad}\n");
            let error = given().config(&config).refused();
            assert_eq!(error.code(), ErrorCode::ConfigUnusable, "{bad}");
            assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            let mut by_option = given();
            by_option.endpoint = Some(bad);
            assert_eq!(by_option.refused().code(), ErrorCode::ConfigUnusable, "{bad}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn get_9_a_url_that_is_no_unicode_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = std::ffi::OsString::from_vec(b"http://127.0.0.1/\xff".to_vec());
        let message = given().variable("AWS_ENDPOINT_URL_STS", bytes).unusable();
        assert!(message.contains("`AWS_ENDPOINT_URL_STS`"), "{message}");
    }

    /// What the AWS CLI reads in a config file is read (C1), and an endpoint in it is used.
    #[test]
    fn get_9_what_the_aws_cli_reads_in_the_config_file_is_read() {
        let url = "http://127.0.0.1:7";
        for (config, warned) in [
            (format!("[default]\n    endpoint_url = {url}\n    region = eu-west-1\n"), true),
            (format!("[default] /* c */\nendpoint_url = {url}\n"), true),
            (format!("[default]\nendpoint_url: {url}\n"), true),
            (format!("[profile default]\r\nendpoint_url={url}\r\n"), false),
            (format!("[default]\nservices = s\n[services s]\nsts =\n   endpoint_url = {url}\n"), false),
            (format!("[default]\nservices = s\n[services s] x\nSTS:\n  s3 = x\n  Endpoint_URL: {url}\n"), false),
            (format!("\u{feff}[default]\nendpoint_url = {url}\n"), false),
        ] {
            let given = given().config(&config);
            let settings = given.resolve().unwrap();
            assert_eq!(settings.endpoint(), url, "{config}");
            assert_eq!(!settings.warnings().is_empty(), warned, "{config}: {:?}", settings.warnings());
        }
    }

    #[test]
    fn get_9_a_line_of_another_profile_never_refuses_the_request() {
        for other in [
            &b"[profile x]\n    role_arn = arn\n"[..],
            b"[p] /* c */\n",
            b"[profile x]\nregion: x\n",
            b"[profile x\nk=v\n",
            b"canary\n",
            b"[profile x]\n= canary\n  canary\n",
            b"# caf\xe9\n[profile x]\nname = caf\xe9\n",
            b"[profile x]\nservices = lost\nuse_fips_endpoint = maybe\nendpoint_url = nonsense\n",
            b"[profile x]\n[profile x]\nk = 1\nk = 2\n\0\n",
        ] {
            let mut given = given();
            given.config = Some([other, b"[default]\nendpoint_url = http://127.0.0.1:7\n"].concat());
            let settings = given.resolve().unwrap();
            assert_eq!(settings.endpoint(), "http://127.0.0.1:7", "{}", other.escape_ascii());
            assert_eq!(settings.warnings(), [""; 0], "{}", other.escape_ascii());
        }
    }

    #[test]
    fn get_9_a_setting_that_is_not_one_line_is_refused_by_its_line_and_not_quoted() {
        for (config, line) in [
            (&b"[default]\nendpoint_url = http://127.0.0.1:7\n  canary\n"[..], 2),
            (b"[default]\nregion = x\nendpoint_url = http://canary\xe9/\n", 3),
            (b"[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = http://x\0canary\n", 5),
        ] {
            let mut given = given();
            given.config = Some(config.to_vec());
            let message = given.unusable();
            assert!(message.ends_with(&format!("(/home/me/.aws/config:{line})")), "{message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }

    #[test]
    fn get_9_a_services_section_that_does_not_exist_is_refused() {
        let message = given().config("[default]\nservices = lost\n").unusable();
        assert!(message.contains("`[services lost]`"), "{message}");
        let empty = given().config("[default]\nservices =\n");
        assert_eq!(empty.endpoint(), "https://sts.us-east-1.amazonaws.com");
        // It may have no endpoint of STS.
        let without_sts = given().config("[default]\nservices = s\n[services s]\ns3 =\n  endpoint_url = http://x\n");
        assert_eq!(without_sts.endpoint(), "https://sts.us-east-1.amazonaws.com");
    }

    #[test]
    fn get_9_a_profile_that_the_sdk_ignores_still_has_its_endpoint() {
        for (profile, header) in [
            ("key with blanks", "[profile key with blanks]"),
            ("key with blanks", "[profile \"key with blanks\"] # mine"),
            ("key with blanks", "[profile 'key with blanks']\r"),
            ("développement", "[ profile\tdéveloppement ]"),
        ] {
            let config = format!(
                "[profile source]\nendpoint_url = http://127.0.0.1:1\n{header}\nendpoint_url = http://127.0.0.1:2\n"
            );
            let mut given = given().config(&config);
            given.profile = profile;
            assert_eq!(given.endpoint(), "http://127.0.0.1:2", "{header}");
        }
        let mut absent = given().config("[profile other]\nendpoint_url = http://127.0.0.1:1\n");
        absent.profile = "key with blanks";
        assert_eq!(absent.endpoint(), "https://sts.us-east-1.amazonaws.com");
    }

    #[test]
    fn get_9_plain_http_is_warned_about_beyond_loopback() {
        for (url, warned) in [
            ("http://127.0.0.1:4566", false),
            ("http://127.8.8.8", false),
            ("http://localhost:4566/", false),
            ("http://sts.localhost", false),
            ("http://[::1]:4566", false),
            ("https://example.com", false),
            ("http://example.com", true),
            ("http://localhost.example.com", true),
            ("http://10.0.0.1", true),
        ] {
            let mut given = given();
            given.endpoint = Some(url);
            let settings = given.resolve().unwrap();
            assert_eq!(!settings.warnings().is_empty(), warned, "{url}");
        }
        let mut by_a_proxy = given().variable("HTTP_PROXY", "proxy.example.com:8080");
        by_a_proxy.endpoint = Some("http://127.0.0.1:4566");
        assert_eq!(by_a_proxy.resolve().unwrap().warnings().len(), 1);
    }

    #[test]
    fn retry_variables_do_not_matter() {
        let given = given().variable("AWS_MAX_ATTEMPTS", "0").variable("AWS_RETRY_MODE", "garbage");
        assert_eq!(given.endpoint(), "https://sts.us-east-1.amazonaws.com");
    }
}

mod proxy {
    use super::*;

    fn proxy(variables: &[(&str, &str)]) -> Option<String> {
        proxy_for("https://sts.example.com", variables)
    }

    fn proxy_for(endpoint: &'static str, variables: &[(&str, &str)]) -> Option<String> {
        let mut given = given();
        given.endpoint = Some(endpoint);
        for (name, value) in variables {
            given = given.variable(name, *value);
        }
        given.resolve().unwrap().proxy()
    }

    #[test]
    fn get_10_each_variable_is_read_in_both_cases() {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(proxy(&[(name, "http://p:8080")]).as_deref(), Some("http://p:8080"), "{name}");
        }
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
            let proxy = proxy_for("http://127.0.0.1:1", &[(name, "http://p:8080")]);
            assert_eq!(proxy.as_deref(), Some("http://p:8080"), "{name}");
        }
        assert_eq!(proxy(&[("HTTP_PROXY", "http://p")]), None);
        assert_eq!(proxy_for("http://127.0.0.1:1", &[("HTTPS_PROXY", "http://p")]), None);
        let own_first = [("ALL_PROXY", "http://all"), ("HTTPS_PROXY", "http://own")];
        assert_eq!(proxy(&own_first).as_deref(), Some("http://own"));
        let lower_first = [("HTTPS_PROXY", "http://upper"), ("https_proxy", "http://lower")];
        assert_eq!(proxy(&lower_first).as_deref(), Some("http://lower"));
    }

    #[test]
    fn get_10_an_empty_variable_hides_nothing_and_cgi_turns_nothing_off() {
        let variables = [("HTTPS_PROXY", ""), ("https_proxy", "http://p"), ("REQUEST_METHOD", "GET")];
        assert_eq!(proxy(&variables).as_deref(), Some("http://p"));
    }

    #[test]
    fn get_10_no_scheme_means_http_and_the_password_is_never_shown() {
        for (value, shown) in [
            ("proxy.example.com:8080", "http://proxy.example.com:8080"),
            ("10.0.0.1:3128", "http://10.0.0.1:3128"),
            ("localhost", "http://localhost"),
            ("HTTP://p:1/", "http://p:1"),
            ("http://p:1/path?query", "http://p:1"),
            ("https://p:8443", "https://p:8443"),
            ("user:canary@p:8080", "http://p:8080"),
            ("http://user:canary@p:8080", "http://p:8080"),
            ("http://user:can%40ary%2f@p:8080", "http://p:8080"),
            ("http://us@er:can@ary@p:8080", "http://p:8080"),
            ("http://user:canary@[::1]:8080", "http://[::1]:8080"),
        ] {
            let mut given = given().variable("HTTPS_PROXY", value);
            given.endpoint = Some("https://sts.example.com");
            let settings = given.resolve().unwrap();
            assert_eq!(settings.proxy().as_deref(), Some(shown), "{value}");
            assert!(!format!("{settings:?}").contains("canary"), "{settings:?}");
        }
    }

    #[test]
    fn get_10_a_value_that_is_no_url_is_refused_by_the_variable_and_not_repeated() {
        for bad in [
            "ftp://canary",
            "socks5:canary",
            "http://",
            "http:canary",
            "http:/canary",
            "://canary",
            "http://canary:99999",
            "http://user:1234#canary@p:8080",
            "http://user:12/canary@p:8080",
            "http://user:1?canary@p:8080",
            "http://can ary",
            "[canary",
        ] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
                let error = given().variable(name, bad).refused();
                assert_eq!(error.code(), ErrorCode::ConfigUnusable, "{bad}");
                assert!(error.message().contains(&format!("`{}`", variable_here(name))), "{error}");
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
            }
        }
        // A proxy that is not used for this endpoint is nobody's mistake.
        assert_eq!(
            proxy(&[("HTTP_PROXY", "socks5://p"), ("HTTPS_PROXY", "http://p"), ("ALL_PROXY", "socks5://p")]).as_deref(),
            Some("http://p")
        );
        assert_eq!(proxy(&[("HTTPS_PROXY", "socks5://p"), ("NO_PROXY", "example.com")]), None);
    }

    /// C14. A SOCKS proxy is often set for everything, and matters only where it would be used.
    #[test]
    fn get_10_a_socks_proxy_is_refused_by_the_variable_unless_it_is_not_needed() {
        for bad in ["socks://canary:7897", "SOCKS5://user:canary@p", " socks5h://canary", "socks4a://canary\r"] {
            for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
                let error = given().variable(name, bad).refused();
                assert_eq!(error.code(), ErrorCode::ConfigUnusable, "{bad}");
                assert!(error.message().contains(&format!("`{}` names a SOCKS proxy", variable_here(name))), "{error}");
                assert!(error.hint().contains(&format!("`{}`", variable_here(name))), "{}", error.hint());
                assert!(!format!("{error:?}").contains("canary"), "{error:?}");
                assert_eq!(proxy(&[(name, bad), ("NO_PROXY", "sts.example.com")]), None);
            }
            for loopback in ["http://127.0.0.1:4566", "https://localhost", "http://[::1]:1", "http://x.localhost"] {
                assert_eq!(proxy_for(loopback, &[("ALL_PROXY", bad), ("http_proxy", ""), ("no_proxy", "x")]), None);
            }
        }
        // By its name alone nothing is one.
        assert_eq!(proxy(&[("HTTPS_PROXY", "socks5:1080")]).as_deref(), Some("http://socks5:1080"));
    }

    #[test]
    fn cli_15_a_control_character_in_a_proxy_or_an_exemption_is_named() {
        for (name, value) in [("HTTPS_PROXY", "http://p:1\r"), ("HTTPS_PROXY", "p:1\n"), ("no_proxy", "example.com\r")]
        {
            let message = given().variable("all_proxy", "http://p:1").variable(name, value).unusable();
            assert!(message.starts_with(&format!("`{}` ends with a ", variable_here(name))), "{message}");
        }
    }

    #[test]
    fn get_10_no_proxy_exempts_by_domain_address_network_port_and_star() {
        for (endpoint, rules, exempt) in [
            ("https://sts.example.com", "example.com", true),
            ("https://sts.example.com", ".example.com", true),
            ("https://sts.example.com", "*.example.com", true),
            ("https://STS.example.com", "EXAMPLE.com", true),
            ("https://sts.example.com", "other, example.com", true),
            ("https://sts.example.com", "other example.com", true),
            ("https://sts.example.com", "other\texample.com", true),
            ("https://sts.example.com", "example.com:443", true),
            ("https://sts.example.com", "example.com:8443", false),
            ("https://notexample.com", "example.com", false),
            ("https://sts.example.com", "*", true),
            ("https://10.1.2.3", "*", true),
            ("https://10.1.2.3", "10.0.0.0/8", true),
            ("https://10.1.2.3", "10.1.2.3", true),
            ("https://10.1.2.3", "192.168.0.0/16", false),
            ("https://[::1]", "::1", true),
            ("https://[::1]:8443", "[::1]:8443", true),
            ("https://[2001:db8::1]", "2001:db8::/32", true),
            ("https://localhost", "127.0.0.1", false),
        ] {
            for name in ["NO_PROXY", "no_proxy"] {
                let found = proxy_for(endpoint, &[("HTTPS_PROXY", "http://p"), (name, rules)]);
                assert_eq!(found.is_none(), exempt, "{endpoint} {rules}");
            }
        }
    }

    #[test]
    fn get_10_loopback_goes_through_the_proxy_unless_exempt() {
        let through = proxy_for("http://127.0.0.1:1", &[("HTTP_PROXY", "http://p")]);
        assert_eq!(through.as_deref(), Some("http://p"));
    }
}

mod trust {
    use super::*;

    fn with_bundle(path: impl Into<std::ffi::OsString>) -> Given {
        given().variable("AWS_CA_BUNDLE", path)
    }

    #[test]
    fn get_10_an_unusable_bundle_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let good = certificate();
        let cut = &good[..good.len() - 30];
        let bad_base64 = good.replacen("MII", "M*I", 1);
        let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (path, place) in [
            (folder.path().join("missing"), "cannot be read"),
            (folder.path().to_owned(), "cannot be read"),
            #[cfg(unix)]
            ("/dev/zero".into(), "cannot be read"),
        ] {
            let message = with_bundle(path).unusable();
            assert!(message.contains("`AWS_CA_BUNDLE`") && message.contains(place), "{message}");
        }
        for (content, place) in [
            (String::new(), "without a valid certificate"),
            ("nothing here\n".to_owned(), "without a valid certificate"),
            (not_der.to_owned(), "without a valid certificate"),
            (cut.to_owned(), ":1)"),
            (format!("# one\n{good}# two\n{bad_base64}"), "damaged certificate"),
        ] {
            let bundle = file(&content);
            let message = with_bundle(bundle.path()).unusable();
            assert!(message.contains("`AWS_CA_BUNDLE`") && message.contains(place), "{content}: {message}");
            // A mistake shows itself also where this endpoint does not need the file.
            let mut plain = with_bundle(bundle.path());
            plain.endpoint = Some("http://127.0.0.1:1");
            plain.unusable();
        }
    }

    #[test]
    fn get_10_a_bundle_may_hold_text_crlf_other_blocks_and_a_certificate_that_is_no_root() {
        let good = certificate();
        let not_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
        let other = "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----";
        let text = format!("# Root\nIssuer: CN=x\n{good}{not_der}\n{other}\n\u{e9}\n{good}").replace('\n', "\r\n");
        let bundle = file(&text);
        with_bundle(bundle.path()).resolve().unwrap();
    }

    /// C15, in the order of the AWS CLI.
    #[test]
    fn get_10_awss_variable_outranks_the_profile_and_the_profile_the_variable_of_requests() {
        let good = file(certificate());
        let mut of_requests = given().variable("REQUESTS_CA_BUNDLE", "/missing/requests.pem");
        let message = of_requests.unusable();
        assert!(message.contains("`REQUESTS_CA_BUNDLE`") && message.contains("/missing/requests.pem"), "{message}");
        of_requests.ca_bundle = Some("/missing/bundle.pem".to_owned());
        let message = of_requests.unusable();
        assert!(message.contains("`ca_bundle` of profile `default` (/home/me/.aws/config)"), "{message}");
        of_requests.variable("AWS_CA_BUNDLE", good.path()).resolve().unwrap();
        let mut of_profile = given().variable("REQUESTS_CA_BUNDLE", "/missing/requests.pem");
        of_profile.ca_bundle = Some(good.path().to_str().unwrap().to_owned());
        of_profile.resolve().unwrap();
        given().variable("REQUESTS_CA_BUNDLE", "").resolve().unwrap();
    }

    #[test]
    fn cli_15_a_bundle_whose_name_has_a_control_character_is_named_so() {
        for name in ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"] {
            let mut given = given();
            given.variables.retain(|(name, _)| name != "SSL_CERT_FILE");
            let message = given.variable(name, "/missing/a.pem\r").unusable();
            assert!(message.contains(name), "{message}");
            assert!(message.contains("/missing/a.pem (ends with a carriage return)"), "{message}");
        }
    }

    #[test]
    fn cli_15_a_certificate_file_that_does_not_exist_beside_a_folder_that_does_is_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), certificate()).unwrap();
        let mut given = given().variable("SSL_CERT_DIR", folder.path());
        assert_eq!(given.resolve().unwrap().warnings(), [""; 0]);
        given = given.variable("SSL_CERT_FILE", "/missing/a.pem");
        let warnings = given.resolve().unwrap().warnings().concat();
        assert_eq!(portable(&warnings), "`SSL_CERT_FILE` names `/missing/a.pem`, which does not exist");
        given.endpoint = Some("http://127.0.0.1:1");
        assert_eq!(given.resolve().unwrap().warnings(), [""; 0]);
    }

    #[test]
    fn get_10_a_leading_tilde_is_the_home_folder() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("root.pem"), certificate()).unwrap();
        with_bundle("~/root.pem").variable(HOME, home.path()).resolve().unwrap();
        let message = with_bundle("~/lost.pem").variable(HOME, home.path()).unusable();
        assert!(message.contains(&*home.path().to_string_lossy()), "{message}");
    }

    #[test]
    fn get_10_without_any_root_an_https_endpoint_is_refused() {
        let empty = file("");
        let mut given = given().variable("SSL_CERT_FILE", empty.path());
        assert!(given.unusable().contains("no valid root certificate was found by `SSL_CERT_FILE`"));
        assert!(given.refused().hint().contains("AWS_CA_BUNDLE"));
        given.endpoint = Some("http://127.0.0.1:1");
        given.resolve().unwrap();
        // A proxy behind TLS needs them again.
        given.variable("HTTP_PROXY", "https://p").unusable();
    }

    #[test]
    fn get_10_ssl_cert_dir_is_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), certificate()).unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        let mut given = given().variable("SSL_CERT_DIR", folder.path());
        given.variables.retain(|(name, _)| name != "SSL_CERT_FILE");
        given.resolve().unwrap();
    }
}

#[test]
fn first_1_iam_has_one_endpoint_in_each_partition() {
    let iam = |given: Given, partition| {
        let settings = given.variable("AWS_REGION", "eu-west-1").resolve_for(Some(partition)).unwrap();
        (settings.endpoint(), settings.region().to_owned())
    };
    let fips = || given().variable("AWS_USE_FIPS_ENDPOINT", "true");
    for (given, partition, endpoint, region) in [
        (given(), "aws", "https://iam.amazonaws.com", "us-east-1"),
        (given(), "aws-cn", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"),
        (given(), "aws-us-gov", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"),
        (fips(), "aws", "https://iam-fips.amazonaws.com", "us-east-1"),
        (given().variable("AWS_USE_DUALSTACK_ENDPOINT", "true"), "aws", "https://iam.global.api.aws", "us-east-1"),
    ] {
        assert_eq!(iam(given, partition), (endpoint.to_owned(), region.to_owned()));
    }
    assert_eq!(fips().resolve_for(Some("aws-cn")).unwrap_err().code(), ErrorCode::ConfigUnusable);
    assert_eq!(given().resolve_for(Some("aws-iso")).unwrap_err().code(), ErrorCode::ConfigUnusable);
}

#[test]
fn first_1_iam_has_a_variable_and_a_services_key_of_its_own() {
    let iam = |given: Given| given.resolve_for(Some("aws")).unwrap().endpoint();
    let services = "[default]\nservices = s\n[services s]\nsts =\n  endpoint_url = http://sts.test\niam =\n  endpoint_url = http://iam.test\n";
    assert_eq!(iam(given().config(services)), "http://iam.test");
    assert_eq!(given().config(services).endpoint(), "http://sts.test");
    let both =
        || given().variable("AWS_ENDPOINT_URL_IAM", "http://a.test").variable("AWS_ENDPOINT_URL", "http://b.test");
    assert_eq!(iam(both()), "http://a.test");
    assert_eq!(both().endpoint(), "http://b.test");
    assert_eq!(iam(given().variable("AWS_ENDPOINT_URL_STS", "http://c.test")), "https://iam.amazonaws.com");
    let error = given().variable("AWS_ENDPOINT_URL_IAM", "nonsense").resolve_for(Some("aws")).unwrap_err();
    assert!(error.message().contains("`AWS_ENDPOINT_URL_IAM`"), "{error}");
}
