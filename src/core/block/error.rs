//! Why a managed block cannot be written or removed (BLK-6).

use std::borrow::Cow;
use std::path::Path;

use thiserror::Error as ThisError;

use crate::core::error::{Error, ErrorCode};
use crate::core::ini::botocore::FaultKind;
use crate::core::quote;
use crate::core::text;

/// Why the new bytes must not replace the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum VerifyError {
    /// A byte outside the block differs.
    #[error("bytes outside the managed block would change")]
    Outside,
    /// There is not exactly one block of the source profile, or one is left after its removal.
    #[error("the managed block would not be found again")]
    Block,
    /// The session profile, or the device line, does not read back as it was written.
    #[error("the profile would not have the values that were written")]
    Session,
    /// Another profile appears, disappears or reads differently.
    #[error("another profile would change")]
    OtherProfile,
}

/// What would be wrong for the AWS CLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ThisError)]
pub enum Disagreement {
    #[error("the AWS CLI would reject the file because of {0}")]
    Rejected(FaultKind),
    #[error("the AWS CLI would read this profile differently")]
    OtherProfile,
    #[error("the AWS CLI would read this value instead of the new one")]
    Session,
}

/// Why a block cannot be written or removed. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum BlockError {
    #[error("a managed block begins here and has no end tag")]
    BeginWithoutEnd { line: usize },
    #[error("an end tag without a begin tag")]
    EndWithoutBegin { line: usize },
    #[error("a begin tag inside the managed block of line {outer}")]
    Nested { line: usize, outer: usize },
    #[error("a second managed block of `{key}`; the first is on line {first}")]
    SameKey { line: usize, first: usize, key: String },
    #[error("a second header inside the managed block; the first is on line {first}")]
    TwoHeaders { line: usize, first: usize },
    #[error("the header inside the managed block has no name, or no closing bracket")]
    HeaderWithoutName { line: usize },
    #[error("an indented line inside the managed block would become part of the value above it")]
    Indented { line: usize },
    #[error("an indented line behind the profile's last key would become part of the new one")]
    IndentedBehind { line: usize },
    #[error("an indented line after the end tag continues the value inside the managed block")]
    ContinuedAfterEnd { line: usize },
    #[error("`{key}` after the end tag belongs to the session profile and would override the value in the block")]
    KeyAfterEnd { line: usize, key: &'static str },
    #[error("the lines after the end tag would become part of another profile")]
    LinesAfterEnd { line: usize },
    #[error("the profile `{name}` already exists outside the managed block")]
    NameTaken { name: String, line: usize, is_session: bool },
    #[error("the profile `{name}` is the session of `{owner}`")]
    NameOfOtherBlock { name: String, line: usize, owner: String },
    #[error("the profile `{name}` is a source profile and cannot hold a session")]
    NameIsSource { name: String },
    #[error("`{name}` holds the long-term key and cannot hold its session, too")]
    NameIsOwn { name: String },
    #[error("there is no section `[{name}]`")]
    NoSection { name: String },
    #[error("the managed block cannot be changed safely: {0}")]
    Unsafe(#[from] VerifyError),
    #[error("after the change {what}")]
    ForAwsCli { what: Disagreement, line: usize },
}

impl BlockError {
    /// The line with the error, counted from 1.
    pub const fn line(&self) -> Option<usize> {
        match self {
            Self::BeginWithoutEnd { line }
            | Self::EndWithoutBegin { line }
            | Self::Nested { line, .. }
            | Self::SameKey { line, .. }
            | Self::TwoHeaders { line, .. }
            | Self::HeaderWithoutName { line }
            | Self::Indented { line }
            | Self::IndentedBehind { line }
            | Self::ContinuedAfterEnd { line }
            | Self::KeyAfterEnd { line, .. }
            | Self::LinesAfterEnd { line }
            | Self::ForAwsCli { line, .. }
            | Self::NameTaken { line, .. }
            | Self::NameOfOtherBlock { line, .. } => Some(*line),
            Self::NameIsSource { .. } | Self::NameIsOwn { .. } | Self::NoSection { .. } | Self::Unsafe(_) => None,
        }
    }

    fn hint(&self) -> Cow<'static, str> {
        let hint = match self {
            Self::NameIsOwn { name } => {
                let command = format!("updsts get base -sn {}", quote::word(name));
                return format!("give the long-term section another name, such as `[base]`, then `{command}`").into();
            }
            Self::BeginWithoutEnd { .. } => {
                "add the line `# $}}} [auto update by updsts]` where the block ends, or remove the begin tag"
            }
            Self::EndWithoutBegin { .. } => "remove the line, or add the begin tag where the block begins",
            Self::Nested { .. } => "end the first block before the second begins",
            Self::SameKey { .. } => "keep one of the two blocks and remove the other with its tags",
            Self::TwoHeaders { .. } => "move the second profile out of the block, after the end tag",
            Self::HeaderWithoutName { .. } => "write it as `[NAME]`, or name the session profile with `-sn NAME`",
            Self::Indented { .. } | Self::IndentedBehind { .. } => "start the line in the first column",
            Self::ContinuedAfterEnd { .. } => "remove the line, or start it in the first column under its own header",
            Self::KeyAfterEnd { .. } | Self::LinesAfterEnd { .. } => "remove the line, or move it under its own header",
            Self::ForAwsCli { .. } => {
                "fix or remove this line; the AWS CLI ends a line at a lone carriage return, too, and its names and \
                 keys must not be repeated"
            }
            Self::NoSection { .. } => "`updsts list` shows the available profiles",
            Self::Unsafe(_) => "fix the lines around the managed block; nothing was changed",
            Self::NameTaken { is_session: true, .. } => {
                "add `--adopt` to make that section the session that updsts keeps, or choose another name with `-sn NAME`"
            }
            Self::NameTaken { .. } | Self::NameOfOtherBlock { .. } | Self::NameIsSource { .. } => {
                "choose another name for the session profile with `-sn NAME`"
            }
        };
        hint.into()
    }

    /// The error for the layers above, with the place in the file.
    pub fn at(&self, path: &Path) -> Error {
        let code = match self {
            Self::NameTaken { .. }
            | Self::NameOfOtherBlock { .. }
            | Self::NameIsSource { .. }
            | Self::NameIsOwn { .. } => ErrorCode::NameTaken,
            Self::NoSection { .. } => ErrorCode::ProfileNotFound,
            _ => ErrorCode::BlockDamaged,
        };
        let place = text::place(path, self.line());
        Error::new(code, format!("{self} ({place})"), self.hint())
    }
}
