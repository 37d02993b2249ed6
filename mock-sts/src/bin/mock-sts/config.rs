//! The configuration file: users and roles, in TOML.
//!
//! ```toml
//! [[users]]
//! name = "alice"
//! account = "123456789012"                             # the default
//! partition = "aws"                                    # the default; aws-cn, aws-us-gov
//! mfa_serial = "arn:aws:iam::123456789012:mfa/alice"   # none: no device
//! totp_secret = "JBSWY3DPEHPK3PXP"                     # or token_code = "123456", the default
//! root = false                                         # the default; a root needs no name
//! denied = ["iam:ListMFADevices"]                      # by policy; default: nothing
//!
//! [[users.devices]]                                    # beside `mfa_serial`
//! serial = "arn:aws:iam::123456789012:mfa/phone"       # a passkey: `…:u2f/user/alice/key`, without a code
//! token_code = "123456"                                # or totp_secret
//!
//! [[users.keys]]
//! access_key_id = "AKIAIOSFODNN7EXAMPLE"
//! secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
//! active = true                                        # the default
//!
//! [[roles]]
//! name = "admin"
//! account = "123456789012"                             # the default; `partition` as above
//! principals = ["alice"]                               # names of users, ARNs, numbers of accounts
//! mfa = true                                           # a code, or a session that was issued for one; default false
//! external_id = "id-1"                                 # none: any
//! max_duration = 3600                                  # the default, in seconds
//! ```

use std::fs;
use std::path::Path;

use mock_sts::{AccessKey, CodeSource, MfaDevice, Role, User};
use serde::Deserialize;

use crate::failure::Failure;

/// What `denied` may name.
const DENIABLE: [&str; 4] = ["sts:GetSessionToken", "sts:AssumeRole", "iam:ListMFADevices", "iam:GetUser"];
const HINT: &str = "`mock-sts --help` lists the keys of the file";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfigTable {
    users: Vec<UserTable>,
    #[serde(default)]
    roles: Vec<RoleTable>,
}

/// What a file defines.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) users: Vec<User>,
    pub(crate) roles: Vec<Role>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserTable {
    name: Option<String>,
    account: Option<String>,
    partition: Option<String>,
    mfa_serial: Option<String>,
    totp_secret: Option<String>,
    token_code: Option<String>,
    #[serde(default)]
    devices: Vec<DeviceTable>,
    #[serde(default)]
    denied: Vec<String>,
    #[serde(default)]
    root: bool,
    keys: Vec<KeyTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceTable {
    serial: String,
    totp_secret: Option<String>,
    token_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyTable {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default = "yes")]
    active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleTable {
    name: String,
    account: Option<String>,
    partition: Option<String>,
    principals: Vec<String>,
    #[serde(default)]
    mfa: bool,
    external_id: Option<String>,
    max_duration: Option<i32>,
}

fn yes() -> bool {
    true
}

/// The users and roles of a file.
///
/// # Errors
///
/// The file is unreadable or not TOML, or a key is unknown, missing or has a value of the wrong form. The error does
/// not show the text of the file, which contains secrets.
pub(crate) fn read(path: &Path) -> Result<Config, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", path.display()), "`--config` names a TOML file")
    })?;
    parse(&text).map_err(|(line, problem)| {
        let place = line.map_or_else(String::new, |line| format!(":{line}"));
        Failure::new(format!("{}{place}: {problem}", path.display()), HINT)
    })
}

/// The error includes the line if it is known.
fn parse(text: &str) -> Result<Config, (Option<usize>, String)> {
    let table: ConfigTable = toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text.bytes().take(span.start).filter(|&byte| byte == b'\n').count() + 1);
        (line, error.message().to_owned())
    })?;
    let users = each("user", table.users, user)?;
    let roles = each("role", table.roles, role)?;
    Ok(Config { users, roles })
}

/// The error includes the number of the table.
fn each<T, U>(
    kind: &str,
    tables: Vec<T>,
    read: impl Fn(T) -> Result<U, String>,
) -> Result<Vec<U>, (Option<usize>, String)> {
    let numbered = (1..).zip(tables);
    numbered.map(|(n, table)| read(table).map_err(|problem| (None, format!("{kind} {n}: {problem}")))).collect()
}

