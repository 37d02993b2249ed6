//! The next step for the file that `-c` names: the commands that hints print would otherwise work on another one.

use std::path::Path;

use crate::core::error::Error;
use crate::core::platform::Platform;
use crate::core::quote;

pub fn for_the_file(error: Error, file: Option<&Path>) -> Error {
    let hint = in_the_file(error.hint(), file);
    error.with_hint(hint)
}

/// The same for a hint that is no error's.
pub fn in_the_file(hint: &str, file: Option<&Path>) -> String {
    on(Platform::HERE, hint, file.map(|file| file.display().to_string()).as_deref())
}

fn on(platform: Platform, hint: &str, file: Option<&str>) -> String {
    let mut hint = hint.to_owned();
    if let Some(file) = file {
        let set = match platform {
            Platform::Unix => format!("AWS_SHARED_CREDENTIALS_FILE={}", quote::posix(file)),
            Platform::Windows => format!("$env:AWS_SHARED_CREDENTIALS_FILE = {};", quote::powershell_literal(file)),
        };
        hint = hint.replace("`updsts ", &format!("`updsts -c {} ", quote::word_on(platform, file)));
        hint = hint.replace("`aws ", &format!("`{set} aws "));
    }
    match platform {
        Platform::Unix => hint,
        Platform::Windows => saying_powershell(&hint),
    }
}

/// Says of each command that cmd.exe would read otherwise that it is for PowerShell.
fn saying_powershell(hint: &str) -> String {
    let marked = hint.split('`').enumerate().map(|(number, text)| match number % 2 {
        1 if quote::is_for_powershell(text) => format!("`{text}` (in PowerShell)"),
        1 => format!("`{text}`"),
        _ => text.to_owned(),
    });
    marked.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_15_a_command_of_a_hint_works_in_the_shells_of_the_system() {
        let unix = |hint, file| on(Platform::Unix, hint, file);
        let windows = |hint, file| on(Platform::Windows, hint, file);
        assert_eq!(unix("run `updsts list`", Some("/a b")), "run `updsts -c '/a b' list`");
        assert_eq!(unix("`aws configure`", Some("/x")), "`AWS_SHARED_CREDENTIALS_FILE=/x aws configure`");
        assert_eq!(windows("run `updsts list`", Some(r"C:\a b")), r#"run `updsts -c "C:\a b" list`"#);
        assert_eq!(
            windows("`aws configure`", Some(r"C:\x")),
            r"`$env:AWS_SHARED_CREDENTIALS_FILE = 'C:\x'; aws configure` (in PowerShell)"
        );
        assert_eq!(windows("`updsts get '50%x%'`, or `-n`", None), "`updsts get '50%x%'` (in PowerShell), or `-n`");
        assert_eq!(windows(r#"`updsts get "a b"`"#, None), r#"`updsts get "a b"`"#);
    }
}
