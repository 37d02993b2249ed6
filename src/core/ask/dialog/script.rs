//! The dialogs of macOS and Windows: fixed scripts, which get what they show as arguments or variables.
//!
//! Sources: <https://ss64.com/mac/osascript.html>,
//! <https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_powershell_exe>,
//! <https://learn.microsoft.com/windows/wsl/filesystems#share-environment-variables-between-windows-and-wsl-with-wslenv>

use tokio::process::Command;

use crate::core::ask::dialog::text::TITLE;
use crate::core::environment::Environment;

/// The words that the script for osascript answers with: any failure of it ends with 1.
pub const CODE: &str = "code ";
pub const DECLINED: &str = "declined";
pub const NOBODY: &str = "nobody";

const APPLE: [&str; 14] = [
    "on run argv",
    "try",
    "activate",
    "end try",
    "try",
    "set answer to display dialog (item 2 of argv) default answer \"\" with title (item 1 of argv) \
     with hidden answer giving up after ((item 3 of argv) as integer)",
    "on error number -128",
    "return \"declined\"",
    "end try",
    "if gave up of answer then",
    "return \"nobody\"",
    "end if",
    "return \"code \" & text returned of answer",
    "end run",
];

pub fn for_osascript(command: &mut Command, lines: &[String], seconds: u64) {
    for line in APPLE {
        command.arg("-e").arg(line);
    }
    command.args([TITLE, &lines.join("\n"), &seconds.to_string()]);
}

/// The statuses of the form; PowerShell itself fails with 1.
pub const FORM_DECLINED: i32 = 3;
pub const FORM_NOBODY: i32 = 5;

/// Without a double quote, so that it needs no escape on a command line of Windows.
const FORM: [&str; 28] = [
    "$ErrorActionPreference = 'Stop';",
    "$ProgressPreference = 'SilentlyContinue';",
    "Add-Type -AssemblyName System.Windows.Forms;",
    "Add-Type -AssemblyName System.Drawing;",
    "[System.Windows.Forms.Application]::EnableVisualStyles();",
    "$form = New-Object System.Windows.Forms.Form;",
    "$form.Text = $env:UPDSTS_TITLE; $form.TopMost = $true; $form.ShowInTaskbar = $true;",
    "$form.StartPosition = 'CenterScreen'; $form.FormBorderStyle = 'FixedDialog';",
    "$form.MaximizeBox = $false; $form.MinimizeBox = $false;",
    "$form.AutoSize = $true; $form.AutoSizeMode = 'GrowAndShrink';",
    "$panel = New-Object System.Windows.Forms.FlowLayoutPanel;",
    "$panel.FlowDirection = 'TopDown'; $panel.AutoSize = $true; $panel.WrapContents = $false;",
    "$panel.Padding = New-Object System.Windows.Forms.Padding(12);",
    "$label = New-Object System.Windows.Forms.Label; $label.AutoSize = $true; $label.UseMnemonic = $false;",
    "$label.Text = $env:UPDSTS_TEXT.Replace([string][char]9, [Environment]::NewLine);",
    "$box = New-Object System.Windows.Forms.TextBox; $box.UseSystemPasswordChar = $true; $box.Width = 200;",
    "$box.AccessibleName = $label.Text;",
    "$ok = New-Object System.Windows.Forms.Button; $ok.Text = 'OK'; $ok.DialogResult = 'OK';",
    "$cancel = New-Object System.Windows.Forms.Button; $cancel.Text = 'Cancel'; $cancel.DialogResult = 'Cancel';",
    "$panel.Controls.AddRange([System.Windows.Forms.Control[]]@($label, $box, $ok, $cancel)); $form.Controls.Add($panel);",
    "$form.AcceptButton = $ok; $form.CancelButton = $cancel;",
    "$timer = New-Object System.Windows.Forms.Timer; $timer.Interval = 1000 * [int]$env:UPDSTS_SECONDS;",
    "$timer.add_Tick({ $form.DialogResult = 'Abort' }); $timer.Start();",
    "$form.add_Shown({ $form.Activate(); [void]$box.Focus() });",
    "$result = [string]$form.ShowDialog();",
    "if ($result -eq 'Abort') { exit 5 } elseif ($result -ne 'OK') { exit 3 }",
    // The code page of a console has not all digits.
    "$bytes = [Text.Encoding]::UTF8.GetBytes($box.Text + [Environment]::NewLine);",
    "$out = [Console]::OpenStandardOutput(); $out.Write($bytes, 0, $bytes.Length); $out.Flush(); exit 0",
];

pub fn for_powershell(command: &mut Command, lines: &[String], seconds: u64, environment: &Environment) {
    command.args(["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-Sta", "-Command", &FORM.join(" ")]);
    // A tab stands for a line break: shown values have neither, and not every way into Windows passes line breaks on.
    command.env("UPDSTS_TITLE", TITLE).env("UPDSTS_TEXT", lines.join("\t")).env("UPDSTS_SECONDS", seconds.to_string());
    // From Linux to Windows go only the variables that this one names.
    let mut passed = environment.var_os("WSLENV").unwrap_or_default();
    passed.push(if passed.is_empty() { "" } else { ":" });
    passed.push("UPDSTS_TITLE/w:UPDSTS_TEXT/w:UPDSTS_SECONDS/w");
    command.env("WSLENV", passed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ask_3_the_scripts_are_fixed_and_need_no_escapes() {
        let form = FORM.join(" ");
        assert!(!form.contains('"') && !form.contains('\n') && form.is_ascii());
        // The most that Windows takes, with a lot of room for the rest.
        assert!(form.len() < 8_000);
        let mut command = Command::new("osascript");
        for_osascript(&mut command, &["a \"b\" \\ $(x)".to_owned(), "-e".to_owned()], 7);
        let arguments: Vec<_> = command.as_std().get_args().map(|text| text.to_str().unwrap()).collect();
        assert_eq!(arguments[APPLE.len() * 2..], [TITLE, "a \"b\" \\ $(x)\n-e", "7"]);
        assert!(arguments[..APPLE.len() * 2].iter().all(|text| !text.contains("$(x)")));
    }

    #[test]
    fn ask_3_what_the_form_shows_crosses_from_linux_to_windows() {
        let environment = Environment::fixed([("WSLENV", "MINE/p")]);
        let mut command = Command::new("powershell.exe");
        for_powershell(&mut command, &["a".to_owned(), "$(b)".to_owned()], 7, &environment);
        let variables: std::collections::BTreeMap<_, _> = command.as_std().get_envs().collect();
        let value = |name: &str| variables[std::ffi::OsStr::new(name)].unwrap().to_str().unwrap();
        assert_eq!(value("UPDSTS_TEXT"), "a\t$(b)");
        assert_eq!(value("WSLENV"), "MINE/p:UPDSTS_TITLE/w:UPDSTS_TEXT/w:UPDSTS_SECONDS/w");
        assert_eq!(command.as_std().get_args().last().unwrap().to_str().unwrap(), FORM.join(" "));
    }
}
