//! The block editor on before/after files (BLK-1 to BLK-8), compared byte for byte.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use updsts::core::block;
use updsts::core::block::change::Change;
use updsts::core::block::check::{Expected, verify};
use updsts::core::block::edit::ManagedBlock;
use updsts::core::block::error::{Disagreement, VerifyError};
use updsts::core::block::layout::{BlockError, Layout};
use updsts::core::ini::profiles::Profiles;
use updsts::core::secret::SecretString;
use updsts::core::session::SessionCredentials;

pub const EXPIRATION: &str = "2026-11-24T12:43:07+09:00";

pub fn example_session() -> SessionCredentials {
    SessionCredentials {
        access_key_id: "ASIAIOSFODNN7EXAMPLE".into(),
        secret_access_key: SecretString::from("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"),
        session_token: SecretString::from("AQoDYXdzEJr1K5EXAMPLESESSIONTOKEN//////////wEXAMPLE=="),
        expiration: EXPIRATION.parse().unwrap(),
    }
}

/// What `get` does to the bytes of the file.
pub fn update(file: &[u8], source: &str, session_profile: &str) -> Result<Vec<u8>, BlockError> {
    let layout = Layout::of(file);
    let credentials = example_session();
    let block = ManagedBlock::new(source.as_bytes(), session_profile, &credentials, EXPIRATION);
    let new = passing_its_own_check(Change::write(&layout, &block))?;
    let old_name = layout.block_of(source.as_bytes()).and_then(|block| block.header.as_ref()).map(|header| header.name);
    assert!(others_read_the_same(file, &new, &[session_profile.as_bytes(), old_name.unwrap_or_default()]));
    Ok(new)
}

/// An edit that is made never fails the first check: that would be a defect of the editor.
fn passing_its_own_check(change: Result<Change, BlockError>) -> Result<Vec<u8>, BlockError> {
    match change {
        Ok(change) => Ok(change.file.to_vec()),
        Err(BlockError::Unsafe(error)) => panic!("{error}"),
        Err(error) => Err(error),
    }
}

/// The check of the new bytes, where the example session went into the block.
pub fn check(
    old: &[u8],
    replaced: &Range<usize>,
    new: &[u8],
    source: &str,
    session_profile: &str,
) -> Result<(), VerifyError> {
    let credentials = example_session();
    let block = ManagedBlock::new(source.as_bytes(), session_profile, &credentials, EXPIRATION);
    verify(old, replaced, new, &Expected::Block(&block))
}

/// Whether the whole files, read from end to end, say the same of every profile but these.
pub fn others_read_the_same(old: &[u8], new: &[u8], but: &[&[u8]]) -> bool {
    let (old, new) = (Profiles::of_credentials(old), Profiles::of_credentials(new));
    let mut old = old.iter().filter(|profile| !but.contains(&&*profile.name));
    let mut new = new.iter().filter(|profile| !but.contains(&&*profile.name));
    loop {
        match (old.next(), new.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a.reads_like(b) => {}
            _ => return false,
        }
    }
}

pub fn clear(file: &[u8], source: &str) -> Result<Vec<u8>, BlockError> {
    let layout = Layout::of(file);
    let block = layout.block_of(source.as_bytes()).unwrap();
    let new = passing_its_own_check(Change::remove(&layout, block))?;
    let name = block.header.as_ref().map(|header| header.name);
    assert!(others_read_the_same(file, &new, &[name.unwrap_or_default()]));
    Ok(new)
}

fn fixtures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    names
}

fn session_name(file: &[u8]) -> String {
    let layout = Layout::of(file);
    let header = layout.block_of(b"default").and_then(|block| block.header.clone());
    header.map_or("default_sts".into(), |header| String::from_utf8(header.name.to_vec()).unwrap())
}

#[test]
fn every_fixture_becomes_its_after_file_byte_for_byte() {
    let fixtures = fixtures();
    assert!(fixtures.len() >= 25);
    for fixture in fixtures {
        let before = fs::read(fixture.join("before")).unwrap();
        let after = fs::read(fixture.join("after")).unwrap();
        let new = update(&before, "default", &session_name(&before)).unwrap();
        assert_eq!(
            new.escape_ascii().to_string().replace("\\n", "\n"),
            after.escape_ascii().to_string().replace("\\n", "\n"),
            "{}",
            fixture.display()
        );
    }
}