fn user(table: UserTable) -> Result<User, String> {
    let default = User::default();
    let name = match table.name {
        Some(name) => user_name(&name).map_err(|problem| format!("`name` {problem}"))?,
        None if table.root => "root".to_owned(),
        None => return Err("`name` is missing".to_owned()),
    };
    let account = account(table.account.unwrap_or(default.account))?;
    let partition = partition(table.partition.unwrap_or(default.partition))?;
    let code = code_source(table.totp_secret, table.token_code)?;
    if let Some(action) = table.denied.iter().find(|action| !DENIABLE.contains(&action.as_str())) {
        return Err(format!("`denied` has `{}`, but only {DENIABLE:?} can be denied", action.escape_debug()));
    }
    let serial = table.mfa_serial.map(|serial| plain(&serial)).transpose();
    let keys: Result<Vec<AccessKey>, String> = table.keys.iter().map(key).collect();
    Ok(User {
        name,
        account,
        partition,
        keys: keys?,
        mfa_serial: serial.map_err(|problem| format!("`mfa_serial` {problem}"))?,
        code,
        other_devices: table.devices.into_iter().map(device).collect::<Result<_, _>>()?,
        denied: table.denied,
        root: table.root,
    })
}

fn device(table: DeviceTable) -> Result<MfaDevice, String> {
    let serial = plain(&table.serial).map_err(|problem| format!("`serial` {problem}"))?;
    if !serial.contains(":u2f/") {
        return Ok(MfaDevice { serial, code: Some(code_source(table.totp_secret, table.token_code)?) });
    }
    if table.totp_secret.is_some() || table.token_code.is_some() {
        return Err("a passkey (`:u2f/`) has neither `totp_secret` nor `token_code`".to_owned());
    }
    Ok(MfaDevice { serial, code: None })
}

fn code_source(totp_secret: Option<String>, fixed: Option<String>) -> Result<CodeSource, String> {
    match (totp_secret, fixed) {
        (Some(_), Some(_)) => Err("`totp_secret` and `token_code` exclude each other".to_owned()),
        (Some(base32), None) => base32.parse().map(CodeSource::Totp).map_err(|error| format!("`totp_secret`: {error}")),
        (None, Some(code)) => {
            token_code(&code).map(CodeSource::Fixed).map_err(|problem| format!("`token_code` {problem}"))
        }
        (None, None) => Ok(CodeSource::default()),
    }
}

fn role(table: RoleTable) -> Result<Role, String> {
    let default = Role::default();
    let max_duration = table.max_duration.unwrap_or(default.max_duration);
    if !(3_600..=43_200).contains(&max_duration) {
        return Err("`max_duration` must be 3600 to 43200 seconds".to_owned());
    }
    Ok(Role {
        name: role_name(&table.name).map_err(|problem| format!("`name` {problem}"))?,
        account: account(table.account.unwrap_or(default.account))?,
        partition: partition(table.partition.unwrap_or(default.partition))?,
        principals: table.principals,
        mfa: table.mfa,
        external_id: table.external_id,
        max_duration,
    })
}

fn account(text: String) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text)
    } else {
        Err("`account` must be twelve digits in quotes".to_owned())
    }
}

fn partition(text: String) -> Result<String, String> {
    if matches!(text.as_str(), "aws" | "aws-cn" | "aws-us-gov") {
        Ok(text)
    } else {
        Err("`partition` must be `aws`, `aws-cn` or `aws-us-gov`".to_owned())
    }
}

fn key(table: &KeyTable) -> Result<AccessKey, String> {
    let id = plain(&table.access_key_id).map_err(|problem| format!("`access_key_id` {problem}"))?;
    let secret = plain(&table.secret_access_key).map_err(|problem| format!("`secret_access_key` {problem}"))?;
    let key = AccessKey::new(id, secret);
    Ok(if table.active { key } else { key.inactive() })
}

/// A user name that IAM accepts (`CreateUser` in the IAM API reference); none can break a line of the credentials file.
fn user_name(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 letters, digits, and `_+=,.@-`".to_owned())
    }
}

/// A name of the same letters, perhaps behind a path.
fn role_name(text: &str) -> Result<String, String> {
    text.split('/').try_for_each(|part| user_name(part).map(drop))?;
    Ok(text.to_owned())
}

/// Accepts a value that a credentials file can hold.
pub(crate) fn plain(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("must be ASCII without spaces, and not empty".to_owned())
    }
}

