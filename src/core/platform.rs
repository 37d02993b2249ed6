//! The two kinds of system whose paths, shells and variables are written differently.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    Unix,
    Windows,
}

impl Platform {
    pub const HERE: Self = if cfg!(windows) { Self::Windows } else { Self::Unix };
}
