//! The line that `init` writes into a section, compared byte for byte (FIRST-1, FILE-6, FILE-8).

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use updsts::core::block::change::Change;
use updsts::core::block::error::BlockError;
use updsts::core::block::layout::Layout;
use updsts::core::block::preview::changed_lines;
use updsts::core::ini::botocore::Reading;
use updsts::core::ini::key::Key;
use updsts::core::ini::profiles::Profiles;

use super::editor::others_read_the_same;
use super::editor_laws::{File, config, file};

const DEVICE: &str = "arn:aws:iam::123456789012:mfa/user";

fn set(file: &[u8], profile: &str) -> Result<Vec<u8>, BlockError> {
    let change = match Change::set_device(&Layout::of(file), profile.as_bytes(), DEVICE) {
        Err(BlockError::Unsafe(error)) => panic!("{error}"),
        change => change?,
    };
    let new = change.file.to_vec();
    assert!(others_read_the_same(file, &new, &[profile.as_bytes()]));
    let profiles = Profiles::of_credentials(&new);
    assert_eq!(profiles.get(profile.as_bytes()).unwrap().text(Key::MfaDeviceArn), Some(DEVICE));
    Ok(new)
}

#[track_caller]
fn becomes(before: &str, after: &str) {
    let new = set(before.as_bytes(), "a").unwrap();
    assert_eq!(new.escape_ascii().to_string(), after.replace("DEVICE", DEVICE).as_bytes().escape_ascii().to_string());
    assert!(set(&new, "a").unwrap() == new, "a second time changes nothing");
}

#[test]
fn first_1_the_line_stands_below_the_last_key_line() {
    becomes("[a]\nx = 1\n", "[a]\nx = 1\nmfa_device_arn = DEVICE\n");
    becomes("[a]\n", "[a]\nmfa_device_arn = DEVICE\n");
    becomes("[a]\nx = 1\n\n# of b\n[b]\ny = 2\n", "[a]\nx = 1\nmfa_device_arn = DEVICE\n\n# of b\n[b]\ny = 2\n");
    becomes(
        "[a]\nx = 1\n# between\ny = 2\n# behind\n",
        "[a]\nx = 1\n# between\ny = 2\nmfa_device_arn = DEVICE\n# behind\n",
    );
    becomes("[b]\n[a]\nx = 1\n[c]\n", "[b]\n[a]\nx = 1\nmfa_device_arn = DEVICE\n[c]\n");
}

#[test]
fn first_1_continuation_lines_stay_with_their_value() {
    becomes(
        "[a]\nx =\n  y = 1\n\n  # c\n  z = 2\n[b]\n",
        "[a]\nx =\n  y = 1\n\n  # c\n  z = 2\nmfa_device_arn = DEVICE\n[b]\n",
    );
}

#[test]
fn first_1_a_block_right_behind_stays_as_it_is() {
    let block =
        "# ${{{ key=a [auto update by updsts]\n[a_sts]\naws_access_key_id = i\n# $}}} [auto update by updsts]\n";
    becomes(&format!("[a]\nx = 1\n{block}"), &format!("[a]\nx = 1\nmfa_device_arn = DEVICE\n{block}"));
    // What another program put between the tag and the header belongs to the profile above.
    let inner = block.replace("[a_sts]", "region = r\n[a_sts]");
    becomes(&format!("[a]\nx = 1\n{inner}"), &format!("[a]\nx = 1\nmfa_device_arn = DEVICE\n{inner}"));
    let continued = block.replace("[a_sts]", "  more\n[a_sts]");
    let after = continued.replace("  more\n", "  more\nmfa_device_arn = DEVICE\n");
    becomes(&format!("[a]\nx = 1\n{continued}"), &format!("[a]\nx = 1\n{after}"));
}

#[test]
fn first_1_line_endings_and_a_missing_final_newline_are_kept() {
    becomes("[a]\r\nx = 1\r\n\r\n[b]\ny = 2\n", "[a]\r\nx = 1\r\nmfa_device_arn = DEVICE\r\n\r\n[b]\ny = 2\n");
    becomes("[b]\r\n[a]\nx = 1\n[c]\r\n", "[b]\r\n[a]\nx = 1\nmfa_device_arn = DEVICE\n[c]\r\n");
    becomes("[a]\nx = 1", "[a]\nx = 1\nmfa_device_arn = DEVICE");
    becomes("[a]\r\nx = 1", "[a]\r\nx = 1\r\nmfa_device_arn = DEVICE");
    becomes("[a]", "[a]\nmfa_device_arn = DEVICE");
    becomes("\u{feff}[a]\nx = 1\n", "\u{feff}[a]\nx = 1\nmfa_device_arn = DEVICE\n");
}

