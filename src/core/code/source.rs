//! The one source of the code: the argument, standard input, a command, a person (GET-5).

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use crate::core::ask::conversation::{Conversation, Subject};
use crate::core::ask::person::{End, Person};
use crate::core::code::command::CodeCommand;
use crate::core::code::sent_codes::SentCodes;
use crate::core::code::standard_input;
use crate::core::command::run::COMMAND_TIME;
use crate::core::environment::Environment;
use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::misplaced::is_like_a_secret;
use crate::core::name::ProfileName;
use crate::core::reporter::{Awaited, Reporter};
use crate::core::session::{SerialNumber, SessionDuration, TokenCode};
use crate::core::source::source_profile::SourceProfile;
use crate::core::text::path;

/// How long to wait for a command to give another code: one TOTP step plus a second.
const NEXT_CODE_TIME: Duration = Duration::from_secs(31);
/// What a person is told about a code that AWS refused.
const REFUSED: &str = "AWS refused the code (wrong, expired or used); wait for the next one";

/// The code of the `-t` option, or of the tool's `totp_token`.
#[derive(Debug, Clone, Default)]
pub enum GivenCode {
    #[default]
    None,
    Code(TokenCode),
    /// `-t -`: one line of standard input.
    StandardInput,
}

/// What a code is wanted for.
pub struct Wanted<'a> {
    pub given: &'a GivenCode,
    pub source: &'a SourceProfile,
    pub duration: SessionDuration,
    pub file: &'a CredentialsFile,
    pub sent_codes: &'a SentCodes,
}

pub struct CodeSource {
    kind: Kind,
    profile: ProfileName,
    device: SerialNumber,
    sent_codes: SentCodes,
    tries: u32,
    next_code_time: Duration,
}

enum Kind {
    Given(TokenCode),
    StandardInput,
    Command(CodeCommand),
    Person(Box<Conversation>),
}

impl CodeSource {
    /// The first available source; it is not asked yet. If there is none, the error says for each why it was not used.
    pub fn choose(wanted: &Wanted<'_>, person: &Person, environment: &Environment) -> Result<Self> {
        let source = wanted.source;
        let kind = match wanted.given {
            GivenCode::Code(code) => Kind::Given(code.clone()),
            GivenCode::StandardInput => Kind::StandardInput,
            GivenCode::None => command_or_person(wanted, person, environment)?,
        };
        Ok(Self::new(kind, source.name.clone(), source.device.clone(), wanted.sent_codes.clone()))
    }

    const fn new(kind: Kind, profile: ProfileName, device: SerialNumber, sent_codes: SentCodes) -> Self {
        Self { kind, profile, device, sent_codes, tries: 0, next_code_time: NEXT_CODE_TIME }
    }

    /// The first code. Like every code from here, it has not been sent before, and counts as sent from now on.
    pub async fn first(&mut self, reporter: &dyn Reporter) -> Result<TokenCode> {
        match &self.kind {
            Kind::Given(code) => self.claimed(code.clone()),
            Kind::StandardInput => self.claimed(standard_input::read().await?),
            Kind::Command(command) => {
                let code = self.run(command, reporter).await?;
                if self.claim(&code) {
                    return Ok(code);
                }
                reporter
                    .notice("the command printed a code that was already sent; waiting up to 31 s for the next one");
                self.next_of(command, reporter).await?.ok_or_else(sent_before)
            }
            Kind::Person(_) => self.ask(None, reporter).await?.ok_or_else(sent_before),
        }
    }

    /// Another code after AWS refused this one, if the source can provide one.
    pub async fn after_refusal(&mut self, reporter: &dyn Reporter) -> Result<Option<TokenCode>> {
        match &self.kind {
            Kind::Given(_) | Kind::StandardInput => Ok(None),
            Kind::Command(_) if self.tries > 0 => Ok(None),
            Kind::Command(command) => {
                self.tries += 1;
                reporter.notice("AWS refused the code from the command; waiting up to 31 s for the next one");
                self.next_of(command, reporter).await
            }
            Kind::Person(_) => self.ask(Some(REFUSED), reporter).await,
        }
    }

    /// Tells the person, if one was asked, what the code was good for.
    pub fn ended(&self, outcome: Result<Timestamp, &Error>) {
        let Kind::Person(conversation) = &self.kind else { return };
        conversation.show_end(&match outcome {
            Ok(expiration) => End::Accepted { expiration },
            Err(error) => End::Failed(error.message().to_owned()),
        });
    }

    fn claim(&self, code: &TokenCode) -> bool {
        self.sent_codes.claim(&self.device, code)
    }

    fn claimed(&self, code: TokenCode) -> Result<TokenCode> {
        if self.claim(&code) { Ok(code) } else { Err(sent_before()) }
    }

    async fn run(&self, command: &CodeCommand, reporter: &dyn Reporter) -> Result<TokenCode> {
        reporter.awaits(Awaited::Command);
        command.code(&self.profile, reporter.shows_commands(), COMMAND_TIME).await
    }

