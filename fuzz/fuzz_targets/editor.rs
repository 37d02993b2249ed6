//! The laws of locate and splice (BLK-1 to BLK-8, BLK-10, FILE-6) on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use updsts::core::block::layout::Layout;
use updsts::core::ini::key::Key;
use updsts::core::ini::profiles::Profiles;
use updsts::core::name::is_accepted_by_every_sdk;
use updsts::core::secret::SecretString;
use updsts::core::session::SessionCredentials;
use updsts::core::block::edit::{self, Edit, ManagedBlock};
use updsts::core::block::check::{Expected, verify};

const EXPIRATION: &str = "2026-11-24T12:43:07+09:00";

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

fn session() -> SessionCredentials {
    SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"),
        session_token: SecretString::from("AQoDYXdzEJr1K5EXAMPLESESSIONTOKEN//////////wEXAMPLE=="),
        expiration: EXPIRATION.parse().expect("it is a time stamp"),
    }
}

/// Prefix and suffix of the edit are the old file's.
fn apply(old: &[u8], edit: &Edit) -> Vec<u8> {
    let new = edit.apply(old).to_vec();
    let (prefix, suffix) = (&old[..edit.range().start], &old[edit.range().end..]);
    assert_eq!(new.len(), prefix.len() + edit.replacement().len() + suffix.len());
    assert!(new.starts_with(prefix) && new.ends_with(suffix));
    new
}

/// Every profile but the session's own, with every value that is ever read out.
fn others(file: &[u8], sessions: &[Vec<u8>]) -> Vec<(Vec<u8>, Vec<Option<Vec<u8>>>)> {
    let profiles = Profiles::of_credentials(file);
    let others = profiles.iter().filter(|profile| !sessions.iter().any(|name| **name == *profile.name));
    let values = others.map(|profile| {
        (
            profile.name.to_vec(),
            KEYS.iter().map(|&key| profile.text(key).map(|text| text.as_bytes().to_vec())).collect(),
        )
    });
    values.collect()
}

fn header_of(file: &[u8], source: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::of(file);
    Some(layout.block_of(source)?.header.as_ref()?.name.to_vec())
}

fn update(file: &[u8], source: &[u8], session_profile: &str) -> Option<Vec<u8>> {
    let layout = Layout::of(file);
    let slot = layout.slot(source, session_profile.as_bytes()).ok()?;
    let credentials = session();
    let block = ManagedBlock { source, session_profile, credentials: &credentials, expiration: EXPIRATION };
    let edit = edit::splice(slot, &block);
    let new = apply(file, &edit);
    verify(file, &edit.range(), &new, &Expected::Block(&block)).expect("an edit that is accepted passes the check");
    Some(new)
}

fn clear(file: &[u8], source: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::of(file);
    let edit = edit::remove(&layout, file, layout.block_of(source)?).ok()?;
    let new = apply(file, &edit);
    if edit.range().start == 0 && new.starts_with(b"\xef\xbb\xbf") {
        // What stood in the middle becomes a byte order mark at the start: the check refuses that.
        return None;
    }
    verify(file, &edit.range(), &new, &Expected::NoBlock { source })
        .expect("a removal that is accepted passes the check");
    Some(new)
}

fn check(file: &[u8], source: &[u8], session_profile: &str) {
    let had_block = Layout::of(file).block_of(source).is_some();
    let sessions: Vec<_> = header_of(file, source).into_iter().chain([session_profile.as_bytes().to_vec()]).collect();
    let before = others(file, &sessions);
    if let Some(once) = update(file, source, session_profile) {
        assert!(before == others(&once, &sessions), "every other profile reads the same");
        let twice = update(&once, source, session_profile).expect("what updsts wrote, it updates");
        assert!(twice == once, "twice equals once");
        if !had_block {
            assert!(once.starts_with(file), "a new block goes to the end");
            let restored = clear(&once, source).expect("a new block can be cleared");
            let end = restored.strip_prefix(file).expect("every byte is back");
            assert!([&b""[..], b"\n", b"\r\n"].contains(&end), "but for a final newline");
        }
    }
    if let Some(cleared) = clear(file, source) {
        assert!(before == others(&cleared, &sessions), "every other profile reads the same");
    }
}

fuzz_target!(|file: &[u8]| {
    check(file, b"default", "default_sts");
    // A block of whatever source the file names, under its own name and under another.
    let layout = Layout::of(file);
    if let Some(block) = layout.blocks().first() {
        check(file, block.key, "renamed");
        let name = block.header.as_ref().map_or(&b""[..], |header| header.name);
        // No other name is ever written (BLK-7).
        if is_accepted_by_every_sdk(name) && name != b"DEFAULT" {
            check(file, block.key, std::str::from_utf8(name).expect("it is ASCII"));
        }
    }
});
