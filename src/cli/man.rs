//! `updsts man`: the manual page, in roff.

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::args::Cli;
use super::output::Output;
use super::sn;
use crate::core::error::{Error, ErrorCode, Result};

/// What the options do not explain.
const NOTES: &str = r".SH EXIT STATUS
0 done; 2 usage; 3 nothing was sent; 4 AWS refused; 5 AWS was not reached; 6 the file could not be written;
7 no valid session; 1 internal error; 130 Ctrl\-C.
.SH FILES
.TP
\fI~/.aws/credentials\fR
The shared credentials file: the long\-term keys, and the sessions in managed blocks. Use \fB\-c\fR or
\fBAWS_SHARED_CREDENTIALS_FILE\fR to name another.
.TP
\fI~/.aws/config\fR
Read for region, device, commands and endpoint; never written. Use \fBAWS_CONFIG_FILE\fR to name another.
.SH NOTES
updsts replaces the credentials file as a whole, by a new file with the same mode and owner that is renamed over it, under
a lock on the file itself. Changes that other programs make in the meantime are kept. updsts cannot detect a program that
writes back a copy that it read earlier, or one that opened the file before the rename and writes to it afterwards, after
updsts has looked at it once more.
.PP
A program that reads a static profile once, as long\-running SDK processes do, does not see a new session until it is
restarted. A profile with \fBcredential_process\fR and \fBupdsts export\fR does.
";

pub fn run(output: &Output) -> Result<()> {
    let internal = |error: std::io::Error| {
        Error::new(
            ErrorCode::Internal,
            format!("the manual could not be made: {error}"),
            "this is a bug in updsts; please report it",
        )
    };
    let mut command = Cli::command();
    command.build();
    output.result(&sn::in_manual(&render(&command).map_err(internal)?))
}

fn render(command: &Command) -> std::io::Result<String> {
    let mut page = Vec::new();
    let main = Man::new(command.clone().after_help(""));
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    for subcommand in command.get_subcommands() {
        let title = format!(".SH UPDSTS {}\n", subcommand.get_name().to_uppercase());
        let mut section = Vec::new();
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        section.extend_from_slice(format!("{}.\n", roff(&about)).as_bytes());
        Man::new(subcommand.clone()).render_options_section(&mut section)?;
        let examples = subcommand.get_after_help().map(ToString::to_string).unwrap_or_default();
        if !examples.is_empty() {
            section.extend_from_slice(format!(".PP\n.nf\n{}\n.fi\n", roff(&examples)).as_bytes());
        }
        page.extend_from_slice(title.as_bytes());
        page.extend_from_slice(String::from_utf8_lossy(&section).replace(".SH OPTIONS\n", ".PP\n").as_bytes());
    }
    page.extend_from_slice(NOTES.as_bytes());
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// Escapes text that roff would interpret as a command or an escape.
fn roff(text: &str) -> String {
    let plain = |line: &str| {
        let line = line.replace('\\', r"\\").replace('-', r"\-");
        if line.starts_with(['.', '\'']) { format!(r"\&{line}") } else { line }
    };
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}
