//! The question on a page, by raw HTTP (ASK-5).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use mock_sts::{Fault, MockSts};
use tokio::sync::oneshot;
use updsts::core::ask::page::Page;
use updsts::core::ask::page::opener::{Invitation, Opened, Opener, Opening};
use updsts::core::ask::person::{Answer, Asked, Asking, Channel, Person, Question};
use updsts::core::environment::{Environment, HOME};
use updsts::core::error::{ErrorCode, Result};
use updsts::core::file::credentials_file::CredentialsFile;
use updsts::core::name::{ProfileName, SessionProfileName};
use updsts::core::renew::renew;
use updsts::core::renew::report::RenewReport;
use updsts::core::renew::request::RenewRequest;
use updsts::core::reporter::Reporter;

use super::visit::{Visit, posted_to};
use crate::sandbox::{SOURCE, Sandbox};

struct Silent;

impl Reporter for Silent {
    fn notice(&self, _text: &str) {}

    fn detail(&self, _text: &str) {}

    fn shows_commands(&self) -> bool {
        false
    }
}

/// A person's browser, as far as the page is concerned.
struct Doorman {
    invitations: Sender<Invitation>,
    opened: Opened,
    done: AtomicUsize,
}

impl Opener for Doorman {
    fn open<'a>(&'a self, invitation: &'a Invitation) -> Opening<'a> {
        self.invitations.send(invitation.clone()).unwrap();
        Box::pin(std::future::ready(self.opened))
    }

    fn done(&self, _invitation: &Invitation) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

/// A channel that is tried after the page.
struct Next;

impl Channel for Next {
    fn ask<'a>(&'a self, _question: &'a Question) -> Asked<'a> {
        Box::pin(std::future::ready(Ok(Answer::Text("123456".into()))))
    }

    fn opens_a_window(&self) -> bool {
        true
    }
}

/// A renewal for which a person is asked on a page.
struct Renewal {
    sandbox: Sandbox,
    doorman: Arc<Doorman>,
    invitations: Receiver<Invitation>,
    outcome: Receiver<Result<RenewReport>>,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

struct Wanted {
    sandbox: Sandbox,
    profile: &'static str,
    asker: &'static str,
    time: Duration,
    opened: Opened,
}

impl Default for Wanted {
    fn default() -> Self {
        let (profile, asker, time) = ("default", "Agent <i>", Duration::from_mins(3));
        Self { sandbox: Sandbox::new(), profile, asker, time, opened: Opened::Accepted }
    }
}

impl Wanted {
    fn start(self) -> Renewal {
        let Self { sandbox, profile, asker, time, opened } = self;
        let (invited, invitations) = channel();
        let (ended, outcome) = channel();
        let (stop, stopped) = oneshot::channel();
        let doorman = Arc::new(Doorman { invitations: invited, opened, done: AtomicUsize::new(0) });
        let channels: Vec<Arc<dyn Channel>> =
            vec![Arc::new(Page::new(Arc::clone(&doorman) as Arc<dyn Opener>)), Arc::new(Next)];
        let person = Person::Present(Asking { channels, time, asker: Some(asker.to_owned()) });
        let environment = Environment::fixed([
            (HOME, sandbox.home().to_str().unwrap()),
            ("LOCALAPPDATA", sandbox.home().to_str().unwrap()),
            ("AWS_ENDPOINT_URL_STS", sandbox.sts().url()),
        ]);
        let thread = std::thread::spawn(move || {
            let request = request(&environment, profile);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::pin!(stopped);
                let renewed = async {
                    // On the way to the test, which may have seen enough.
                    let _ = ended.send(renew(&request, &person, &environment, &Silent).await);
                    drop(person);
                };
                tokio::select! {
                    biased;
                    _ = &mut stopped => return,
                    () = renewed => {}
                }
                let _ = stopped.await;
            });
        });
        Renewal { sandbox, doorman, invitations, outcome, stop, thread }
    }
}

