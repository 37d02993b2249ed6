//! The path of another file, as a call may name it (MCP-9).

use std::path::PathBuf;

use crate::core::error::{Error, ErrorCode, Result};
use crate::core::platform::Platform;

/// Devices of Windows, which are there in every directory and with every extension.
///
/// Source: <https://learn.microsoft.com/windows/win32/fileio/naming-a-file#naming-conventions>
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// The path, if it is absolute or begins with `~/`. Nothing is looked up: on Windows even to ask whether
/// `\\host\share\x` exists logs in at that host, which learns what it needs to guess the user's password.
pub fn parse(text: &str) -> Result<PathBuf> {
    parse_on(Platform::HERE, text)
}

fn parse_on(platform: Platform, text: &str) -> Result<PathBuf> {
    let (is_whole, what, hint) = match platform {
        Platform::Unix => (
            (text.starts_with('/') || text.starts_with("~/")) && !text.contains('\0'),
            "neither an absolute path nor one that begins with `~/`",
            "leave it empty for the operator's file, or give an absolute path",
        ),
        Platform::Windows => (
            is_on_a_drive(text),
            r"neither the path of a file on a drive, such as `C:\dir\file`, nor one that begins with `~\`",
            "leave it empty for the operator's file, or give a path that begins with a drive; the network and devices are \
             not allowed",
        ),
    };
    let refused = || Error::new(ErrorCode::FileNotAllowed, format!("`cred_file` is {what}"), hint);
    is_whole.then(|| PathBuf::from(text)).ok_or_else(refused)
}

/// Whether it is a file of Windows below a drive or the home directory: no share, pipe, device or stream.
fn is_on_a_drive(text: &str) -> bool {
    let path = match text.as_bytes() {
        [b'~', b'/' | b'\\', ..] => &text[2..],
        [drive, b':', b'/' | b'\\', ..] if drive.is_ascii_alphabetic() => &text[3..],
        _ => return false,
    };
    path.split(['/', '\\']).all(|name| !name.contains(is_forbidden) && !is_device(name))
}

fn is_forbidden(c: char) -> bool {
    c.is_control() || "<>:\"|?*".contains(c)
}

fn is_device(name: &str) -> bool {
    let name = name.split('.').next().unwrap_or_default().trim_end().to_uppercase();
    let port = name.strip_prefix("COM").or(name.strip_prefix("LPT"));
    let is_port = port.is_some_and(|number| number.chars().count() == 1 && number.contains(|c: char| c.is_numeric()));
    is_port || DEVICES.contains(&&*name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(platform: Platform, path: &str) -> bool {
        parse_on(platform, path).inspect_err(|e| assert_eq!(e.code(), ErrorCode::FileNotAllowed)).is_err()
    }

    #[test]
    fn mcp_9_a_file_is_named_by_its_whole_path() {
        for platform in [Platform::Unix, Platform::Windows] {
            for path in ["", "credentials", "./x", "../x", "~", "~other/x", r"~other\x", "/a\u{0}b", "C:x", ".\\x"] {
                assert!(is_refused(platform, path), "{path:?} on {platform:?}");
            }
        }
        for path in ["/a/b", "~/b", "/a/NUL", "//host/x", "/a:b", r"/a\b"] {
            assert_eq!(parse_on(Platform::Unix, path).unwrap(), PathBuf::from(path));
        }
        for path in [r"C:\x", "c:/x", r"~\x", "~/x", r"C:\a b\開発\.aws/credentials", r"C:\\x\\y", r"C:\null\com10.txt"]
        {
            assert_eq!(parse_on(Platform::Windows, path).unwrap(), PathBuf::from(path));
        }
    }

    #[test]
    fn mcp_9_no_call_makes_windows_log_in_at_another_host() {
        for path in [
            r"\\host\share\x",
            "//host/share/x",
            r"\/host\share\x",
            r"\\host@SSL@443\DavWWWRoot\x",
            r"\\?\UNC\host\share\x",
            r"\\?\C:\x",
            r"\\.\C:\x",
            r"\??\UNC\host\x",
            r"\\.\pipe\x",
            r"\x",
            "/x",
            r"C:\\?\UNC\host\x",
            r"~\\?\UNC\host\x",
            "file://host/x",
            "C:",
            r"1:\x",
            r"é:\x",
        ] {
            assert!(is_refused(Platform::Windows, path), "{path}");
        }
    }

    #[test]
    fn mcp_9_no_call_names_a_device_or_a_stream_of_windows() {
        for name in [
            "NUL", "nul.txt", "con", "AUX .x", "prn", "COM1", "com1.log", "LPT9", "COM²", "CONIN$", "conout$", "NUL ",
            "x:stream", "x::$DATA", "a*", "a?", "a|b", "a\"b", "a<b", "a\u{1}b",
        ] {
            for path in [format!(r"C:\{name}"), format!("C:/{name}/x"), format!(r"~\a\{name}"), format!("~/{name}")] {
                assert!(is_refused(Platform::Windows, &path), "{path:?}");
            }
        }
    }
}