#[test]
fn first_1_blanks_are_those_of_the_section() {
    becomes("[b]\nx = 1\n[a]\nx=1\n", "[b]\nx = 1\n[a]\nx=1\nmfa_device_arn=DEVICE\n");
    becomes("[a]\nx\t=\t1\n", "[a]\nx\t=\t1\nmfa_device_arn\t=\tDEVICE\n");
    becomes("[a]\nx: 1\n", "[a]\nx: 1\nmfa_device_arn = DEVICE\n");
    becomes("[a]\nx\u{a0}=\u{3000}1\n", "[a]\nx\u{a0}=\u{3000}1\nmfa_device_arn = DEVICE\n");
    // Equals signs below one another.
    becomes(
        "[a]\naws_access_key_id     = i\naws_secret_access_key = s\n",
        "[a]\naws_access_key_id     = i\naws_secret_access_key = s\nmfa_device_arn        = DEVICE\n",
    );
    becomes("[a]\nx  = 1\nyz = 2\n", "[a]\nx  = 1\nyz = 2\nmfa_device_arn = DEVICE\n");
}

#[test]
fn first_1_a_device_that_is_there_is_rewritten_where_it_stands() {
    becomes("[a]\nmfa_device_arn = arn:old\nx = 1\n", "[a]\nmfa_device_arn = DEVICE\nx = 1\n");
    becomes("[a]\nMFA_Device_ARN=arn:old # mine\r\nx = 1\n", "[a]\nMFA_Device_ARN=DEVICE # mine\r\nx = 1\n");
    becomes("[a]\nmfa_device_arn =\nx = 1\n", "[a]\nmfa_device_arn = DEVICE\nx = 1\n");
    becomes("[a]\nmfa_device_arn=", "[a]\nmfa_device_arn=DEVICE");
    becomes("[a]\nmfa_device_arn = # c\n", "[a]\nmfa_device_arn = DEVICE # c\n");
    becomes("[a]\nmfa_device_arn = arn\n  # c\n  more\nx = 1\n", "[a]\nmfa_device_arn = DEVICE\n  # c\nx = 1\n");
    becomes(&format!("[a]\nx = 1\nmfa_device_arn = {DEVICE}\n"), "[a]\nx = 1\nmfa_device_arn = DEVICE\n");
}

#[test]
fn first_1_of_a_profile_that_stands_twice_the_last_value_counts() {
    becomes("[a]\nx = 1\n[b]\n[a]\ny = 2\n", "[a]\nx = 1\n[b]\n[a]\ny = 2\nmfa_device_arn = DEVICE\n");
    becomes("[a]\nmfa_device_arn = old\n[b]\n[a]\n", "[a]\nmfa_device_arn = DEVICE\n[b]\n[a]\n");
}

#[test]
fn first_1_a_file_that_allows_no_safe_edit_is_refused_with_its_line() {
    let refused = |file: &str| {
        let error = set(file.as_bytes(), "a").unwrap_err();
        (error.line(), error.to_string())
    };
    assert_eq!(refused("[a]\n  x = 1\n# c\n  [b]\n  y = 2\n").0, Some(4));
    assert_eq!(refused("[a]\nno delimiter\n\n  junk\n").0, Some(4));
    assert_eq!(refused("[a]\n# $}}} [auto update by updsts]\n").0, Some(2));
    assert_eq!(refused("[b]\n").1, "there is no section `[a]`");
    // It would count for every profile.
    assert!(Change::set_device(&Layout::of(b"[DEFAULT]\nx = 1\n[b]\n"), b"DEFAULT", DEVICE).is_err());
}

#[test]
fn first_1_a_preview_shows_the_one_line() {
    for (file, number) in [(&b"[a]\nx = 1\n[b]\n"[..], 3), (b"[a]\nx = 1", 3), (b"[a]\nmfa_device_arn = arn:old\n", 2)]
    {
        let layout = Layout::of(file);
        let change = Change::set_device(&layout, b"a", DEVICE).unwrap();
        let new: Vec<_> = changed_lines(file, &change.edit).into_iter().filter(|line| line.is_new).collect();
        assert_eq!(new.len(), 1, "{new:?}");
        assert_eq!((new[0].number, &*new[0].text), (number, &*format!("mfa_device_arn = {DEVICE}")));
    }
}

#[test]
fn first_1_every_fixture_differs_by_the_one_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for fixture in fs::read_dir(folder).unwrap() {
        for name in ["before", "after"] {
            let path = fixture.as_ref().unwrap().path().join(name);
            let file = fs::read(&path).unwrap();
            let is_device = |line: &&[u8]| line.starts_with(b"mfa_device_arn");
            let bare: Vec<u8> =
                file.split_inclusive(|&b| b == b'\n').filter(|line| !is_device(line)).flatten().copied().collect();
            let new = set(&bare, "default").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let lines = |file: &[u8]| {
                file.split(|&b| b == b'\n').map(|line| line.trim_ascii_end().to_vec()).collect::<Vec<_>>()
            };
            let mut added = lines(&new);
            let at = added.iter().position(|line| line.starts_with(b"mfa_device_arn")).unwrap();
            added.remove(at);
            assert_eq!(added, lines(&bare), "{}", path.display());
            assert!(set(&new, "default").unwrap() == new, "{}", path.display());
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_device_line_keeps_everything_else_and_twice_is_once(File(file) in file()) {
        if let Ok(once) = set(&file, "a") {
            let (before, after) = (Reading::of(&file).faults, Reading::of(&once).faults);
            prop_assert!(!before.is_empty() || after.is_empty(), "{after:?}");
            prop_assert!(set(&once, "a").unwrap() == once);
        }
    }
}