/// Accepts what AWS accepts as a code.
pub(crate) fn token_code(text: &str) -> Result<String, String> {
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("must be six digits".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &str = "[[users.keys]]\naccess_key_id = \"AKIA1\"\nsecret_access_key = \"canary\"\n";

    fn problem(users: &str) -> String {
        let (line, problem) = parse(users).unwrap_err();
        assert!(!problem.contains("canary"), "{problem}");
        format!("{}: {problem}", line.map_or_else(|| "?".to_owned(), |line| line.to_string()))
    }

    #[test]
    fn reads_users_with_their_keys_and_defaults() {
        let text = format!(
            "[[users]]\nname = \"alice\"\nmfa_serial = \"GAHT12345678\"\n{KEYS}active = false\n\
             [[users]]\nroot = true\naccount = \"111122223333\"\nkeys = []\n"
        );
        let users = parse(&text).unwrap().users;
        assert_eq!(users[0].arn(), "arn:aws:iam::123456789012:user/alice");
        assert_eq!(users[0].keys, [AccessKey::new("AKIA1", "canary").inactive()]);
        assert_eq!(users[0].code, CodeSource::default());
        assert_eq!((users[1].arn().as_str(), &users[1].mfa_serial), ("arn:aws:iam::111122223333:root", &None));
    }

    #[test]
    fn reads_roles_with_their_defaults() {
        let text = format!(
            "[[users]]\nname = \"alice\"\n{KEYS}[[roles]]\nname = \"admin\"\nprincipals = [\"alice\"]\n\
             [[roles]]\nname = \"team/audit\"\nprincipals = []\nmfa = true\nexternal_id = \"id-1\"\nmax_duration = 7200\n"
        );
        let roles = parse(&text).unwrap().roles;
        let values = |role: &Role| (role.arn(), role.mfa, role.external_id.clone(), role.max_duration);
        let arn = |name| format!("arn:aws:iam::123456789012:role/{name}");
        assert_eq!(values(&roles[0]), (arn("admin"), false, None, 3_600));
        assert_eq!(values(&roles[1]), (arn("team/audit"), true, Some("id-1".to_owned()), 7_200));
        assert_eq!(roles[0].principals, ["alice"]);

        for (lines, expected) in [
            ("name = \"a b\"\nprincipals = []", "`name` must be"),
            ("name = \"/a\"\nprincipals = []", "`name` must be"),
            ("name = \"a\"\nprincipals = []\nmax_duration = 900", "`max_duration` must be"),
            ("name = \"a\"\nprincipals = []\naccount = \"1\"", "`account` must be"),
        ] {
            let problem = problem(&format!("[[users]]\nname = \"alice\"\n{KEYS}[[roles]]\n{lines}\n"));
            assert!(problem.starts_with("?: role 1: ") && problem.contains(expected), "{problem}");
        }
    }

    #[test]
    fn names_the_line_of_what_is_no_toml_or_no_key() {
        assert!(problem("[[users]]\nname = alice").starts_with("2: "));
        let unknown = problem(&format!("[[users]]\nname = \"a\"\nserial = \"canary\"\n{KEYS}"));
        assert!(unknown.starts_with("3: unknown field `serial`"), "{unknown}");
        assert!(problem("").contains("missing field `users`"));
    }

    #[test]
    fn names_the_user_and_the_key_of_a_wrong_value() {
        let cases = [
            ("", "`name` is missing"),
            ("name = \"a]b\"", "`name` must be"),
            ("name = \"a\"\naccount = \"1\"", "`account` must be twelve digits"),
            ("name = \"a\"\npartition = \"x\"", "`partition` must be"),
            ("name = \"a\"\ntoken_code = \"12345x\"", "`token_code` must be six digits"),
            ("name = \"a\"\ntotp_secret = \"1canary\"", "`totp_secret`: not a TOTP secret"),
            ("name = \"a\"\ntotp_secret = \"JBSWY3DP\"\ntoken_code = \"123456\"", "exclude each other"),
            ("name = \"a\"\nmfa_serial = \"a b\"", "`mfa_serial` must be"),
            ("name = \"a\"\ndenied = [\"sts:GetCallerIdentity\"]", "`denied` has `sts:GetCallerIdentity`, but only"),
            ("name = \"a\"\n[[users.devices]]\nserial = \"a b\"", "`serial` must be"),
            ("name = \"a\"\n[[users.devices]]\nserial = \"a:u2f/b\"\ntoken_code = \"123456\"", "a passkey"),
        ];
        for (lines, expected) in cases {
            let problem = problem(&format!("[[users]]\n{lines}\n{KEYS}"));
            assert!(problem.starts_with("?: user 1: ") && problem.contains(expected), "{problem}");
        }
    }
}
