//! The laws of locate and splice (BLK-1 to BLK-8, BLK-10, FILE-6) on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use updsts::core::block::layout::Layout;
use updsts::core::ini::key::Key;
use updsts::core::ini::profiles::Profiles;
use updsts::core::name::is_accepted_by_every_sdk;
use updsts::core::secret::SecretString;
use updsts::core::session::SessionCredentials;
use updsts::core::block::change::Change;
use updsts::core::block::edit::ManagedBlock;
use updsts::core::block::error::BlockError;
use updsts::core::ini::botocore::Reading;

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

/// The new file; prefix and suffix of the edit are the old file's. `None` where it is refused, but never by the check of
/// the editor's own work.
fn made(old: &[u8], change: Result<Change, BlockError>) -> Option<Vec<u8>> {
    let Change { edit, file, .. } = match change {
        Ok(change) => change,
        Err(BlockError::Unsafe(error)) => panic!("an edit that is made passes the check: {error}"),
        Err(_) => return None,
    };
    let (prefix, suffix) = (&old[..edit.range().start], &old[edit.range().end..]);
    assert_eq!(file.len(), prefix.len() + edit.replacement().len() + suffix.len());
    assert!(file.starts_with(prefix) && file.ends_with(suffix));
    // What botocore accepted it still accepts (FILE-8).
    assert!(!Reading::of(old).faults.is_empty() || Reading::of(&file).faults.is_empty());
    Some(file.to_vec())
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
    let credentials = session();
    let block = ManagedBlock::new(source, session_profile, &credentials, EXPIRATION);
    made(file, Change::write(&Layout::of(file), &block))
}

fn clear(file: &[u8], source: &[u8]) -> Option<Vec<u8>> {
    let layout = Layout::of(file);
    let block = layout.block_of(source)?;
    if block.range().start == 0 && file[block.begin.end..].starts_with(b"\xef\xbb\xbf") {
        // What stood in the middle becomes a byte order mark at the start: the check refuses that.
        return None;
    }
    made(file, Change::remove(&layout, block))
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
