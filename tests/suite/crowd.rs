//! Many callers at once: no update is lost, and one of those that want the same session asks AWS
//! (FILE-5, GET-7). `UPDSTS_TEST_CROWD` asks for another number of processes.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mock_sts::{Fault, MockSts, User};
use updsts::core::block::layout::Layout;

use super::sandbox::{Run, SOURCE, Sandbox, await_request, patiently};

fn crowd(default: usize) -> usize {
    std::env::var("UPDSTS_TEST_CROWD").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Long enough for every process of a crowd to come while AWS thinks.
fn slow() -> Sandbox {
    Sandbox::with(MockSts::builder().fault(Fault::Latency(Duration::from_secs(3)), None).start())
}

pub fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.process(arguments.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

pub fn end(child: Child) -> Run {
    Run::of(child.wait_with_output().unwrap())
}

#[track_caller]
fn all_succeed(children: Vec<Child>) {
    for run in children.into_iter().map(end).collect::<Vec<_>>() {
        run.succeeds();
    }
}

fn name(number: usize) -> String {
    format!("p{number:02}")
}

/// A file with that many source profiles.
fn sources(number: usize) -> String {
    (0..number).fold("# mine\n".to_owned(), |mut file, number| {
        write!(file, "{}\n; after {number}\n", SOURCE.replace("default", &name(number))).unwrap();
        file
    })
}

fn get(sandbox: &Sandbox, number: usize) -> Child {
    start(sandbox, &["get", "-n", &name(number), "-t", "123456"])
}

#[track_caller]
fn expect_every_session(file: &str, number: usize) {
    let layout = Layout::of(file.as_bytes());
    let mut keys: Vec<_> = layout.blocks().iter().map(|block| String::from_utf8(block.key.to_vec()).unwrap()).collect();
    keys.sort();
    assert_eq!(keys, (0..number).map(name).collect::<Vec<_>>());
    assert!(layout.damage().is_empty());
}

#[test]
fn file_5_no_update_of_many_writers_at_once_is_lost() {
    let number = crowd(24);
    let sandbox = Sandbox::new().credentials(sources(number));
    // First every block is added, then every one is updated in place.
    for round in 1..=2 {
        all_succeed((0..number).map(|number| get(&sandbox, number)).collect());
        let file = sandbox.read();
        assert!(file.starts_with(&sources(number)));
        expect_every_session(&file, number);
        assert_eq!(file.lines().count(), sources(number).lines().count() + 7 * number);
        assert_eq!(sandbox.sts().request_count(), round * number as u64);
    }
    sandbox.expect_no_leftovers();
}

#[test]
fn file_5_nothing_that_another_program_appends_beside_many_writers_is_lost() {
    let number = crowd(16);
    let sandbox = Sandbox::new().credentials(sources(number));
    let is_over = AtomicBool::new(false);
    let appended = std::thread::scope(|scope| {
        let appender = scope.spawn(|| {
            let mut count = 0;
            while !is_over.load(Ordering::Relaxed) {
                let mut file = patiently(|| OpenOptions::new().append(true).open(sandbox.credentials_path()));
                file.write_all(format!("# note {count}\n").as_bytes()).unwrap();
                count += 1;
                drop(file);
                std::thread::sleep(Duration::from_millis(50));
            }
            count
        });
        let children: Vec<_> = (0..number).map(|number| get(&sandbox, number)).collect();
        let runs: Vec<_> = children.into_iter().map(end).collect();
        is_over.store(true, Ordering::Relaxed);
        for run in runs {
            run.succeeds();
        }
        appender.join().unwrap()
    });
    let file = sandbox.read();
    expect_every_session(&file, number);
    let mut notes: Vec<usize> = file.lines().filter_map(|line| line.strip_prefix("# note ")?.parse().ok()).collect();
    notes.sort_unstable();
    let lost: Vec<_> = (0..appended).filter(|count| !notes.contains(count)).collect();
    assert!(lost.is_empty(), "{} of {appended} appended lines are lost: {lost:?}", lost.len());
    assert_eq!(notes.len(), appended, "none twice");
    eprintln!("{number} sessions, {appended} appended lines: none lost");
}

#[test]
fn get_7_one_of_many_callers_asks_aws_and_the_others_use_its_session() {
    let sandbox = slow();
    let arguments = ["get", "-n", "default", "-t", "123456", "--min-validity", "30m", "--json"];
    let children: Vec<_> = (0..crowd(16)).map(|_| start(&sandbox, &arguments)).collect();
    let reports: Vec<_> = children.into_iter().map(|child| end(child).succeeds().json()).collect();
    assert_eq!(sandbox.sts().request_count(), 1);
    assert_eq!(reports.iter().filter(|report| report["refreshed"] == true).count(), 1);
    let key = &reports[0]["aws_access_key_id"];
    assert!(reports.iter().all(|report| report["aws_access_key_id"] == *key));
}

#[test]
fn get_7_one_of_many_callers_asks_aws_and_the_others_use_its_refusal() {
    let sandbox = slow();
    let arguments = ["get", "-n", "default", "-t", "999999", "--min-validity", "30m", "--json"];
    let children: Vec<_> = (0..crowd(8)).map(|_| start(&sandbox, &arguments)).collect();
    let errors = children.into_iter().map(|child| {
        let run = end(child).fails("code_refused", 4);
        run.stderr.lines().last().unwrap().to_owned()
    });
    let errors: Vec<_> = errors.collect();
    assert!(errors[0].contains(r#""code_spent":"yes""#), "{errors:?}");
    assert!(errors.iter().all(|error| *error == errors[0]), "{errors:?}");
    assert_eq!(sandbox.sts().request_count(), 1);
    // It is not for those who come later.
    sandbox.get(["--min-validity", "30m"]).succeeds();
    assert_eq!((sandbox.sts().request_count(), sandbox.read().contains("[default_sts]")), (2, true));
}

#[test]
fn get_7_c18_the_others_of_a_crowd_get_the_grant_that_is_too_short_for_them() {
    let root = User { root: true, ..User::default() };
    let latency = Fault::Latency(Duration::from_secs(3));
    let sandbox = Sandbox::with(MockSts::builder().users([root]).fault(latency, None).start());
    let arguments = |min_validity| ["get", "-n", "default", "-t", "123456", "--min-validity", min_validity];
    let children: Vec<_> = (0..crowd(8)).map(|_| start(&sandbox, &arguments("2h"))).collect();
    let content: Vec<_> = (0..crowd(8)).map(|_| start(&sandbox, &arguments("30m"))).collect();
    for child in children {
        end(child).fails("session_too_short", 7);
    }
    all_succeed(content);
    // One request serves everybody, or one for each of the two wishes, if a content caller came first.
    assert!(sandbox.sts().request_count() <= 2, "{}", sandbox.sts().request_count());
}

#[test]
fn get_7_a_caller_that_is_killed_hands_its_turn_on() {
    let sandbox = slow();
    let arguments = ["get", "-n", "default", "-t", "123456", "--min-validity", "30m"];
    let mut first = start(&sandbox, &arguments);
    await_request(&sandbox);
    let second = start(&sandbox, &arguments);
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(sandbox.sts().request_count(), 1);
    first.kill().unwrap();
    first.wait().unwrap();
    end(second).succeeds();
    assert_eq!(sandbox.sts().request_count(), 2);
}

#[test]
fn get_7_a_slow_request_holds_up_no_other_profile() {
    let number = crowd(8);
    let sts = MockSts::builder().fault(Fault::Latency(Duration::from_secs(8)), Some(1)).start();
    let sandbox = Sandbox::with(sts).credentials(sources(number));
    let mut slow = start(&sandbox, &["get", "-n", "p00", "-t", "123456", "--min-validity", "30m"]);
    await_request(&sandbox);
    let children: Vec<_> = (1..number).map(|number| get(&sandbox, number)).collect();
    all_succeed(children);
    assert_eq!(slow.try_wait().unwrap(), None, "it was to be the last");
    end(slow).succeeds();
    expect_every_session(&sandbox.read(), number);
}

#[test]
fn get_7_without_a_private_folder_everybody_goes_at_once_with_a_warning() {
    let sandbox = Sandbox::new();
    // A file is in the place of the directory.
    std::fs::create_dir_all(sandbox.turns().parent().unwrap()).unwrap();
    std::fs::write(sandbox.turns(), "").unwrap();
    sandbox.get(["--min-validity", "30m"]).succeeds().says("cannot coordinate with other updsts processes");
    // Who asks for no turn needs no folder.
    let run = sandbox.get([]).succeeds();
    assert!(!run.stderr.contains("coordinate"), "{run:?}");
}

fn keys(file: &str) -> Vec<String> {
    Layout::of(file.as_bytes()).blocks().iter().map(|block| String::from_utf8(block.key.to_vec()).unwrap()).collect()
}

#[test]
fn file_5_beside_a_program_that_writes_back_old_copies_only_what_they_lack_is_lost() {
    let number = crowd(16);
    let sandbox = Sandbox::new().credentials(sources(number));
    let is_over = AtomicBool::new(false);
    let (rewrites, warned) = std::thread::scope(|scope| {
        let rewriter = scope.spawn(|| {
            let mut copies = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let file = patiently(|| std::fs::read_to_string(sandbox.credentials_path()));
                let copy = format!("{file}# copy {}\n", copies.len());
                // Time in which updsts may write: what it writes now is not in the copy.
                std::thread::sleep(Duration::from_millis(5));
                patiently(|| std::fs::write(sandbox.credentials_path(), &copy));
                copies.push(copy);
                std::thread::sleep(Duration::from_millis(60));
            }
            copies
        });
        let children: Vec<_> = (0..number).map(|number| get(&sandbox, number)).collect();
        let runs: Vec<_> = children.into_iter().map(end).collect();
        is_over.store(true, Ordering::Relaxed);
        let runs = runs.into_iter().map(Run::succeeds);
        let warned = runs.filter(|run| run.stderr.contains("its change is lost")).count();
        (rewriter.join().unwrap(), warned)
    });
    let last = sandbox.read();
    // What a copy had is in every file that was read after it: updsts itself took nothing away.
    for (copy, later) in rewrites.iter().zip(rewrites.iter().skip(1).chain([&last])) {
        assert!(later.starts_with(&sources(number)));
        let later = keys(later);
        assert!(keys(copy).iter().all(|key| later.contains(key)), "updsts lost a session");
    }
    let lost_sessions = number - keys(&last).len();
    let lost_copies = (0..rewrites.len()).filter(|count| !last.contains(&format!("# copy {count}\n"))).count();
    eprintln!(
        "{number} sessions, {} copies written back: {lost_sessions} sessions lost to a copy from before them, \
         {lost_copies} copies lost that were written during a rename, {warned} of them noticed",
        rewrites.len()
    );
    for name in (0..number).map(name).filter(|name| !keys(&last).contains(name)) {
        sandbox.run(["get", "-n", &name, "-t", "123456"]).succeeds();
    }
    expect_every_session(&sandbox.read(), number);
}

/// What needs a signal, or a pseudo-terminal.
#[cfg(target_os = "linux")]
mod signals {
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process};

    use super::super::sandbox::{Sandbox, await_request};
    use super::super::terminal::Session;
    use super::{all_succeed, crowd, end, expect_every_session, get, slow, sources, start};

    #[test]
    fn get_7_ctrl_c_ends_a_wait_for_the_turn() {
        let sandbox = slow();
        let arguments = ["get", "-n", "default", "-t", "123456", "--min-validity", "30m"];
        let mut first = start(&sandbox, &arguments);
        await_request(&sandbox);
        let second = start(&sandbox, &arguments);
        std::thread::sleep(Duration::from_millis(1500));
        let asked = Instant::now();
        kill_process(Pid::from_child(&second), Signal::INT).unwrap();
        let run = end(second);
        assert_eq!(run.status, Some(130), "{run:?}");
        assert!(asked.elapsed() < Duration::from_secs(1));
        run.says("waiting for another updsts process that is renewing the session of `default`");
        first.kill().unwrap();
        first.wait().unwrap();
    }

    #[test]
    fn get_7_a_prompt_holds_up_only_those_who_take_turns_at_the_same_profile() {
        let number = crowd(6);
        let sandbox = Sandbox::new().credentials(sources(number));
        let mut asked = Session::start(&sandbox, &["get", "-n", "p00", "--min-validity", "30m"]);
        asked.read_until("MFA code for `p00`");
        let waiting = start(&sandbox, &["get", "-n", "p00", "-t", "123456", "--min-validity", "30m"]);
        let children: Vec<_> = (1..number).map(|number| get(&sandbox, number)).collect();
        all_succeed(children);
        assert_eq!(sandbox.sts().request_count(), number as u64 - 1);
        // Who takes no turn goes at once, and who waits uses its session.
        end(get(&sandbox, 0)).succeeds();
        end(waiting).succeeds().prints("still valid");
        assert_eq!(sandbox.sts().request_count(), number as u64);
        asked.answer("", "123456\r");
        assert_eq!(asked.end(), Some(0));
        expect_every_session(&sandbox.read(), number);
    }
}