#[test]
fn blk_8_applying_the_same_session_twice_changes_nothing() {
    for fixture in fixtures() {
        let after = fs::read(fixture.join("after")).unwrap();
        assert!(update(&after, "default", &session_name(&after)).unwrap() == after, "{}", fixture.display());
    }
}

#[test]
fn blk_8_clearing_a_new_block_gives_back_the_file_but_for_a_final_newline() {
    for file in [&b"[default]\r\nx = 1"[..], b"[default]\n", b"", b"\xef\xbb\xbf[default]\n", b"\xef\xbb\xbf"] {
        let mut restored = clear(&update(file, "default", "s").unwrap(), "default").unwrap();
        if restored != file {
            let end = restored.len() - if restored.ends_with(b"\r\n") { 2 } else { 1 };
            restored.truncate(end);
        }
        assert_eq!(restored, file);
    }
}

#[test]
fn blk_8_another_name_rewrites_the_header_alone() {
    let file = update(b"[default]\n", "default", "old").unwrap();
    let renamed = String::from_utf8(update(&file, "default", "new").unwrap()).unwrap();
    assert_eq!(renamed, String::from_utf8(file).unwrap().replace("[old]", "[new]"));
}

#[test]
fn blk_3_and_4_a_source_name_is_copied_byte_for_byte_and_found_again() {
    for source in ["my.prof", "team/dev", "a@b", "key with blanks", "köln", "a$b", "key=x", "x  y", "-n"] {
        let file = format!("[{source}]\nregion = x\n");
        let once = update(file.as_bytes(), source, "session").unwrap();
        assert!(
            once.starts_with(format!("{file}# ${{{{{{ key={source} [auto update by updsts]\n[session]\n").as_bytes())
        );
        assert!(update(&once, source, "session").unwrap() == once, "{source}");
    }
}

#[test]
fn blk_3_a_key_without_signature_ends_at_the_first_blank() {
    let file = b"[a]\n# ${{{ key=a b c\n[s]\n# $}}} anything\n#  ${{{  key=b\tx\n[t]\n\t#\t$}}}x\n# ${{{ no key\n## ${{{ key=z\n";
    let layout = Layout::of(file);
    let keys: Vec<_> = layout.blocks().iter().map(|block| (block.key, block.begin_line, block.end_line)).collect();
    assert_eq!(keys, [(&b"a"[..], 2, 4), (b"b", 5, 7)]);
    assert_eq!(layout.damage(), []);
}

#[test]
fn blk_6_damage_is_refused_with_its_line() {
    use BlockError::{
        BeginWithoutEnd, ContinuedAfterEnd, EndWithoutBegin, Indented, KeyAfterEnd, LinesAfterEnd, Nested, SameKey,
        TwoHeaders,
    };
    let cases: [(&str, BlockError); 16] = [
        ("[a]\n# ${{{ key=a\n[a_sts]\n", BeginWithoutEnd { line: 2 }),
        ("[a]\n# ${{{ key=other\n[x]\n", BeginWithoutEnd { line: 2 }),
        ("[a]\n# ${{{ key=a\n[x]\n[y]\n", BeginWithoutEnd { line: 2 }),
        ("[b]\n# ${{{ key=a\n# $}}}\nregion = of_b\n[a]\n", LinesAfterEnd { line: 4 }),
        ("[a]\n# $}}} x\n", EndWithoutBegin { line: 2 }),
        ("[a]\n# ${{{ key=a\n# ${{{ key=b\n# $}}}\n# $}}}\n", Nested { line: 3, outer: 2 }),
        ("# ${{{ key=a\n# $}}}\n[a]\n# ${{{ key=a\n# $}}}\n", SameKey { line: 4, first: 1, key: "a".into() }),
        ("[a]\n# ${{{ key=a\n[a_sts]\nx=1\n[b]\n# $}}}\n", TwoHeaders { line: 5, first: 3 }),
        ("[a]\n# ${{{ key=z\n[z_sts]\n[b]\n# $}}}\n", TwoHeaders { line: 4, first: 3 }),
        (
            "[a]\n# ${{{ key=a\n[a_sts]\n# $}}}\n\naws_access_key_id = x\n",
            KeyAfterEnd { line: 6, key: "aws_access_key_id" },
        ),
        (
            "[a]\n# ${{{ key=a\n[a_sts]\n# $}}}\nregion = x\nAWS_SECURITY_TOKEN: x\n",
            KeyAfterEnd { line: 6, key: "aws_security_token" },
        ),
        ("[a]\n# ${{{ key=a\n[a_sts]\nexpiration_datetime = x\n# $}}}\n  more\n", ContinuedAfterEnd { line: 6 }),
        ("[a]\n# ${{{ key=a\n[a_sts]\n# $}}}\n [b]\n", ContinuedAfterEnd { line: 5 }),
        ("[a]\n# ${{{ key=a\n# $}}}\n# c\n  x = y\n", ContinuedAfterEnd { line: 5 }),
        ("[a]\n# ${{{ key=a\n[a_sts]\n  region = x\n# $}}}\n", Indented { line: 4 }),
        ("[a]\n# ${{{ key=a\n[a_sts]\n  nothing\n# $}}}\n", Indented { line: 4 }),
    ];
    for (file, error) in cases {
        assert_eq!(update(file.as_bytes(), "a", "a_sts"), Err(error), "{file}");
    }
}