fn request(environment: &Environment, profile: &str) -> RenewRequest {
    let file = CredentialsFile::of_operator(None, environment).unwrap();
    let session_profile = SessionProfileName::parse(b"x");
    RenewRequest { session_profile, ..RenewRequest::new(file, ProfileName::parse(profile).unwrap()) }
}

impl Renewal {
    fn invitation(&self) -> Invitation {
        self.invitations.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    fn visit(&self) -> Visit {
        Visit::new(&self.invitation().url)
    }

    fn outcome(&self) -> Result<RenewReport> {
        self.outcome.recv_timeout(Duration::from_secs(10)).unwrap()
    }

    fn error(&self) -> ErrorCode {
        self.outcome().unwrap_err().code()
    }

    fn stop(self) {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
    }
}

#[test]
fn ask_5_the_page_shows_who_asks_for_what_and_takes_the_code() {
    let renewal = Wanted::default().start();
    let invitation = renewal.invitation();
    assert_eq!(
        invitation.message,
        "AWS session of `default` for 1 h, requested by Agent <i>: the page takes the MFA code for `default` \
         (arn:aws:iam::123456789012:mfa/user) and gives it to updsts alone. It opens only on the machine where updsts \
         runs."
    );
    let visit = Visit::new(&invitation.url);
    assert!(visit.host.starts_with("127.0.0.1:") && visit.path.len() > 32, "{}", invitation.url);
    let page = visit.get();
    for text in ["Agent &lt;i&gt;", "default", "arn:aws:iam::123456789012:mfa/user", "1 h", "Decline"] {
        page.shows(text);
    }
    page.shows("inputmode=numeric").shows("autocomplete=one-time-code").shows("type=password");
    assert!(!page.body.contains("<script") && !page.body.contains("role=alert"), "{}", page.body);
    visit.answer("123+456").shows("AWS accepted the code. The session lasts 1 h, until 2");
    assert_eq!(renewal.outcome().unwrap().session_profile.to_string(), "x");
    // Its end was shown.
    let after = visit.get();
    assert_eq!((after.status, after.body.as_str()), (404, ""));
    assert_eq!(renewal.doorman.done.load(Ordering::Relaxed), 1);
    assert!(renewal.sandbox.read().contains("[x]"));
}

#[test]
fn ask_5_the_page_is_for_this_browser_alone() {
    let renewal = Wanted::default().start();
    let page = renewal.visit().get();
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-store"),
        ("referrer-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "deny"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(page.header(name), value, "{page:?}");
    }
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), "{policy}");
    // Nothing from elsewhere, and nothing goes there.
    assert!(
        !page.body.contains("http") || page.body.matches("http").count() == page.body.matches("http-equiv").count()
    );
}

#[test]
fn ask_5_it_asks_again_after_a_refusal_on_the_same_page() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    visit.answer("12345").shows("role=alert>A code has six digits.");
    visit.answer("999999").shows("role=alert>AWS refused the code (wrong, expired or used); wait for the next one.");
    visit.answer("123456").shows("AWS accepted the code");
    renewal.outcome().unwrap();
    assert!(renewal.invitations.try_recv().is_err(), "opened twice");
    assert_eq!(renewal.sandbox.sts().request_count(), 2);
}

#[test]
fn ask_5_the_last_refusal_is_shown() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    for code in ["999997", "999998"] {
        visit.answer(code).shows("<form");
    }
    let end = visit.answer("999999");
    end.shows("role=alert").shows("<h1>No session</h1>");
    assert!(!end.body.contains("<form"), "{end:?}");
    assert_eq!(renewal.error(), ErrorCode::CodeRefused);
    assert_eq!(visit.get().status, 404);
}

#[test]
fn ask_5_decline_sends_nothing() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    let reply = visit.post(&format!("nonce={}&decline=1", visit.nonce()));
    assert_eq!(reply.status, 303, "{reply:?}");
    visit.get().shows("The request was declined, and no code was sent.");
    assert_eq!(visit.get().status, 404);
    assert_eq!(renewal.error(), ErrorCode::Declined);
    assert_eq!(renewal.sandbox.sts().request_count(), 0);
}

