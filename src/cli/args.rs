//! The command line (CLI-1 to CLI-5).

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Temporary AWS sessions from an MFA code, kept in the shared credentials file.
#[derive(Debug, Parser)]
#[command(
    name = "updsts",
    version,
    about,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Examples:
  updsts get -n default                ask for the code and store a session in `default_sts`
  updsts list                          show the profiles and how long their sessions are valid
  AWS_PROFILE=default_sts aws s3 ls    use the session

Environment:
  AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE   the files, else those in ~/.aws
  AWS_REGION, AWS_DEFAULT_REGION                 the region of STS
  AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL         another STS endpoint
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY   proxies
  AWS_CA_BUNDLE, SSL_CERT_FILE                   certificates to trust
  NO_COLOR                                       no colour

Exit status:
  0 done   2 usage   3 nothing was sent   4 AWS refused   5 AWS was not reached
  6 the file could not be written   7 no valid session   1 internal error   130 Ctrl-C"
)]
pub struct Cli {
    /// Say more on stderr: 1 shows file, region, endpoint and proxy, 2 adds the AWS SDK's events
    #[arg(short, long, global = true, value_name = "LEVEL", default_value_t = 0, hide_default_value = true, value_parser = clap::value_parser!(u8).range(0..=2))]
    pub verbose: u8,

    /// The credentials file [default: `AWS_SHARED_CREDENTIALS_FILE`, else ~/.aws/credentials]
    #[arg(short, long, global = true, value_name = "FILE", alias = "credential_file")]
    pub credential_file: Option<PathBuf>,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Renew the session of a profile and store it in the credentials file
    Get(Get),
    /// Show the profiles of the credentials file, never a secret
    List(List),
    /// Serve AI agents over the Model Context Protocol, or show how to register the server
    Mcp(Mcp),
    /// Print a stored session for another program
    Export(Export),
    /// Remove stored sessions from the credentials file
    Clear(Clear),
    /// Print the completion script of a shell
    Completions(Completions),
    /// Print the manual page
    Man,
}

impl Command {
    /// Whether the result is asked for as JSON.
    pub const fn json(&self) -> bool {
        match self {
            Self::Get(options) => options.json,
            Self::List(options) => options.json,
            Self::Mcp(options) => options.json,
            Self::Export(_) | Self::Clear(_) | Self::Completions(_) | Self::Man => false,
        }
    }
}

/// Options of `get`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts get -n default                        ask for the code at a prompt
  updsts get -n default -t 123456 -d 12h       give the code, ask for twelve hours
  updsts get -n default -sn work               store the session as `work`

The code comes from the first available of: -t, the profile's `mfa_process`, `mktotp` for its
`totp_secret_name`, a prompt on the terminal.")]
pub struct Get {
    /// The profile that holds the long-term key, or the session profile of its block
    #[arg(short = 'n', long = "profile", value_name = "NAME", aliases = ["profile_name", "profile-name"])]
    pub profile: String,

    /// The six digits that the MFA device shows; `-` reads one line of standard input
    #[arg(short, long, value_name = "CODE", alias = "totp_token", allow_hyphen_values = true)]
    pub totp_token: Option<String>,

    /// The name of the session profile [default: its current name, else `<profile>_sts`]
    #[arg(long, value_name = "NAME", alias = "sts_profile_name")]
    pub sts_profile_name: Option<String>,

    /// How long the session should last: seconds, `90m`, `12h` or `1h30m`, from 15 minutes to 36 hours [default: `duration_seconds` of the profile, else 3600]
    #[arg(short, long, value_name = "DURATION", allow_hyphen_values = true)]
    pub duration: Option<String>,

    /// Do nothing if the stored session is valid for at least that much longer
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub min_validity: Option<String>,

    /// The region of STS [default: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, the partition's]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Another STS endpoint
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// Never prompt
    #[arg(long)]
    pub no_input: bool,

    /// Run all checks and show which lines would change, without asking, sending or writing anything
    #[arg(long)]
    pub dry_run: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// Options of `list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts list                  a table on a terminal, else one line for each profile
  updsts list --json           for programs
  updsts list --check default --min-validity 10m || updsts get -n default")]
pub struct List {
    /// All fields of each profile
    #[arg(long, conflicts_with = "json")]
    pub long: bool,

    /// Print one JSON document
    #[arg(long)]
    pub json: bool,

    /// Print nothing, and exit with 0 if the session of this profile is valid, 7 if it is expired,
    /// missing or of unknown expiry, 3 if there is no such profile
    #[arg(long, value_name = "NAME", conflicts_with_all = ["long", "json"])]
    pub check: Option<String>,

    /// With --check: valid for at least that much longer
    #[arg(long, value_name = "DURATION", requires = "check", allow_hyphen_values = true)]
    pub min_validity: Option<String>,
}

/// Options of `mcp`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts mcp                                  the tools, and how to register the server
  claude mcp add --scope user updsts -- updsts mcp --mcp-server

Agents list profiles and renew sessions with three tools, and never see a secret. A code comes from
the profile's `mfa_process`, from `mktotp` for its `totp_secret_name`, else from the agent.")]
pub struct Mcp {
    /// Serve over stdin/stdout (MCP clients run this)
    #[arg(long = "mcp-server")]
    pub serve: bool,

    /// Do not let calls name another file
    #[arg(long)]
    pub refuse_cred_file: bool,

    /// Print the tools as one JSON document
    #[arg(long, conflicts_with = "serve")]
    pub json: bool,
}

/// Options of `export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  eval \"$(updsts export -n default --format env)\"      for the rest of this shell
  credential_process = /usr/local/bin/updsts export -n default
                                                       in a config file profile without keys:
                                                       long-running programs pick up a new session
                                                       by themselves

It never asks for a code and never calls AWS.")]
pub struct Export {
    /// The source profile, or its session profile
    #[arg(short = 'n', long = "profile", value_name = "NAME", aliases = ["profile_name", "profile-name"])]
    pub profile: String,

    /// How to print the session
    #[arg(long, value_enum, default_value_t = ExportFormat::Process)]
    pub format: ExportFormat,
}

/// The formats of the AWS CLI's `configure export-credentials`.
///
/// Source: <https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The document that `credential_process` wants
    Process,
    /// `export NAME=VALUE` for POSIX shells
    Env,
    /// `NAME=VALUE`
    EnvNoExport,
    /// `set -gx NAME VALUE`
    Fish,
    /// `$Env:NAME="VALUE"`
    Powershell,
}

/// Options of `clear`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  updsts clear -n default      remove the session of `default`
  updsts clear --all           remove every session that updsts wrote

AWS accepts a session until it expires, even after it was removed from the file.")]
#[group(required = true, multiple = false)]
pub struct Clear {
    /// The source profile, or its session profile
    #[arg(short = 'n', long = "profile", value_name = "NAME", aliases = ["profile_name", "profile-name"])]
    pub profile: Option<String>,

    /// Every managed block
    #[arg(long)]
    pub all: bool,
}

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  source <(updsts completions bash)                                  in ~/.bashrc
  source <(updsts completions zsh)                                   in ~/.zshrc, after compinit
  updsts completions fish > ~/.config/fish/completions/updsts.fish
  updsts completions powershell | Out-String | Invoke-Expression     in $PROFILE

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
    /// `PowerShell`
    Powershell,
}
