//! The command line (CLI-1 to CLI-5).

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use strum::VariantArray;

use super::system::words;
use crate::core::ask::chooser::Ask;
use crate::core::clients::client::Client;

/// Temporary AWS sessions from an MFA code, kept in the shared credentials file.
#[derive(Debug, Parser)]
#[command(
    name = "updsts",
    bin_name = "updsts",
    version,
    about,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = words("Examples:
  updsts get default                   store a session as `default_sts`
  updsts list                          see how long sessions are valid
  AWS_PROFILE=default_sts aws s3 ls    use the session

`updsts help COMMAND` explains a command. `updsts man` prints the manual, with the environment \
variables, the keys of the files and the exit statuses.")
)]
pub struct Cli {
    /// Show settings (1), SDK events too (2)
    ///
    /// On stderr: 1 shows which file, profile, region, endpoint and proxy are used, 2 adds the events of the AWS SDK. No
    /// level shows a secret.
    #[arg(short, long, global = true, display_order = 900, value_name = "LEVEL", default_value = "0", hide_default_value = true, hide_possible_values = true, value_parser = level())]
    pub verbose: u8,

    /// Another credentials file
    #[arg(short, long, global = true, display_order = 900, value_name = "FILE", alias = "credential_file", long_help = words("Another credentials file\n\nIf left out: `AWS_SHARED_CREDENTIALS_FILE`, else ~/.aws/credentials."))]
    pub credential_file: Option<PathBuf>,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The values of `-v` have names, so that an error lists them.
fn level() -> impl TypedValueParser<Value = u8> {
    PossibleValuesParser::new(["0", "1", "2"]).map(|level| level.bytes().fold(0, |_, digit| digit - b'0'))
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Renew the session of a profile and store it
    Get(Get),
    /// Find the MFA device of a key and write it into the file
    Init(Init),
    /// Show the profiles and their sessions, never a secret
    List(List),
    /// Serve AI agents (MCP), or show how to register the server
    Mcp(Mcp),
    /// Print a session for another program
    Export(Export),
    /// Run a command with a session
    Exec(Exec),
    /// Remove stored sessions from the file
    Clear(Clear),
    /// Find what keeps `get` from working, and say what to do
    Doctor(Doctor),
    /// Print the completion script of a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

impl Command {
    /// The profiles that were named.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Get(Get { named, .. })
            | Self::Init(Init { named, .. })
            | Self::Doctor(Doctor { named, .. })
            | Self::Export(Export { named, .. })
            | Self::Exec(Exec { named, .. })
            | Self::Clear(Clear { named, .. }) => named.get().into_iter().collect(),
            Self::List(options) => options.names().iter().chain(&options.check).map(String::as_str).collect(),
            Self::Mcp(_) | Self::Completions(_) | Self::Man => Vec::new(),
        }
    }

    /// Whether the result is asked for as JSON.
    pub const fn json(&self) -> bool {
        match self {
            Self::Get(options) => options.json,
            Self::Init(options) => options.json,
            Self::Doctor(options) => options.json,
            Self::List(options) => options.json,
            Self::Mcp(options) => options.json,
            Self::Export(_) | Self::Exec(_) | Self::Clear(_) | Self::Completions(_) | Self::Man => false,
        }
    }
}

/// A profile: NAME alone, or after `-n`.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Named {
    /// The profile that holds the long-term key
    ///
    /// The name of its session profile, such as `default_sts`, works too.
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// The profile, as an option
    #[arg(short = 'n', long = "profile", value_name = "NAME", aliases = ["profile_name", "profile-name"])]
    profile: Option<String>,
}

impl Named {
    pub fn get(&self) -> Option<&str> {
        self.name.as_deref().or(self.profile.as_deref())
    }
}

/// How a person is asked for the code.
#[derive(Debug, Args)]
pub struct Asks {
    /// How to ask: auto, terminal, dialog, never
    ///
    /// `auto` asks for the code on the terminal, else in a window; `export --renew` in a window first. If left out:
    /// `UPDSTS_ASK`, else `never` if `CI` is set, else `auto`.
    #[arg(long, value_name = "HOW", hide_possible_values = true, value_parser = ways(["auto", "terminal", "dialog", "never"]))]
    ask: Option<Ask>,