#[test]
fn blk_6_a_taken_name_is_refused() {
    use BlockError::{NameIsOwn, NameIsSource, NameOfOtherBlock, NameTaken};
    let blocks = "[a]\n[b]\n# ${{{ key=b\n[b_sts]\n# $}}}\n[plain]\n# ${{{ key=gone\n[g]\n# $}}}\n# ${{{ key=a\n[a_sts]\n# $}}}\n";
    let name = |name: &str| update(blocks.as_bytes(), "a", name).unwrap_err();
    assert_eq!(name("plain"), NameTaken { name: "plain".into(), line: 6, is_session: false });
    assert_eq!(name("b_sts"), NameOfOtherBlock { name: "b_sts".into(), line: 4, owner: "b".into() });
    assert_eq!(name("b"), NameTaken { name: "b".into(), line: 2, is_session: false });
    assert_eq!(name("gone"), NameIsSource { name: "gone".into() });
    assert_eq!(name("a"), NameIsOwn { name: "a".into() });
    assert!(update(blocks.as_bytes(), "a", "a_sts").is_ok());
    let outside_too = format!("{blocks}[a_sts]\n");
    assert_eq!(
        update(outside_too.as_bytes(), "a", "a_sts"),
        Err(NameTaken { name: "a_sts".into(), line: 13, is_session: false })
    );
}

#[test]
fn lines_that_continue_the_users_own_value_past_the_end_tag_stay_allowed() {
    let file =
        "[a]\n# ${{{ key=a\n[a_sts]\naws_access_key_id = x\ns3 =\n  x = 1\n# $}}}\n  aws_session_token = nested\n";
    assert!(update(file.as_bytes(), "a", "a_sts").is_ok());
}

#[test]
fn blk_10_clear_keeps_lines_between_tag_and_header() {
    let file = b"[a]\n# ${{{ key=a\nregion = x\n[a_sts]\nregion = y\n# mine\n# $}}}\n\n[b]\n";
    assert_eq!(clear(file, "a").unwrap(), b"[a]\nregion = x\n\n[b]\n");
    let layout = Layout::of(file);
    let own = block::edit::own_lines(file, layout.block_of(b"a").unwrap(), None);
    assert_eq!(own, [(5, "`region`".to_owned()), (6, "a comment".to_owned())]);
}

#[test]
fn blk_10_clear_refuses_where_a_line_would_fall_to_another_profile() {
    let file = b"[a]\n# ${{{ key=a\n[a_sts]\n# $}}}\nregion = x\n[b]\n";
    assert_eq!(clear(file, "a"), Err(BlockError::LinesAfterEnd { line: 5 }));
}

