//! `updsts man`: the manual page, in roff.

use clap::{Arg, Command, CommandFactory};
use clap_mangen::Man;

use super::args::Cli;
use super::output::Output;
use super::sn;
use crate::core::error::{Error, ErrorCode, Result};

/// What the options do not explain.
const NOTES: &str = r".SH EXIT STATUS
0 done; 2 usage; 3 nothing was sent; 4 AWS refused; 5 AWS was not reached; 6 the file could not be written;
7 no valid session; 8 \fBdoctor\fR found what keeps \fBget\fR from working; 1 internal error; 130 Ctrl\-C. \fBexec\fR: 125 updsts failed; 126 the command cannot be executed;
127 it is not found; else its own.
.SH ENVIRONMENT
An empty variable counts as unset. \fBAWS_PROFILE\fR is not read: it usually names the session profile.
.TP
\fBAWS_SHARED_CREDENTIALS_FILE\fR, \fBAWS_CONFIG_FILE\fR
The files, instead of those in \fI~/.aws\fR (on Windows \fI%USERPROFILE%\e.aws\fR, whatever \fBHOME\fR says).
.TP
\fBAWS_REGION\fR, \fBAWS_DEFAULT_REGION\fR
The region of STS, unless \fB\-\-region\fR is given.
.TP
\fBAWS_MFA_SERIAL\fR
The MFA device of a profile for which neither \fB\-\-mfa\-serial\fR nor a file names one.
.TP
\fBAWS_ENDPOINT_URL_STS\fR, \fBAWS_ENDPOINT_URL_IAM\fR, \fBAWS_ENDPOINT_URL\fR,
\fBAWS_IGNORE_CONFIGURED_ENDPOINT_URLS\fR
Another endpoint of STS, and of IAM for \fBinit\fR, as in the AWS SDKs.
.TP
\fBAWS_USE_FIPS_ENDPOINT\fR, \fBAWS_USE_DUALSTACK_ENDPOINT\fR
Whether to use a FIPS or a dual-stack endpoint.
.TP
\fBHTTPS_PROXY\fR, \fBHTTP_PROXY\fR, \fBALL_PROXY\fR, \fBNO_PROXY\fR
The proxy, also in lower case. On Windows names have no case.
.TP
\fBAWS_CA_BUNDLE\fR, \fBREQUESTS_CA_BUNDLE\fR, \fBSSL_CERT_FILE\fR
The certificates to trust. The first two replace the system\(cqs.
.TP
\fBUPDSTS_ASK\fR
How a person is asked for the code, unless \fB\-\-ask\fR is given: \fBauto\fR, \fBterminal\fR, \fBdialog\fR, \fBpage\fR
(by the MCP server) or \fBnever\fR.
.TP
\fBUPDSTS_DIALOG\fR
The program of the window: a pinentry, zenity or kdialog by its name; any other one gets the text as its only argument and
prints the code, as \fBSSH_ASKPASS\fR programs do. \fBDISPLAY\fR or \fBWAYLAND_DISPLAY\fR (with \fBXDG_RUNTIME_DIR\fR) tell
where a window opens, \fBXAUTHORITY\fR lets it, \fBDBUS_SESSION_BUS_ADDRESS\fR is for pinentry\-gnome3 and screen readers; over
SSH a forwarded display is needed.
.TP
\fBUPDSTS_COMMAND\fR
Set for the commands that updsts runs. If it is set, updsts does not renew.
.TP
\fBCI\fR
If set to anything but \fBfalse\fR or \fB0\fR, nobody is asked for a code, unless \fB\-\-ask\fR or \fBUPDSTS_ASK\fR says how.
.TP
\fBNO_COLOR\fR
If set, there is no colour.
.SH FILES
.TP
\fI~/.aws/credentials\fR, on Windows \fI%USERPROFILE%\e.aws\ecredentials\fR
The shared credentials file: the long\-term keys, and the sessions in managed blocks. Use \fB\-c\fR or
\fBAWS_SHARED_CREDENTIALS_FILE\fR to name another.
.TP
\fI~/.aws/config\fR, on Windows \fI%USERPROFILE%\e.aws\econfig\fR
Read for region, device, commands and endpoint; never written. Use \fBAWS_CONFIG_FILE\fR to name another.
.SS Keys of a source profile
The credentials file is read before the config file.
.TP
\fBaws_access_key_id\fR, \fBaws_secret_access_key\fR
The long\-term key. Only in the credentials file.
.TP
\fBcredential_process\fR
In a profile without a key: a command that prints the long\-term key, as the document that the AWS SDKs want of it. It
runs at each renewal.
.TP
\fBmfa_device_arn\fR, \fBmfa_serial\fR
The MFA device: its ARN, or the serial number of a hardware device. The first counts only in the credentials file.
.TP
\fBmfa_process\fR
A command that prints the code, such as \fBpass otp aws\fR.
.TP
\fBtotp_secret_name\fR
The name of the TOTP secret for \fBmktotp\fR. Only in the credentials file.
.TP
\fBduration_seconds\fR
How long a session should last, from 900 to 129600; 3600 if it is left out.
.TP
\fBregion\fR
The region of STS.
.TP
\fBendpoint_url\fR, \fBservices\fR, \fBuse_fips_endpoint\fR, \fBuse_dualstack_endpoint\fR, \fBca_bundle\fR
As in the AWS CLI. Only in the config file.
.SS Keys of a session profile
\fBaws_access_key_id\fR, \fBaws_secret_access_key\fR, \fBaws_session_token\fR and \fBexpiration_datetime\fR, the expiry in
RFC 3339, are written. Other lines in the block, such as a \fBregion\fR, are yours and stay.
.SH NOTES
updsts replaces the credentials file as a whole, by a new file with the same mode and owner that is renamed over it, under
a lock on the file itself. Changes that other programs make in the meantime are kept. updsts cannot detect a program that
writes back a copy that it read earlier, or one that opened the file before the rename and writes to it afterwards, after
updsts has looked at it once more.
.PP
A program that reads a static profile once, as long\-running SDK processes do, does not see a new session until it is
restarted. A profile with \fBcredential_process\fR and \fBupdsts export\fR does.
.PP
On Windows a command of an error message is written for cmd.exe and PowerShell alike, or says that it is for PowerShell.
updsts is tested on Linux. On Windows its tests have run only under Wine, and for macOS it is only type\-checked: nobody
has tried it by hand on either.
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
    for subcommand in command.get_subcommands().filter(|subcommand| subcommand.get_name() != "help") {
        let title = format!(".SH UPDSTS {}\n", subcommand.get_name().to_uppercase());
        let mut section = Vec::new();
        let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
        section.extend_from_slice(format!("{}.\n", roff(&about)).as_bytes());
        // What every command has stands at the top.
        let is_common = |argument: &Arg| argument.is_global_set() || argument.get_id() == "help";
        let own = |argument: Arg| if is_common(&argument) { argument.hide(true) } else { argument };
        Man::new(subcommand.clone().mut_args(own)).render_options_section(&mut section)?;
        let examples = subcommand
            .get_after_long_help()
            .or(subcommand.get_after_help())
            .map(ToString::to_string)
            .unwrap_or_default();
        if !examples.is_empty() {
            let examples = roff(&textwrap::fill(&examples, 78));
            section.extend_from_slice(format!(".PP\n.nf\n{examples}\n.fi\n").as_bytes());
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