    /// The same as `--ask never`
    #[arg(long, conflicts_with = "ask", hide_short_help = true)]
    no_input: bool,
}

impl Asks {
    pub const fn get(&self) -> Option<Ask> {
        if self.no_input { Some(Ask::Never) } else { self.ask }
    }
}

fn ways<const N: usize>(names: [&'static str; N]) -> impl TypedValueParser<Value = Ask> {
    PossibleValuesParser::new(names).map(|name| name.parse().expect("each name is one of the enum's"))
}

/// Options of `get`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:
  updsts get                          `default`, or the only one with a key
  updsts get prod -t 123456 -d 12h    give the code, ask for twelve hours
  updsts get prod -sn work            store the session as `work`",
    after_long_help = "Examples:
  updsts get                           `default`, or the only one with a key
  updsts get prod -t 123456 -d 12h     give the code, ask for twelve hours
  updsts get prod -sn work             store the session as `work`
  updsts get prod --min-validity 30m   unless it is valid that much longer

The code comes from the first of these that is available: `-t`, the profile's `mfa_process`, \
`mktotp` for its `totp_secret_name`, a person, who is asked on the terminal or in a window."
)]
pub struct Get {
    #[command(flatten)]
    pub named: Named,

    /// The six digits from the MFA device
    ///
    /// `-` reads them from one line of standard input.
    #[arg(short, long, value_name = "CODE", alias = "totp_token", allow_hyphen_values = true)]
    pub totp_token: Option<String>,

    /// The name of the session profile
    ///
    /// If left out: the name that it already has, else `<profile>_sts`.
    #[arg(long, value_name = "NAME", alias = "sts_profile_name")]
    pub sts_profile_name: Option<String>,

    /// How long it should last, such as 12h
    ///
    /// Seconds, or a time such as `90m`, `12h` or `1h30m`, from 15 minutes to 36 hours. If left out: `duration_seconds` of
    /// the profile in either file, else an hour.
    #[arg(short, long, value_name = "DURATION", allow_hyphen_values = true)]
    pub duration: Option<String>,

    /// Keep a session valid this much longer
    ///
    /// Nothing is asked or sent then, and the exit status is 0. Else the new session lasts at least a minute longer, unless
    /// `--duration` is given. Seconds, or a time such as `30m`.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub min_validity: Option<String>,

    /// The MFA device: its ARN or serial number
    ///
    /// If left out: `mfa_device_arn` or `mfa_serial` of the profile in either file, else `AWS_MFA_SERIAL`.
    #[arg(long, value_name = "ARN")]
    pub mfa_serial: Option<String>,

    /// The region of STS
    ///
    /// If left out: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's `region`, a region of the device's partition.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Another STS endpoint
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    #[command(flatten)]
    pub asks: Asks,

    /// Take over a session without its tags
    ///
    /// If another program removed the tags, or wrote the session itself: puts the tags around the section of that name,
    /// and keeps all its other lines.
    #[arg(long)]
    pub adopt: bool,