#[test]
fn file_6_a_new_file_that_says_something_else_is_refused() {
    use updsts::core::block::error::VerifyError::{Block, OtherProfile, Outside, Session};
    let old = b"# mine\n[default]\nregion = a\n# ${{{ key=default x\n[s]\n# $}}}\n[b]\nregion = b\n";
    let good = String::from_utf8(update(old, "default", "s").unwrap()).unwrap();
    let start = old.len() - b"# ${{{ key=default x\n[s]\n# $}}}\n[b]\nregion = b\n".len();
    let range = start..old.len() - b"[b]\nregion = b\n".len();
    let credentials = example_session();
    let block = ManagedBlock::new(b"default", "s", &credentials, EXPIRATION);
    let verdict = |new: &str| verify(old, &range, new.as_bytes(), &Expected::Block(&block));
    assert_eq!(verdict(&good), Ok(()));
    assert_eq!(verdict(&good.replace("# mine", "# gone")), Err(Outside));
    assert_eq!(verdict(&good.replace("region = b", "region = c")), Err(Outside));
    assert_eq!(verdict(&good[..range.start]), Err(Outside));
    assert_eq!(verdict(&good.replace("key=default", "key=other")), Err(Block));
    assert_eq!(verdict(&good.replace("# $}}}\n", "# $}}}\n# ${{{ key=default\n# $}}}\n")), Err(Block));
    assert_eq!(verdict(&good.replace("# $}}}\n", "# $}}}\n# ${{{ key=z\n# $}}}\n")), Err(Block));
    assert_eq!(verdict(&good.replace("ASIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLF")), Err(Session));
    assert_eq!(verdict(&good.replace("aws_session_token", "aws_session_tokem")), Err(Session));
    assert_eq!(verdict(&good.replace("[s]", "[t]")), Err(Session));
    assert_eq!(verdict(&good.replace("# $}}}\n", "# $}}}\n[more]\n")), Err(OtherProfile));
    assert_eq!(verdict(&good.replace("[s]", "region = z\n[s]")), Err(OtherProfile));
    let no_block = Expected::NoBlock { source: b"default" };
    assert_eq!(verify(old, &range, good.as_bytes(), &no_block), Err(Block));
}

#[test]
fn file_6_a_value_that_continues_below_the_begin_tag_is_no_header() {
    let file = b"[a]\nregion = r\n# ${{{ key=a\n [more]\n[a_sts]\naws_access_key_id = x\n# $}}}\n";
    let new = update(file, "a", "a_sts").unwrap();
    assert!(new.starts_with(b"[a]\nregion = r\n# ${{{ key=a\n [more]\n[a_sts]\n"));
    assert_eq!(clear(file, "a").unwrap(), b"[a]\nregion = r\n [more]\n");
}

/// A block of `default` with these lines under its header.
fn with_block(header: &str, body: &str, after: &str) -> String {
    format!(
        "[default]\nregion = r\n# ${{{{{{ key=default [auto update by updsts]\n{header}\n{body}# $}}}}}} x\n{after}"
    )
}

const SESSION: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
                       aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY\n\
                       aws_session_token = AQoDYXdzEJr1K5EXAMPLESESSIONTOKEN//////////wEXAMPLE==\n\
                       expiration_datetime = 2026-11-24T12:43:07+09:00\n";

#[test]
fn file_8_keys_with_unicode_spaces_are_rewritten_or_removed_with_the_value_they_continue() {
    let old = "aws_access_key_id = A\naws_secret_access_key = B\n";
    for token in [
        "aws_session_token\u{3000}= C\n",
        "\u{a0}aws_session_token = C\n",
        "aws_session_token\u{2003}:\u{a0}C\u{3000}\n",
        "\u{1c}aws_session_token = C\n",
        "aws_session_token\u{85}\u{1f}= C\n",
    ] {
        let file = with_block("[default_sts]", &format!("{old}{token}"), "");
        let new = update(file.as_bytes(), "default", "default_sts").unwrap();
        assert_eq!(String::from_utf8(new).unwrap(), with_block("[default_sts]", SESSION, ""), "{token:?}");
    }
}

