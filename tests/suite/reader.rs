//! The reader against the SDK's own parser, on generated files (FILE-1): where the SDK accepts a
//! file, and botocore reads it no otherwise, updsts reads the same.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use proptest::collection::vec;
use proptest::prelude::*;
use updsts::core::ini::key::Key;
use updsts::core::ini::profiles::Profiles;
use updsts::core::name::is_accepted_by_every_sdk;

const KEYS: [Key; 10] = [
    Key::AwsAccessKeyId,
    Key::AwsSecretAccessKey,
    Key::AwsSessionToken,
    Key::MfaDeviceArn,
    Key::MfaSerial,
    Key::TotpSecretName,
    Key::MfaProcess,
    Key::Region,
    Key::DurationSeconds,
    Key::ExpirationDatetime,
];

/// Those of them that are read from the config file.
const CONFIG_KEYS: &[Key] = &[Key::MfaSerial, Key::MfaProcess, Key::Region, Key::DurationSeconds];

fn sdk(kind: EnvConfigFileKind, file: &str) -> Option<ProfileSet> {
    let files = EnvConfigFiles::builder().with_contents(kind, file).build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let environment = Env::from_slice(&[]);
    runtime.block_on(aws_config::profile::load(&Fs::default(), &environment, &files, Some("default".into()))).ok()
}

/// Every name, key and value as updsts reads them, and as the SDK does.
fn both(kind: EnvConfigFileKind, file: &str) -> Option<[Vec<String>; 2]> {
    let sdk = sdk(kind, file)?;
    let (profiles, keys) = match kind {
        EnvConfigFileKind::Config => (Profiles::of_config(file.as_bytes()), CONFIG_KEYS),
        EnvConfigFileKind::Credentials => (Profiles::of_credentials(file.as_bytes()), &KEYS[..]),
    };
    let mut ours = Vec::new();
    for profile in profiles.iter() {
        let name = std::str::from_utf8(&profile.name).unwrap();
        ours.push(format!("[{name}]"));
        ours.extend(keys.iter().filter_map(|&key| Some(format!("[{name}] {}={}", key.as_str(), profile.text(key)?))));
    }
    let mut theirs = Vec::new();
    for name in sdk.profiles() {
        theirs.push(format!("[{name}]"));
        let profile = sdk.get_profile(name).unwrap();
        let values = keys.iter().filter_map(|&key| Some((key, profile.get(key.as_str())?)));
        // An empty value counts as absent.
        theirs.extend(
            values
                .filter(|(_, value)| !value.is_empty())
                .map(|(key, value)| format!("[{name}] {}={value}", key.as_str())),
        );
    }
    ours.sort();
    theirs.sort();
    Some([ours, theirs])
}

fn line() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        6 => proptest::sample::select(KEYS.map(|key| key.as_str().to_owned()).to_vec()),
        1 => Just("REGION".to_owned()), 1 => Just("Aws_Session_Token".to_owned()), 2 => Just("unknown".to_owned()),
    ];
    let value = prop_oneof![
        Just("x"),
        Just("a b"),
        Just("a=b"),
        Just("a:b"),
        Just("x#y"),
        Just("x;y"),
        Just("x # c"),
        Just("x ; c"),
        Just("100%"),
        Just("%(x)s"),
        Just("\"q\""),
        Just("a/b+c=="),
        Just("arn:aws:iam::123456789012:mfa/user"),
        Just("[x]"),
        Just("é"),
    ];
    let equals = prop_oneof![Just("="), Just(" = "), Just("=  "), Just(" =\t")];
    let header = "[A-Za-z0-9_/.%@:+-]{1,6}";
    prop_oneof![
        8 => (key.clone(), equals.clone(), value.clone()).prop_map(|(key, equals, value)| format!("{key}{equals}{value}")),
        1 => (key, equals).prop_map(|(key, equals)| format!("{key}{equals}")),
        1 => value.clone().prop_map(|value| format!("  {value}")),
        1 => value.prop_map(|value| format!("\t{value}  ")),
        3 => header.prop_map(|name| format!("[{name}]")),
        1 => prop_oneof![Just("[default]"), Just("[a]"), Just("[ a ]"), Just("[a] # c"), Just("[a];c"), Just("[a b]"), Just("[profile a]"), Just("[DEFAULT]")].prop_map(str::to_owned),
        1 => prop_oneof![Just("# c"), Just("; c"), Just("#"), Just(""), Just("   "), Just("# ${{{ key=a [auto update by updsts]"), Just("# $}}}")].prop_map(str::to_owned),
    ]
}

fn file() -> impl Strategy<Value = String> {
    (vec((line(), prop_oneof![5 => Just("\n"), 1 => Just("\r\n")]), 0..14), any::<bool>()).prop_map(|(lines, last)| {
        let mut file = "[default]\n".to_owned();
        for (text, ending) in lines {
            file.push_str(&text);
            file.push_str(ending);
        }
        if last { file } else { file.trim_end_matches(['\r', '\n']).to_owned() }
    })
}

