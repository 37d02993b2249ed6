//! Where the code comes from: the argument, standard input, a command, a prompt (GET-5, GET-6).

use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::core::ask::person::{Person, Prompt};
use crate::core::code::sent_codes::SentCodes;
use crate::core::environment::Environment;
use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::name::ProfileName;
use crate::core::reporter::Reporter;
use crate::core::secret::{ExposeSecret, SecretString};
use crate::core::session::{SerialNumber, TokenCode};
use crate::core::source::source_profile::SourceProfile;
use crate::core::text::os_error;

/// How long a command may take.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// How long to wait for a command to give another code: one step of TOTP and a second.
const NEXT_CODE_TIME: Duration = Duration::from_secs(31);
/// The most that is read of a command's output, in bytes.
const MOST_OUTPUT: u64 = 4096;
/// How often a prompt asks in all.
const MOST_TRIES: u32 = 3;

/// The code of the `-t` option, or of the tool's `totp_token`.
#[derive(Debug, Clone, Default)]
pub enum GivenCode {
    /// None was given.
    #[default]
    None,
    Code(TokenCode),
    /// `-t -`: one line of standard input.
    StandardInput,
}

pub struct CodeSource {
    kind: Kind,
    profile: ProfileName,
    device: SerialNumber,
    sent_codes: SentCodes,
    tries: u32,
}

enum Kind {
    Given(TokenCode),
    StandardInput,
    MfaProcess(String),
    Mktotp { program: PathBuf, secret_name: String },
    Person(Arc<dyn Prompt>),
}

impl CodeSource {
    /// The first source that is there; it is not asked yet. Where none is, the error says of each
    /// why it was not taken.
    pub fn choose(
        given: GivenCode,
        source: &SourceProfile,
        sent_codes: SentCodes,
        commands_allowed: bool,
        person: &Person,
        environment: &Environment,
    ) -> Result<Self> {
        let kind = match given {
            GivenCode::Code(code) => Kind::Given(code),
            GivenCode::StandardInput => Kind::StandardInput,
            GivenCode::None => Self::command_or_person(source, commands_allowed, person, environment)?,
        };
        let profile = source.name.clone();
        Ok(Self { kind, profile, device: source.device.clone(), sent_codes, tries: 0 })
    }

    fn command_or_person(
        source: &SourceProfile,
        commands_allowed: bool,
        person: &Person,
        environment: &Environment,
    ) -> Result<Kind> {
        let mut reasons = vec!["no code was given".to_owned()];
        if commands_allowed {
            if let Some(command) = &source.mfa_process {
                return Ok(Kind::MfaProcess(command.clone()));
            }
            reasons.push("the profile has no `mfa_process`".into());
            match &source.totp_secret_name {
                None => reasons.push("it has no `totp_secret_name`".into()),
                Some(secret_name) => match find_program("mktotp", environment) {
                    Some(program) => return Ok(Kind::Mktotp { program, secret_name: secret_name.clone() }),
                    None => reasons.push("the program `mktotp` is not on the PATH".into()),
                },
            }
        } else {
            reasons.push("no command is run for a file that a call named".into());
        }
        match person {
            Person::Present(prompt) => return Ok(Kind::Person(Arc::clone(prompt))),
            Person::Absent(reason) => reasons.push(reason.clone()),
        }
        let name = &source.name;
        let message = format!("there is no code for the device `{}`: {}", source.device.as_str(), reasons.join(", "));
        let hint = format!("give one with `updsts get -n {name} -t CODE`, or set `mfa_process` under `[{name}]`");
        Err(Error::new(ErrorCode::CodeUnavailable, message, hint))
    }

