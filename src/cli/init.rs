//! `updsts init`.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use serde_json::json;

use super::args::Init;
use super::output::{Output, Tone};
use crate::core::environment::Environment;
use crate::core::error::{Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::init::choice::Choice;
use crate::core::init::look;
use crate::core::init::prospect::Prospect;
use crate::core::name::ProfileName;
use crate::core::session::SerialNumber;
use crate::core::source::unnamed::source_if_unnamed;
use crate::core::text::path;

pub async fn run(options: &Init, file: CredentialsFile, environment: &Environment, output: &Output) -> Result<()> {
    let asked = options.mfa_serial.as_deref().map(device).transpose()?;
    let name = match options.named.get() {
        Some(name) => ProfileName::parse(name)?,
        None => source_if_unnamed(&file, environment).await?,
    };
    let mut prospect = look(file, &name, environment, output).await?;
    let (device, is_new) = match prospect.choose(asked.as_ref())? {
        Choice::Present(device) => (device, false),
        Choice::Write(device) => (device, true),
        Choice::Several(devices) => {
            let chosen = if may_ask(environment) { ask(&devices).await } else { None };
            (chosen.ok_or_else(|| prospect.ambiguous(&devices))?, true)
        }
    };
    let is_written = is_new && !options.dry_run && prospect.write(&device, output).await?;
    for warning in &prospect.warnings {
        output.warning(warning);
    }
    output.result(&if options.json {
        document(&prospect, &device, is_new, is_written)?
    } else {
        text(&prospect, &device, is_new, is_written, output)?
    })
}

fn device(text: &str) -> Result<SerialNumber> {
    SerialNumber::parse(text).map_err(|error| {
        let hint = "the ARN of a TOTP device contains `:mfa/`; the IAM console shows it under Security credentials";
        Error::new(ErrorCode::DeviceInvalid, format!("the value of `--mfa-serial` {error}"), hint)
    })
}

fn document(prospect: &Prospect, device: &SerialNumber, is_new: bool, is_written: bool) -> Result<String> {
    let mut document = prospect.document(device, is_written);
    if is_new && !is_written {
        let changes = prospect.preview(device)?;
        let changes = changes.iter().map(|line| {
            let change = if line.is_new { "added" } else { "removed" };
            json!({"line": line.number, "change": change, "text": line.text})
        });
        document["changes"] = changes.collect();
    }
    Ok(format!("{document:#}\n"))
}

fn text(prospect: &Prospect, device: &SerialNumber, is_new: bool, is_written: bool, output: &Output) -> Result<String> {
    let file = path(prospect.file().path());
    let how = match (is_new, is_written) {
        (false, _) => " (already there; nothing was changed)".to_owned(),
        (true, true) => format!(" (written to {file})"),
        (true, false) => " (nothing was written)".to_owned(),
    };
    let mut text = format!(
        "profile     {}\nuser        {} (account {})\nMFA device  {}{how}\n",
        prospect.profile(),
        prospect.caller.user,
        prospect.caller.account,
        output.paint(Tone::Good, device.as_str()),
    );
    if let Some(line) = prospect.line_for_config_file(device).filter(|_| is_new) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "add         {line}\nnext        {}", prospect.next());
    } else if is_new && !is_written {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "lines of {file} that would change:");
        for line in prospect.preview(device)? {
            let (sign, tone) = if line.is_new { ('+', Tone::Good) } else { ('-', Tone::Bad) };
            let _ = writeln!(text, "{}", output.paint(tone, &format!("{:5} {sign} {}", line.number, line.text)));
        }
    } else {
        let _ = writeln!(text, "next        {}", prospect.next());
    }
    Ok(text)
}

/// Whether somebody reads the question and can answer it.
fn may_ask(environment: &Environment) -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal() && environment.var_os("CI").is_none()
}

/// Asks which device it is, by its number, three times at most.
async fn ask(devices: &[SerialNumber]) -> Option<SerialNumber> {
    let mut question = String::from("The user has several TOTP devices:\n");
    for (number, device) in devices.iter().enumerate() {
        let _ = writeln!(question, "  {}  {}", number + 1, device.as_str());
    }
    for _ in 0..3 {
        let answer = line(format!("{question}Which one gives the codes (1 to {})? ", devices.len())).await;
        let number: Option<usize> = answer?.trim().parse().ok();
        if let Some(device) = number.and_then(|number| devices.get(number.checked_sub(1)?)) {
            return Some(device.clone());
        }
        question.clear();
    }
    None
}

/// A line from the terminal; `None` at its end. Read by a thread of its own, so a signal is noticed meanwhile.
async fn line(prompt: String) -> Option<String> {
    let read = move || {
        use io::Write;
        let _ = write!(io::stderr(), "{prompt}").and_then(|()| io::stderr().flush());
        let mut line = String::new();
        let is_line = matches!(io::stdin().read_line(&mut line), Ok(1..));
        if !is_line {
            // What follows gets a line of its own.
            let _ = writeln!(io::stderr());
        }
        is_line.then_some(line)
    };
    tokio::task::spawn_blocking(read).await.ok().flatten()
}
