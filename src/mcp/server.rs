//! The calls.

use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use jiff::Timestamp;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, Implementation, JsonObject, ListToolsResult,
    PaginatedRequestParams, ProgressNotificationParam, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use strum::VariantArray;
use tokio::time::{Instant, sleep};

use super::answer;
use super::arguments::Arguments;
use super::invitations::{Invitations, Way, required};
use super::next_step::{CodeFrom, Situation, next_step, unfit_text};
use super::tools::{INSTRUCTIONS, ToolName};
use super::waiting::{Asked, Call, Key, Limits, Renewals};
use crate::core::ask::chooser::{self, Ask};
use crate::core::ask::page::Page;
use crate::core::ask::person::{Channel, Person};
use crate::core::block::layout::Layout;
use crate::core::code::sent_codes::SentCodes;
use crate::core::code::source::GivenCode;
use crate::core::environment::Environment;
use crate::core::error::{CodeSpent, Error, ErrorCode, Result};
use crate::core::file::credentials_file::CredentialsFile;
use crate::core::list::{inspect, roles};
use crate::core::misplaced::MALFORMED;
use crate::core::name::ProfileName;
use crate::core::renew::report::RenewReport;
use crate::core::renew::request::RenewRequest;
use crate::core::renew::{Names, names, renew};
use crate::core::reporter::Reporter;
use crate::core::source::target::Target;
use crate::core::text::path;

/// How much of a client's name is shown, in characters.
const MOST_OF_A_NAME: usize = 64;

type Context = RequestContext<RoleServer>;

/// The server: what stays the same between calls, and the codes that were sent.
pub struct Server {
    file: CredentialsFile,
    environment: Environment,
    /// How a person is asked for a code.
    ask: Option<Ask>,
    takes_cred_file: bool,
    sent_codes: SentCodes,
    renewals: Renewals,
    invitations: Invitations,
}

impl Server {
    /// A server for the operator's file. The reporter must not write to the server's output, and must keep commands
    /// from writing to it.
    pub fn new(file: CredentialsFile, environment: Environment, reporter: Arc<dyn Reporter>) -> Self {
        Self {
            file,
            environment,
            ask: Some(Ask::Never),
            takes_cred_file: true,
            sent_codes: SentCodes::default(),
            renewals: Renewals::new(Limits::REAL, reporter),
            invitations: Invitations::default(),
        }
    }

    /// Whether calls may name another file.
    #[must_use]
    pub const fn taking_cred_file(mut self, takes_cred_file: bool) -> Self {
        self.takes_cred_file = takes_cred_file;
        self
    }

    /// How a person is asked for a code; without this nobody is. `None` leaves it to the environment.
    #[must_use]
    pub const fn asking(mut self, ask: Option<Ask>) -> Self {
        self.ask = ask;
        self
    }

    /// Other times than the real ones, for tests.
    #[must_use]
    pub fn limited_to(mut self, limits: Limits) -> Self {
        self.renewals = self.renewals.limited_to(limits);
        self
    }

    /// The renewals under way, with or without a call.
    pub const fn renewals(&self) -> &Renewals {
        &self.renewals
    }

    async fn answer(&self, tool: ToolName, given: Option<JsonObject>, context: &Context) -> CallToolResponse {
        let began = Instant::now();
        let parsed = Arguments::new(given, &tool.parameters(self.takes_cred_file), Some("cred_file"));
        let (file, given) = match parsed.and_then(|given| Ok((self.file(&given)?, given))) {
            Ok(parsed) => parsed,
            Err(error) => return plain_failure(&error).into(),
        };
        let result = match (check_size(&file), tool) {
            (Err(error), _) => Err(error),
            (Ok(()), ToolName::Update) => self.update(&file, &given, began, context).await,
            (Ok(()), ToolName::Info) => {
                info(&file, &self.environment, &given, &self.person_for_readers(context)).map(Into::into)
            }
            (Ok(()), ToolName::List) => {
                list(&file, &self.environment, &self.person_for_readers(context)).map(Into::into)
            }
        };
        result.unwrap_or_else(|error| failure(error, &file, &self.environment, &given).into())
    }

    /// The file that the call is about (MCP-9).
    fn file(&self, given: &Arguments) -> Result<CredentialsFile> {
        match given.cred_file()? {
            None => Ok(self.file.clone()),
            Some(_) if !self.takes_cred_file => Err(Error::new(
                ErrorCode::FileNotAllowed,
                "the operator does not let calls name a file",
                "this server works only on the operator's file",
            )),
            Some(path) => Ok(CredentialsFile::of_call(&path, &self.file, &self.environment)),
        }
    }