    /// The first code. Like every code that comes from here it was not sent before, and it counts as
    /// sent from now on.
    pub async fn first(&mut self, reporter: &dyn Reporter) -> Result<TokenCode> {
        match &self.kind {
            Kind::Given(code) => self.claimed(code.clone()),
            Kind::StandardInput => self.claimed(read_standard_input().await?),
            Kind::MfaProcess(_) | Kind::Mktotp { .. } => {
                let code = self.run(reporter).await?;
                if self.claim(&code) {
                    return Ok(code);
                }
                reporter.notice("the code of the command was sent before; waiting up to 31 s for its next one");
                self.next_of_command(reporter).await?.ok_or_else(sent_before)
            }
            Kind::Person(prompt) => {
                let prompt = Arc::clone(prompt);
                self.ask(&prompt, reporter).await
            }
        }
    }

    fn claim(&self, code: &TokenCode) -> bool {
        self.sent_codes.claim(&self.device, code)
    }

    fn claimed(&self, code: TokenCode) -> Result<TokenCode> {
        if self.claim(&code) { Ok(code) } else { Err(sent_before()) }
    }

    /// Another code after AWS refused this one, where the source can give one.
    pub async fn after_refusal(&mut self, reporter: &dyn Reporter) -> Result<Option<TokenCode>> {
        match &self.kind {
            Kind::Given(_) | Kind::StandardInput => Ok(None),
            Kind::MfaProcess(_) | Kind::Mktotp { .. } if self.tries > 0 => Ok(None),
            Kind::MfaProcess(_) | Kind::Mktotp { .. } => {
                self.tries += 1;
                reporter.notice("AWS refused the code of the command; waiting up to 31 s for its next one");
                self.next_of_command(reporter).await
            }
            Kind::Person(_) if self.tries >= MOST_TRIES => Ok(None),
            Kind::Person(prompt) => {
                let prompt = Arc::clone(prompt);
                reporter.notice("AWS refused the code (wrong, late or already used); wait for the next one");
                self.ask(&prompt, reporter).await.map(Some)
            }
        }
    }

