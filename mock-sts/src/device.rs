//! MFA devices: which codes are valid, and which have been used.

use std::collections::{BTreeMap, VecDeque};

use crate::code_source::CodeSource;

/// How many used codes of a device are remembered. Three steps are valid at a time; the rest is for tests that move the
/// clock back and forth.
const REMEMBERED: usize = 64;

/// The used codes of all devices, by serial number.
#[derive(Default)]
pub(crate) struct Devices {
    used: BTreeMap<String, VecDeque<UsedCode>>,
    one_use_codes: bool,
}

#[derive(PartialEq, Eq)]
enum UsedCode {
    Fixed(String),
    /// A 30-second step since the epoch.
    Step(u64),
}

impl Devices {
    pub(crate) fn new(one_use_codes: bool) -> Self {
        Self { one_use_codes, ..Self::default() }
    }

    /// Whether the device shows this code and it has not been used; if so, marks it as used.
    pub(crate) fn spend(&mut self, serial: &str, source: &CodeSource, code: &str, unix_seconds: u64) -> bool {
        let used_code = match source {
            CodeSource::Fixed(fixed) if fixed == code => {
                if !self.one_use_codes {
                    return true;
                }
                UsedCode::Fixed(code.to_owned())
            }
            CodeSource::Fixed(_) => return false,
            CodeSource::Totp(secret) => match secret.totp().check(code, unix_seconds) {
                Some(step) => UsedCode::Step(step),
                None => return false,
            },
        };
        let used = self.used.entry(serial.to_owned()).or_default();
        if used.contains(&used_code) {
            return false;
        }
        if used.len() == REMEMBERED {
            used.pop_front();
        }
        used.push_back(used_code);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn totp() -> CodeSource {
        CodeSource::Totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".parse().unwrap())
    }

    #[test]
    fn one_step_of_tolerance_either_way_and_no_more() {
        let accepted: Vec<i64> = (-3..=3)
            .filter(|step| {
                let code = totp().code_at(NOW.saturating_add_signed(step * 30));
                Devices::default().spend("device-1", &totp(), &code, NOW)
            })
            .collect();
        assert_eq!(accepted, [-1, 0, 1]);
    }

    #[test]
    fn a_time_based_code_is_good_once_for_each_device() {
        let mut devices = Devices::default();
        let code = totp().code_at(NOW);
        assert!(devices.spend("device-1", &totp(), &code, NOW));
        assert!(!devices.spend("device-1", &totp(), &code, NOW));
        assert!(!devices.spend("device-1", &totp(), &code, NOW + 30));
        assert!(devices.spend("device-2", &totp(), &code, NOW));
        assert!(devices.spend("device-1", &totp(), &totp().code_at(NOW + 30), NOW + 30));
    }

    #[test]
    fn a_wrong_code_spends_nothing() {
        let mut devices = Devices::new(true);
        let fixed = CodeSource::Fixed("123456".to_owned());
        assert!(!devices.spend("device-1", &fixed, "654321", NOW));
        assert!(devices.spend("device-1", &fixed, "123456", NOW));
        assert!(!devices.spend("device-1", &fixed, "123456", NOW));
    }

    #[test]
    fn a_fixed_code_is_good_again_and_again_unless_told_otherwise() {
        let mut devices = Devices::default();
        let fixed = CodeSource::default();
        assert!((0..3).all(|_| devices.spend("device-1", &fixed, "123456", NOW)));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut devices = Devices::default();
        for step in 0..1_000 {
            let now = NOW + step * 30;
            assert!(devices.spend("device-1", &totp(), &totp().code_at(now), now));
        }
        assert_eq!(devices.used["device-1"].len(), REMEMBERED);
    }
}
