//! Many requests at once, and many altogether.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use mock_sts::{DEFAULT_MFA_SERIAL, MockSts};

use crate::client::{Client, Refused, block_on, refused};

const CLIENTS: usize = 32;
const REQUESTS: usize = 2_000;

/// A session that was asked for with a duration, and the client's view of what came.
type Answer = (i32, Result<aws_sdk_sts::types::Credentials, Refused>);

/// 2,000 requests of 32 clients, each with its own connection, the duration telling them apart.
fn storm(sts: &MockSts, code: &str) -> Vec<Answer> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                scope.spawn(|| {
                    let client = Client::of(sts);
                    block_on(async {
                        let mut answers = Vec::new();
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= REQUESTS {
                                return answers;
                            }
                            let duration = 900 + i32::try_from(number).unwrap();
                            let request = client
                                .sdk
                                .get_session_token()
                                .serial_number(DEFAULT_MFA_SERIAL)
                                .token_code(code)
                                .duration_seconds(duration);
                            let answer = request.send().await.map_err(refused);
                            answers.push((duration, answer.map(|output| output.credentials.unwrap())));
                        }
                    })
                })
            })
            .collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    })
}

#[test]
fn none_of_two_thousand_is_lost_or_mixed_up() {
    let time = std::time::SystemTime::now();
    let sts = MockSts::builder().clock(move || time).start();
    let issued_at = jiff::Timestamp::try_from(time).unwrap().as_second();
    let answers = storm(&sts, "123456");
    assert_eq!((answers.len(), sts.request_count()), (REQUESTS, REQUESTS as u64));

    let mut keys = BTreeSet::new();
    for (duration, session) in &answers {
        let session = session.as_ref().unwrap();
        assert_eq!(session.expiration.secs() - issued_at, i64::from(*duration));
        assert!(keys.insert(&session.access_key_id));
    }
    let durations: BTreeSet<i32> = answers.iter().map(|(duration, _)| *duration).collect();
    assert_eq!(durations.len(), REQUESTS);
    let kept = sts.requests();
    let ids: BTreeSet<&str> = kept.iter().map(|request| request.request_id.as_str()).collect();
    assert_eq!((kept.len(), ids.len()), (1_000, 1_000));
}

#[test]
fn a_time_based_code_is_accepted_once_of_two_thousand_times() {
    let time = std::time::SystemTime::now();
    let sts = MockSts::builder().totp_secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").clock(move || time).start();
    let answers = storm(&sts, &sts.token_code());
    let granted = answers.iter().filter(|(_, answer)| answer.is_ok()).count();
    let refused = answers.iter().filter(|(_, answer)| {
        answer.as_ref().is_err_and(|refused| refused.message.ends_with("invalid MFA one time pass code. "))
    });
    assert_eq!((granted, refused.count()), (1, REQUESTS - 1));
}