    /// Check everything, change nothing
    ///
    /// No code is asked for, and nothing is sent or written. Shows which lines of the file would change, without their
    /// secrets.
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Options of `init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts init                    `default`, or the only one with a key
  updsts init prod --dry-run     show the line that would be written

It asks AWS whose key it is (`sts:GetCallerIdentity`) and which MFA devices the user has \
(`iam:ListMFADevices`), writes `mfa_device_arn` into the profile, and prints the command that comes next.")]
pub struct Init {
    #[command(flatten)]
    pub named: Named,

    /// The MFA device, if it is known
    ///
    /// Its ARN, or the serial number of a hardware device. If left out: the user's only TOTP device; of several, the one
    /// that is chosen on the terminal.
    #[arg(long, value_name = "ARN")]
    pub mfa_serial: Option<String>,

    /// Ask AWS, change nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Options of `list`.
#[derive(Debug, Args)]
#[command(after_help = words("Examples:
  updsts list                      a table; without a terminal, lines
  updsts list prod prod_sts        these two
  watch updsts list --table        a table without a terminal
  updsts list --check default --min-validity 10m || updsts get default"))]
pub struct List {
    /// Only these profiles
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// The profile, as an option
    #[arg(short = 'n', long = "profile", value_name = "NAME", aliases = ["profile_name", "profile-name"], conflicts_with = "names")]
    profile: Vec<String>,

    /// Print a table without a terminal, too
    #[arg(long, conflicts_with_all = ["long", "json"])]
    pub table: bool,

    /// Show all fields of each profile
    #[arg(long, conflicts_with = "json")]
    pub long: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,

    /// Only check whether a session is valid
    ///
    /// Prints nothing and exits with 0 if it is, with 7 if it has expired, is missing or has no readable expiry, and with 3
    /// if there is no such profile.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["names", "profile", "table", "long", "json"])]
    pub check: Option<String>,

    /// With --check: valid this much longer
    ///
    /// Seconds, or a time such as `30m`.
    #[arg(long, value_name = "DURATION", requires = "check", allow_hyphen_values = true)]
    pub min_validity: Option<String>,
}

impl List {
    pub fn names(&self) -> &[String] {
        if self.names.is_empty() { &self.profile } else { &self.names }
    }
}

/// Options of `mcp`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts mcp --install              register the server in all clients
  updsts mcp --install codex kiro   in these alone

Agents list profiles and renew sessions with three tools, and never see a secret. A code comes from \
the profile's `mfa_process`, from `mktotp` for its `totp_secret_name`, else from a person, who is asked in a window or on a page.")]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct Mcp {
    /// Serve over stdin/stdout (MCP clients run this)
    #[arg(long = "mcp-server")]
    pub serve: bool,

    /// Do not let calls name another file
    #[arg(long)]
    pub refuse_cred_file: bool,

    /// How to ask: auto, dialog, page, never
    ///
    /// A person is asked if the call has no code and the profile no command for one: `auto` asks in a window, else on a
    /// page that the client opens, if it can. If left out: `UPDSTS_ASK`, else `never` if `CI` is set, else `auto`.
    #[arg(long, value_name = "HOW", requires = "serve", hide_possible_values = true, value_parser = ways(["auto", "dialog", "page", "never"]))]
    pub ask: Option<Ask>,

    /// Register the server in these clients
    ///
    /// Without a name in all that are there of `claude-code`, `claude-desktop`, `codex`, `cursor`, `vscode`, `gemini`,
    /// `windsurf` and `kiro`. By the client's own command if it is installed, else in its file, in which nothing else
    /// changes.
    #[arg(long, value_name = "CLIENT", num_args = 0.., hide_possible_values = true, conflicts_with_all = ["serve", "json", "uninstall"], value_parser = clients())]
    pub install: Option<Vec<Client>>,

    /// Remove the server from these clients
    #[arg(long, value_name = "CLIENT", num_args = 0.., conflicts_with_all = ["serve", "json"], hide_possible_values = true, value_parser = clients())]
    pub uninstall: Option<Vec<Client>>,

    /// Only show what would be done
    #[arg(long, conflicts_with_all = ["serve", "json"])]
    pub dry_run: bool,

    /// Print the tools as one JSON document
    #[arg(long, conflicts_with = "serve")]
    pub json: bool,
}

fn clients() -> impl TypedValueParser<Value = Client> {
    PossibleValuesParser::new(Client::VARIANTS.iter().map(|client| client.id()))
        .map(|id| id.parse().expect("the possible values are the clients"))
}

/// Options of `export`.
#[derive(Debug, Args)]
#[command(
    after_help = words("Examples:
  eval \"$(updsts export default --format env)\"    for the rest of this shell
  credential_process = /usr/local/bin/updsts export -n default --renew"),
    after_long_help = words("Examples:
  eval \"$(updsts export default --format env)\"    for the rest of this shell
  credential_process = /usr/local/bin/updsts export -n default --renew
        in a profile of the config file without keys, for programs that run
        longer than a session

Without --renew it never asks for a code and never calls AWS.")
)]
#[command(group = ArgGroup::new("whose").args(["name", "profile"]).required(true))]
pub struct Export {
    #[command(flatten)]
    pub named: Named,

    /// How to print it: process, env, fish, sts …
    ///
    /// `process`, the document that `credential_process` wants, if left out. `env`, `env-no-export`, `fish`, `powershell`
    /// and `windows-cmd` are lines for shells, `sts` is the document that `aws sts` prints.
    #[arg(long, value_enum, default_value_t = ExportFormat::Process, hide_default_value = true, hide_possible_values = true)]
    pub format: ExportFormat,

    /// Renew the session first, if necessary
    ///
    /// If that fails, the stored session is printed as long as it is valid. Standard input is never read.
    #[arg(long)]
    pub renew: bool,

    /// With --renew: valid this much longer
    ///
    /// Seconds, or a time such as `30m`. If left out: 15 minutes, or half the duration if that is less.
    #[arg(long, value_name = "DURATION", requires = "renew", allow_hyphen_values = true)]
    pub min_validity: Option<String>,

    /// With --renew: how long it should last
    ///
    /// As in `updsts get`.
    #[arg(short, long, value_name = "DURATION", requires = "renew", allow_hyphen_values = true)]
    pub duration: Option<String>,

    /// With --renew: the MFA device
    ///
    /// As in `updsts get`.
    #[arg(long, value_name = "ARN", requires = "renew")]
    pub mfa_serial: Option<String>,

    #[command(flatten)]
    pub asks: Asks,
}

/// The formats of the AWS CLI's `configure export-credentials`, and that of `aws sts`.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The document that `credential_process` expects
    Process,
    /// `export NAME=VALUE` for POSIX shells
    Env,
    /// `NAME=VALUE`
    EnvNoExport,
    /// `set -gx NAME VALUE`
    Fish,
    /// `$Env:NAME="VALUE"`
    Powershell,
    /// `set NAME=VALUE` for cmd.exe
    WindowsCmd,
    /// The document that `aws sts` prints
    Sts,
}

/// Options of `exec`.
#[derive(Debug, Args)]
#[command(
    override_usage = "updsts exec [OPTIONS] [NAME] -- COMMAND...",
    after_help = "Examples:
  updsts exec prod -- aws s3 ls
  updsts exec prod --min-validity 2h -- terraform apply

The command finds the session by AWS_PROFILE; no secret is in its environment. Its terminal, signals \
and exit status are its own. If updsts itself fails, the exit status is 125; if the command cannot be \
executed, 126; if it is not found, 127."
)]
pub struct Exec {
    #[command(flatten)]
    pub named: Named,

    /// Renew a session not valid this much longer
    ///
    /// Seconds, or a time such as `30m`. If left out: 5 minutes.
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub min_validity: Option<String>,

    /// How long a new one should last
    ///
    /// As in `updsts get`.
    #[arg(short, long, value_name = "DURATION", allow_hyphen_values = true)]
    pub duration: Option<String>,

    /// The MFA device
    ///
    /// As in `updsts get`.
    #[arg(long, value_name = "ARN")]
    pub mfa_serial: Option<String>,

    #[command(flatten)]
    pub asks: Asks,

    /// The command and its arguments, behind `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Options of `clear`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts clear default      remove the session of `default`
  updsts clear --all        remove every session that updsts stored

AWS accepts a session until it expires, even after it was removed from the file.")]
#[command(group = ArgGroup::new("whose").args(["name", "profile", "all"]).required(true))]
pub struct Clear {
    #[command(flatten)]
    pub named: Named,

    /// Every session that updsts stored
    #[arg(long)]
    pub all: bool,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts doctor               `default`, or the only profile with a key
  updsts doctor prod --json   for a program

It uses no code, runs no command of a profile and changes nothing. Unless --offline is given, it asks \
AWS whose key it is. The exit status is 0, or 8 if something keeps `get` from working.")]
pub struct Doctor {
    #[command(flatten)]
    pub named: Named,

    /// Send nothing
    #[arg(long)]
    pub offline: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(updsts completions bash)         in ~/.bashrc
  source <(updsts completions zsh)          in ~/.zshrc, after compinit
  updsts completions fish > ~/.config/fish/completions/updsts.fish
  updsts completions powershell | Out-String | Invoke-Expression
                                            in $PROFILE

The names of the profiles are completed from the credentials file.")]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// The shells that can be completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// GNU Bash
    Bash,
    /// Z shell
    Zsh,
    /// fish
    Fish,
    #[value(help = "PowerShell")]
    Powershell,
}
