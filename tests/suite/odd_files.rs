//! Credentials files as people, editors and other programs leave them, through the program (FILE-1, FILE-8).

use super::sandbox::{SOURCE, Sandbox};

const SESSION: &str = "aws_access_key_id = ASIAIOSFODNN7EXAMPLE\n\
                       aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY\n\
                       aws_session_token = AQoDYXdzEJr1K5EXAMPLESESSIONTOKEN\n\
                       expiration_datetime = 2099-11-24T12:43:07+09:00\n";

fn block(header: &str, body: &str) -> String {
    format!("# ${{{{{{ key=default [auto update by updsts]\n{header}\n{body}# $}}}}}} [auto update by updsts]\n")
}

/// `[default]` and what comes behind it.
fn with(more: &str) -> Sandbox {
    Sandbox::new().credentials(format!("{SOURCE}{more}"))
}

const GET: [&str; 5] = ["get", "-n", "default", "-t", "123456"];

#[test]
fn file_8_c60_a_key_with_unicode_spaces_is_the_key() {
    for line in ["aws_session_token\u{3000}= C", "\u{a0}aws_session_token = C", "aws_session_token\u{2007}=\u{2007}C"] {
        let old = format!("aws_access_key_id = A\naws_secret_access_key = B\n{line}\n");
        let sandbox = with(&block("[default_sts]", &old));
        sandbox.get([]).succeeds();
        let file = sandbox.read();
        assert_eq!(file.matches("aws_session_token").count(), 1, "{file}");
        assert!(file.is_ascii(), "{file}");
        sandbox.run(["list", "--check", "default"]).succeeds();
    }
}

#[test]
fn file_8_c61_a_section_that_only_the_aws_cli_sees_is_refused_with_its_line() {
    for more in ["# old\r[default_sts]\rregion = r\r", "[b]\n# old\r[default_sts]\n"] {
        let run = with(more).refused(GET, "block_damaged", 3);
        run.says("a second section of the same name")
            .says(&format!("credentials:{}", 4 + more.matches('\n').count().max(1)));
    }
}

#[test]
fn file_8_c62_the_profile_that_get_announces_has_its_exact_header() {
    for header in ["[ default_sts ]", "[default_sts] ]", "[default_sts]# [x]", "[\u{a0}default_sts]"] {
        let sandbox = with(&block(header, SESSION));
        sandbox.get([]).succeeds();
        assert!(sandbox.read().contains("\n[default_sts]\n"), "{header}");
    }
}

#[test]
fn blk_10_c63_clear_refuses_keys_that_would_fall_to_the_profile_above() {
    for line in ["[x = 1", "[y"] {
        let sandbox = with(&format!("{}{line}\nregion = eu-west-1\n", block("[default_sts]", SESSION)));
        sandbox.refused(["clear", "-n", "default"], "block_damaged", 3).says("credentials:12");
        sandbox.refused(["clear", "--all"], "block_damaged", 3).says("credentials:12");
    }
}

#[test]
fn file_8_a_file_that_the_aws_cli_rejects_stays_as_odd_as_it_was_with_a_warning() {
    for (more, line, what) in [
        ("[b]\n[b]\n", 6, "a second section of the same name"),
        ("output = x\nOUTPUT = y\n", 6, "a repeated key"),
        ("[b]\nno delimiter\n", 6, "a line without a key and `=`"),
    ] {
        let sandbox = with(more);
        let warning = format!("credentials:{line}: {what}: the AWS CLI rejects the file");
        sandbox.get([]).succeeds().says(&warning);
        assert!(sandbox.read().starts_with(&format!("{SOURCE}{more}# $")));
        sandbox.run(["clear", "-n", "default"]).succeeds().says(&warning);
        assert_eq!(sandbox.read(), format!("{SOURCE}{more}"));
    }
}

#[test]
fn file_1_c3_unicode_spaces_around_keys_and_values_are_none_of_theirs() {
    for space in ["\u{a0}", "\u{3000}", "\u{2003}", "\u{1f}"] {
        let sandbox = Sandbox::new().credentials(SOURCE.replace(" = ", &format!("{space}={space}")));
        sandbox.get([]).succeeds();
        let listed = sandbox.run(["list", "--json"]).succeeds().json();
        assert_eq!(listed[0]["mfa_device_arn"], "arn:aws:iam::123456789012:mfa/user");
    }
}

#[test]
fn file_1_c2_a_file_that_is_no_credentials_file_says_what_it_is() {
    let utf_16: Vec<u8> = std::iter::once(0xfeff).chain(SOURCE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let unmarked: Vec<u8> = SOURCE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let cases: [(&[u8], &str); 8] = [
        (&utf_16, "UTF-16"),
        (&unmarked, "UTF-16"),
        (b"\0GITCRYPT\0\x8a\x01[default]\n", "git-crypt unlock"),
        (b"$ANSIBLE_VAULT;1.1;AES256\n6162\n", "ansible-vault decrypt"),
        (b"{\n \"data\": \"ENC[x]\",\n \"sops\": {}\n}\n", "sops decrypt"),
        (b"age-encryption.org/v1\n-> X25519 x\n", "age --decrypt"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "age --decrypt"),
        (b"-----BEGIN PGP MESSAGE-----\n", "gpg --decrypt"),
    ];
    for (bytes, what) in cases {
        let sandbox = Sandbox::new().credentials(bytes);
        let commands: [&[&str]; 4] = [&GET, &["list"], &["export", "-n", "default"], &["clear", "-n", "default"]];
        for arguments in commands {
            sandbox.refused(arguments.iter().copied(), "file_unusable", 3).says(what);
        }
    }
}

#[test]
fn file_1_c2_lines_without_a_header_are_named() {
    let sandbox = Sandbox::new().credentials(SOURCE.replace("[default]\n", "# mine\n"));
    sandbox.refused(GET, "profile_not_found", 3).says("line 2 has no header above it").says("`[default]`");
    sandbox.run(["list"]).succeeds().says("credentials:2: a line before the first profile");
}

#[test]
fn cli_14_c13_a_session_in_a_repeated_profile_is_not_good() {
    let other = "[default_sts]\naws_access_key_id = ASIAOTHER\naws_secret_access_key = other\n";
    for more in
        [format!("{}{other}", block("[default_sts]", SESSION)), format!("{other}{}", block("[default_sts]", SESSION))]
    {
        let line = more.lines().enumerate().filter(|(_, line)| *line == "[default_sts]");
        let line = 5 + line.map(|(at, _)| at).find(|&at| at == 0 || at > 5).unwrap();
        let sandbox = with(&more);
        let run = sandbox.refused(["export", "-n", "default"], "session_missing", 7);
        run.says("occurs twice").says(&format!("credentials:{line}"));
        sandbox.refused(["list", "--check", "default"], "session_missing", 7);
        assert_eq!(sandbox.run(["list", "--json"]).succeeds().json()[1]["status"], "unknown");
        sandbox.refused(GET, "name_taken", 3).says(&format!("credentials:{line}"));
        let kept = ["get", "-n", "default", "-t", "123456", "--min-validity", "900"];
        sandbox.refused(kept, "name_taken", 3);
    }
}
