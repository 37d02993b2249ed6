//! `expiration_datetime`: how it is written, parsed and put into words (BLK-9).

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A session with less than this left is `expiring`: five minutes, in seconds.
pub const EXPIRING_SECONDS: u64 = 300;

/// RFC 3339 in the given time zone with its offset, in whole seconds.
pub fn written(expiration: Timestamp, zone: &TimeZone) -> String {
    expiration.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Parses RFC 3339 with an offset or `Z`, with or without fractions of a second.
pub fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Seconds until the expiry, negative once it is past.
pub fn seconds_left(expiration: Timestamp, now: Timestamp) -> i64 {
    let left = expiration.duration_since(now);
    // A session with half a second left is valid, one that expired half a second ago is not.
    if left.is_negative() && left.subsec_nanos() != 0 { left.as_secs() - 1 } else { left.as_secs() }
}

/// The time left in words, rounded to minutes: `11 h 58 min`, `4 min`, `59 s`. An hour's session has `1 h` left, not
/// `59 min`, when it has just been stored.
pub fn in_words(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let minutes = (seconds + 30) / 60;
    match (minutes / 60, minutes % 60) {
        _ if seconds < 60 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, _) if hours >= 48 => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blk_9_is_written_in_local_time_with_its_offset_and_whole_seconds() {
        let at: Timestamp = "2025-10-05T06:30:00.9Z".parse().unwrap();
        let tokyo = TimeZone::fixed(jiff::tz::offset(9));
        assert_eq!(written(at, &tokyo), "2025-10-05T15:30:00+09:00");
        assert_eq!(written(at, &TimeZone::UTC), "2025-10-05T06:30:00+00:00");
    }

    #[test]
    fn blk_9_the_zones_of_the_world_are_known_on_every_system() {
        let at: Timestamp = "2026-01-05T12:00:00Z".parse().unwrap();
        for (name, local) in [
            ("Asia/Tokyo", "2026-01-05T21:00:00+09:00"),
            ("America/New_York", "2026-01-05T07:00:00-05:00"),
            ("Asia/Kolkata", "2026-01-05T17:30:00+05:30"),
        ] {
            assert_eq!(written(at, &TimeZone::get(name).unwrap()), local);
        }
    }

    #[test]
    fn blk_9_reads_what_the_original_wrote() {
        let expected = parse("2025-10-05T06:30:00Z");
        assert!(expected.is_some());
        for text in ["2025-10-05T15:30:00+09:00", "2025-10-05 15:30:00+09:00", "2025-10-05T06:30:00+00:00"] {
            assert_eq!(parse(text), expected, "{text}");
        }
        assert!(parse("2025-10-05T15:30:00.123456+09:00").is_some());
        for text in ["", "tomorrow", "2025-10-05T15:30:00", "1759645800"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn time_left_is_rounded_down() {
        let left = |expiry: &str| seconds_left(parse(expiry).unwrap(), parse("2025-10-05T06:30:00Z").unwrap());
        assert_eq!(left("2025-10-05T06:30:01.9Z"), 1);
        assert_eq!(left("2025-10-05T06:29:59.5Z"), -1);
        assert_eq!(left("2025-10-05T06:29:58Z"), -2);
    }

    #[test]
    fn cli_6_time_left_is_rounded_as_people_say_it() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3569, "59 min"),
            (3599, "1 h"),
            (3600, "1 h"),
            (43_199, "12 h"),
            (43_100, "11 h 58 min"),
            (-120, "2 min"),
            (400_000, "4 days"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
    }
}