#[test]
fn ask_5_the_time_is_over_once_and_then_nothing_is_there() {
    let renewal = Wanted { time: Duration::from_secs(1), ..Wanted::default() }.start();
    let visit = renewal.visit();
    let nonce = visit.get().shows("http-equiv=refresh content=").nonce();
    assert_eq!(renewal.error(), ErrorCode::CodeUnavailable);
    visit.post(&format!("nonce={nonce}&code=123456")).is_refused();
    visit.get().shows("Time is over");
    assert_eq!(visit.get().status, 404);
    assert_eq!(renewal.sandbox.sts().request_count(), 0);
}

#[test]
fn ask_5_the_page_says_that_aws_is_awaited_and_what_it_said() {
    let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Latency(Duration::from_secs(6)), None).start());
    let renewal = Wanted { sandbox, ..Wanted::default() }.start();
    let visit = renewal.visit();
    let start = Instant::now();
    visit.send_code("123456").shows("AWS is checking the code").shows("http-equiv=refresh content=0>");
    // At once, before the button is clicked again; and then it is waited for.
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    visit.get().shows("AWS is checking the code");
    assert!(start.elapsed() > Duration::from_secs(2), "{:?}", start.elapsed());
    renewal.outcome().unwrap();
    visit.get().shows("AWS accepted the code");

    let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Drop, None).start());
    let renewal = Wanted { sandbox, ..Wanted::default() }.start();
    let visit = renewal.visit();
    visit.answer("123456").shows("<h1>No session</h1>");
    assert_eq!(renewal.error(), ErrorCode::AnswerLost);
}

#[test]
fn ask_5_what_is_shown_cannot_become_markup() {
    let name = r#"a"><script>alert('x')</script>&amp;"#;
    let sandbox = Sandbox::new().credentials(SOURCE.replace("default", name));
    let renewal = Wanted { sandbox, profile: name, asker: "</title>\u{202e}<b x='\">", ..Wanted::default() }.start();
    let page = renewal.visit().get();
    page.shows("a&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;");
    page.shows("<bdi>&lt;/title&gt;&lt;b x=&#39;&quot;&gt;</bdi>");
    assert!(!page.body.contains("<script") && page.body.matches("</title>").count() == 1, "{}", page.body);
}

