//! What some AWS tool rejects or reads differently.

use strum::Display;

/// What is odd about a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub enum Oddity {
    #[strum(to_string = "a byte order mark: the AWS CLI rejects the file")]
    ByteOrderMark,
    #[strum(to_string = "bytes that are not UTF-8: the AWS CLI rejects the file")]
    NotUtf8,
    #[strum(to_string = "a line before the first profile: the AWS CLI rejects the file")]
    OutsideProfile,
    #[strum(to_string = "a header without its `]`: the lines under it belong to no profile")]
    HeaderNotClosed,
    #[strum(to_string = "a header without a name: the lines under it belong to no profile")]
    HeaderWithoutName,
    #[strum(to_string = "spaces inside the brackets: the AWS CLI reads them as part of the name")]
    HeaderPadded,
    #[strum(to_string = "text after the `]`: some AWS SDKs reject the file")]
    HeaderJunk,
    #[strum(to_string = "an indented header: some AWS SDKs reject the file")]
    HeaderIndented,
    #[strum(to_string = "a profile name that some AWS SDKs ignore")]
    NameNotForAllSdks,
    #[strum(to_string = "the AWS CLI applies the keys of `[DEFAULT]` to every profile")]
    DefaultSection,
    #[strum(to_string = "a second header for the same profile: the AWS CLI rejects the file")]
    DuplicateProfile,
    #[strum(to_string = "a repeated key in a profile: the AWS CLI rejects the file")]
    DuplicateKey,
    #[strum(to_string = "`:` after a key: some AWS SDKs reject the file")]
    Colon,
    #[strum(to_string = "a line without `=`: the AWS CLI rejects the file")]
    Undelimited,
    #[strum(to_string = "an indented key: some AWS SDKs reject the file")]
    PropertyIndented,
    #[strum(to_string = "an indented comment: some AWS SDKs read it as part of the value above")]
    CommentIndented,
    #[strum(to_string = "a comment after the value: the AWS CLI reads it as part of the value")]
    CommentAfterValue,
    #[strum(to_string = "an indented line without a key and `=` below an empty value: the AWS CLI rejects the file")]
    NotNested,
}

impl Oddity {
    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::ByteOrderMark => "save the file as UTF-8 without a byte order mark",
            Self::NotUtf8 => "save the file as UTF-8",
            Self::OutsideProfile => "remove the line, or write a header such as `[default]` above it",
            Self::HeaderNotClosed => "close the header with `]`",
            Self::HeaderWithoutName => "write a name between the brackets, or remove the header and its lines",
            Self::HeaderPadded => "remove the spaces inside the brackets",
            Self::HeaderJunk => "remove the text after the `]`",
            Self::HeaderIndented | Self::PropertyIndented | Self::CommentIndented => {
                "start the line in the first column"
            }
            Self::NameNotForAllSdks => "rename the profile with letters, digits and `_-/.%@:+`",
            Self::DefaultSection => "name the section `[default]` if it is meant to be a profile",
            Self::DuplicateProfile => "move its lines under the first header of that name",
            Self::DuplicateKey => "remove one of the two lines",
            Self::Colon => "write `=` instead",
            Self::Undelimited => "remove the line, or write it as `key = value`",
            Self::CommentAfterValue => "move the comment to a line of its own",
            Self::NotNested => "write the line as `key = value`, or remove it",
        }
    }
}
