//! The laws of the editor on generated files (DESIGN: what is proved how).

use bstr::ByteSlice;
use proptest::collection::vec;
use proptest::prelude::*;
use updsts::core::block::layout::Layout;
use updsts::core::ini::botocore::Reading;
use updsts::core::ini::key::Key;
use updsts::core::ini::lines::{Line, LineKind, Lines, trim};
use updsts::core::ini::profiles::Profiles;

use super::editor::{check, clear, others_read_the_same, update};

/// A file whose failures can be read.
#[derive(Clone)]
pub struct File(pub Vec<u8>);

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\n{}", self.0.escape_ascii().to_string().replace("\\n", "\\n\n"))
    }
}

/// Pieces of lines that credentials files are made of, and of damage to them.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop_oneof![
            Just("[a]"), Just("[a_sts]"), Just("[b]"), Just("[b_sts]"), Just(" [c] "), Just("[d] # x"), Just("[e"), Just("[]"),
            Just("# ${{{ key=a [auto update by updsts]"), Just("# ${{{ key=b"), Just("  #  ${{{ key=a"), Just("#$}}}"),
            Just("# $}}} [auto update by updsts]"), Just("\t# $}}}"),
            Just("aws_access_key_id = AKIAIOSFODNN7EXAMPLE"), Just("aws_access_key_id=x"), Just("aws_secret_access_key = s"),
            Just("aws_session_token = t"), Just("AWS_SESSION_TOKEN: t"), Just("aws_security_token = u"), Just("expiration_datetime = e"),
            Just("region = r # c"), Just("mfa_serial ="), Just("unknown = v"), Just("  nested = v"), Just("   deeper"), Just("\tx"),
            Just("[ a_sts ]"), Just("[a_sts]# [x]"), Just("[x = 1"), Just("[DEFAULT]"), Just("k ="), Just("  junk"),
            Just("aws_session_token\u{3000}= t"), Just("\u{a0}aws_session_token = t"), Just("# c\r[a_sts]"), Just("x\ry = z"),
            Just("no delimiter"), Just("= no key"), Just("# comment"), Just(" ; indented comment"), Just(""), Just("   "),
        ].prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..12),
    ]
}

