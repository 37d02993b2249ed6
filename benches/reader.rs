//! The reader and the editor on files of 3, 1,000 and 100,000 profiles, beside the AWS SDK's own parser.
//!
//! `cargo bench`; the throughput is in bytes of the file for each second.

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source::load;
use aws_types::os_shim_internal::{Env, Fs};
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use updsts::core::block::check::{Expected, verify};
use updsts::core::block::edit::{ManagedBlock, splice};
use updsts::core::block::layout::Layout;
use updsts::core::ini::profiles::Profiles;
use updsts::core::secret::SecretString;
use updsts::core::session::SessionCredentials;

const PROFILES: [usize; 3] = [3, 1_000, 100_000];
const EXPIRATION: &str = "2026-11-24T12:43:07+09:00";

fn main() {
    divan::main();
}

/// Long-term keys, of which every second has a session.
fn file(profiles: usize) -> String {
    let profile = |n: usize| {
        let source = format!(
            "[user-{n}]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n\
             mfa_device_arn = arn:aws:iam::123456789012:mfa/user-{n}\n\n"
        );
        if n % 2 == 1 {
            return source;
        }
        let token = "FwoGZXIvYXdzEXAMPLE".repeat(19);
        format!(
            "{source}# ${{{{{{ key=user-{n} [auto update by updsts]\n[user-{n}_sts]\naws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
             aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\naws_session_token = {token}\n\
             expiration_datetime = {EXPIRATION}\n# $}}}}}} [auto update by updsts]\n\n"
        )
    };
    (0..profiles).map(profile).collect()
}

fn session() -> SessionCredentials {
    SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        session_token: SecretString::from("FwoGZXIvYXdzEXAMPLE".repeat(19)),
        expiration: jiff::Timestamp::UNIX_EPOCH,
    }
}

#[divan::bench(args = PROFILES, min_time = 0.5, max_time = 3)]
fn read_profiles(bencher: Bencher, profiles: usize) {
    let file = file(profiles);
    bencher.counter(BytesCount::of_str(&file)).bench(|| Profiles::of_credentials(black_box(file.as_bytes())));
}

#[divan::bench(args = PROFILES, min_time = 0.5, max_time = 3)]
fn read_profiles_by_the_sdk(bencher: Bencher, profiles: usize) {
    let file = file(profiles);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let Ok(runtime) = runtime else { return };
    let files = EnvConfigFiles::builder().with_contents(EnvConfigFileKind::Credentials, &file).build();
    let source = || runtime.block_on(load(&Env::from_slice(&[]), &Fs::from_slice(&[]), &files));
    bencher
        .counter(BytesCount::of_str(&file))
        .with_inputs(source)
        .bench_values(|source| source.map(|source| EnvConfigSections::parse(black_box(source))));
}

/// Finds the block of the profile in the middle and makes its new bytes; the rest is not copied.
#[divan::bench(args = PROFILES, min_time = 0.5, max_time = 3)]
fn locate_and_splice(bencher: Bencher, profiles: usize) {
    let (file, session) = (file(profiles), session());
    let (source, session_profile) = names(profiles);
    let block = ManagedBlock::new(source.as_bytes(), &session_profile, &session, EXPIRATION);
    bencher.counter(BytesCount::of_str(&file)).bench(|| {
        let layout = Layout::of(black_box(file.as_bytes()));
        layout.slot(block.source, session_profile.as_bytes(), false).map(|slot| splice(&slot, &block))
    });
}

/// The check of the whole new file before it replaces the old one.
#[divan::bench(args = PROFILES, min_time = 0.5, max_time = 3)]
fn check_the_new_file(bencher: Bencher, profiles: usize) {
    let (file, session) = (file(profiles), session());
    let (source, session_profile) = names(profiles);
    let block = ManagedBlock::new(source.as_bytes(), &session_profile, &session, EXPIRATION);
    let layout = Layout::of(file.as_bytes());
    let Ok(slot) = layout.slot(block.source, session_profile.as_bytes(), false) else { return };
    let edit = splice(&slot, &block);
    let new = edit.apply(file.as_bytes());
    bencher
        .counter(BytesCount::of_str(&file))
        .bench(|| verify(file.as_bytes(), &edit.range(), black_box(&new), &Expected::Block(&block)));
}

fn names(profiles: usize) -> (String, String) {
    let middle = profiles / 2 / 2 * 2;
    (format!("user-{middle}"), format!("user-{middle}_sts"))
}