    async fn update(
        &self,
        file: &CredentialsFile,
        given: &Arguments,
        began: Instant,
        context: &Context,
    ) -> Result<CallToolResponse> {
        if !file.is_operators() {
            check_shown(file, &self.environment, &given.profile_name()?)?;
        }
        let request = RenewRequest {
            file: file.clone(),
            profile: given.profile_name()?,
            session_profile: given.sts_profile_name()?,
            adopts: false,
            mfa_serial: None,
            code: given.totp_token()?,
            sent_codes: self.sent_codes.clone(),
            duration: given.duration()?,
            min_validity: given.min_validity()?,
            is_polled: false,
            region: None,
            endpoint_url: None,
        };
        // What is wrong with the names is for the renewal to say.
        let names = names(&request, &self.environment).await.ok();
        let call = self.call_for(&request, names.as_ref(), began);
        let way = Way::to_client(context);
        let work = |reporter: Arc<dyn Reporter>| {
            let (request, environment) = (request.clone(), self.environment.clone());
            let person = self.person(call.key(), way.is_some(), context);
            async move { renew(&request, &person, &environment, &*reporter).await }.boxed()
        };
        let outcome = tokio::select! {
            biased;
            outcome = self.renewals.outcome(&call, work) => outcome,
            response = self.invited(&call, way.as_ref(), context) => return Ok(response),
            () = self.tell(&call, context) => None,
        };
        let report = match outcome {
            // The call that began the renewal may have named a role, or the source.
            Some(outcome) => RenewReport { role: names.and_then(|names| names.target.role), ..outcome? },
            None => return Ok(stopped().into()),
        };
        let usage = report.usage(file);
        Ok(answer::updated(&report, &usage, &file.resolved(), Timestamp::now()).into())
    }

    /// The person that the call's client works for.
    fn person(&self, key: &Key, opens_pages: bool, context: &Context) -> Person {
        let client = context.client_info().map(|client| client.name.chars().take(MOST_OF_A_NAME).collect());
        let page = || Arc::new(Page::new(self.invitations.opener(key.clone()))) as Arc<dyn Channel>;
        chooser::person_at_client(self.ask, opens_pages.then(page), client, &self.environment)
    }

    /// The person that a renewal would ask. No question is asked by it.
    fn person_for_readers(&self, context: &Context) -> Person {
        let key = Key::new(self.file.resolved(), &ProfileName::from_file(b""));
        self.person(&key, Way::to_client(context).is_some(), context)
    }

    fn call_for(&self, request: &RenewRequest, names: Option<&Names>, began: Instant) -> Call {
        let source = names.map_or(&request.profile, |names| &names.target.source);
        let code = match &request.code {
            GivenCode::Code(code) => Some(code.clone()),
            GivenCode::None | GivenCode::StandardInput => None,
        };
        let asked = Asked {
            session_profile: names.map(|names| names.session_profile.clone()),
            duration: request.duration,
            min_validity: request.min_validity,
            code,
        };
        Call::new(Key::new(request.file.resolved(), source), asked, began + self.renewals.limits().call)
    }

    /// Brings the invitations for the call to its client. Done when the client has to call again.
    async fn invited(&self, call: &Call, way: Option<&Way>, context: &Context) -> CallToolResponse {
        let Some(way) = way else { return pending().await };
        loop {
            let invitation = self.invitations.next(call.key()).await;
            match way {
                Way::Request => self.invitations.request(invitation, context.peer.clone()),
                Way::Result => {
                    call.promise();
                    return required(invitation).into();
                }
            }
        }
    }

    /// Tells the client now and then what the call waits for, if it wants to know; never done.
    async fn tell(&self, call: &Call, context: &Context) {
        let Some(token) = context.meta.get_progress_token() else { return pending().await };
        for progress in 1_u32.. {
            sleep(self.renewals.limits().progress).await;
            let progress = ProgressNotificationParam::new(token.clone(), f64::from(progress));
            let message = format!("waiting for {}", call.waits_for());
            // A client that is gone is noticed elsewhere.
            let _ = context.peer.notify_progress(progress.with_message(message)).await;
        }
    }

    async fn call(&self, tool: ToolName, given: Option<JsonObject>, context: Context) -> CallToolResponse {
        // One that waited for its turn until the server was stopped is not begun.
        if self.renewals.is_stopped() {
            return stopped().into();
        }
        tokio::select! {
            biased;
            // Nobody waits for this response: rmcp drops it.
            () = context.ct.cancelled() => stopped().into(),
            result = answered(self.answer(tool, given, &context)) => result,
        }
    }
}

/// The response, even if the work panics (MCP-8). The panic's message is not repeated: it can quote the text that
/// caused it.
async fn answered(work: impl Future<Output = CallToolResponse>) -> CallToolResponse {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| plain_failure(&Error::defect()).into())
}

fn stopped() -> CallToolResult {
    let error = Error::new(ErrorCode::AnswerLost, "the server was stopped before the call was done", "call again");
    plain_failure(&error.after_request(CodeSpent::Maybe))
}

/// The largest file that a call may name, in bytes (MCP-9). The operator's own may be larger.
const MOST_BYTES: u64 = 1024 * 1024;

fn check_size(file: &CredentialsFile) -> Result<()> {
    // What cannot be examined is an error when it is read.
    let is_larger = || std::fs::metadata(file.path()).is_ok_and(|metadata| metadata.len() > MOST_BYTES);
    if file.is_operators() || !is_larger() {
        return Ok(());
    }
    let message =
        format!("`{}` is larger than 1 MiB, which is the most that is read of such a file", path(file.path()));
    Err(Error::new(ErrorCode::FileUnusable, message, "name a credentials file"))
}

