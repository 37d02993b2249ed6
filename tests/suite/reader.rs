//! The reader against the SDK's own parser, on generated files (FILE-1): where the SDK accepts a
//! file, and botocore reads it no otherwise, updsts reads the same.

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};
use proptest::collection::vec;
use proptest::prelude::*;
use updsts::core::profile::{Key, Profiles};

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

fn sdk(file: &str) -> Option<ProfileSet> {
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Credentials, file).build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let environment = Env::from_slice(&[]);
    runtime.block_on(aws_config::profile::load(&Fs::default(), &environment, &files, Some("default".into()))).ok()
}

/// Every name, key and value as updsts reads them, and as the SDK does.
fn both(file: &str) -> Option<[Vec<String>; 2]> {
    let sdk = sdk(file)?;
    let profiles = Profiles::of_credentials(file.as_bytes());
    let mut ours = Vec::new();
    for profile in profiles.iter() {
        let name = std::str::from_utf8(&profile.name).unwrap();
        ours.push(format!("[{name}]"));
        ours.extend(KEYS.iter().filter_map(|&key| Some(format!("[{name}] {}={}", key.as_str(), profile.text(key)?))));
    }
    let mut theirs = Vec::new();
    for name in sdk.profiles() {
        theirs.push(format!("[{name}]"));
        let profile = sdk.get_profile(name).unwrap();
        let values = KEYS.iter().filter_map(|&key| Some((key, profile.get(key.as_str())?)));
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

/// What the SDK for Rust reads otherwise than botocore, whose reading updsts takes.
fn is_disputed(file: &str) -> bool {
    file.lines().any(|line| {
        // It ignores such a profile; botocore has it.
        let name = line.strip_prefix('[').and_then(|line| line.split_once(']')).map_or("", |(name, _)| name.trim());
        name.contains(' ')
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(3_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn file_1_reads_what_the_sdk_reads(file in file()) {
        if !is_disputed(&file)
            && let Some([ours, theirs]) = both(&file)
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
    let read = files.filter(|file| !is_disputed(file) && sdk(file).is_some()).count();
    assert!(read > 200, "{read} of 500");
}