#[test]
fn file_8_a_header_that_the_aws_cli_reads_as_another_name_is_rewritten() {
    for header in [
        "[ default_sts ]",
        "[default_sts] ]",
        "[default_sts]# [x]",
        "[default_sts] # [x]",
        "[default_sts]junk",
        " [default_sts]",
    ] {
        // An indented line would continue the value above, if there were one.
        let file = with_block(header, "", "").replace("region = r\n", "");
        let new = String::from_utf8(update(file.as_bytes(), "default", "default_sts").unwrap()).unwrap();
        assert!(new.contains("\n[default_sts]\n") && !new.contains(header), "{header}: {new}");
    }
    for header in ["[default_sts]", "[default_sts] ", "[default_sts] # mine", "[default_sts]\t; mine"] {
        let new = update(with_block(header, "", "").as_bytes(), "default", "default_sts").unwrap();
        assert_eq!(String::from_utf8(new).unwrap(), with_block(header, SESSION, ""));
    }
}

#[test]
fn file_8_an_edit_that_the_aws_cli_would_reject_is_refused_with_the_line() {
    use Disagreement::{OtherProfile, Rejected, Session};
    use updsts::core::ini::botocore::FaultKind::{NotNested, RepeatedKey, RepeatedSection};
    let block = |body: &str| with_block("[default_sts]", body, "");
    let cases = [
        // A lone carriage return ends a line, so the rest of the comment is a section, a key, or another profile.
        ("[default]\n# old\r[default_sts]\rregion = r\n".into(), Rejected(RepeatedSection), 2),
        (block("# old\raws_session_token = hidden\n"), Rejected(RepeatedKey), 5),
        (block("# old\r[prod]\r\naws_session_token = t\n"), OtherProfile, 5),
        (block("aws_session_token = t\n  more\rown = 1\n"), OtherProfile, 4),
        // Python lowers the Kelvin sign to a `k`.
        (block("aws_access_\u{212a}ey_id = x\n"), Rejected(RepeatedKey), 5),
        ("[DEFAULT]\naws_security_token = t\n[default]\n".into(), Session, 2),
        ("[DEFAULT]\ns3 =\n  junk\n".into(), Rejected(NotNested), 2),
        ("[default]\r[x]\n# c\r[default_sts]".into(), Rejected(RepeatedSection), 2),
    ];
    for (file, what, line) in cases {
        let refused = update(file.as_bytes(), "default", "default_sts");
        assert_eq!(refused, Err(BlockError::ForAwsCli { what, line }), "{file:?}");
    }
}

#[test]
fn file_8_clear_is_refused_where_the_block_holds_what_the_aws_cli_reads_for_others() {
    for lines in ["# c\r[DEFAULT]\rregion = x\n", "# c\r[prod]\n"] {
        let file = format!("[DEFAULT]\noutput = json\n{}", with_block("[default_sts]", lines, ""));
        let refused = clear(file.as_bytes(), "default");
        assert!(matches!(refused, Err(BlockError::ForAwsCli { what: Disagreement::OtherProfile, .. })), "{refused:?}");
    }
}

#[test]
fn file_8_an_old_fault_stays_and_is_no_reason_to_refuse() {
    for file in [
        "\u{feff}[default]\n[b]\n",
        "region = x\n[default]\n",
        "[default]\n[b]\n[b]\n",
        "[default]\nx = 1\nX = 2\n",
        "[default]\nno delimiter\n= x\n",
        "[default]\ns3 =\n  junk\n",
    ] {
        let new = update(file.as_bytes(), "default", "default_sts").unwrap();
        assert!(new.starts_with(file.as_bytes()));
        assert_eq!(clear(&new, "default").unwrap(), file.as_bytes());
    }
}

#[test]
fn file_8_a_session_that_the_aws_cli_reads_twice_already_is_still_renewed_and_cleared() {
    let file = format!("# c\r[default_sts]\n{}", with_block("[default_sts]", "aws_session_token = t\n", ""));
    let new = update(file.as_bytes(), "default", "default_sts").unwrap();
    assert_eq!(clear(&new, "default").unwrap(), b"# c\r[default_sts]\n[default]\nregion = r\n");
}

