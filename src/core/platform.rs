//! The two kinds of system whose paths, shells and variables are written differently.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    Unix,
    Windows,
}

impl Platform {
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };

    /// The variable that names the user's home directory. On Windows the AWS CLI does not read `HOME`.
    pub const fn home_variable(self) -> &'static str {
        match self {
            Self::Unix => "HOME",
            Self::Windows => "USERPROFILE",
        }
    }
}