    async fn next_of_command(&self, reporter: &dyn Reporter) -> Result<Option<TokenCode>> {
        let start = Instant::now();
        loop {
            let code = self.run(reporter).await?;
            if self.claim(&code) {
                return Ok(Some(code));
            }
            if start.elapsed() >= NEXT_CODE_TIME {
                return Ok(None);
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn ask(&mut self, prompt: &Arc<dyn Prompt>, reporter: &dyn Reporter) -> Result<TokenCode> {
        let question = format!("MFA code for `{}` ({}): ", self.profile, self.device.as_str());
        while self.tries < MOST_TRIES {
            self.tries += 1;
            let prompt = Arc::clone(prompt);
            let question = question.clone();
            let answer = tokio::task::spawn_blocking(move || prompt.ask(&question)).await;
            let answer = answer.map_err(io::Error::other).and_then(|answer| answer);
            if answer.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::Interrupted) {
                // The signal of Ctrl-C is on its way to whoever ends the program.
                sleep(Duration::from_secs(1)).await;
            }
            let answer = answer.map_err(|error| no_answer(&error))?;
            match TokenCode::parse(answer.expose_secret()) {
                Ok(code) if self.claim(&code) => return Ok(code),
                Ok(_) => reporter.notice("that is the code that AWS refused; wait for the next one"),
                Err(_) => reporter.notice("a code is six digits"),
            }
        }
        let message = format!("no usable code was typed in {MOST_TRIES} tries");
        Err(Error::new(ErrorCode::CodeUnavailable, message, "run the command again with the next code of the device"))
    }

    async fn run(&self, reporter: &dyn Reporter) -> Result<TokenCode> {
        let (name, mut command) = match &self.kind {
            Kind::MfaProcess(text) => ("mfa_process", shell(text)),
            Kind::Mktotp { program, secret_name } => {
                let mut command = Command::new(program);
                command.arg("get").arg("-n").arg(secret_name);
                ("mktotp", command)
            }
            Kind::Given(_) | Kind::StandardInput | Kind::Person(_) => {
                return Err(Error::new(ErrorCode::Internal, "this source of codes is no command", "report this"));
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        if !reporter.shows_commands() {
            command.stderr(Stdio::null());
        }
        let output = run_bounded(command).await;
        let failure = match output {
            Ok((status, output)) if status.success() => {
                let code = std::str::from_utf8(output.expose_secret().as_bytes()).ok().map(str::trim);
                match code.map(TokenCode::parse) {
                    Some(Ok(code)) => return Ok(code),
                    _ => "printed something other than six digits".to_owned(),
                }
            }
            Ok((status, _)) => format!("failed: {}", ending(status)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                "did not end within 30 s and was stopped".to_owned()
            }
            Err(error) => format!("could not be run: {}", os_error(&error)),
        };
        let hint = match &self.kind {
            Kind::Mktotp { .. } => format!(
                "try `mktotp get -n NAME` with the `totp_secret_name` of `{}`, or give a code with `-t CODE`",
                self.profile
            ),
            _ => format!("try the command by hand, or give a code: `updsts get -n {} -t CODE`", self.profile),
        };
        Err(Error::new(ErrorCode::CodeUnavailable, format!("`{name}` of `{}` {failure}", self.profile), hint))
    }
}

/// STS accepts a code once, so that another request with it would be refused.
fn sent_before() -> Error {
    let message = "this code was sent to AWS before, which accepts a code once";
    Error::new(ErrorCode::CodeRefused, message, "wait for the next code of the device").after_request(CodeSpent::Yes)
}

fn no_answer(error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Error::new(
            ErrorCode::CodeUnavailable,
            "the input ended before a code was typed",
            "type the six digits, then Enter",
        ),
        io::ErrorKind::Interrupted => {
            Error::new(ErrorCode::CodeUnavailable, "interrupted at the prompt", "run the command again")
        }
        _ => Error::new(
            ErrorCode::CodeUnavailable,
            format!("no code could be read: {}", os_error(error)),
            "give the code with `-t CODE`",
        ),
    }
}

async fn read_standard_input() -> Result<TokenCode> {
    // A line of a code is short; what is longer is none.
    let mut input = BufReader::new(tokio::io::stdin().take(1024));
    let mut line = zeroize::Zeroizing::new(String::with_capacity(1024));
    let read = input.read_line(&mut line).await;
    match read {
        Ok(0) => Err(Error::new(
            ErrorCode::CodeUnavailable,
            "standard input ended before a code came",
            "write the six digits and a newline to standard input, or give `-t CODE`",
        )),
        Ok(_) => Ok(TokenCode::parse(&line)?),
        Err(error) => Err(no_answer(&error)),
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg(command);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd.exe");
    shell.arg("/C").arg(command);
    shell
}

fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        if let Some(signal) = status.signal() {
            return format!("it was ended by signal {signal}");
        }
    }
    match status.code() {
        Some(code) => format!("its exit status is {code}"),
        None => "it was ended".to_owned(),
    }
}

/// Runs the command in a process group of its own, at most [`COMMAND_TIME`].
async fn run_bounded(mut command: Command) -> io::Result<(ExitStatus, SecretString)> {
    #[cfg(unix)]
    command.process_group(0);
    let mut group = Group(command.spawn()?);
    let stdout = group.0.stdout.take().ok_or_else(|| io::Error::other("the output is not there"))?;
    let work = async {
        let mut output = zeroize::Zeroizing::new(Vec::with_capacity(256));
        stdout.take(MOST_OUTPUT).read_to_end(&mut output).await?;
        let status = group.0.wait().await?;
        Ok((status, SecretString::from(String::from_utf8_lossy(&output).into_owned())))
    };
    match timeout(COMMAND_TIME, work).await {
        Ok(result) => result,
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// A command's process group, killed when it is no longer waited for: after the time is up, and
/// when the whole call is cancelled.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // It may have ended by itself meanwhile.
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}

/// The program in the directories of the PATH.
fn find_program(name: &str, environment: &Environment) -> Option<PathBuf> {
    // An empty or relative entry stands for the current directory or one below it, which may be anybody's.
    let path = environment.var_os("PATH")?;
    let directories = std::env::split_paths(&path).filter(|directory| directory.is_absolute());
    which::which_in_global(name, std::env::join_paths(directories).ok()).ok()?.next()
}
