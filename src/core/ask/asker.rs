//! Which program wants the code: the nearest ancestor of this process that is not a shell (ASK-6).

const SHELLS: [&str; 12] = ["sh", "bash", "zsh", "fish", "dash", "ash", "ksh", "mksh", "csh", "tcsh", "nu", "pwsh"];
/// More ancestors than anybody has.
const MOST_ANCESTORS: usize = 32;

struct Process {
    parent: u32,
    group: u32,
    name: String,
}

/// The ancestor's name; `None` if the system does not tell.
pub fn program() -> Option<String> {
    ancestors().map(|process| process.name).find(|name| !is_shell(name))
}

/// The same, if it belongs to the same job. The shell that a person types into does not.
pub fn program_of_job() -> Option<String> {
    let own = process(std::process::id())?;
    let ancestors = ancestors().take_while(|process| process.group == own.group);
    ancestors.map(|process| process.name).find(|name| !is_shell(name))
}

fn ancestors() -> impl Iterator<Item = Process> {
    let parent = |process: &Process| (process.parent > 1).then(|| self::process(process.parent)).flatten();
    std::iter::successors(process(std::process::id()), parent).skip(1).take(MOST_ANCESTORS)
}

fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name.trim_start_matches('-'))
}

/// Source: <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>
#[cfg(target_os = "linux")]
fn process(id: u32) -> Option<Process> {
    let stat = std::fs::read(format!("/proc/{id}/stat")).ok()?;
    let stat = String::from_utf8_lossy(&stat);
    // The name may contain anything, also parentheses.
    let (before, rest) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = rest.split_ascii_whitespace().skip(1);
    let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Process { parent, group, name })
}

#[cfg(all(unix, not(target_os = "linux")))]
fn process(id: u32) -> Option<Process> {
    let ps =
        std::process::Command::new("/bin/ps").args(["-o", "ppid=,pgid=,comm=", "-p", &id.to_string()]).output().ok()?;
    let line = String::from_utf8_lossy(&ps.stdout).into_owned();
    let (parent, rest) = line.trim().split_once(' ')?;
    let (group, path) = rest.trim_start().split_once(' ')?;
    let name = path.trim().rsplit('/').next()?.to_owned();
    Some(Process { parent: parent.parse().ok()?, group: group.parse().ok()?, name })
}

#[cfg(not(unix))]
fn process(_id: u32) -> Option<Process> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ask_6_an_ancestor_is_found_and_a_shell_is_passed_over() {
        // The test runner was started by something, of which Windows does not tell.
        let own = process(std::process::id());
        assert_eq!(own.is_some_and(|own| own.parent > 0 && own.group > 0), cfg!(unix));
        assert!(program().is_none_or(|name| !is_shell(&name) && !name.is_empty()));
        assert!(is_shell("-zsh") && is_shell("sh") && !is_shell("sshd"));
        assert!(process(u32::MAX).is_none());
    }
}