    async fn next_of(&self, command: &CodeCommand, reporter: &dyn Reporter) -> Result<Option<TokenCode>> {
        let start = Instant::now();
        loop {
            let code = self.run(command, reporter).await?;
            if self.claim(&code) {
                return Ok(Some(code));
            }
            if start.elapsed() >= self.next_code_time {
                return Ok(None);
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn ask(&mut self, problem: Option<&'static str>, reporter: &dyn Reporter) -> Result<Option<TokenCode>> {
        let Kind::Person(conversation) = &mut self.kind else { return Ok(None) };
        let is_new = |code: &TokenCode| self.sent_codes.claim(&self.device, code);
        reporter.awaits(Awaited::Person);
        conversation.code(problem, is_new, |text| reporter.notice(text)).await
    }
}

fn command_or_person(wanted: &Wanted<'_>, person: &Person, environment: &Environment) -> Result<Kind> {
    let source = wanted.source;
    let mut reasons = vec!["no code was given"];
    if wanted.file.is_operators() {
        if let Some(command) = &source.mfa_process {
            return Ok(Kind::Command(CodeCommand::MfaProcess(command.clone())));
        }
        reasons.push("the profile has no `mfa_process`");
        match &source.totp_secret_name {
            None => reasons.push("it has no `totp_secret_name`"),
            // Other users see the arguments of a command.
            Some(secret_name) if is_like_a_secret(secret_name.as_bytes()) => {
                reasons.push("its `totp_secret_name` looks like the secret itself, not like its name in mktotp");
            }
            Some(secret_name) => match CodeCommand::mktotp(secret_name, environment) {
                Some(command) => return Ok(Kind::Command(command)),
                None => reasons.push("the program `mktotp` is not on the PATH"),
            },
        }
    } else {
        reasons.push("commands are not run for a file that a call named");
    }
    match person {
        Person::Present(asking) => {
            let subject = Subject {
                profile: source.name.clone(),
                device: source.device.clone(),
                duration: wanted.duration,
                file: (!wanted.file.is_default()).then(|| path(wanted.file.path())),
            };
            return Ok(Kind::Person(Box::new(Conversation::new(asking.clone(), subject, environment))));
        }
        Person::Absent(reason) => reasons.push(reason),
    }
    let name = &source.name;
    let message = format!("no code is available for the device `{}`: {}", source.device.as_str(), reasons.join(", "));
    let hint =
        format!("give one with `updsts get -n {} -t CODE`, or set `mfa_process` under `[{name}]`", name.in_a_command());
    Err(Error::new(ErrorCode::CodeUnavailable, message, hint))
}

/// STS accepts a code once, so another request with it would be refused.
fn sent_before() -> Error {
    let message = "this code was already sent to AWS, which accepts each code only once";
    Error::new(ErrorCode::CodeRefused, message, "wait for the next code from the device").after_request(CodeSpent::Yes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::command::shell::ShellCommand;
    use crate::core::reporter::Silent;

    fn codes_of(command: String) -> CodeSource {
        let device = SerialNumber::parse("arn:aws:iam::123456789012:mfa/user").unwrap();
        let profile = ProfileName::parse("default").unwrap();
        let command = Kind::Command(CodeCommand::MfaProcess(ShellCommand { text: command, cut_at: None }));
        CodeSource::new(command, profile, device, SentCodes::default())
    }

    #[tokio::test]
    async fn get_6_a_command_that_repeats_a_refused_code_is_given_up_after_the_time_of_a_code() {
        let mut codes = codes_of("echo 999999".into());
        assert_eq!(codes.next_code_time, Duration::from_secs(31));
        codes.next_code_time = Duration::from_secs(2);
        let start = Instant::now();
        assert_eq!(codes.first(&Silent).await.unwrap().expose_secret(), "999999");
        assert_eq!(codes.after_refusal(&Silent).await.unwrap(), None);
        assert!(start.elapsed() >= Duration::from_secs(2));
    }

    #[tokio::test]
    async fn get_6_a_command_gets_one_more_try_and_not_two() {
        let folder = tempfile::tempdir().unwrap();
        let count = folder.path().join("count");
        let command = if cfg!(windows) {
            "if exist FILE2 (echo 000003) else if exist FILE (echo x>FILE2&echo 000002) else (echo x>FILE&echo 000001)"
        } else {
            "echo x >> FILE; printf '%06d' $(wc -l < FILE)"
        };
        let mut codes = codes_of(command.replace("FILE", count.to_str().unwrap()));
        assert_eq!(codes.first(&Silent).await.unwrap().expose_secret(), "000001");
        let second = codes.after_refusal(&Silent).await.unwrap().unwrap();
        assert_eq!(second.expose_secret(), "000002");
        assert_eq!(codes.after_refusal(&Silent).await.unwrap(), None);
    }
}
