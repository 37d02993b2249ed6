//! The access list of a file: who may do what with it (FILE-4).
//!
//! Source: <https://learn.microsoft.com/windows/win32/secauthz/security-descriptor-string-format>

use std::fs::File;
use std::io;

use windows_permissions::constants::{SeObjectType, SecurityInformation};
use windows_permissions::wrappers::{
    ConvertSecurityDescriptorToStringSecurityDescriptor, GetSecurityInfo, SetSecurityInfo,
};
use windows_permissions::{LocalBox, SecurityDescriptor};

/// Gives the new file the list of the old one, where the directory gave it another.
pub fn keep(old: &File, new: &mut File) -> io::Result<()> {
    if check(old, new).is_ok() {
        return Ok(());
    }
    // Else the system would add what new files get from the directory.
    let what = SecurityInformation::Dacl | SecurityInformation::ProtectedDacl;
    SetSecurityInfo(new, SeObjectType::SE_FILE_OBJECT, what, None, None, read(old)?.dacl(), None)
}

/// Errors: the lists differ.
pub fn check(old: &File, new: &File) -> io::Result<()> {
    if rules_of(old)? == rules_of(new)? { Ok(()) } else { Err(io::Error::other("the file system did not take it")) }
}

fn read(file: &File) -> io::Result<LocalBox<SecurityDescriptor>> {
    GetSecurityInfo(file, SeObjectType::SE_FILE_OBJECT, SecurityInformation::Dacl)
}

fn rules_of(file: &File) -> io::Result<Vec<String>> {
    let list = read(file)?;
    let text = ConvertSecurityDescriptorToStringSecurityDescriptor(&list, SecurityInformation::Dacl)?;
    Ok(rules(&text.to_string_lossy()))
}

/// The rules in their order, without the mark of those that came from a directory.
fn rules(list: &str) -> Vec<String> {
    let rules = list.split('(').skip(1).map(|rule| {
        let mut fields: Vec<_> = rule.trim_end_matches([')', '\0']).split(';').map(str::to_owned).collect();
        if let Some(flags) = fields.get_mut(1) {
            *flags = pairs(flags).filter(|flag| flag != "ID").collect();
        }
        fields.join(";")
    });
    let rules: Vec<_> = rules.collect();
    // `D:NO_ACCESS_CONTROL` lets in everybody, and `D:` nobody.
    if rules.is_empty() { vec![list.trim_end_matches('\0').to_owned()] } else { rules }
}

fn pairs(flags: &str) -> impl Iterator<Item = String> {
    flags.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ship_6_lists_with_the_same_rules_are_the_same_wherever_the_rules_came_from() {
        let inherited = "D:AI(A;ID;FA;;;SY)(A;OICIID;FA;;;S-1-5-21-1-2-3-1001)";
        let own = "D:PAI(A;;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)";
        assert_eq!(rules(inherited), rules(own));
        for other in [
            "D:(A;;FA;;;SY)",
            "D:(A;;FR;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)",
            "D:(A;OICI;FA;;;S-1-5-21-1-2-3-1001)(A;;FA;;;SY)",
            "D:(A;;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)(A;;FR;;;WD)",
            "D:(D;;FA;;;SY)(A;OICI;FA;;;S-1-5-21-1-2-3-1001)",
            "D:NO_ACCESS_CONTROL",
            "D:",
        ] {
            assert_ne!(rules(own), rules(other), "{other}");
        }
        assert_ne!(rules("D:NO_ACCESS_CONTROL"), rules("D:"));
    }

    #[test]
    fn ship_6_a_list_is_read_and_given_to_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let old = File::create_new(folder.path().join("old")).unwrap();
        let mut new = File::create_new(folder.path().join("new")).unwrap();
        assert!(rules_of(&old).unwrap()[0].starts_with("A;;"), "{:?}", rules_of(&old));
        keep(&old, &mut new).unwrap();
        check(&old, &new).unwrap();
    }
}