/// A profile that the list does not show does not exist for the other tools either: what another file contains cannot
/// be found out by guessing (MCP-9).
fn check_shown(file: &CredentialsFile, environment: &Environment, name: &ProfileName) -> Result<()> {
    let name = name.to_string();
    if inspect(file, environment, Timestamp::now())?.profiles.iter().any(|profile| profile.profile_name == name) {
        return Ok(());
    }
    let hint = "`updsts_get_credential_info_list` with this `cred_file` shows the names";
    Err(Error::new(ErrorCode::ProfileNotFound, "the profile is not in the file", hint))
}

fn list(file: &CredentialsFile, environment: &Environment, person: &Person) -> Result<CallToolResult> {
    let inspection = inspect(file, environment, Timestamp::now())?.asking(person);
    Ok(answer::profiles(&inspection, &roles(file, environment)?, &file.resolved()))
}

fn info(
    file: &CredentialsFile,
    environment: &Environment,
    given: &Arguments,
    person: &Person,
) -> Result<CallToolResult> {
    let name = given.profile_name()?.to_string();
    let inspection = inspect(file, environment, Timestamp::now())?.asking(person);
    let resolved = file.resolved();
    if let Some(profile) = inspection.profiles.iter().find(|profile| profile.profile_name == name) {
        return Ok(answer::profile(profile, &resolved));
    }
    Ok(answer::no_profile(&inspection.profiles, &resolved))
}

/// The failure of a call whose arguments are known.
fn failure(error: Error, file: &CredentialsFile, environment: &Environment, given: &Arguments) -> CallToolResult {
    let error = if file.is_operators() { error } else { answer::without_text_of_the_file(error) };
    let case = Situation {
        is_of_another_file: !file.is_operators(),
        has_code: matches!(given.totp_token(), Ok(GivenCode::Code(_))),
        has_session_name: matches!(given.sts_profile_name(), Ok(Some(_))),
        unfit: unfit_text(file, environment),
        code: matches!(error.code(), ErrorCode::CodeUnavailable).then(|| code_from(file, environment, given)),
    };
    answer::failure(&error, &next_step(&error, &case))
}

/// A failure that has nothing to do with the arguments or the files.
fn plain_failure(error: &Error) -> CallToolResult {
    answer::failure(error, &next_step(error, &Situation::default()))
}

/// The names that the model needs are looked up again: the error contains only text.
fn code_from(file: &CredentialsFile, environment: &Environment, given: &Arguments) -> CodeFrom {
    let name = given.profile_name().ok();
    if !file.is_operators() {
        // No text of another file appears in an error; `info` shows the name of its secret.
        let source = name.map(|name| name.to_string()).unwrap_or_default();
        let file = file.path().display().to_string();
        // What goes into a command for a model has no backslash.
        let file = if cfg!(windows) { file.replace('\\', "/") } else { file };
        return CodeFrom { source, secret_name: None, file: Some(file) };
    }
    let source = name.map(|name| source_of(&name, file, environment).unwrap_or(name).to_string()).unwrap_or_default();
    let profiles =
        inspect(file, environment, Timestamp::now()).map(|inspection| inspection.profiles).unwrap_or_default();
    let source_profile = profiles.into_iter().find(|profile| profile.profile_name == source);
    let secret_name = source_profile.and_then(|profile| profile.totp_secret_name).filter(|name| name != MALFORMED);
    CodeFrom { source, secret_name, file: None }
}

/// The source that a name stands for (CLI-13, ROLE-1).
fn source_of(name: &ProfileName, file: &CredentialsFile, environment: &Environment) -> Result<ProfileName> {
    let snapshot = file.read()?;
    Ok(Target::resolve(name, &Layout::of(&snapshot.bytes), file, environment)?.source)
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let implementation = Implementation::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
            .with_title("updsts: AWS sessions with MFA")
            .with_description(env!("CARGO_PKG_DESCRIPTION"));
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(implementation)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = ToolName::VARIANTS.iter().map(|tool| tool.tool(self.takes_cred_file));
        Ok(ListToolsResult::with_all_items(tools.collect()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        Some(name.parse::<ToolName>().ok()?.tool(self.takes_cred_file))
    }

    async fn call_tool(&self, request: CallToolRequestParams, context: Context) -> Result<CallToolResponse, ErrorData> {
        let tool = request
            .name
            .parse::<ToolName>()
            .map_err(|_| ErrorData::invalid_params("there is no tool of that name; tools/list shows them", None))?;
        self.invitations.take_reply(&request);
        Ok(Box::pin(self.call(tool, request.arguments, context)).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn mcp_8_a_panic_in_a_tool_still_answers_and_does_not_repeat_its_text() {
        let CallToolResponse::Complete(result) = answered(async { std::panic::panic_any("canary".to_owned()) }).await
        else {
            panic!("not complete")
        };
        let text = format!("{result:?}");
        assert_eq!(result.is_error, Some(true));
        assert!(text.contains("error[internal]") && !text.contains("canary"), "{text}");
    }
}
