//! Files that cannot hold profiles as they are: another encoding, or encrypted.

use strum::Display;

/// What a file is instead of a credentials file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display)]
pub enum Foreign {
    #[strum(to_string = "is UTF-16 text, which no AWS tool reads")]
    Utf16,
    #[strum(to_string = "is encrypted by git-crypt")]
    GitCrypt,
    #[strum(to_string = "is encrypted by ansible-vault")]
    AnsibleVault,
    #[strum(to_string = "is encrypted by sops")]
    Sops,
    #[strum(to_string = "is encrypted by age")]
    Age,
    #[strum(to_string = "is encrypted by GnuPG")]
    GnuPg,
}

impl Foreign {
    /// Recognizes a file by its first bytes.
    pub fn of(file: &[u8]) -> Option<Self> {
        let starts: [(&[u8], Self); 9] = [
            (b"\xff\xfe", Self::Utf16),
            (b"\xfe\xff", Self::Utf16),
            (b"[\0", Self::Utf16),
            (b"\0[", Self::Utf16),
            (b"\0GITCRYPT\0", Self::GitCrypt),
            (b"$ANSIBLE_VAULT;", Self::AnsibleVault),
            (b"age-encryption.org/", Self::Age),
            (b"-----BEGIN AGE ENCRYPTED FILE-----", Self::Age),
            (b"-----BEGIN PGP MESSAGE-----", Self::GnuPg),
        ];
        // Its binary format is a JSON object with a member of its name.
        let is_sops = || file.starts_with(b"{") && memchr::memmem::find(file, b"\"sops\"").is_some();
        let start = starts.into_iter().find(|(start, _)| file.starts_with(start));
        start.map(|(_, what)| what).or_else(|| is_sops().then_some(Self::Sops))
    }

    /// What to do about it.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Utf16 => "save the file as UTF-8 without a byte order mark",
            Self::GitCrypt => "unlock the repository with `git-crypt unlock`",
            Self::AnsibleVault => "decrypt the file with `ansible-vault decrypt`",
            Self::Sops => "decrypt the file with `sops decrypt --in-place`",
            Self::Age => "decrypt the file with `age --decrypt`",
            Self::GnuPg => "decrypt the file with `gpg --decrypt`",
        }
    }
}
