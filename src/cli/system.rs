//! The words of the help texts that are other ones on Windows.

use crate::core::platform::Platform;

const ON_WINDOWS: [(&str, &str); 6] = [
    ("~/.aws/credentials", r"%USERPROFILE%\.aws\credentials"),
    ("AWS_PROFILE=default_sts aws s3 ls  ", "aws s3 ls --profile default_sts    "),
    (
        "eval \"$(updsts export default --format env)\"    for the rest of this shell",
        "updsts export default --format powershell | Invoke-Expression\n        for the rest of this PowerShell",
    ),
    ("/usr/local/bin/updsts ", r"C:\bin\updsts.exe "),
    ("  watch updsts list --table        a table without a terminal\n", ""),
    (" || updsts get default", "\n        exits with 0 if it is valid for 10 minutes"),
];

pub fn words(text: &str) -> String {
    words_on(Platform::HERE, text)
}

fn words_on(platform: Platform, text: &str) -> String {
    match platform {
        Platform::Unix => text.to_owned(),
        Platform::Windows => ON_WINDOWS.into_iter().fold(text.to_owned(), |text, (unix, own)| text.replace(unix, own)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cli_1_no_help_for_windows_has_a_line_of_a_unix_shell() {
        let source = include_str!("args.rs").replace("\\\"", "\"");
        for (unix, own) in ON_WINDOWS {
            assert!(source.contains(unix), "{unix}");
            assert!(
                !words_on(Platform::Windows, unix).contains(unix) && words_on(Platform::Unix, unix) == unix,
                "{own}"
            );
        }
        let shown = words_on(Platform::Windows, &source);
        for word in ["AWS_PROFILE=", "eval", "/usr/", "watch ", "||", "~/.aws"] {
            let help = shown.lines().filter(|line| !line.trim_start().starts_with("//"));
            assert_eq!(help.filter(|line| line.contains(word)).collect::<Vec<_>>(), Vec::<&str>::new(), "{word}");
        }
    }
}