#[test]
fn blk_10_clear_refuses_what_only_looks_like_a_header_behind_the_block() {
    for line in ["[x = 1", "[x", "[]", "[x : 1"] {
        let file = with_block("[default_sts]", SESSION, &format!("{line}\nregion = eu-west-1\n"));
        assert_eq!(clear(file.as_bytes(), "default"), Err(BlockError::LinesAfterEnd { line: 10 }), "{line}");
    }
    let file = with_block("[default_sts]", SESSION, "[x = 1\naws_session_token = t\n");
    let refused = update(file.as_bytes(), "default", "default_sts");
    assert_eq!(refused, Err(BlockError::KeyAfterEnd { line: 11, key: "aws_session_token" }));
}

/// The update of a session profile that gets a region, or is adopted.
fn changed(file: &str, region: Option<&str>, adopts: bool) -> Result<String, BlockError> {
    let credentials = example_session();
    let block = ManagedBlock::new(b"default", "default_sts", &credentials, EXPIRATION);
    let change = Change::write(&Layout::of(file.as_bytes()), &ManagedBlock { region, adopts, ..block });
    passing_its_own_check(change).map(|file| String::from_utf8(file).unwrap())
}

#[test]
fn blk_11_the_region_is_the_last_line_of_the_block() {
    let region = "region = eu-west-1\n";
    for body in ["", "aws_session_token = t\n# mine\noutput = json\n"] {
        let file = with_block("[default_sts]", body, "[b]\n");
        let without = changed(&file, None, false).unwrap();
        let with = changed(&file, Some("eu-west-1"), false).unwrap();
        assert_eq!(with, without.replace("# $}}}", &format!("{region}# $}}}}}}")));
    }
    let added = changed("[default]\r\n", Some("eu-west-1"), false).unwrap();
    assert!(added.contains("\r\nregion = eu-west-1\r\n# $}}} "), "{added}");
}

#[test]
fn blk_6_adoption_puts_the_tags_around_the_section_and_keeps_every_other_byte() {
    let begin = "# ${{{ key=default [auto update by updsts]\n";
    let end = "# $}}} [auto update by updsts]\n";
    let old = "aws_session_token = t\naws_security_token = t\n";
    for (own, after) in [
        ("", ""),
        ("assumed_role = False\n# mine\nregion = r\n", "\n# of b\n[b]\nx = 1\n"),
        ("k =\n  nested = v\n", "\n\n"),
        ("", "# ends without a line ending"),
    ] {
        let file = format!("[default]\n\n# above\n[default_sts]\n{old}{own}{after}");
        let refused = changed(&file, None, false);
        assert_eq!(refused, Err(BlockError::NameTaken { name: "default_sts".into(), line: 4, is_session: true }));
        let session = SESSION.lines().filter(|line| !line.starts_with("aws_session")).collect::<Vec<_>>();
        let token = SESSION.lines().find(|line| line.starts_with("aws_session")).unwrap();
        let new = format!("{token}\n{}\n", session.join("\n"));
        let expected = format!("[default]\n\n# above\n{begin}[default_sts]\n{new}{own}{end}{after}");
        assert_eq!(changed(&file, None, true).unwrap(), expected);
    }
    let unended = changed("[default]\r\n[default_sts]\r\naws_session_token = t\r\nregion = r", None, true).unwrap();
    assert!(unended.ends_with("region = r\r\n# $}}} [auto update by updsts]\r\n"), "{unended}");
}

#[test]
fn blk_6_nothing_else_is_adopted() {
    let token = "aws_session_token = t\n";
    for file in [
        "[default]\n[default_sts]\nregion = r\n".to_owned(),
        format!("[default]\n[default_sts]\n{token}[default_sts]\n"),
        format!("[default]\n# ${{{{{{ key=b\n[default_sts]\n{token}# $}}}}}}\n"),
        format!("{}[default_sts]\n{token}", with_block("[other]", "", "")),
    ] {
        assert!(changed(&file, None, true).is_err(), "{file}");
    }
}

#[test]
fn file_8_a_large_file_is_checked_in_linear_time() {
    let others: String = (0..20_000).fold(String::new(), |file, n| file + &format!("[p{n}]\nregion = eu-west-1\n"));
    let start = std::time::Instant::now();
    update(format!("[default]\n{others}").as_bytes(), "default", "default_sts").unwrap();
    // A look at every line for every profile takes a minute.
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}
