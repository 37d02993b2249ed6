//! `-sn`, an option of the original program, which the option parser would read as `-s` with the value `n` (CLI-4).

use std::ffi::OsString;

/// Rewrites `-sn NAME` and `-sn=NAME` to the long form, up to a `--`.
pub fn rewrite(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut plain = false;
    let rewrite = |argument: OsString| {
        plain |= argument == "--";
        match argument.to_str() {
            Some("-sn") if !plain => "--sts-profile-name".into(),
            Some(text) if !plain && text.starts_with("-sn=") => format!("--sts-profile-name={}", &text[4..]).into(),
            _ => argument,
        }
    };
    arguments.into_iter().map(rewrite).collect()
}

/// Shows `-sn` in a help text; the option parser knows only the long form.
pub fn in_help(help: &str) -> String {
    help.replace("     --sts-profile-name", "-sn, --sts-profile-name")
        .replace("     \u{1b}[1m--sts-profile-name", "\u{1b}[1m-sn\u{1b}[0m, \u{1b}[1m--sts-profile-name")
}

pub fn in_manual(page: &str) -> String {
    page.replace(r"\fB\-\-sts\-profile\-name\fR", r"\fB\-sn\fR, \fB\-\-sts\-profile\-name\fR")
}