#[test]
fn ask_5_a_post_needs_host_origin_site_and_a_fresh_nonce() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    let Visit { host, path } = &visit;
    let port = host.split_once(':').unwrap().1;
    let nonce = visit.nonce();
    let body = format!("nonce={nonce}&code=123456");
    let origin = format!("Origin: http://{host}\r\n");
    let wrong_hosts = ["evil.test", "localhost", "127.0.0.1", "", "127.0.0.1:1"];
    for wrong in
        wrong_hosts.map(str::to_owned).into_iter().chain([format!("evil.test:{port}"), format!("localhost:{port}")])
    {
        visit.send(&posted_to(path, &wrong, &visit.own(), &body)).unwrap().is_refused();
        visit.send(&format!("GET {path} HTTP/1.1\r\nHost: {wrong}\r\n\r\n")).unwrap().is_refused();
    }
    for more in [
        String::new(),
        "Origin: null\r\n".to_owned(),
        format!("Origin: http://localhost:{port}\r\n"),
        format!("Origin: https://{host}\r\n"),
        format!("Origin: http://{host}/\r\n"),
        format!("Origin: http://{host}0\r\n"),
        "Origin: http://127.0.0.1\r\n".to_owned(),
        format!("{origin}Origin: http://evil.test\r\n"),
        format!("{origin}Host: {host}\r\n"),
        format!("{origin}Sec-Fetch-Site: cross-site\r\n"),
        format!("{origin}Sec-Fetch-Site: same-site\r\n"),
        format!("{origin}Sec-Fetch-Site: none\r\n"),
        format!("{origin}Sec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n"),
        format!("{origin}Content-Type: text/plain\r\n"),
    ] {
        visit.send(&posted_to(path, host, &more, &body)).unwrap().is_refused();
    }
    let text = posted_to(path, host, &origin, &body).replace("application/x-www-form-urlencoded", "text/plain");
    visit.send(&text).unwrap().is_refused();
    let mut other = nonce.clone().into_bytes();
    other[0] = if other[0] == b'0' { b'1' } else { b'0' };
    for body in [
        String::new(),
        "code=123456".to_owned(),
        format!("nonce={nonce}"),
        "nonce=&code=123456".to_owned(),
        format!("nonce={}&code=123456", String::from_utf8(other).unwrap()),
        format!("nonce={nonce}0&code=123456"),
        format!("nonce={nonce}&code=123456&decline=1"),
        format!("nonce={nonce}&code=123456&more=1"),
    ] {
        visit.post(&body).is_refused();
    }
    assert!(renewal.outcome.try_recv().is_err() && renewal.sandbox.sts().request_count() == 0);
    // Not every browser sends `Sec-Fetch-Site`.
    let first = visit.send(&posted_to(path, host, &origin, &body)).unwrap();
    assert_eq!(first.status, 303, "{first:?}");
    visit.post(&body).is_refused();
    renewal.outcome().unwrap();
    visit.get().shows("AWS accepted the code");
    assert_eq!(renewal.sandbox.sts().request_count(), 1);
}

#[test]
fn ask_5_any_other_request_is_not_found() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    let Visit { host, path } = &visit;
    let shorter = &path[..path.len() - 1];
    let guessed = format!("/{}", "0".repeat(32));
    let paths = ["/", "/favicon.ico", "//", "/..", shorter, &guessed, &path.to_uppercase(), &format!("{path}/")];
    for path in paths.map(str::to_owned).into_iter().chain([
        format!("{path}?"),
        format!("{path}?code=123456"),
        format!("{path}?nonce={}&code=123456", visit.nonce()),
        format!("http://{host}{path}"),
        format!("http://evil.test{path}"),
    ]) {
        // A path that is spelt with digits alone has no upper case.
        if path == visit.path {
            continue;
        }
        let reply = visit.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (404, ""), "{path}");
        visit.send(&posted_to(&path, host, &visit.own(), "code=123456")).unwrap().is_refused();
    }
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "get"] {
        visit.send(&format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n\r\n")).unwrap().is_refused();
    }
    for version in ["HTTP/1.0\r\n\r\n", "HTTP/1.1\r\n\r\n", "HTTP/0.9\r\n\r\n", "\r\n\r\n"] {
        if let Some(reply) = visit.send(&format!("GET {path} {version}")) {
            reply.is_refused();
        }
    }
    // The question was not touched by any of it.
    visit.answer("123456").shows("AWS accepted the code");
}

