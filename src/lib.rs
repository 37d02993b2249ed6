//! updsts: temporary AWS sessions from an MFA code, kept in the shared credentials file.
//!
//! # The map
//!
//! - [`core`]: what updsts knows. No command line, no protocol.
//!   - [`core::secret`], [`core::session`], [`core::text`], [`core::expiry`], [`core::error`],
//!     [`core::environment`]: the words that everything else is said in.
//!   - [`core::grammar`] → [`core::profile`]: bytes → lines → profiles. Pure.
//!   - [`core::managed_block`] ([`core::block_error`]) → [`core::splice`] ([`core::preview`]) → [`core::verify`]:
//!     locate a block, edit it by byte range, check the result. Pure.
//!   - [`core::credentials_file`], [`core::config_file`]: the only file I/O.
//!   - [`core::source_profile`]: the profile that holds the key, checked.
//!   - [`core::settings`], [`core::sts`]: region, endpoint, proxy, trust; the STS client. The only SDK code.
//!   - [`core::token`], [`core::sent_codes`]: where the code comes from, and that none is sent twice.
//!   - [`core::store`]: the session goes into its block.
//!   - [`core::turn`]: of many callers at once, one asks AWS.
//!   - [`core::refresh`] ([`core::usage`]), [`core::inspect`], [`core::export`], [`core::clear`]: the use cases.
//! - [`cli`]: the command line. The only clap code, and with `main` and rmcp the only code that writes to stdout.
//! - [`mcp`]: the MCP server, three tools over the same core. The only rmcp code, but for the pipes of `cli::mcp`.
//!
//! Arrows point one way: `main → cli, mcp → core use cases → core parts → secret`.
//!
//! # The path of the data through `get`
//!
//! arguments → [`core::refresh::RefreshRequest`] → read bytes → find profile → locate block → settings →
//! every check → code → STS → [`core::session::SessionCredentials`] → lock → read again → locate again →
//! splice → verify → replace → [`core::refresh::RefreshReport`] → text or JSON. The lock is never held while
//! somebody types or AWS thinks.

pub mod cli;
pub mod core;
pub mod mcp;