pub fn file() -> impl Strategy<Value = File> {
    let line = (fragment(), prop_oneof![6 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\r"), 1 => Just("")]);
    (prop_oneof![9 => Just(&b""[..]), 1 => Just(&b"\xef\xbb\xbf"[..])], vec(line, 0..30)).prop_map(|(mark, lines)| {
        let mut file = mark.to_vec();
        for (text, ending) in lines {
            file.extend_from_slice(&text);
            file.extend_from_slice(ending.as_bytes());
        }
        File(file)
    })
}

/// A file that can be updated more often than not: any lines, a well-formed block, any lines.
fn file_with_block() -> impl Strategy<Value = File> {
    let inner = prop_oneof![
        Just("aws_access_key_id = x"),
        Just("aws_secret_access_key=s"),
        Just("aws_session_token = t"),
        Just("  more"),
        Just("aws_security_token = u"),
        Just("expiration_datetime = e"),
        Just("region = r"),
        Just("# c"),
        Just(""),
        Just("no delimiter"),
        Just("aws_session_token = again"),
        Just(" # indented"),
    ];
    let plain = prop_oneof![Just("[b]"), Just("[b c]"), Just("region = r"), Just("# c"), Just(""), Just("x = y")];
    (vec(plain.clone(), 0..6), vec(plain.clone(), 0..2), vec(inner, 0..10), vec(plain, 0..6), any::<bool>()).prop_map(
        |(before, between, body, after, crlf)| {
            let mut lines = vec!["[a]"];
            lines.extend(before);
            lines.push("# ${{{ key=a [auto update by updsts]");
            lines.extend(between.iter().filter(|line| !line.starts_with('[')));
            lines.push("[a_sts]");
            lines.extend(body);
            lines.push("# $}}}");
            lines.extend(after);
            File(lines.join(if crlf { "\r\n" } else { "\n" }).into_bytes())
        },
    )
}

/// `PROPTEST_CASES` asks for more.
pub fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: default.cases.max(2_000), failure_persistence: None, ..default }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..400)) {
        Layout::of(&bytes);
        Reading::of(&bytes);
        Profiles::of_credentials(&bytes);
        Profiles::of_config(&bytes);
    }

    // `update` verifies prefix, suffix, the session read back and every other profile; an accepted
    // file must pass that check, never fail it.
    #[test]
    fn an_accepted_file_keeps_everything_else_and_twice_is_once(File(file) in file()) {
        if let Ok(once) = update(&file, "a", "a_sts") {
            let (before, after) = (Reading::of(&file).faults, Reading::of(&once).faults);
            prop_assert!(!before.is_empty() || after.is_empty(), "{after:?}");
            prop_assert!(update(&once, "a", "a_sts").unwrap() == once);
        }
    }

    #[test]
    fn a_well_formed_block_is_always_updated_in_place(File(file) in file_with_block()) {
        let new = update(&file, "a", "a_sts");
        let refused_for_cause = matches!(&new, Err(error) if error.to_string().contains("after the end tag") || error.to_string().contains("indented"));
        prop_assert!(new.is_ok() || refused_for_cause, "{new:?}");
    }

    #[test]
    fn adding_a_block_and_clearing_it_gives_back_the_file(File(file) in file()) {
        let had_block = Layout::of(&file).block_of(b"a").is_some();
        if let (false, Ok(added)) = (had_block, update(&file, "a", "a_sts")) {
            prop_assert!(added.starts_with(&file));
            let restored = clear(&added, "a").unwrap();
            prop_assert!(restored.starts_with(&file));
            prop_assert!([&b""[..], b"\n", b"\r\n"].contains(&&restored[file.len()..]));
        }
    }

    #[test]
    fn landmarks_are_the_comments_and_headers_among_the_lines(File(file) in file(), bytes in vec(any::<u8>(), 0..400)) {
        for bytes in [file, bytes] {
            let described = |line: Line<'_>| match line.kind {
                LineKind::Comment(text) => Some((line.number, line.range(), line.indented, None, text.to_vec())),
                LineKind::Header(h) => Some((line.number, line.range(), line.indented, Some(h.closed), h.name.to_vec())),
                _ => None,
            };
            let all: Vec<_> = Lines::of(&bytes).filter_map(described).collect();
            let mut landmarks = Lines::of(&bytes);
            let found: Vec<_> = std::iter::from_fn(|| landmarks.next_landmark()).filter_map(described).collect();
            prop_assert_eq!(all, found);
        }
    }

    #[test]
    fn sections_read_alone_read_as_in_the_whole_file(File(file) in file()) {
        let (layout, whole) = (Layout::of(&file), Profiles::of_credentials(&file));
        for profile in whole.iter() {
            let alone = Profiles::of_sections(&file, layout.sections_of(&[&profile.name]));
            let same = alone.get(&profile.name).is_some_and(|found| found.reads_like(profile) && found.line == profile.line);
            prop_assert!(same, "{}", profile.name.escape_ascii());
        }
    }

    // Where botocore takes a file, both readers take the same from it; but for comments behind values, and empty lines
    // in them.
    #[test]
    fn file_8_both_readings_agree_on_what_botocore_accepts(File(file) in prop_oneof![file(), file_with_block()]) {
        let (ours, theirs) = (Profiles::of_credentials(&file), Reading::of(&file));
        let has_lone_return = file.windows(2).any(|pair| pair[0] == b'\r' && pair[1] != b'\n') || file.ends_with(b"\r");
        // Below a header without its bracket our reader reads nothing, and botocore the section above.
        let has_open_header =
            Lines::of(&file).any(|line| matches!(line.kind, LineKind::Header(header) if !header.ends_a_section()));
        if has_lone_return || has_open_header || !theirs.faults.is_empty() || !theirs.defaults.entries.is_empty() {
            return Ok(());
        }
        for section in theirs.sections.iter().filter(|section| trim(section.name) == section.name) {
            let Some(profile) = ours.get(section.name) else { continue };
            for key in Key::OF_A_SESSION {
                let read = section.get(key.as_str()).map(|entry| entry.value.to_str_lossy().into_owned());
                let is_plain = |text: &String| !text.contains(" #") && !text.contains(" ;") && !text.is_empty();
                let read = read.filter(is_plain).map(|text| text.split('\n').filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n"));
                if let Some(read) = read {
                    let ours = profile.get(key).map(|value| value.bytes.to_str_lossy().trim_start_matches('\n').to_owned());
                    prop_assert_eq!(ours, Some(read));
                }
            }
        }
    }

    // The check reads the neighbourhood of the edit alone; whatever it lets pass, the whole file must.
    #[test]
    fn what_passes_the_check_leaves_every_other_profile_as_it_was(
        File(file) in file_with_block(),
        line in prop_oneof![Just("[x]"), Just("region = q"), Just(" q"), Just("[b]"), Just("# $}}}"), Just("[a"), Just("x")],
        at in any::<proptest::sample::Index>(),
    ) {
        let Ok(new) = update(&file, "a", "a_sts") else { return Ok(()) };
        let range = Layout::of(&file).block_of(b"a").unwrap().range();
        let written = range.start..new.len() - (file.len() - range.end);
        let starts: Vec<_> = Lines::of(&new).map(|line| line.start).filter(|start| written.contains(start)).collect();
        let at = starts[at.index(starts.len())];
        let spoiled = [&new[..at], line.as_bytes(), b"\n", &new[at..]].concat();
        if check(&file, &range, &spoiled, "a", "a_sts").is_ok() {
            prop_assert!(others_read_the_same(&file, &spoiled, &[b"a_sts"]));
        }
    }

    #[test]
    fn lines_cover_every_byte_once(bytes in vec(any::<u8>(), 0..400)) {
        let mut at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        for line in Lines::of(&bytes) {
            prop_assert_eq!(line.start, at);
            prop_assert!(line.end > line.start);
            at = line.end;
        }
        prop_assert_eq!(at, bytes.len());
    }
}
