//! updsts: temporary AWS sessions from an MFA code, kept in the shared credentials file.
//!
//! # The map
//!
//! - [`core`]: what updsts knows. No command line, no protocol.
//!   - The vocabulary: [`core::error`], [`core::secret`], [`core::session`], [`core::name`], [`core::expiry`],
//!     [`core::text`], [`core::misplaced`], [`core::quote`], [`core::environment`], [`core::platform`], [`core::reporter`],
//!     [`core::core_dump`], [`core::guard`].
//!   - [`core::ini`]: bytes → lines → profiles; the second reading, by botocore's rules. Pure.
//!   - [`core::block`]: where the managed blocks are, an edit of one, its preview, its check; the session stored in
//!     one, and whether it is valid. Pure.
//!   - [`core::file`]: the credentials file and the config file on disk: find, read, lock, replace.
//!   - [`core::source`]: what a NAME stands for, the profile that holds the key or the command that gives it, and how other programs use its session.
//!   - [`core::sts`]: region, endpoint, proxy, trust, and the client. The only SDK code.
//!   - [`core::command`]: commands that the operator's files name, run with a time limit.
//!   - [`core::code`]: where a code comes from; none is sent twice. [`core::ask`]: asking a person.
//!   - [`core::clients`]: the MCP clients, and their configuration files.
//!   - [`core::turn`]: of many callers at once, one renews.
//!   - [`core::init`], [`core::renew`], [`core::list`], [`core::export`], [`core::exec`], [`core::clear`],
//!     [`core::doctor`], [`core::register`]: the use cases.
//! - [`cli`]: the command line. The only clap code.
//! - [`mcp`]: the MCP server, three tools over the same core. The only rmcp code, except for the pipes of `cli::mcp`.
//!
//! Arrows point one way: `main → cli, mcp → use cases → parts → vocabulary`; no two files import each other.
//!
//! # The path of the data through `renew`
//!
//! arguments → [`core::renew::request::RenewRequest`] → read bytes → find profile → locate block → plan the edit and
//! check it by both readings → settings → key → code → STS → [`core::session::SessionCredentials`] → lock → read again → edit → check →
//! replace → look once more → [`core::renew::report::RenewReport`] → text or JSON. The lock is never held while waiting
//! for a person, a command or AWS.

pub mod cli;
pub mod core;
pub mod mcp;