#[test]
fn ask_5_slow_and_huge_requests_are_cut_off() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    let Visit { host, path } = &visit;
    let start = Instant::now();
    let slow_head = visit.connect();
    (&slow_head).write_all(format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX: ").as_bytes()).unwrap();
    let slow_body = visit.connect();
    let request = posted_to(path, host, &visit.own(), &format!("nonce={}&code=123456", visit.nonce()));
    (&slow_body).write_all(&request.as_bytes()[..request.len() - 1]).unwrap();
    let long = "x".repeat(100_000);
    for bytes in [
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nX: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n"),
        format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", "X: y\r\n".repeat(100)),
        format!("{long}{long}"),
    ] {
        if let Some(reply) = visit.send(&bytes) {
            reply.is_refused();
        }
    }
    let nonce = visit.nonce();
    visit.post(&format!("nonce={nonce}&code=123456{}", " ".repeat(1024))).is_refused();
    let endless = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\n{}Content-Type: application/x-www-form-urlencoded\r\n\
         Transfer-Encoding: chunked\r\n\r\n{}",
        visit.own(),
        "100\r\n".to_owned() + &"a".repeat(256) + "\r\n"
    );
    let more = "100\r\n".to_owned() + &"a".repeat(256) + "\r\n";
    match visit.send(&(endless + &more.repeat(100))) {
        Some(reply) => reply.is_refused(),
        // Windows forgets what was answered on a connection that is closed while more comes.
        None if cfg!(windows) => {}
        None => panic!("it was not answered"),
    }
    // Each of the slow ones is cut off in its time.
    for mut slow in [slow_head, slow_body] {
        let mut said = String::new();
        let _ = slow.read_to_string(&mut said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    let took = start.elapsed();
    assert!((Duration::from_secs(4)..Duration::from_secs(9)).contains(&took), "{took:?}");
    visit.answer("123456").shows("AWS accepted the code");
}

#[test]
fn ask_5_a_thousand_connections_do_not_keep_the_person_out() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    let mut open = Vec::new();
    for number in 0..1000 {
        let mut stream = visit.connect();
        if number % 2 == 0 {
            let _ = stream.write_all(format!("GET /guess HTTP/1.1\r\nHost: {}\r\n", visit.host).as_bytes());
        }
        open.push(stream);
    }
    let start = Instant::now();
    visit.get().shows("<form");
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    visit.answer("123456").shows("AWS accepted the code");
    renewal.outcome().unwrap();
}

#[test]
fn ask_5_the_oldest_connection_that_has_not_named_the_page_makes_room() {
    let sandbox = Sandbox::with(MockSts::builder().fault(Fault::Latency(Duration::from_secs(4)), None).start());
    let renewal = Wanted { sandbox, ..Wanted::default() }.start();
    let visit = renewal.visit();
    visit.send_code("123456").shows("AWS is checking the code");
    // It waits for what AWS says, and is the oldest.
    let mut person = visit.connect();
    person.write_all(format!("GET {} HTTP/1.1\r\nHost: {}\r\n\r\n", visit.path, visit.host).as_bytes()).unwrap();
    sleep(Duration::from_millis(200));
    let mut idle: Vec<_> = (0..40).map(|_| visit.connect()).collect();
    sleep(Duration::from_millis(500));
    let is_open = |stream: &mut TcpStream| {
        stream.set_nonblocking(true).unwrap();
        stream.read(&mut [0]).is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
    };
    let open: Vec<_> = idle.iter_mut().map(is_open).collect();
    assert_eq!(open, [vec![false; 9], vec![true; 31]].concat());
    let mut said = String::new();
    person.read_to_string(&mut said).unwrap();
    assert!(said.contains("AWS is checking the code"), "{said}");
}

#[test]
fn ask_5_the_page_is_gone_with_the_call() {
    let renewal = Wanted::default().start();
    let visit = renewal.visit();
    visit.get().shows("<form");
    let (host, doorman) = (visit.host.clone(), Arc::clone(&renewal.doorman));
    renewal.stop();
    assert!(TcpStream::connect(host).is_err());
    assert_eq!(doorman.done.load(Ordering::Relaxed), 1);
}

#[test]
fn ask_5_who_does_not_want_the_page_declines() {
    let renewal = Wanted { opened: Opened::Declined, ..Wanted::default() }.start();
    assert_eq!(renewal.error(), ErrorCode::Declined);
    assert_eq!(renewal.sandbox.sts().request_count(), 0);
}

#[test]
fn ask_5_a_page_that_nobody_can_open_is_passed_over() {
    let renewal = Wanted { opened: Opened::Failed, ..Wanted::default() }.start();
    let visit = renewal.visit();
    renewal.outcome().unwrap();
    sleep(Duration::from_millis(50));
    assert!(TcpStream::connect(&visit.host).is_err(), "it is still open");
}
