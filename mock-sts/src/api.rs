//! The two services that share the port: the scope of a signature says which is meant.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    Sts,
    Iam,
}

impl Api {
    /// By its name in the scope of a signature.
    pub(crate) fn of(service: &str) -> Option<Self> {
        match service {
            "sts" => Some(Self::Sts),
            "iam" => Some(Self::Iam),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sts => "sts",
            Self::Iam => "iam",
        }
    }

    pub(crate) fn version(self) -> &'static str {
        match self {
            Self::Sts => "2011-06-15",
            Self::Iam => "2010-05-08",
        }
    }

    /// Of its XML.
    pub(crate) fn namespace(self) -> String {
        format!("https://{}.amazonaws.com/doc/{}/", self.name(), self.version())
    }
}