/// What the SDK for Rust reads otherwise, as `docs/SPEC.md` says: it passes over profiles with some
/// names, which botocore has, and over a `[default]` beside `[profile default]`. Of `[a]` and `[ a ]`
/// in one file either may win.
fn is_disputed(kind: EnvConfigFileKind, file: &str) -> bool {
    let is_config = matches!(kind, EnvConfigFileKind::Config);
    let headers: Vec<_> =
        file.lines().filter_map(|line| line.strip_prefix('[')?.split_once(']')).map(|(name, _)| name).collect();
    let has_name_for_few = headers.iter().any(|name| {
        let name = name.trim();
        let name = name.strip_prefix("profile").filter(|_| is_config).map_or(name, str::trim);
        !name.is_empty() && !is_accepted_by_every_sdk(name.as_bytes())
    });
    let is_padded_twin = |name: &&str| name.trim() != *name && headers.contains(&name.trim());
    let has_two_defaults = headers.contains(&"default") && headers.contains(&"profile default");
    has_name_for_few || headers.iter().any(is_padded_twin) || is_config && has_two_defaults
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn file_1_reads_what_the_sdk_reads(file in file()) {
        if !is_disputed(EnvConfigFileKind::Credentials, &file)
            && let Some([ours, theirs]) = both(EnvConfigFileKind::Credentials, &file)
        {
            prop_assert_eq!(ours, theirs, "{}", file);
        }
    }
}

#[test]
fn file_1_the_generated_files_are_mostly_read_by_the_sdk() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let files = (0..500).map(|_| file().new_tree(&mut runner).unwrap().current());
    let read = files
        .filter(|file| {
            !is_disputed(EnvConfigFileKind::Credentials, file) && sdk(EnvConfigFileKind::Credentials, file).is_some()
        })
        .count();
    assert!(read > 200, "{read} of 500");
}

/// The cases that the SDK's parser is tested with, `name` and `name2` being keys that updsts reads.
///
/// Source: `profile-parser-tests.json` of aws-runtime
const SDK_CASES: [&str; 51] = [
    "",
    "[profile foo]",
    "[profile some-thing:long/the_one%only.foo@bar+]\n[profile foo!bar]",
    "[profile foo",
    "[profile \tfoo \t]",
    "[profile\tfoo]",
    "region = value",
    "[profile foo]\nregion = value",
    "[profile foo]\r\nregion = value",
    "[profile foo]\nregion = val=ue",
    "[profile foo]\nregion = \u{1f602}",
    "[profile foo]\nregion = value\nmfa_serial = value2",
    "[profile foo]\nregion \t=  \tvalue \t",
    "[profile foo]\nregion =",
    "[profile foo]\n= value",
    "[profile foo]\nkey : value",
    "[profile foo]\n[profile bar]",
    "[profile foo]\nregion = value\n[profile bar]\nmfa_serial = value2",
    "\t \n[profile foo]\n\t\n \nregion = value\n\t \n[profile bar]\n \t",
    "# Comment\n[profile foo] # Comment\nregion = value # Comment with # sign",
    "; Comment\n[profile foo] ; Comment\nregion = value ; Comment with ; sign",
    "# Comment\n[profile foo] ; Comment\nregion = value # Comment with ; sign",
    ";\n[profile foo];\nregion = value ;\n",
    "[profile foo]; Adjacent semicolons\n[profile bar]# Adjacent pound signs",
    "[profile foo]\nregion = value; Adjacent semicolons\nmfa_serial = value2# Adjacent pound signs",
    "[profile foo]\nregion = value\n -continued",
    "[profile foo]\nregion = value\n -continued\n -and-continued",
    "[profile foo]\nregion = value\n \t -continued \t ",
    "[profile foo]\nregion = value\n -continued # Comment",
    "[profile foo]\nregion = value\n -continued ; Comment",
    " -continued",
    "[profile foo]\n -continued",
    "[profile foo]\nregion = value\n[profile foo]\n -continued",
    "[profile foo]\nregion = value\n[profile foo]\nmfa_serial = value2",
    "[profile foo]\nregion = value\nregion = value2",
    "[profile foo]\nregion = value\n[profile foo]\nregion = value2",
    "[profile foo]\nRegion = value\n[profile foo]\nregion = value2",
    "[profile default]\nregion = value\n[default]\nmfa_serial = value2",
    "[default]\nmfa_serial = value2\n[profile default]\nregion = value",
    "[profile foo]\nin valid = value",
    "[profile ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_]",
    "[profile foo]\ns3 =\n region = value",
    "[profile foo]\ns3 =\n invalid",
    "[profile foo]\ns3 =\n region =",
    "[profile foo]\ns3 =\n region = value\n\t \n mfa_serial = value2",
    "[foo]\nregion = value",
    "[profile foo]; semicolon\n[profile bar]# pound",
    "[profilefoo]\nregion = value\n[profile bar]",
    "[   profile foo    ]\nregion = value\n[profile bar]",
    "[sso-session foo]\nregion = value\n[profile bar]",
    "[sso-sesion foo]\nregion = value\n[profile bar]",
];

#[test]
fn file_1_the_cases_of_the_sdk_are_read_alike() {
    let (mut alike, mut rejected) = (0, 0);
    for case in SDK_CASES {
        let credentials = case.replace("[profile ", "[").replace("[profile\t", "[");
        for (kind, file) in [(EnvConfigFileKind::Config, case), (EnvConfigFileKind::Credentials, &credentials)] {
            match both(kind, file) {
                _ if is_disputed(kind, file) => continue,
                Some([ours, theirs]) => assert_eq!(ours, theirs, "{kind:?} {file:?}"),
                None => rejected += 1,
            }
            alike += 1;
        }
    }
    eprintln!("{alike} files, {rejected} of them rejected by the SDK");
}

#[test]
fn file_1_what_the_sdk_rejects_is_read_with_a_warning() {
    for file in SDK_CASES.map(|case| case.replace("[profile ", "[").replace("[profile\t", "[")) {
        if sdk(EnvConfigFileKind::Credentials, &file).is_none() {
            let profiles = Profiles::of_credentials(file.as_bytes());
            assert!(!profiles.warnings().is_empty(), "{file:?}");
        }
    }
}
